package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"foyer/live"
	"foyer/replica"
)

type restoreCommand struct {
	Data
	Config string `help:"litestream.yml that names the off-site copy." type:"path" env:"FOYER_CONFIG"`
	Secret string `help:"The instance secret that belongs to the copy, @FILE."`
}

// Run is foyer restore: the off-site copy into an empty data folder.
func (c *restoreCommand) Run(ctx context.Context) error {
	secret, err := c.readSecret()
	if err != nil {
		return err
	}
	a := &App{config: Config{Data: c.Data, Config: c.Config}, log: logger(false), clock: clockWith(0), hub: live.NewHub(), alone: true}
	conf, err := a.litestream()
	if err != nil {
		return err
	}
	_, err = os.Stat(filepath.Join(c.Data.Data, "secret"))
	kept := err == nil && secret == nil // it lies where it belongs already
	rep, err := replica.Restore(ctx, replica.RestoreOptions{Dir: c.Data.Data, Config: conf, Log: a.log})
	if err != nil {
		return err
	}
	a.log = slog.New(slog.DiscardHandler) // what follows is told in words
	if err := c.finish(ctx, a, secret, kept); err != nil {
		return errors.Join(err, emptyAgain(c.Data.Data, kept))
	}
	fmt.Printf("restored from %s: transaction %d of %s\n", conf.Offsite(), rep.TXID, rep.At.Format(time.RFC3339))
	return nil
}

// readSecret reads the given secret before anything is restored, so that a slip of the pen leaves the folder empty.
func (c *restoreCommand) readSecret() ([]byte, error) {
	if c.Secret == "" {
		return nil, nil
	}
	b, named, err := secretFile("--secret", c.Secret)
	if err != nil {
		return nil, err
	}
	if !named {
		return nil, usage("--secret takes @FILE, so that the secret does not stand in the shell's history")
	}
	if len(b) < secretLength {
		return nil, usage("--secret: %s is shorter than %d bytes: it is not an instance secret", c.Secret[1:], secretLength)
	}
	return b, nil
}

// finish opens the restored folder once, without touching the off-site copy, and says what stopped working when the
// secret is not the old one.
func (c *restoreCommand) finish(ctx context.Context, a *App, secret []byte, kept bool) (err error) {
	if secret != nil {
		if err := writeSecret(filepath.Join(c.Data.Data, "secret"), secret); err != nil {
			return err
		}
	}
	err = a.openStore(ctx, func([]string) {}) // with a new secret it renews the links
	defer func() { err = errors.Join(err, a.Close(context.WithoutCancel(ctx))) }()
	if err != nil {
		return err
	}
	fits, err := a.store.SecretFits(ctx)
	switch {
	case err != nil:
		return err
	case !fits:
		return errors.New("this secret does not belong to the copy: nothing was restored; try the right one, or none")
	case secret == nil && !kept:
		fmt.Println("No --secret was given, so a new one was made. Sign-in and participant links work as before.")
		fmt.Println("Host links from before the restore stopped working: copy new ones from each room's page.")
	}
	return nil
}

// emptyAgain takes back what a restore that failed made; the folder held nothing but the lock, and perhaps a secret.
func emptyAgain(data string, kept bool) error {
	entries, err := os.ReadDir(data)
	errs := []error{err}
	for _, e := range entries {
		if e.Name() != "lock" && !(kept && e.Name() == "secret") {
			errs = append(errs, os.RemoveAll(filepath.Join(data, e.Name())))
		}
	}
	return errors.Join(errs...)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"foyer"
	"foyer/live"
	"foyer/replica"
	"foyer/store"
)

type restoreCommand struct {
	Data
	Config string `help:"litestream.yml that names the off-site copy." type:"path" env:"FOYER_CONFIG"`
	Secret string `help:"The instance secret that belongs to the copy, @FILE."`
}

// Run is foyer restore: the off-site copy into an empty data folder.
func (c *restoreCommand) Run(ctx context.Context) error {
	a := &App{config: Config{Data: c.Data, Config: c.Config}, log: logger(false), clock: clockWith(0), hub: live.NewHub()}
	yml, err := litestreamFile(c.Config, c.Data.Data, foyer.Litestream)
	if err != nil {
		return err
	}
	conf, err := replica.ParseConfig(yml, a.env)
	if err != nil {
		return usage("litestream.yml: %v", err)
	}
	rep, err := replica.Restore(ctx, replica.RestoreOptions{Dir: c.Data.Data, Config: conf, Log: a.log})
	if err != nil {
		return err
	}
	if err := c.takeSecret(); err != nil {
		return err
	}
	a.log = slog.New(slog.DiscardHandler) // what follows is told in words below
	if err := c.finish(ctx, a); err != nil {
		return err
	}
	fmt.Printf("restored from %s: transaction %d of %s\n", conf.Offsite(), rep.TXID, rep.At.Format(time.RFC3339))
	return nil
}

// takeSecret puts the given secret in its place.
func (c *restoreCommand) takeSecret() error {
	if c.Secret == "" {
		return nil
	}
	name := c.Secret
	if name[0] != '@' {
		return usage("--secret takes @FILE, so that the secret does not stand in the shell's history")
	}
	b, err := os.ReadFile(name[1:])
	if err != nil {
		return usage("--secret: %v", err)
	}
	return writeSecret(filepath.Join(c.Data.Data, "secret"), b)
}

// finish opens the restored folder once, and says what stopped working when the secret is not the old one.
func (c *restoreCommand) finish(ctx context.Context, a *App) error {
	err := a.openStore(ctx, func([]string) {})
	if err != nil {
		return errors.Join(err, a.Close(ctx))
	}
	fits, err := a.store.SecretFits(ctx)
	switch {
	case err == nil && !fits:
		err = errors.New("this secret does not belong to the copy; restore again with the right one, or without --secret")
	case err == nil && c.Secret == "":
		_, err = store.RenewAllLinks.Do(ctx, a.store, machine, store.Done{})
		fmt.Println("No --secret was given, so a new one was made. Sign-in and participant links work as before.")
		fmt.Println("Host links from before the restore stopped working: copy new ones from each room's page.")
	}
	return errors.Join(err, a.Close(context.WithoutCancel(ctx)))
}

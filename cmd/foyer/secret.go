package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"foyer/meet"
	"foyer/store"
)

// machine is the owner of the data folder, and the house itself.
var machine = store.By{Machine: true}

const secretLength = 32 // bytes

// secretFile reads the file that the value of a secret's flag names, @FILE; named is false when it names none. Errors tell
// the flag and the file, never what is in it.
func secretFile(flag, value string) (content []byte, named bool, err error) {
	path, named := strings.CutPrefix(value, "@")
	if !named {
		return nil, false, nil
	}
	content, err = os.ReadFile(path)
	if err != nil {
		return nil, true, usage("%s: %v", flag, err)
	}
	if len(bytes.TrimSpace(content)) == 0 {
		return nil, true, usage("%s: %s is empty", flag, path)
	}
	return content, true, nil
}

// instanceSecret reads data/secret, or makes it at the first start. Links that travel are minted from it, so a copy of it
// belongs with the backup, apart from the data.
func instanceSecret(data string) (secret []byte, fresh bool, err error) {
	path := filepath.Join(data, "secret")
	secret, err = os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		secret = make([]byte, secretLength)
		rand.Read(secret)
		return secret, true, writeSecret(path, secret)
	}
	if err == nil && len(secret) < secretLength {
		err = fmt.Errorf("%s is shorter than %d bytes: it is not an instance secret", path, secretLength)
	}
	return secret, false, err
}

// writeSecret makes a file that only its owner reads. It is there whole or not at all, whatever dies meanwhile.
func writeSecret(path string, content []byte) error {
	part := path + ".part"
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(part, path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// offerSetUp writes the set-up secret into a file while there is no account. The console shows the path, not the value.
func (a *App) offerSetUp(ctx context.Context) error {
	path := filepath.Join(a.config.Data.Data, "setup-secret")
	has, err := a.store.HasAccounts(ctx)
	if err != nil {
		return err
	}
	if has {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return nil
	}
	raw := make([]byte, 20)
	rand.Read(raw)
	token := meet.Base32.EncodeToString(raw)
	if _, err := store.OfferSetUp.Do(ctx, a.store, machine, meet.HashToken(token)); err != nil {
		return err
	}
	if err := writeSecret(path, []byte(token+"\n")); err != nil {
		return err
	}
	a.log.Info("there is no account yet: make the first one", "at", a.Address()+"/setup", "with the secret in", path)
	return nil
}

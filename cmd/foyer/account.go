package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"foyer/meet"
	"foyer/store"
)

type accountCommand struct {
	Add      accountAdd      `cmd:"" help:"Make an account. The password is read from standard input."`
	Password accountPassword `cmd:"" help:"Set an account's password, read from standard input, and sign its browsers out."`
	List     accountList     `cmd:"" help:"List the accounts."`
}

type accountAdd struct {
	Data
	Email string `arg:"" help:"Address to sign in with."`
	Name  string `required:"" help:"Name that others see."`
	Admin bool   `help:"May look after accounts and the machine."`
}

// Run is foyer account add.
func (c *accountAdd) Run(ctx context.Context) error {
	hash, err := passwordFrom(ctx, os.Stdin)
	if err != nil {
		return err
	}
	return withDesk(ctx, c.Data.Data, func(d *desk) error {
		var id meet.ID
		in := store.NewAccount{Email: c.Email, Name: c.Name, Password: hash, Admin: c.Admin}
		if err := d.run(ctx, store.AddAccount.Name, machine, in, &id); err != nil {
			return err
		}
		fmt.Println("added", c.Email)
		return nil
	})
}

type accountPassword struct {
	Data
	Email string `arg:"" help:"Address of the account."`
}

// Run is foyer account password.
func (c *accountPassword) Run(ctx context.Context) error {
	hash, err := passwordFrom(ctx, os.Stdin)
	if err != nil {
		return err
	}
	return withDesk(ctx, c.Data.Data, func(d *desk) error {
		return d.run(ctx, store.SetPassword.Name, machine, store.EmailPassword{Email: c.Email, Password: hash}, &store.Done{})
	})
}

type accountList struct{ Data }

// Run is foyer account list.
func (c *accountList) Run(ctx context.Context) error {
	return withDesk(ctx, c.Data.Data, func(d *desk) error {
		list, err := d.accounts(ctx)
		for _, a := range list {
			kind := ""
			if a.Admin {
				kind = " admin"
			}
			if a.Deactivated {
				kind += " deactivated"
			}
			fmt.Printf("%s\t%s%s\n", a.Email, a.Name, kind)
		}
		return err
	})
}

// passwordFrom reads one line and hashes it.
func passwordFrom(ctx context.Context, r io.Reader) (string, error) {
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil && (!errors.Is(err, io.EOF) || line == "") {
		return "", usage("give the password on standard input")
	}
	password := strings.TrimRight(line, "\r\n")
	if err := meet.Secret(password); err != nil {
		return "", plainly(err)
	}
	return store.HashPassword(ctx, password)
}

func withDesk(ctx context.Context, data string, f func(*desk) error) error {
	d, err := openDesk(ctx, data)
	if err != nil {
		return err
	}
	return errors.Join(f(d), d.close(ctx))
}

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"foyer/meet"
	"foyer/store"
)

type seedCommand struct {
	Data
	URL string `help:"Address to name in the last line." env:"FOYER_PUBLIC_URL"`
}

const seedEmail, seedName = "ada@foyer.example", "Ada Lindqvist"

// seedRooms are what a studio could have.
var seedRooms = []struct {
	name   string
	theme  meet.Theme
	locked bool
}{
	{"Board, quarterly", meet.Meeting, true}, {"Open day", meet.Webinar, false}, {"Reading circle", meet.Meeting, false},
	{"Choir rehearsal", meet.Meeting, false}, {"Office hours", meet.Meeting, true}, {"Design review", meet.Meeting, false},
	{"Studio stand-up", meet.Meeting, false},
}

// Run is foyer seed: an account with rooms, made by the same verbs that people cause. Its password is new each time.
func (c *seedCommand) Run(ctx context.Context) error {
	raw := make([]byte, 10)
	rand.Read(raw)
	password := meet.Base32.EncodeToString(raw)
	hash, err := store.HashPassword(ctx, password)
	if err != nil {
		return err
	}
	return withDesk(ctx, c.Data.Data, func(d *desk) error {
		if err := seedAccount(ctx, d, hash); err != nil {
			return err
		}
		url := c.URL
		if url == "" {
			url = d.address(ctx)
		}
		if url == "" {
			url = "http://127.0.0.1:8080"
		}
		fmt.Printf("sign in as %s with %s at %s\n", seedEmail, password, url)
		return nil
	})
}

func seedAccount(ctx context.Context, d *desk, hash string) error {
	list, err := d.accounts(ctx)
	if err != nil {
		return err
	}
	for _, a := range list {
		if a.Email == seedEmail {
			return d.run(ctx, store.SetPassword.Name, machine, store.EmailPassword{Email: seedEmail, Password: hash}, &store.Done{})
		}
	}
	var id meet.ID
	if err := d.run(ctx, store.AddAccount.Name, machine, store.NewAccount{Email: seedEmail, Name: seedName, Password: hash, Admin: true}, &id); err != nil {
		return err
	}
	return seedRoomsOf(ctx, d, id, hash)
}

// seedRoomsOf acts as a browser that signs in, works and signs out.
func seedRoomsOf(ctx context.Context, d *desk, id meet.ID, hash string) error {
	browser := make([]byte, 32)
	rand.Read(browser)
	by := store.By{Token: meet.HashToken(string(browser))}
	if err := d.run(ctx, store.SignIn.Name, by, store.Entry{Account: id, Password: hash, Token: by.Token}, &store.Done{}); err != nil {
		return err
	}
	var errs []error
	for _, r := range seedRooms {
		var room meet.ID
		errs = append(errs, d.run(ctx, store.CreateRoom.Name, by, store.NewRoom{Name: r.name, Theme: string(r.theme)}, &room))
		if r.locked {
			errs = append(errs, d.run(ctx, store.SetPrivacy.Name, by, store.Privacy{Room: room, Locked: true}, &store.Done{}))
		}
	}
	errs = append(errs, d.run(ctx, store.SignOut.Name, by, by.Token, new(bool)))
	return errors.Join(errs...)
}

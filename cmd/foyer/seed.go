package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"foyer/calendar"
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
	errs = append(errs, seedEvent(ctx, d, by))
	errs = append(errs, d.run(ctx, store.SignOut.Name, by, by.Token, new(bool)))
	return errors.Join(errs...)
}

// seedFields are what the demo webinar asks.
var seedFields = []meet.Field{
	{Kind: meet.FieldChoice, Label: "What do you work on?", Options: []string{"My own home", "Homes of others", "Teaching", "Something else"}},
	{Kind: meet.FieldLong, Label: "A question for Ingrid"},
	{Kind: meet.FieldConsent, Label: "Keep my answers until the talk is over"},
}

// seedEvent plans a webinar with a registration page, nine days ahead at three in the afternoon of Amsterdam.
func seedEvent(ctx context.Context, d *desk, by store.By) error {
	const zone, clock = "Europe/Amsterdam", "15:00"
	day := time.Now().AddDate(0, 0, 9).Format(time.DateOnly)
	at, err := calendar.Local(day, clock, zone)
	if err != nil {
		return err
	}
	facts := store.EventFacts{Title: "Light in small rooms", Theme: string(meet.Webinar), Registration: true, Capacity: 60,
		Description: "Three lamps, one budget: how light makes a small room larger.\nBring a photo of yours.",
		Speakers:    "Ingrid Solheim, lighting designer", Note: "We begin at five past.",
		When: meet.When{Date: day, Clock: clock, Zone: zone, Starts: at.At[0], Length: time.Hour}}
	var id meet.ID
	errs := []error{d.run(ctx, store.CreateEvent.Name, by, facts, &id)}
	for _, f := range seedFields {
		errs = append(errs, d.run(ctx, store.SetField.Name, by, store.EventField{Event: id, Field: f}, new(meet.ID)))
	}
	return errors.Join(errs...)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// client is one person at work: signed in, with rooms of their own, one form at a time.
type client struct {
	number  int
	account account
	line    *http.Transport
	owner   *person
	dice    *rand.Rand
	rooms   []*room
	guests  []*guest
	serial  int
	pending *act          // the form whose outcome is unknown
	acked   *atomic.Int64 // of all clients together
}

type account struct{ email, name, password string }

// work makes, renames and enters until stop is set or the line breaks. A broken line is what a kill looks like from
// here, so it is no error; an answer that nobody should get is.
func (c *client) work(ctx context.Context, stop *atomic.Bool) error {
	for !stop.Load() && ctx.Err() == nil {
		err := c.settle(ctx)
		if err == nil {
			err = c.next(ctx)
		}
		var f fault
		if errors.As(err, &f) {
			return fmt.Errorf("client %d: %w", c.number, err)
		}
		if err != nil {
			return nil
		}
	}
	return nil
}

// next does one more thing.
func (c *client) next(ctx context.Context) error {
	switch roll := c.dice.IntN(3); {
	case len(c.rooms) == 0 || roll == 0:
		return c.create(ctx)
	case roll == 1:
		return c.rename(ctx, c.rooms[c.dice.IntN(len(c.rooms))])
	default:
		return c.enter(ctx, c.rooms[c.dice.IntN(len(c.rooms))])
	}
}

// settle sends the form again whose outcome is unknown, with the same once.
func (c *client) settle(ctx context.Context) error {
	for deadline := time.Now().Add(patience); c.pending != nil; {
		if err := c.send(ctx, c.pending); err != nil || c.pending == nil {
			return err
		}
		if time.Now().After(deadline) {
			return fault{"no outcome within " + patience.String() + " for " + c.pending.what}
		}
		pause(ctx, 20*time.Millisecond)
	}
	return nil
}

// send posts a form and draws the conclusion: promised, or unknown.
func (c *client) send(ctx context.Context, a *act) error {
	c.pending = a
	if a.renaming != nil {
		a.renaming.next = a.form.Get("name")
	}
	got, err := a.who.post(ctx, a.path, a.form)
	switch {
	case err != nil:
		return err
	case got.status >= 500: // cannot save at this moment: unknown like a broken line
		return nil
	case got.status != http.StatusSeeOther || !strings.HasPrefix(got.location, a.leads):
		return fault{fmt.Sprintf("%s: POST %s: %v", a.what, a.path, got)}
	}
	c.pending = nil
	c.acked.Add(1)
	a.kept(got.location)
	return nil
}

var themes = []string{"meeting", "webinar"}

func (c *client) create(ctx context.Context) error {
	form, err := c.owner.fill(ctx, "/rooms/new", "/rooms")
	if err != nil {
		return err
	}
	c.serial++
	serial := fmt.Sprintf("c%02d-%06d", c.number, c.serial)
	form.Set("name", serial)
	form.Set("theme", themes[c.dice.IntN(len(themes))])
	r := &room{serial: serial, name: serial}
	err = c.send(ctx, &act{what: "room " + serial, who: c.owner, path: "/rooms", form: form, leads: "/?made=", serial: serial, kept: func(location string) {
		r.id = strings.TrimPrefix(location, "/?made=")
		c.rooms = append(c.rooms, r)
	}})
	if err != nil || r.id == "" {
		return err
	}
	return c.links(ctx, r)
}

// links asks for both links of a room, as the copy buttons do.
func (c *client) links(ctx context.Context, r *room) error {
	for which, link := range map[string]*string{"participant": &r.participant, "host": &r.host} {
		if *link != "" {
			continue
		}
		a, err := c.owner.get(ctx, "/rooms/"+r.id+"/links/"+which)
		if err != nil {
			return err
		}
		if a.status != http.StatusOK {
			return fault{fmt.Sprintf("%s link of %s: %v", which, r.serial, a)}
		}
		*link = a.body
	}
	return nil
}

func (c *client) rename(ctx context.Context, r *room) error {
	path := "/rooms/" + r.id + "/name"
	form, err := c.owner.fill(ctx, "/rooms/"+r.id, path)
	if err != nil {
		return err
	}
	r.renames++
	form.Set("name", fmt.Sprintf("%s called %d", r.serial, r.renames))
	return c.send(ctx, &act{what: fmt.Sprint("name ", r.renames, " of ", r.serial), who: c.owner, path: path, form: form, leads: "/rooms/" + r.id, renaming: r,
		kept: func(string) { r.name, r.next = form.Get("name"), "" }})
}

// enter comes in by the participant link, as somebody who has never been here.
func (c *client) enter(ctx context.Context, r *room) error {
	if err := c.links(ctx, r); err != nil {
		return err
	}
	u, err := url.Parse(r.participant)
	if err != nil {
		return fault{err.Error()}
	}
	g := &guest{who: visitor(c.line, c.owner.base), name: fmt.Sprintf("Guest %d of %s", len(r.guests)+1, r.serial), room: r}
	form, err := g.who.fill(ctx, r.participant, u.Path)
	if err != nil {
		return err
	}
	form.Set("name", g.name)
	return c.send(ctx, &act{what: g.name, who: g.who, path: u.Path, form: form, leads: u.Path + "/live", entering: g, kept: func(string) {
		r.guests = append(r.guests, g)
		c.guests = append(c.guests, g)
	}})
}

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"foyer/meet"
	"foyer/store"
)

// person is a browser.
type person struct{ token []byte }

func newPerson() *person { return &person{meet.HashToken(rand.Text())} }

func (p *person) by(once string) store.By { return store.By{Token: p.token, Once: once} }

// event is what the drill knows of the webinar.
type event struct {
	id      meet.ID
	slug    string
	when    meet.When
	changed time.Time // as a form that is opened now would know it
}

var machine = store.By{Machine: true}

// prepare makes a host and their event.
func (d *drill) prepare(ctx context.Context) error {
	d.host = newPerson()
	var id meet.ID
	err := d.node.insist(ctx, store.AddAccount.Name, machine, store.NewAccount{Email: "host@example.org", Name: "Ada Host", Password: "x"}, &id)
	if err == nil {
		err = d.node.insist(ctx, store.SignIn.Name, d.host.by(""), store.Entry{Account: id, Password: "x", Token: d.host.token}, &store.Done{})
	}
	if err != nil {
		return err
	}
	d.event.when = at(time.Now().Add(14 * 24 * time.Hour))
	if err := d.node.insist(ctx, store.CreateEvent.Name, d.host.by("event"), d.facts(), &d.event.id); err != nil {
		return err
	}
	return d.look(ctx)
}

func at(t time.Time) meet.When {
	t = t.UTC().Truncate(time.Minute)
	return meet.When{Date: t.Format(time.DateOnly), Clock: t.Format("15:04"), Zone: "UTC", Starts: t, Length: time.Hour}
}

func (d *drill) facts() store.EventFacts {
	return store.EventFacts{Title: "Light in small rooms", Theme: string(meet.Webinar), When: d.event.when, Registration: true}
}

// look reads off the rows what no verb tells. The program is away for a moment.
func (d *drill) look(ctx context.Context) error {
	if err := d.node.stop(); err != nil {
		return err
	}
	var changed int64
	if err := d.rows(ctx, func(r *rows) error {
		return r.QueryRowContext(ctx, `SELECT r.slug, e.changed_at FROM room r JOIN event e ON e.room = r.id WHERE r.id = ?`, d.event.id).Scan(&d.event.slug, &changed)
	}); err != nil {
		return err
	}
	d.event.changed = time.UnixMilli(changed)
	return d.node.start(ctx)
}

// crowd registers everybody, eight at a time.
func (d *drill) crowd(ctx context.Context) error {
	var next atomic.Int64
	var mutex sync.Mutex
	errs := make([]error, 8)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() {
			for n := next.Add(1); n <= int64(d.People) && errs[i] == nil && ctx.Err() == nil; n = next.Add(1) {
				address := fmt.Sprintf("p%d@attendee.example", n)
				errs[i] = d.node.insist(ctx, store.Register.Name, newPerson().by("seat"),
					store.Registering{Slug: d.event.slug, Email: address, Name: "Zoë", Zone: "Europe/Lisbon"}, &store.Registered{})
				if errs[i] == nil {
					mutex.Lock()
					d.acked = append(d.acked, address)
					mutex.Unlock()
					d.count.Add(1)
				}
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// reach waits until so many are in.
func (d *drill) reach(ctx context.Context, n int, done <-chan struct{}) error {
	for d.count.Load() < int64(n) {
		select {
		case <-done:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(2 * time.Millisecond):
		}
	}
	return nil
}

// arrive waits until so many letters were taken, or none comes any more.
func (d *drill) arrive(ctx context.Context, n int) error {
	for d.sink.taken() < n && d.sink.quiet() < 5*time.Second && ctx.Err() == nil {
		pause(ctx, 2*time.Millisecond)
	}
	return ctx.Err()
}

// move puts the event on the next day.
func (d *drill) move(ctx context.Context) error {
	d.event.when = at(d.event.when.Starts.Add(24 * time.Hour))
	var out store.Edited
	if err := d.node.insist(ctx, store.EditEvent.Name, d.host.by("move"), store.EventEdit{Event: d.event.id, Seen: d.event.changed, Facts: d.facts()}, &out); err != nil {
		return err
	}
	d.moved = time.Now()
	fmt.Printf("chaos-mail: moved behind %d registrations, %d letters about it\n", d.count.Load(), out.Letters)
	return nil
}

package store_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"foyer/meet"
	"foyer/replica"
	"foyer/store"
)

// house is a store over a real replica in a folder of its own, with a clock that a test moves.
type house struct {
	*store.Store
	t    testing.TB
	keep *replica.Replica

	mu     sync.Mutex
	now    time.Time
	topics []string
}

func open(t testing.TB) *house {
	t.Helper()
	h := &house{t: t, now: time.Date(2026, 3, 3, 15, 0, 0, 0, time.UTC)}
	keep, err := replica.Open(t.Context(), replica.Options{Dir: t.TempDir() + "/data", Migrations: store.Migrations(), Clock: h.clock,
		Log: slog.New(slog.DiscardHandler), OnChange: h.heard})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := keep.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	h.keep, h.Store = keep, store.New(keep, []byte("a secret of thirty-two bytes, yes"), h.clock)
	return h
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) later(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

func (h *house) heard(topics []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.topics = append(h.topics, topics...)
}

// said gives the topics announced since it was last asked. Announcements follow the acknowledgement; an empty write behind
// them is done when they are.
func (h *house) said() []string {
	h.t.Helper()
	h.must(nil, h.keep.Write(context.Background(), func(context.Context, *replica.Tx) error { return nil }))
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.topics
	h.topics = nil
	return s
}

// person is a browser with a cookie.
type person struct {
	h     *house
	token []byte
	id    meet.ID // account, "" for a guest
}

func (h *house) guest() *person { return &person{h: h, token: meet.HashToken(rand.Text())} }

// host is somebody with an account, signed in.
func (h *house) host(name string) *person {
	h.t.Helper()
	p := h.guest()
	id, err := do(h, machine, store.AddAccount, store.NewAccount{Email: name + "@example.org", Name: name, Password: "hash of " + name})
	if err == nil {
		_, err = do(h, p.by(""), store.SignIn, store.Entry{Account: id, Password: "hash of " + name, Token: p.token})
	}
	if err != nil {
		h.t.Fatal(err)
	}
	p.id = id
	return p
}

var machine = store.By{Machine: true}

func (p *person) by(once string) store.By { return store.By{Token: p.token, Once: once} }

func (p *person) who() store.Who {
	p.h.t.Helper()
	w, err := p.h.Who(p.h.t.Context(), p.token)
	if err != nil {
		p.h.t.Fatal(err)
	}
	return w
}

func (p *person) room(name string, theme meet.Theme) meet.Room {
	p.h.t.Helper()
	id, err := do(p.h, p.by(""), store.CreateRoom, store.NewRoom{Name: name, Theme: string(theme)})
	if err != nil {
		p.h.t.Fatal(err)
	}
	r, err := p.h.Room(p.h.t.Context(), p.who(), id)
	if err != nil {
		p.h.t.Fatal(err)
	}
	return r
}

func (p *person) enters(r meet.Room, name string, links ...string) (store.Entered, error) {
	return do(p.h, p.by(""), store.EnterRoom, store.Entering{Slug: r.Slug, Label: meet.Label{Name: name}, Links: links, Mic: true, Camera: true})
}

func (p *person) mustEnter(r meet.Room, name string, links ...string) store.Entered {
	p.h.t.Helper()
	e, err := p.enters(r, name, links...)
	if err != nil {
		p.h.t.Fatal(err)
	}
	return e
}

func do[In, Out any](h *house, by store.By, v store.Verb[In, Out], in In) (Out, error) {
	return v.Do(context.Background(), h.Store, by, in)
}

func (h *house) must(_ any, err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) refused(code meet.Code, err error) {
	h.t.Helper()
	if err == nil || meet.CodeOf(err) != code {
		h.t.Errorf("got %v, want a refusal %q", err, code)
	}
}

func (h *house) inside(r meet.Room) (names []string) {
	h.t.Helper()
	people, err := h.People(h.t.Context(), r.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, p := range people {
		names = append(names, p.Name)
	}
	return names
}

func (h *house) sees(r meet.Room, want ...string) {
	h.t.Helper()
	if got := h.inside(r); !slices.Equal(got, want) {
		h.t.Errorf("inside are %v, want %v", got, want)
	}
}

func (h *house) sweep() { h.t.Helper(); h.must(do(h, machine, store.Sweep, store.Done{})) }

func (h *house) streams(opened, closed []meet.ID) {
	h.t.Helper()
	h.must(do(h, machine, store.ReportPresence, store.Seen{Opened: opened, Closed: closed}))
}

func ids(list ...meet.ID) []meet.ID { return list }

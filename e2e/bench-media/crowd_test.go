package benchmedia

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"foyer/e2e/browser"
	"foyer/e2e/recorder"
	"foyer/media/load"
)

// gcm is the cipher of all figures.
const gcm = "SRTP_AEAD_AES_128_GCM"

var roomPath = regexp.MustCompile(`/r/[a-z0-9-]+`)

// furnish makes rooms by the form that people use and gives their addresses.
func furnish(b testing.TB, at string, rooms int) (addresses []string) {
	b.Helper()
	ctx, ada := context.Background(), recorder.Somebody(at, nil)
	defer ada.Close()
	if _, err := ada.Must(ctx, "/sign-in", "email", browser.Email, "password", browser.Password); err != nil {
		b.Fatal(err)
	}
	for i := range rooms {
		form := url.Values{"name": {fmt.Sprintf("Studio %d", i+1)}, "theme": {"meeting"}}
		made, err := ada.Ask(ctx, http.MethodPost, "/rooms", "application/x-www-form-urlencoded", form.Encode())
		if err != nil || made.Status != http.StatusSeeOther {
			b.Fatal(made.Status, err)
		}
		page, err := ada.Get(ctx, "/rooms/"+strings.TrimPrefix(made.Location, "/?made="))
		path := roomPath.FindString(page.Body)
		if err != nil || path == "" {
			b.Fatalf("no address on the page of a room: %d %v", page.Status, err)
		}
		addresses = append(addresses, at+path)
	}
	return addresses
}

// crowd is everybody in the rooms of one server.
type crowd struct {
	b      testing.TB
	server *process
	field  *load.Field
}

func gather(b testing.TB, server *process, o load.Options) *crowd {
	b.Helper()
	o.Now = time.Now
	f, err := load.Open(o)
	if err != nil {
		b.Fatal(err)
	}
	return &crowd{b, server, f}
}

// publish brings one more person on stage.
func (c *crowd) publish(room string) *load.Guest {
	c.b.Helper()
	g, err := c.field.Enter(context.Background(), room, "Publisher")
	if err == nil {
		_, err = g.Publish(context.Background())
	}
	if err != nil {
		c.b.Fatal(err)
	}
	return g
}

// enter brings people before their media, so that what follows is the join of media alone.
func (c *crowd) enter(room string, n int) []*load.Guest {
	c.b.Helper()
	guests, err := inTurns(n, func(i int) (*load.Guest, error) {
		return c.field.Enter(context.Background(), room, fmt.Sprintf("Viewer %d", i+1))
	}, doors)
	if err != nil {
		c.b.Fatal(err)
	}
	return guests
}

// doors is how many people pass the lobby at the same time.
const doors = 8

// receive connects guests, some at a time.
func (c *crowd) receive(guests []*load.Guest, atOnce int, light bool) ([]*load.Viewer, error) {
	return inTurns(len(guests), func(i int) (*load.Viewer, error) {
		v, err := guests[i].Receive(context.Background(), light)
		if err == nil && v.Cipher() != gcm {
			err = fmt.Errorf("the cipher is %s, not %s", v.Cipher(), gcm)
		}
		return v, err
	}, atOnce)
}

// inTurns does something n times, some at once, and gives what went well and the first error.
func inTurns[T any](n int, do func(i int) (T, error), atOnce int) (done []T, first error) {
	var mu sync.Mutex
	var all sync.WaitGroup
	turns := make(chan struct{}, atOnce)
	for i := range n {
		turns <- struct{}{}
		all.Go(func() {
			defer func() { <-turns }()
			x, err := do(i)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				done = append(done, x)
			} else if first == nil {
				first = err
			}
		})
	}
	all.Wait()
	return done, first
}

// watch is enter and receive for figures that are not about joining.
func (c *crowd) watch(room string, n int) {
	c.b.Helper()
	if _, err := c.receive(c.enter(room, n), 8, false); err != nil {
		c.b.Fatal(err)
	}
}

// pace is what a publisher sends a second: 50 packets of sound, 30 pictures of 4 packets, half a key frame with 8 more.
const pace = 50 + 30*4 + 8/2

// cost is what was measured over some seconds of steady media.
type cost struct {
	load.Span
	us    float64 // server CPU per delivered packet
	cores float64 // of the server
	ended int     // connections that the server gave up
	pace  float64 // packets that publishers sent, as a share of what they should have
	stood float64 // share of the time that the server was ready and had no core, over all its threads
}

func (c *crowd) measure(d time.Duration) cost {
	c.b.Helper()
	before := c.field.Still()
	used, stood := c.server.cpu(), c.server.waited()
	time.Sleep(d)
	after := c.field.Still()
	more, waited := c.server.cpu()-used, c.server.waited()-stood
	m := cost{Span: after.Since(before)}
	m.cores = more.Seconds() / m.Seconds
	m.pace = float64(m.Sent) / (m.Seconds * pace * float64(max(1, after.Publishers)))
	m.ended, m.stood = after.Ended, waited.Seconds()/m.Seconds
	m.us = float64(more.Microseconds()) / max(1, float64(m.Delivered))
	return m
}

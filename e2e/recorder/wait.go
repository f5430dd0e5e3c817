package recorder

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Ending is how a wait ends.
type Ending int

// Endings, as often as each other in a row of waits.
const (
	Stopped Ending = iota // by the one who waits
	Denied
	Admitted // recorded up to the word that leads in, which must not carry anything of the inside either
	Closed   // the page is
	Endings
)

// mostWait is how long one wait may take in all.
const mostWait = 60 * time.Second

// goesOn is how many events happen inside while somebody waits.
const goesOn = 12

// Wait lets somebody ask to join, wait while the room goes on, try what they must not do, and stop waiting. All that they
// are sent meanwhile is in the record; own is their own pass, which is no secret to them.
func (b *Busy) Wait(parent context.Context, name string, end Ending) (r *Record, own string, err error) {
	ctx, cancel := context.WithTimeout(parent, mostWait)
	defer cancel()
	r = &Record{}
	p := Somebody(b.At, r)
	defer p.Close()
	if err := b.knock(ctx, p, name); err != nil {
		return r, "", err
	}
	done := make(chan string, 1)
	streams, hangUp := context.WithCancel(ctx)
	defer hangUp()
	go func() { // the waiting page
		led := ""
		_ = p.Listen(streams, "/r/"+b.Slug+"/wait/stream", func(event, data string) bool {
			if event == "done" {
				led = data
			}
			return led != ""
		})
		done <- led
	}()
	before := b.Happened()
	if err := b.pry(ctx, p, r); err != nil {
		return r, "", err
	}
	for b.Happened() < before+goesOn {
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return r, "", fmt.Errorf("nothing goes on inside: %w", err)
		}
	}
	if own, err = b.knocker(ctx, name); err != nil {
		return r, "", err
	}
	return r, own, b.end(ctx, p, own, end, done, hangUp)
}

// knock goes from the lobby to the waiting page.
func (b *Busy) knock(ctx context.Context, p *Person, name string) error {
	at := "/r/" + b.Slug
	if _, err := p.Get(ctx, at); err != nil {
		return err
	}
	door, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	err := p.Listen(door, at+"/door", func(event, _ string) bool { return event == "way" })
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	asked, err := p.Post(ctx, at, "name", name, "headline", "waits", "ask", "yes")
	if err != nil || asked.Location != at+"/wait" {
		return errors.Join(err, fmt.Errorf("asking leads to %d %q", asked.Status, asked.Location))
	}
	for _, path := range []string{at + "/wait", at + "/wait?still=1"} {
		if _, err := p.Get(ctx, path); err != nil {
			return err
		}
	}
	return nil
}

// pry tries all doors of the room, by HTTP and by packets.
func (b *Busy) pry(ctx context.Context, p *Person, r *Record) error {
	at := "/r/" + b.Slug
	for _, path := range []string{"/live", "/stream?tab=9", "/chat", "/knocks", "/stream?pass=host"} {
		if _, err := p.Get(ctx, at+path); err != nil {
			return err
		}
	}
	for _, path := range []string{"/chat", "/react", "/hand", "/devices", "/mute", "/remove", "/end", "/knocks"} {
		if _, err := p.Post(ctx, at+path, "text", "let me in", "reaction", "🎉", "up", "yes", "answer", "admit", "role", "host"); err != nil {
			return err
		}
	}
	for _, ticket := range []string{"", "Bearer " + b.ID + ".abcdefghijklmnop.zzzzzz.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"} {
		for _, direction := range []string{"receive", "send"} {
			a, err := p.Ask(ctx, http.MethodPost, "/media/"+b.ID+"/"+direction, "application/sdp", offerToReceive(), "Authorization", ticket)
			if err != nil {
				return err
			}
			if a.Status == http.StatusCreated {
				r.Add(Message{What: "an answer to an offer", Bytes: []byte(a.Body), Media: true})
			}
		}
	}
	others := b.stolen()
	if len(others) == 0 {
		return errors.New("nobody inside has a description yet")
	}
	s, err := r.socket(others[0].address)
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { s.Close() }) // hears until the wait is over
	s.knock(others)
	return nil
}

// end lets the wait end in its way and waits for the page to be told.
func (b *Busy) end(ctx context.Context, p *Person, own string, end Ending, done <-chan string, hangUp context.CancelFunc) error {
	at, want := "/r/"+b.Slug, "/r/"+b.Slug
	var err error
	switch end {
	case Stopped:
		_, err = p.Must(ctx, at+"/wait/stop")
	case Denied:
		_, err = b.host.Must(ctx, at+"/knocks", "answer", "deny", "pass", own)
	case Admitted:
		want += "/live"
		_, err = b.host.Must(ctx, at+"/knocks", "answer", "admit", "pass", own)
	default:
		want = ""
		hangUp()
	}
	if err != nil {
		return err
	}
	select {
	case led := <-done:
		if led != want {
			return fmt.Errorf("the waiting page was led to %q, want %q", led, want)
		}
	case <-ctx.Done():
		return ctx.Err()
	}
	if end == Stopped || end == Denied {
		_, err = p.Get(ctx, at) // the lobby again
	}
	return err
}

// Control records somebody who is inside in the same way: everything that a wait must not hold, this must.
func (b *Busy) Control(parent context.Context) (*Record, error) {
	ctx, cancel := context.WithTimeout(parent, mostWait)
	defer cancel()
	r := &Record{}
	p := Somebody(b.At, r)
	defer p.Close()
	at := "/r/" + b.Slug
	if _, err := p.Get(ctx, b.HostLink); err != nil {
		return r, err
	}
	if _, err := p.Must(ctx, at, "name", Marker+" Control"); err != nil {
		return r, err
	}
	if _, err := p.Get(ctx, at+"/live"); err != nil {
		return r, err
	}
	var seen []string
	ticket := ""
	err := p.Listen(ctx, at+"/stream?tab=1", func(event, data string) bool {
		if event == "ticket" {
			ticket = data
		}
		if !strings.Contains(strings.Join(seen, " "), event) {
			seen = append(seen, event)
		}
		return len(seen) > 6 && ticket != "" && strings.Contains(strings.Join(seen, " "), "reaction")
	})
	if err != nil {
		return r, err
	}
	a, err := p.Ask(ctx, http.MethodPost, "/media/"+b.ID+"/receive", "application/sdp", offerToReceive(), "Authorization", "Bearer "+ticket)
	if err != nil {
		return r, err
	}
	b.plant("ticket", ticket)
	mine, err := readAnswer(a.Body)
	if err != nil {
		return r, err
	}
	s, err := r.socket(mine.address)
	if err != nil {
		return r, err
	}
	defer s.Close()
	for ctx.Err() == nil && (r.Leaked(nil).ByKind["media"] == 0 || r.Messages("datagram of STUN") == 0) {
		s.enter(mine)
	}
	return r, ctx.Err()
}

package mail_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"foyer/mail"
)

// Each way in which a server can treat a letter, and what is told of it.
func TestWhatTheServerSays(t *testing.T) {
	p := start(t, &post{})
	s := sender(t, mail.SMTPOptions{URL: "smtp://" + p.address, Timeout: 2 * time.Second})
	cases := []struct {
		to      string
		want    mail.Result
		arrived bool
	}{
		{"zoe", mail.Result{Outcome: mail.Delivered, Stage: mail.Content, Code: 250, Enhanced: "2.0.0", Text: "2.0.0 OK: queued"}, true},
		{"grey", mail.Result{Outcome: mail.Temporary, Stage: mail.Recipient, Code: 451, Enhanced: "4.7.1", Text: "451 4.7.1 greylisted, come back"}, false},
		{"gone", mail.Result{Outcome: mail.Permanent, Stage: mail.Recipient, Code: 550, Enhanced: "5.1.1", Text: "550 5.1.1 no such user"}, false},
		{"full", mail.Result{Outcome: mail.Permanent, Stage: mail.Recipient, Code: 552, Enhanced: "5.2.2", Text: "552 5.2.2 mailbox full"}, false},
		{"spam", mail.Result{Outcome: mail.Permanent, Stage: mail.Content, Code: 554, Enhanced: "5.7.1", Text: "554 looks like 5.7.1 spam"}, false},
		{"cut", mail.Result{Outcome: mail.Delivered, Stage: mail.Content, Code: 250, Enhanced: "2.0.0", Text: "2.0.0 OK: queued"}, true},
		{"after.a.cut", mail.Result{Outcome: mail.Delivered, Stage: mail.Content, Code: 250, Enhanced: "2.0.0", Text: "2.0.0 OK: queued"}, true},
		{"lost", mail.Result{Outcome: mail.Temporary, Stage: mail.Content, Text: "EOF"}, false},
		{"hang", mail.Result{Outcome: mail.Temporary, Stage: mail.Content, Text: "i/o timeout"}, false},
		{"not an address", mail.Result{Outcome: mail.Permanent, Stage: mail.Compose, Text: "an address in this letter is none"}, false},
		{"busy", mail.Result{Outcome: mail.Temporary, Stage: mail.Recipient, Code: 421, Enhanced: "4.3.2", Text: "421 4.3.2 too much today"}, false},
		{"after.a.rest", mail.Result{Outcome: mail.Delivered, Stage: mail.Content, Code: 250, Enhanced: "2.0.0", Text: "2.0.0 OK: queued"}, true},
	}
	for _, c := range cases {
		t.Run(c.to, func(t *testing.T) {
			before := len(p.arrived())
			got := send(t.Context(), s, to(plainLetter(), c.to+"@attendee.example"))
			if strings.HasSuffix(got.Text, c.want.Text) { // network errors name ports
				got.Text = c.want.Text
			}
			if got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
			if arrived := len(p.arrived()) > before; arrived != c.arrived {
				t.Errorf("arrived %v, want %v", arrived, c.arrived)
			}
		})
	}
}

// What is about the sender pauses the sender: no letter may die of it, and none is begun before the pause is over.
func TestRefusedSenders(t *testing.T) {
	p := start(t, &post{})
	var moved atomic.Int64
	s := sender(t, mail.SMTPOptions{URL: "smtp://" + p.address, Now: func() time.Time { return day.Add(time.Duration(moved.Load())) }})
	for _, c := range []struct {
		code     int
		enhanced smtp.EnhancedCode
		want     mail.Outcome
	}{
		{552, smtp.EnhancedCode{5, 2, 2}, mail.Pause}, {452, smtp.EnhancedCode{4, 5, 3}, mail.Pause}, {550, smtp.EnhancedCode{5, 7, 1}, mail.Pause},
		{530, smtp.EnhancedCode{5, 7, 0}, mail.Pause}, {451, smtp.EnhancedCode{4, 7, 1}, mail.Temporary},
	} {
		p.from.Store(&smtp.SMTPError{Code: c.code, EnhancedCode: c.enhanced, Message: "no"})
		if got := send(t.Context(), s, plainLetter()); got.Outcome != c.want || got.Stage != mail.Envelope || got.Code != c.code {
			t.Errorf("%d: %+v, want %v", c.code, got, c.want)
		}
		short, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if got := send(short, s, plainLetter()); got.Outcome != mail.Temporary || got.Stage != mail.Wait {
			t.Errorf("in the pause after %d: %+v", c.code, got)
		}
		stop()
		moved.Add(int64(10 * time.Minute))
	}
	p.from.Store(nil)
	if got := send(t.Context(), s, plainLetter()); got.Outcome != mail.Delivered {
		t.Errorf("after the pause: %+v", got)
	}
	if n := p.connected.Load(); n != 1 {
		t.Errorf("%d connections, want the same one", n)
	}
}

// Connections are kept, changed after so many letters, and never more than allowed.
func TestConnectionsAreKept(t *testing.T) {
	p := start(t, &post{})
	one := sender(t, mail.SMTPOptions{URL: "smtp://" + p.address, Connections: 1, PerConnection: 100})
	for i := range 250 {
		if got := send(t.Context(), one, to(plainLetter(), fmt.Sprintf("z%d@attendee.example", i))); got.Outcome != mail.Delivered {
			t.Fatalf("%d: %+v", i, got)
		}
	}
	if n := p.connected.Load(); n != 3 {
		t.Errorf("250 letters took %d connections, want 3", n)
	}
	for i, l := range p.arrived() {
		if want := fmt.Sprintf("z%d@attendee.example", i); l.to != want || l.from != "events@webinars.example" || l.helo != "webinars.example" {
			t.Fatalf("letter %d: %s from %s at %s", i, l.to, l.from, l.helo)
		}
	}
}

func TestManySendAtOnce(t *testing.T) {
	p := start(t, &post{})
	s := sender(t, mail.SMTPOptions{URL: "smtp://" + p.address, Connections: 3})
	var all sync.WaitGroup
	for i := range 60 {
		all.Go(func() {
			if got := send(t.Context(), s, to(inviteLetter(), fmt.Sprintf("z%d@attendee.example", i))); got.Outcome != mail.Delivered {
				t.Errorf("%+v", got)
			}
		})
	}
	all.Wait()
	if n, c := len(p.arrived()), p.connected.Load(); n != 60 || c > 3 {
		t.Errorf("%d letters over %d connections", n, c)
	}
}

// A kept connection that the server has closed meanwhile costs no letter a try.
func TestAServerThatHungUp(t *testing.T) {
	p := start(t, &post{})
	s := sender(t, mail.SMTPOptions{URL: "smtp://" + p.address, Connections: 1})
	for i := range 3 {
		if got := send(t.Context(), s, to(plainLetter(), "cut@attendee.example")); got.Outcome != mail.Delivered {
			t.Errorf("%d: %+v", i, got)
		}
	}
	if n := p.connected.Load(); n != 3 || len(p.arrived()) != 3 {
		t.Errorf("%d connections, %d letters, want 3 and 3", n, len(p.arrived()))
	}
}

func TestTLS(t *testing.T) {
	secure, roots := authority(t)
	offers, always, plain := start(t, &post{secure: secure}), start(t, &post{secure: secure, always: true}), start(t, &post{})
	cases := []struct {
		name string
		o    mail.SMTPOptions
		p    *post
		want mail.Result
	}{
		{"STARTTLS", mail.SMTPOptions{URL: "smtp://" + offers.address + "?tls=starttls", Roots: roots}, offers, mail.Result{Outcome: mail.Delivered, Stage: mail.Content}},
		{"STARTTLS, unknown authority", mail.SMTPOptions{URL: "smtp://" + offers.address + "?tls=starttls"}, offers, mail.Result{Outcome: mail.Pause, Stage: mail.Connect}},
		{"STARTTLS not offered", mail.SMTPOptions{URL: "smtp://" + plain.address + "?tls=starttls", Roots: roots}, plain, mail.Result{Outcome: mail.Pause, Stage: mail.Connect}},
		{"TLS from the first byte", mail.SMTPOptions{URL: "smtps://" + always.address, Roots: roots}, always, mail.Result{Outcome: mail.Delivered, Stage: mail.Content}},
		{"unknown authority", mail.SMTPOptions{URL: "smtps://" + always.address}, always, mail.Result{Outcome: mail.Pause, Stage: mail.Connect}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			before := len(c.p.arrived())
			got := send(t.Context(), sender(t, c.o), plainLetter())
			if got.Outcome != c.want.Outcome || got.Stage != c.want.Stage {
				t.Errorf("%+v", got)
			}
			after := c.p.arrived()
			if delivered := len(after) > before; delivered != (c.want.Outcome == mail.Delivered) || delivered && c.p != always && !after[before].tls {
				t.Errorf("delivered %v, in the clear: %+v", delivered, after)
			}
		})
	}
}

// Nobody there is weather: for now, and it does not ask again at once.
func TestNobodyThere(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	s := sender(t, mail.SMTPOptions{URL: "smtp://" + closed.Addr().String()})
	if got := send(t.Context(), s, plainLetter()); got.Outcome != mail.Temporary || got.Stage != mail.Connect || got.Code != 0 {
		t.Errorf("%+v", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := send(ctx, s, plainLetter()); got.Outcome != mail.Temporary || got.Stage != mail.Wait {
		t.Errorf("%+v", got)
	}
}

// Sent away with 421, nobody knocks again before the rest is over. The clock stands still.
func TestRestAfter421(t *testing.T) {
	p := start(t, &post{})
	s := sender(t, mail.SMTPOptions{URL: "smtp://" + p.address, Now: func() time.Time { return day }})
	if got := send(t.Context(), s, to(plainLetter(), "busy@attendee.example")); got.Code != 421 {
		t.Fatalf("%+v", got)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if got := send(ctx, s, plainLetter()); got.Outcome != mail.Temporary || got.Stage != mail.Wait {
		t.Errorf("%+v", got)
	}
	if n := p.connected.Load(); n != 1 || len(p.arrived()) != 0 {
		t.Errorf("%d connections, %d letters", n, len(p.arrived()))
	}
}

// Who stops waits for no server that does not greet.
func TestStoppedWhileDialling(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		c, err := silent.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		_, _ = c.Write([]byte("220-one moment\r\n"))
		time.Sleep(100 * time.Millisecond) // likely the client has dialled and listens
		cancel()
		_, _ = c.Read(make([]byte, 1))
	}()
	s := sender(t, mail.SMTPOptions{URL: "smtp://" + silent.Addr().String(), Timeout: time.Hour})
	if got := send(ctx, s, plainLetter()); got.Outcome != mail.Temporary || got.Stage != mail.Connect {
		t.Errorf("%+v", got)
	}
}

func TestClosedSender(t *testing.T) {
	p := start(t, &post{})
	s := sender(t, mail.SMTPOptions{URL: "smtp://" + p.address})
	s.Close()
	s.Close()
	if got := send(t.Context(), s, plainLetter()); got.Outcome != mail.Temporary || got.Stage != mail.Wait || len(p.arrived()) != 0 {
		t.Errorf("%+v", got)
	}
}

// The same letter arrives as it was composed, dots at the beginning of lines included.
func TestNothingChangesOnTheWay(t *testing.T) {
	p := start(t, &post{})
	s := sender(t, mail.SMTPOptions{URL: "smtp://" + p.address})
	l := inviteLetter()
	l.Text = "A line.\n.\n..two dots\nEnd.\n"
	if got := send(t.Context(), s, l); got.Outcome != mail.Delivered {
		t.Fatalf("%+v", got)
	}
	text, err := l.MIME(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.arrived()[0].text; !bytes.Equal(boundaries(got), boundaries(text)) {
		t.Errorf("arrived:\n%s\ncomposed:\n%s", got, text)
	}
}

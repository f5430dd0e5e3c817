// Package postbox is a mail server for tests: a real SMTP server in this process that keeps what it takes, and that can be
// as unfriendly as the servers of the world. What it does with a letter hangs on the reader's address: see Moods.
package postbox

import (
	"io"
	"log"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"foyer/e2e/calendars/reader"
)

// Moods of the server, as local parts of addresses begin:
//
//	grey  451 to the first two tries       gone  550 for ever
//	drop  takes it and cuts the line       hang  says nothing in DATA, the first time
const (
	grey = "grey"
	gone = "gone"
	drop = "drop"
	hang = "hang"
)

// Postbox is the server and what it took.
type Postbox struct {
	address string
	refuses atomic.Bool

	mu    sync.Mutex
	tries map[string]int
	took  []Letter
	moved chan struct{} // closed and made anew at each letter
}

// Letter is one that was taken.
type Letter struct {
	reader.Letter
	Raw  []byte
	Came time.Time
}

// Open starts a server that ends with the test.
func Open(t testing.TB) *Postbox {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Postbox{address: l.Addr().String(), tries: map[string]int{}, moved: make(chan struct{})}
	s := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{box: p, conn: c}, nil }))
	s.Domain, s.ErrorLog, s.AllowInsecureAuth = "relay.example", log.New(io.Discard, "", 0), true
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	return p
}

// URL is what --smtp takes.
func (p *Postbox) URL() string { return "smtp://" + p.address }

// Refuse makes the server answer 451 to everybody, as one that is being mended does, or lets it work again.
func (p *Postbox) Refuse(yes bool) { p.refuses.Store(yes) }

// To are the letters that somebody got, in the order in which they came.
func (p *Postbox) To(address string) (list []Letter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.took {
		if strings.EqualFold(l.To, address) {
			list = append(list, l)
		}
	}
	return list
}

// Wait gives the letters of somebody once there are so many; fewer within the time fails the test.
func (p *Postbox) Wait(t testing.TB, address string, n int) []Letter {
	t.Helper()
	for deadline := time.After(30 * time.Second); ; {
		p.mu.Lock()
		moved := p.moved
		p.mu.Unlock()
		if list := p.To(address); len(list) >= n {
			return list
		}
		select {
		case <-moved:
		case <-deadline:
			t.Fatalf("%s got %d letters in 30 s, want %d", address, len(p.To(address)), n)
		}
	}
}

func (p *Postbox) try(to string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tries[to]++
	return p.tries[to]
}

func (p *Postbox) keep(text []byte) error {
	l, err := reader.Open(text)
	if err != nil {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: err.Error()}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.took = append(p.took, Letter{l, text, time.Now()})
	close(p.moved)
	p.moved = make(chan struct{})
	return nil
}

type session struct {
	box  *Postbox
	conn *smtp.Conn
	to   string
}

func busy(text string) error {
	return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: text}
}

func (s *session) Mail(string, *smtp.MailOptions) error { return nil }

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	switch n := s.box.try(to); {
	case s.box.refuses.Load():
		return busy("we are being mended")
	case strings.HasPrefix(to, grey) && n <= 2:
		return busy("greylisted, come back")
	case strings.HasPrefix(to, gone):
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
	}
	return nil
}

func (s *session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if strings.HasPrefix(s.to, hang) && s.box.try(s.to+" data") == 1 {
		time.Sleep(time.Second)
		_ = s.conn.Conn().Close()
		return nil
	}
	if err := s.box.keep(text); err != nil {
		return err
	}
	if strings.HasPrefix(s.to, drop) {
		time.AfterFunc(50*time.Millisecond, func() { _ = s.conn.Conn().Close() }) // behind the 250
	}
	return nil
}

func (s *session) Reset()        { s.to = "" }
func (s *session) Logout() error { return nil }

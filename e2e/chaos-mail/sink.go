package main

import (
	"io"
	"log"
	"math/rand/v2"
	"net"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"
)

// sink is the mail server. It keeps what it answered with 250, in the order in which it did.
type sink struct {
	address string
	server  *smtp.Server

	mutex  sync.Mutex
	dice   *rand.Rand
	faults int // in a hundred; 0 = well
	box    []arrival
	first  map[string]time.Time // when an address was first named
	last   time.Time
	bad    int
}

// arrival is one letter taken.
type arrival struct {
	to, id, uid, method string
	sequence            string
}

func newSink(seed uint64, faults int) (*sink, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &sink{address: l.Addr().String(), dice: rand.New(rand.NewPCG(seed, 2)), faults: faults, first: map[string]time.Time{}, last: time.Now()}
	s.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{sink: s, conn: c}, nil }))
	s.server.Domain, s.server.ErrorLog = "relay.example", log.New(io.Discard, "", 0)
	go func() { _ = s.server.Serve(&cutting{l}) }()
	return s, nil
}

func (s *sink) close() { _ = s.server.Close() }

// heal makes it answer well from now on.
func (s *sink) heal() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.faults = 0
}

func (s *sink) taken() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return len(s.box)
}

// quiet is since when nothing has arrived.
func (s *sink) quiet() time.Duration {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return time.Since(s.last)
}

// The faults, each as likely as the next.
const (
	fine = iota
	recipientLater
	contentLater
	gone      // hangs up in the middle
	goneAfter // hangs up behind its 250
	away      // 421
	slow      // answers nothing for a second and then hangs up
	faultKinds
)

// fault throws the dice for one letter.
func (s *sink) fault() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.dice.IntN(100) >= s.faults {
		return fine
	}
	s.bad++
	n := 1 + s.dice.IntN(faultKinds-1)
	if n >= away && s.dice.IntN(20) > 0 { // one of these stops everything for a while
		n = contentLater
	}
	return n
}

type session struct {
	sink  *sink
	conn  *smtp.Conn
	to    string
	fault int
}

func (s *session) Mail(string, *smtp.MailOptions) error { return nil }

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to, s.fault = to, s.sink.fault()
	s.sink.mutex.Lock()
	if s.sink.first[to].IsZero() {
		s.sink.first[to] = time.Now()
	}
	s.sink.mutex.Unlock()
	switch s.fault {
	case recipientLater:
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "greylisted"}
	case away:
		return &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "too much"}
	}
	return nil
}

func (s *session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	wire, _ := s.conn.Conn().(*cuttable)
	switch s.fault {
	case contentLater:
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "later"}
	case slow:
		time.Sleep(time.Second)
		return wire.Close()
	case gone:
		return wire.Close()
	case goneAfter:
		wire.last.Store(true)
	}
	s.sink.mutex.Lock()
	defer s.sink.mutex.Unlock()
	s.sink.last = time.Now()
	s.sink.box = append(s.sink.box, read(s.to, string(text)))
	return nil
}

var (
	idLine       = regexp.MustCompile(`(?m)^Message-ID: <([^>]+)>`)
	uidLine      = regexp.MustCompile(`(?m)^UID:([^@\r]+)@`)
	methodLine   = regexp.MustCompile(`(?m)^METHOD:([A-Z]+)`)
	sequenceLine = regexp.MustCompile(`(?m)^SEQUENCE:(\d+)`)
)

// read takes out of a letter what the verdict needs; the calendar part is quoted-printable, which leaves these lines alone.
func read(to, text string) arrival {
	find := func(r *regexp.Regexp) string {
		if m := r.FindStringSubmatch(text); m != nil {
			return m[1]
		}
		return ""
	}
	return arrival{to: strings.ToLower(to), id: find(idLine), uid: find(uidLine), method: find(methodLine), sequence: find(sequenceLine)}
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

// cutting gives connections that can end right behind the next answer.
type cutting struct{ net.Listener }

func (l *cutting) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return &cuttable{Conn: c}, err
}

type cuttable struct {
	net.Conn
	last atomic.Bool
}

func (c *cuttable) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	if c.last.Load() {
		_ = c.Conn.Close()
	}
	return n, err
}

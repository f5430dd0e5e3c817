package jobs_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	netmail "net/mail"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/emersion/go-smtp"

	"foyer/jobs"
	"foyer/mail"
	"foyer/meet"
	"foyer/replica"
	"foyer/store"
)

var (
	machine = store.By{Machine: true}
	service = mail.Address{Name: "Foyer", Address: "events@webinars.example"}
)

// house is a store over a real replica, with a clock that a test moves.
type house struct {
	*store.Store
	t    *testing.T
	dir  string
	keep *replica.Replica

	mu  sync.Mutex
	now time.Time
	log bytes.Buffer
	ada []byte // token of a signed-in host
}

func open(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, dir: filepath.Join(t.TempDir(), "data"), now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), ada: meet.HashToken(rand.Text())}
	h.begin()
	t.Cleanup(func() { h.end() })
	id, err := store.AddAccount.Do(t.Context(), h.Store, machine, store.NewAccount{Email: "ada@example.org", Name: "Ada", Password: "hash"})
	if err == nil {
		_, err = store.SignIn.Do(t.Context(), h.Store, h.by(), store.Entry{Account: id, Password: "hash", Token: h.ada})
	}
	h.must(err)
	return h
}

// begin opens the folder, as a process that starts.
func (h *house) begin() {
	h.t.Helper()
	keep, err := replica.Open(context.Background(), replica.Options{Dir: h.dir, Migrations: store.Migrations(), Clock: h.clock, Log: slog.New(slog.DiscardHandler)})
	h.must(err)
	h.keep, h.Store = keep, store.New(keep, []byte("a secret of thirty-two bytes, yes"), h.clock)
}

func (h *house) end() {
	h.t.Helper()
	h.must(h.keep.Close(context.Background()))
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

// Write is the operator's log.
func (h *house) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.log.Write(p)
}

func (h *house) said() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.log.String()
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) by() store.By { return store.By{Token: h.ada} }

// event is a talk that begins after so long.
func (h *house) event(after time.Duration) meet.Event {
	h.t.Helper()
	id, err := store.CreateEvent.Do(h.t.Context(), h.Store, h.by(), store.EventFacts{Title: "Talk", Theme: string(meet.Webinar), When: h.at(after), Registration: true})
	h.must(err)
	return h.again(id)
}

func (h *house) at(after time.Duration) meet.When {
	starts := h.clock().Add(after).Truncate(time.Minute)
	return meet.When{Date: starts.Format(time.DateOnly), Clock: starts.Format("15:04"), Zone: "UTC", Starts: starts, Length: time.Hour}
}

func (h *house) again(id meet.ID) meet.Event {
	h.t.Helper()
	e, err := h.EventOf(h.t.Context(), id)
	h.must(err)
	return e
}

func (h *house) registers(e meet.Event, local string) {
	h.t.Helper()
	_, err := store.Register.Do(h.t.Context(), h.Store, store.By{Token: meet.HashToken(rand.Text())}, store.Registering{Slug: e.Slug, Email: local + "@attendee.example", Name: "Zoë", Zone: "America/New_York"})
	h.must(err)
}

func (h *house) moves(e meet.Event, after time.Duration) {
	h.t.Helper()
	e = h.again(e.ID)
	_, err := store.EditEvent.Do(h.t.Context(), h.Store, h.by(), store.EventEdit{Event: e.ID, Seen: e.Changed,
		Facts: store.EventFacts{Title: e.Name, Theme: string(e.Theme), When: h.at(after), Registration: true}})
	h.must(err)
}

// mails is what the host sees of everybody's letters: address → state and reason.
func (h *house) mails(e meet.Event) map[string]meet.Registrant {
	h.t.Helper()
	who, err := h.Who(h.t.Context(), h.ada)
	h.must(err)
	list, _, err := h.Registrants(h.t.Context(), who, store.Sought{Event: e.ID})
	h.must(err)
	m := map[string]meet.Registrant{}
	for _, r := range list {
		m[strings.TrimSuffix(r.Email, "@attendee.example")] = r
	}
	return m
}

// outbox runs one until the test ends or stop is called.
func (h *house) outbox(s mail.Sender, workers int, change ...func(*jobs.OutboxOptions)) (stop func()) {
	h.t.Helper()
	o := jobs.OutboxOptions{Store: h.Store, Sender: s, Workers: workers, From: service, Base: "https://meet.example.org", Key: []byte("key"), Grace: 10 * time.Second,
		Chance: func() float64 { return 0.5 }, Log: slog.New(slog.NewTextHandler(h, nil))}
	for _, c := range change {
		c(&o)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		jobs.NewOutbox(o).Run(ctx)
		close(ended)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		<-ended
	})
	h.t.Cleanup(stop)
	return stop
}

// eventually waits for something while the clock of the house goes on, twenty times faster than outside.
func (h *house) eventually(what string, done func() bool) {
	h.t.Helper()
	for deadline := time.Now().Add(time.Minute); !done(); {
		if time.Now().After(deadline) {
			h.t.Fatalf("never: %s\n%s", what, h.said())
		}
		time.Sleep(20 * time.Millisecond)
		h.later(400 * time.Millisecond)
	}
}

// post is a mail server in this process. What it does with a letter is for the test to say.
type post struct {
	address string
	at      func(stage mail.Stage, to string, turn int) fault // turn counts RCPTs to that address, from 1

	mu     sync.Mutex
	box    []arrival
	turns  map[string]int
	hang   chan struct{}
	hangs  atomic.Int32
	opened atomic.Int32
}

// fault is what goes wrong; the zero value is nothing.
type fault int

const (
	fine fault = iota
	later
	never
	drop // at Content: after the 250
	hang
	refuseSender
	refuseRelay
	refusePlain
)

type arrival struct {
	to   string
	head netmail.Header
	body string
}

func (a arrival) id() string { return a.head.Get("Message-ID") }

func serve(t *testing.T, at func(mail.Stage, string, int) fault) *post {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &post{address: l.Addr().String(), at: at, turns: map[string]int{}, hang: make(chan struct{})}
	s := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		p.opened.Add(1)
		return &session{post: p, conn: c}, nil
	}))
	s.Domain, s.ErrorLog = "relay.example", log.New(io.Discard, "", 0)
	go func() { _ = s.Serve(&cutting{l}) }()
	t.Cleanup(func() {
		close(p.hang)
		_ = s.Close()
	})
	return p
}

func (p *post) sender(t *testing.T, change ...func(*mail.SMTPOptions)) *mail.SMTP {
	t.Helper()
	o := mail.SMTPOptions{URL: "smtp://" + p.address, From: service, Rate: 10_000, Connections: 2, Timeout: time.Second, Now: time.Now}
	for _, c := range change {
		c(&o)
	}
	s, err := mail.NewSMTP(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func (p *post) arrived(to ...string) (list []arrival) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.box {
		if len(to) == 0 || slices.Contains(to, a.to) {
			list = append(list, a)
		}
	}
	return list
}

// cutting gives connections that end right behind the next answer.
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

type session struct {
	post *post
	conn *smtp.Conn
	to   string
	turn int
}

func (s *session) says(f fault) error {
	switch f {
	case later:
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "come back"}
	case never:
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
	case refuseSender:
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "not from you"}
	case refuseRelay:
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "Relay access denied"}
	case refusePlain:
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "STARTTLS first"}
	case drop:
		s.conn.Conn().(*cuttable).last.Store(true)
	case hang:
		s.post.hangs.Add(1)
		<-s.post.hang
	}
	return nil
}

func (s *session) Mail(string, *smtp.MailOptions) error {
	return s.says(s.post.at(mail.Envelope, "", 0))
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = strings.TrimSuffix(to, "@attendee.example")
	s.post.mu.Lock()
	s.post.turns[s.to]++
	s.turn = s.post.turns[s.to]
	s.post.mu.Unlock()
	return s.says(s.post.at(mail.Recipient, s.to, s.turn))
}

func (s *session) Data(r io.Reader) error {
	m, err := netmail.ReadMessage(r)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(m.Body)
	if err != nil {
		return err
	}
	f := s.post.at(mail.Content, s.to, s.turn)
	if f == fine || f == drop {
		s.post.mu.Lock()
		s.post.box = append(s.post.box, arrival{s.to, m.Header, string(body)})
		s.post.mu.Unlock()
	}
	return s.says(f)
}

func (s *session) Reset()        { s.to = "" }
func (s *session) Logout() error { return nil }

func local(i int) string { return fmt.Sprintf("p%d", i) }

// send takes a turn for one letter.
func send(ctx context.Context, s mail.Sender, l mail.Letter) mail.Result {
	turn, why := s.Turn(ctx)
	if turn == nil {
		return why
	}
	defer turn.GiveBack()
	return turn.Send(ctx, l)
}

// Package mail prints the figures of outgoing mail, as `make bench` shows them: how fast the outbox is beside go-mail
// alone, and what ten thousand reminders cost. The mail server is one in this process that takes everything.
package mail

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	gomail "github.com/wneessen/go-mail"

	"foyer/e2e/figure"
	"foyer/jobs"
	"foyer/mail"
	"foyer/meet"
	"foyer/replica"
	"foyer/store"
)

const (
	runs        = 3
	letters     = 1000 // of one run of one side
	connections = 4
)

var (
	from    = mail.Address{Name: "Foyer", Address: "events@webinars.example"}
	machine = store.By{Machine: true}
)

// sink takes every letter and counts it.
type sink struct {
	address string
	taken   atomic.Int64
}

func listen(b *testing.B) *sink {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	s := &sink{address: l.Addr().String()}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{s}, nil }))
	server.Domain, server.ErrorLog = "relay.example", log.New(io.Discard, "", 0)
	go func() { _ = server.Serve(l) }()
	b.Cleanup(func() { _ = server.Close() })
	return s
}

type session struct{ *sink }

func (*session) Mail(string, *smtp.MailOptions) error { return nil }
func (*session) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (s *session) Data(r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	s.taken.Add(1)
	return err
}
func (*session) Reset()        {}
func (*session) Logout() error { return nil }

// until waits for so many letters.
func (s *sink) until(b *testing.B, n int64) {
	b.Helper()
	for deadline := time.Now().Add(5 * time.Minute); s.taken.Load() < n; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			b.Fatalf("%d of %d letters arrived", s.taken.Load(), n)
		}
	}
}

// BenchmarkOutbox prints letters a second: from rows through the outbox, each noted before its connection takes the next,
// and with go-mail alone, which composes and sends the same letters over as many connections and keeps nothing.
func BenchmarkOutbox(b *testing.B) {
	keep, err := replica.Open(b.Context(), replica.Options{Dir: filepath.Join(b.TempDir(), "data"), Migrations: store.Migrations(), Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = keep.Close(context.Background()) }()
	s := store.New(keep, []byte("a secret of thirty-two bytes, yes"), time.Now)
	figure.Note("outbox: %d runs in turns of %d letters over %d connections", runs, letters, connections)
	event := plan(b, s)
	var ours, alone, ratios []float64
	for run := range runs {
		fill(b, s, event, run)
		ours = append(ours, outbox(b, s))
		alone = append(alone, goMail(b))
		ratios = append(ratios, ours[run]/alone[run])
	}
	figure.Note("outbox: after it")
	figure.Spread("outbox_per_s", ours, "letters/s", letters)
	figure.Spread("gomail_per_s", alone, "letters/s", letters)
	figure.Spread("outbox_ratio", ratios, "x", letters)
}

// plan makes a host with an event.
func plan(b *testing.B, s *store.Store) meet.ID {
	b.Helper()
	host := store.By{Token: hostToken}
	id, err := store.AddAccount.Do(b.Context(), s, machine, store.NewAccount{Email: "host@example.org", Name: "Ada Host", Password: "x"})
	if err == nil {
		_, err = store.SignIn.Do(b.Context(), s, host, store.Entry{Account: id, Password: "x", Token: hostToken})
	}
	var event meet.ID
	if err == nil {
		event, err = store.CreateEvent.Do(b.Context(), s, host, facts(14*24*time.Hour))
	}
	if err != nil {
		b.Fatal(err)
	}
	return event
}

var hostToken = meet.HashToken(rand.Text())

func facts(after time.Duration) store.EventFacts {
	t := time.Now().Add(after).UTC().Truncate(time.Minute)
	return store.EventFacts{Title: "Light in small rooms", Description: "How to light a small room with what is there.", Theme: string(meet.Webinar), Registration: true,
		When: meet.When{Date: t.Format(time.DateOnly), Clock: t.Format("15:04"), Zone: "UTC", Starts: t, Length: time.Hour}}
}

func people(run, n int) (list []store.Registering) {
	for i := range n {
		list = append(list, store.Registering{Email: fmt.Sprintf("p%d-%d@attendee.example", run, i), Name: "Zoë Quick", Zone: "America/New_York"})
	}
	return list
}

func fill(b *testing.B, s *store.Store, event meet.ID, run int) {
	b.Helper()
	out, err := store.ImportRegistrants.Do(b.Context(), s, store.By{Token: hostToken}, store.Importing{Event: event, People: people(run, letters)})
	if err != nil || out.Added != letters {
		b.Fatalf("%+v, %v", out, err)
	}
}

func outbox(b *testing.B, s *store.Store) (perSecond float64) {
	b.Helper()
	relay := listen(b)
	sender, err := mail.NewSMTP(mail.SMTPOptions{URL: "smtp://" + relay.address, From: from, Rate: 1e6, Connections: connections, Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	defer sender.Close()
	o := jobs.NewOutbox(jobs.OutboxOptions{Store: s, Sender: sender, Workers: connections, From: from, Base: "https://webinars.example", Key: []byte("key"), Grace: time.Minute,
		Chance: func() float64 { return 0.5 }, Log: slog.New(slog.DiscardHandler)})
	ctx, stop := context.WithCancel(b.Context())
	var all sync.WaitGroup
	began := time.Now()
	all.Go(func() { o.Run(ctx) })
	o.Wake()
	relay.until(b, letters)
	took := time.Since(began)
	stop()
	all.Wait()
	return letters / took.Seconds()
}

// goMail composes and sends letters of the same parts and about the same size.
func goMail(b *testing.B) (perSecond float64) {
	b.Helper()
	relay := listen(b)
	host, port, _ := net.SplitHostPort(relay.address)
	var number int
	_, _ = fmt.Sscan(port, &number)
	words := sample(b)
	var next atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	for range connections {
		all.Go(func() {
			c, err := gomail.NewClient(host, gomail.WithPort(number), gomail.WithTLSPolicy(gomail.NoTLS), gomail.WithHELO("webinars.example"))
			if err == nil {
				err = c.DialWithContext(b.Context())
			}
			for n := next.Add(1); n <= letters && err == nil; n = next.Add(1) {
				err = c.Send(message(words, fmt.Sprintf("p%d@attendee.example", n)))
			}
			if err != nil {
				b.Error(err)
				return
			}
			_ = c.Close()
		})
	}
	all.Wait()
	if b.Failed() {
		b.FailNow()
	}
	took := time.Since(began)
	if n := relay.taken.Load(); n != letters {
		b.Fatalf("%d letters", n)
	}
	return letters / took.Seconds()
}

// sample is an invite as ours are.
func sample(b *testing.B) mail.Letter {
	b.Helper()
	f := facts(14 * 24 * time.Hour)
	l, err := jobs.Compose(store.Posting{Kind: meet.LetterInvite, Dedup: "x", Lane: "r-x", Created: time.Now(), To: "zoe@attendee.example", Token: "t", Quiet: "q",
		Seat: &meet.Registration{Name: "Zoë Quick", Zone: "America/New_York", Created: time.Now()}, Room: meet.Room{Name: f.Title},
		Edition: &meet.Edition{Title: f.Title, Description: f.Description, Starts: f.When.Starts, Length: f.When.Length, Zone: "UTC", Host: "Ada Host", ReplyTo: "host@example.org", At: time.Now()}},
		from, "https://webinars.example", []byte("key"))
	if err != nil {
		b.Fatal(err)
	}
	return l
}

func message(l mail.Letter, to string) *gomail.Msg {
	m := gomail.NewMsg()
	_ = m.From(from.Address) // addresses of ours are addresses
	_ = m.To(to)
	m.Subject(l.Subject)
	m.SetMessageID()
	m.SetDate()
	m.SetBodyString(gomail.TypeTextPlain, l.Text)
	m.AddAlternativeString(gomail.TypeTextHTML, l.HTML)
	m.AddAlternativeString("text/calendar; method=REQUEST", string(l.Calendar.Bytes))
	return m
}

package mail

import (
	"crypto"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"strings"
	"testing"
	"time"
)

func TestJudge(t *testing.T) {
	cases := []struct {
		stage Stage
		err   error
		want  Outcome
	}{
		{Recipient, said(450, ""), Temporary}, {Recipient, said(550, "5.1.1"), Permanent}, {Recipient, said(550, ""), Permanent},
		// A server that looks at the sender or at us no earlier than here (Postfix' smtpd_delay_reject), or one reader's own rules.
		{Recipient, said(554, "5.7.1"), Temporary}, {Recipient, said(553, "5.7.1"), Temporary}, {Recipient, said(550, "5.7.26"), Temporary}, {Content, said(554, "5.7.1"), Permanent},
		{Recipient, said(530, "5.7.0"), Pause}, {Recipient, said(530, ""), Pause}, {Recipient, said(535, "5.7.8"), Pause}, {Recipient, said(550, "5.1.8"), Pause}, {Recipient, said(553, "5.1.7"), Pause},
		{Recipient, said(450, "4.1.8"), Temporary}, {Recipient, said(550, "5.1.80"), Permanent}, {Recipient, said(550, "5.1.10"), Permanent},
		{Recipient, said(552, "5.2.2"), Permanent}, {Recipient, said(452, "4.2.2"), Temporary}, {Recipient, said(552, ""), Temporary}, {Recipient, said(452, ""), Temporary},
		{Recipient, said(452, "4.3.1"), Pause}, {Recipient, said(452, "4.5.3"), Pause}, {Content, said(552, "5.3.4"), Permanent}, {Content, said(550, "5.4.5"), Pause},
		{Content, said(554, "5.6.0"), Permanent}, {Content, said(451, "4.3.0"), Temporary}, {Content, io.EOF, Temporary}, {Content, io.ErrUnexpectedEOF, Temporary},
		{Envelope, said(552, ""), Pause}, {Envelope, said(452, ""), Pause}, {Envelope, said(550, "5.7.1"), Pause}, {Envelope, said(553, "5.1.8"), Pause}, {Envelope, said(450, "4.7.1"), Temporary},
		{Envelope, io.EOF, Temporary}, {Envelope, said(421, "4.7.0"), Temporary},
		{Connect, said(535, "5.7.8"), Pause}, {Connect, said(454, "4.7.0"), Temporary}, {Connect, said(421, ""), Temporary}, {Connect, io.EOF, Temporary}, {Connect, errors.New("no STARTTLS"), Pause},
		{Connect, fmt.Errorf("SMTP AUTH failed: %w", said(535, "5.7.8")), Pause},
		{Recipient, said(250, ""), Temporary}, {Wait, errClosed, Temporary}, {Compose, errors.New("no date"), Permanent}, {Compose, &KeyError{io.EOF}, Pause},
	}
	for _, c := range cases {
		if got := failed(c.stage, c.err); got.Outcome != c.want || got.Stage != c.stage {
			t.Errorf("%v: %v is %v, want %v", c.stage, c.err, got.Outcome, c.want)
		}
	}
	got := failed(Recipient, &textproto.Error{Code: 550, Msg: "5.1.1 no\n5.1.1 such \x1b[31muser" + strings.Repeat("!", 900)})
	if got.Enhanced != "5.1.1" || got.Code != 550 || !strings.HasPrefix(got.Text, "550 5.1.1 no 5.1.1 such [31muser!!!") || len([]rune(got.Text)) != longestText {
		t.Errorf("%+v", got)
	}
}

func said(code int, enhanced string) error {
	return &textproto.Error{Code: code, Msg: strings.TrimSpace(enhanced + " no")}
}

func TestParseRelay(t *testing.T) {
	for typed, want := range map[string]relay{
		"smtp://mail.example.org":                      {host: "mail.example.org", port: 587, security: startTLS},
		"smtp://ada:p%40ss@mail.example.org:2525":      {host: "mail.example.org", port: 2525, security: startTLS, user: "ada", password: "p@ss"},
		"smtps://ada%40example.org:x@mail.example.org": {host: "mail.example.org", port: 465, security: implicitTLS, user: "ada@example.org", password: "x"},
		"smtp://localhost:25":                          {host: "localhost", port: 25, security: plain},
		"smtp://ada:x@127.0.0.2:25/":                   {host: "127.0.0.2", port: 25, security: plain, user: "ada", password: "x"},
		"smtp://[::1]:25":                              {host: "::1", port: 25, security: plain},
		"smtp://[2001:db8::1]:25":                      {host: "2001:db8::1", port: 25, security: startTLS},
		"smtp://localhost?tls=starttls":                {host: "localhost", port: 587, security: startTLS},
		"smtp://relay:25?tls=none":                     {host: "relay", port: 25, security: plain},
		"smtp://localhost.evil.example:25":             {host: "localhost.evil.example", port: 25, security: startTLS},
	} {
		if got, err := parseRelay(typed); err != nil || got != want {
			t.Errorf("%s: %+v %v", typed, got, err)
		}
	}
	for _, typed := range []string{
		"", "mail.example.org:587", "http://ada:secret@mail.example.org", "smtp://", "smtp://ada:secret@", "smtp://ada:secret@mail.example.org:x", "smtp://ada:secret@mail.example.org:99999",
		"smtp://ada:secret@relay:25?tls=none", "smtp://secret@mail.example.org", "smtp://:secret@mail.example.org", "smtps://mail.example.org?tls=none", "smtp://mail.example.org?tls=maybe",
		"smtp://ada:secret@mail.example.org?insecure=1", "smtp://ada:secret@mail.example.org/path", "smtp://ada:secret%zz@mail.example.org", "smtp://ada:secret#x@mail.example.org",
	} {
		if got, err := parseRelay(typed); err == nil {
			t.Errorf("%s: %+v", typed, got)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the password is in %q", typed, err)
		}
	}
}

func TestRest(t *testing.T) {
	clock := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	r := &rest{now: func() time.Time { return clock }}
	left := func(want time.Duration) {
		t.Helper()
		if got := r.left(); got != want {
			t.Errorf("%v left, want %v", got, want)
		}
	}
	left(0)
	weather, ours := failed(Connect, io.EOF), failed(Connect, said(535, "5.7.8"))
	for _, want := range []time.Duration{1, 2, 4, 8, 16, 30, 30} {
		r.learn(weather)
		left(want * time.Second)
		r.learn(failed(Recipient, said(421, ""))) // another connection, the same moment
		left(want * time.Second)
		clock = clock.Add(want * time.Second)
		left(0)
	}
	for _, nothing := range []Result{failed(Compose, io.EOF), {Outcome: Permanent, Stage: Compose}} {
		r.learn(nothing)
		left(0)
	}
	r.learn(ours)
	left(time.Minute)
	r.learn(failed(Recipient, said(550, "5.1.1"))) // a letter that went over another line
	left(0)
	for _, want := range []time.Duration{5, 10, 20, 40, 80, 160, 300, 300} {
		r.learn(ours)
		left(want * time.Second)
		clock = clock.Add(want * time.Second)
	}
	r.learn(Result{Outcome: Delivered, Stage: Content})
	r.learn(weather)
	left(time.Second)
	clock = clock.Add(-time.Hour) // a clock that goes back does not stop mail for an hour
	left(time.Second)
}

// A rest that another connection's letter ended is over for those who wait in it.
func TestRestEndsEarly(t *testing.T) {
	r := &rest{now: func() time.Time { return time.Unix(1, 0) }}
	r.learn(failed(Connect, io.EOF))
	waited := make(chan error)
	go func() { waited <- r.wait(t.Context()) }()
	select {
	case err := <-waited:
		t.Fatal("no rest at all", err)
	case <-time.After(20 * time.Millisecond):
	}
	r.learn(Result{Outcome: Delivered, Stage: Content})
	if err := <-waited; err != nil {
		t.Error(err)
	}
}

// A letter that cannot be signed is not sent without.
func TestNoKeyNoLetter(t *testing.T) {
	from := Address{Address: "events@webinars.example"}
	l := Letter{From: from, To: from, Subject: "x", Text: "x", MessageID: MessageID(nil, "x", from), Date: time.Unix(1, 0)}
	text, err := l.MIME(&Key{selector: "x", signer: brokenSigner{}})
	var key *KeyError
	if text != nil || !errors.As(err, &key) {
		t.Errorf("%v, %s", err, text)
	}
}

// brokenSigner is a key of a kind that DKIM does not know.
type brokenSigner struct{ crypto.Signer }

func (brokenSigner) Public() crypto.PublicKey { return nil }

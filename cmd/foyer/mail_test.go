package main

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"foyer/meet"
	"foyer/store"
)

func TestMailSettings(t *testing.T) {
	t.Parallel()
	key := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(key, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	for wrong, c := range map[string]Config{
		"--public-url":      {SMTP: "smtp://localhost:25"},
		"not both":          {SMTP: "smtp://localhost:25", PublicURL: "https://meet.example.org", MailDir: "x"},
		"below zero":        {MailRate: -1},
		"needs --mail-from": {SMTP: "smtp://localhost:25", PublicURL: "http://127.0.0.1:8080"},
		"--mail-from: the sender of mails is not": {MailFrom: "nobody"},
		"--smtp: the mail server's address":       {SMTP: "http://x", PublicURL: "https://meet.example.org"},
		"go together":                             {DKIMKey: "@" + key},
		"--dkim-key: the DKIM key is not a PEM":   {DKIMKey: "@" + key, DKIMSelector: "foyer"},
		"--dkim-key: open":                        {DKIMKey: "@" + key + ".none", DKIMSelector: "foyer"},
	} {
		a := &App{config: c, clock: clockWith(0)}
		a.config.Data.Data = t.TempDir()
		err := a.config.check()
		if err == nil {
			err = a.openMail()
		}
		if _, ours := err.(wrongUsage); !ours || !strings.Contains(err.Error(), wrong) { //nolint:errorlint // as main looks at it
			t.Errorf("%+v: %v, want %q", c, err, wrong)
		}
	}
	for want, c := range map[string]Config{
		"foyer@meet.example.org":      {PublicURL: "https://meet.example.org:8443"},
		"foyer@localhost.localdomain": {},
		"events@example.org":          {PublicURL: "https://meet.example.org", MailFrom: "Events <events@example.org>"},
	} {
		if from, err := c.mailFrom(); err != nil || from.Address != want || from.Name == "" {
			t.Errorf("%v, %v, want %s", from, err, want)
		}
	}
}

// What a flag must not show may lie in a file. Errors name the file, never what is in it.
func TestSecretsInFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return "@" + path
	}
	open := func(c Config) (*App, error) {
		a := &App{config: c, clock: clockWith(0)}
		a.config.Data.Data, a.config.PublicURL = dir, "https://meet.example.org"
		if err := a.config.check(); err != nil {
			return a, err
		}
		return a, a.openMail()
	}
	a, err := open(Config{SMTP: file("relay", "smtps://ada:geheim@mail.example.org\r\n\n")})
	if err != nil || a.relay == nil || a.relay.String() != "smtps://mail.example.org:465" {
		t.Errorf("%v, %v", a.relay, err)
	}
	for wrong, c := range map[string]Config{
		"--smtp: open " + dir + "/none: no such file":      {SMTP: "@" + dir + "/none"},
		"--smtp: read " + dir + ": is a directory":         {SMTP: "@" + dir},
		"--smtp: " + dir + "/empty is empty":               {SMTP: file("empty", "\n")},
		"--smtp: the mail server's address cannot be read": {SMTP: file("odd", "ada:geheim@mail.example.org")},
		"--dkim-key: " + dir + "/empty is empty":           {DKIMKey: file("empty", "\n"), DKIMSelector: "foyer"},
		"--dkim-key takes @FILE":                           {DKIMKey: dir + "/empty", DKIMSelector: "foyer"},
		"--dkim-key @FILE and --dkim-selector go together": {DKIMSelector: "foyer"},
		"--dkim-key: open " + dir + "/none: no such file":  {DKIMKey: "@" + dir + "/none", DKIMSelector: "foyer"},
	} {
		_, err := open(c)
		if _, ours := err.(wrongUsage); !ours || !strings.Contains(err.Error(), wrong) || strings.Contains(err.Error(), "geheim") { //nolint:errorlint // as main looks at it
			t.Errorf("%+v: %v, want %q", c, err, wrong)
		}
	}
	restore := restoreCommand{Data: Data{dir}, Secret: file("empty", "")}
	if _, err := restore.readSecret(); err == nil || !strings.Contains(err.Error(), "--secret: "+dir+"/empty is empty") {
		t.Error(err)
	}
	if c, err := tlsConfig(Config{TLSCert: "cert.pem", TLSKey: "@" + dir + "/none"}); c != nil || err == nil || strings.Contains(err.Error(), "@") {
		t.Error(err)
	}
}

// webinar plans one by its verb and gives it registrants.
func (h *house) webinar(host *browser, after time.Duration, people ...string) meet.Event {
	h.t.Helper()
	starts := h.clock().Add(after).Truncate(time.Minute).UTC()
	when := meet.When{Date: starts.Format(time.DateOnly), Clock: starts.Format("15:04"), Zone: "UTC", Starts: starts, Length: time.Hour}
	id, err := store.CreateEvent.Do(h.t.Context(), h.store, host.self(), store.EventFacts{Title: "Light in small rooms", Theme: string(meet.Webinar), When: when, Registration: true})
	if err != nil {
		h.t.Fatal(err)
	}
	e, err := h.store.EventOf(h.t.Context(), id)
	for _, who := range people {
		if err == nil {
			_, err = store.Register.Do(h.t.Context(), h.store, h.browser().self(), store.Registering{Slug: e.Slug, Email: who, Name: "Zoë", Zone: "Europe/Berlin"})
		}
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return e
}

// self is on whose behalf a verb runs: the browser's cookie.
func (b *browser) self() store.By {
	for _, c := range b.client.Jar.Cookies(mustURL(b.h.t, b.h.url)) {
		if c.Name == "foyer" {
			return store.By{Token: meet.HashToken(c.Value)}
		}
	}
	return store.By{Token: meet.HashToken("a browser without a cookie")}
}

// files waits until so many mails lie in a folder, and reads them, oldest first.
func (h *house) files(folder string, n int) (texts []string) {
	h.t.Helper()
	var names []string
	for deadline := time.Now().Add(30 * time.Second); len(names) < n; time.Sleep(20 * time.Millisecond) {
		names, _ = filepath.Glob(filepath.Join(folder, "*.eml"))
		if time.Now().After(deadline) {
			h.t.Fatalf("%d mails in %s, want %d", len(names), folder, n)
		}
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			h.t.Fatal(err)
		}
		texts = append(texts, string(b))
	}
	return texts
}

// Without a mail server mails are files in the data folder; their links lead to this very program.
func TestMailsBecomeFiles(t *testing.T) {
	t.Parallel()
	h := start(t, func(c *Config) { c.MailRate = 1000 })
	ada := h.host("ada", false)
	h.webinar(ada, 48*time.Hour, "zoe@attendee.example")
	text := strings.ReplaceAll(h.files(filepath.Join(h.config.Data.Data, "mail"), 1)[0], "=\r\n", "")
	if !strings.Contains(text, "Open my join page: "+h.url+"/j/") || !strings.Contains(text, "From: \"ada\" <foyer@localhost.localdomain>") || !strings.Contains(text, "method=REQUEST") {
		t.Error(text)
	}
	if h.config.mailNote() == "" {
		t.Error("nobody says where mails go")
	}
}

// A letter that is owed when the program ends goes out with the next start.
func TestMailsSurviveARestart(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "mails")
	h := start(t, func(c *Config) { c.MailDir, c.MailRate = folder, 0.001 })
	ada := h.host("ada", false)
	h.webinar(ada, 48*time.Hour, "one@attendee.example", "two@attendee.example")
	h.files(folder, 1)
	h.end()
	c := h.config
	c.MailRate = 0
	startIn(t, c).files(folder, 2)
}

// A seat is one entry in a calendar, in its mails and in the file behind its page, whatever address mails come from by now.
func TestAnEntryOutlivesTheSendersAddress(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "mails")
	h := start(t, func(c *Config) { c.MailDir, c.MailRate, c.MailFrom = folder, 1000, "events@one.example" })
	h.webinar(h.host("ada", false), 48*time.Hour, "zoe@attendee.example")
	text := strings.ReplaceAll(h.files(folder, 1)[0], "=\r\n", "")
	uid, link := regexp.MustCompile(`\bUID:\S+`).FindString(text), regexp.MustCompile(`/j/[a-z2-7]+`).FindString(text)
	h.end()
	c := h.config
	c.MailFrom = "mail@two.example"
	h = startIn(t, c)
	file := h.browser().get(link + "/invite.ics").is(http.StatusOK).sees("mailto:mail@two.example").body
	if now := regexp.MustCompile(`\bUID:\S+`).FindString(file); now != uid || len(uid) < 20 {
		t.Errorf("the file is %q, the mail %q", now, uid)
	}
}

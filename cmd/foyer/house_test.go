package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"foyer/meet"
	"foyer/store"
)

// house is the shipped program in this process, with its log at hand.
type house struct {
	*App
	t   testing.TB
	url string
	log *logBook
	end context.CancelFunc
}

type logBook struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func start(t testing.TB, change ...func(*Config)) *house {
	t.Helper()
	c := Config{Data: Data{filepath.Join(t.TempDir(), "data")}, Listen: "127.0.0.1:0"}
	for _, f := range change {
		f(&c)
	}
	return startIn(t, c)
}

func startIn(t testing.TB, c Config) *house {
	t.Helper()
	h := &house{t: t, log: &logBook{}}
	ctx, cancel := context.WithCancel(context.Background())
	a, err := New(ctx, c, slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	a.lettersStay = c.MailDir == "" && c.MailRate == 0 // tests that read the outbox themselves want it full
	h.App, h.url = a, a.Address()
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	h.end = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := a.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		h.end()
		if t.Failed() {
			t.Log(h.log.String())
		}
	})
	return h
}

const password = "a lit doorway in november"

// host makes an account and signs a browser in over HTTP.
func (h *house) host(name string, admin bool) *browser {
	h.t.Helper()
	hash, err := store.HashPassword(h.t.Context(), password)
	if err != nil {
		h.t.Fatal(err)
	}
	in := store.NewAccount{Email: name + "@example.org", Name: name, Password: hash, Admin: admin}
	if _, err := store.AddAccount.Do(h.t.Context(), h.store, machine, in); err != nil {
		h.t.Fatal(err)
	}
	b := h.browser()
	b.post("/sign-in", "email", in.Email, "password", password).is(http.StatusSeeOther)
	return b
}

// browser has a cookie jar, follows no redirect by itself, and sends what browsers send.
type browser struct {
	h      *house
	client *http.Client
}

func (h *house) browser() *browser {
	jar, _ := cookiejar.New(nil)
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true} // its own certificate
	h.t.Cleanup(transport.CloseIdleConnections)
	return &browser{h, &http.Client{Jar: jar, Transport: transport, Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

type answered struct {
	t      testing.TB
	asked  string
	status int
	header http.Header
	body   string
}

func (b *browser) get(path string) answered {
	b.h.t.Helper()
	return b.send(http.MethodGet, path, nil, nil)
}

func (b *browser) post(path string, fields ...string) answered {
	b.h.t.Helper()
	return b.send(http.MethodPost, path, form(fields...), map[string]string{"Sec-Fetch-Site": "same-origin"})
}

func form(fields ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		v.Set(fields[i], fields[i+1])
	}
	return v
}

func (b *browser) send(method, path string, fields url.Values, headers map[string]string) answered {
	b.h.t.Helper()
	req, err := http.NewRequest(method, b.h.url+path, strings.NewReader(fields.Encode()))
	if err != nil {
		b.h.t.Fatal(err)
	}
	if fields != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for k, v := range headers {
		req.Header.Set(k, v)
	}
	return b.do(req)
}

func (b *browser) do(req *http.Request) answered {
	b.h.t.Helper()
	res, err := b.client.Do(req)
	if err != nil {
		b.h.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.h.t.Fatal(err)
	}
	return answered{b.h.t, req.Method + " " + req.URL.Path, res.StatusCode, res.Header, string(body)}
}

func (a answered) is(status int) answered {
	a.t.Helper()
	if a.status != status {
		a.t.Errorf("%s: %d, want %d\n%s", a.asked, a.status, status, a.body)
	}
	return a
}

func (a answered) sees(text string) answered {
	a.t.Helper()
	if !strings.Contains(a.body, text) {
		a.t.Errorf("%s: no %q in\n%s", a.asked, text, a.body)
	}
	return a
}

func (a answered) misses(text string) answered {
	a.t.Helper()
	if strings.Contains(a.body, text) {
		a.t.Errorf("%s: %q in\n%s", a.asked, text, a.body)
	}
	return a
}

func (a answered) to(path string) answered {
	a.t.Helper()
	if got := a.header.Get("Location"); got != path {
		a.t.Errorf("%s: leads to %q, want %q", a.asked, got, path)
	}
	return a
}

// room makes a room over HTTP and reads it back.
func (b *browser) room(name, theme string) meet.Room {
	b.h.t.Helper()
	made := b.post("/rooms", "name", name, "theme", theme).is(http.StatusSeeOther)
	id := strings.TrimPrefix(made.header.Get("Location"), "/?made=")
	page := b.get("/rooms/" + id).is(http.StatusOK)
	slug := regexp.MustCompile(`/r/([a-z0-9-]+)"`).FindStringSubmatch(page.body)
	if slug == nil {
		b.h.t.Fatal("no link in ", page.body)
	}
	return meet.Room{ID: meet.ID(id), Slug: slug[1], Name: name}
}

func (b *browser) hostLink(r meet.Room) string {
	b.h.t.Helper()
	return strings.TrimPrefix(b.get("/rooms/"+string(r.ID)+"/links/host").is(http.StatusOK).body, b.h.url)
}

func mustURL(t testing.TB, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func waitQuiet(h *house) {
	// The first report of presence and the guest's own are the only writes that nobody asked for. On a busy machine they
	// come seconds late.
	last, quiet := uint64(0), 0
	for range 100 {
		if now := h.keep.TXID(); now != last {
			last, quiet = now, 0
		} else if quiet++; quiet == 3 {
			return
		}
		time.Sleep(1200 * time.Millisecond)
	}
}

func TestSetUpByTheSecretFile(t *testing.T) {
	t.Parallel()
	h := start(t)
	b := h.browser()
	b.get("/").is(http.StatusSeeOther).to("/sign-in?next=%2F")
	b.get("/sign-in").is(http.StatusSeeOther).to("/setup")
	path := filepath.Join(h.config.Data.Data, "setup-secret")
	secret, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Error("others can read the set-up secret:", info.Mode())
	}
	good := []string{"secret", string(secret), "name", "Ada", "email", "ada@example.org", "password", password}
	for _, c := range []struct{ field, value, says string }{
		{"secret", "guess", "not the set-up secret"}, {"name", " ", "Enter the name"}, {"email", "ada", "not an email address"}, {"password", "short", "at least 12 characters"},
	} {
		bad := append(append([]string{}, good...), c.field, c.value)
		b.post("/setup", bad...).is(http.StatusUnprocessableEntity).sees(c.says).sees(`aria-describedby="e-` + c.field + `"`).misses(password)
	}
	b.post("/setup", good...).is(http.StatusSeeOther).to("/")
	b.get("/").is(http.StatusOK).sees("Create new")
	b.get("/setup").is(http.StatusNotFound)
	h.browser().post("/setup", good...).is(http.StatusNotFound)
	if strings.Contains(h.log.String(), strings.TrimSpace(string(secret))) {
		t.Error("the secret is in the log")
	}
}

func TestFormsKeepWhatWasTyped(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	r := ada.room("Office", "meeting")
	long := strings.Repeat("x", 200)
	ada.post("/rooms", "name", long, "theme", "webinar").is(http.StatusUnprocessableEntity).sees(long).sees("at most 80").sees(`value="webinar" checked`)
	ada.post("/rooms", "name", "A", "theme", "disco").is(http.StatusUnprocessableEntity).sees("Choose one of the themes")
	ada.post("/rooms/"+string(r.ID)+"/name", "name", "  ").is(http.StatusUnprocessableEntity).sees("Give the room a name").sees(`id="d-rename" aria-labelledby="dr" open`)
	h.browser().post("/r/"+r.Slug, "name", "see http://evil.example").is(http.StatusUnprocessableEntity).sees("see http://evil.example").sees("cannot hold a web address")
	h.browser().post("/sign-in", "email", "ada@example.org", "password", "wrong", "next", "/rooms/new").is(http.StatusUnprocessableEntity).
		sees(`value="ada@example.org"`).sees("do not belong together").sees(`value="/rooms/new"`).misses("wrong")
	h.browser().post("/sign-in", "email", "nobody@example.org", "password", "wrong").is(http.StatusUnprocessableEntity).sees("do not belong together")
	ada.post("/account/password", "old", "wrong", "password", "another doorway in march").is(http.StatusUnprocessableEntity).sees("not your present password")
	ada.post("/account", "name", "").is(http.StatusUnprocessableEntity).sees("Enter the name")
}

func TestADoubleClickIsOneRoom(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	first := ada.post("/rooms", "name", "Once", "theme", "meeting", "once", "k").is(http.StatusSeeOther)
	ada.post("/rooms", "name", "Once", "theme", "meeting", "once", "k").is(http.StatusSeeOther).to(first.header.Get("Location"))
	if n := strings.Count(ada.get("/").body, `class="tile"`); n != 1 {
		t.Errorf("%d tiles", n)
	}
}

func TestOtherSitesWriteNothing(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	for _, headers := range []map[string]string{
		{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": h.url + ".evil.example"},
	} {
		ada.send("POST", "/rooms", form("name", "Forged", "theme", "meeting"), headers).is(http.StatusForbidden).sees("another site")
	}
	ada.get("/").misses("Forged")
}

func TestGuessesAreCounted(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.host("ada", false)
	b := h.browser()
	for i := range 10 {
		b.send("POST", "/sign-in", form("email", "ada@example.org", "password", "guess"), map[string]string{"X-Forwarded-For": fmt.Sprintf("192.0.2.%d", i)}).is(http.StatusUnprocessableEntity)
	}
	b.post("/sign-in", "email", "ada@example.org", "password", password).is(http.StatusTooManyRequests).sees("Too many tries").sees(`value="ada@example.org"`)
	colleague := h.browser() // the same office
	colleague.post("/sign-in", "email", "ada@example.org", "password", password).is(http.StatusSeeOther)
	tries := 0
	for range 60 { // new cookies do not help for ever either
		if h.browser().post("/sign-in", "email", "ada@example.org", "password", "guess").status == http.StatusUnprocessableEntity {
			tries++
		}
	}
	if tries > 50 {
		t.Errorf("%d guesses were heard from one network", tries)
	}
}

func TestForwardedForCountsOnlyFromProxies(t *testing.T) {
	t.Parallel()
	h := start(t, func(c *Config) { c.TrustedProxy = []string{"127.0.0.0/8"} })
	b := h.browser()
	secure := b.send("GET", "/sign-in", nil, map[string]string{"X-Forwarded-Proto": "https"})
	if c := secure.header.Get("Set-Cookie"); !strings.HasPrefix(c, "__Host-foyer=") || !strings.Contains(c, "Secure") || secure.header.Get("Strict-Transport-Security") == "" {
		t.Error("behind a proxy with https:", c)
	}
	plain := start(t).browser().send("GET", "/sign-in", nil, map[string]string{"X-Forwarded-Proto": "https"})
	if c := plain.header.Get("Set-Cookie"); !strings.HasPrefix(c, "foyer=") || strings.Contains(c, "Secure") {
		t.Error("believed a stranger's X-Forwarded-Proto:", c)
	}
}

func TestTooMuch(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	ada.post("/rooms", "name", strings.Repeat("x", 70<<10), "theme", "meeting").is(http.StatusUnprocessableEntity)
	req, _ := http.NewRequest("POST", h.url+"/rooms", bytes.NewReader(bytes.Repeat([]byte("%"), 1000)))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	ada.do(req).is(http.StatusUnprocessableEntity)
	req, _ = http.NewRequest("POST", h.url+"/rooms", strings.NewReader("--x\r\n"))
	req.Header.Set("Content-Type", "multipart/form-data; boundary=y")
	ada.do(req).is(http.StatusUnprocessableEntity)
	ada.get("/").is(http.StatusOK)
}

// Headers of every page (decision 25).
func TestArmour(t *testing.T) {
	t.Parallel()
	h := start(t)
	page := h.browser().get("/setup").is(http.StatusOK)
	for header, part := range map[string]string{
		"Content-Security-Policy": "require-trusted-types-for 'script'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
		"Cross-Origin-Opener-Policy": "same-origin", "Permissions-Policy": "camera=(self)", "Cache-Control": "no-store",
	} {
		if !strings.Contains(page.header.Get(header), part) {
			t.Errorf("%s: %q", header, page.header.Get(header))
		}
	}
	if c := page.header.Get("Set-Cookie"); !strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Lax") {
		t.Error(c)
	}
	if csp := page.header.Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") || strings.Contains(csp, "http:") || strings.Contains(csp, "*") {
		t.Error(csp)
	}
}

// Nothing that opens a door is ever logged: cookies, links, passwords, tickets.
func TestNoSecretsInTheLog(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, guest := h.host("ada", false), h.browser()
	r := ada.room("Office", "meeting")
	link := ada.hostLink(r)
	guest.get(link)
	guest.post("/r/"+r.Slug, "name", "Guest").is(http.StatusSeeOther)
	guest.get("/r/" + r.Slug + "/live")
	guest.get("/h/" + strings.Repeat("a", 26))
	ada.post("/account/password", "old", password, "password", "another doorway in march").is(http.StatusSeeOther)
	log := h.log.String()
	if !strings.Contains(log, "route=/h/:token") {
		t.Error("the log was not looked at: ", log)
	}
	for _, secret := range []string{password, "another doorway", strings.TrimPrefix(link, "/h/"), r.Slug} {
		if strings.Contains(log, secret) {
			t.Errorf("%q is in the log", secret)
		}
	}
	u, _ := http.NewRequest("GET", h.url, nil)
	for _, b := range []*browser{ada, guest} {
		for _, c := range b.client.Jar.Cookies(u.URL) {
			if strings.Contains(log, c.Value) {
				t.Errorf("the cookie %s is in the log", c.Name)
			}
		}
	}
}

// A poisoned Host header does not reach links when the public address is known.
func TestLinksUseThePublicAddress(t *testing.T) {
	t.Parallel()
	h := start(t, func(c *Config) { c.PublicURL = "https://meet.example.org" })
	ada := h.host("ada", false)
	r := ada.room("Office", "meeting")
	req, _ := http.NewRequest("GET", h.url+"/rooms/"+string(r.ID), nil)
	for _, c := range ada.client.Jar.Cookies(req.URL) {
		req.AddCookie(c) // the jar would go by the Host header
	}
	req.Host = "evil.example"
	ada.do(req).is(http.StatusOK).sees("https://meet.example.org/r/" + r.Slug).misses("evil.example")
}

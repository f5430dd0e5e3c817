package main

import (
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Where mails become files an admin reads them; nobody else learns that the page exists.
func TestMailsAsAPage(t *testing.T) {
	t.Parallel()
	h := start(t, func(c *Config) { c.MailDir = filepath.Join(t.TempDir(), "mails") })
	root, ada := h.host("root", true), h.host("ada", false)
	h.webinar(ada, 48*time.Hour, "zoe@attendee.example")
	h.files(h.config.MailDir, 1)
	list := root.get("/mails").is(http.StatusOK).sees("You&#39;re in: Light in small rooms").sees("zoe@attendee.example")
	link := regexp.MustCompile(`href="(/mails/[^"]+\.eml)"`).FindStringSubmatch(list.body)
	if link == nil {
		t.Fatal(list.body)
	}
	root.get(link[1]).is(http.StatusOK).sees("Open my join page: ").sees(`href="` + h.url + "/j/").sees("METHOD:REQUEST").sees("foyer@localhost.localdomain")
	html := root.get(link[1] + "/html").is(http.StatusOK).sees("Open my join page</a>")
	if policy := html.header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "sandbox ") || strings.Contains(policy, "allow-scripts") || strings.Contains(policy, "allow-same-origin") || !strings.Contains(policy, "default-src 'none'") {
		t.Error(policy)
	}
	for _, path := range []string{"/mails", link[1], link[1] + "/html"} {
		ada.get(path).is(http.StatusNotFound)
		h.browser().get(path).is(http.StatusSeeOther)
	}
	for _, path := range []string{"/mails/..%2f..%2fsecret", "/mails/20260101T000000.000000Z-0000.eml", "/mails/.eml", "/mails/x.eml/html"} {
		root.get(path).is(http.StatusNotFound)
	}
}

// Where a mail server takes them there is nothing to see.
func TestNoMailsPageWithAMailServer(t *testing.T) {
	t.Parallel()
	h := start(t, func(c *Config) { c.SMTP, c.PublicURL = "smtp://127.0.0.1:9", "https://meet.example.org" })
	h.host("root", true).get("/mails").is(http.StatusNotFound)
}

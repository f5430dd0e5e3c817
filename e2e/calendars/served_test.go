//go:build calendars

package calendars

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"foyer/e2e/browser"
	"foyer/e2e/calendars/reader"
)

// client is somebody with cookies.
type client struct {
	t testing.TB
	s *browser.Server
	*http.Client
}

func somebody(t testing.TB, s *browser.Server) client {
	jar, _ := cookiejar.New(nil)
	return client{t, s, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// sends a form of name and value pairs, which must go well; it gives where the answer leads.
func (c client) sends(path string, pairs ...string) string {
	c.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	answer, err := c.PostForm(c.s.URL+path, form)
	if err != nil {
		c.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusSeeOther {
		body, _ := io.ReadAll(answer.Body)
		c.t.Fatalf("POST %s: %s\n%.600s", path, answer.Status, body)
	}
	to, _, _ := strings.Cut(answer.Header.Get("Location"), "?")
	return to
}

// seen is what the form of a webinar says it was made of.
func (c client) seen(page string) string {
	c.t.Helper()
	found := regexp.MustCompile(`name="seen" value="(\d+)"`).FindStringSubmatch(c.reads(page + "/edit"))
	if found == nil {
		c.t.Fatal("the form does not say what it was made of")
	}
	return found[1]
}

func (c client) reads(path string) string {
	c.t.Helper()
	answer, err := c.Get(c.s.URL + path)
	if err != nil {
		c.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	return string(body)
}

// letters are those of everybody, once each has so many.
func letters(t testing.TB, dir string, people []string, n int) map[string][][]byte {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		all, err := reader.Folder(dir)
		if err != nil {
			t.Fatal(err)
		}
		missing := ""
		for _, who := range people {
			if len(all[who]) < n {
				missing = fmt.Sprintf("%s has %d letters, want %d", who, len(all[who]), n)
			}
		}
		if missing == "" {
			return all
		}
		if time.Now().After(deadline) {
			t.Fatal(missing)
		}
	}
}

// What the running program sends: registered, moved over the end of summer time, renamed, called off. In everybody's
// calendar that is one entry, moved, renamed, gone.
func TestServed(t *testing.T) {
	s := browser.Serve(t, "--mail-from", "events@webinars.example", "--mail-rate", "1000")
	dir := filepath.Join(s.Data, "mail")
	ada := somebody(t, s)
	ada.sends("/sign-in", "email", browser.Email, "password", browser.Password)
	year := time.Now().Year() + 1
	facts := func(title, date, seen string) []string {
		return []string{"title", title, "description", "Größe;\r\nTiefe, \"und\" 🎈", "date", date, "time", "15:00", "duration", "60", "zone", "Europe/Berlin",
			"theme", "webinar", "registration", "yes", "seen", seen}
	}
	page := ada.sends("/events", facts("Light in small rooms", fmt.Sprintf("%d-10-20", year), "")...)
	link := regexp.MustCompile(`/e/[a-z0-9-]+`).FindString(ada.reads(page))
	names := map[string]string{"zoe@attendee.example": `Zoë "Q" Quick`, "eve@attendee.example": "Eve\r\nATTENDEE:mailto:evil@evil.example", "rtl@attendee.example": "שלום \u202eabc 👩‍👩‍👧"}
	var people []string
	for email, name := range names {
		somebody(t, s).sends(link, "email", email, "name", name)
		people = append(people, email)
	}
	letters(t, dir, people, 1)
	ada.sends(page+"/edit", facts("Light in small rooms", fmt.Sprintf("%d-11-10", year), ada.seen(page))...)
	letters(t, dir, people, 2)
	ada.sends(page+"/edit", facts("Light, in; \\ large \"rooms\" 🎈", fmt.Sprintf("%d-11-10", year), ada.seen(page))...)
	letters(t, dir, people, 3)
	ada.sends(page+"/cancel", "message", "I lost my voice.")
	all := letters(t, dir, people, 4)
	var mailboxes [][][]byte
	for _, who := range people {
		mailboxes = append(mailboxes, all[who])
	}
	for i, states := range reader.Mailboxes(t, mailboxes) {
		for j, want := range []string{"Light in small rooms 13:00 20 Oct", "Light in small rooms 14:00 10 Nov", "Light, in; \\ large \"rooms\" 🎈 14:00 10 Nov", ""} {
			got := ""
			for _, e := range states[j] {
				got += e.Summary + e.Start.UTC().Format(" 15:04 2 Jan")
			}
			if got != want {
				t.Errorf("%s, letter %d: the calendar holds %q, want %q", people[i], j, got, want)
			}
		}
	}
}

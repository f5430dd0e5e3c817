package e2e

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"foyer/e2e/browser"
)

// visitor is somebody without a browser: what a script, a forger or one more person inside does over plain HTTP.
type visitor struct {
	t      testing.TB
	s      *browser.Server
	client *http.Client
}

func call(t testing.TB, s *browser.Server) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t, s, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// answered is what came back.
type answered struct {
	status   int
	location string
	body     string
}

func (v *visitor) do(method, path string, form url.Values) answered {
	v.t.Helper()
	request, err := http.NewRequest(method, v.s.URL+strings.TrimPrefix(path, v.s.URL), strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := v.client.Do(request)
	if err != nil {
		v.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return answered{answer.StatusCode, answer.Header.Get("Location"), string(body)}
}

func (v *visitor) get(path string) answered { v.t.Helper(); return v.do(http.MethodGet, path, nil) }

// post sends a form of name and value pairs.
func (v *visitor) post(path string, pairs ...string) answered {
	v.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return v.do(http.MethodPost, path, form)
}

// must is post for what has to go well; it gives where the answer leads.
func (v *visitor) must(path string, pairs ...string) string {
	v.t.Helper()
	a := v.post(path, pairs...)
	if a.status != http.StatusSeeOther {
		v.t.Fatalf("POST %s: %d\n%.600s", path, a.status, a.body)
	}
	return a.location
}

func (v *visitor) signIn(email, password string) *visitor {
	v.t.Helper()
	v.must("/sign-in", "email", email, "password", password)
	return v
}

// owner is the admin by plain HTTP.
func owner(t testing.TB, s *browser.Server) *visitor {
	t.Helper()
	return call(t, s).signIn(browser.Email, browser.Password)
}

var linkField = regexp.MustCompile(`id="link-(participant|host)"[^>]* value="([^"]+)"`)

// made is a room and its addresses.
type made struct{ page, link, host string }

// room makes a room and reads its links.
func (v *visitor) room(name, theme string) made {
	v.t.Helper()
	to := v.must("/rooms", "name", name, "theme", theme)
	m := made{page: "/rooms/" + strings.TrimPrefix(to, "/?made=")}
	for _, found := range linkField.FindAllStringSubmatch(v.get(m.page).body, -1) {
		if found[1] == "host" {
			m.host = found[2]
		} else {
			m.link = found[2]
		}
	}
	if m.link == "" || m.host == "" {
		v.t.Fatalf("the page %s names no links", m.page)
	}
	return m
}

// enter passes the lobby and keeps the room's stream open until the answer is called or the test ends.
func (v *visitor) enter(link, name string) (leave func()) {
	v.t.Helper()
	live := v.must(link, "name", name)
	v.stays(link)
	return func() { v.must(strings.TrimSuffix(live, "/live") + "/leave") }
}

// stays keeps the stream of a room open until the test ends.
func (v *visitor) stays(link string) {
	v.t.Helper()
	answer, err := v.client.Get(v.s.URL + strings.TrimPrefix(link, v.s.URL) + "/stream?tab=1")
	if err != nil {
		v.t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		v.t.Fatalf("stream of %s: %d", link, answer.StatusCode)
	}
	go func() { _, _ = io.Copy(io.Discard, answer.Body) }() // ends with the body
	v.t.Cleanup(func() { answer.Body.Close() })
}

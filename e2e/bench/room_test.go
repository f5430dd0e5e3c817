package bench

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// place is a room by its names.
type place struct{ id, slug, hostLink string }

var slugOf = regexp.MustCompile(`/r/([a-z0-9-]+)"`)

// open makes a room and reads its links.
func (g *guest) open(name string) place {
	g.b.Helper()
	answer, err := g.client.PostForm(g.at+"/rooms", url.Values{"name": {name}, "theme": {"meeting"}})
	if err != nil {
		g.b.Fatal(err)
	}
	answer.Body.Close()
	p := place{id: strings.TrimPrefix(answer.Header.Get("Location"), "/?made=")}
	slug := slugOf.FindStringSubmatch(g.read("/rooms/" + p.id))
	link := g.read("/rooms/" + p.id + "/links/host")
	if slug == nil || !strings.Contains(link, "/h/") {
		g.b.Fatalf("no links of room %q", p.id)
	}
	p.slug, p.hostLink = slug[1], link[strings.Index(link, "/h/"):]
	return p
}

func (g *guest) read(path string) string {
	g.b.Helper()
	answer, err := g.client.Get(g.at + path)
	if err != nil {
		g.b.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		g.b.Fatalf("GET %s: %s %v", path, answer.Status, err)
	}
	return string(text)
}

// press sends a form of name and value pairs as a page's script does.
func (g *guest) press(path string, pairs ...string) {
	g.b.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	request, err := http.NewRequest(http.MethodPost, g.at+path, strings.NewReader(form.Encode()))
	if err != nil {
		g.b.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("X-Foyer-Quiet", "1")
	answer, err := g.client.Do(request)
	if err != nil {
		g.b.Fatal(err)
	}
	defer answer.Body.Close()
	if said, _ := io.ReadAll(answer.Body); answer.StatusCode != http.StatusNoContent {
		g.b.Fatalf("POST %s: %s %.300s", path, answer.Status, said)
	}
}

// hasWhy tells whether a page was led to the screen that says why.
func hasWhy(led, why string) bool {
	u, err := url.Parse(led)
	return err == nil && u.Query().Get("why") == why
}

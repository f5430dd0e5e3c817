package bench

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"foyer/e2e/browser"
)

// tiles is how many rooms a dashboard of the figures has.
const tiles = 50

// guest is somebody who is signed in, without a browser.
type guest struct {
	b      testing.TB
	at     string // address of the server
	client *http.Client
}

// fresh makes a data folder with one account, as an operator does.
func fresh(b testing.TB) (data string) {
	b.Helper()
	data = filepath.Join(b.TempDir(), "data")
	add := exec.Command(browser.Binary(b), "account", "add", browser.Email, "--name", browser.Name, "--data", data)
	add.Stdin = strings.NewReader(browser.Password + "\n")
	if out, err := add.CombinedOutput(); err != nil {
		b.Fatalf("account add: %v\n%s", err, out)
	}
	return data
}

// signIn goes through the form.
func signIn(b testing.TB, at string) *guest {
	b.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: trusting(), ForceAttemptHTTP2: true}
	b.Cleanup(transport.CloseIdleConnections)
	g := &guest{b: b, at: at, client: &http.Client{Jar: jar, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	g.post("/sign-in", url.Values{"email": {browser.Email}, "password": {browser.Password}})
	return g
}

// post sends a form, which must be answered with 303.
func (g *guest) post(path string, form url.Values) {
	g.b.Helper()
	answer, err := g.client.PostForm(g.at+path, form)
	if err != nil {
		g.b.Fatal(err)
	}
	defer answer.Body.Close()
	said, _ := io.ReadAll(answer.Body)
	if answer.StatusCode != http.StatusSeeOther {
		g.b.Fatalf("POST %s: %s\n%.500s", path, answer.Status, said)
	}
}

// furnish makes rooms by the form that people use.
func (g *guest) furnish(rooms int) {
	g.b.Helper()
	for i := range rooms {
		g.post("/rooms", url.Values{"name": {fmt.Sprintf("Studio %d, weekly review", i+1)}, "theme": {"meeting"}})
	}
}

func (g *guest) home() string {
	g.b.Helper()
	answer, err := g.client.Get(g.at + "/")
	if err != nil {
		g.b.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		g.b.Fatalf("GET /: %s %v", answer.Status, err)
	}
	return string(text)
}

var tileID = regexp.MustCompile(`id="tile-(\w+)"`)

// rooms are the ids of the tiles on the dashboard; there must be as many as the figure says.
func (g *guest) rooms() (ids []string) {
	g.b.Helper()
	for _, found := range tileID.FindAllStringSubmatch(g.home(), -1) {
		ids = append(ids, found[1])
	}
	if len(ids) != tiles {
		g.b.Fatalf("the dashboard has %d tiles, not %d", len(ids), tiles)
	}
	return ids
}

func (g *guest) cookie() string {
	at, _ := url.Parse(g.at)
	var all []string
	for _, c := range g.client.Jar.Cookies(at) {
		all = append(all, c.Name+"="+c.Value)
	}
	return strings.Join(all, "; ")
}

const connections = 4 // in a closed loop; enough to keep the server busy, few enough not to queue

// storm asks n times over HTTP/1.1 with keep-alive. Every answer must be a 200 of at least so many bytes.
func storm(b testing.TB, n, least int, address string, header http.Header) {
	b.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: connections, DisableCompression: true}
	defer transport.CloseIdleConnections()
	var left atomic.Int64
	left.Store(int64(n))
	var all sync.WaitGroup
	for range connections {
		all.Go(func() {
			for left.Add(-1) >= 0 {
				if err := ask(transport, least, address, header); err != nil {
					b.Errorf("GET %s: %v", address, err)
					return
				}
			}
		})
	}
	all.Wait()
}

func ask(transport *http.Transport, least int, address string, header http.Header) error {
	request, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	request.Header = header
	answer, err := transport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	size, err := io.Copy(io.Discard, answer.Body)
	if err == nil && (answer.StatusCode != http.StatusOK || size < int64(least)) {
		err = fmt.Errorf("%s with %d bytes", answer.Status, size)
	}
	return err
}

package e2e

import (
	"fmt"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"foyer/e2e/browser"
	"foyer/e2e/recorder"
)

// recorded is how many waits a test records; the figure in bench is of a thousand.
const recorded = 30

func furnish(t *testing.T, s *browser.Server) *recorder.Busy {
	t.Helper()
	b, err := recorder.Furnish(t.Context(), s.URL, browser.Email, browser.Password)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// Who waits is sent nothing of a room in which much goes on (trust.md N1), while somebody inside, recorded in the same way,
// is sent all kinds of it.
func TestWaitsLeakNothing(t *testing.T) {
	t.Parallel()
	b := furnish(t, browser.Serve(t))
	control, err := b.Control(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	inside := control.Leaked(b.Canaries())
	for _, kind := range []string{"words", "pass", "picture", "ticket", "description", "media"} {
		if inside.ByKind[kind] == 0 {
			t.Errorf("the control holds no %s: the recorder is deaf", kind)
		}
	}
	var all sync.WaitGroup
	turns := make(chan struct{}, 10)
	for n := range recorded {
		turns <- struct{}{}
		all.Go(func() {
			defer func() { <-turns }()
			r, own, err := b.Wait(t.Context(), fmt.Sprintf("Waiter %d", n), recorder.Ending(n)%recorder.Endings)
			if err != nil {
				t.Errorf("wait %d: %v", n, err)
			}
			if leak := r.Leaked(b.Canaries(), own); leak.Bytes > 0 || r.Messages("event wait") == 0 {
				t.Errorf("wait %d, of %d bytes: %d leaked, %d events; %q", n, r.Size(), leak.Bytes, r.Messages("event"), leak.Where)
			}
		})
	}
	all.Wait()
	t.Logf("control: %d bytes of %d, %v", inside.Bytes, control.Size(), inside.ByKind)
}

// The same once with a real browser, through a proxy that keeps what the page, its scripts and its streams are sent.
func TestABrowserThatWaitsIsSentNothing(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	b := furnish(t, s)
	visit := func(path string) (*recorder.Record, *browser.Page) {
		r := &recorder.Record{}
		proxy := httptest.NewServer(r.Proxy(s.URL))
		p := browser.Visit(t, wide)
		t.Cleanup(func() { p.Close(); proxy.CloseClientConnections(); proxy.Close() })
		return r, p.Open(proxy.URL + path)
	}
	during := func(p *browser.Page) {
		for until := b.Happened() + 40; b.Happened() < until; time.Sleep(50 * time.Millisecond) {
			p.Check()
		}
	}
	waits, bob := visit("/r/" + b.Slug)
	bob.Field("Display name").Fill("Bob Marsh")
	bob.Role("button", "Ask to join").Click()
	bob.SeesText("Asking to join")
	during(bob)
	bob.Reload()
	bob.SeesText("Asking to join")
	during(bob)
	for _, q := range bob.Requests() {
		if q.Type == "Fetch" && q.Status/100 == 4 {
			t.Error("the waiting page asked for what it may not have: ", q.URL)
		}
	}
	bob.Role("button", "Stop asking").Click()
	bob.Role("button", "Ask to join").Wait()
	if leak := waits.Leaked(b.Canaries()); leak.Bytes > 0 || waits.Messages("event of") == 0 {
		t.Errorf("%d bytes leaked, %d events: %q", leak.Bytes, waits.Messages("event of"), leak.Where)
	}

	lives, cleo := visit(b.HostLink)
	cleo.Field("Display name").Fill("Cleo Park")
	cleo.Role("button", "Join room").Click()
	cleo.Role("heading", "Participants").Wait()
	during(cleo)
	inside := lives.Leaked(b.Canaries())
	for _, kind := range []string{"words", "pass", "picture", "slots", "description"} {
		if inside.ByKind[kind] == 0 {
			t.Errorf("the control holds no %s: the proxy is deaf (%v)", kind, inside.ByKind)
		}
	}
}

package media

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// policy is what the product's pages are served with; the module must live under it.
const policy = "default-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'"

// mediaSite is the smallest web server around a real node: the routes of docs/protocol.md, where a ticket is the pass.
func mediaSite(t *testing.T, n *Node) string {
	mux := http.NewServeMux()
	for direction, join := range map[string]func(context.Context, Offer) (Answer, error){"receive": n.Receive, "send": n.Send} {
		mux.HandleFunc("POST /media/{room}/"+direction, func(w http.ResponseWriter, r *http.Request) {
			pass := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
			body, _ := io.ReadAll(r.Body)
			local := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr).AddrPort().Addr()
			a, err := join(r.Context(), Offer{Room: r.PathValue("room"), Pass: pass, SDP: string(body), Local: local})
			if err != nil {
				t.Errorf("%s of %s: %v", direction, pass, err)
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			w.Header().Set("Location", r.URL.Path+"/"+a.ID)
			w.WriteHeader(http.StatusCreated)
			io.WriteString(w, a.SDP)
		})
	}
	mux.HandleFunc("DELETE /media/{room}/{direction}/{id}", func(w http.ResponseWriter, r *http.Request) {
		pass := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		if err := n.Hangup(r.PathValue("room"), pass, r.PathValue("id")); errors.Is(err, ErrNoConnection) {
			w.WriteHeader(http.StatusNotFound)
		}
	})
	mux.HandleFunc("GET /rtc.js", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, "../static/js/rtc.js") })
	mux.HandleFunc("GET /person.js", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, "testdata/person.js") })
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, `<!doctype html><title>person</title><body><script type="module" src="/person.js"></script>`)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

func chromium(t *testing.T) context.Context {
	t.Helper()
	path := os.Getenv("FOYER_CHROMIUM")
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path == "" {
			path, _ = exec.LookPath(name)
		}
	}
	if path == "" {
		t.Fatal("no Chromium in PATH for the browser test; scripts/chromium installs one")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("use-fake-ui-for-media-stream", true), chromedp.Flag("use-fake-device-for-media-stream", true),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"),
	)
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal("start Chromium:", err)
	}
	return ctx
}

// page opens one person's page in a tab of its own.
func page(t *testing.T, browser context.Context, address string) context.Context {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate(address)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the module is loaded", func() bool {
		loaded := false
		ask(t, ctx, "'person' in window", &loaded)
		return loaded
	})
	return ctx
}

// ask evaluates a promise in the page.
func ask(t *testing.T, page context.Context, script string, answer any) {
	t.Helper()
	ctx, cancel := context.WithTimeout(page, 20*time.Second)
	defer cancel()
	wrapped := "(async () => JSON.stringify(await (" + script + ") ?? null))()"
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](wrapped, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	if answer != nil {
		if err := json.Unmarshal([]byte(text), answer); err != nil {
			t.Fatal(err)
		}
	}
}

type seen struct {
	Color   string // of the middle of the picture
	Frames  int    // decoded
	Cipher  string
	Energy  float64 // of the sound
	Freezes int
}

func look(t *testing.T, page context.Context, slot string) (s seen) {
	t.Helper()
	ask(t, page, "person.look("+slot+")", &s)
	return s
}

func TestBrowsersSeeEachOther(t *testing.T) {
	t.Parallel()
	n := testNode(t, Options{}, "ada", "bob")
	site, browser := mediaSite(t, n), chromium(t)
	ada, bob := page(t, browser, site), page(t, browser, site)
	ask(t, ada, "person.join('r', 'ada', 'red')", nil)
	ask(t, bob, "person.join('r', 'bob', 'blue')", nil)
	for _, c := range []struct {
		page  context.Context
		color string
	}{{ada, "blue"}, {bob, "red"}} {
		eventually(t, "a "+c.color+" face", func() bool { return look(t, c.page, "5").Color == c.color })
		eventually(t, "sound", func() bool { return look(t, c.page, "0").Energy > 0 })
		before := look(t, c.page, "5")
		eventually(t, "the picture moves", func() bool { return look(t, c.page, "5").Frames > before.Frames+10 })
		if before.Cipher != "SRTP_AEAD_AES_128_GCM" {
			t.Errorf("cipher %s", before.Cipher)
		}
	}
	cameraOffAndOn(t, n, ada, bob)
	screenPassesOn(t, n, ada, bob)
	states(t, n, ada)
}

// cameraOffAndOn: replaceTrack alone empties the slot and fills it again, without an offer.
func cameraOffAndOn(t *testing.T, n *Node, ada, bob context.Context) {
	t.Helper()
	shown := func() string { return n.Slots("r", "ada")[firstCamera].Pass }
	start := time.Now()
	ask(t, bob, "person.turn('camera', null)", nil)
	eventually(t, "the slot is empty", func() bool { return shown() == "" })
	if took := time.Since(start); took > 4*time.Second {
		t.Errorf("the end of a camera was noticed only after %v", took)
	}
	ask(t, bob, "person.turn('camera', 'lime')", nil)
	eventually(t, "a lime face", func() bool { return shown() == "bob" && look(t, ada, "5").Color == "lime" })
}

// screenPassesOn: a slot shows one person after the other, and the decoder never stumbles.
func screenPassesOn(t *testing.T, n *Node, ada, bob context.Context) {
	t.Helper()
	n.SetRights("r", everybody("ada", "bob", "eve"))
	ask(t, ada, "person.turn('screen', 'yellow')", nil)
	eventually(t, "ada's screen", func() bool { return look(t, bob, "14").Color == "yellow" })
	out := send(t, n, "eve")
	stop := out.filming(screen, "not a picture")
	eventually(t, "eve's screen is on", func() bool { return n.Slots("r", "bob")[screenSlot].Pass == "eve" })
	stop()
	out.pc.Close()
	eventually(t, "ada's screen again", func() bool { return n.Slots("r", "bob")[screenSlot].Pass == "ada" })
	before := look(t, bob, "14").Frames
	eventually(t, "it moves again", func() bool {
		s := look(t, bob, "14")
		return s.Frames > before+5 && s.Color == "yellow"
	})
}

// states: out of the room, the page is told in time to do something about it.
func states(t *testing.T, n *Node, ada context.Context) {
	t.Helper()
	n.SetRights("r", everybody("bob", "eve"))
	var states []string
	eventually(t, "lost", func() bool {
		ask(t, ada, "person.states", &states)
		return states[len(states)-1] == "lost"
	})
	if got := strings.Join(states, " "); got != "connecting connected lost" {
		t.Errorf("states: %s", got)
	}
}

func TestAddressesPerJoin(t *testing.T) {
	t.Parallel()
	at := func(list ...string) (all []netip.Addr) {
		for _, a := range list {
			all = append(all, netip.MustParseAddr(a))
		}
		return all
	}
	machine := at("127.0.0.1", "::1", "10.0.0.5", "203.0.113.7")
	for name, c := range map[string]struct {
		local             netip.Addr
		hosts, interfaces []netip.Addr
		want              []netip.Addr
	}{
		"localhost also names an interface, for Firefox": {at("127.0.0.1")[0], nil, machine, at("127.0.0.1", "10.0.0.5", "203.0.113.7")},
		"from outside no private address is named":       {at("203.0.113.7")[0], nil, machine, at("203.0.113.7")},
		"from the office":                           {at("10.0.0.5")[0], nil, machine, at("10.0.0.5", "203.0.113.7")},
		"behind a proxy the public name helps":      {netip.Addr{}, at("198.51.100.9"), machine, at("198.51.100.9", "203.0.113.7")},
		"behind a proxy without a name, everything": {netip.Addr{}, nil, machine[:3], at("10.0.0.5")},
		"nothing but loopback":                      {netip.Addr{}, nil, machine[:1], at("127.0.0.1")},
	} {
		t.Run(name, func(t *testing.T) {
			got := choose(c.local, c.hosts, c.interfaces)
			if len(got) != len(c.want) {
				t.Fatalf("%v", got)
			}
			for i := range got {
				if got[i] != c.want[i] {
					t.Fatalf("%v", got)
				}
			}
		})
	}
}

package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) { os.Exit(Main(m)) }

// policy is the product's Content-Security-Policy (decision 25).
const policy = "default-src 'self'; img-src 'self' blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types htmx foyer"

const head = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Sample</title><link rel="icon" href="/icon.svg">`

// sample is a small site of one's own: pages by path, with the product's policy on each.
func sample(t *testing.T, pages map[string]string) string {
	t.Helper()
	mux := http.NewServeMux()
	for path, text := range pages {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Security-Policy", policy)
			w.Header().Set("Content-Type", map[string]string{".js": "text/javascript", ".svg": "image/svg+xml"}[filepath.Ext(r.URL.Path)])
			if w.Header().Get("Content-Type") == "" {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
			}
			fmt.Fprint(w, text)
		})
	}
	mux.HandleFunc("POST /said", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "who", Value: r.FormValue("name"), Path: "/"})
		fmt.Fprintf(w, `%s<main><h1>Thanks</h1><p>%s, %s, %s, %s</p></main>`, head, r.FormValue("name"), r.FormValue("day"), r.FormValue("colour"), r.FormValue("news"))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

const form = head + `<body><main><h1>Say hello</h1><form method="post" action="/said">
<label for="n">Display name <span>(optional)</span></label><input id="n" name="name" value="old">
<label for="d">Date</label><input id="d" type="date" name="day">
<label for="c">Colour</label><select id="c" name="colour"><option value="1">Blue</option><option value="2">Leaf</option></select>
<label><input type="checkbox" name="news" value="yes" role="switch"> News</label>
<button>Register</button> <button type="button" disabled>Later</button> <button hidden>Unseen</button></form>
<section aria-label="Tile"><h2>Design review</h2><button>Join, Design review</button></section></main>`

func TestAPersonFindsFillsAndSends(t *testing.T) {
	url := sample(t, map[string]string{"/": form})
	for _, look := range []Look{{}, {Phone: true, Dark: true}, {NoScript: true}} {
		t.Run(look.name()+fmt.Sprint(look.NoScript), func(t *testing.T) {
			p := Visit(t, look).Open(url + "/")
			p.Role("heading", "say HELLO").Wait()
			p.Field("display name").Fill("Marta Oliveira")
			p.Field("Date").Fill("2026-12-01")
			p.Field("Colour").Choose("Leaf")
			p.Role("switch", "News").Click()
			if !p.Field("News").Checked() {
				t.Error("the switch is not on")
			}
			if p.Role("button", "Unseen").There() {
				t.Error("a hidden button was found")
			}
			if got := strings.Join(p.Names("button"), "|"); !strings.HasSuffix(got, "|Register|Later|Join, Design review") { // the date's own come before
				t.Errorf("buttons: %s", got)
			}
			if got := p.Role("region", "Tile").Role("button", "Join, design review").Text(); got != "Join, Design review" {
				t.Errorf("within the tile: %q", got)
			}
			p.Role("button", "Register").Click()
			p.SeesText("Marta Oliveira, 2026-12-01, 2, yes")
			p.At("/said")
			p.MissesText("say hello")
			if p.Cookies()["who"] == "" {
				t.Error("no cookie")
			}
			if len(Visit(t, look).Open(url+"/").Cookies()) != 0 {
				t.Error("another person has the first one's cookies")
			}
			if p.Another().Open(url + "/").Cookies()["who"] == "" {
				t.Error("a second tab of the same person has no cookie")
			}
		})
	}
}

func TestLooks(t *testing.T) {
	url := sample(t, map[string]string{"/": form})
	cases := []struct {
		look Look
		want string
	}{
		{Look{}, "1280 800 light fine"},
		{Look{Phone: true, Dark: true}, "390 844 dark coarse"},
	}
	for _, c := range cases {
		p := Visit(t, c.look).Open(url + "/")
		got := Value[string](p, `[innerWidth, innerHeight, matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light', matchMedia('(pointer: fine)').matches ? 'fine' : 'coarse'].join(' ')`)
		if got != c.want {
			t.Errorf("%+v is %q, want %q", c.look, got, c.want)
		}
	}
}

func TestFakeCameraAndPermission(t *testing.T) {
	url := sample(t, map[string]string{"/": form})
	const ask = `navigator.mediaDevices.getUserMedia({video: true, audio: true}).then(s => s.getTracks().length + ' tracks', e => e.name)`
	p := Visit(t, Look{}).Open(url + "/")
	if got := Value[string](p, ask); got != "2 tracks" {
		t.Errorf("fake devices gave %q", got)
	}
	const share = `navigator.mediaDevices.getDisplayMedia({video: true}).then(s => s.getTracks().length + ' tracks', e => e.name)`
	if got := Ask[string](p.Role("button", "Register"), "function() { return "+share+" }"); got != "1 tracks" {
		t.Errorf("a shared screen gave %q", got)
	}
	other := Visit(t, Look{Asks: true})
	other.Permit("camera", true)
	other.Permit("microphone", true)
	if got := Value[string](other.Open(url+"/"), ask); got != "2 tracks" {
		t.Errorf("devices that are allowed gave %q", got)
	}
	other.Permit("camera", false)
	if got := Value[string](other.Open(url+"/"), ask); got != "NotAllowedError" {
		t.Errorf("a camera that is refused gave %q", got)
	}
}

func TestAxeFindsWhatIsPlanted(t *testing.T) {
	url := sample(t, map[string]string{"/good": form, "/bad": head + `<body><main><h1>Bad</h1><img src="/icon.svg"><input></main>`, "/icon.svg": `<svg xmlns="http://www.w3.org/2000/svg"/>`})
	p := Visit(t, Look{})
	if found := p.Open(url + "/good").Violations(); len(found) != 0 {
		t.Errorf("on the good page: %+v", found)
	}
	var ids []string
	for _, v := range p.Open(url + "/bad").Violations() {
		ids = append(ids, v.ID)
		if len(v.Nodes) == 0 || v.Help == "" || v.Nodes[0].Target == "" {
			t.Errorf("%s says too little: %+v", v.ID, v)
		}
	}
	if got := strings.Join(ids, " "); got != "image-alt label" {
		t.Errorf("on the bad page: %s", got)
	}
}

func TestFaultsAreHeard(t *testing.T) {
	const elsewhere = "http://127.0.0.1:9"
	url := sample(t, map[string]string{
		"/console": head + `<script src="/console.js"></script>`, "/console.js": `console.error("broken", 7)`,
		"/throws": head + `<script src="/throws.js"></script>`, "/throws.js": `throw new Error("oh")`,
		"/inline": head + `<script>window.x = 1</script>`,
		"/style":  head + `<p style="color:red">red</p>`,
		"/sink":   head + `<body><script src="/sink.js"></script>`, "/sink.js": `document.body.innerHTML = "<b>x</b>"`,
		"/missing": head + `<script src="/none.js"></script>`,
		"/foreign": head + `<body><img alt="" src="` + elsewhere + `/pixel.gif">`,
		"/good":    form, "/icon.svg": `<svg xmlns="http://www.w3.org/2000/svg"/>`,
	})
	for path, want := range map[string]string{"/console": "console: broken 7", "/throws": "Error: oh", "/inline": "inline script", "/style": "inline style",
		"/sink": "TrustedHTML", "/missing": "404 for " + url + "/none.js", "/foreign": "request to another host: " + elsewhere, "/good": ""} {
		t.Run(path[1:], func(t *testing.T) {
			p := Visit(t, Look{}).Open(url + path)
			heard := ""
			for deadline := time.Now().Add(Patience); want != "" && !strings.Contains(heard, want) && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
				heard += strings.Join(p.Faults(), "\n")
			}
			if want == "" {
				p.Role("heading", "Say hello").Wait()
				heard = strings.Join(p.Faults(), "\n")
			}
			if !strings.Contains(heard, want) || want == "" && heard != "" {
				t.Errorf("heard %q, want %q", heard, want)
			}
			p.Expect("") // what comes besides, as an exception after a blocked sink
		})
	}
}

func TestExpectedFaultsAreNotReported(t *testing.T) {
	url := sample(t, map[string]string{"/": head + `<script src="/a.js"></script>`, "/a.js": `console.error("one"); console.error("two")`})
	p := Visit(t, Look{})
	p.Expect("one")
	p.Open(url + "/")
	if got := p.Faults(); len(got) != 1 || got[0] != "console: two" {
		t.Errorf("faults %q", got)
	}
}

// TestBytesOnTheWire holds the count against the bytes that the server really wrote to its sockets.
func TestBytesOnTheWire(t *testing.T) {
	const body, snapshot = 12_345, 4_000
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/page", http.StatusSeeOther) })
	mux.HandleFunc("GET /page", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		text := head + `<script src="/stream.js"></script><link rel="stylesheet" href="/a.css"><body><img alt="" src="/image/1">`
		fmt.Fprint(w, text+strings.Repeat(" ", body-len(text)))
	})
	mux.HandleFunc("GET /icon.svg", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "image/svg+xml")
		fmt.Fprint(w, `<svg xmlns="http://www.w3.org/2000/svg"/>`)
	})
	mux.HandleFunc("GET /a.css", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/css")
		fmt.Fprint(w, strings.Repeat("a", 2000)+"{}")
	})
	mux.HandleFunc("GET /image/1", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "image/svg+xml")
		fmt.Fprint(w, `<svg xmlns="http://www.w3.org/2000/svg"/>`+strings.Repeat(" ", 5000))
	})
	mux.HandleFunc("GET /stream.js", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		fmt.Fprint(w, `fetch("/stream").then(async r => { const reader = r.body.getReader(); for (;;) await reader.read() })`)
	})
	mux.HandleFunc("GET /stream", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprintf(w, "data: %s\n\n", strings.Repeat("x", snapshot-8))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	server := httptest.NewUnstartedServer(mux)
	counted := &counting{Listener: server.Listener}
	server.Listener = counted
	server.Start()
	defer server.Close()
	p := Visit(t, Look{})
	load := p.ColdLoad(server.URL + "/")
	wrote := int(counted.written.Load())
	p.Close() // lets the stream go
	t.Logf("the server wrote %d\n%s", wrote, load)
	if got := load.Bytes(); got < wrote-wrote/200 || got > wrote+wrote/200 {
		t.Errorf("counted %d bytes, the server wrote %d", got, wrote)
	}
	if without := load.Bytes("/image/"); load.Bytes()-without < 5000 {
		t.Errorf("leaving the picture out makes %d of %d", without, load.Bytes())
	}
	if len(load.Requests) != 7 {
		t.Errorf("%d requests, want 7", len(load.Requests))
	}
}

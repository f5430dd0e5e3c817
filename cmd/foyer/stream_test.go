package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// ear is one open stream: what it said so far comes through events.
type ear struct {
	t      testing.TB
	res    *http.Response
	events chan event
	close  context.CancelFunc
}

type event struct{ name, data string }

func (b *browser) listen(path string, headers ...string) *ear {
	b.h.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.h.url+path, nil)
	if err != nil {
		b.h.t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Accept-Encoding", "gzip, br")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	long := *b.client
	long.Timeout = 0
	res, err := long.Do(req)
	if err != nil {
		b.h.t.Fatal(err)
	}
	e := &ear{t: b.h.t, res: res, events: make(chan event, 1000), close: cancel}
	b.h.t.Cleanup(cancel)
	go e.read()
	return e
}

func (e *ear) read() {
	defer close(e.events)
	defer e.res.Body.Close()
	lines := bufio.NewScanner(e.res.Body)
	lines.Buffer(nil, 1<<20)
	var now event
	for lines.Scan() {
		switch line := lines.Text(); {
		case line == "":
			e.events <- now
			now = event{}
		case strings.HasPrefix(line, "event: "):
			now.name = line[7:]
		case strings.HasPrefix(line, "data: "):
			now.data += line[6:]
		}
	}
}

// until waits for an event with a name and a part of its data.
func (e *ear) until(name, part string) event {
	e.t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		select {
		case ev, ok := <-e.events:
			if !ok {
				e.t.Fatalf("the stream ended before %q with %q", name, part)
			}
			if ev.name == name && strings.Contains(ev.data, part) {
				return ev
			}
		case <-deadline:
			e.t.Fatalf("no %q with %q", name, part)
		}
	}
}

// ends waits for the end of the stream.
func (e *ear) ends() {
	e.t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		select {
		case _, ok := <-e.events:
			if !ok {
				return
			}
		case <-deadline:
			e.t.Fatal("the stream goes on")
		}
	}
}

func TestHomeStream(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, guest := h.host("ada", false), h.browser()
	r := ada.room("Office", "meeting")
	shown := between(ada.get("/").body, `hx-sse:connect="`, `"`)
	e := ada.listen(strings.ReplaceAll(shown, "&amp;", "&"))
	if ct, ce := e.res.Header.Get("Content-Type"), e.res.Header.Get("Content-Encoding"); ct != "text/event-stream" || ce != "" ||
		!strings.Contains(e.res.Header.Get("Cache-Control"), "no-transform") || e.res.Header.Get("X-Accel-Buffering") != "no" {
		t.Error(e.res.Header)
	}
	if first := <-e.events; first.name != "ping" {
		t.Errorf("what the page shows already was sent again: %+v", first)
	}
	whole := ada.listen("/stream")
	whole.until("", "Office") // a page that comes back gets the present state first

	ada.post("/rooms/"+string(r.ID)+"/name", "name", "Workshop")
	tile := e.until("", "Workshop")
	if !strings.Contains(tile.data, `hx-target="#tile-`+string(r.ID)+`"`) {
		t.Errorf("one tile changed, and this was sent: %.200s", tile.data)
	}
	guest.post("/r/"+r.Slug, "name", "Guest").is(http.StatusSeeOther)
	e.until("", "1 person inside")
	second := ada.room("Second", "meeting")
	e.until("", `hx-target="#rooms"`)
	ada.post("/rooms/" + string(second.ID) + "/delete")
	e.until("", `hx-target="#rooms"`)
	ada.post("/sign-out")
	e.until("done", "/sign-in")
	e.ends()
	whole.until("done", "/sign-in")
}

func between(s, from, to string) string {
	_, rest, _ := strings.Cut(s, from)
	middle, _, _ := strings.Cut(rest, to)
	return middle
}

func TestRoomStream(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, bob, eve := h.host("ada", false), h.browser(), h.browser()
	r := ada.room("Office", "meeting")
	for name, b := range map[string]*browser{"Ada": ada, "Bob": bob, "Eve": eve} {
		b.post("/r/"+r.Slug, "name", name).is(http.StatusSeeOther)
	}
	stream := "/r/" + r.Slug + "/stream?tab="
	first := bob.listen(stream + "1")
	first.until("head", "Office")
	first.until("people", "Eve")
	first.until("slots", "[]")
	ticket := first.until("ticket", string(r.ID)).data
	first.until("ping", "")

	byTicket := h.browser().listen(stream+"1", "Authorization", "Bearer "+ticket) // the same tab, back after a loss
	byTicket.until("people", "Bob")
	second := bob.listen(stream + "2")
	byTicket.until("done", "elsewhere")
	byTicket.ends()

	e := eve.listen(stream + "3")
	eve.post("/r/"+r.Slug+"/devices", "mic", "no", "camera", "yes").is(http.StatusNoContent)
	second.until("people", "Muted")
	ada.post("/rooms/"+string(r.ID)+"/name", "name", "Workshop")
	second.until("head", "Workshop")
	eve.post("/r/" + r.Slug + "/leave").is(http.StatusSeeOther)
	e.until("done", "left")
	e.ends()
	ada.post("/rooms/" + string(r.ID) + "/delete").is(http.StatusSeeOther)
	if done := second.until("done", "deleted"); strings.Contains(done.data, r.Slug) {
		t.Error("the way back into a deleted room:", done)
	}
	second.ends()
}

// Streams answer who may not listen with a status, never with a page, and never with something that browsers take for
// the wish to try again for ever without reason.
func TestStreamsRefuse(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	r := ada.room("Office", "meeting")
	for path, want := range map[string]int{"/stream": http.StatusUnauthorized, "/r/" + r.Slug + "/stream": http.StatusNotFound, "/r/never/stream": http.StatusNotFound} {
		if e := h.browser().listen(path); e.res.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, e.res.StatusCode, want)
		}
	}
	if e := h.browser().listen("/r/"+r.Slug+"/stream", "Authorization", "Bearer "+string(r.ID)+".x.zzzzzz.aaaa"); e.res.StatusCode != http.StatusNotFound {
		t.Error("a forged ticket:", e.res.StatusCode)
	}
}

// Over HTTP/2 a write deadline that is left set resets the stream when it fires, and the server's own limit for an answer
// must not hold: streams of both kinds live on after all of them.
func TestStreamsOutliveEveryDeadline(t *testing.T) {
	t.Parallel()
	cert, key := selfSigned(t)
	h := start(t, func(c *Config) { c.TLSCert, c.TLSKey = cert, key })
	ada := h.host("ada", false)
	r := ada.room("Office", "meeting")
	ada.post("/r/"+r.Slug, "name", "Ada").is(http.StatusSeeOther)
	var ears []*ear
	for range 20 {
		ears = append(ears, ada.listen("/stream"))
	}
	inRoom := ada.listen("/r/" + r.Slug + "/stream?tab=1")
	if ears[0].res.ProtoMajor != 2 {
		t.Fatal("not HTTP/2:", ears[0].res.Proto)
	}
	ended := time.After(36 * time.Second) // longer than the server's WriteTimeout of 30 s and a ping's deadline together
	for waiting := true; waiting; {
		select {
		case _, ok := <-inRoom.events:
			if !ok {
				t.Fatal("the room's stream ended")
			}
		case <-ended:
			waiting = false
		}
	}
	ada.post("/rooms/"+string(r.ID)+"/name", "name", "Workshop").is(http.StatusSeeOther)
	for _, e := range ears {
		e.until("", "Workshop")
	}
	inRoom.until("head", "Workshop")
}

// A page that reads nothing costs the others nothing, and is let go.
func TestSlowPages(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	r := ada.room("Office", "meeting")
	ada.post("/r/"+r.Slug, "name", "Ada").is(http.StatusSeeOther)
	cookies := ""
	req, _ := http.NewRequest("GET", h.url, nil)
	for _, c := range ada.client.Jar.Cookies(req.URL) {
		cookies += c.Name + "=" + c.Value + "; "
	}
	for range 5 {
		c, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_ = c.(*net.TCPConn).SetReadBuffer(1)
		_, _ = c.Write([]byte("GET /stream HTTP/1.1\r\nHost: x\r\nCookie: " + cookies + "\r\n\r\n"))
	}
	e := ada.listen("/stream")
	name := ""
	for i := range 200 {
		name = "Office " + strings.Repeat("x", i%70)
		ada.post("/rooms/"+string(r.ID)+"/name", "name", name)
	}
	e.until("", strings.TrimSpace(name))
}

// A stop of the server does not wait for open pages.
func TestStopLetsGoOfStreams(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	r := ada.room("Office", "meeting")
	ada.post("/r/"+r.Slug, "name", "Ada").is(http.StatusSeeOther)
	home, inside := ada.listen("/stream"), ada.listen("/r/"+r.Slug+"/stream?tab=1")
	home.until("ping", "")
	inside.until("ping", "")
	started := time.Now()
	h.end()
	home.ends()
	inside.ends()
	if took := time.Since(started); took > 8*time.Second { // Close gives up after 10
		t.Error("the stop waited", took)
	}
}

// In means an open stream; a page that goes away without a word is out after a while, and comes back as it was.
func TestPresenceThroughStreams(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, bob := h.host("ada", false), h.browser()
	r := ada.room("Office", "meeting")
	for name, b := range map[string]*browser{"Ada": ada, "Bob": bob} {
		b.post("/r/"+r.Slug, "name", name).is(http.StatusSeeOther)
	}
	watching, gone := ada.listen("/r/"+r.Slug+"/stream?tab=1"), bob.listen("/r/"+r.Slug+"/stream?tab=2")
	gone.until("people", "Bob")
	watching.until("people", "Bob")
	gone.close()
	for name := "Bob"; name != ""; {
		if ev := watching.until("people", "Ada"); !strings.Contains(ev.data, "Bob") {
			name = ""
		}
	}
	bob.listen("/r/" + r.Slug + "/stream?tab=2")
	watching.until("people", "Bob")
}

func selfSigned(t testing.TB) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalECPrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "EC PRIVATE KEY", Bytes: raw}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

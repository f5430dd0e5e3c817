package lite

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// lobby is a page that joins by itself and posts what its browser knows about the connection ten times a second; its
// goodbye is a close().
const lobby = `<!doctype html><title>lite</title><script type="module">
const pc = new RTCPeerConnection({bundlePolicy: "max-bundle"});
const codecs = RTCRtpReceiver.getCapabilities("video").codecs.filter(c => c.mimeType === "video/VP8");
const video = pc.addTransceiver("video", {direction: "recvonly"});
if (video.setCodecPreferences) video.setCodecPreferences(codecs);
await pc.setLocalDescription();
const post = async (path, body) => (await fetch(path, {method: "POST", body})).text();
const type = pc.localDescription.sdp.match(/a=rtpmap:(\d+) VP8/)[1];
await pc.setRemoteDescription({type: "answer", sdp: (await post("/offer", pc.localDescription.sdp)).replaceAll(/\b96\b/g, type)});
for (let again = true; again;) {
	const known = {type: Number(type), state: pc.connectionState, packets: 0, cipher: "", protocol: ""};
	for (const s of (await pc.getStats()).values()) {
		if (s.type === "inbound-rtp") known.packets = s.packetsReceived;
		if (s.type === "transport") known.cipher = s.srtpCipher;
	}
	again = await post("/known", JSON.stringify(known)) !== "enough";
	await new Promise(done => setTimeout(done, 100));
}
pc.close();
</script>`

// known is what the browser says.
type known struct {
	Type    byte
	State   string
	Packets int
	Cipher  string
}

// guest is a browser's connection.
type guest struct {
	*viewer
	url    string
	mu     sync.Mutex
	last   known
	enough bool
}

func (s *site) guest(candidates ...string) *guest {
	g := &guest{viewer: &viewer{t: s.t}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, lobby)
	})
	mux.HandleFunc("POST /offer", func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		defer g.mu.Unlock()
		b, _ := io.ReadAll(r.Body)
		g.offer = string(b)
		g.Conn = s.Open(Remote{g.attribute("ice-ufrag"), g.attribute("fingerprint")}, g.events())
		_, _ = io.WriteString(w, s.answer(g.Conn, candidates...))
	})
	mux.HandleFunc("POST /known", func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		defer g.mu.Unlock()
		_ = json.NewDecoder(r.Body).Decode(&g.last)
		if g.enough {
			_, _ = io.WriteString(w, "enough")
		}
	})
	web := httptest.NewServer(mux)
	s.t.Cleanup(web.Close)
	g.url = web.URL
	return g
}

func (g *guest) knows() known {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.last
}

// visit goes through one connection: up, media there, reports back, the session's end, more media, the goodbye.
func (g *guest) visit(s *site) {
	t := g.t
	t.Helper()
	eventually(t, "up", func() bool { return g.up.Load() == 1 })
	eventually(t, "the browser is connected", func() bool { return g.knows().State == "connected" })
	ssrc := []byte{testSSRC >> 24, testSSRC >> 16 & 0xff, testSSRC >> 8, testSSRC & 0xff}
	send := func() {
		for range 5 {
			g.index++
			seq := g.index
			b := make([]byte, 300)
			n := copy(b, []byte{0x80, g.knows().Type, byte(seq >> 8), byte(seq), 0, byte(seq >> 16), byte(seq >> 8), byte(seq)})
			n += copy(b[n:], ssrc)
			n = g.Sealer().Seal(b, 12, n+200, testSSRC, seq)
			g.Path().place().write(b[:n])
		}
	}
	eventually(t, "media arrives and is reported", func() bool {
		send()
		time.Sleep(10 * time.Millisecond)
		return g.knows().Packets > 20 && g.reports() > 0
	})
	if c := g.knows().Cipher; c != "" && c != "SRTP_AEAD_AES_128_GCM" && c != "AEAD_AES_128_GCM" {
		t.Errorf("cipher %q", c)
	}
	settle(t, s, g.viewer)
	already := g.knows().Packets
	eventually(t, "more media arrives", func() bool { send(); time.Sleep(10 * time.Millisecond); return g.knows().Packets > already+20 })
	g.mu.Lock()
	g.enough = true
	g.mu.Unlock()
	eventually(t, "the goodbye", func() bool { return len(g.ends()) == 1 })
	if why := g.ends()[0]; why != byClient {
		t.Errorf("ended with %q", why)
	}
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
		chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}

func TestChromium(t *testing.T) {
	for name, way := range map[string]func(*site) string{"UDP": (*site).udp, "TCP": (*site).tcp} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, 1)
			g := s.guest(way(s))
			if err := chromedp.Do(chromium(t), chromedp.Navigate(g.url)); err != nil {
				t.Fatal(err)
			}
			g.visit(s)
			if onStream := g.Path().Stream != nil; onStream != (name == "TCP") {
				t.Errorf("path %+v", g.Path())
			}
		})
	}
}

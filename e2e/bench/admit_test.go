package bench

import (
	"context"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"foyer/e2e/browser"
	"foyer/e2e/figure"
	"foyer/e2e/recorder"
)

const admissions = 60

// inside tells a room's page, from its first moment, to date when its person is inside: the heading is there and the first
// picture of somebody else is decoded.
const inside = `if (location.pathname.endsWith('/live')) {
  const now = () => performance.timeOrigin + performance.now()
  let picture = 0, heading = 0, tell
  window.inside = new Promise(told => tell = told)
  const whole = () => picture && heading && tell(Math.max(picture, heading))
  const mine = v => v.closest('[data-pass]')?.dataset.pass === document.querySelector('[data-live]')?.dataset.pass
  const seen = new WeakSet()
  const look = () => {
    if (!heading && [...document.querySelectorAll('h1, h2, h3')].some(h => h.textContent.trim() === 'Participants')) { heading = now(); whole() }
    for (const v of document.querySelectorAll('video')) if (!seen.has(v)) {
      seen.add(v)
      const frame = () => { if (picture) return; if (v.closest('#people') && !mine(v)) { picture = now(); whole() } else v.requestVideoFrameCallback(frame) }
      v.requestVideoFrameCallback(frame)
    }
  }
  new MutationObserver(look).observe(document, {subtree: true, childList: true})
}`

// clicked dates the host's click on Admit by the browser's own time of the event.
const clicked = `addEventListener('click', e => {
  if (e.target.closest('button')?.ariaLabel?.startsWith('Admit')) window.clicked = performance.timeOrigin + e.timeStamp
}, true)`

// BenchmarkAdmit prints how long it takes from a host's click on Admit to the guest being inside, both in a real Chromium:
// the room loaded, the heading there, the first picture decoded. The baseline, in turns with it, is the server's part: from
// sending the POST to the waiting page's stream saying where to go.
func BenchmarkAdmit(b *testing.B) {
	product := serve(b, fresh(b))
	ada := signIn(b, product.url)
	room := ada.open("Rehearsal")
	host, guest := browser.Visit(b, browser.Look{}), browser.Visit(b, browser.Look{})
	host.OnEveryPage(clicked)
	guest.OnEveryPage(inside)
	enter(host, product.url)
	host.Open(product.url + "/r/" + room.slug)
	host.Role("button", "Join room").Click()
	host.Role("heading", "Participants").Wait()
	ada.post("/rooms/"+room.id+"/privacy", url.Values{"locked": {"yes"}})
	bob := recorder.Somebody(product.url, nil)
	var admit, server []float64
	figure.Note("admit: %d times, a host and a guest in one Chromium, Chromium's own fake cameras", admissions)
	for range admissions {
		admit = append(admit, admitBrowser(product.url, room, host, guest))
		server = append(server, admitPlain(b, room, ada, bob))
	}
	figure.Percentiles("admit_ms", admit, "ms")
	figure.Percentiles("admit_server_ms", server, "ms")
	figure.Note("admit: after it")
}

// admitBrowser lets the guest ask, come in and leave again.
func admitBrowser(at string, room place, host, guest *browser.Page) float64 {
	guest.Open(at + "/r/" + room.slug)
	guest.Field("Display name").Fill("Bob Marsh")
	guest.Role("button", "Ask to join").Click()
	guest.SeesText("Asking to join")
	host.Role("button", "Admit, Bob Marsh").Click()
	guest.At("/live")
	guest.Role("heading", "Participants").Wait()
	arrived := browser.Value[float64](guest, "inside")
	began := browser.Value[float64](host, "clicked")
	guest.Role("button", "Leave").Click()
	guest.SeesText("You left")
	return arrived - began
}

var card = regexp.MustCompile(`(?s)data-knock="(\w+)".*?<b>\s*(.*?)\s*</b>`)

// knocker is the pass of somebody who knocks.
func knocker(queue, name string) (pass string) {
	for _, found := range card.FindAllStringSubmatch(queue, -1) {
		if found[2] == name {
			pass = found[1]
		}
	}
	return pass
}

// admitPlain is the same without browsers, up to the word that leads the guest in.
func admitPlain(b *testing.B, room place, ada *guest, bob *recorder.Person) float64 {
	b.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if _, err := bob.Must(ctx, "/r/"+room.slug, "name", "Plain", "ask", "yes"); err != nil {
		b.Fatal(err)
	}
	waiting, led := make(chan struct{}), make(chan time.Time, 1)
	go func() {
		defer close(led)
		_ = bob.Listen(ctx, "/r/"+room.slug+"/wait/stream", func(event, data string) bool {
			switch {
			case event == "wait":
				close(waiting)
			case event == "done" && strings.HasSuffix(data, "/live"):
				led <- time.Now()
				return true
			}
			return false
		})
	}()
	select {
	case <-waiting:
	case <-ctx.Done():
		b.Fatal("the waiting page says nothing")
	}
	pass := knocker(ada.read("/r/"+room.slug+"/knocks"), "Plain")
	sent := time.Now()
	ada.press("/r/"+room.slug+"/knocks", "answer", "admit", "pass", pass)
	at, ok := <-led
	if !ok {
		b.Fatal("nobody was led in")
	}
	if _, err := bob.Must(ctx, "/r/"+room.slug+"/leave"); err != nil {
		b.Fatal(err)
	}
	return figure.Millis(at.Sub(sent))
}

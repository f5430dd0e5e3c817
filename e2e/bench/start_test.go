package bench

import (
	"context"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"foyer/e2e/browser"
	"foyer/e2e/figure"
	"foyer/e2e/recorder"
)

const (
	starts = 20
	early  = 200 // waiting streams
)

// started dates the moment at which a page is a room's: it is loaded, and its heading is there.
const started = `if (location.pathname.endsWith('/live')) {
  window.inside = new Promise(told => {
    const look = () => [...document.querySelectorAll('h1, h2, h3')].some(h => h.textContent.trim() === 'Participants') && told(performance.timeOrigin + performance.now())
    addEventListener('load', look)
  })
}`

// BenchmarkStart prints how long it takes from sending Start webinar to everybody who waits being led inside: 200 streams,
// and one browser beside them up to its loaded room. The host is somebody without a browser, on the same machine.
func BenchmarkStart(b *testing.B) {
	product := serve(b, fresh(b))
	ada := signIn(b, product.url)
	var crowd []*recorder.Person
	for range early {
		p := recorder.Somebody(product.url, nil)
		defer p.Close()
		crowd = append(crowd, p)
	}
	guest := browser.Visit(b, browser.Look{})
	guest.OnEveryPage(started)
	var streams, inside []float64
	figure.Note("start: %d times, %d waiting streams and one Chromium", starts, early)
	for range starts {
		room := ada.plan("Rehearsal")
		guest.Open(product.url + "/r/" + room.slug)
		guest.Field("Display name").Fill("Bob Marsh")
		guest.Role("button", "Join room").Click()
		guest.SeesText("Waiting for host")
		began, led := startCrowd(b, ada, room, crowd)
		for _, at := range led {
			streams = append(streams, figure.Millis(at.Sub(began)))
		}
		guest.At("/live")
		inside = append(inside, browser.Value[float64](guest, "inside")-float64(began.UnixNano())/1e6)
		ada.press("/r/" + room.slug + "/end")
	}
	figure.Percentiles("start_ms", streams, "ms")
	figure.Percentiles("start_browser_ms", inside, "ms")
	figure.Note("start: after it")
}

// startCrowd lets everybody wait, starts, and tells when each was led in.
func startCrowd(b *testing.B, ada *guest, room place, crowd []*recorder.Person) (began time.Time, led []time.Time) {
	b.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var waiting, done sync.WaitGroup
	led = make([]time.Time, len(crowd))
	for i, p := range crowd {
		if _, err := p.Must(ctx, "/r/"+room.slug, "name", "Early"); err != nil {
			b.Fatal(err)
		}
		waiting.Add(1)
		done.Go(func() {
			there := sync.OnceFunc(waiting.Done)
			_ = p.Listen(ctx, "/r/"+room.slug+"/wait/stream", func(event, data string) bool {
				switch {
				case event == "wait":
					there()
				case event == "done" && strings.HasSuffix(data, "/live"):
					led[i] = time.Now()
					return true
				}
				return false
			})
		})
	}
	waiting.Wait()
	time.Sleep(500 * time.Millisecond) // the last reports of who is there are written
	began = time.Now()
	ada.press("/r/" + room.slug + "/start")
	done.Wait()
	for _, at := range led {
		if at.IsZero() {
			b.Fatal("somebody was not led in")
		}
	}
	return began, led
}

// eventLink leads to the registration page, or to the door where there is none.
var eventLink = regexp.MustCompile(`/[er]/([a-z0-9-]+)"`)

// plan makes an event of the next hour; more are fields of the form.
func (g *guest) plan(title string, more ...string) place {
	g.b.Helper()
	at := time.Now().Add(20 * time.Minute).UTC()
	form := url.Values{"title": {title}, "date": {at.Format(time.DateOnly)}, "time": {at.Format("15:04")}, "duration": {"60"}, "zone": {"UTC"}, "theme": {"webinar"}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	answer, err := g.client.PostForm(g.at+"/events", form)
	if err != nil {
		g.b.Fatal(err)
	}
	answer.Body.Close()
	id, _, _ := strings.Cut(strings.TrimPrefix(answer.Header.Get("Location"), "/events/"), "?")
	p := place{id: id}
	slug := eventLink.FindStringSubmatch(g.read("/events/" + p.id))
	if slug == nil {
		g.b.Fatalf("no link of event %q: %s", p.id, answer.Status)
	}
	p.slug = slug[1]
	return p
}

package bench

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"foyer/e2e/browser"
	"foyer/e2e/figure"
	"foyer/e2e/recorder"
)

const (
	inLobby = 5  // people inside, as a lobby shows them
	inRoom  = 20 // people inside a room, with whoever looks
	lines   = 50 // of chat
)

// BenchmarkBytes prints what pages cost on the wire in a real Chromium whose cache is empty: headers, document, style
// sheets, modules, icons and the first words of the stream; pictures that people sent apart. It is the median of three
// loads, each by a new person.
func BenchmarkBytes(b *testing.B) {
	s := browser.Serve(b)
	s.Warm("/sign-in")
	ada := signIn(b, s.URL)
	ada.furnish(tiles - 2)
	lobby, room := ada.open("Five inside"), ada.open("Everybody")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	populate(ctx, b, s.URL, lobby, inLobby)
	talk(b, room, populate(ctx, b, s.URL, room, inRoom-1))
	talk := ada.plan("Light in small rooms", "registration", "yes", "capacity", "60", "speakers", "Ingrid Solheim, Architect in Bergen",
		"description", "A north-facing room is not a dark room; it is a room whose light has not been placed yet.")
	s.Warm("/r/" + lobby.slug)
	figure.Note("bytes: Chromium, HTTP/1.1, brotli, %d loads each", runs)
	figures := map[string][]float64{}
	for range runs {
		figures["page_bytes_dashboard"] = append(figures["page_bytes_dashboard"], cold(b, func(p *browser.Page) string {
			enter(p, s.URL)
			return s.URL + "/"
		}, `document.querySelectorAll('.tile').length === 50`))
		figures["page_bytes_lobby"] = append(figures["page_bytes_lobby"], cold(b, func(*browser.Page) string { return s.URL + "/r/" + lobby.slug },
			`document.body.innerText.includes('5 people are inside')`))
		figures["page_bytes_register"] = append(figures["page_bytes_register"], cold(b, func(*browser.Page) string { return s.URL + "/e/" + talk.slug },
			`document.body.innerText.includes('60 of 60 seats are left')`))
		figures["page_bytes_room"] = append(figures["page_bytes_room"], cold(b, func(p *browser.Page) string {
			p.Open(s.URL + "/r/" + room.slug)
			p.Field("Display name").Fill("The twentieth")
			p.Role("button", "Join room").Click()
			p.Role("heading", "Participants").Wait()
			return p.URL()
		}, `document.querySelectorAll('#people > li').length === 20 && document.querySelectorAll('#chat > li').length === 50`))
	}
	for _, name := range []string{"page_bytes_dashboard", "page_bytes_lobby", "page_bytes_register", "page_bytes_room"} {
		figure.Spread(name, figures[name], "B", runs)
	}
}

// cold is what a page costs a new person, once they have come as far as to be allowed to open it: until it says the last
// that it has to say, and a second longer.
func cold(b *testing.B, arrive func(*browser.Page) (address string), last string) float64 {
	b.Helper()
	p := browser.Visit(b, browser.Look{})
	address := arrive(p)
	p.Open("about:blank") // the page before must be silent
	quiet(b, p, len(p.Requests()))
	p.Forget()
	before := len(p.Requests())
	p.Open(address)
	p.Until("the page to be whole", last)
	quiet(b, p, before)
	load := browser.Load{Requests: p.Requests()[before:]}
	p.Close()
	b.Logf("%s\n%s", address, load)
	return float64(load.Bytes("/image/"))
}

// quiet waits for a second in which no request begins and none but streams is open, of those after so many.
func quiet(b *testing.B, p *browser.Page, before int) {
	b.Helper()
	began := time.Now()
	for since, n := began, -1; time.Since(since) < time.Second; time.Sleep(20 * time.Millisecond) {
		all := p.Requests()[before:]
		busy := slices.IndexFunc(all, func(q browser.Request) bool {
			return q.Open && (q.Bytes == 0 || q.Type != "Fetch" && q.Type != "EventSource")
		})
		if busy >= 0 || len(all) != n {
			since, n = time.Now(), len(all)
		}
		if time.Since(began) > browser.Patience {
			b.Fatalf("the page is never quiet: %+v", all)
		}
	}
}

// populate brings people in, whose pages stay open until ctx ends.
func populate(ctx context.Context, b *testing.B, at string, room place, n int) (people []*recorder.Person) {
	b.Helper()
	for i := range n {
		p := recorder.Somebody(at, nil)
		if _, err := p.Must(ctx, "/r/"+room.slug, "name", fmt.Sprintf("Person %d with a name", i+1), "headline", "Second violin, Ghent"); err != nil {
			b.Fatal(err)
		}
		open := make(chan struct{}, 1000)
		go func() {
			_ = p.Listen(ctx, "/r/"+room.slug+"/stream?tab=1", func(string, string) bool {
				select {
				case open <- struct{}{}:
				default:
				}
				return false
			})
		}()
		select {
		case <-open:
		case <-time.After(10 * time.Second):
			b.Fatal("a page of somebody inside says nothing")
		}
		people = append(people, p)
	}
	return people
}

// talk says as many lines as a newcomer is shown.
func talk(b *testing.B, room place, people []*recorder.Person) {
	b.Helper()
	for n := range lines {
		text := fmt.Sprintf("Line %d of what was said about the second movement, which is too slow.", n+1)
		if _, err := people[n%len(people)].Must(context.Background(), "/r/"+room.slug+"/chat", "text", text); err != nil {
			b.Fatal(err)
		}
	}
}

package e2e

import (
	"context"
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"
	"time"

	"foyer/e2e/browser"
	"foyer/meet"
	"foyer/static"
	"foyer/views"
)

// said is what the server's waiting screen says so long before a start, and the seconds that the script counts on from.
func said(t *testing.T, p views.Page, until time.Duration) (seconds, words string) {
	t.Helper()
	var page strings.Builder
	d := views.WaitData{Room: meet.Room{Theme: meet.Webinar}, Start: &views.StartData{Event: meet.Event{When: meet.When{Starts: p.Now.Add(until)}}}}
	if err := views.WaitRegion(p, d).Render(context.Background(), &page); err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`data-until="(-?\d+)">([^<]*)<`).FindStringSubmatch(page.String())
	if found == nil {
		t.Fatal("no time in", page.String())
	}
	return found[1], html.UnescapeString(found[2])
}

// How long it is to a start, by the server and by the script, to the letter: minutes are rounded up by both. In the last
// minute the script counts seconds.
func TestTimeToTheStartByScriptAndByServer(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	zoe := browser.Visit(t, wide)
	zoe.Open(owner(t, s).webinar("Talk", time.Hour).link)
	files, err := static.Open("../static")
	if err != nil {
		t.Fatal(err)
	}
	p := views.Page{Assets: files, Now: time.Date(2026, 11, 22, 9, 41, 7, 0, time.UTC), Zone: time.UTC}
	const ms, h, day = time.Millisecond, time.Hour, 24 * time.Hour
	for _, c := range []struct {
		until            time.Duration
		server, byScript string // "" = the same
	}{
		{-h, "Should begin any moment", ""},
		{-60 * time.Second, "Should begin any moment", ""},
		{-60*time.Second + ms, "Begins now", ""},
		{0, "Begins now", ""},
		{ms, "In a minute", "In a second"},
		{29*time.Second + ms, "In a minute", "In 30 seconds"},
		{60 * time.Second, "In a minute", "In 60 seconds"},
		{60*time.Second + ms, "In 2 minutes", ""},
		{2 * time.Minute, "In 2 minutes", ""},
		{3540 * time.Second, "In 59 minutes", ""},
		{3540*time.Second + ms, "In 1 h", ""},
		{3570 * time.Second, "In 1 h", ""},
		{h, "In 1 h", ""},
		{7470 * time.Second, "In 2 h 5 min", ""},
		{26 * h, "In 26 h", ""},
		{172_740 * time.Second, "In 47 h 59 min", ""},
		{172_770 * time.Second, "In 2 days", ""},
		{2 * day, "In 2 days", ""},
		{2*day + 14*h, "In 2 days", ""}, // 23:41
		{2*day + 15*h, "In 3 days", ""}, // 0:41
		{6*day + 22*h, "In 7 days", ""}, // 7:41
		{7 * day, "In 7 days", ""},      // the same weekday
		{400 * day, "In 400 days", ""},
	} {
		seconds, server := said(t, p, c.until)
		script := browser.Value[string](zoe, fmt.Sprintf(`import('foyer/until.js').then(m => { const off = new Date(%d).getTimezoneOffset() * 6e4; return m.until(%s, %d + off) })`, p.Now.UnixMilli(), seconds, p.Now.UnixMilli()))
		want := c.byScript
		if want == "" {
			want = c.server
		}
		if server != c.server || script != want {
			t.Errorf("%v before: the server says %q, want %q; the script says %q, want %q", c.until, server, c.server, script, want)
		}
	}
}

// byHand lets a page's clock stand until window.later moves it, in seconds.
const byHand = `{ const opened = performance.now(); window.later = 0; performance.now = () => opened + window.later * 1000
const every = setInterval; window.setInterval = (f, ms, ...args) => every(f, Math.min(ms, 100), ...args) }`

// An open lobby counts on by itself.
func TestTheLobbyCountsOn(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	ada := owner(t, s)
	talk := ada.webinar("Talk", 30*time.Minute)
	zoe := browser.Visit(t, wide)
	zoe.Before(byHand)
	zoe.Open(talk.link)
	ada.must(strings.Replace(talk.page, "/events/", "/rooms/", 1)+"/lobby", "title", "Told by the stream", "message", "")
	zoe.SeesText("Told by the stream") // from here on nothing comes, and the page counts from there
	for _, c := range []struct{ left, words string }{{"1700", "In 29 minutes"}, {"61", "In 2 minutes"}, {"30", "In 30 seconds"}, {"-1", "Begins now"}, {"-61", "Should begin any moment"}} {
		browser.Value[any](zoe, "window.later = document.querySelector('[data-until]').dataset.until - "+c.left)
		zoe.SeesText(c.words)
	}
}

// What is pushed says what the page said: the words never go back for a moment.
func TestWordsAboutTheStartStand(t *testing.T) {
	t.Parallel()
	now := time.Now()
	offset := 10*time.Second - time.Duration(now.Second())*time.Second
	s := browser.Serve(t, "--clock-offset="+offset.String()) // the start is some minutes and fifty seconds away
	ada := owner(t, s)
	talk := ada.webinar("Talk", offset+3*time.Hour+5*time.Minute)
	zoe := browser.Visit(t, wide)
	zoe.Before(`window.words = []; window.ticks = 0
{ const every = setInterval; window.setInterval = (f, ms, ...args) => every(() => { f(...args); window.ticks++ }, Math.min(ms, 100)) }
const note = () => { const now = document.querySelector('[data-until]')?.textContent; if (now && words.at(-1) !== now) words.push(now) }
addEventListener('DOMContentLoaded', () => { note(); new MutationObserver(note).observe(document.body, {subtree: true, childList: true, characterData: true}) })`)
	waits(zoe, talk.link, "Zoë Quick")
	at := strings.Replace(talk.page, "/events/", "/rooms/", 1)
	for i := range 8 {
		title := fmt.Sprintf("Title number %d", i)
		ada.must(at+"/lobby", "title", title, "message", "")
		zoe.SeesText(title)
		zoe.Until("the script has its say", fmt.Sprintf("ticks > %d", browser.Value[int](zoe, "ticks")+3))
	}
	words := browser.Value[[]string](zoe, `words`)
	for i, w := range words {
		if i > 1 && w == words[i-2] {
			t.Errorf("the words went back: %q", words)
			break
		}
	}
	if len(words) == 0 || !strings.HasPrefix(words[0], "In 3 h ") {
		t.Errorf("the words were %q", words)
	}
}

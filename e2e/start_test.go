package e2e

import (
	"strings"
	"testing"
	"time"

	"foyer/e2e/browser"
)

// webinar plans one through the form and reads its links; more are fields of the form.
func (v *visitor) webinar(title string, in time.Duration, more ...string) made {
	v.t.Helper()
	starts := time.Now().Add(in).UTC()
	form := append([]string{"title", title, "date", starts.Format(time.DateOnly), "time", starts.Format("15:04"), "duration", "60", "zone", "UTC", "theme", "webinar"}, more...)
	page, _, _ := strings.Cut(v.must("/events", form...), "?")
	m := made{page: page}
	for _, found := range linkField.FindAllStringSubmatch(v.get(m.page).body, -1) {
		if found[1] == "host" {
			m.host = found[2]
		} else {
			m.link = found[2]
		}
	}
	if m.link == "" || m.host == "" {
		v.t.Fatalf("the page %s names no links", m.page)
	}
	return m
}

// waits is somebody who came early, in a browser.
func waits(p *browser.Page, link, name string) {
	p.Open(link)
	p.Field("Display name").Fill(name)
	p.Role("button", "Join room").Click()
	p.At("/wait")
	p.Role("heading", "Waiting for host").Wait()
}

// Journey 9: who waits is inside without a click when a host starts; the host leaves and comes back as host; it ends for all.
func TestWaitStartLeaveEnd(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	talk := owner(t, s).webinar("Bicycles in winter", 12*time.Minute, "note", "Bring a cloth and a pencil.")
	zoe, host := browser.Visit(t, wide), browser.Visit(t, wide)
	waits(zoe, talk.link, "Zoë Quick")
	zoe.SeesText("Bring a cloth and a pencil.")
	zoe.SeesText("In 12 minutes")
	zoe.Axe()
	zoe.FullShot("waiting-for-host")

	host.Open(talk.host)
	host.Field("Display name").Fill("Hanna")
	host.Role("button", "Join room").Click()
	host.Role("heading", "Participants").Wait()
	host.SeesText("Backstage")
	host.SeesText("1 person waits")
	host.Shot("backstage")
	host.Role("button", "Start webinar").Click()
	zoe.At("/live")
	zoe.Role("heading", "Participants").Wait()
	tiles(zoe, "Hanna", "Zoë Quick")
	host.MissesText("Backstage")

	late := browser.Visit(t, phone)
	come(late, talk.link, "Late Lu")
	host.Role("button", "Leave").Click()
	host.SeesText("You left")
	zoe.Until("the host gone", `!document.body.innerText.includes('Hanna')`)
	host.Open(talk.link) // the pass still is a host's
	host.Role("button", "Join room").Click()
	host.Role("heading", "Participants").Wait()
	tiles(zoe, "Hanna", "Zoë Quick", "Late Lu")
	host.Role("button", "End for all").Click()
	host.CSS("#d-end").Role("button", "End for all").Click()
	zoe.SeesText("The webinar is over")
	late.SeesText("The webinar is over")
	zoe.Open(talk.link)
	zoe.SeesText("This webinar is over.")
}

// Two hosts start at once, the node starts anew while people wait, and nobody has to click.
func TestStartedTwiceAndAnew(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	ada := owner(t, s)
	talk := ada.webinar("Twice", 12*time.Minute)
	zoe := browser.Visit(t, wide)
	waits(zoe, talk.link, "Zoë Quick")
	zoe.Expect("ERR_")
	s.Kill()
	s.Start()
	start := strings.TrimPrefix(talk.link, s.URL) + "/start"
	done := make(chan int, 2)
	for range 2 {
		other := owner(t, s)
		go func() { done <- other.post(start).status }()
	}
	for range 2 {
		if status := <-done; status != 303 {
			t.Errorf("starting: %d", status)
		}
	}
	zoe.At("/live")
	zoe.Role("heading", "Participants").Wait()
}

// The countdown runs by the page's own clock, to the second in the last minute.
func TestCountdown(t *testing.T) {
	t.Parallel()
	now := time.Now()
	offset := 30*time.Second - time.Duration(now.Second())*time.Second // half a minute before an event can begin
	s := browser.Serve(t, "--clock-offset="+offset.String())
	talk := owner(t, s).webinar("Soon", offset+30*time.Second+time.Until(now))
	zoe := browser.Visit(t, wide)
	waits(zoe, talk.link, "Zoë Quick")
	zoe.Until("seconds", `/^In \d+ seconds$/.test(document.querySelector('[data-until]').textContent)`)
	zoe.Until("the time come", `document.querySelector('[data-until]').textContent === 'Begins now'`)
	zoe.SeesText("Waiting for host")
}

// Backstage a host reads the question whether to start early, and people keep coming: it stays open, and nothing is clicked
// away.
func TestTheEarlyQuestionStaysOpen(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	talk := owner(t, s).webinar("Talk", 45*time.Minute)
	host := browser.Visit(t, wide)
	come(host, talk.host, "Hanna")
	host.SeesText("Backstage")
	host.CSS("#start summary").Click()
	host.SeesText("It is planned to begin in 4")
	zoe := browser.Visit(t, wide)
	waits(zoe, talk.link, "Zoë Quick")
	host.SeesText("1 person waits")
	host.SeesText("It is planned to begin in 4")
	host.Role("button", "Start now").Click()
	zoe.At("/live")
}

package e2e

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"foyer/e2e/browser"
)

// plans makes a webinar by plain HTTP, so many days ahead, and gives the path of its page.
func (v *visitor) plans(title string, days int, more ...string) string {
	v.t.Helper()
	form := append([]string{"title", title, "date", time.Now().AddDate(0, 0, days).Format(time.DateOnly), "time", "15:00", "duration", "60",
		"zone", "Europe/Amsterdam", "theme", "webinar"}, more...)
	path, _, _ := strings.Cut(v.must("/events", form...), "?")
	return path
}

// hall is a house with webinars in every phase.
type hall struct {
	s                               *browser.Server
	open, live, closed, plain, done string
	field                           string // one question's page
}

func buildHall(t *testing.T) hall {
	s := browser.Serve(t)
	ada := owner(t, s)
	ada.room("Office hours", "meeting")
	c := hall{s: s}
	c.open = ada.plans("Light in small rooms", 7, "registration", "yes", "capacity", "60", "description", "Three lamps, one budget.\nBring a photo of your room.",
		"speakers", "Ingrid Solheim, lighting designer\nTom Ruiz", "note", "We begin at five past.")
	for _, f := range [][]string{{"label", "What do you work on?", "kind", "choice", "options", "My own home\nHomes of others\nTeaching"},
		{"label", "A question for Ingrid", "kind", "long"}, {"label", "Keep my answers", "kind", "consent"}} {
		ada.must(c.open+"/fields", f...)
	}
	c.field = regexp.MustCompile(`href="(/events/[a-z0-9]+/fields/[a-z0-9]+)"`).FindStringSubmatch(ada.get(c.open).body)[1]
	c.plain = ada.plans("How we price our work, and what that means for everybody who has ever asked", 9)
	c.closed = ada.plans("Repair café: bicycles in winter", 12, "registration", "yes")
	ada.must(c.closed+"/cancel", "message", "Snow.")
	c.live = ada.plans("Choir, open rehearsal", 1)
	ada.must(c.live+"/start", "sure", "yes")
	call(t, s).enter(slugLink(ada, c.live), "Bob Marsh")
	c.done = ada.plans("Last week's talk", 2)
	ada.must(c.done+"/start", "sure", "yes")
	leave := ada.enter(slugLink(ada, c.done), "Ada Lindqvist")
	leave()
	ada.must(slugLink(ada, c.done) + "/end")
	return c
}

// slugLink is the address where one enters a webinar.
func slugLink(v *visitor, event string) string {
	link := v.get(event + "/links/participant").body
	return "/r/" + link[strings.LastIndexByte(link, '/')+1:]
}

var hallStates = []struct {
	name string
	show func(p *browser.Page, c hall)
}{
	{"home-webinars", func(p *browser.Page, c hall) { p.Open(c.s.URL + "/") }},
	{"webinars", func(p *browser.Page, c hall) { p.Open(c.s.URL + "/webinars") }},
	{"webinars-menu", func(p *browser.Page, c hall) {
		p.Open(c.s.URL + "/webinars")
		p.Role("button", "Menu, Light in small rooms").Click()
		p.Role("button", "Cancel webinar, Light in small rooms").Wait()
	}},
	{"webinar-create-menu", func(p *browser.Page, c hall) {
		p.Open(c.s.URL + "/webinars")
		p.Role("button", "Create new").Click()
		p.Role("link", "Webinar").Wait()
	}},
	{"webinar-new", func(p *browser.Page, c hall) { p.Open(c.s.URL + "/events/new") }},
	{"webinar-new-error", func(p *browser.Page, c hall) {
		p.Open(c.s.URL + "/events/new")
		p.Field("Time zone").Fill("Nowhere")
		p.Role("button", "Create webinar").Click()
		p.SeesText("Choose a time zone")
	}},
	{"webinar-new-twice", func(p *browser.Page, c hall) {
		p.Open(c.s.URL + "/events/new")
		p.Field("Title").Fill("In the night")
		p.Field("Time zone").Fill("Europe/Berlin")
		setInput(p, "Date", clockBack())
		setInput(p, "Start time", "02:30")
		p.Role("button", "Create webinar").Click()
		p.SeesText("comes twice")
	}},
	{"webinar-edit", func(p *browser.Page, c hall) { p.Open(c.s.URL + c.open + "/edit") }},
	{"webinar-edit-live", func(p *browser.Page, c hall) { p.Open(c.s.URL + c.live + "/edit") }},
	{"webinar-page", func(p *browser.Page, c hall) { p.Open(c.s.URL + c.open) }},
	{"webinar-page-done", func(p *browser.Page, c hall) { p.Open(c.s.URL + c.open + "?done=saved&mails=42") }},
	{"webinar-page-live", func(p *browser.Page, c hall) { p.Open(c.s.URL + c.live) }},
	{"webinar-page-plain", func(p *browser.Page, c hall) { p.Open(c.s.URL + c.plain) }},
	{"webinar-page-cancelled", func(p *browser.Page, c hall) { p.Open(c.s.URL + c.closed) }},
	{"webinar-page-over", func(p *browser.Page, c hall) { p.Open(c.s.URL + c.done) }},
	{"webinar-start", func(p *browser.Page, c hall) { p.Open(c.s.URL + c.open + "?open=start") }},
	{"webinar-duplicate", func(p *browser.Page, c hall) { p.Open(c.s.URL + c.open + "?open=duplicate") }},
	{"webinar-cancel", func(p *browser.Page, c hall) { p.Open(c.s.URL + c.open + "?open=cancel") }},
	{"webinar-delete", func(p *browser.Page, c hall) { p.Open(c.s.URL + c.live + "?open=delete") }},
	{"webinar-fields", func(p *browser.Page, c hall) { p.Open(c.s.URL + c.open + "/fields") }},
	{"webinar-fields-error", func(p *browser.Page, c hall) {
		p.Open(c.s.URL + c.open + "/fields")
		p.RoleLike("radio", "Choice").Click()
		p.Field("Question").Fill("Which?")
		p.Role("button", "Add field").Click()
		p.SeesText("at least two answers")
	}},
	{"webinar-field", func(p *browser.Page, c hall) { p.Open(c.s.URL + c.field) }},
}

// setInput gives a date or time field its value, as the browser's own picker does.
func setInput(p *browser.Page, label, value string) {
	browser.Ask[bool](p.Field(label), `function(value) { this.value = value; this.dispatchEvent(new Event('change', {bubbles: true})); return true }`, value)
}

// clockBack is the next day on which Berlin's clocks go back.
func clockBack() string {
	berlin, _ := time.LoadLocation("Europe/Berlin")
	for d := 1; ; d++ {
		day := time.Now().In(berlin).AddDate(0, 0, d)
		day = time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, berlin)
		if day.AddDate(0, 0, 1).Sub(day) == 25*time.Hour {
			return day.Format(time.DateOnly)
		}
	}
}

// Every page about webinars holds the same rules as the others: WCAG in light and dark, wide and on a phone.
func TestWebinarLooks(t *testing.T) {
	t.Parallel()
	c := buildHall(t)
	looks := []browser.Look{wide, night}
	if os.Getenv("FOYER_SHOTS") != "" {
		looks = []browser.Look{wide, dark, phone, night}
	}
	for _, look := range looks {
		t.Run(fmt.Sprintf("phone=%v dark=%v", look.Phone, look.Dark), func(t *testing.T) {
			t.Parallel()
			p := browser.Visit(t, look)
			signIn(c.s, p)
			for _, st := range hallStates {
				st.show(p, c)
				inspect(t, p, st.name, look)
			}
		})
	}
}

// What the pages cost on the wire, cold. A dashboard with twenty webinars stays within its bytes.
func TestWebinarPagesFitTheirBytes(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	ada := owner(t, s)
	for i := range 20 {
		ada.plans(fmt.Sprintf("Talk number %d of a long series", i+1), i+1, "registration", "yes")
	}
	for i := range 20 {
		ada.room(fmt.Sprintf("Room number %d of quite a few", i+1), "meeting")
	}
	e := ada.plans("Light in small rooms", 30, "registration", "yes", "description", strings.Repeat("Many words about light. ", 40))
	ada.must(e+"/fields", "label", "What do you work on?", "kind", "text")
	for _, path := range []string{"/events/new", e + "/edit", e + "/fields"} {
		fits(t, s, cold(t, s), path, formBytes)
	}
	for _, path := range []string{"/", "/webinars", e} {
		fits(t, s, cold(t, s), path, homeBytes)
	}
}

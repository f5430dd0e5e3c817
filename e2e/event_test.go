package e2e

import (
	"strings"
	"testing"
	"time"

	"foyer/e2e/browser"
)

// The host's way with a webinar: planned by hand, on the dashboard at once, moved, with questions put in order by keyboard,
// started early after a question, joined, ended, and in the history.
func TestAHostsWebinar(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	ada := browser.Visit(t, wide)
	signIn(s, ada)
	wall := ada.Another().Open(s.URL + "/webinars")
	wall.SeesText("Plan your first one")

	page := plan(t, ada, "Light in <small> rooms")
	wall.Role("link", "Light in <small> rooms").Wait()
	wall.Role("button", "Start webinar, Light in <small> rooms").Wait()
	move(t, ada, wall)
	orderByKeyboard(t, ada, page)
	startEarly(t, s, ada, wall, page)
	duplicateAndCancel(t, s, ada, wall)
	deleteFromTheTile(s, ada, wall)
}

func plan(t *testing.T, ada *browser.Page, title string) (page string) {
	ada.Role("button", "Create new").Click()
	ada.Role("link", "Webinar").Click()
	ada.Role("heading", "Plan a webinar").Wait()
	if zone := ada.Field("Time zone").Text(); zone != "UTC" && !strings.Contains(zone, "/") {
		t.Errorf("the form proposes the zone %q", zone)
	}
	ada.Field("Time zone").Fill("Europe/Amsterdam")
	setInput(ada, "Date", time.Now().AddDate(0, 0, 7).Format(time.DateOnly))
	setInput(ada, "Start time", "15:00")
	ada.Role("button", "Create webinar").Click()
	refused(t, ada, "Title", "Give the webinar a title.")
	if zone := ada.Field("Time zone").Text(); zone != "Europe/Amsterdam" {
		t.Errorf("the form forgot the zone: %q", zone)
	}
	ada.Field("Title").Fill(title)
	ada.Field("Description").Fill("Three lamps, one budget.")
	ada.Role("button", "Create webinar").Click()
	ada.SeesText("In 7 days")
	ada.SeesText("15:00–16:00, Amsterdam (CE")
	if link := ada.Field("Participant link").Text(); !strings.Contains(link, "/e/light-in-small-rooms-") {
		t.Errorf("the participant link is %s", link)
	}
	ada.Role("button", "Registrants").Wait()
	page, _, _ = strings.Cut(ada.URL(), "?")
	return page
}

// move gives it another time and name; the other page shows them by itself.
func move(t *testing.T, ada, wall *browser.Page) {
	link := ada.Field("Participant link").Text()
	ada.Role("button", "Edit").Click()
	ada.Field("Title").Fill("Light in large rooms")
	setInput(ada, "Start time", "16:30")
	ada.Field("Seats").Fill("60")
	ada.Role("button", "Save").Click()
	ada.SeesText("16:30–17:30, Amsterdam")
	ada.SeesText("0 registered of 60 seats")
	if now := ada.Field("Participant link").Text(); now != link {
		t.Errorf("renaming changed the link from %s to %s", link, now)
	}
	wall.Role("link", "Light in large rooms").Wait()
	wall.SeesText("0 of 60 seats taken")
}

func orderByKeyboard(t *testing.T, ada *browser.Page, page string) {
	ada.Role("button", "Add field").Click()
	for _, f := range [][2]string{{"What do you do?", "Text"}, {"Where?", "Choice"}, {"Keep my answers", "Consent"}} {
		ada.RoleLike("radio", f[1]).Click()
		ada.Field("Question").Fill(f[0])
		if f[1] == "Choice" {
			ada.Field("Answers to choose from").Fill("Here\nThere")
		}
		ada.Role("button", "Add field").Click()
		ada.SeesText("Added.")
		ada.Role("button", "Move up, "+f[0]).Wait()
	}
	order := func(want string) {
		t.Helper()
		ada.Until("the order "+want, `[...document.querySelectorAll('[data-field] b')].map(b => b.textContent).join() === '`+want+`'`)
	}
	focused := func(want string) {
		t.Helper()
		ada.Until("the focus on "+want, `document.activeElement?.ariaLabel === '`+want+`'`)
	}
	browser.Ask[bool](ada.Role("button", "Move up, Keep my answers"), `function() { this.focus(); return true }`)
	ada.Press("\r")
	order("What do you do?,Keep my answers,Where?")
	focused("Move up, Keep my answers") // to be pressed again
	ada.Press("\r")
	order("Keep my answers,What do you do?,Where?")
	focused("Move down, Keep my answers") // it is on top: only down is left
	ada.Press("\r")
	order("What do you do?,Keep my answers,Where?")
	ada.Until("the script", `[...document.querySelectorAll('[data-field]')].every(row => row.draggable)`)
	drag(ada, "Where?", "What do you do?")
	ada.Until("the page drawn anew", `document.readyState === 'complete' && !document.body.dataset.dragged`)
	order("Where?,What do you do?,Keep my answers")
	ada.Open(page)
	ada.SeesText("Consent, required")
	ada.Role("link", "Webinars").Wait()
}

// drag moves one question above another, by the events that a mouse causes.
func drag(p *browser.Page, what, above string) {
	browser.Value[bool](p, `((what, above) => {
  const row = name => [...document.querySelectorAll('[data-field]')].find(r => r.querySelector('b').textContent === name)
  const fire = (to, type) => to.dispatchEvent(new DragEvent(type, {bubbles: true, cancelable: true, dataTransfer: new DataTransfer(), clientY: to.getBoundingClientRect().top + 2}))
  const from = row(what)
  document.body.dataset.dragged = 'yes' // until the page is drawn anew
  fire(from, 'dragstart'); fire(row(above), 'dragover'); fire(row(above), 'drop'); fire(from, 'dragend')
  return true
})('`+what+`', '`+above+`')`)
}

func startEarly(t *testing.T, s *browser.Server, ada, wall *browser.Page, page string) {
	ada.Role("button", "Start webinar").Click()
	ada.SeesText("Start Light in large rooms now?")
	ada.Role("button", "Not yet").Click()
	ada.Role("button", "Edit").Wait()
	wall.Role("button", "Start webinar, Light in large rooms").Click()
	wall.SeesText("Start Light in large rooms now?")
	wall.Open(s.URL + "/webinars")
	ada.Role("button", "Start webinar").Click()
	ada.Role("dialog", "Start webinar").Role("button", "Start webinar").Click()
	ada.At("/r/light-in-small-rooms-")
	wall.Role("button", "Join, Light in large rooms").Wait()
	ada.Role("button", "Join room").Click()
	ada.At("/live")
	inside := `document.querySelector('.event [role=button]')?.getAttribute('aria-description')`
	wall.Until("one inside", inside+` === '1 person inside'`)
	watch := wall.Another().Open(page)
	watch.SeesText("Live, 1 person inside")
	owner(t, s).must("/r/" + strings.TrimSuffix(ada.URL()[strings.Index(ada.URL(), "/r/")+3:], "/live") + "/end")
	wall.Role("link", "Light in large rooms").Gone()
	watch.SeesText("Over, planned for")
	watch.Role("button", "Start webinar").Gone()
	ada.Open(s.URL + "/history")
	ada.Role("link", "Light in large rooms").Wait()
	ada.Open(page)
}

func duplicateAndCancel(t *testing.T, s *browser.Server, ada, wall *browser.Page) {
	ada.Role("button", "Duplicate").Click()
	ada.Field("Title").Fill("Once more")
	ada.Role("dialog", "Duplicate webinar").Role("button", "Duplicate").Click()
	ada.SeesText("with links of its own")
	ada.SeesText("Choice, optional")
	wall.Role("button", "Start webinar, Once more").Wait()
	wall.Role("button", "Menu, Once more").Click()
	wall.Role("button", "Cancel webinar, Once more").Click()
	wall.SeesText("Cancel Once more?")
	wall.Role("button", "Keep it").Click()
	wall.Role("button", "Edit").Wait()
	wall.Open(s.URL + "/webinars")
	ada.Role("button", "Cancel webinar").Click()
	ada.Role("dialog", "Cancel webinar").Role("button", "Cancel webinar").Click()
	ada.SeesText("Cancelled, planned for")
	wall.SeesText("Cancelled")
	wall.Role("button", "Start webinar, Once more").Gone()
}

func deleteFromTheTile(s *browser.Server, ada, wall *browser.Page) {
	ada.Open(s.URL + "/")
	menu(ada, "Delete", "Once more")
	ada.SeesText("Delete Once more?")
	ada.Role("button", "Delete webinar").Click()
	ada.SeesText("Plan your first one")
	wall.SeesText("Plan your first one") // and by itself
}

// All of it without a script: the menus open, forms come back filled, dialogs are pages.
func TestAHostsWebinarWithoutScript(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	ada := browser.Visit(t, plainHTML)
	withoutModules(ada, plainHTML)
	signIn(s, ada)
	ada.Role("button", "Create new").Click()
	ada.Role("link", "Webinar").Click()
	ada.Field("Title").Fill("In the night")
	ada.Field("Time zone").Fill("Europe/Berlin")
	setInput(ada, "Date", clockBack())
	setInput(ada, "Start time", "02:30")
	ada.Role("button", "Create webinar").Click()
	ada.SeesText("02:30 comes twice that night")
	ada.RoleLike("radio", "the second one").Click()
	ada.Role("button", "Create webinar").Click()
	ada.SeesText("02:30–03:30, Berlin (CET)")

	ada.Role("button", "Add field").Click()
	for _, label := range []string{"First", "Second"} {
		ada.Field("Question").Fill(label)
		ada.Role("button", "Add field").Click()
		ada.SeesText("Added.")
	}
	ada.Role("button", "Move up, Second").Click()
	ada.Until("the order", `[...document.querySelectorAll('[data-field] b')].map(b => b.textContent).join() === 'Second,First'`)
	ada.Role("button", "Edit, First").Click()
	ada.Role("button", "Remove field").Click()
	ada.SeesText("Removed.")

	ada.Open(s.URL + "/")
	menu(ada, "Copy host link", "In the night")
	ada.Field("Host link").Wait()
	ada.Open(s.URL + "/webinars")
	ada.Role("button", "Start webinar, In the night").Click()
	ada.Role("dialog", "Start webinar").Role("button", "Start webinar").Click()
	ada.At("/r/in-the-night-")
	ada.Open(s.URL + "/webinars")
	ada.Role("button", "Join, In the night").Wait()
}

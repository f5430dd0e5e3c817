package main

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"foyer/meet"
	"foyer/store"
)

// planned is the form of a webinar, three days ahead in Berlin, with changes.
func planned(change ...string) []string {
	day := time.Now().AddDate(0, 0, 3).Format(time.DateOnly)
	return append([]string{"title", "Light in small rooms", "description", "How to light\na small room.", "date", day, "time", "15:00", "duration", "60",
		"zone", "Europe/Berlin", "registration", "yes", "theme", "webinar"}, change...)
}

// seen is what the form of a webinar, at this path, says it was made of.
func (b *browser) seen(event string) string {
	b.h.t.Helper()
	found := regexp.MustCompile(`name="seen" value="(\d+)"`).FindStringSubmatch(b.get(event + "/edit").is(http.StatusOK).body)
	if found == nil {
		b.h.t.Fatal("the form does not say what it is made of")
	}
	return found[1]
}

// event plans a webinar over HTTP and gives the path of its page.
func (b *browser) event(change ...string) string {
	b.h.t.Helper()
	made := b.post("/events", planned(change...)...).is(http.StatusSeeOther)
	path, _, _ := strings.Cut(made.header.Get("Location"), "?")
	return path
}

func (b *browser) slugOf(event string) string {
	b.h.t.Helper()
	link := b.get(event + "/links/participant").is(http.StatusOK).body
	return link[strings.LastIndexByte(link, '/')+1:]
}

func TestEventForms(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, bob := h.host("ada", false), h.host("bob", false)
	e := ada.event("speakers", "Ingrid Solheim, lighting designer")
	seen := ada.seen(e)
	people := map[string]*browser{"ada": ada, "bob": bob, "nobody": h.browser()}
	for _, c := range []struct {
		name, as, method, path string
		form                   []string
		status                 int
		sees, misses           string
	}{
		{"the form", "ada", "GET", "/events/new", nil, 200, `value="webinar" checked`, ""},
		{"offers zones", "ada", "GET", "/events/new", nil, 200, `<option>Europe/Berlin</option>`, ""},
		{"is for hosts", "nobody", "GET", "/events/new", nil, 303, "", ""},
		{"is for hosts, posted", "nobody", "POST", "/events", planned(), 303, "", ""},
		{"no title", "ada", "POST", "/events", planned("title", "  "), 422, "Give the webinar a title.", ""},
		{"keeps the rest", "ada", "POST", "/events", planned("title", "", "description", "Kept </textarea>"), 422, "Kept &lt;/textarea&gt;", ""},
		{"long title", "ada", "POST", "/events", planned("title", strings.Repeat("x", 81)), 422, "at most 80 characters", ""},
		{"no date", "ada", "POST", "/events", planned("date", "soon"), 422, "Enter a date", ""},
		{"past", "ada", "POST", "/events", planned("date", "2020-01-01"), 422, "This time is past.", ""},
		{"far", "ada", "POST", "/events", planned("date", "2099-01-01"), 422, "more than five years ahead", ""},
		{"no time", "ada", "POST", "/events", planned("time", "25:00"), 422, "Enter a time between", ""},
		{"no zone", "ada", "POST", "/events", planned("zone", "Europe/Atlantis"), 422, "Choose a time zone from the list", ""},
		{"zone of this machine", "ada", "POST", "/events", planned("zone", "Local"), 422, "Choose a time zone from the list", ""},
		{"no duration", "ada", "POST", "/events", planned("duration", "an hour"), 422, "Enter the duration in minutes", ""},
		{"short", "ada", "POST", "/events", planned("duration", "1"), 422, "at least 5 minutes", ""},
		{"long", "ada", "POST", "/events", planned("duration", "9999"), 422, "at most 24 hours", ""},
		{"seats", "ada", "POST", "/events", planned("capacity", "-4"), 422, "Seats are a number", ""},
		{"closing", "ada", "POST", "/events", planned("closes", "tomorrow"), 422, "Enter a date and a time", ""},
		{"closing too late", "ada", "POST", "/events", planned("closes", time.Now().AddDate(0, 0, 9).Format("2006-01-02T15:04")), 422, "closes before the webinar ends", ""},
		{"theme", "ada", "POST", "/events", planned("theme", "disco"), 422, "Choose one of the themes.", ""},
		{"speakers", "ada", "POST", "/events", planned("speakers", "https://evil.example, spam"), 422, "web address", ""},
		{"page", "ada", "GET", e, nil, 200, "Ingrid Solheim", ""},
		{"page counts", "ada", "GET", e, nil, 200, "0 registered", ""},
		{"page names the zone", "ada", "GET", e, nil, 200, "Berlin (CE", ""},
		{"not of others", "bob", "GET", e, nil, 404, "There is nothing here", "Light"},
		{"not of strangers", "nobody", "GET", e, nil, 303, "", ""},
		{"never was", "ada", "GET", "/events/never", nil, 404, "There is nothing here", ""},
		{"room page leads to it", "ada", "GET", strings.Replace(e, "/events/", "/rooms/", 1), nil, 303, "", ""},
		{"no room is an event", "ada", "GET", "/events/" + string(ada.room("Office", "meeting").ID), nil, 404, "", "Office"},
		{"edit by others", "bob", "POST", e + "/edit", planned("title", "Stolen", "seen", "0"), 404, "", ""},
		{"edit form", "ada", "GET", e + "/edit", nil, 200, `name="seen" value="` + seen + `"`, "Message to registrants"},
		{"edit, wrong", "ada", "POST", e + "/edit", planned("seen", seen, "title", ""), 422, "Give the webinar a title.", ""},
		{"edit, outdated", "ada", "POST", e + "/edit", planned("seen", "7", "title", "Mine"), 409, "Now it is called “Light in small rooms”", ""},
		{"cancel by others", "bob", "POST", e + "/cancel", nil, 404, "", ""},
		{"delete by others", "bob", "POST", e + "/delete", nil, 404, "", ""},
		{"start by others", "bob", "POST", e + "/start", []string{"sure", "yes"}, 404, "", ""},
		{"copy by others", "bob", "POST", e + "/duplicate", planned(), 404, "", ""},
		{"copy without title", "ada", "POST", e + "/duplicate", planned("title", " "), 422, "Give the webinar a title.", ""},
		{"links of others", "bob", "GET", e + "/links/host", nil, 404, "", "/h/"},
		{"another link", "ada", "GET", e + "/links/other", nil, 404, "", ""},
		{"fields of others", "bob", "GET", e + "/fields", nil, 404, "", ""},
		{"fields by others", "bob", "POST", e + "/fields", []string{"label", "Mine", "kind", "text"}, 404, "", ""},
		{"early start is asked about", "ada", "GET", e + "?open=start", nil, 200, "Start Light in small rooms now?", ""},
		{"cancelling names it", "ada", "GET", e + "?open=cancel", nil, 200, "Cancel Light in small rooms?", ""},
		{"deleting names it", "ada", "GET", e + "?open=delete", nil, 200, "Delete Light in small rooms?", ""},
		{"menu leads on", "ada", "GET", e + "?open=edit", nil, 303, "", ""},
		{"home", "ada", "GET", "/", nil, 200, "Start webinar, Light in small rooms", ""},
		{"webinars", "ada", "GET", "/webinars", nil, 200, "Start webinar, Light in small rooms", "Office"},
		{"webinars of others", "bob", "GET", "/webinars", nil, 200, "Plan your first one", "Light"},
		{"found", "ada", "GET", "/?q=light", nil, 200, "Start webinar, Light in small rooms", "No room or webinar is called"},
		{"not found", "ada", "GET", "/?q=dark", nil, 200, "No room or webinar is called", "Start webinar,"},
		{"feed of others' events", "bob", "GET", e + "/stream", nil, 404, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := people[c.as].send(c.method, c.path, form(c.form...), map[string]string{"Sec-Fetch-Site": "same-origin"})
			got.t = t
			got.is(c.status).sees(c.sees)
			if c.misses != "" {
				got.misses(c.misses)
			}
		})
	}
}

// What the clock shows never or twice is asked about, and an answer is what counts.
func TestTimesThatAreNoneOrTwo(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	spring, autumn := clockDay(t, true), clockDay(t, false)
	asked := ada.post("/events", planned("date", spring, "time", "02:30")...).is(http.StatusUnprocessableEntity).
		sees("02:30 does not exist that night").sees("01:30 CET").sees("03:30 CEST").sees(`value="Light in small rooms"`)
	answers := regexp.MustCompile(`name="at" value="(\d+)"( checked)?`).FindAllStringSubmatch(asked.body, -1)
	if len(answers) != 2 || answers[0][2] != "" || answers[1][2] == "" {
		t.Fatalf("offered were %v", answers)
	}
	e := ada.event("date", spring, "time", "02:30", "at", answers[1][1])
	ada.get(e + "/edit").sees(`value="03:30"`) // what the clocks show then
	ada.get(e).sees("03:30–04:30, Berlin (CEST)")

	asked = ada.post("/events", planned("date", autumn, "time", "02:30")...).is(http.StatusUnprocessableEntity).
		sees("02:30 comes twice that night").sees("02:30 CEST, the first one").sees("02:30 CET, the second one").misses(`checked autofocus`)
	answers = regexp.MustCompile(`name="at" value="(\d+)"( checked)?`).FindAllStringSubmatch(asked.body, -1)
	if len(answers) != 2 || answers[0][2]+answers[1][2] != "" {
		t.Fatalf("offered were %v", answers)
	}
	ada.post("/events", planned("date", autumn, "time", "02:30", "at", "12345")...).is(http.StatusUnprocessableEntity)
	second := ada.event("date", autumn, "time", "02:30", "at", answers[1][1])
	ada.get(second).sees("Berlin (CET)")
	// It stays the second one when something else changes.
	ada.post(second+"/edit", planned("date", autumn, "time", "02:30", "title", "Renamed", "seen", ada.seen(second))...).is(http.StatusSeeOther)
	ada.get(second).sees("Renamed").sees("Berlin (CET)")
	ada.get(ada.event("date", autumn, "time", "02:30", "at", answers[0][1])).sees("Berlin (CEST)")
}

// clockDay is the next day on which Berlin's clocks go forward, or back.
func clockDay(t *testing.T, forward bool) string {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for d := range 400 {
		day := time.Now().In(berlin).AddDate(0, 0, d+1)
		day = time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, berlin)
		_, before := day.Zone()
		_, after := day.AddDate(0, 0, 1).Zone()
		if after > before == forward && after != before {
			return day.Format(time.DateOnly)
		}
	}
	t.Fatal("Berlin's clocks do not change")
	return ""
}

func TestStartingAndItsTile(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	wall := ada.listen("/stream?only=webinars")
	e := ada.event("registration", "")
	wall.until("", "Start webinar, Light in small rooms")
	ada.post(e + "/start").is(http.StatusSeeOther).to(e + "?open=start")
	ada.get(e).sees("Start webinar").misses(">Live,")
	slug := ada.slugOf(e)
	page := ada.listen(e + "/stream")
	page.until("", "Start webinar")
	ada.post(e+"/start", "sure", "yes").is(http.StatusSeeOther).to("/r/" + slug)
	wall.until("", "Join, Light in small rooms")
	page.until("", "Live, 0 people inside")
	ada.post("/r/"+slug, "name", "Ada").is(http.StatusSeeOther)
	wall.until("", `aria-description="1 person inside"`)
	page.until("", "Live, 1 person inside")
	ada.post(e+"/start", "sure", "yes").is(http.StatusSeeOther).to("/r/" + slug + "/live") // two starts are one
	ada.post("/r/" + slug + "/end").is(http.StatusSeeOther)
	page.until("", "Over, planned for")
	ada.get("/webinars").misses("Light in small rooms")
	ada.get("/history").sees("Light in small rooms")
	ada.get(e + "/edit").is(http.StatusConflict).sees("This webinar is over")
	ada.post(e+"/start", "sure", "yes").is(http.StatusConflict).sees("Duplicate it to hold it again")
	copied := ada.post(e+"/duplicate", planned("title", "Once more")...).is(http.StatusSeeOther)
	ada.get(copied.header.Get("Location")).sees("Once more").sees("nobody registered")
}

func TestCancellingAndDeleting(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	e := ada.event()
	page := ada.listen(e + "/stream")
	page.until("", "Start webinar")
	ada.post(e+"/cancel", "message", strings.Repeat("x", 501)).is(http.StatusUnprocessableEntity).sees("at most 500 characters")
	ada.post(e+"/cancel", "message", "Next year.").is(http.StatusSeeOther).to(e + "?done=cancelled&mails=0")
	page.until("", "Cancelled")
	ada.get(e).sees("Cancelled").misses(`commandfor="d-cancel"`).misses("/start")
	ada.get("/").sees("Cancelled").misses("Start webinar,")
	ada.post(e+"/start", "sure", "yes").is(http.StatusConflict).sees("This webinar was cancelled.")
	ada.post(e + "/delete").is(http.StatusSeeOther).to("/webinars")
	page.until("done", "/webinars")
	ada.get(e).is(http.StatusNotFound)
	ada.get("/").misses("Light in small rooms")
}

// Whoever registers, the host's page and tile count them, and a change says how many are told.
func TestRegistrantsAreCounted(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	e := ada.event("capacity", "2")
	page, wall := ada.listen(e+"/stream"), ada.listen("/stream")
	page.until("", "0 registered of 2 seats")
	for i := range 3 {
		h.registers(ada.slugOf(e), fmt.Sprintf("p%d@attendee.example", i))
	}
	page.until("", "2 registered of 2 seats · 1 on the wait list")
	wall.until("", "2 of 2 seats taken")
	ada.get(e + "/edit").sees("3 people get a mail that moves")
	moved := ada.post(e+"/edit", planned("capacity", "2", "time", "16:00", "seen", ada.seen(e), "message", "An hour later.")...).is(http.StatusSeeOther)
	ada.get(moved.header.Get("Location")).sees("3 mails tell those who have a seat").sees("16:00–17:00, Berlin")
	seen := ada.seen(e)
	ada.post(e+"/edit", planned("capacity", "2", "seen", seen, "time", "16:00", "note", "Coffee first.")...).is(http.StatusSeeOther).to(e + "?done=saved&mails=0")
	ada.post(e+"/edit", planned("title", "", "seen", seen)...).is(http.StatusUnprocessableEntity).sees(`name="seen" value="` + seen + `"`) // a slip is not a look
	ada.post(e+"/edit", planned("capacity", "9", "seen", seen, "time", "16:00", "note", "Tea first.")...).is(http.StatusConflict).
		sees("Somebody else changed this webinar meanwhile").sees("<b>Note to those who wait:</b> Coffee first.").sees("<b>Seats:</b> 2").sees("Tea first.</textarea>").sees(`value="9"`).
		misses("<b>Theme:</b>").misses("<b>Speakers:</b>").misses("<b>Registration page:</b>").misses("<b>Description:</b>").sees(`name="seen" value="` + ada.seen(e) + `"`)
	ada.post(e+"/edit", planned("capacity", "2", "seen", ada.seen(e), "time", "16:00", "registration", "")...).is(http.StatusSeeOther)
	ada.get(e).sees("2 registered of 2 seats").sees("/r/" + ada.slugOf(e)).sees(e + "/registrants") // they are still there
}

// Whoever plans webinars learns that nobody has said where mail goes.
func TestHomeTellsOfMailThatIsNotSetUp(t *testing.T) {
	t.Parallel()
	start(t).host("ada", false).get("/").sees("No mail server is set up")
	start(t, func(c *Config) { c.MailDir = t.TempDir() }).host("ada", false).get("/").misses("No mail server is set up")
}

// Looking at a webinar changes nothing.
func TestLookingAtAWebinarWritesNothing(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	e := ada.event()
	ada.post(e+"/fields", "label", "Where?", "kind", "text").is(http.StatusSeeOther)
	waitQuiet(h)
	before := h.keep.TXID()
	for _, path := range []string{"/webinars", "/events/new", e, e + "?open=start", e + "?open=cancel", e + "/edit", e + "/fields", e + "/fields/" + ada.fieldIDs(e)[0], e + "/links/host", e + "/start", e + "/cancel"} {
		for _, p := range []*browser{ada, h.browser()} {
			p.get(path)
			p.send("HEAD", path, nil, nil)
		}
	}
	if after := h.keep.TXID(); after != before {
		t.Errorf("pages wrote: transaction %d before, %d after", before, after)
	}
}

func TestFieldsInOrder(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	e := ada.event()
	add := func(label, kind string, more ...string) {
		ada.post(e+"/fields", append([]string{"label", label, "kind", kind}, more...)...).is(http.StatusSeeOther)
	}
	add("What do you work on?", "choice", "options", "My own home\r\n\r\nTeaching\r\nTeaching")
	add("A question <b>for</b> Ingrid", "long")
	add("Keep my answers", "consent")
	for _, wrong := range [][3]string{{" ", "text", "Write what you want to ask."}, {"Which?", "choice", "at least two answers"}, {"Which?", "slider", "Choose how the question is answered."}} {
		ada.post(e+"/fields", "label", wrong[0], "kind", wrong[1], "options", "One").is(http.StatusUnprocessableEntity).sees(wrong[2])
	}
	want := []string{"What do you work on?", "A question &lt;b&gt;for&lt;/b&gt; Ingrid", "Keep my answers"}
	same := func(when string) {
		t.Helper()
		if got := ada.fieldLabels(e); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", when, got, want)
		}
	}
	same("as added")
	ids := ada.fieldIDs(e)
	ada.post(e+"/fields/order", "up", ids[2]).is(http.StatusSeeOther).to(e + "/fields?moved=up-" + ids[2])
	want = []string{want[0], want[2], want[1]}
	same("up")
	ada.get(e + "/fields?moved=up-" + ids[2]).sees(`aria-label="Move up, Keep my answers" autofocus`)
	ada.post(e+"/fields/order", "up", ids[0]).is(http.StatusSeeOther) // as far up as it goes
	same("nothing")
	ada.post(e+"/fields/order", "order", strings.Join([]string{ids[1], ids[0], ids[2]}, ",")).is(http.StatusSeeOther)
	want = []string{want[2], want[0], want[1]}
	same("dragged")
	ada.post(e+"/fields/order", "up", "never").is(http.StatusUnprocessableEntity)
	ada.get(e + "/fields/" + ids[0]).sees("My own home\nTeaching</textarea>")
	ada.post(e+"/fields/"+ids[0], "label", "Where do you teach?", "kind", "text", "required", "yes").is(http.StatusSeeOther)
	ada.get(e).sees("Where do you teach?").sees("Text, required").sees("Consent, required")
	ada.post(e + "/fields/" + ids[0] + "/delete").is(http.StatusSeeOther)
	ada.get(e).misses("Where do you teach?")
	ada.get(e + "/fields/" + ids[0]).is(http.StatusNotFound)
	ada.post(e+"/fields/"+ids[0], "label", "Back?", "kind", "text").is(http.StatusConflict)
}

var fieldRow = regexp.MustCompile(`data-field="([^"]+)"[^>]*><div class="grow"><b>([^<]*)</b>`)

func (b *browser) fieldLabels(event string) (list []string) {
	for _, m := range fieldRow.FindAllStringSubmatch(b.get(event+"/fields").body, -1) {
		list = append(list, m[2])
	}
	return list
}

func (b *browser) fieldIDs(event string) (list []string) {
	for _, m := range fieldRow.FindAllStringSubmatch(b.get(event+"/fields").body, -1) {
		list = append(list, m[1])
	}
	return list
}

// Titles are shown as they are, wherever they stand, and break nothing.
func TestHostileTitles(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	for _, title := range []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'; DROP TABLE event; --`, "Ünïcödé 🎈 ٱلسَّلَامُ", `{{.}} ${7*7}`, strings.Repeat("W", 80)} {
		e := ada.event("title", title, "description", title, "note", title)
		for _, path := range []string{"/", "/webinars", e, e + "/edit", e + "/fields", e + "?open=cancel"} {
			ada.get(path).is(http.StatusOK).misses("<script>alert").misses("<img src=x")
		}
		if _, err := url.Parse(ada.get(e + "/links/participant").body); err != nil {
			t.Error(err)
		}
	}
	ada.post("/events", planned("title", "a\u202eb\nc")...).is(http.StatusSeeOther)
	ada.get("/webinars").misses("\u202e")
}

func TestADoubleClickIsOneEvent(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	first := ada.post("/events", planned("once", "k")...).is(http.StatusSeeOther)
	ada.post("/events", planned("once", "k")...).is(http.StatusSeeOther).to(first.header.Get("Location"))
	if n := strings.Count(ada.get("/").body, `class="event"`); n != 1 {
		t.Errorf("%d tiles", n)
	}
}

// A missed webinar is shown for a day, and can still be started; then it is not shown any more, and has to be moved first.
func TestMissed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(offset time.Duration) *house {
		return startIn(t, Config{Data: Data{dir}, Listen: "127.0.0.1:0", ClockOffset: offset})
	}
	h := at(0)
	ada := h.host("ada", false)
	day := time.Now().UTC().AddDate(0, 0, 1)
	e := ada.event("date", day.Format(time.DateOnly), "time", day.Format("15:04"), "zone", "UTC", "registration", "")
	h.end()

	h = at(25*time.Hour + 30*time.Minute)
	ada = h.again("ada")
	ada.get("/").sees("Missed").sees("Start webinar, Light in small rooms")
	ada.get(e).sees("Nobody started it").sees("Start webinar")
	ada.get(e + "/edit").is(http.StatusOK)
	h.end()

	h = at(50 * time.Hour)
	ada = h.again("ada")
	ada.get("/").misses("Light in small rooms")
	ada.get(e).is(http.StatusOK).misses("/start\"")
	ada.post(e + "/start").is(http.StatusConflict).sees("long past")
	ada.post(e+"/edit", planned("date", day.AddDate(0, 0, 30).Format(time.DateOnly), "seen", ada.seen(e))...).is(http.StatusSeeOther)
	ada.get("/").sees("Start webinar, Light in small rooms")
}

// again signs a browser in to an account that is there already.
func (h *house) again(name string) *browser {
	h.t.Helper()
	b := h.browser()
	b.post("/sign-in", "email", name+"@example.org", "password", password).is(http.StatusSeeOther)
	return b
}

// registers claims a seat without the page of another person.
func (h *house) registers(slug, email string) {
	h.t.Helper()
	in := store.Registering{Slug: slug, Email: email, Name: "Zoë", Zone: "Europe/Berlin"}
	if _, err := store.Register.Do(h.t.Context(), h.store, store.By{Token: meet.HashToken(email)}, in); err != nil {
		h.t.Fatal(err)
	}
}

package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"foyer/meet"
)

// fieldsOf is what a browser would send of a page's forms if nobody touched them.
func fieldsOf(t *testing.T, page string) map[string]string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]string{}
	for n := range root.Descendants() {
		attr := map[string]string{}
		for _, a := range n.Attr {
			attr[a.Key] = a.Val
		}
		_, checked := attr["checked"]
		switch {
		case n.Type != html.ElementNode, attr["name"] == "":
		case n.Data == "input" && (attr["type"] != "radio" && attr["type"] != "checkbox" || checked):
			fields[attr["name"]] = attr["value"]
		case n.Data == "textarea" && n.FirstChild != nil:
			fields[attr["name"]] = n.FirstChild.Data
		}
	}
	return fields
}

// A webinar may end while its host is about to cancel it. The dialog is gone then; what it has to say is not.
func TestARefusedCancelSaysWhy(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	e := ada.plans("Talk")
	h.changes(e, `started_at = ?, ended_at = ?`, h.clock().Add(-time.Hour).UnixMilli(), h.clock().UnixMilli())
	page := ada.post("/events/"+string(e.ID)+"/cancel", "message", "Next <year>.\nSorry").is(http.StatusConflict)
	page.sees("This webinar is over.").sees("Next &lt;year&gt;.\nSorry").misses(`id="d-cancel"`)
	ada.post("/events/" + string(e.ID) + "/cancel").is(http.StatusConflict).sees("This webinar is over.").misses("was not sent")
	open := ada.plans("Open talk")
	if n := strings.Count(ada.post("/events/"+string(open.ID)+"/cancel", "message", strings.Repeat("x", 501)).is(http.StatusUnprocessableEntity).body, "at most 500 characters"); n != 1 {
		t.Errorf("said %d times", n)
	}
}

// Without knowing whose clock it is nobody can say "your time".
func TestALobbyBeforeTheStartKnowsWhoseTimeItTells(t *testing.T) {
	t.Parallel()
	h := start(t)
	e := h.host("ada", false).planned("Talk", time.Hour)
	path := "/r/" + e.Slug
	for _, zone := range []string{"", "Mars/Olympus", "Local", "right/Europe/Berlin"} {
		h.browser().reads(zone).get(path).is(http.StatusOK).misses("Your time").sees("Organiser&#39;s time: ").sees("(Europe/Berlin, UTC+")
	}
	h.browser().reads("Asia/Kolkata").get(path).sees("Your time: ").sees("(Asia/Kolkata, UTC+05:30)").sees("Organiser&#39;s time: ")
	h.browser().reads("UTC").get(path).sees("Your time: ").sees("(UTC)").sees("Organiser&#39;s time: ")
}

// A kept zone that depends on the machine, or is none, is read as UTC on every page and in the exported list.
func TestAKeptZoneThatIsNone(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	e := ada.plans("Talk")
	h.registers(e.Slug, "zoe@attendee.example")
	for _, zone := range []string{"EST", "Local", "Mars/Olympus"} {
		h.changes(e, `zone = ?`, zone)
		page := "/events/" + string(e.ID)
		ada.get(page).is(http.StatusOK).sees(e.Starts.UTC().Format("Mon 2 Jan 2006, 15:04") + "–" + e.Ends().UTC().Format("15:04") + ", UTC</time>")
		if rows := ada.get(page + "/registrants.csv").table(); !strings.HasSuffix(rows[1][3], "Z") {
			t.Errorf("%s: registered at %s", zone, rows[1][3])
		}
	}
}

// A page of webinars only, searched for what is not there, says so and leads back.
func TestNothingFoundIsSaid(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	for range 8 {
		ada.planned("Talk", 48*time.Hour)
	}
	const line = `<p class="muted" id="none">`
	ada.get("/?q=orchard").sees(line).sees("“<b>orchard</b>”").sees(`<a class="link" href="/">Show all</a>`)
	ada.get("/?q=tal").misses(line)
	ada.get("/").misses(line)
	ada.room("Kiosk", "meeting")
	ada.get("/?q=orchard").sees(line).misses("No room is called")
	ada.get("/?q=kio").misses(line)
}

// What begins with a line break begins with one when the form comes back: browsers swallow the first one of a text.
func TestAnAnswerKeepsItsFirstLineBreak(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	e := ada.plans("Talk")
	long := ada.asks(e, meet.Field{Kind: meet.FieldLong, Label: "Tell us"})
	page := h.browser().post("/e/"+e.Slug, "email", "nobody", "name", "Zoë", long.Name(), "\nIn the second line").is(http.StatusUnprocessableEntity)
	if got := fieldsOf(t, page.body)[long.Name()]; got != "\nIn the second line" {
		t.Errorf("kept %q", got)
	}
	page.misses(`aria-describedby="h-` + long.Name()).sees(`rows="3"`)
}

// The message about a choice belongs to it: who hears the page gets it with the group.
func TestChoicesNameTheirMessage(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	r := ada.room("Office", "meeting")
	for path, field := range map[string]string{"/rooms/" + string(r.ID) + "/invitations": "role", "/rooms": "theme"} {
		page := ada.post(path, "name", "Zoë", "email", "zoe@attendee.example", field, "king").is(http.StatusUnprocessableEntity)
		page.sees(`<p class="err" id="e-` + field + `">`).sees(`aria-describedby="e-` + field + `"`)
		ada.get(map[string]string{"role": path, "theme": "/rooms/new"}[field]).misses("e-" + field)
	}
	e := ada.planned("Talk", 48*time.Hour)
	asked := ada.post("/events", planned("theme", "circus")...).is(http.StatusUnprocessableEntity)
	asked.sees(`<p class="err" id="e-theme">`).sees(`aria-describedby="e-theme"`)
	asked = ada.post("/events/"+string(e.ID)+"/fields", "label", "Which?", "kind", "riddle").is(http.StatusUnprocessableEntity)
	asked.sees(`<p class="err" id="e-kind">`).sees(`aria-describedby="e-kind"`)
}

// One long answer is shown by its beginning; all of it opens from there.
func TestALongAnswerShowsWhatItSays(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	e := ada.plans("Talk")
	f := ada.asks(e, meet.Field{Kind: meet.FieldLong, Label: "What for?"})
	answer := "Teaching, and from time to time <a church> that nobody lit before, in the north"
	h.register(e.Event, "Hanna", "hanna@attendee.example", map[meet.ID]string{f.ID: answer})
	list := "/events/" + string(e.ID) + "/registrants"
	ada.get(list).misses("1 answer").sees(">Teaching, and from time to time &lt;a church&gt; that nobody lit…</button>").sees(">" + html.EscapeString(answer) + "</dd>")
	ada.asks(e, meet.Field{Kind: meet.FieldText, Label: "Since when?"})
	ada.get(list).sees(`aria-label="1 answer, Hanna">1 answer</button>`) // which of both it answers, the opened list says
}

// typedForms are forms of webinars with all that can be typed into them, by their path below an event.
func typedForms(field meet.ID) map[string][]string {
	long := strings.Repeat("Über das Licht in kleinen Räumen, ", 110) + "Ende."
	day := time.Now().AddDate(0, 0, 9).Format(time.DateOnly)
	event := []string{"title", "Licht & <Luft>", "description", "\n" + long, "date", day, "time", "17:45", "duration", "95", "zone", "Asia/Kolkata", "theme", "meeting",
		"capacity", "12", "closes", day + "T12:00", "speakers", "Ingrid, designer\nBob", "note", "Gleich.\n\nWirklich."}
	question := []string{"label", "Which one?", "kind", "choice", "options", "This\nThat"}
	return map[string][]string{
		"/events": event, "/edit": append(event, "message", "We moved.\nSorry", "seen", "5"), "/cancel": {"message", "Next year.\nSorry"},
		"/duplicate": {"title", "Once more", "date", day, "time", "08:15"}, "/fields": question, "/fields/" + string(field): question,
	}
}

// A sign-in that was over when a form of a webinar was sent leads back to that form with everything that was typed.
func TestNoWebinarIsLostToASignIn(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	e := ada.plans("Talk")
	h.registers(e.Slug, "zoe@attendee.example") // somebody to tell
	field := ada.asks(e, meet.Field{Kind: meet.FieldText, Label: "Who?", Required: true}).ID
	for below, typed := range typedForms(field) {
		path := below
		if below != "/events" {
			path = "/events/" + string(e.ID) + below
		}
		asked := h.browser().post(path, append([]string{"once", "k"}, typed...)...).is(http.StatusSeeOther)
		to := asked.header.Get("Location")
		next := mustURL(t, to).Query().Get("next")
		if len(to) > 8000 {
			t.Errorf("%s: an address of %d bytes, which servers in between refuse", below, len(to))
		}
		b := h.browser()
		hidden := fieldsOf(t, b.get(to).is(http.StatusOK).body)["next"]
		if hidden != next {
			t.Errorf("%s: the sign-in page leads to %q", below, hidden)
		}
		b.post("/sign-in", "email", "ada@example.org", "password", password, "next", hidden).is(http.StatusSeeOther).to(next)
		page := b.get(next).is(http.StatusOK)
		got := fieldsOf(t, page.body)
		for name, want := range form(typed...) {
			if got[name] != want[0] {
				t.Errorf("%s: %s is %.80q, typed was %.80q", below, name, got[name], want[0])
			}
		}
		for _, box := range []string{"registration", "required"} {
			if got[box] != "" {
				t.Errorf("%s: %s is ticked again", below, box)
			}
		}
	}
}

// What no form said opens none, and what is too long for an address loses its longest part only.
func TestWhatIsLeftOfAFormIsBounded(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	for _, left := range []string{"x", "%00", "AAAA", strings.Repeat("A", 9000), "7c0xDQAACACx7Qm0"} {
		ada.get("/events/new?left=" + left).is(http.StatusOK).sees("Plan a webinar")
	}
	var noise strings.Builder
	for i := range 4000 {
		noise.WriteRune(rune(0x4e00 + i*7919%20000))
	}
	to := h.browser().post("/events", planned("description", noise.String(), "note", "Short")...).is(http.StatusSeeOther).header.Get("Location")
	page := ada.get(mustURL(t, to).Query().Get("next")).is(http.StatusOK).sees("Short").sees(`value="Light in small rooms"`)
	if got := fieldsOf(t, page.body)["description"]; len(to) > 8000 || !strings.HasPrefix("\n"+noise.String(), got) {
		t.Errorf("%d bytes, description %.60q", len(to), got)
	}
}

package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"foyer/store"
)

// Who comes early is counted on the page of the event at once.
func TestEarlyPeopleOnTheEventsPage(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	e := ada.planned("Talk", 12*time.Minute)
	page := ada.listen("/events/" + string(e.ID) + "/stream")
	page.until("", "Start webinar")
	h.browser().early(e, "Zoë")
	page.until("", "1 person waits for the start")
}

// A crowd that comes in is a few pictures of the page, not one for each.
func TestTheEventsPageHasAPace(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	e := ada.planned("Talk", 12*time.Minute)
	ada.post("/r/" + e.Slug + "/start").is(http.StatusSeeOther)
	page := ada.listen("/events/" + string(e.ID) + "/stream")
	page.until("", "Live, 0 people inside")
	began, people := time.Now(), 60
	for i := range people {
		h.browser().post("/r/"+e.Slug, "name", fmt.Sprintf("Guest %d", i)).is(http.StatusSeeOther)
	}
	pictures := 0
	for {
		ev := page.next()
		if strings.Contains(ev.data, `id="standing"`) {
			pictures++
		}
		if strings.Contains(ev.data, fmt.Sprintf("Live, %d people inside", people)) {
			break
		}
	}
	if most := 3 + int(time.Since(began)/(500*time.Millisecond)); pictures > most {
		t.Errorf("%d pictures of %d people, at most %d were due", pictures, people, most)
	}
	ada.post("/sign-out").is(http.StatusSeeOther)
	page.until("done", "/sign-in")
}

// A page that slept through the end of what it shows is led away when it comes back, instead of being refused for ever.
func TestPagesComeBackToNothing(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	e, r := ada.planned("Talk", 12*time.Minute), ada.room("Office", "meeting")
	ada.post("/events/" + string(e.ID) + "/delete").is(http.StatusSeeOther)
	ada.post("/rooms/" + string(r.ID) + "/delete").is(http.StatusSeeOther)
	for path, to := range map[string]string{"/events/" + string(e.ID) + "/stream": "/webinars", "/events/" + string(e.ID) + "/registrants/stream": "/", "/rooms/" + string(r.ID) + "/invitations/stream": "/"} {
		back := ada.listen(path, "Last-Event-ID", "1")
		if back.res.StatusCode != http.StatusOK {
			t.Errorf("%s: %d for a page that comes back", path, back.res.StatusCode)
			continue
		}
		back.until("done", to)
		back.ends()
		if first := ada.listen(path); first.res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d for a page that never was there", path, first.res.StatusCode)
		}
	}
}

// So is one whose browser was signed out meanwhile.
func TestPagesComeBackSignedOut(t *testing.T) {
	t.Parallel()
	h := start(t)
	for _, path := range []string{"/stream", "/stream?only=webinars"} {
		back := h.browser().listen(path, "Last-Event-ID", "1")
		back.until("done", "/sign-in")
		back.ends()
	}
}

// A webinar that nobody started is missed when its time is over, on pages that were there and on those that come later.
func TestMissedOnTheDashboard(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	e := ada.planned("Talk", 12*time.Minute)
	h.write(store.HomeTopic(e.Owner), `UPDATE event SET starts_at = ?, minutes = 5 WHERE room = ?`, h.clock().Add(3*time.Second-5*time.Minute).UnixMilli(), e.ID)
	home := ada.listen("/stream")
	if first := home.until("", `id="events"`); strings.Contains(first.data, "Missed") {
		t.Fatal("missed before its time is over")
	}
	home.until("", "Missed")
	later := ada.listen("/stream")
	if first := later.until("", `id="events"`); !strings.Contains(first.data, "Missed") {
		t.Errorf("a page that came later shows %s", first.data)
	}
}

package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"foyer/calendar"
	"foyer/meet"
	"foyer/store"
)

// A personal link leads in and writes nothing, whoever opens it and however often; its pages say what is so.
func TestPersonalLink(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	e := ada.plans("Light in small rooms")
	token := h.seat(e, "zoe@attendee.example")
	waitQuiet(h)
	before := h.keep.TXID()
	for range 3 {
		scanner := h.browser()
		for _, path := range []string{"", "/seat", "/cancel", "/invite.ics"} {
			scanner.get("/j/" + token + path)
		}
	}
	zoe := h.browser()
	in := zoe.get("/j/" + token).is(http.StatusSeeOther).to("/r/" + e.Slug)
	if in.header.Get("Referrer-Policy") != "same-origin" {
		t.Error("the way in may tell its address")
	}
	zoe.get("/r/" + e.Slug).is(http.StatusOK).sees(`value="Zoë"`).misses(token)
	if now := h.keep.TXID(); now != before {
		t.Errorf("opening links wrote %d times", now-before)
	}
	zoe.get("/j/" + token + "/seat").is(http.StatusOK).sees("Your seat").sees("Cancel my seat").sees("No invite in your mail?").sees("https://calendar.google.com/").sees("stays as it is").
		sees(`rel="noreferrer noopener"`)
	file := zoe.get("/j/" + token + "/invite.ics").is(http.StatusOK).sees("METHOD:PUBLISH\r\n").sees("SUMMARY:Light in small rooms").misses("ATTENDEE")
	for name, want := range map[string]string{"Cache-Control": "no-store", "Content-Disposition": `attachment; filename="invite.ics"`, "Content-Type": "text/calendar; charset=utf-8"} {
		if got := file.header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	never := zoe.get("/e/never")
	for _, bad := range []string{strings.Repeat("a", 26), token[:25], token + "a", strings.ToUpper(token), strings.Repeat("x", 5000)} {
		for _, path := range []string{"/j/" + bad, "/j/" + bad + "/seat", "/j/" + bad + "/invite.ics", "/u/" + bad} {
			if got := zoe.get(path).is(http.StatusNotFound); got.body != never.body {
				t.Error(path, "is another not-here page")
			}
		}
		zoe.post("/j/" + bad + "/cancel").is(http.StatusNotFound)
		zoe.post("/u/" + bad).is(http.StatusNotFound)
	}
	if log := h.log.String(); strings.Contains(log, token) {
		t.Error("the link is in the log")
	}
}

func TestGivingASeatBack(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, zoe := h.host("ada", false), h.browser()
	e := ada.plans("Talk", func(f *store.EventFacts) { f.Capacity = 1 })
	token := h.seat(e, "zoe@attendee.example")
	next := h.browser()
	next.get("/e/" + e.Slug).is(http.StatusOK).sees("Register for the wait list").sees("All seats are taken")
	next.post("/e/"+e.Slug, "email", "next@attendee.example", "name", "Next").is(http.StatusSeeOther).to("/e/" + e.Slug + "/done?wait=yes")
	next.get("/e/" + e.Slug + "/done?wait=yes").is(http.StatusOK).sees("on the wait list")
	waits := h.letters()[0].Token
	next.get("/j/" + waits).is(http.StatusOK).sees("on the wait list").sees("Leave the wait list")
	next.get("/j/" + waits + "/invite.ics").is(http.StatusSeeOther)
	zoe.get("/j/" + token + "/cancel").is(http.StatusOK).sees("Give your seat back?").sees("<dialog")
	zoe.send("POST", "/j/"+token+"/cancel", url.Values{}, map[string]string{"Sec-Fetch-Site": "cross-site"}).is(http.StatusForbidden)
	for range 2 {
		zoe.post("/j/" + token + "/cancel").is(http.StatusSeeOther).to("/j/" + token + "/seat")
	}
	zoe.get("/j/" + token + "/seat").is(http.StatusOK).sees("You gave your seat back").sees("Register again")
	zoe.get("/j/" + token).is(http.StatusOK).sees("You gave your seat back")
	zoe.get("/j/" + token + "/cancel").is(http.StatusSeeOther)
	if list := h.letters(); len(list) != 2 { // it is taken out of one calendar, and somebody else is in
		t.Errorf("%d letters", len(list))
	}
	next.get("/j/" + waits).is(http.StatusSeeOther).to("/r/" + e.Slug)
	h.ago(e, 2*time.Hour)
	next.post("/j/" + waits + "/cancel").is(http.StatusSeeOther)
	if seat, err := h.store.Seat(t.Context(), waits); err != nil || !seat.Registration.Holds() || len(h.letters()) > 0 {
		t.Error("a seat at what is past was given back:", seat.Registration.State, err)
	}
}

// What a link says that leads in no more.
func TestSeatCards(t *testing.T) {
	t.Parallel()
	h := start(t, func(c *Config) { c.Contact = "help@foyer.example" })
	ada := h.host("ada", false)
	over := func(e store.Public) {
		does(ada, store.StartEvent, store.Starting{Slug: e.Slug})
		h.changes(e, `ended_at = ?`, h.clock().UnixMilli())
	}
	for says, happens := range map[string]func(e store.Public, token string){
		"This webinar was cancelled":   func(e store.Public, _ string) { does(ada, store.CancelEvent, store.Cancelling{Event: e.ID}) },
		"called it off":                func(e store.Public, _ string) { does(ada, store.DeleteEvent, e.ID) },
		"This webinar is over":         func(e store.Public, _ string) { over(e) },
		"This webinar was not started": func(e store.Public, _ string) { h.ago(e, 2*time.Hour) },
		"This seat was taken back": func(e store.Public, token string) {
			seat, err := h.store.Seat(t.Context(), token)
			if err != nil {
				t.Fatal(err)
			}
			does(ada, store.RemoveRegistrant, store.Registrant{Event: e.ID, Registration: seat.Registration.ID})
		},
		"Thank you for coming": func(e store.Public, token string) {
			does(ada, store.StartEvent, store.Starting{Slug: e.Slug})
			zoe := h.browser()
			zoe.get("/j/" + token).is(http.StatusSeeOther)
			zoe.post("/r/"+e.Slug, "name", "Zoë").is(http.StatusSeeOther)
			h.changes(e, `ended_at = ?`, h.clock().UnixMilli())
		},
	} {
		e := ada.plans("Talk")
		token := h.seat(e, "zoe@attendee.example")
		happens(e, token)
		for _, path := range []string{"", "/seat"} {
			h.browser().get("/j/" + token + path).is(http.StatusOK).sees(says).sees("Ask ada").sees("help@foyer.example").sees("osted by ada").misses("calendar.google").misses("Cancel my seat")
		}
		h.letters()
	}
}

// Reminders stop by a button, or by what mail providers send for it (RFC 8058): no cookie, no origin, no redirect.
func TestStoppingReminders(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	e := ada.plans("Talk")
	for _, oneClick := range []bool{true, false} {
		email := map[bool]string{true: "one@attendee.example", false: "two@attendee.example"}[oneClick]
		token := h.seat(e, email)
		seat, err := h.store.Seat(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		path := "/u/" + h.store.QuietToken(seat.Registration.ID)
		zoe := h.browser()
		for range 2 {
			zoe.get(path).is(http.StatusOK).sees("Stop reminders").sees("No more reminders?")
		}
		if oneClick {
			provider := h.browser()
			provider.client.Jar = nil
			provider.send("POST", path, form("List-Unsubscribe", "One-Click"), nil).is(http.StatusOK)
		} else {
			zoe.post(path).is(http.StatusSeeOther).to(path)
		}
		zoe.get(path).is(http.StatusOK).misses("Stop reminders").sees("You keep your seat")
		if seat, err = h.store.Seat(t.Context(), token); err != nil || seat.Registration.Reminders || !seat.Registration.Holds() {
			t.Errorf("afterwards it is %+v, %v", seat.Registration, err)
		}
	}
}

func TestHostFeed(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, bob, nobody := h.host("ada", false), h.host("bob", false), h.browser()
	next := ada.plans("Next week")
	off := ada.plans("Called off")
	past, old := ada.plans("Last month"), ada.plans("Last year")
	bob.plans("Of somebody else")
	h.seat(next, "zoe@attendee.example")
	does(ada, store.CancelEvent, store.Cancelling{Event: off.ID})
	h.ago(past, 30*24*time.Hour)
	h.ago(old, 300*24*time.Hour)
	ada.get("/account").is(http.StatusOK).sees("Make a calendar link")
	nobody.post("/account/feed").is(http.StatusSeeOther)
	path := func() string {
		h.t.Helper()
		ada.post("/account/feed").is(http.StatusSeeOther)
		page := ada.get("/account?done=feed").is(http.StatusOK).sees("Renew link").sees("webcal://")
		return "/cal/" + between(page.body, "/cal/", ".ics") + ".ics"
	}
	first := path()
	feed := nobody.get(first).is(http.StatusOK).sees("SUMMARY:Next week").sees("SUMMARY:Called off").sees("STATUS:CANCELLED").sees("SUMMARY:Last month").misses("Last year").
		misses("somebody else").misses("attendee.example").misses("Zoë").sees("UID:" + calendar.FeedPrefix + string(next.ID)).sees("/events/" + string(next.ID))
	tag := feed.header.Get("ETag")
	if tag == "" || feed.header.Get("Set-Cookie") != "" {
		t.Error(feed.header)
	}
	for _, has := range []string{tag, "W/" + tag, `"other", ` + tag} {
		if again := nobody.send("GET", first, nil, map[string]string{"If-None-Match": has}).is(http.StatusNotModified); again.body != "" || again.header.Get("ETag") != tag {
			t.Error(again.header)
		}
	}
	nobody.send("GET", first, nil, map[string]string{"If-None-Match": `"other"`}).is(http.StatusOK)
	h.changes(off, `cancelled_at = ?`, h.clock().Add(-31*24*time.Hour).UnixMilli())
	if nobody.get(first).misses("Called off").header.Get("ETag") == tag {
		t.Error("another feed has the same tag")
	}
	second := path()
	never := nobody.get("/e/never")
	id, _, _ := strings.Cut(strings.TrimPrefix(first, "/cal/"), "-")
	for _, bad := range []string{first, strings.TrimSuffix(second, ".ics"), "/cal/.ics", "/cal/-.ics", "/cal/" + id + ".ics", "/cal/" + id + "-.ics", "/cal/" + id + "-" + strings.Repeat("a", 26) + ".ics"} {
		if got := nobody.get(bad).is(http.StatusNotFound); got.body != never.body {
			t.Error(bad, "is another not-here page")
		}
	}
	nobody.get(second).is(http.StatusOK)
	if strings.Contains(h.log.String(), strings.TrimPrefix(second, "/cal/")) {
		t.Error("the address is in the log")
	}
	if _, err := store.SetActive.Do(t.Context(), h.store, h.host("root", true).by(), store.Activity{Account: meet.ID(id)}); err != nil {
		t.Fatal(err)
	}
	nobody.get(second).is(http.StatusNotFound)
}

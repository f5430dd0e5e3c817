package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"foyer/meet"
	"foyer/store"
)

// planned is an event of this host's account, made as its form makes it.
func (b *browser) planned(title string, in time.Duration, change ...func(*store.EventFacts)) meet.Event {
	b.h.t.Helper()
	starts := b.h.clock().Add(in).Truncate(time.Minute).UTC()
	f := store.EventFacts{Title: title, Theme: string(meet.Webinar), When: meet.When{Date: starts.Format(time.DateOnly), Clock: starts.Format("15:04"), Zone: "Europe/Berlin", Starts: starts, Length: time.Hour}}
	for _, c := range change {
		c(&f)
	}
	id, err := store.CreateEvent.Do(b.h.t.Context(), b.h.store, b.by(), f)
	if err != nil {
		b.h.t.Fatal(err)
	}
	e, err := b.h.store.EventOf(b.h.t.Context(), id)
	if err != nil {
		b.h.t.Fatal(err)
	}
	return e
}

// by is this browser as a verb knows it.
func (b *browser) by() store.By {
	b.h.t.Helper()
	u, err := url.Parse(b.h.url)
	if err != nil {
		b.h.t.Fatal(err)
	}
	for _, c := range b.client.Jar.Cookies(u) {
		if c.Name == "foyer" {
			return store.By{Token: meet.HashToken(c.Value)}
		}
	}
	b.h.t.Fatal("no cookie")
	return store.By{}
}

// early waits for an event to be started, as the lobby's form and the waiting page do.
func (b *browser) early(e meet.Event, name string) *ear {
	b.h.t.Helper()
	b.post("/r/"+e.Slug, "name", name).is(http.StatusSeeOther).to("/r/" + e.Slug + "/wait")
	waiting := b.listen("/r/" + e.Slug + "/wait/stream")
	waiting.until("wait", "Waiting for host")
	return waiting
}

func TestWaitingForAnEventToStart(t *testing.T) {
	h := start(t)
	ada, zoe, bob := h.host("ada", false), h.browser(), h.browser()
	e := ada.planned("Light in small rooms", 12*time.Minute, func(f *store.EventFacts) { f.Note = "Bring a cloth." })
	zoe.get("/r/" + e.Slug).is(http.StatusOK).sees("In 12 minutes").sees("Join room").misses("Ask to join")
	first := zoe.early(e, "Zoë")
	second := bob.early(e, "Bob")
	bob.get("/r/" + e.Slug + "/wait").is(http.StatusOK).sees("Bring a cloth.").sees("1 other is").sees("Light in small rooms")
	ada.get("/").misses("Zoë") // nobody knocks

	ada.post("/r/"+e.Slug, "name", "Ada").is(http.StatusSeeOther).to("/r/" + e.Slug + "/live")
	backstage := ada.listen("/r/" + e.Slug + "/stream?tab=a")
	backstage.until("head", "2 people wait")
	if live, err := h.store.CallLive(t.Context(), e.ID); live || err != nil {
		t.Error("backstage counts as a call", err)
	}
	zoe.post("/r/" + e.Slug + "/start").is(http.StatusNotFound)
	ada.post("/r/" + e.Slug + "/start").is(http.StatusSeeOther).to("/r/" + e.Slug + "/live")
	for _, waiting := range []*ear{first, second} {
		waiting.leads("/r/" + e.Slug + "/live")
	}
	zoe.get("/r/" + e.Slug + "/live").is(http.StatusOK)
	late := h.browser()
	late.post("/r/"+e.Slug, "name", "Late").is(http.StatusSeeOther).to("/r/" + e.Slug + "/live")
	ada.post("/r/" + e.Slug + "/end").is(http.StatusSeeOther)
	backstage.leads("/ended?room=" + e.Slug + "&why=over")
	h.browser().get("/r/" + e.Slug).is(http.StatusOK).sees("This webinar is over.").misses("Join room")
}

// Who is sent out backstage left something that has not begun; it is not over.
func TestSentOutBackstage(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, sam := h.host("ada", false), h.browser()
	e := ada.planned("Talk", 12*time.Minute)
	id, link := ada.invites(e.ID, "Sam", "sam@speaker.example", "speaker")
	sam.get(link).is(http.StatusSeeOther)
	sam.post("/r/"+e.Slug, "name", "Sam").is(http.StatusSeeOther).to("/r/" + e.Slug + "/live")
	backstage := sam.listen("/r/" + e.Slug + "/stream?tab=a")
	backstage.until("list", "Sam")
	ada.post("/rooms/" + string(e.ID) + "/invitations/" + string(id) + "/revoke").is(http.StatusSeeOther)
	backstage.leads("/ended?room=" + e.Slug + "&why=left")
}

// A page that slept through the start goes in when it wakes.
func TestAsleepAtTheStart(t *testing.T) {
	h := start(t)
	ada, zoe := h.host("ada", false), h.browser()
	e := ada.planned("Talk", 12*time.Minute)
	zoe.early(e, "Zoë").close()
	ada.post("/r/" + e.Slug + "/start").is(http.StatusSeeOther)
	time.Sleep(meet.AbsentAfter + time.Second) // it is away now
	zoe.listen("/r/" + e.Slug + "/wait/stream").leads("/r/" + e.Slug + "/live")
}

func TestDoorsOfEvents(t *testing.T) {
	h := start(t)
	ada, zoe := h.host("ada", false), h.browser()
	seats := ada.planned("Seats", 12*time.Minute, func(f *store.EventFacts) { f.Registration = true })
	zoe.get("/r/" + seats.Slug).is(http.StatusSeeOther).to("/e/" + seats.Slug)
	zoe.post("/r/"+seats.Slug, "name", "Zoë").is(http.StatusSeeOther)
	ada.get("/r/" + seats.Slug).is(http.StatusOK).sees("Join room").sees("backstage")
	off := ada.planned("Off", 12*time.Minute)
	waiting := zoe.early(off, "Zoë")
	if _, err := store.CancelEvent.Do(t.Context(), h.store, ada.by(), store.Cancelling{Event: off.ID}); err != nil {
		t.Fatal(err)
	}
	waiting.leads("/r/" + off.Slug)
	zoe.get("/r/" + off.Slug).is(http.StatusOK).sees("This webinar was cancelled.")
}

// The clock goes on backstage: what is asked about early is a plain button once it is time.
func TestBackstageTheClockGoesOn(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	e := ada.planned("Talk", time.Hour, func(f *store.EventFacts) { f.When.Starts = h.clock().Add(meet.EarlyStart + 5*time.Second) })
	ada.post("/r/"+e.Slug, "name", "Ada").is(http.StatusSeeOther).to("/r/" + e.Slug + "/live")
	backstage := ada.listen("/r/" + e.Slug + "/stream?tab=a")
	backstage.until("head", "begin in 31 minutes")
	if head := backstage.until("head", "Start webinar"); strings.Contains(head.data, "Start now") {
		t.Errorf("asked once more when it is time: %s", head.data)
	}
	h.browser().early(e, "Zoë")
	if head := backstage.until("head", "1 person waits"); strings.Contains(head.data, "Start now") {
		t.Errorf("asked once more when it is time: %s", head.data)
	}
}

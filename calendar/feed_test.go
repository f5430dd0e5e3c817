package calendar_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"foyer/calendar"

	"github.com/emersion/go-ical"
)

var host = calendar.Person{Name: "Jane Host", Address: "events@webinars.example"}

// shown is a feed with one event to come and one that was cancelled.
func shown() []calendar.FeedEntry {
	first := calendar.FeedEntry{
		UID: "s-k4m2p7q9@webinars.example", Sequence: 1,
		Stamp: at("2026-11-23T18:00:00Z"), Created: at("2026-11-19T10:00:00Z"), Modified: at("2026-11-23T18:00:00Z"),
		Start: at("2027-03-11T15:30:00+01:00"), Duration: 90 * time.Minute,
		Title: "Größe, Tiefe; und «Übersicht»", Description: "What we look at:\r\nslides, then questions",
		Link: "https://webinars.example/events/k4m2p7q9",
	}
	second := first
	second.UID, second.Link = "s-z8x6c4v2@webinars.example", "https://webinars.example/events/z8x6c4v2"
	second.Start, second.Title, second.Cancelled = at("2027-02-01T09:00:00Z"), "First steps", true
	return []calendar.FeedEntry{first, second}
}

func TestFeed(t *testing.T) {
	raw := made(calendar.Feed("Webinars of Jane, Host", host, shown()))(t)
	lines := check(t, raw)
	for _, want := range []string{
		"METHOD:PUBLISH", `NAME:Webinars of Jane\, Host`, `X-WR-CALNAME:Webinars of Jane\, Host`,
		"REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("no %s in\n%s", want, strings.Join(lines, "\n"))
		}
	}
	for _, never := range []string{"ATTENDEE", "VALARM", "mailto:zoe", "/j/", "/h/", ".ics", "SOURCE"} {
		if bytes.Contains(raw, []byte(never)) {
			t.Errorf("%s is in a feed", never)
		}
	}
	events := parse(t, raw)
	if len(events) != 2 {
		t.Fatalf("%d events", len(events))
	}
	for i, want := range []map[string]string{
		{"STATUS": "CONFIRMED", "TRANSP": "OPAQUE", "X-MICROSOFT-CDO-BUSYSTATUS": "BUSY", "SEQUENCE": "1", "DTSTART": "20270311T143000Z", "DTEND": "20270311T160000Z"},
		{"STATUS": "CANCELLED", "TRANSP": "TRANSPARENT", "X-MICROSOFT-CDO-BUSYSTATUS": "FREE", "UID": "s-z8x6c4v2@webinars.example", "LOCATION": "https://webinars.example/events/z8x6c4v2"},
	} {
		for name, v := range want {
			if got := value(t, events[i].Component, name); got != v {
				t.Errorf("event %d: %s is %q, want %q", i, name, got, v)
			}
		}
	}
}

// An empty feed is a calendar all the same, and it shows nothing.
func TestEmptyFeed(t *testing.T) {
	raw := made(calendar.Feed("", host, nil))(t)
	if events := parse(t, raw); len(events) != 0 {
		t.Error(events)
	}
	c, err := ical.NewDecoder(bytes.NewReader(raw)).Decode()
	if err != nil || len(c.Children) != 1 {
		t.Error(c, err)
	}
}

func TestFeedRefuses(t *testing.T) {
	for name, wrong := range map[string]func([]calendar.FeedEntry){
		"UID of an invite":  func(f []calendar.FeedEntry) { f[1].UID = "r-01jd7z6m3q8k@webinars.example" },
		"the same UID":      func(f []calendar.FeedEntry) { f[1].UID = f[0].UID },
		"no link":           func(f []calendar.FeedEntry) { f[1].Link = "" },
		"no title":          func(f []calendar.FeedEntry) { f[1].Title = "" },
		"negative duration": func(f []calendar.FeedEntry) { f[1].Duration = -1 },
	} {
		f := shown()
		wrong(f)
		if raw, err := calendar.Feed("x", host, f); err == nil || raw != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := calendar.Feed("x", calendar.Person{Name: "Jane"}, shown()); err == nil {
		t.Error("without the organizer's address")
	}
}

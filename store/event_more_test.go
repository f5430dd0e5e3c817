package store_test

import (
	"testing"
	"time"

	"foyer/meet"
	"foyer/store"
)

// How many are told is known before they are: everybody of a change, and of a cancellation those whom a letter may have
// reached.
func TestHowManyAreTold(t *testing.T) {
	h := open(t)
	ada := h.host("ada")
	e := ada.event("Talk", h.inDays(7))
	told := func(change, cancel int) {
		t.Helper()
		c, x, err := h.Told(t.Context(), e.ID)
		if err != nil || c != change || x != cancel {
			t.Errorf("told are %d and %d, want %d and %d; %v", c, x, change, cancel, err)
		}
	}
	told(0, 0)
	h.must(h.guest().registers(e, "one@attendee.example"))
	h.post(0, sent(h.post(1))...)
	h.must(h.guest().registers(e, "two@attendee.example"))
	told(2, 1)
	out, err := ada.edits(e, func(f *store.EventFacts) { f.When = h.inDays(8) })
	if err != nil || out.Letters != 2 {
		t.Errorf("the change caused %d letters, %v", out.Letters, err)
	}
	off, err := do(h, ada.by(""), store.CancelEvent, store.Cancelling{Event: e.ID})
	if err != nil || off.Letters != 1 {
		t.Errorf("the cancellation caused %d letters, %v", off.Letters, err)
	}
}

// A seat taken changes the tile on the dashboard, and a webinar that is live stands before those to come.
func TestTilesOfEvents(t *testing.T) {
	h := open(t)
	ada := h.host("ada")
	soon, later := ada.event("Soon", h.inDays(1)), ada.event("Later", h.inDays(5), func(f *store.EventFacts) { f.Registration = false })
	h.must(h.guest().registers(soon, "one@attendee.example"))
	h.must(do(h, ada.by(""), store.StartEvent, store.Starting{Slug: later.Slug}))
	list, err := h.Events(t.Context(), ada.id)
	if err != nil || len(list) != 2 {
		t.Fatalf("%v, %v", list, err)
	}
	if list[0].Name != "Later" || list[1].Registered != 1 {
		t.Errorf("the dashboard shows %s first, and %d registered", list[0].Name, list[1].Registered)
	}
	h.later(24*time.Hour + time.Hour) // the planned end of the first
	if list, _ = h.Events(t.Context(), ada.id); len(list) != 2 || list[1].Phase(h.clock()) != meet.Missed {
		t.Errorf("a missed one is not shown: %v", list)
	}
	h.later(meet.MissedShown)
	if list, _ = h.Events(t.Context(), ada.id); len(list) != 1 {
		t.Errorf("%d are shown a day later", len(list))
	}
}

// One that went on and was called off leaves the dashboard at its planned end, as all do.
func TestCalledOffWhileLive(t *testing.T) {
	t.Parallel()
	h := open(t)
	ada := h.host("ada")
	soon, off := ada.event("Soon", h.inDays(1)), ada.event("Off", h.inDays(2), func(f *store.EventFacts) { f.Registration = false })
	h.must(do(h, ada.by(""), store.StartEvent, store.Starting{Slug: off.Slug}))
	h.must(do(h, ada.by(""), store.CancelEvent, store.Cancelling{Event: off.ID}))
	if list, _ := h.Events(t.Context(), ada.id); len(list) != 2 || list[0].ID != soon.ID {
		t.Errorf("a cancelled one stands first: %v", list)
	}
	h.later(2*24*time.Hour + time.Hour + meet.MissedShown)
	if list, _ := h.Events(t.Context(), ada.id); len(list) != 0 {
		t.Errorf("a cancelled one is shown for ever: %v", list)
	}
}

// Two forms that were made of the same event: the second one is told, whatever the first one changed, within a moment too.
func TestTwoForms(t *testing.T) {
	t.Parallel()
	h := open(t)
	ada := h.host("ada")
	e := ada.event("Talk", h.inDays(7))
	for what, change := range map[string]func(*store.EventFacts){
		"note":         func(f *store.EventFacts) { f.Note = "Coffee first." },
		"capacity":     func(f *store.EventFacts) { f.Capacity = 7 },
		"closing":      func(f *store.EventFacts) { f.Closes = h.clock().Add(time.Hour) },
		"registration": func(f *store.EventFacts) { f.Registration = false },
		"theme":        func(f *store.EventFacts) { f.Theme = string(meet.Meeting) },
		"title":        func(f *store.EventFacts) { f.Title = "Another talk" },
	} {
		e = ada.again(e.ID)
		h.must(ada.edits(e, change))
		_, err := ada.edits(e, func(f *store.EventFacts) { f.Title = "Mine" })
		if meet.CodeOf(err) != meet.Conflict || err == nil {
			t.Errorf("over a new %s was saved: %v", what, err)
		}
	}
	h.must(ada.edits(ada.again(e.ID), func(f *store.EventFacts) { f.Title = "Mine" }))
}

// What an order does not name keeps its place behind; what belongs to another form does not move.
func TestFieldsKeepTheirOrder(t *testing.T) {
	h := open(t)
	ada := h.host("ada")
	e, other := ada.event("Talk", h.inDays(7)), ada.event("Other", h.inDays(8))
	add := func(e meet.Event, label string) meet.ID {
		t.Helper()
		id, err := do(h, ada.by(""), store.SetField, store.EventField{Event: e.ID, Field: meet.Field{Kind: meet.FieldText, Label: label}})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	a, b, c, d := add(e, "A"), add(e, "B"), add(e, "C"), add(e, "D")
	x := add(other, "X")
	labels := func(e meet.Event) (s string) {
		list, err := h.Fields(t.Context(), e.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range list {
			s += f.Label
		}
		return s
	}
	for _, step := range []struct {
		order []meet.ID
		want  string
	}{{[]meet.ID{c, a}, "CABD"}, {[]meet.ID{d}, "DCAB"}, {[]meet.ID{x, b, b}, "BDCA"}, {nil, "BDCA"}, {[]meet.ID{a, b, c, d}, "ABCD"}} {
		h.must(do(h, ada.by(""), store.OrderFields, store.FieldOrder{Event: e.ID, Order: step.order}))
		if got := labels(e); got != step.want {
			t.Errorf("after %v the order is %s, want %s", step.order, got, step.want)
		}
	}
	if labels(other) != "X" {
		t.Error("another form changed")
	}
	h.refused(meet.NotHere, second(do(h, h.host("bob").by(""), store.OrderFields, store.FieldOrder{Event: e.ID, Order: []meet.ID{b}})))
	if labels(e) != "ABCD" {
		t.Error("somebody else ordered them")
	}
}

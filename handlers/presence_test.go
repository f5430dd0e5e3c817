package handlers

import (
	"slices"
	"testing"

	"foyer/meet"
)

// A page in the room says more than one before the door, and either says more than none.
func TestPagesBeforeTheDoorAreNoPagesInside(t *testing.T) {
	p := newPresence(nil, nil)
	says := func(opened, waiting, closed int) {
		t.Helper()
		seen := p.take()
		if len(seen.Opened) != opened || len(seen.Waiting) != waiting || len(seen.Closed) != closed ||
			!slices.Contains(slices.Concat(seen.Opened, seen.Waiting, seen.Closed), meet.ID("bob")) {
			t.Errorf("%+v", seen)
		}
	}
	waits := p.Wait("bob")
	says(0, 1, 0)
	inside := p.Open("bob")
	says(1, 0, 0)
	waits()
	says(1, 0, 0)
	waits = p.Wait("bob") // another tab, left open
	inside()
	says(0, 1, 0)
	waits()
	says(0, 0, 1)
	if len(p.streams)+len(p.waits)+len(p.moved) != 0 {
		t.Error(p.streams, p.waits, p.moved)
	}
}

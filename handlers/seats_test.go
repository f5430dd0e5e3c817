package handlers

import (
	"slices"
	"testing"
)

// The media tell who speaks only when it changes; a page that comes in between is told all the same, and one that comes
// after everybody has gone is told nothing of before.
func TestALatePageIsToldWhoSpeaks(t *testing.T) {
	s := newSeats()
	first := s.take("room", "ada", "1")
	s.speaking("room", []string{"ada"})
	second := s.take("room", "bob", "1")
	if n := second.news(); n.speaking == nil || !slices.Equal(*n.speaking, []string{"ada"}) {
		t.Errorf("a late page is told %v", n.speaking)
	}
	s.leave(first)
	s.leave(second)
	s.speaking("room", []string{"ada"}) // the last word of a room that emptied
	if n := s.take("room", "cleo", "1").news(); n.speaking != nil {
		t.Errorf("a page in an empty room is told %v", *n.speaking)
	}
}

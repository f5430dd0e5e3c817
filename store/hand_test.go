package store_test

import (
	"slices"
	"testing"
	"time"

	"foyer/meet"
	"foyer/store"
)

func (p *person) raises(r meet.Room, up bool) error {
	return second(do(p.h, p.by(""), store.SetHand, store.Hand{Slug: r.Slug, Up: up}))
}

// hands are the names of those whose hand is up, longest first.
func (h *house) hands(r meet.Room, want ...string) {
	h.t.Helper()
	people, err := h.People(h.t.Context(), r.ID)
	h.must(nil, err)
	people = slices.DeleteFunc(people, func(p meet.Person) bool { return p.Hand.IsZero() })
	slices.SortFunc(people, func(a, b meet.Person) int { return a.Hand.Compare(b.Hand) })
	var got []string
	for _, p := range people {
		got = append(got, p.Name)
	}
	if !slices.Equal(got, want) {
		h.t.Errorf("raised are %v, want %v", got, want)
	}
}

func (f *full) lowers(by *person, pass meet.ID) error {
	return second(do(f.house, by.by(""), store.LowerHands, store.Hands{Slug: f.r.Slug, Pass: pass}))
}

func TestHandsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	f := fullRoom(t)
	for _, p := range []*person{f.cleo, f.ada, f.bob} {
		f.later(time.Second)
		f.said()
		f.must(nil, p.raises(f.r, true))
		f.hears(store.PeopleTopic(f.r.ID))
	}
	f.hands(f.r, "Cleo", "Ada", "Bob")
	f.later(time.Second)
	f.must(nil, f.cleo.raises(f.r, true)) // once more: the same hand
	f.hands(f.r, "Cleo", "Ada", "Bob")
	f.cleo.mustEnter(f.r, "Cleo") // a reload
	f.streams(nil, ids(f.pass[f.cleo]))
	f.streams(ids(f.pass[f.cleo]), nil)
	f.hands(f.r, "Cleo", "Ada", "Bob")
	f.must(nil, f.cleo.raises(f.r, false))
	f.hands(f.r, "Ada", "Bob")
	f.must(nil, f.cleo.raises(f.r, true))
	f.hands(f.r, "Ada", "Bob", "Cleo")
}

// C55: for another one, hosts and moderators lower only.
func TestLoweringHands(t *testing.T) {
	t.Parallel()
	f := fullRoom(t)
	for _, p := range []*person{f.bob, f.cleo, f.ada} {
		f.must(nil, p.raises(f.r, true))
		f.later(time.Second)
	}
	f.refused(meet.Forbidden, f.lowers(f.bob, f.pass[f.cleo]))
	f.refused(meet.Forbidden, f.lowers(f.bob, ""))
	f.refused(meet.NotHere, f.lowers(f.guest(), ""))
	f.refused(meet.NotHere, f.lowers(f.host2(), ""))
	f.hands(f.r, "Bob", "Cleo", "Ada")
	f.said()
	f.must(nil, f.lowers(f.mod, f.pass[f.cleo]))
	f.hears(store.PeopleTopic(f.r.ID))
	f.hands(f.r, "Bob", "Ada")
	f.must(nil, f.lowers(f.mod, ""))
	f.hands(f.r)
	f.must(nil, f.bob.raises(f.r, true))
	f.hands(f.r, "Bob")
}

// A hand falls when its person goes: by leaving, by being removed, by the end of the call.
func TestHandsFall(t *testing.T) {
	t.Parallel()
	f := fullRoom(t)
	for _, p := range []*person{f.bob, f.cleo} {
		f.must(nil, p.raises(f.r, true))
		f.later(time.Second)
	}
	f.must(do(f.house, f.bob.by(""), store.LeaveRoom, store.Leaving{Slug: f.r.Slug}))
	f.hands(f.r, "Cleo")
	f.refused(meet.Forbidden, f.bob.raises(f.r, true))
	f.bob.mustEnter(f.r, "Bob")
	f.hands(f.r, "Cleo")
	f.must(nil, f.removes(f.ada, f.cleo))
	f.must(do(f.house, f.ada.by(""), store.AllowBack, store.Somebody{Slug: f.r.Slug, Pass: f.pass[f.cleo]}))
	f.cleo.mustEnter(f.r, "Cleo")
	f.hands(f.r)
}

// Who was away too long comes back with a hand down when joining anew, and at the door nobody has a hand.
func TestHandsFallAtTheDoor(t *testing.T) {
	t.Parallel()
	f := fullRoom(t)
	f.must(nil, f.bob.raises(f.r, true))
	f.streams(nil, ids(f.pass[f.bob]))
	f.tends(40 * time.Second)
	f.ada.locks(f.r, true)
	e := f.bob.mustAsk(f.r, "Bob")
	f.must(nil, f.ada.decides(f.r, true, e.Pass))
	f.streams(ids(e.Pass), nil)
	f.sees(f.r, "Ada", "Hans", "Mo", "Cleo", "Bob")
	f.hands(f.r)
}

func TestHandsSwitchedOff(t *testing.T) {
	t.Parallel()
	f := fullRoom(t)
	f.must(nil, f.bob.raises(f.r, true))
	f.said()
	f.must(do(f.house, f.ada.by(""), store.SetLook, store.RoomLook{Room: f.r.ID, Features: meet.Features{Chat: true, Reactions: true}}))
	f.hears(store.PeopleTopic(f.r.ID), store.RoomTopic(f.r.ID))
	f.hands(f.r)
	f.refused(meet.Forbidden, f.bob.raises(f.r, true))
	f.must(do(f.house, f.ada.by(""), store.SetLook, store.RoomLook{Room: f.r.ID, Features: meet.Features{Hands: true}}))
	f.hands(f.r)
	f.must(nil, f.bob.raises(f.r, true))
}

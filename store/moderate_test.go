package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"foyer/meet"
	"foyer/store"
)

// full is an open room with Ada, its owner, a host by link, a moderator and two guests inside, streams open.
type full struct {
	*house
	r                         meet.Room
	ada, host, mod, bob, cleo *person
	pass                      map[*person]meet.ID
}

func fullRoom(t testing.TB) *full {
	t.Helper()
	h := open(t)
	f := &full{house: h, ada: h.host("ada"), host: h.guest(), mod: h.guest(), bob: h.guest(), cleo: h.guest(), pass: map[*person]meet.ID{}}
	f.r = f.ada.room("Office", meet.Meeting)
	f.enter(f.ada, "Ada")
	f.enter(f.host, "Hans", h.HostToken(f.r))
	f.enter(f.mod, "Mo")
	h.sql(`UPDATE pass SET role = 'moderator' WHERE id = ?`, f.pass[f.mod]) // no link makes one yet
	f.enter(f.bob, "Bob")
	f.enter(f.cleo, "Cleo")
	h.said()
	return f
}

func (f *full) enter(p *person, name string, links ...string) {
	f.t.Helper()
	f.pass[p] = p.mustEnter(f.r, name, links...).Pass
	f.streams(ids(f.pass[p]), nil)
	f.later(time.Second)
}

func (f *full) removes(by, whom *person) error {
	return second(do(f.house, by.by(""), store.RemovePerson, store.Somebody{Slug: f.r.Slug, Pass: f.pass[whom]}))
}

// C35, C36, N22: out at once on every path, and out for good.
func TestRemoved(t *testing.T) {
	t.Parallel()
	f := fullRoom(t)
	f.must(nil, f.removes(f.mod, f.bob))
	f.hears(store.PeopleTopic(f.r.ID), store.DoorsTopic(f.r.ID), store.TileTopic(f.ada.id, f.r.ID))
	f.sees(f.r, "Ada", "Hans", "Mo", "Cleo")
	f.nothing(f.r, f.pass[f.bob])
	if p := f.house.pass(f.pass[f.bob]); p.State != meet.Removed {
		t.Errorf("%+v", p)
	}
	calls, _ := f.Calls(t.Context(), f.ada.id, time.Time{}, 1)
	past, _ := f.Call(t.Context(), f.ada.who(), calls[0].ID)
	if bob := past.Who[3]; bob.Name != "Bob" || !bob.Left.Equal(f.clock()) {
		t.Errorf("%+v", past.Who)
	}
	tries := map[string]func() error{
		"enter":     func() error { return second(f.bob.enters(f.r, "Bob")) },
		"rename":    func() error { return second(f.bob.enters(f.r, "Robert")) },
		"ask":       func() error { return second(f.bob.asks(f.r, "Bob")) },
		"host link": func() error { return second(f.bob.enters(f.r, "Bob", f.HostToken(f.r))) },
		"ask+link":  func() error { return second(f.bob.asks(f.r, "Bob", f.HostToken(f.r))) },
		"say": func() error {
			return second(do(f.house, f.bob.by(""), store.Say, store.Saying{Slug: f.r.Slug, Text: "x"}))
		},
		"allowBack": func() error {
			return second(do(f.house, f.bob.by(""), store.AllowBack, store.Somebody{Slug: f.r.Slug, Pass: f.pass[f.bob]}))
		},
		"unmute": func() error {
			return second(do(f.house, f.bob.by(""), store.SetOwnDevices, store.OwnDevices{Slug: f.r.Slug, Mic: true}))
		},
		"leave": func() error {
			return second(do(f.house, f.bob.by(""), store.LeaveRoom, store.Leaving{Slug: f.r.Slug}))
		},
	}
	for _, lock := range []bool{false, true} {
		f.ada.locks(f.r, lock)
		for what, try := range tries {
			if err := try(); err == nil || meet.CodeOf(err) != meet.Forbidden {
				t.Errorf("%s (locked %v): %v", what, lock, err)
			}
		}
		f.nothing(f.r, f.pass[f.bob])
	}
	f.must(do(f.house, machine, store.ReportPresence, store.Seen{Flowing: ids(f.pass[f.bob])}))
	f.nothing(f.r, f.pass[f.bob])
	f.knocking(f.r)
	if kept, err := f.KeptOut(t.Context(), f.r.ID); err != nil || len(kept) != 1 || kept[0].Name != "Bob" {
		t.Errorf("%+v, %v", kept, err)
	}
	f.later(30 * 24 * time.Hour)
	f.sweep()
	f.nothing(f.r, f.pass[f.bob])
}

func TestAllowedBack(t *testing.T) {
	t.Parallel()
	f := fullRoom(t)
	f.must(nil, f.removes(f.ada, f.bob))
	back := store.Somebody{Slug: f.r.Slug, Pass: f.pass[f.bob]}
	for _, p := range []*person{f.cleo, f.bob} {
		f.refused(meet.Forbidden, second(do(f.house, p.by(""), store.AllowBack, back)))
	}
	f.refused(meet.NotHere, second(do(f.house, f.guest().by(""), store.AllowBack, back)))
	f.said()
	f.must(do(f.house, f.mod.by(""), store.AllowBack, back))
	f.hears(store.PeopleTopic(f.r.ID))
	f.sees(f.r, "Ada", "Hans", "Mo", "Cleo") // to the door, not in
	f.nothing(f.r, f.pass[f.bob])
	f.ada.locks(f.r, true)
	f.refused(meet.Forbidden, second(f.bob.enters(f.r, "Bob")))
	f.bob.mustAsk(f.r, "Bob")
	f.ada.locks(f.r, false)
	f.bob.mustEnter(f.r, "Bob")
	f.sees(f.r, "Ada", "Hans", "Mo", "Cleo", "Bob")
	f.must(do(f.house, f.mod.by(""), store.AllowBack, back)) // somebody who is in stays in
	f.sees(f.r, "Ada", "Hans", "Mo", "Cleo", "Bob")
}

// C35: a moderator does not remove a host, a host not the owner, and nobody themselves.
func TestWhoRemovesWhom(t *testing.T) {
	t.Parallel()
	f := fullRoom(t)
	for _, c := range []struct {
		by, whom *person
		want     meet.Code
	}{
		{f.mod, f.host, meet.Forbidden}, {f.mod, f.ada, meet.Forbidden}, {f.host, f.ada, meet.Forbidden}, {f.bob, f.cleo, meet.Forbidden}, {f.bob, f.ada, meet.Forbidden},
		{f.ada, f.ada, meet.Conflict}, {f.host, f.host, meet.Conflict}, {f.mod, f.mod, meet.Conflict}, {f.bob, f.bob, meet.Forbidden},
		{f.guest(), f.bob, meet.NotHere}, {f.host2(), f.bob, meet.NotHere},
	} {
		f.refused(c.want, f.removes(c.by, c.whom))
	}
	f.sees(f.r, "Ada", "Hans", "Mo", "Bob", "Cleo")
	// Who left, or has not come in yet, keeps their rank.
	f.must(do(f.house, f.ada.by(""), store.LeaveRoom, store.Leaving{Slug: f.r.Slug}))
	f.refused(meet.Forbidden, f.removes(f.host, f.ada))
	f.must(nil, f.removes(f.host, f.mod))
	f.must(nil, f.removes(f.ada, f.host)) // from the dashboard, not inside
	f.must(nil, f.removes(f.ada, f.bob))
	f.sees(f.r, "Cleo")
}

func (f *full) host2() *person { return f.house.host("other") }

// Somebody who waits, or who left, can be kept out too.
func TestRemovingWhoIsNotInside(t *testing.T) {
	t.Parallel()
	h, ada, r := locked(t)
	bob := h.guest()
	e := bob.mustAsk(r, "Bob")
	h.said()
	h.must(do(h, ada.by(""), store.RemovePerson, store.Somebody{Slug: r.Slug, Pass: e.Pass}))
	h.hears(queueTopics(r)...)
	h.knocking(r)
	h.nothing(r, e.Pass)
	h.refused(meet.Forbidden, second(bob.asks(r, "Bob")))
	h.refused(meet.Conflict, ada.decides(r, true, e.Pass))
	ada.locks(r, false)
	h.refused(meet.Forbidden, second(bob.enters(r, "Bob")))
}

// C41: everybody is out at once, who waits need not wait, and the next one begins a new call with an empty chat.
func TestEndForAll(t *testing.T) {
	t.Parallel()
	f := fullRoom(t)
	f.must(do(f.house, f.bob.by(""), store.Say, store.Saying{Slug: f.r.Slug, Text: "bye"}))
	f.must(do(f.house, f.bob.by(""), store.SetHand, store.Hand{Slug: f.r.Slug, Up: true}))
	f.must(nil, f.removes(f.ada, f.cleo))
	f.ada.locks(f.r, true)
	dan := f.guest()
	waits := dan.mustAsk(f.r, "Dan").Pass
	before, _ := f.Chat(t.Context(), f.r.ID, store.Chat{})
	f.later(time.Minute)
	for p, want := range map[*person]meet.Code{f.mod: meet.Forbidden, f.bob: meet.Forbidden, f.cleo: meet.Forbidden, dan: meet.NotHere, f.guest(): meet.NotHere} {
		f.refused(want, second(do(f.house, p.by(""), store.EndForAll, store.Leaving{Slug: f.r.Slug})))
	}
	f.sees(f.r, "Ada", "Hans", "Mo", "Bob")
	f.said()
	f.must(do(f.house, f.host.by(""), store.EndForAll, store.Leaving{Slug: f.r.Slug}))
	f.hears(store.PeopleTopic(f.r.ID), store.DoorsTopic(f.r.ID), store.HomeTopic(f.ada.id), store.ChatTopic(f.r.ID), store.KnocksTopic(f.r.ID))
	f.sees(f.r)
	f.knocking(f.r)
	f.nothing(f.r, waits)
	for _, id := range f.pass {
		f.nothing(f.r, id)
	}
	calls, err := f.Calls(t.Context(), f.ada.id, time.Time{}, 9)
	if err != nil || len(calls) != 1 || !calls[0].Ended.Equal(f.clock()) || calls[0].People != 5 {
		t.Fatalf("%+v, %v", calls, err)
	}
	past, err := f.Call(t.Context(), f.ada.who(), calls[0].ID)
	if err != nil || len(past.Who) != 5 || len(past.Said) != 1 || past.Said[0].Text != "bye" {
		t.Errorf("%+v, %v", past, err)
	}
	for _, w := range past.Who {
		if w.Name != "Cleo" && !w.Left.Equal(f.clock()) || w.Left.IsZero() {
			t.Errorf("%+v", w)
		}
	}
	if tile, _ := f.Tile(t.Context(), f.ada.who(), f.r.ID); tile.Live() || tile.Asking != 0 || !tile.Room.LastUsed.Equal(f.clock()) {
		t.Errorf("%+v", tile)
	}
	if kept, _ := f.KeptOut(t.Context(), f.r.ID); len(kept) != 1 {
		t.Error("who was removed is not any more:", kept)
	}
	f.later(time.Second)
	f.refused(meet.Forbidden, second(f.bob.enters(f.r, "Bob"))) // the lock stays
	f.ada.mustEnter(f.r, "Ada")
	if calls, _ := f.Calls(t.Context(), f.ada.id, time.Time{}, 9); len(calls) != 2 {
		t.Errorf("%d calls", len(calls))
	}
	after, err := f.Chat(t.Context(), f.r.ID, before)
	if err != nil || !after.Whole || after.Call == before.Call || len(after.Lines) != 0 || after.Rev != 0 {
		t.Errorf("%+v, %v", after, err)
	}
	if people, _ := f.People(t.Context(), f.r.ID); len(people) != 1 || !people[0].Hand.IsZero() {
		t.Errorf("%+v", people)
	}
}

// A call that stood empty is dated at its last exit, also when somebody ends it; and ending nothing is no use of a room.
func TestEndingAnEmptyRoom(t *testing.T) {
	t.Parallel()
	h := open(t)
	ada := h.host("ada")
	r := ada.room("Office", meet.Meeting)
	end := func() { t.Helper(); h.must(do(h, ada.by(""), store.EndForAll, store.Leaving{Slug: r.Slug})) }
	end()
	if now, _ := h.Room(t.Context(), ada.who(), r.ID); !now.LastUsed.IsZero() {
		t.Error("last used", now.LastUsed)
	}
	bob := h.guest()
	bob.mustEnter(r, "Bob")
	h.later(time.Minute)
	h.must(do(h, bob.by(""), store.LeaveRoom, store.Leaving{Slug: r.Slug}))
	exit := h.clock()
	h.later(30 * time.Second)
	end()
	calls, err := h.Calls(t.Context(), ada.id, time.Time{}, 9)
	if err != nil || len(calls) != 1 || !calls[0].Ended.Equal(exit) {
		t.Errorf("%+v, %v", calls, err)
	}
	if now, _ := h.Room(t.Context(), ada.who(), r.ID); !now.LastUsed.Equal(exit) {
		t.Error("last used", now.LastUsed)
	}
}

func (f *full) mutes(by *person, pass meet.ID) error {
	return second(do(f.house, by.by(""), store.MutePeople, store.Somebody{Slug: f.r.Slug, Pass: pass}))
}

// heard is who may be heard: the right, and what the others see.
func (f *full) heard(want string) {
	f.t.Helper()
	people, err := f.People(f.t.Context(), f.r.ID)
	f.must(nil, err)
	got := ""
	for _, p := range people {
		right, _ := f.right(f.r, p.Pass)
		if right.Microphone != p.Mic || !right.Camera {
			f.t.Errorf("%s: %+v, but microphone %v", p.Name, right, p.Mic)
		}
		if p.Mic {
			got += p.Name[:1]
		}
	}
	if got != want {
		f.t.Errorf("heard are %s, want %s", got, want)
	}
}

func (f *full) muted(p *person) int {
	f.t.Helper()
	people, err := f.People(f.t.Context(), f.r.ID)
	f.must(nil, err)
	for _, one := range people {
		if one.Pass == f.pass[p] {
			return one.Mutes
		}
	}
	f.t.Fatal("not inside")
	return 0
}

// C33, C34: hosts and moderators mute others, at the server; only oneself unmutes.
func TestMuting(t *testing.T) {
	t.Parallel()
	f := fullRoom(t)
	f.heard("AHMBC")
	f.refused(meet.Forbidden, f.mutes(f.bob, f.pass[f.cleo]))
	f.refused(meet.Forbidden, f.mutes(f.bob, ""))
	f.refused(meet.NotHere, f.mutes(f.guest(), ""))
	f.said()
	f.must(nil, f.mutes(f.mod, f.pass[f.bob]))
	f.hears(store.PeopleTopic(f.r.ID)) // which takes the rights to the packets (store.RightsRoom)
	f.heard("AHMC")
	f.must(nil, f.mutes(f.mod, f.pass[f.bob])) // muted already: nothing new for that browser
	if n := f.muted(f.bob); n != 1 {
		t.Errorf("muted %d times", n)
	}
	f.must(nil, f.mutes(f.mod, f.pass[f.host])) // a moderator mutes hosts too
	f.heard("AMC")
	f.must(nil, f.mutes(f.mod, ""))
	f.heard("M")
	f.must(nil, f.mutes(f.ada, ""))
	f.heard("")
	f.must(do(f.house, f.bob.by(""), store.SetOwnDevices, store.OwnDevices{Slug: f.r.Slug, Mic: true, Camera: true}))
	f.heard("B")
	f.must(nil, f.mutes(f.ada, f.pass[f.bob]))
	if n := f.muted(f.bob); n != 2 {
		t.Errorf("muted %d times", n)
	}
	f.streams(nil, ids(f.pass[f.bob]))
	f.streams(ids(f.pass[f.bob]), nil)
	f.heard("") // a new connection does not unmute
}

// Who is between two streams is muted with all the others.
func TestMutingReachesWhoReloads(t *testing.T) {
	t.Parallel()
	f := fullRoom(t)
	f.streams(nil, ids(f.pass[f.bob]))
	f.later(6 * time.Second)
	f.sweep()
	f.must(nil, f.mutes(f.ada, ""))
	f.streams(ids(f.pass[f.bob]), nil)
	f.heard("A")
}

// C16, C60, N21: what names a person of another room does nothing, tells nothing, and looks like a name that never was.
func TestPeopleOfAnotherRoom(t *testing.T) {
	t.Parallel()
	f := fullRoom(t)
	eve := f.host2()
	hers := eve.room("Hers", meet.Meeting)
	eve.mustEnter(hers, "Eve")
	f.must(do(f.house, f.bob.by(""), store.SetHand, store.Hand{Slug: f.r.Slug, Up: true}))
	f.must(do(f.house, f.bob.by(""), store.Say, store.Saying{Slug: f.r.Slug, Text: "here"}))
	f.must(nil, f.removes(f.ada, f.cleo))
	f.ada.locks(f.r, true)
	dan := f.guest().mustAsk(f.r, "Dan").Pass
	before := f.everything()
	for _, foreign := range []meet.ID{f.pass[f.bob], f.pass[f.cleo], dan} {
		for what, do := range eve.acts(hers) {
			unknown, got := do("never"), do(foreign)
			if fmt.Sprint(got) != fmt.Sprint(unknown) {
				t.Errorf("%s tells %v of a person elsewhere, and %v of nobody", what, got, unknown)
			}
			if got != nil && strings.Contains(got.Error(), "Ada") {
				t.Errorf("%s: %v", what, got)
			}
		}
		for what, do := range eve.acts(f.r) { // and by that room's own address
			if err := do(foreign); err == nil || meet.CodeOf(err) != meet.NotHere {
				t.Errorf("%s there: %v", what, err)
			}
		}
	}
	if after := f.everything(); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
}

// acts are all that a person can do to somebody in a room.
func (p *person) acts(r meet.Room) map[string]func(meet.ID) error {
	some := func(v store.Verb[store.Somebody, store.Done]) func(meet.ID) error {
		return func(id meet.ID) error { return second(do(p.h, p.by(""), v, store.Somebody{Slug: r.Slug, Pass: id})) }
	}
	return map[string]func(meet.ID) error{
		"mute": some(store.MutePeople), "remove": some(store.RemovePerson), "allow": some(store.AllowBack),
		"admit": func(id meet.ID) error { return p.decides(r, true, id) },
		"deny":  func(id meet.ID) error { return p.decides(r, false, id) },
		"lower": func(id meet.ID) error {
			return second(do(p.h, p.by(""), store.LowerHands, store.Hands{Slug: r.Slug, Pass: id}))
		},
		"delete": func(meet.ID) error {
			return second(do(p.h, p.by(""), store.DeleteLine, store.Deleting{Slug: r.Slug, N: 1}))
		},
	}
}

// everything is all that hosts of the room see of it.
func (f *full) everything() string {
	f.t.Helper()
	people, err := f.People(f.t.Context(), f.r.ID)
	f.must(nil, err)
	kept, err := f.KeptOut(f.t.Context(), f.r.ID)
	f.must(nil, err)
	chat, err := f.Chat(f.t.Context(), f.r.ID, store.Chat{})
	f.must(nil, err)
	return fmt.Sprintf("%+v\n%+v\n%+v\n%+v", people, kept, chat, f.queue(f.r))
}

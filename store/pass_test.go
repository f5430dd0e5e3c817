package store_test

import (
	"testing"
	"time"

	"foyer/meet"
	"foyer/store"
)

func TestEntering(t *testing.T) {
	h := open(t)
	ada, bob := h.host("ada"), h.guest()
	r := ada.room("Office", meet.Meeting)
	_, err := bob.enters(r, "   ")
	h.refused(meet.Invalid, err)
	_, err = bob.enters(meet.Room{Slug: "never"}, "Bob")
	h.refused(meet.NotHere, err)
	h.sees(r)
	first := bob.mustEnter(r, "Bob")
	h.later(time.Second)
	again := bob.mustEnter(r, "Bobby") // another tab, a reload: the same person
	if first != again {
		t.Error(first, again)
	}
	h.sees(r, "Bobby")
	ada.mustEnter(r, "Ada")
	h.sees(r, "Bobby", "Ada")
	if people, _ := h.People(t.Context(), r.ID); people[0].Role != meet.Attendee || people[1].Role != meet.Host {
		t.Errorf("%+v", people)
	}
	if name := bob.who().Browser.Label.Name; name != "Bobby" {
		t.Errorf("the browser remembers %q", name)
	}
}

// A guest with a host's exact name is told apart (in any case of letters); a host is not.
func TestNobodyPassesForTheHost(t *testing.T) {
	h := open(t)
	ada := h.host("ada")
	r := ada.room("Office", meet.Meeting)
	h.guest().mustEnter(r, "ADA")
	h.later(time.Second)
	ada.mustEnter(r, "ada")
	h.later(time.Second)
	h.guest().mustEnter(r, "Bob")
	h.sees(r, "ADA (guest)", "ada", "Bob")
}

func TestLockedRooms(t *testing.T) {
	h := open(t)
	ada, bob, eve, mod := h.host("ada"), h.guest(), h.guest(), h.guest()
	r := ada.room("Office", meet.Meeting)
	other := ada.room("Other", meet.Meeting)
	bob.mustEnter(r, "Bob")
	h.later(time.Second)
	h.must(do(h, ada.by(""), store.SetPrivacy, store.Privacy{Room: r.ID, Locked: true}))
	_, err := eve.enters(r, "Eve")
	h.refused(meet.Forbidden, err)
	_, err = eve.enters(r, "Eve", "an invented token", h.HostToken(other))
	h.refused(meet.Forbidden, err)
	bob.mustEnter(r, "Bob") // who is inside may reload
	mod.mustEnter(r, "Mo", "x", h.HostToken(r))
	h.sees(r, "Bob", "Mo")
	if people, _ := h.People(t.Context(), r.ID); people[1].Role != meet.Host {
		t.Errorf("%+v", people)
	}
	h.must(do(h, mod.by(""), store.SetPrivacy, store.Privacy{Room: r.ID})) // a host by link may unlock
	eve.mustEnter(r, "Eve")
}

func TestWebinarAttendeesPublishNothing(t *testing.T) {
	h := open(t)
	ada, bob := h.host("ada"), h.guest()
	r := ada.room("Open day", meet.Webinar)
	guest := bob.mustEnter(r, "Bob")
	h.later(time.Second)
	host := ada.mustEnter(r, "Ada")
	h.must(do(h, bob.by(""), store.SetOwnDevices, store.OwnDevices{Slug: r.Slug, Mic: true, Camera: true}))
	rights, err := h.Rights(t.Context(), r.ID)
	if err != nil || rights[guest.Pass] != (meet.Right{}) || rights[host.Pass] != (meet.Right{Microphone: true, Camera: true, Screen: true}) {
		t.Error(rights, err)
	}
	if people, _ := h.People(t.Context(), r.ID); people[0].Mic || people[0].Camera {
		t.Errorf("%+v", people[0])
	}
}

func TestOwnDevicesReachTheOthers(t *testing.T) {
	h := open(t)
	ada, bob := h.host("ada"), h.guest()
	r := ada.room("Office", meet.Meeting)
	e := bob.mustEnter(r, "Bob")
	h.must(do(h, bob.by(""), store.SetOwnDevices, store.OwnDevices{Slug: r.Slug, Camera: true}))
	if people, _ := h.People(t.Context(), r.ID); people[0].Mic || !people[0].Camera {
		t.Errorf("%+v", people[0])
	}
	if rights, _ := h.Rights(t.Context(), r.ID); rights[e.Pass].Microphone || !rights[e.Pass].Camera {
		t.Error("muted at the page only:", rights)
	}
	_, err := do(h, h.guest().by(""), store.SetOwnDevices, store.OwnDevices{Slug: r.Slug})
	h.refused(meet.Forbidden, err)
}

func TestLeaving(t *testing.T) {
	h := open(t)
	ada, bob := h.host("ada"), h.guest()
	r := ada.room("Office", meet.Meeting)
	e := bob.mustEnter(r, "Bob")
	h.must(do(h, bob.by(""), store.LeaveRoom, store.Leaving{Slug: r.Slug}))
	h.sees(r)
	if rights, _ := h.Rights(t.Context(), r.ID); len(rights) != 0 {
		t.Error("rights after leaving:", rights)
	}
	h.streams(ids(e.Pass), nil) // a page that did not notice yet does not bring anybody back
	h.sees(r)
	_, err := do(h, h.guest().by(""), store.LeaveRoom, store.Leaving{Slug: r.Slug})
	h.refused(meet.Forbidden, err)
	bob.mustEnter(r, "Bob")
	h.sees(r, "Bob")
}

func TestPresenceFollowsStreams(t *testing.T) {
	h := open(t)
	ada, bob := h.host("ada"), h.guest()
	r := ada.room("Office", meet.Meeting)
	e := bob.mustEnter(r, "Bob")
	h.later(4 * time.Second)
	h.streams(ids(e.Pass), nil)
	h.later(time.Hour)
	h.sweep()
	h.sees(r, "Bob") // as long as the stream is open
	h.streams(nil, ids(e.Pass))
	h.later(4 * time.Second)
	h.sweep()
	h.sees(r, "Bob") // a reload
	h.streams(ids(e.Pass), nil)
	h.later(10 * time.Second)
	h.sweep()
	h.sees(r, "Bob")
	h.streams(nil, ids(e.Pass))
	h.later(5 * time.Second)
	h.sweep()
	h.sees(r)
	if rights, _ := h.Rights(t.Context(), r.ID); !rights[e.Pass].Camera {
		t.Error("out changes lists and counts only")
	}
	h.later(25 * time.Second)
	h.sweep()
	if rights, _ := h.Rights(t.Context(), r.ID); len(rights) != 0 {
		t.Error("rights without stream for 30 s:", rights)
	}
	h.later(time.Minute)
	h.streams(ids(e.Pass), nil) // the laptop wakes up
	h.sees(r, "Bob")
	if rights, _ := h.Rights(t.Context(), r.ID); !rights[e.Pass].Camera {
		t.Error("no rights after coming back")
	}
}

func TestWhoWasAwayKnocksAtALockedDoor(t *testing.T) {
	h := open(t)
	ada, bob := h.host("ada"), h.guest()
	r := ada.room("Office", meet.Meeting)
	e := bob.mustEnter(r, "Bob")
	h.later(10 * time.Second)
	h.sweep()
	h.later(30 * time.Second)
	h.sweep()
	h.must(do(h, ada.by(""), store.SetPrivacy, store.Privacy{Room: r.ID, Locked: true}))
	h.streams(ids(e.Pass), nil)
	h.sees(r)
	if rights, _ := h.Rights(t.Context(), r.ID); len(rights) != 0 {
		t.Error(rights)
	}
}

func TestANodeThatStartsHasNoStreams(t *testing.T) {
	h := open(t)
	r := h.host("ada").room("Office", meet.Meeting)
	e := h.guest().mustEnter(r, "Bob")
	h.streams(ids(e.Pass), nil)
	h.must(do(h, machine, store.ReportPresence, store.Seen{Started: true}))
	h.later(5 * time.Second)
	h.sweep()
	h.sees(r)
}

func TestHistory(t *testing.T) {
	h := open(t)
	ada, bob, eve := h.host("ada"), h.guest(), h.guest()
	r := ada.room("Office", meet.Meeting)
	start := h.clock()
	b := bob.mustEnter(r, "Bob")
	h.streams(ids(b.Pass), nil)
	h.later(10 * time.Minute)
	e := eve.mustEnter(r, "Eve")
	h.streams(ids(e.Pass), nil)
	h.later(time.Minute)
	h.must(do(h, bob.by(""), store.LeaveRoom, store.Leaving{Slug: r.Slug}))
	h.later(time.Minute)
	lastExit := h.clock()
	h.streams(nil, ids(e.Pass))
	h.later(6 * time.Second)
	h.sweep()
	calls, err := h.Calls(t.Context(), ada.id, time.Time{}, 10)
	if err != nil || len(calls) != 1 || !calls[0].Ended.IsZero() {
		t.Fatalf("the call ended too early: %+v, %v", calls, err)
	}
	h.later(60 * time.Second)
	h.sweep()
	past, err := h.Call(t.Context(), ada.who(), calls[0].ID)
	c, who := past.Call, past.Who
	if err != nil || !c.Started.Equal(start) || !c.Ended.Equal(lastExit) || c.People != 2 {
		t.Errorf("%+v, %v", c, err)
	}
	if len(who) != 2 || who[0].Name != "Bob" || who[0].Left.Sub(who[0].Entered) != 11*time.Minute || !who[1].Left.Equal(lastExit) {
		t.Errorf("%+v", who)
	}
	if again, _ := h.Room(t.Context(), ada.who(), r.ID); !again.LastUsed.Equal(lastExit) {
		t.Error("last used", again.LastUsed)
	}
	_, err = h.Call(t.Context(), h.host("other").who(), c.ID)
	h.refused(meet.NotHere, err)
	_, err = h.Call(t.Context(), h.host("third").who(), "never")
	h.refused(meet.NotHere, err)
	h.later(time.Minute)
	bob.mustEnter(r, "Bob")
	if calls, _ := h.Calls(t.Context(), ada.id, time.Time{}, 10); len(calls) != 2 {
		t.Errorf("%d calls", len(calls))
	}
}

func TestAQuietHouseHasNothingToSweep(t *testing.T) {
	h := open(t)
	r := h.host("ada").room("Office", meet.Meeting)
	due := func(want bool) {
		t.Helper()
		if got, err := h.SweepDue(t.Context()); got != want || err != nil {
			t.Error(got, err)
		}
	}
	due(false)
	e := h.guest().mustEnter(r, "Bob")
	due(false)
	h.later(5 * time.Second)
	due(true)
	h.streams(ids(e.Pass), nil)
	due(false)
}

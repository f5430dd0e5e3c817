package handlers

import (
	"testing"
	"time"

	"foyer/meet"
	"foyer/store"
)

// What other rooms of a host do is told to all pages of theirs, and moves no page of one webinar.
func TestWhatMovesAPage(t *testing.T) {
	t.Parallel()
	h := &deskLive{room: "talk"}
	h.account = "ada"
	for _, c := range []struct {
		topics              []string
		region, knocks, who bool
	}{
		{[]string{store.TileTopic("ada", "office")}, false, false, false},
		{[]string{store.TileTopic("ada", "talk")}, true, false, false},
		{[]string{store.HomeTopic("ada")}, true, false, false},
		{[]string{store.RegistrantsTopic("talk")}, true, false, false},
		{[]string{store.EarlyTopic("talk"), store.KnocksOfTopic("ada")}, true, true, false},
		{[]string{store.KnocksOfTopic("ada")}, false, true, false},
		{[]string{store.TileTopic("ada", "office"), store.SignInTopic("ada")}, false, false, true},
	} {
		if region, knocks, who := h.moved(c.topics); region != c.region || knocks != c.knocks || who != c.who {
			t.Errorf("%v: region %v, knocks %v, who %v", c.topics, region, knocks, who)
		}
	}
}

func TestNextTurns(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for until, want := range map[time.Duration]time.Duration{45 * time.Minute: time.Minute, 45*time.Minute + time.Millisecond: time.Millisecond, 0: time.Minute, -10 * time.Second: 50 * time.Second, 90 * time.Second: 30 * time.Second} {
		if got := nextMinute(now.Add(until), now); got != want {
			t.Errorf("%v before a start the words move in %v, want %v", until, got, want)
		}
	}
	plan := func(starts time.Duration) meet.EventTile {
		return meet.EventTile{Event: meet.Event{When: meet.When{Starts: now.Add(starts), Length: time.Hour}}}
	}
	for _, c := range []struct {
		list []meet.EventTile
		want time.Duration
	}{
		{nil, 24 * time.Hour},
		{[]meet.EventTile{plan(3 * time.Hour), plan(-30 * time.Minute)}, 30 * time.Minute},
		{[]meet.EventTile{plan(-time.Hour)}, min(24*time.Hour, meet.MissedShown)},
		{[]meet.EventTile{plan(9 * 24 * time.Hour)}, 24 * time.Hour},
	} {
		if got := turnOf([]byte(nextTurn(c.list, now) + "\n<section>\n")).Sub(now); got != c.want {
			t.Errorf("%v: the tiles turn in %v, want %v", c.list, got, c.want)
		}
	}
}

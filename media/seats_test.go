package media

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

func people(names ...string) (who []candidate) {
	for i, n := range names {
		who = append(who, candidate{pass: n, order: uint64(i + 1)})
	}
	return who
}

func holders(seats []seat) (all []string) {
	for _, s := range seats {
		all = append(all, s.pass)
	}
	return all
}

func TestSeatsAreStableAndTheLowestIsFilledFirst(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	seats := make([]seat, 4)
	for _, c := range []struct {
		who  []candidate
		want []string
	}{
		{people("a"), []string{"a", "", "", ""}},
		{people("a", "b", "c"), []string{"a", "b", "c", ""}},
		{people("b", "c"), []string{"", "b", "c", ""}},
		{people("b", "c", "d"), []string{"d", "b", "c", ""}},
		{people("b", "c", "d", "e", "f"), []string{"d", "b", "c", "e"}},
	} {
		fill(seats, c.who, now, anySeat)
		if got := holders(seats); !slices.Equal(got, c.want) {
			t.Fatalf("%v instead of %v", got, c.want)
		}
	}
}

func TestAVoicePrefersTheSeatOfItsFace(t *testing.T) {
	t.Parallel()
	seats := make([]seat, 4)
	fill(seats, people("a", "b"), time.Unix(0, 0), func(p string) int { return map[string]int{"a": 2, "b": 2}[p] })
	if got := holders(seats); !slices.Equal(got, []string{"b", "", "a", ""}) {
		t.Fatal(got)
	}
}

func TestContestForASeat(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	const loud = speakingLevel + 20
	for name, c := range map[string]struct {
		a, b, challenger candidate // a and b sit, since 5 s
		voices           bool
		want             []string
	}{
		"a listener does not compete": {
			candidate{}, candidate{}, candidate{level: 10, spoke: ago(3 * time.Second)}, false, []string{"a", "b"}},
		"the one silent longest goes": {
			candidate{spoke: ago(3 * time.Second)}, candidate{spoke: ago(9 * time.Second)}, candidate{level: loud, spoke: now}, false, []string{"a", "c"}},
		"of two that never spoke, the higher seat": {
			candidate{}, candidate{}, candidate{level: loud, spoke: now}, false, []string{"a", "c"}},
		"nobody goes within two seconds of speaking": {
			candidate{spoke: ago(time.Second)}, candidate{spoke: ago(1900 * time.Millisecond)}, candidate{level: loud, spoke: now}, false, []string{"a", "b"}},
		"a face does not push out a quieter speaker": {
			candidate{level: speakingLevel, spoke: now}, candidate{level: speakingLevel, spoke: now}, candidate{level: loud, spoke: now}, false, []string{"a", "b"}},
		"a clearly louder voice does": {
			candidate{level: loud, spoke: now}, candidate{level: speakingLevel, spoke: now}, candidate{level: loud, spoke: now}, true, []string{"a", "c"}},
		"a slightly louder one does not": {
			candidate{level: loud, spoke: now}, candidate{level: loud - 5, spoke: now}, candidate{level: loud, spoke: now}, true, []string{"a", "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.a.pass, c.b.pass, c.challenger.pass = "a", "b", "c"
			seats := []seat{{"a", ago(5 * time.Second)}, {"b", ago(5 * time.Second)}}
			contest(seats, []candidate{c.a, c.b, c.challenger}, []candidate{c.challenger}, now, c.voices)
			if got := holders(seats); !slices.Equal(got, c.want) {
				t.Fatal(got)
			}
		})
	}
}

// Ten people film; a receiver has nine cameras; the tenth speaks and is seen.
func TestTenCamerasAndTheSpeakerWins(t *testing.T) {
	t.Parallel()
	names := []string{"eve"}
	for i := range 10 {
		names = append(names, fmt.Sprintf("p%d", i))
	}
	spoken := make(chan []string, 100)
	n := testNode(t, Options{OnSpeaking: func(_ string, passes []string) { spoken <- passes }}, names...)
	in := receive(t, n, "eve")
	var last *peer
	for _, name := range names[1:] {
		last = send(t, n, name)
		last.filming(camera, name)
		eventually(t, name+" has come up", func() bool { return n.source(name, camera).live.Load() })
	}
	shown := func() []string {
		var all []string
		for _, s := range n.Slots("r", "eve")[firstCamera:screenSlot] {
			all = append(all, s.Pass)
		}
		return all
	}
	if got := shown(); !slices.Equal(got, names[1:10]) {
		t.Fatalf("shown: %v", got)
	}
	stream(t, func() { last.speak(microphone, 15, "now me") })
	eventually(t, "the speaker is shown", func() bool { return slices.Contains(shown(), "p9") })
	if got := shown(); !slices.Equal(got[:8], names[1:9]) {
		t.Errorf("others moved: %v", got)
	}
	eventually(t, "the speaker's pictures come", func() bool { return texts(in.slot(firstCamera+8), 5)["p9"] > 3 })
	if got := <-spoken; !slices.Equal(got, []string{"p9"}) {
		t.Errorf("speaking: %v", got)
	}
}

func (n *Node) source(pass string, k sourceKind) *source {
	r := n.room("r")
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.members[pass].source(k)
}

// Five microphones, four voices: the fifth is heard as soon as it speaks.
func TestFiveVoicesInFourSlots(t *testing.T) {
	t.Parallel()
	names := []string{"eve", "a", "b", "c", "d", "e"}
	n := testNode(t, Options{}, names...)
	in := receive(t, n, "eve")
	var last *peer
	for _, name := range names[1:] {
		level := uint8(100)
		if name == "e" {
			level = 15
		}
		last = send(t, n, name)
		p := last
		stream(t, func() { p.speak(microphone, level, name) })
		eventually(t, name+" has come up", func() bool { return n.source(name, microphone).live.Load() })
	}
	eventually(t, "the loud one is heard", func() bool { return texts(in.slot(3), 0)["e"] > 5 })
	if got := texts(in.slot(0), 0)["a"]; got == 0 {
		t.Error("a quiet one who had a slot lost it")
	}
}

package media

import (
	"slices"
	"testing"
	"time"
)

func TestMissesAreAskedForAFewTimes(t *testing.T) {
	var m misses
	now := time.Unix(0, 0)
	saw := func(seq uint16, after time.Duration) []uint16 {
		now = now.Add(after)
		return m.saw(seq, now)
	}
	if got := saw(65533, 0); len(got) > 0 {
		t.Fatalf("asked for %v before the first packet", got)
	}
	if got := saw(2, time.Millisecond); !slices.Equal(got, []uint16{65534, 65535, 0, 1}) {
		t.Fatalf("a gap over the wrap: asked for %v", got)
	}
	if got := saw(3, 10*time.Millisecond); len(got) > 0 {
		t.Fatalf("asked again at once for %v", got)
	}
	saw(0, time.Millisecond) // a repair
	if got := saw(4, askAgain); !slices.Equal(got, []uint16{65534, 65535, 1}) {
		t.Fatalf("asked again for %v", got)
	}
	asks := 2
	for i := range uint16(20) {
		if got := saw(5+i, askAgain); len(got) > 0 {
			asks++
		}
	}
	if asks != mostAsks {
		t.Fatalf("asked %d times", asks)
	}
	if len(m.list) > 0 {
		t.Fatalf("still waits for %v", m.list)
	}
}

func TestAnInterruptionIsNoLoss(t *testing.T) {
	var m misses
	now := time.Unix(0, 0)
	m.saw(1, now)
	if got := m.saw(1+mostMisses+2, now); len(got) > 0 {
		t.Fatalf("asked for %d packets after an interruption", len(got))
	}
	if got := m.saw(1+mostMisses+4, now); len(got) != 1 {
		t.Fatalf("asked for %v afterwards", got)
	}
}

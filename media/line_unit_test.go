package media

import (
	"math"
	"testing"
	"time"
)

// steady is a line that has carried 1.9 Mbit/s (210 packets a second) for two seconds, and the time since.
func steady(t *testing.T) (*line, func(time.Duration) time.Time) {
	t.Helper()
	l, start := newLine(), time.Unix(1000, 0)
	for i := range 20 {
		now := start.Add(time.Duration(i) * 100 * time.Millisecond)
		l.sent(21, 23750, now)
		l.tick(1.9e6, 0, now)
	}
	return &l, func(after time.Duration) time.Time { return start.Add(1900*time.Millisecond + after) }
}

func TestEstimateThatDoesNotFallSaysNothing(t *testing.T) {
	t.Parallel()
	for name, values := range map[string][]float64{
		"far below, constant":  {300e3, 300e3, 300e3, 300e3},
		"far below and rising": {200e3, 250e3, 320e3, 400e3},
		"wobbling by 10 %":     {1.5e6, 1.36e6, 1.5e6, 1.4e6},
		"falling, but above":   {6e6, 4e6, 3e6, 2e6},
		"alone":                {100e3},
	} {
		l, at := steady(t)
		for i, v := range values {
			now := at(time.Duration(i) * time.Second / 4)
			l.estimated(v, now)
			l.sent(53, 59375, now)
		}
		if !math.IsInf(l.limit(), 1) || l.urgent() || l.congested(at(time.Second)) {
			t.Errorf("%s: limit %v", name, l.limit())
		}
	}
}

func TestEstimateThatFallsBelowWhatIsSent(t *testing.T) {
	t.Parallel()
	l, at := steady(t)
	l.estimated(2.4e6, at(0))
	l.estimated(1e6, at(10*time.Millisecond))
	if l.limit() != 0.95e6 || !l.urgent() || !l.congested(at(500*time.Millisecond)) {
		t.Fatalf("limit %v, urgent %v", l.limit(), l.urgent())
	}
	l.estimated(0.8e6, at(300*time.Millisecond)) // of the same event
	if l.limit() != 0.95e6 {
		t.Errorf("cut twice: %v", l.limit())
	}
	l.tick(0.9e6, 1.9e6, at(310*time.Millisecond))
	if l.urgent() {
		t.Error("urgent after a new plan")
	}
	if l.congested(at(3 * time.Second)) {
		t.Error("congested for ever")
	}
}

func TestCutThatWasTooSmallIsCorrectedUntilItActs(t *testing.T) {
	t.Parallel()
	l, at := steady(t)
	l.estimated(2.4e6, at(0))
	l.estimated(1.5e6, at(10*time.Millisecond))
	l.estimated(0.3e6, at(100*time.Millisecond))
	if l.limit() != 0.95*0.3e6 {
		t.Errorf("limit %v", l.limit())
	}
}

func TestLossesInOneReport(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lost []float64
		rtt  time.Duration
		sign bool
	}{
		"a hole of 150 ms":             {[]float64{0.15, 0, 0.15}, 0, false},
		"a radio":                      {[]float64{0.1, 0.08, 0.12, 0.1, 0.2, 0.11}, 0, false},
		"most is lost":                 {[]float64{0.8}, 0, true},
		"a lot is lost for long":       {[]float64{0.4, 0.4, 0.4}, 0, true},
		"a radio with a queue":         {[]float64{0.08, 0.08, 0.08, 0.08, 0.1}, 400 * time.Millisecond, false},
		"a quarter lost, with a queue": {[]float64{0.25, 0.25, 0.25, 0.25}, 400 * time.Millisecond, true},
		"a quarter lost":               {[]float64{0.25, 0.25, 0.25, 0.25}, 0, false},
		"only a queue":                 {[]float64{0, 0, 0, 0}, time.Second, false},
	} {
		l, at := steady(t)
		l.reported(0, 40*time.Millisecond, at(0))
		for i, lost := range c.lost {
			l.reported(lost, c.rtt, at(time.Duration(i+1)*time.Second))
		}
		if sign := !math.IsInf(l.limit(), 1); sign != c.sign {
			t.Errorf("%s: limit %v", name, l.limit())
		}
	}
}

func TestManyNACKs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		packets int
		every   time.Duration
		times   int
		sign    bool
	}{
		"one hole of 200 ms": {42, time.Hour, 1, false},
		"one in ten":         {2, 100 * time.Millisecond, 20, false},
		"half":               {3, 30 * time.Millisecond, 8, true},
	} {
		l, at := steady(t)
		for i := range c.times {
			l.missed(c.packets, at(time.Duration(i)*c.every))
		}
		if sign := !math.IsInf(l.limit(), 1); sign != c.sign || l.urgent() != sign {
			t.Errorf("%s: limit %v", name, l.limit())
		}
	}
}

// A trial that fails goes back to where it began and is repeated later each time.
func TestTrialsBecomeRare(t *testing.T) {
	t.Parallel()
	l, at := steady(t)
	l.estimated(2.4e6, at(0))
	l.estimated(0.6e6, at(0))
	before, last := l.limit(), time.Duration(0)
	var waits []time.Duration
	for after := 100 * time.Millisecond; after < 3*time.Minute; after += 100 * time.Millisecond {
		l.sent(7, 6250, at(after)) // 500 kbit/s
		l.tick(0.5e6, 1.2e6, at(after))
		if l.limit() == before {
			continue
		}
		if l.limit() < 1.2e6*spare {
			t.Fatalf("the trial to %v has no room for the step", l.limit())
		}
		waits = append(waits, (after - last).Round(time.Second))
		last = after
		l.reported(0.9, 0, at(after+50*time.Millisecond))
		if l.limit() != before || !l.urgent() && l.plan > before {
			t.Fatalf("a failed trial left the limit at %v instead of %v", l.limit(), before)
		}
	}
	want := []time.Duration{3 * time.Second, 6 * time.Second, 12 * time.Second, 24 * time.Second, 45 * time.Second, 45 * time.Second}
	if len(waits) != len(want) {
		t.Fatal(waits)
	}
	for i := range want {
		if waits[i] != want[i] {
			t.Fatal(waits)
		}
	}
}

func TestRepairsStayWithinTheirShare(t *testing.T) {
	t.Parallel()
	l, at := steady(t)
	for range 40 { // a hole of 150 ms
		if !l.affords(1150, at(0)) {
			t.Error("nothing is known to be in the way")
		}
	}
	if l.affords(1e6, at(0)) {
		t.Error("repairs may be more than the stream")
	}
	l.estimated(2.4e6, at(0))
	l.estimated(1e6, at(0))
	for _, c := range []struct{ from, share float64 }{{0, repairShareInTrouble}, {5, repairShare}} {
		bits := 0.0
		for ms := range 4000 {
			now := at(time.Duration(c.from*1000+float64(ms)) * time.Millisecond)
			if c.from == 0 && ms >= 900 {
				break
			}
			if l.affords(1000, now) {
				bits += 8000
			}
		}
		seconds := 4.0
		if c.from == 0 {
			seconds = 0.9
		}
		if most := c.share * l.limit() * (seconds + 1); bits == 0 || bits > most {
			t.Errorf("after %v s: %v bits in %v s, at most %v", c.from, bits, seconds, most)
		}
	}
}

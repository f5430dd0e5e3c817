package duo

import (
	"math"
	"testing"
	"time"
)

// series is five seconds with a sample every 100 ms and 2 pictures in each, of somebody who is heard all the time.
func series(change func(i int, s *Sample)) Seen {
	var seen Seen
	for i := range 51 {
		s := Sample{At: 1_000_000 + int64(100*i), Height: 360, Frames: 2 * i, Energy: float64(i), Samples: 4800 * i}
		if change != nil {
			change(i, &s)
		}
		seen.Series = append(seen.Series, s)
	}
	return seen
}

func TestWhatWasSeen(t *testing.T) {
	good := series(nil)
	if good.Over() != 5*time.Second || good.Slowest() != 40 || good.Quiet() || good.Concealed() != 0 || good.Broken() != 0 || good.Frozen() != 0 {
		t.Errorf("of a good line: %s", good)
	}
	stood := series(func(i int, s *Sample) { // no picture from 1 s to 4 s
		if s.Frames = 2 * min(i, 10); i >= 40 {
			s.Frames, s.Frozen, s.Freezes = 20+2*(i-40), 3000, 1
		}
	})
	if stood.Slowest() != 0 || stood.Froze() != 3000 || math.Abs(stood.Frozen()-0.6) > 1e-9 {
		t.Errorf("of pictures that stood: %s, share %.3f", stood, stood.Frozen())
	}
	if !series(func(i int, s *Sample) { s.Energy = float64(max(i, 12)) }).Quiet() || series(func(i int, s *Sample) { s.Energy = float64(max(i, 8)) }).Quiet() {
		t.Error("a second of silence counts, and less does not")
	}
	broken := series(func(i int, s *Sample) { s.Concealed = 4800 * min(max(i-20, 0), 5) }) // half a second of five
	if got := broken.Concealed(); math.Abs(got-0.1) > 1e-9 {
		t.Errorf("%.3f made up, want 0.1", got)
	}
	if got := broken.Broken(); math.Abs(got-0.5) > 1e-9 {
		t.Errorf("%.3f made up in the worst second, want 0.5", got)
	}
	if got := broken.Since(time.UnixMilli(1_003_000)); got.Concealed() != 0 || got.Over() != 2*time.Second {
		t.Errorf("later: %s", got)
	}
}

func TestWhenSomethingCame(t *testing.T) {
	smaller := func(s Sample) bool { return s.Height < 360 }
	seen := series(func(i int, s *Sample) {
		if i == 3 || i >= 30 {
			s.Height = 180
		}
	})
	if took, ok := seen.When(time.UnixMilli(1_000_500), smaller); !ok || took != 2500*time.Millisecond {
		t.Errorf("smaller after %s, %v", took, ok)
	}
	if took, ok := seen.When(time.UnixMilli(1_000_500), func(s Sample) bool { return s.Paused }); ok {
		t.Errorf("paused after %s, which it never was", took)
	}
}

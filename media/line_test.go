package media

import (
	"fmt"
	"math"
	"testing"
	"time"
)

// fast is a line on which everything fits.
func fast() bottleneck {
	return bottleneck{rate: 20e6, queue: 200 * time.Millisecond, delay: 20 * time.Millisecond}
}

func narrow(kbits float64, queue time.Duration) bottleneck {
	n := fast()
	n.rate, n.queue = kbits*kbit, queue
	return n
}

// wide is a camera whose best encoding makes 1.9 Mbit/s with a voice.
func wide() []layerCost {
	return []layerCost{encoding(180, 150), encoding(360, 500), encoding(720, 1860)}
}

func TestNarrowLineIsNoticedWithinASecond(t *testing.T) {
	t.Parallel()
	for _, queue := range []time.Duration{50, 100, 300, 500} {
		for _, delay := range []time.Duration{5, 20, 60} {
			for _, remb := range []bool{true, false} {
				for seed := range uint64(3) {
					name := fmt.Sprintf("queue %v, delay %v, REMB %v, seed %d", queue*time.Millisecond, delay*time.Millisecond, remb, seed)
					net := narrow(300, queue*time.Millisecond)
					net.delay = delay * time.Millisecond
					s := simulate(net, wide(), seed)
					s.receiver.remb = remb
					s.run(1250 * time.Millisecond)
					if s.total > 300*kbit {
						t.Errorf("%s: after a second the plan costs %.0f: %v", name, s.total, s.moves)
					}
					s.voiceLoss()
					s.run(30 * time.Second)
					if lost := s.voiceLoss(); lost > 0.05 {
						t.Errorf("%s: %.1f %% of the voice is lost: %v", name, lost*100, s.moves)
					}
				}
			}
		}
	}
}

// ladder is a camera whose encodings cost 150, 500 and 1,200 kbit/s, on a line that is narrow at first.
func TestReliefIsNoticedWithinTenSeconds(t *testing.T) {
	t.Parallel()
	for _, queue := range []time.Duration{50, 300, 500} {
		for _, remb := range []bool{true, false} {
			for lasted := 2 * time.Second; lasted <= 10*time.Second; lasted += 1600 * time.Millisecond {
				s := simulate(narrow(300, queue*time.Millisecond), camera3(), uint64(lasted))
				s.receiver.remb = remb
				s.run(lasted)
				s.net.rate = 20e6
				s.run(lasted + 40*time.Second)
				up := s.first(lasted, func(s share) bool { return s.layer == 2 })
				if up < 0 || up > 10*time.Second {
					t.Errorf("queue %v, REMB %v, %v narrow: up after %v: %v", queue*time.Millisecond, remb, lasted, up, s.moves)
				}
				if last := s.moves[len(s.moves)-1]; last.share.layer != 2 || !math.IsInf(s.line.limit(), 1) {
					t.Errorf("queue %v, REMB %v, %v narrow: in the end %v, limit %v", queue*time.Millisecond, remb, lasted, last, s.line.limit())
				}
			}
		}
	}
}

func TestLossByAccidentIsNoCongestion(t *testing.T) {
	t.Parallel()
	every := func(period, length time.Duration) func(time.Duration) bool {
		return func(at time.Duration) bool { return at%period < length && at > time.Second }
	}
	for name, c := range map[string]struct {
		loss  float64
		hole  func(time.Duration) bool
		small bool
	}{
		"5 %":                              {loss: 0.05},
		"8 %":                              {loss: 0.08},
		"8 % of a small picture":           {loss: 0.08, small: true},
		"ten packets every 5 s":            {hole: every(5*time.Second, 40*time.Millisecond)},
		"150 ms every 5 s":                 {hole: every(5*time.Second, 150*time.Millisecond)},
		"150 ms every 5 s of small":        {hole: every(5*time.Second, 150*time.Millisecond), small: true},
		"5 % and ten packets every second": {loss: 0.05, hole: every(time.Second, 40*time.Millisecond)},
	} {
		for seed := range uint64(3) {
			layers := wide()
			if c.small {
				layers = layers[:1]
			}
			net := fast()
			net.loss, net.hole = c.loss, c.hole
			s := simulate(net, layers, seed)
			s.run(2 * time.Minute)
			if len(s.moves) != 1 || !math.IsInf(s.line.limit(), 1) {
				t.Errorf("%s, seed %d: %v, limit %v", name, seed, s.moves, s.line.limit())
			}
		}
	}
}

func TestLineThatStaysNarrowIsRarelyTried(t *testing.T) {
	t.Parallel()
	for _, queue := range []time.Duration{50, 300, 500} {
		for _, remb := range []bool{true, false} {
			for seed := range uint64(3) {
				name := fmt.Sprintf("queue %v, REMB %v, seed %d", queue*time.Millisecond, remb, seed)
				s := simulate(narrow(700, queue*time.Millisecond), camera3(), seed)
				s.receiver.remb = remb
				s.run(3 * time.Minute)
				var middle, high time.Duration
				for i, m := range s.moves {
					until := s.at
					if i+1 < len(s.moves) {
						until = s.moves[i+1].at
					}
					switch m.share.layer {
					case 1:
						middle += until - m.at
					case 2:
						high += until - m.at
					}
				}
				if middle < 160*time.Second || s.trials > 10 {
					t.Errorf("%s: %v of the middle, %v above, %d trials: %v", name, middle, high, s.trials, s.moves)
				}
				if lost := s.voiceLoss(); lost > 0.03 {
					t.Errorf("%s: %.1f %% of the voice is lost", name, lost*100)
				}
			}
		}
	}
}

// Nine tiles want 4.5 Mbit/s. What the line carries of it is found, and what it carries later is found again.
func TestManyTilesShareALine(t *testing.T) {
	t.Parallel()
	for _, kbits := range []float64{600, 1000, 1500, 2500} {
		for _, queue := range []time.Duration{50, 300} {
			name := fmt.Sprintf("%v kbit/s, queue %v", kbits, queue*time.Millisecond)
			s := simulate(narrow(kbits, queue*time.Millisecond), camera3(), 1)
			s.wishes[0].height = 300
			for range 8 {
				s.camera(300)
			}
			s.run(5 * time.Second)
			s.voiceLoss()
			carried := 0.0
			for s.at < time.Minute {
				s.run(s.at + 100*time.Millisecond)
				carried += s.total / 550
			}
			if carried < 0.4*kbits*kbit || carried > 1.2*kbits*kbit {
				t.Errorf("%s: the plan costs %.0f on average", name, carried)
			}
			if lost := s.voiceLoss(); lost > 0.03 {
				t.Errorf("%s: %.1f %% of the voice is lost", name, lost*100)
			}
			s.net.rate = 20e6
			s.run(s.at + 90*time.Second)
			if s.total < 4500*kbit || !math.IsInf(s.line.limit(), 1) {
				t.Errorf("%s: after relief the plan costs %.0f, limit %v", name, s.total, s.line.limit())
			}
		}
	}
}

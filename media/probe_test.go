package media

import (
	"fmt"
	"math"
	"testing"
	"time"
)

// climbs counts the plans that show the first camera in a larger encoding than the one before.
func (s *simulation) climbs() (n int) {
	for i, m := range s.moves[1:] {
		if m.share.layer > max(0, s.moves[i].share.layer) {
			n++
		}
	}
	return n
}

// However long a line was narrow, all is as before within ten seconds of its relief, two steps up. Until then nobody saw
// any of the probes.
func TestReliefAfterLongNarrowness(t *testing.T) {
	t.Parallel()
	for _, lasted := range []time.Duration{25 * time.Second, 60 * time.Second} {
		for _, kbits := range []float64{300, 450} {
			for _, queue := range []time.Duration{50, 300, 500} {
				for _, loss := range []float64{0, 0.05} {
					for _, remb := range []bool{true, false} {
						name := fmt.Sprintf("%v kbit/s for %v, queue %v, %.0f %% lost, REMB %v", kbits, lasted, queue*time.Millisecond, 100*loss, remb)
						net := narrow(kbits, queue*time.Millisecond)
						net.loss = loss
						s := simulate(net, camera3(), uint64(queue)).probing()
						s.receiver.remb = remb
						s.run(lasted)
						if n := s.climbs(); n > 0 {
							t.Errorf("%s: %d steps failed that everybody saw: %v", name, n, s.moves)
						}
						s.net.rate = 20e6
						s.run(lasted + 40*time.Second)
						up := s.first(lasted, func(s share) bool { return s.layer == 2 })
						if up < 0 || up > 10*time.Second {
							t.Errorf("%s: up after %v: %v", name, up, s.moves)
						}
					}
				}
			}
		}
	}
}

// A line that stays narrow is probed all the time, and neither the picture nor the voice shows it.
func TestProbesDoNoHarm(t *testing.T) {
	t.Parallel()
	for _, kbits := range []float64{250, 300, 400, 480} {
		for _, queue := range []time.Duration{50, 300, 500} {
			for _, loss := range []float64{0, 0.05} {
				name := fmt.Sprintf("%v kbit/s, queue %v, %.0f %% lost", kbits, queue*time.Millisecond, 100*loss)
				net := narrow(kbits, queue*time.Millisecond)
				net.loss = loss
				s := simulate(net, camera3(), uint64(kbits)).probing()
				s.run(15 * time.Second) // what fits is found
				s.voiceLoss()
				s.worst = 0
				before, probes := s.climbs(), s.probes
				s.run(3 * time.Minute)
				if n := s.climbs() - before; n > 2 || s.probes-probes < 15 {
					t.Errorf("%s: %d steps and %d probes: %v", name, n, s.probes-probes, s.moves)
				}
				if lost := s.voiceLoss(); lost > loss+0.04 {
					t.Errorf("%s: %.1f %% of the voice is lost", name, 100*lost)
				}
				if s.worst > 250*time.Millisecond && s.climbs() == before {
					t.Errorf("%s: a voice waited for %v", name, s.worst)
				}
			}
		}
	}
}

// calmed is a line that was cut to 600 kbit/s and has been calm since, with a plan of 500; the clock goes on from there.
func calmed(t *testing.T) (*line, func(time.Duration) time.Time) {
	t.Helper()
	l, at := steady(t)
	l.probes(true)
	l.estimated(2.4e6, at(0))
	l.estimated(0.6e6/useOfEstimate/useOfFirst, at(0))
	for after := 100 * time.Millisecond; !l.probing(); after += 100 * time.Millisecond {
		l.sent(7, 6250, at(after))
		if after%time.Second == 0 {
			l.reported(0, 40*time.Millisecond, at(after))
		}
		l.tick(0.5e6, 1.2e6, at(after))
		if after > 10*time.Second {
			t.Fatal("no probe in ten seconds")
		}
		if l.limit() > 0.61e6 {
			t.Fatalf("a step to %v without a probe", l.limit())
		}
		if l.probing() {
			return l, func(later time.Duration) time.Time { return at(after + later) }
		}
	}
	return l, at
}

// goThrough lets the probe that is due go through, with a sender report of that mark behind it.
func (l *line) goThrough(t *testing.T, now time.Time, mark uint32) {
	t.Helper()
	rate, fill := l.filling(now)
	if !fill || rate <= 0 {
		t.Fatalf("a probe that is due does not flow: %v bit/s", rate)
	}
	over := now.Add(l.probe.length)
	if _, fill := l.filling(over); fill {
		t.Fatal("a probe does not end")
	}
	if !l.filled(rate*l.probe.length.Seconds(), mark, over) || !l.awaits() {
		t.Fatal("no answer is awaited")
	}
}

func TestProbeThatHolds(t *testing.T) {
	t.Parallel()
	l, at := calmed(t)
	l.goThrough(t, at(0), 7)
	l.answered(7, 45*time.Millisecond, 0, at(500*time.Millisecond))
	if !l.probing() || l.limit() > 0.61e6 {
		t.Fatalf("a first answer is a reason for a longer probe, not for a step: limit %v", l.limit())
	}
	l.goThrough(t, at(500*time.Millisecond), 8)
	l.answered(8, 45*time.Millisecond, 0, at(time.Second))
	if l.limit() < 1.2e6*spare || math.IsInf(l.limit(), 1) {
		t.Fatalf("limit %v after a probe that held", l.limit())
	}
	limit := l.limit()
	l.tick(0.5e6, 2e6, at(1100*time.Millisecond))
	if l.limit() != limit {
		t.Fatalf("what became dearer than what was proved was let pass: limit %v", l.limit())
	}
}

func TestProbeThatFails(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]func(l *line, at func(time.Duration) time.Time){
		"a queue stands behind it": func(l *line, at func(time.Duration) time.Time) {
			l.answered(7, 130*time.Millisecond, 0, at(500*time.Millisecond))
		},
		"most of it was lost": func(l *line, at func(time.Duration) time.Time) {
			l.answered(7, 40*time.Millisecond, 0.7, at(500*time.Millisecond))
		},
		"the sender report was lost": func(l *line, at func(time.Duration) time.Time) {
			l.answered(6, 40*time.Millisecond, 0.5, at(800*time.Millisecond))
		},
		"the receiver says it is worse": func(l *line, at func(time.Duration) time.Time) {
			l.estimated(0.5e6, at(100*time.Millisecond))
			l.estimated(0.1e6, at(200*time.Millisecond))
		},
		"nobody answers": func(l *line, at func(time.Duration) time.Time) {
			l.sent(7, 6250, at(9*time.Second))
			l.tick(0.5e6, 1.2e6, at(9*time.Second))
		},
	} {
		l, at := calmed(t)
		limit := l.limit()
		l.goThrough(t, at(0), 7)
		fails(l, at)
		if l.probing() || l.awaits() {
			t.Errorf("%s: it goes on", name)
		}
		if l.limit() > limit || l.limit() < l.plan || l.urgent() {
			t.Errorf("%s: limit %v, plan %v, urgent %v", name, l.limit(), l.plan, l.urgent())
		}
	}
}

// Congestion that goes on after a probe is none of its doing.
func TestCongestionBehindAProbe(t *testing.T) {
	t.Parallel()
	l, at := calmed(t)
	l.goThrough(t, at(0), 7)
	for after := 100 * time.Millisecond; after < 4*time.Second && !l.urgent(); after += 100 * time.Millisecond {
		l.sent(7, 6250, at(after))
		l.missed(5, at(after))
	}
	if !l.urgent() || l.limit() > 0.45e6 {
		t.Fatalf("limit %v while most is lost", l.limit())
	}
}

// A queue that stands in a narrow line means that too much is sent, even if nothing is lost. Alone it takes nobody's
// picture away: what is slow may be the receiver.
func TestQueueThatStands(t *testing.T) {
	t.Parallel()
	l, at := calmed(t)
	l.goThrough(t, at(0), 7)
	l.answered(7, 200*time.Millisecond, 0, at(500*time.Millisecond))
	limit, lowest := l.limit(), math.Inf(1)
	for second := 3; second < 40; second++ {
		now := at(time.Duration(second) * time.Second)
		for range 10 {
			l.sent(7, 6250, now)
		}
		l.reported(0, time.Second, now)
		l.tick(min(0.5e6, l.limit()), 1.2e6, now)
		if second == 3 && l.limit() != limit {
			t.Error("one report is none")
		}
		lowest = min(lowest, l.limit())
	}
	if lowest > 0.9*limit || lowest < leastEstimate {
		t.Errorf("the limit went from %v to %v", limit, lowest)
	}
}

// A picture that fitted is not taken away for what its key frame costs, until something says that it does not fit.
func TestPlanThatFittedIsKept(t *testing.T) {
	t.Parallel()
	l, at := steady(t)
	l.estimated(2.4e6, at(0))
	l.estimated(0.6e6, at(0))
	limit := l.limit()
	if got := l.keeps(1.2 * limit); got != limit {
		t.Errorf("what is too much may cost %v of %v", got, limit)
	}
	l.tick(0.9*limit, 0, at(100*time.Millisecond))
	for cost, want := range map[float64]float64{0.8: 1, 1.2: 1.2, 2: indulgence} {
		if got := l.keeps(cost * limit); math.Abs(got-want*limit) > 1 {
			t.Errorf("a plan that fitted and costs %v of the limit may cost %v of it", cost, got/limit)
		}
	}
	for after := 3 * time.Second; after < 6*time.Second; after += 100 * time.Millisecond {
		l.sent(5, 5000, at(after))
		l.missed(4, at(after))
	}
	if got := l.keeps(1.2 * l.limit()); got != l.limit() || l.limit() >= limit {
		t.Errorf("in congestion a plan may cost %v, the limit is %v", got, l.limit())
	}
}

// Where reports come seldom, because nothing is shown, the answer to a first probe must do.
func TestProbeThatIsAnsweredLate(t *testing.T) {
	t.Parallel()
	l, at := calmed(t)
	l.goThrough(t, at(0), 7)
	l.answered(7, 40*time.Millisecond, 0, at(4*time.Second))
	if l.limit() < 1.2e6*spare {
		t.Errorf("limit %v", l.limit())
	}
}

// A receiver that never tells a round trip is tried as one that cannot be probed.
func TestReceiverThatMeasuresNoRoundTrip(t *testing.T) {
	t.Parallel()
	l, at := steady(t)
	l.probes(true)
	l.estimated(2.4e6, at(0))
	l.estimated(1e6, at(0))
	for after := 100 * time.Millisecond; after < 15*time.Second; after += 100 * time.Millisecond {
		l.sent(7, 6250, at(after))
		l.tick(0.5e6, 1.2e6, at(after))
		if l.probing() {
			t.Fatal("a probe that nobody can answer")
		}
	}
	if l.limit() < 1.2e6 {
		t.Fatalf("no step was tried: limit %v", l.limit())
	}
}

package e2e

import (
	"testing"
	"time"

	"foyer/e2e/browser"
	"foyer/e2e/impair"
	"foyer/e2e/impair/duo"
)

// What is asked of a call on bad lines. The figures are the same for every machine, the waits are generous: how long
// things take is printed by the benchmarks, and here in the log.
const (
	freeze   = 1000.0 // ms: no picture stands still for longer
	frozen   = 0.3    // share of the time that may be freezes
	madeUp   = 0.15   // share of sound that may be made up; independent losses of 5 % give 5 %
	repeats  = 4      // packets sent again for each one lost; some of them are lost again, and some test the line
	lowered  = 9 * time.Second
	thinFor  = 25 * time.Second // long enough that who tries steps until one holds has become slow to try
	relieved = 20 * time.Second
	gcm      = "SRTP_AEAD_AES_128_GCM"
)

// Packets that are lost on the way to the one who watches, then on the way from the one who is seen: the picture is
// repaired by asking for them again, nothing freezes, and the voice goes on.
func TestFivePercentLoss(t *testing.T) {
	c := duo.Open(t, 1, duo.Small, 200_000)
	for _, p := range []*duo.Person{c.Host, c.Watcher} {
		for _, way := range p.Ways() {
			if way.Cipher != gcm {
				t.Errorf("a connection is encrypted with %s", way.Cipher)
			}
		}
	}
	control := told(t, "good lines", c.Watcher.Watches(4*time.Second))
	if control.Slowest() <= 0 {
		t.Error("on good lines no picture was decoded for two seconds")
	}
	if control.Last().Lost > 0 {
		t.Errorf("%d packets lost on good lines", control.Last().Lost)
	}
	loss := impair.Trouble{Loss: 0.05}

	c.Watcher.Line.Set(loss, loss)
	down := told(t, "5 % loss at the one who watches", c.Watcher.Watches(7*time.Second))
	goesOn(t, "with losses on the way to the watcher", down, control)
	repaired(t, down)
	c.Watcher.Line.Set(impair.Trouble{}, impair.Trouble{})

	before := c.Host.Out()
	unharmed, _ := c.Host.Line.Counts()
	c.Host.Line.Set(loss, loss)
	up := told(t, "5 % loss at the one who is seen", c.Watcher.Watches(7*time.Second))
	goesOn(t, "with losses on the way from the host", up, control)
	after := c.Host.Out()
	harmed, _ := c.Host.Line.Counts()
	lost, again := harmed.Lost-unharmed.Lost, after.Again-before.Again
	t.Logf("the host lost %d packets, was asked %d times and sent %d again, in %d layers", lost, after.Nacks-before.Nacks, again, after.Layers)
	if after.Nacks == before.Nacks || again == 0 {
		t.Error("the host was not asked to repair what was lost")
	}
	if again > repeats*lost {
		t.Errorf("the host sent %d packets again for %d that were lost: what came is asked for again and again", again, lost)
	}
	for name, p := range map[string]*duo.Person{"host": c.Host, "watcher": c.Watcher} {
		if sent, got := p.Line.Counts(); sent.Lost == 0 || got.Lost == 0 {
			t.Errorf("nothing was lost on the line of the %s, so nothing is tested", name)
		}
	}
}

// goesOn says that pictures and sound went on without a break. What this machine does to a call on good lines at the same
// time is not the line's doing.
func goesOn(t *testing.T, when string, s, control duo.Seen) {
	t.Helper()
	if s.Longest > freeze+control.Longest {
		t.Errorf("%s a picture stood still for %.0f ms", when, s.Longest)
	}
	if s.Frozen() > frozen+2*control.Frozen() {
		t.Errorf("%s pictures stood still for %.2f of the time", when, s.Frozen())
	}
	if s.Slowest() <= 0 {
		t.Errorf("%s no picture was decoded for two seconds", when)
	}
	if s.Quiet() || s.Concealed() > madeUp+2*control.Concealed() {
		t.Errorf("%s the sound broke: %.3f of it was made up; a silent second: %v", when, s.Concealed(), s.Quiet())
	}
}

// repaired says that lost packets of the picture came again, and that this was enough. With RTX what came again is counted
// as such and the loss stays; without, it is counted as never lost.
func repaired(t *testing.T, s duo.Seen) {
	t.Helper()
	first, last := s.First(), s.Last()
	nacks, again, lost, packets := last.Nacks-first.Nacks, last.Again-first.Again, last.Lost-first.Lost, last.Packets-first.Packets
	if nacks == 0 {
		t.Error("nothing was asked for again")
	}
	if again == 0 && lost*50 > packets {
		t.Errorf("%d of %d packets stayed lost", lost, packets)
	}
	if plis := last.Plis - first.Plis; plis > 2 {
		t.Errorf("%d times a key frame was needed although packets can be repaired", plis)
	}
}

// A line that carries the voice and a small picture only: the picture becomes smaller, or pauses with a word about it,
// the voice goes on, nobody sees that it is found out all the time whether more would fit, and all is as before when the
// line is, however long that took.
func TestAThinLine(t *testing.T) {
	c := duo.Open(t, 2, duo.Small, 350_000)
	control := atEase(t, c.Watcher)
	full := control.Last().Height
	less := func(s duo.Sample) bool { return s.Paused || s.Height < full }

	c.Watcher.Begin(200 * time.Millisecond)
	thin := time.Now()
	c.Watcher.Line.Set(impair.Trouble{}, impair.Trouble{Rate: 300_000, Queue: 300 * time.Millisecond})
	took, ok := until(c.Watcher, lowered, thin, less)
	told(t, "the step", c.Watcher.So())
	if !ok {
		t.Errorf("the picture is still %d pixels high after %s", full, lowered)
	}
	t.Logf("a smaller picture after %s", took)
	time.Sleep(2 * time.Second) // the queue that was full runs empty
	seen := told(t, "300 kbit/s", c.Watcher.End())
	after := told(t, "settled", c.Watcher.Watches(thinFor-time.Since(thin)))
	_, down := c.Watcher.Line.Counts()
	t.Logf("of the watcher's line: %+v", down)
	if down.Dropped == 0 && down.Passed == 0 {
		t.Error("nothing took the watcher's line, so nothing is tested")
	}
	if seen.Quiet() || after.Quiet() || after.Concealed() > 0.05+2*control.Concealed() {
		t.Errorf("the sound broke: made up %.3f of it, %.3f once the picture was small; a silent second: %v", seen.Concealed(), after.Concealed(), seen.Quiet())
	}
	if after.Slowest() <= 0 && !after.Paused() {
		t.Error("nothing says that the picture paused, and there was none for two seconds")
	}
	if !after.Paused() && after.Frozen() > frozen+2*control.Frozen() {
		t.Errorf("pictures stood still for %.2f of the time on a line that stayed as it was", after.Frozen())
	}

	c.Watcher.Begin(200 * time.Millisecond)
	wide := time.Now()
	c.Watcher.Line.Set(impair.Trouble{}, impair.Trouble{})
	start := c.Watcher.So().First().Frames
	took, ok = until(c.Watcher, relieved, wide, func(s duo.Sample) bool { return !less(s) && s.Frames > start+10 })
	told(t, "relief", c.Watcher.End())
	if !ok {
		t.Errorf("%s after the line was good again the picture is not as large as before, %d", relieved, full)
	}
	t.Logf("the picture as before after %s", took)
}

// atEase watches on a good line until a picture flows that a thin one cannot carry.
func atEase(t *testing.T, p *duo.Person) (control duo.Seen) {
	t.Helper()
	for deadline := time.Now().Add(browser.Patience); time.Now().Before(deadline); {
		control = told(t, "good line", p.Watches(3*time.Second))
		if control.Rate() > 350_000 && !control.Paused() && control.First().Height == control.Last().Height {
			return control
		}
	}
	t.Fatalf("%s on a good line brought no steady picture", browser.Patience)
	return control
}

// until waits until a sample is so, and says how long after a time that was.
func until(p *duo.Person, patience time.Duration, from time.Time, so func(duo.Sample) bool) (took time.Duration, ok bool) {
	for deadline := time.Now().Add(patience); !ok && time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		took, ok = p.So().When(from, so)
	}
	return took, ok
}

// told writes what was seen to the log.
func told(t *testing.T, what string, s duo.Seen) duo.Seen {
	t.Helper()
	t.Logf("%s, %s: %s", what, s.Over(), s)
	return s
}

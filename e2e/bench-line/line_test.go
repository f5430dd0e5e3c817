// Package line prints what bad lines do to a call of two in Chromium, in the form of `make bench`: how long pictures stand
// still, how much of the sound is made up, and how soon the picture fits a line that became narrow or wide.
//
// Each figure is the median over some calls, each with a program and a room of its own. Within a call all lines are tried
// one after the other, a good one first: what stands still on that one is the machine's doing, and to be held against the others.
package line

import (
	"fmt"
	"os"
	"testing"
	"time"

	"foyer/e2e/browser"
	"foyer/e2e/figure"
	"foyer/e2e/impair"
	"foyer/e2e/impair/duo"
)

func TestMain(m *testing.M) { os.Exit(browser.Main(m)) }

const (
	runs     = 3
	minute   = time.Minute // on each line
	patience = time.Minute // for a picture to become smaller or as large as before
	often    = 100 * time.Millisecond
	enough   = 400_000 // bit/s of a picture on a good line, before anything is measured
)

// lines are the troubles, the same in both directions unless thin. They lie between the server and the one who watches.
var lines = []struct {
	name  string
	words string
	is    impair.Trouble
	thin  bool
}{
	{name: "clean", words: "nothing"},
	{name: "loss5", words: "5 % of the packets lost, each on its own", is: impair.Trouble{Loss: 0.05}},
	{name: "burst5", words: "5 % lost, five in a row", is: impair.Trouble{Burst: impair.Burst{Loss: 0.05, Length: 5}}},
	{name: "jitter", words: "50 ms late each way, and up to 50 ms more", is: impair.Trouble{Delay: 50 * time.Millisecond, Jitter: 50 * time.Millisecond}},
	{name: "300k", words: "300 kbit/s towards the watcher with a queue of 300 ms, from the step on", is: impair.Trouble{Rate: 300_000, Queue: 300 * time.Millisecond}, thin: true},
}

// results are the values of a figure, one for each run.
type results map[string][]float64

func (r results) add(name string, value float64) { r[name] = append(r[name], value) }

// BenchmarkLines prints, for each line: freeze_ms_per_min_…, Chromium's totalFreezesDuration; longest_gap_ms_…, the longest
// time between two pictures that the page showed; concealed_pct_…, the share of the sound that was made up. And
// layer_down_ms and layer_up_ms, from the step of the line to a picture that fits it, or a word that it paused.
func BenchmarkLines(b *testing.B) {
	all := results{}
	for run := range runs {
		call(b, uint64(run), all)
	}
	figure.Note("%d calls, %s on each line, a camera of %d × %d at %d/s with noise", runs, minute, duo.Usual.Width, duo.Usual.Height, duo.Usual.Rate)
	for _, l := range lines {
		fmt.Printf("note %s: %s\n", l.name, l.words)
		figure.Spread("freeze_ms_per_min_"+l.name, all["freeze "+l.name], "ms", len(all["freeze "+l.name]))
		figure.Spread("longest_gap_ms_"+l.name, all["gap "+l.name], "ms", len(all["gap "+l.name]))
		figure.Spread("concealed_pct_"+l.name, all["concealed "+l.name], "%", len(all["concealed "+l.name]))
	}
	figure.Spread("layer_down_ms", all["down"], "ms", len(all["down"]))
	figure.Spread("layer_up_ms", all["up"], "ms", len(all["up"]))
}

// call tries every line once.
func call(b *testing.B, seed uint64, all results) {
	c := duo.Open(b, seed, duo.Usual, enough)
	full := 0
	for _, l := range lines {
		up := l.is
		if l.thin {
			up = impair.Trouble{}
		}
		c.Watcher.Begin(often)
		began := time.Now()
		c.Watcher.Line.Set(up, l.is)
		time.Sleep(minute)
		seen := c.Watcher.End()
		figure.Note("call %d, %s: %s", seed, l.name, seen)
		all.add("freeze "+l.name, seen.Froze()/seen.Over().Minutes())
		all.add("gap "+l.name, seen.Longest)
		all.add("concealed "+l.name, 100*seen.Concealed())
		if l.name == "clean" {
			full = seen.Last().Height
		}
		if l.thin {
			if took, ok := seen.When(began, func(s duo.Sample) bool { return s.Paused || s.Height < full }); ok {
				all.add("down", float64(took.Milliseconds()))
			}
		}
		took, ok := relief(c, full)
		if !ok {
			b.Errorf("%s after %s the picture is not as it was, %d pixels high", patience, l.name, full)
		} else if l.thin {
			all.add("up", float64(took.Milliseconds()))
		}
	}
}

// relief makes the line good again and waits for new pictures as large as before.
func relief(c *duo.Call, full int) (took time.Duration, ok bool) {
	c.Watcher.Begin(often)
	began := time.Now()
	c.Watcher.Line.Set(impair.Trouble{}, impair.Trouble{})
	from := c.Watcher.So().First().Frames
	for deadline := began.Add(patience); !ok && time.Now().Before(deadline); time.Sleep(often) {
		took, ok = c.Watcher.So().When(began, func(s duo.Sample) bool { return !s.Paused && s.Height >= full && s.Frames > from+10 })
	}
	return took, ok
}

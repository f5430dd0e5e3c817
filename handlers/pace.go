package handlers

import (
	"time"

	"foyer/meet"
)

// bell wakes a stream when time alone moves what its page shows. It rings once for each time that it is set, and setting
// it anew forgets the time before. It belongs to the goroutine of its stream.
type bell struct {
	C     chan struct{} // ready when it rang
	timer *time.Timer
}

func newBell() *bell { return &bell{C: make(chan struct{}, 1)} }

// in sets it: it rings after so long.
func (b *bell) in(d time.Duration) {
	b.stop()
	b.timer = time.AfterFunc(d, func() {
		select {
		case b.C <- struct{}{}:
		default:
		}
	})
}

// stop lets it be silent.
func (b *bell) stop() {
	if b.timer != nil {
		b.timer.Stop()
	}
}

// nextMinute is how long it is until the words about a start move: they count whole minutes.
func nextMinute(starts, now time.Time) time.Duration {
	left := starts.Sub(now) % time.Minute
	if left <= 0 {
		left += time.Minute
	}
	return left
}

// nextWords is how long it is until time alone changes what a page says of an event: minutes count for two days, days by
// the reader's calendar, and a midnight of any zone is at a quarter of an hour.
func nextWords(e meet.Event, now time.Time) time.Duration {
	if e.Phase(now) == meet.Planned && e.Starts.Sub(now) < 48*time.Hour {
		return nextMinute(e.Starts, now)
	}
	const quarter = 15 * time.Minute
	next := now.Truncate(quarter).Add(quarter)
	if end := e.Ends(); end.After(now) && end.Before(next) {
		next = end
	}
	return next.Sub(now)
}

// redrawEvery is how long a region that is dear to draw stands still at least: ten thousand mails that go out are two
// pictures a second, not ten thousand.
const redrawEvery = 500 * time.Millisecond

// pace says when such a region may be drawn again.
type pace struct {
	drawn time.Time // when it was drawn last
	due   bool      // a redraw is on its way
}

// may tells whether the picture has stood for long enough; else the bell rings when it has.
func (p *pace) may(now time.Time, b *bell) bool {
	wait := redrawEvery - now.Sub(p.drawn)
	if wait > 0 && !p.due {
		p.due = true
		b.in(wait)
	}
	return wait <= 0
}

// draws notes that it is drawn now.
func (p *pace) draws(now time.Time) { p.due, p.drawn = false, now }

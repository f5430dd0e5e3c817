package handlers

import "time"

// redrawEvery is how long a region that is dear to draw stands still at least: ten thousand mails that go out are two
// pictures a second, not ten thousand.
const redrawEvery = 500 * time.Millisecond

// pace says when such a region may be drawn again.
type pace struct {
	drawn time.Time     // when it was drawn last
	due   bool          // a redraw is on its way
	soon  chan struct{} // ready when it is there
}

func newPace() pace { return pace{soon: make(chan struct{}, 1)} }

// may tells whether the picture has stood for long enough; else soon will be ready when it has.
func (p *pace) may(now time.Time) bool {
	wait := redrawEvery - now.Sub(p.drawn)
	if wait > 0 && !p.due {
		p.due = true
		time.AfterFunc(wait, p.ring)
	}
	return wait <= 0
}

// draws notes that it is drawn now.
func (p *pace) draws(now time.Time) { p.due, p.drawn = false, now }

func (p *pace) ring() {
	select {
	case p.soon <- struct{}{}:
	default:
	}
}

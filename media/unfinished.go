package media

import (
	"sync"
	"sync/atomic"
	"time"
)

// unfinished are the layers of a node whose frame has begun to come and is not whole. Most frames come whole in what a reader
// takes from its socket at once, and nothing has to wait for them; so it is only when the readers rest that a timer is set,
// one for all. Setting it wakes another thread of an idle process, which costs more than sending the frame to a few people.
type unfinished struct {
	clock func() time.Time
	some  atomic.Bool // there are layers

	mu     sync.Mutex // after layer.mu
	layers []*layer
	timer  *time.Timer
	set    bool
}

// add takes a layer in. Called with the layer's lock held.
func (u *unfinished) add(l *layer) {
	u.mu.Lock()
	u.layers = append(u.layers, l)
	u.mu.Unlock()
	u.some.Store(true)
}

// rest is called when a reader has handed on all that came.
func (u *unfinished) rest() {
	if u.some.Load() {
		u.look()
	}
}

// ring is the timer's.
func (u *unfinished) ring() {
	u.mu.Lock()
	u.set = false
	u.mu.Unlock()
	u.look()
}

// look lets go of the layers that are finished by now, hands on what has waited too long, and sets the timer if some are left.
func (u *unfinished) look() {
	now := u.clock()
	u.mu.Lock()
	layers := u.layers
	u.layers = nil
	u.mu.Unlock() // a layer's lock comes first
	kept, next := layers[:0], mostWait
	for _, l := range layers {
		if left := l.waits(now); left > 0 {
			kept, next = append(kept, l), min(next, left)
		}
	}
	clear(layers[len(kept):])
	u.mu.Lock()
	defer u.mu.Unlock()
	u.layers = append(kept, u.layers...)
	u.some.Store(len(u.layers) > 0)
	switch {
	case len(u.layers) == 0 || u.set:
		return
	case u.timer == nil:
		u.timer = time.AfterFunc(next, u.ring)
	default:
		u.timer.Reset(next)
	}
	u.set = true
}

// waits is for how long an unfinished frame may wait yet; 0 when there is none. One that has waited long enough is handed on
// as it is.
func (l *layer) waits(now time.Time) time.Duration {
	defer func() {
		if cause := recover(); cause != nil {
			l.source.pub.broken(cause)
		}
	}()
	l.mu.Lock()
	defer l.mu.Unlock()
	left := mostWait - now.Sub(l.since)
	if left <= 0 {
		l.flush()
	}
	if l.listed = l.open.n > 0; !l.listed {
		return 0
	}
	return min(left, mostWait) // a clock that went back delays nobody
}

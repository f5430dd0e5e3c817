package media

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// layer is one incoming stream and those who get it. There is one per source today; simulcast will make it three.
type layer struct {
	video bool
	clock uint32 // Hz
	ring  *ring
	keys  keyFrames
	times timeline

	mu    sync.Mutex                // orders changes of sinks
	sinks atomic.Pointer[[]*outlet] // copied on change, so that the packet loop reads it without a lock
}

func newLayer(video bool, askKey func()) *layer {
	l := &layer{video: video, clock: audioClock, ring: newRing(audioRing), keys: keyFrames{send: askKey}}
	if video {
		l.clock, l.ring = videoClock, newRing(videoRing)
	}
	l.sinks.Store(&[]*outlet{})
	return l
}

// forward keeps the packet for repairs and gives it to everybody who listens.
func (l *layer) forward(p packet, now time.Time) {
	l.ring.put(p)
	if p.key {
		l.keys.arrived(now)
	}
	for _, o := range *l.sinks.Load() {
		o.write(l, p, now)
	}
}

func (l *layer) add(o *outlet) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if have := *l.sinks.Load(); !slices.Contains(have, o) {
		more := append(slices.Clone(have), o)
		l.sinks.Store(&more)
	}
}

func (l *layer) drop(o *outlet) {
	l.mu.Lock()
	defer l.mu.Unlock()
	less := slices.DeleteFunc(slices.Clone(*l.sinks.Load()), func(x *outlet) bool { return x == o })
	l.sinks.Store(&less)
}

const (
	keyPatience = 500 * time.Millisecond // after which an unanswered request is repeated
	keySpacing  = 200 * time.Millisecond // between a key frame and the next request: key frames are ten frames' worth
)

// keyFrames asks a publisher for key frames on behalf of all who wait: one request is outstanding at a time, however
// many receivers lost a packet or came in at once.
type keyFrames struct {
	mu          sync.Mutex
	send        func()
	asked, came time.Time
	outstanding bool
}

func (k *keyFrames) ask(now time.Time) {
	k.mu.Lock()
	wait := k.outstanding && now.Sub(k.asked) < keyPatience || !k.outstanding && now.Sub(k.came) < keySpacing
	if !wait {
		k.outstanding, k.asked = true, now
	}
	k.mu.Unlock()
	if !wait {
		k.send()
	}
}

func (k *keyFrames) arrived(now time.Time) {
	k.mu.Lock()
	k.outstanding, k.came = false, now
	k.mu.Unlock()
}

package media

import (
	"sync"
	"time"
)

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

// forget takes back a request that nobody heard.
func (k *keyFrames) forget() {
	k.mu.Lock()
	k.outstanding = false
	k.mu.Unlock()
}

const (
	mostReplay = 128                     // packets: a second of a usual camera; more would only delay what is new
	oldReplay  = 1500 * time.Millisecond // a picture older than this is not worth showing first
)

// keyCache is where the newest key frame begins in a ring and how far the stream has gone since. Whoever comes in gets
// those packets at once instead of waiting for a key frame that the publisher has yet to make. Guarded by ring.mu.
type keyCache struct {
	started bool
	upto    uint16 // the newest packet handed out
	known   bool
	from    uint16 // the key frame's first packet
	at      time.Time
}

// passed notes that a packet was handed out.
func (c *keyCache) passed(p *packet, now time.Time) {
	if !c.started || newer(p.seq, c.upto) {
		c.started, c.upto = true, p.seq
	}
	if p.key && (!c.known || newer(p.seq, c.from)) {
		c.known, c.from, c.at = true, p.seq, now
	}
	if c.upto-c.from >= 1<<14 {
		c.known = false // long ago, and half the circle must never be reached
	}
}

// fresh tells whether replaying is better than asking, and how old the key frame is.
func (c *keyCache) fresh(now time.Time) (age time.Duration, ok bool) {
	age = max(0, now.Sub(c.at))
	return age, c.known && c.upto-c.from < mostReplay && age < oldReplay
}

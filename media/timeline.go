package media

import (
	"sync"
	"time"
)

// Lips move with words only if a voice and a face carry one clock. A publisher's sender reports tie each of its RTP
// clocks to its own wall clock; wallclock ties that wall clock to ours; outlets report the product to receivers.

// wallclock is the difference between a publisher's clock and ours. The smallest one seen is nearest the truth, since
// the network can only add to it; it creeps up slowly in case the clocks drift.
type wallclock struct {
	mu    sync.Mutex
	known bool
	ahead time.Duration // ours minus theirs
}

func (w *wallclock) hear(theirs, ours time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	ahead := ours.Sub(theirs)
	if w.known && ahead > w.ahead {
		ahead = w.ahead + (ahead-w.ahead)/64
	}
	w.known, w.ahead = true, ahead
}

func (w *wallclock) theirs(ours time.Time) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return ours.Add(-w.ahead)
}

// timeline is the last sender report of one stream: at this moment of the publisher's clock, RTP time was this.
type timeline struct {
	mu    sync.Mutex
	known bool
	wall  *wallclock
	at    time.Time
	rtp   uint32
}

func (t *timeline) hear(wall *wallclock, ntp uint64, rtp uint32, now time.Time) {
	at := fromNTP(ntp)
	wall.hear(at, now)
	t.mu.Lock()
	t.known, t.wall, t.at, t.rtp = true, wall, at, rtp
	t.mu.Unlock()
}

// rtpAt is the stream's RTP time at one moment of our clock; false before the first report.
func (t *timeline) rtpAt(now time.Time, clock uint32) (uint32, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.known {
		return 0, false
	}
	return t.rtp + ticks(t.wall.theirs(now).Sub(t.at), clock), true
}

// ticks wraps as RTP time does; negative durations count back.
func ticks(d time.Duration, clock uint32) uint32 {
	return uint32(int64(d.Seconds() * float64(clock)))
}

// ntpEpoch is 1900-01-01 in Unix seconds (RFC 5905, section 6).
const ntpEpoch = -2208988800

func fromNTP(n uint64) time.Time {
	return time.Unix(int64(n>>32)+ntpEpoch, int64(n&0xffffffff)*1e9>>32)
}

func toNTP(t time.Time) uint64 {
	return uint64(t.Unix()-ntpEpoch)<<32 | uint64(t.Nanosecond())<<32/1e9
}

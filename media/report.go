package media

import (
	"time"

	"github.com/pion/rtcp"
)

// report is the sender report of one slot at this moment (RFC 3550, section 6.4.1); nil while the slot is empty.
func (o *outlet) report(now time.Time) *rtcp.SenderReport {
	b := o.bound.Load()
	if b == nil {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.current == nil || o.packets == 0 {
		return nil
	}
	return &rtcp.SenderReport{
		SSRC: b.ssrc, NTPTime: toNTP(now), RTPTime: o.rtpAt(now), PacketCount: o.packets, OctetCount: o.octets,
	}
}

// rtpAt is the slot's RTP time now: by the publisher's own clocks where they are known and believable, else counted on
// from the last packet.
func (o *outlet) rtpAt(now time.Time) uint32 {
	counted := o.rw.lastTS + ticks(now.Sub(o.rw.lastAt), o.current.clock)
	exact, ok := o.current.times.rtpAt(now, o.current.clock)
	if !ok {
		return counted
	}
	exact += o.rw.tsBy
	if off := int32(exact - counted); off > int32(10*o.current.clock) || off < -int32(10*o.current.clock) {
		return counted
	}
	return exact
}

package media

import (
	"time"

	"github.com/pion/rtcp"
)

// report tells unless the answer to a probe is awaited, which a later sender report would spoil.
func (v *receiver) report(now time.Time) {
	v.shard.mu.Lock()
	awaits := v.line.awaits()
	v.shard.mu.Unlock()
	if !awaits {
		v.tell(now)
	}
}

// tellTwice is for the report behind a probe, whose loss would cost a second. The two are the same but for their numbers.
func (v *receiver) tellTwice(now time.Time) {
	v.tell(now)
	v.tell(now)
}

// tell sends the sender reports of all slots in use as one datagram.
func (v *receiver) tell(now time.Time) {
	all := v.reports(now)
	if len(all) == 0 {
		return
	}
	if b, err := rtcp.Marshal(all); err == nil {
		_ = v.lite.WriteRTCP(b) // a closing connection says so by its events
	}
}

func (v *receiver) reports(now time.Time) (all []rtcp.Packet) {
	v.shard.mu.Lock()
	defer v.shard.mu.Unlock()
	for _, o := range v.outlets {
		if sr := o.report(now); sr != nil {
			all = append(all, sr)
		}
	}
	return all
}

// report is the sender report of one slot at this moment (RFC 3550, section 6.4.1); nil while the slot is empty.
func (o *outlet) report(now time.Time) *rtcp.SenderReport {
	if o.current == nil || o.packets == 0 {
		return nil
	}
	return &rtcp.SenderReport{
		SSRC: o.ssrc, NTPTime: toNTP(now), RTPTime: o.rtpAt(now), PacketCount: o.packets, OctetCount: o.octets,
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

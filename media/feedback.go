package media

import (
	"encoding/binary"
	"time"

	"github.com/pion/rtcp"
)

// resendsPerSecond is what one slot of one receiver can make us send again: about its own full stream.
const resendsPerSecond = 500

// budget is a count per second.
type budget struct {
	since time.Time
	used  int
}

func (b *budget) take(now time.Time) bool {
	if d := now.Sub(b.since); d >= time.Second || d < 0 {
		b.since, b.used = now, 0
	}
	b.used++
	return b.used <= resendsPerSecond
}

// hear reads what a receiver says: one decrypted compound packet. Malformed ones are dropped whole.
func (v *receiver) hear(raw []byte) {
	packets, err := rtcp.Unmarshal(raw)
	if err != nil {
		return
	}
	now := v.room.node.opts.Clock()
	v.shard.mu.Lock()
	defer v.shard.mu.Unlock()
	for _, p := range packets {
		v.heed(p, now)
	}
	if v.line.urgent() {
		v.plan(now)
	}
	v.shard.flush()
}

func (v *receiver) heed(p rtcp.Packet, now time.Time) {
	switch p := p.(type) {
	case *rtcp.TransportLayerNack:
		if o := v.outletOf(p.MediaSSRC); o != nil && v.wire.open(v.shard) {
			o.resend(p.Nacks, now)
		}
	case *rtcp.PictureLossIndication:
		v.refresh(p.MediaSSRC, now)
	case *rtcp.FullIntraRequest:
		for _, f := range p.FIR {
			v.refresh(f.SSRC, now)
		}
	case *rtcp.ReceiverEstimatedMaximumBitrate:
		v.line.estimated(float64(p.Bitrate), now)
	case *rtcp.ReceiverReport:
		v.reported(p.Reports, now)
	}
}

func (v *receiver) outletOf(ssrc uint32) *outlet {
	for _, o := range v.outlets {
		if o.ssrc == ssrc {
			return o
		}
	}
	return nil
}

// refresh passes a receiver's wish for a key frame on, merged with everybody else's (RFC 4585, section 6.3.1).
func (v *receiver) refresh(ssrc uint32, now time.Time) {
	if o := v.outletOf(ssrc); o != nil && o.current != nil && o.current.video {
		o.current.keys.ask(now)
	}
}

// reported takes the losses of one report, of the busiest stream: a slot that carries next to nothing says nothing. What
// it says of a sender report that follows a probe is the probe's alone.
func (v *receiver) reported(reports []rtcp.ReceptionReport, now time.Time) {
	var (
		worst, padding float64
		rtt            time.Duration
		mark           uint32
	)
	for _, r := range reports {
		o := v.outletOf(r.SSRC)
		if o == nil && v.fills(r.SSRC) {
			padding = max(padding, float64(r.FractionLost)/256)
		}
		if o == nil || o.current == nil {
			continue
		}
		worst = max(worst, float64(r.FractionLost)/256)
		if r.LastSenderReport != 0 {
			passed := uint32(toNTP(now)>>16) - r.LastSenderReport - r.Delay // 1/65536 s, RFC 3550 section 6.4.1
			if d := time.Duration(passed) * time.Second >> 16; passed < 1<<18 && d > rtt {
				rtt, mark = d, r.LastSenderReport
			}
		}
	}
	if rtt > 0 && v.line.answered(mark, rtt, padding, now) {
		rtt = 0
		v.pacing(now)
	}
	v.line.reported(worst, rtt, now)
}

func (v *receiver) fills(ssrc uint32) bool {
	o := v.padded()
	return o != nil && o.rtxSSRC == ssrc
}

// resend answers a NACK (RFC 4585, section 6.2.1) from the shared ring: in the repair stream where the client has one
// (RFC 4588), else the same bytes under the same number.
func (o *outlet) resend(pairs []rtcp.NackPair, now time.Time) {
	if o.current == nil {
		return
	}
	missed := 0
	r := o.current.ring
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, pair := range pairs {
		pair.Range(func(seq uint16) bool {
			in, by, first, ok := o.rw.origin(seq)
			if !ok {
				return true
			}
			if first {
				missed++
			}
			if !o.repairs.spent.take(now) {
				return false
			}
			if k := r.at(in); k != nil && o.v.line.affords(len(k.payload)+wireCost, now) {
				o.repair(k, seq, by)
			}
			return true
		})
	}
	o.v.line.missed(missed, now)
}

func (o *outlet) repair(k *kept, seq uint16, by frameNumbers) {
	if o.rtxPT == 0 || len(k.payload)+rtpHeader+2 > maxPacket {
		o.send(k, seq, by)
		return
	}
	b := o.v.wire.room()
	o.repairs.index++
	o.header(b, o.rtxPT, uint16(o.repairs.index), o.rtxSSRC, k)
	binary.BigEndian.PutUint16(b[rtpHeader:], seq)
	n := o.body(b, rtpHeader+2, k, by)
	o.v.wire.commit(rtpHeader, n, o.rtxSSRC, o.repairs.index)
	o.v.bytes += uint64(n + wireCost - rtpHeader)
	o.v.packets++
}

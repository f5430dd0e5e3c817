package media

import (
	"fmt"
	"time"

	"github.com/pion/rtcp"
)

// resendsPerSecond bounds what one slot of one receiver can make us send again: about its own full stream.
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

// listen reads what a receiver says about one slot until the connection ends.
func (o *outlet) listen(b *binding) {
	defer func() {
		if cause := recover(); cause != nil {
			o.fail(fmt.Errorf("slot %d: %v", o.index, cause))
		}
	}()
	buf := make([]byte, maxPacket)
	for {
		n, _, err := b.rtcp.Read(buf, nil)
		if err != nil {
			return
		}
		o.feedback(buf[:n], b)
	}
}

// feedback handles one compound RTCP packet. Malformed ones are dropped whole. Reports need no answer yet: they carry
// what a bandwidth allocator will want.
func (o *outlet) feedback(raw []byte, b *binding) {
	packets, err := rtcp.Unmarshal(raw)
	if err != nil {
		return
	}
	now := o.now()
	for _, p := range packets {
		switch p := p.(type) {
		case *rtcp.TransportLayerNack:
			if p.MediaSSRC == b.ssrc {
				o.resend(p.Nacks, now, b)
			}
		case *rtcp.PictureLossIndication:
			if p.MediaSSRC == b.ssrc {
				o.refresh(now)
			}
		case *rtcp.FullIntraRequest:
			for _, f := range p.FIR {
				if f.SSRC == b.ssrc {
					o.refresh(now)
				}
			}
		}
	}
}

// refresh passes a receiver's wish for a key frame on, merged with everybody else's.
func (o *outlet) refresh(now time.Time) {
	o.mu.Lock()
	l := o.current
	o.mu.Unlock()
	if l != nil && l.video {
		l.keys.ask(now)
	}
}

// resend answers a NACK (RFC 4585, section 6.2.1) from the shared ring: same SSRC, same number, same bytes.
func (o *outlet) resend(pairs []rtcp.NackPair, now time.Time, b *binding) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.current == nil {
		return
	}
	var buf [maxPacket]byte
	for _, pair := range pairs {
		pair.Range(func(seq uint16) bool {
			if !o.resends.take(now) {
				return false
			}
			in, ok := o.rw.source(seq)
			if !ok {
				return true
			}
			if p, ok := o.current.ring.load(in, buf[:]); ok {
				if out, ok := o.rw.apply(p, o.scratch); ok {
					o.send(b, out)
				}
			}
			return true
		})
	}
}

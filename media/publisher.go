package media

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"foyer/media/lite"
)

// publisher is one person's sending connection. Its packets come decrypted on the goroutine that read them from the
// network, one at a time, and leave for the receivers on it; a publisher has no goroutine of its own.
type publisher struct {
	*conn
	lite    *lite.Conn // nil in tests of parts
	offer   sendOffer
	ssrc    uint32 // in the name of which we report
	opened  time.Time
	wall    wallclock
	sources [sourceKinds]*source

	mu       sync.Mutex // of the packet loop and the tick
	incoming []*incoming
	arrivals *twcc.Recorder
}

func newPublisher(r *room, pass string, o sendOffer) *publisher {
	p := &publisher{conn: newConn(r, pass), offer: o, ssrc: rand.Uint32(), opened: r.node.opts.Clock()}
	p.arrivals = twcc.NewRecorder(p.ssrc)
	for k := range p.sources {
		p.sources[k] = newSource(p, sourceKind(k))
	}
	return p
}

func (p *publisher) connection() *conn { return p.conn }

func (p *publisher) sit(m *member) *conn {
	old := m.publisher
	m.publisher = p
	if old == nil {
		return nil
	}
	for k, s := range p.sources {
		s.inherit(old.sources[k])
	}
	old.mute()
	return old.conn
}

// hear takes one decrypted packet. Every packet is noted for feedback, wanted or not: what nobody notes looks lost to its
// sender.
func (p *publisher) hear(h *rtp.Header, payload []byte, now time.Time) {
	in := p.find(h)
	p.note(in, h, now)
	if in == nil || in.layer == nil || h.PayloadType != in.pt {
		return
	}
	payload, ok := unpadded(h, payload)
	if !ok {
		return
	}
	if in.repairs {
		if payload, ok = unwrap(h, payload); !ok {
			return
		}
	}
	in.layer.receive(h, payload, now)
}

// hearRTCP takes one decrypted compound packet: sender reports for the clocks, and BYE from those who say it.
func (p *publisher) hearRTCP(raw []byte) {
	packets, err := rtcp.Unmarshal(raw)
	if err != nil {
		return
	}
	now := p.room.node.opts.Clock()
	for _, packet := range packets {
		switch q := packet.(type) {
		case *rtcp.SenderReport:
			p.clocked(q, now)
		case *rtcp.Goodbye:
			for _, ssrc := range q.Sources {
				if in := p.known(ssrc); in != nil && in.layer != nil && !in.repairs {
					in.layer.ended()
				}
			}
		}
	}
}

func (p *publisher) clocked(r *rtcp.SenderReport, now time.Time) {
	in := p.known(r.SSRC)
	if in == nil || in.repairs {
		return
	}
	p.mu.Lock()
	in.reported, in.reportedAt = uint32(r.NTPTime>>16), now
	p.mu.Unlock()
	if in.layer != nil {
		in.layer.times.hear(&p.wall, r.NTPTime, r.RTPTime, now)
	}
}

// write sends RTCP. A connection that closes meanwhile says so by its events.
func (p *publisher) write(packets ...rtcp.Packet) {
	if p.lite == nil || len(packets) == 0 {
		return
	}
	if b, err := rtcp.Marshal(packets); err == nil {
		_ = p.lite.WriteRTCP(b)
	}
}

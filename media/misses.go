package media

import (
	"slices"
	"time"

	"github.com/pion/rtcp"
)

const (
	mostMisses = 96                    // packets of one stream that we wait for; more is an interruption, not a loss
	askAgain   = 80 * time.Millisecond // after which an unanswered request is repeated: a usual round trip and a little
	mostAsks   = 6                     // then a key frame has to help
)

// misses are the numbers of one incoming stream that have not come. They are read off what the ring gets,
// so that a repair ends the asking by whichever stream it comes.
type misses struct {
	known bool
	top   uint16
	list  []missed
	due   []uint16
}

type missed struct {
	seq   uint16
	asked time.Time
	asks  int
}

// saw notes a packet that came, and gives the numbers to ask for now. The result is good until the next call.
func (m *misses) saw(seq uint16, now time.Time) []uint16 {
	switch gap := int(seq - m.top - 1); {
	case !m.known:
		m.known, m.top = true, seq
	case !newer(seq, m.top):
		m.list = slices.DeleteFunc(m.list, func(x missed) bool { return x.seq == seq })
	case len(m.list)+gap > mostMisses:
		m.list, m.top = m.list[:0], seq
	default:
		for m.top++; m.top != seq; m.top++ {
			m.list = append(m.list, missed{seq: m.top})
		}
	}
	if len(m.list) == 0 {
		return nil
	}
	m.list = slices.DeleteFunc(m.list, func(x missed) bool { return x.asks == mostAsks && now.Sub(x.asked) >= askAgain })
	m.due = m.due[:0]
	for i := range m.list {
		if x := &m.list[i]; x.asks == 0 || x.asks < mostAsks && now.Sub(x.asked) >= askAgain {
			x.asks, x.asked = x.asks+1, now
			m.due = append(m.due, x.seq)
		}
	}
	return m.due
}

// askAgainFor asks the publisher for packets of this layer (RFC 4585, section 6.2.1).
func (l *layer) askAgainFor(seqs []uint16) {
	if ssrc := l.ssrc.Load(); ssrc != 0 && len(seqs) > 0 {
		p := l.source.pub
		p.write(&rtcp.TransportLayerNack{SenderSSRC: p.ssrc, MediaSSRC: ssrc, Nacks: rtcp.NackPairsFromSequenceNumbers(seqs)})
	}
}

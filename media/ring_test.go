package media

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// A number is taken once: not again while it is there, nor when its place has been given to a newer one, and what is older
// than all that is kept comes too late.
func TestRingTakesANumberOnce(t *testing.T) {
	for _, c := range []struct {
		name    string
		numbers []uint16
		refused []uint16 // afterwards
		taken   []uint16
		kept    []uint16
		gone    []uint16
	}{
		{name: "again", numbers: []uint16{5}, refused: []uint16{5}, taken: []uint16{6, 4}, kept: []uint16{4, 5, 6}},
		{name: "its place was given away", numbers: []uint16{5, 5 + videoRing}, refused: []uint16{5, 4, 5 + videoRing}, taken: []uint16{6}, gone: []uint16{5}},
		{name: "over the wrap", numbers: []uint16{65535, 0}, refused: []uint16{65535, 65536 - videoRing}, taken: []uint16{65537 - videoRing, 1}},
		{name: "what is left out leaves no older one", numbers: []uint16{5, 5 + 30000}, refused: []uint16{5}, taken: []uint16{6 + 30000}, gone: []uint16{5}},
		{
			name: "once around", numbers: []uint16{5, 5 + 30000, 5 + 60000, 4},
			taken: []uint16{5}, kept: []uint16{4, 5}, gone: []uint16{5 + 60000 - videoRing},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRing(videoRing)
			for _, seq := range c.numbers {
				if !r.put(packet{seq: seq}) {
					t.Fatalf("%d was refused", seq)
				}
			}
			for _, seq := range c.refused {
				if r.put(packet{seq: seq}) {
					t.Errorf("%d was taken", seq)
				}
			}
			for _, seq := range c.taken {
				if !r.put(packet{seq: seq}) {
					t.Errorf("%d was not taken", seq)
				}
			}
			for _, seq := range c.kept {
				if r.at(seq) == nil {
					t.Errorf("%d is gone", seq)
				}
			}
			for _, seq := range c.gone {
				if r.at(seq) != nil {
					t.Errorf("%d is still there", seq)
				}
			}
		})
	}
}

// Old numbers come again with other contents, as repairs may: nobody who asks gets them under the number of the first.
func TestOldNumbersKeepTheirText(t *testing.T) {
	for _, c := range []struct{ between, sent int }{
		{videoRing, 2},
		{1<<16 - 1, 3}, // the number is a new one by then
	} {
		s, v, wire := stage(t, camera, firstCamera, 0)
		l, o, now := s.layers[0], v.outlets[firstCamera], time.Now()
		put := func(seq int, p packet, tail byte) {
			p.seq, p.payload = uint16(seq), append(p.payload, tail)
			l.forward(p, now)
		}
		put(100, frame(0, 0, 0, true), 1)
		o.share.temporal, o.temporal = 0, 0
		put(101, layered(0, 3000, 1, 0, false), 1)
		out := uint16(o.rw.index)
		for i := range c.between { // which this receiver does not get
			put(102+i, layered(0, 6000, 2, 1, false), 1)
		}
		put(101, layered(0, 3000, 1, 0, false), 77)
		v.shard.mu.Lock()
		o.resend([]rtcp.NackPair{{PacketID: out}}, now) // the collector compares
		v.shard.mu.Unlock()
		if len(wire.sent) != c.sent {
			t.Errorf("%d numbers went out", len(wire.sent))
		}
	}
}

package media

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/pion/rtp"

	"foyer/media/lite"
)

// drain is a wire that writes where the batch would, and no further.
type drain struct{ slot [1536]byte }

func (d *drain) open(*shard) bool                        { return true }
func (d *drain) room() []byte                            { return d.slot[:] }
func (d *drain) commit(_, n int, _ uint32, index uint64) { d.slot[n+lite.Overhead-1] = byte(index) }

// A frame on its way to fifty receivers allocates nothing, neither per packet nor per receiver.
func TestFramesAllocateNothing(t *testing.T) {
	const receivers = 50
	s, first, _ := stage(t, camera, firstCamera, 97)
	first.wire = &drain{}
	for range receivers - 1 {
		v := newReceiver(first.room, "v", make([]mediaLine, slotCount))
		v.wire = &drain{}
		v.shard.mu.Lock()
		v.outlets[firstCamera].aim(s)
		v.plan(first.room.node.opts.Clock())
		v.shard.mu.Unlock()
	}
	packets := make([][]byte, 4)
	seq := uint16(0)
	for i := range packets {
		f := frame(uint16(i), 0, 1, i == 0)
		packets[i] = marshal(t, &rtp.Packet{
			Header:  rtp.Header{Version: 2, PayloadType: 96, SSRC: testSSRC, Marker: i == len(packets)-1},
			Payload: append(f.payload, make([]byte, 1000-i)...),
		})
	}
	now := time.Now()
	pass := func() {
		for _, b := range packets {
			seq++
			binary.BigEndian.PutUint16(b[2:], seq)
			hears(s.pub, b, now)
		}
	}
	for range 2 * videoRing / len(packets) { // the ring grows at first
		pass()
	}
	before := first.outlets[firstCamera].packets
	if n := testing.AllocsPerRun(100, pass); n >= 1 {
		t.Errorf("%v allocations for a frame", n)
	}
	if sent := first.outlets[firstCamera].packets - before; sent < 400 {
		t.Fatalf("only %d packets were sent meanwhile", sent)
	}
}

// Neither does a frame that comes in two halves, between which the reader rests.
func TestUnfinishedFramesAllocateNothing(t *testing.T) {
	s, v, _ := stage(t, camera, firstCamera, 97)
	v.wire = &drain{}
	l, now, seq := s.layers[0], time.Now(), uint16(0)
	f := frame(0, 0, 1, false)
	half := func() {
		p := f
		p.seq, p.marker, p.key = seq, seq%2 == 1, seq == 0
		l.forward(p, now)
		seq++
	}
	whole := func() {
		half()
		l.node().unfinished.rest()
		half()
		l.node().unfinished.rest()
	}
	for range videoRing {
		whole()
	}
	if n := testing.AllocsPerRun(100, whole); n >= 1 {
		t.Errorf("%v allocations for a frame", n)
	}
}

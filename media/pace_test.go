package media

import (
	"encoding/binary"
	"math"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// recorded is a wire that keeps what went out, in order.
type recorded struct {
	slot [1600]byte
	sent []recordedPacket
}

type recordedPacket struct {
	ssrc  uint32
	index uint64
	first byte
	ts    uint32
	bytes int
}

func (w *recorded) open(*shard) bool { return true }
func (w *recorded) room() []byte     { return w.slot[:] }
func (w *recorded) commit(_, n int, ssrc uint32, index uint64) {
	w.sent = append(w.sent, recordedPacket{ssrc, index, w.slot[0], binary.BigEndian.Uint32(w.slot[4:]), n})
}

func (w *recorded) of(ssrc uint32) (all []recordedPacket) {
	for _, p := range w.sent {
		if p.ssrc == ssrc {
			all = append(all, p)
		}
	}
	return all
}

// narrowed is a receiver of a camera on a line known to carry 300 kbit/s, whose turns the test takes.
func narrowed(t *testing.T) (*layer, *receiver, *recorded, func(time.Duration) time.Time) {
	s, v, _ := stage(t, camera, firstCamera, 97)
	w, now := &recorded{}, time.Now()
	v.shard.mu.Lock()
	defer v.shard.mu.Unlock()
	v.wire, v.pace.listed = w, true
	v.line.bound = 300e3
	v.pacing(now)
	return s.layers[0], v, w, func(after time.Duration) time.Time { return now.Add(after) }
}

// picture hands on one frame of so many packets of 1,000 bytes.
func picture(l *layer, seq uint16, packets int, key bool, now time.Time) {
	for i := range packets {
		p := frame(seq+uint16(i), 3000*uint32(seq), seq, key && i == 0)
		p.payload = append(p.payload[:5:5], make([]byte, 995)...)
		if i > 0 {
			p.payload[0] &^= 0x10 // no start
		}
		p.marker = i == packets-1
		l.forward(described(p), now)
	}
}

func (v *receiver) turns(from, until time.Duration, at func(time.Duration) time.Time) (asks bool) {
	v.shard.mu.Lock()
	defer v.shard.mu.Unlock()
	for now := from; now < until; now += paceEvery {
		_, asked := v.turn(at(now))
		asks = asks || asked
	}
	return asks
}

func TestKeyFramesAreSpreadOverANarrowLine(t *testing.T) {
	t.Parallel()
	l, v, w, at := narrowed(t)
	o := v.outlets[firstCamera]
	picture(l, 100, 20, true, at(0))
	if o.current != l || len(w.sent) != 0 {
		t.Fatalf("%d packets of a key frame left at once", len(w.sent))
	}
	last := 0
	for after := time.Duration(0); after < 2*time.Second; after += 100 * time.Millisecond {
		v.turns(after, after+100*time.Millisecond, at)
		if now := len(w.sent); now-last > 9 { // 170 kbit in 300 ms
			t.Fatalf("%d packets in a tenth of a second", now-last)
		}
		last = len(w.sent)
	}
	if last != 20 {
		t.Fatalf("%d of 20 packets were sent", last)
	}
	for i, p := range w.sent[1:] {
		if p.index != w.sent[i].index+1 {
			t.Fatalf("number %d after %d", p.index, w.sent[i].index)
		}
	}
}

func TestVoicesOvertakePictures(t *testing.T) {
	t.Parallel()
	l, v, w, at := narrowed(t)
	s := l.source.pub.sources[microphone]
	s.granted.Store(true)
	v.shard.mu.Lock()
	v.outlets[0].aim(s)
	v.shard.mu.Unlock()
	picture(l, 100, 10, true, at(0))
	s.layers[0].forward(packet{seq: 1, ts: 960, marker: true, payload: []byte("voice")}, at(0))
	if len(w.sent) != 1 || w.sent[0].ssrc != v.outlets[0].ssrc {
		t.Fatalf("the voice waits: %v", w.sent)
	}
	v.turns(0, 2*time.Second, at)
	if n := len(w.of(v.outlets[firstCamera].ssrc)); n != 10 {
		t.Fatalf("%d of 10 packets of the picture were sent", n)
	}
}

func TestNothingIsHeldOnAWideLine(t *testing.T) {
	t.Parallel()
	l, v, w, at := narrowed(t)
	picture(l, 100, 10, true, at(0))
	v.shard.mu.Lock()
	v.line.bound = math.Inf(1)
	v.pacing(at(0))
	v.shard.mu.Unlock()
	picture(l, 110, 1, false, at(0)) // behind what waits
	v.turns(0, 2*paceEvery, at)
	picture(l, 111, 5, false, at(time.Second))
	if len(w.sent) != 16 || v.pace.on {
		t.Fatalf("%d of 16 packets were sent, pacing: %v", len(w.sent), v.pace.on)
	}
	for i, p := range w.sent[1:] {
		if p.index != w.sent[i].index+1 {
			t.Fatalf("number %d after %d", p.index, w.sent[i].index)
		}
	}
}

func TestWhatWaitsEndsWithThePicture(t *testing.T) {
	t.Parallel()
	l, v, w, at := narrowed(t)
	picture(l, 100, 10, true, at(0))
	v.silence()
	v.turns(0, time.Second, at)
	if len(w.sent) > 0 {
		t.Fatalf("%d packets were sent of a slot that is empty", len(w.sent))
	}
}

// What waits when a larger picture begins goes before it, with its own times.
func TestWhatWaitsGoesBeforeTheNextLayer(t *testing.T) {
	t.Parallel()
	l, v, w, at := narrowed(t)
	larger := l.source.layers[1]
	larger.claimed.Store(true)
	picture(l, 100, 10, true, at(0))
	v.shard.mu.Lock()
	v.outlets[firstCamera].point(larger)
	v.shard.mu.Unlock()
	picture(larger, 5000, 3, true, at(10*time.Millisecond))
	if v.outlets[firstCamera].current != larger {
		t.Fatal("the larger picture has not begun")
	}
	v.turns(0, 2*time.Second, at)
	if len(w.sent) != 13 {
		t.Fatalf("%d of 13 packets were sent", len(w.sent))
	}
	for i, p := range w.sent[1:] {
		step := p.ts - w.sent[i].ts
		if p.index != w.sent[i].index+1 || (i == 9) != (step > 0) || step > videoClock {
			t.Fatalf("packet %d: number %d after %d, a step of %d", i+1, p.index, w.sent[i].index, step)
		}
	}
}

// The shard's own clock takes the turns in production.
func TestShardTakesTurns(t *testing.T) {
	t.Parallel()
	l, v, w, at := narrowed(t)
	v.shard.mu.Lock()
	v.pace.listed = false
	v.shard.mu.Unlock()
	sent := func() int {
		v.shard.mu.Lock()
		defer v.shard.mu.Unlock()
		return len(w.sent)
	}
	picture(l, 100, 20, true, at(0))
	eventually(t, "the whole picture", func() bool { return sent() == 20 })
	picture(l, 120, 20, false, at(0))
	eventually(t, "another one", func() bool { return sent() == 40 })
	eventually(t, "rest", func() bool {
		v.shard.mu.Lock()
		defer v.shard.mu.Unlock()
		return len(v.shard.paced) == 0 && !v.pace.listed
	})
}

func TestProbeFillsTheStreamOfRepairs(t *testing.T) {
	t.Parallel()
	_, v, w, at := narrowed(t)
	o := v.outlets[firstCamera]
	v.line.probe.trips.add(40*time.Millisecond, v.line.clock(at(0)))
	v.line.probe.next, v.line.probe.need, v.line.probe.known = 600e3, 600e3, 300e3
	v.line.probe.peek(v.line.clock(at(0)))
	if !v.turns(0, 100*time.Millisecond, at) {
		t.Fatal("no sender report follows")
	}
	bits := 0
	for i, p := range w.sent {
		if p.first != 0xa0 || p.ssrc == o.ssrc || i > 0 && p.index != w.sent[i-1].index+1 {
			t.Fatalf("packet %d is %+v", i, p)
		}
		bits += 8 * (p.bytes + wireCost - rtpHeader)
	}
	if want := queueOfPeek * 300e3; float64(bits) < want*0.8 || float64(bits) > want*1.5 {
		t.Fatalf("%d bits instead of %v", bits, want)
	}
	if v.padding != [2]uint64{uint64(len(w.sent)), uint64(bits / 8)} {
		t.Fatalf("%v of padding counted, %d bits sent", v.padding, bits)
	}
	v.shard.mu.Lock()
	defer v.shard.mu.Unlock()
	later := at(500 * time.Millisecond)
	v.outlets[firstCamera].current = o.target
	passed := uint32(toNTP(later)>>16) - v.line.probe.mark
	v.reported([]rtcp.ReceptionReport{{SSRC: o.ssrc, LastSenderReport: v.line.probe.mark, Delay: passed - 45*65536/1000}}, later)
	if v.line.awaits() || !v.line.probing() || !v.line.probe.proof {
		t.Fatal("the answer of a line that carries it is no reason for a longer probe")
	}
}

// A probe for somebody to whom nothing is shown goes into a slot all the same, and one who takes no repairs gets none.
func TestWhereProbesGo(t *testing.T) {
	t.Parallel()
	for _, rtx := range []uint8{0, 97} {
		_, v, _ := stage(t, camera, firstCamera, rtx)
		w := &recorded{}
		v.shard.mu.Lock()
		v.wire = w
		did := v.pad(time.Now())
		v.shard.mu.Unlock()
		if did != (rtx != 0) || did != v.line.probe.able || len(w.sent) > 0 != did {
			t.Errorf("repairs as %d: padded %v, %d packets", rtx, did, len(w.sent))
		}
		if did && binary.BigEndian.Uint32(w.slot[8:]) != w.sent[0].ssrc {
			t.Error("another stream")
		}
	}
}

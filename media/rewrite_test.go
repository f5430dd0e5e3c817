package media

import (
	"testing"
	"time"
)

// frame makes a VP8 packet with a wide picture id.
func frame(seq uint16, ts uint32, picture uint16, key bool) packet {
	p := []byte{0x90, 0x80, 0x80 | byte(picture>>8), byte(picture), 1, 2, 3}
	if key {
		p[4] = 0
	}
	return described(packet{seq: seq, ts: ts, marker: true, payload: p, key: key})
}

// layered makes a frame of one packet in a temporal layer: descriptor with picture id, TL0PICIDX and TID.
func layered(seq uint16, ts uint32, picture uint16, temporal uint8, sync bool) packet {
	tid := temporal << 6
	if sync {
		tid |= 0x20
	}
	return described(packet{seq: seq, ts: ts, marker: true, payload: []byte{0x90, 0xe0, 0x80 | byte(picture>>8), byte(picture), 9, tid, 1, 2, 3}})
}

func described(p packet) packet {
	d, ok := parseVP8(p.payload)
	if !ok {
		panic("a test's own packet is malformed")
	}
	p.vp8 = d
	return p
}

// numbered is a packet as it would leave.
type numbered struct {
	seq     uint16
	ts      uint32
	picture uint16
}

func passed(t *testing.T, w *rewriter, p packet, now time.Time) numbered {
	t.Helper()
	out, by, ok := w.place(&p, now)
	if !ok {
		t.Fatalf("packet %d has no place", p.seq)
	}
	n := numbered{seq: out, ts: p.ts + w.tsBy}
	if w.video {
		payload := append([]byte(nil), p.payload...)
		p.vp8.shift(payload, by)
		n.picture = p.vp8.numbers(payload).picture
	}
	return n
}

func TestSpliceContinuesNumbersClockAndPictures(t *testing.T) {
	w := newRewriter(videoClock, 100, 5000)
	now := time.Unix(0, 0)
	first := frame(65535, 7, 32767, true)
	w.begin(&first, now, 0)
	a := passed(t, &w, first, now)
	b := passed(t, &w, frame(0, 3007, 0, false), now)
	if a.seq != 101 || b.seq != 102 || b.ts-a.ts != 3000 {
		t.Fatalf("first source: seq %d %d, ts step %d", a.seq, b.seq, b.ts-a.ts)
	}

	now = now.Add(500 * time.Millisecond)
	second := frame(9000, 123456, 77, true)
	w.begin(&second, now, 0)
	c := passed(t, &w, second, now)
	if c.seq != 103 || c.ts-b.ts != videoClock/2 || c.picture != b.picture+1 {
		t.Fatalf("after the splice: seq %d, ts step %d, picture %d after %d", c.seq, c.ts-b.ts, c.picture, b.picture)
	}
	old := frame(8999, 123000, 76, false)
	if _, _, ok := w.place(&old, now); ok {
		t.Fatal("a packet from before the splice passed: its number was already used for other bytes")
	}
	if in, _, _, ok := w.origin(c.seq); !ok || in != 9000 {
		t.Fatalf("NACK for %d translates to %d %v", c.seq, in, ok)
	}
	if _, _, _, ok := w.origin(b.seq); ok {
		t.Fatal("a NACK for the source before was translated to the new one")
	}
}

// What is replayed came a while ago: the stream's clock must not run ahead of the time that passed.
func TestReplayMovesTheClockByWhatPassedOnly(t *testing.T) {
	w := newRewriter(videoClock, 0, 0)
	now := time.Unix(0, 0)
	p := frame(1, 0, 1, true)
	w.begin(&p, now, 0)
	a := passed(t, &w, p, now)
	now = now.Add(2 * time.Second)
	p = frame(500, 0, 9, true)
	w.begin(&p, now, 1500*time.Millisecond)
	if b := passed(t, &w, p, now); b.ts-a.ts != videoClock/2 {
		t.Fatalf("the clock moved by %d", b.ts-a.ts)
	}
}

func TestANumberGoesOutOnce(t *testing.T) {
	w := newRewriter(videoClock, 0, 0)
	now := time.Unix(0, 0)
	p := frame(10, 0, 1, true)
	w.begin(&p, now, 0)
	passed(t, &w, p, now)
	if _, _, ok := w.place(&p, now); ok {
		t.Fatal("the same packet passed twice")
	}
	passed(t, &w, frame(13, 9000, 4, false), now)
	if late := passed(t, &w, frame(11, 3000, 2, false), now); late.seq != 2 || late.picture != 2 {
		t.Fatalf("a late packet got number %d, picture %d", late.seq, late.picture)
	}
	if _, by, first, ok := w.origin(2); !ok || !first || by.picture != 0 {
		t.Fatalf("a NACK for the late one: %v %v %v", by, first, ok)
	}
	if _, _, first, ok := w.origin(2); !ok || first {
		t.Fatal("a repeated NACK counts as a new loss")
	}
	if _, _, _, ok := w.origin(3); ok {
		t.Fatal("a NACK for what was never sent was translated")
	}
}

// Dropped temporal layers leave no gap, losses do, and both kinds of lateness end well.
func TestFramesLeftOutLeaveNoGap(t *testing.T) {
	w := newRewriter(videoClock, 0, 0)
	now := time.Unix(0, 0)
	first := frame(100, 0, 50, true)
	w.begin(&first, now, 0)
	passed(t, &w, first, now) // 1
	drop := func(seq, picture uint16) {
		p := layered(seq, 0, picture, 2, false)
		w.leaveOut(&p)
	}
	drop(101, 51)
	drop(102, 52)
	a := passed(t, &w, layered(103, 9000, 53, 1, false), now)
	// 104 is lost on its way to us
	drop(105, 55)
	b := passed(t, &w, layered(106, 12000, 56, 0, false), now)
	c := passed(t, &w, layered(104, 10000, 54, 0, false), now) // and comes after all
	if a.seq != 2 || b.seq != 4 || c.seq != 3 {
		t.Fatalf("numbers %d %d %d instead of 2 4 3", a.seq, b.seq, c.seq)
	}
	if a.picture != 2 || c.picture != 3 || b.picture != 4 {
		t.Fatalf("pictures %d %d %d instead of 2 3 4", a.picture, c.picture, b.picture)
	}
	for out, want := range map[uint16]uint16{2: 103, 3: 104, 4: 106} {
		if in, _, _, ok := w.origin(out); !ok || in != want {
			t.Errorf("NACK for %d translates to %d %v instead of %d", out, in, ok, want)
		}
	}
	late := layered(105, 11000, 55, 2, false)
	w.leaveOut(&late) // a second time, late: nothing happens
	if d := passed(t, &w, layered(107, 13000, 57, 0, false), now); d.seq != 5 {
		t.Fatalf("number %d instead of 5", d.seq)
	}
}

func TestLongSourceNeverShadowsItself(t *testing.T) {
	w := newRewriter(audioClock, 0, 0)
	now := time.Unix(0, 0)
	w.begin(&packet{seq: 500}, now, 0)
	var last uint64
	for i := range 200000 {
		p := packet{seq: uint16(500 + i), ts: uint32(960 * i)}
		if _, _, ok := w.place(&p, now); !ok {
			t.Fatalf("packet %d of one source was taken for an old one", i)
		}
		if i > 0 && w.index != last+1 {
			t.Fatalf("packet %d has index %d after %d", i, w.index, last)
		}
		last = w.index
	}
	if last>>16 != 3 {
		t.Fatalf("the roll-over counter is %d after 200,000 packets", last>>16)
	}
	if late := w.extend(uint16(last) - 10); late != last-10 {
		t.Fatalf("a late number has index %d", late)
	}
}

func TestSpliceOfASleepyClockMovesOnByAFrame(t *testing.T) {
	w := newRewriter(audioClock, 0, 0)
	now := time.Unix(0, 0)
	p := packet{seq: 1, ts: 1}
	w.begin(&p, now, 0)
	before := passed(t, &w, p, now)
	now = now.Add(-time.Hour) // the wall clock may be set back
	w.begin(&p, now, 0)
	if after := passed(t, &w, p, now); after.ts-before.ts != audioClock/50 {
		t.Fatalf("clock moved by %d", after.ts-before.ts)
	}
}

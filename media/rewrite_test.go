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
	return packet{seq: seq, ts: ts, marker: true, payload: p, key: key}
}

func pictureOf(t *testing.T, p packet) uint16 {
	t.Helper()
	d, ok := parseVP8(p.payload)
	if !ok {
		t.Fatal("the rewritten payload has no descriptor")
	}
	return d.numbers(p.payload).picture
}

func TestSpliceContinuesNumbersClockAndPictures(t *testing.T) {
	w := newRewriter(videoClock, 100, 5000)
	now := time.Unix(0, 0)
	buf := make([]byte, maxPacket)
	send := func(p packet) packet {
		t.Helper()
		out, ok := w.apply(p, buf)
		if !ok {
			t.Fatalf("packet %d dropped", p.seq)
		}
		w.sent(out, now)
		return out
	}
	w.splice(frame(65535, 7, 32767, true), now)
	a := send(frame(65535, 7, 32767, true))
	b := send(frame(0, 3007, 0, false))
	if a.seq != 101 || b.seq != 102 || b.ts-a.ts != 3000 {
		t.Fatalf("first source: seq %d %d, ts step %d", a.seq, b.seq, b.ts-a.ts)
	}
	picture := pictureOf(t, b)

	now = now.Add(500 * time.Millisecond)
	w.splice(frame(9000, 123456, 77, true), now)
	c := send(frame(9000, 123456, 77, true))
	if c.seq != 103 || c.ts-b.ts != videoClock/2 || pictureOf(t, c) != picture+1 {
		t.Fatalf("after the splice: seq %d, ts step %d, picture %d after %d", c.seq, c.ts-b.ts, pictureOf(t, c), picture)
	}
	if _, ok := w.apply(frame(8999, 123000, 76, false), buf); ok {
		t.Fatal("a packet from before the splice passed: its number was already used for other bytes")
	}
	if in, ok := w.source(c.seq); !ok || in != 9000 {
		t.Fatalf("NACK for %d translates to %d %v", c.seq, in, ok)
	}
	if _, ok := w.source(b.seq); ok {
		t.Fatal("a NACK for the source before was translated to the new one")
	}
}

func TestLongSourceNeverShadowsItself(t *testing.T) {
	w := newRewriter(audioClock, 0, 0)
	now := time.Unix(0, 0)
	w.splice(packet{seq: 500}, now)
	for i := range 200000 {
		out, ok := w.apply(packet{seq: uint16(500 + i), ts: uint32(960 * i)}, nil)
		if !ok {
			t.Fatalf("packet %d of one source was taken for an old one", i)
		}
		w.sent(out, now)
	}
}

func TestSpliceOfASleepyClockMovesOnByAFrame(t *testing.T) {
	w := newRewriter(audioClock, 0, 0)
	now := time.Unix(0, 0)
	w.splice(packet{seq: 1, ts: 1}, now)
	before := w.lastTS
	w.splice(packet{seq: 1, ts: 1}, now.Add(-time.Hour)) // the wall clock may be set back
	if w.lastTS-before != audioClock/50 {
		t.Fatalf("clock moved by %d", w.lastTS-before)
	}
}

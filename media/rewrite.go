package media

import "time"

// rewriter makes one endless stream of many sources, one after the other. It knows numbers only: which difference the
// present source's sequence numbers, clock and VP8 counters need to continue where the one before ended.
//
// Within one source the difference is constant. So a gap stays a gap of the same size, a NACK translates back by
// subtraction, and a packet sent twice is the same bytes twice (AES-GCM must never see one number with two texts).
type rewriter struct {
	clock uint32 // Hz
	video bool

	spliced bool   // a source is being forwarded
	first   uint16 // its first sequence number; older packets belong to a time before the splice
	seqBy   uint16
	tsBy    uint32
	vp8By   frameNumbers

	lastSeq uint16 // highest sent, our numbers
	lastTS  uint32
	lastAt  time.Time
	last    frameNumbers
}

// newRewriter starts the stream at the given numbers, random ones in production (RFC 3550, section 5.1).
func newRewriter(clock uint32, seq uint16, ts uint32) rewriter {
	return rewriter{clock: clock, video: clock == videoClock, lastSeq: seq & 0x7fff, lastTS: ts}
}

// splice makes p, the first packet of a new source, follow directly on what was sent last. The clock moves on by the
// time that passed, and by one frame at least.
func (w *rewriter) splice(p packet, now time.Time) {
	step := w.clock / 30
	if !w.video {
		step = w.clock / 50
	}
	if !w.lastAt.IsZero() {
		if passed := now.Sub(w.lastAt); passed > 0 {
			step = max(step, uint32(passed.Seconds()*float64(w.clock)))
		}
	}
	w.spliced, w.first = true, p.seq
	w.seqBy = w.lastSeq + 1 - p.seq
	w.tsBy = w.lastTS + step - p.ts
	w.lastSeq, w.lastTS, w.lastAt = w.lastSeq+1, w.lastTS+step, now
	w.vp8By = frameNumbers{}
	if d, ok := parseVP8(p.payload); w.video && ok {
		n := d.numbers(p.payload)
		w.vp8By = frameNumbers{w.last.picture + 1 - n.picture, w.last.tl0 + 1 - n.tl0, w.last.key + 1 - n.key}
	}
}

// stop ends the present source; nothing passes until the next splice.
func (w *rewriter) stop() { w.spliced = false }

// apply gives the packet our numbers. scratch (maxPacket bytes) receives the payload when it must be changed. False: the
// packet is from before the splice and has no number here.
func (w *rewriter) apply(p packet, scratch []byte) (packet, bool) {
	if !w.covers(p.seq) {
		return packet{}, false
	}
	p.seq += w.seqBy
	p.ts += w.tsBy
	if !w.video || w.vp8By == (frameNumbers{}) || len(p.payload) > len(scratch) {
		return p, true
	}
	if d, ok := parseVP8(p.payload); ok {
		p.payload = scratch[:copy(scratch, p.payload)]
		d.shift(p.payload, w.vp8By)
	}
	return p, true
}

// covers tells whether the present source's packet seq was or would be sent. Half the circle is old: after half an hour
// of one source its first number would shadow new ones, so it moves along (advance).
func (w *rewriter) covers(seq uint16) bool {
	return w.spliced && (seq == w.first || newer(seq, w.first))
}

// sent notes a packet that went out, in our numbers.
func (w *rewriter) sent(p packet, now time.Time) {
	if !newer(p.seq, w.lastSeq) && p.seq != w.lastSeq {
		return
	}
	w.lastSeq, w.lastTS, w.lastAt = p.seq, p.ts, now
	if in := p.seq - w.seqBy; in-w.first > 1<<14 {
		w.first = in - 1<<13
	}
	if d, ok := parseVP8(p.payload); w.video && ok {
		w.last = d.numbers(p.payload)
	}
}

// source translates one of our sequence numbers back, for a NACK. False: it was sent for another source.
func (w *rewriter) source(seq uint16) (uint16, bool) {
	in := seq - w.seqBy
	return in, w.covers(in)
}

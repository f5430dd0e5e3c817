package media

import "time"

const (
	mostRanges  = 32  // changes of numbering that a late packet can still be placed by: a second of dropped frames
	videoMemory = 512 // packets that a slot knows by both of their numbers
	audioMemory = 64
)

// rewriter makes one endless stream of many sources, one after the other, and of one source with frames left out. It
// knows numbers only: which difference the present source's sequence numbers, clock and VP8 counters need to continue
// where the one before ended.
//
// A gap stays a gap, so that its packet has a place when it comes late; a packet that is left out on purpose leaves none.
// What was sent under which number is remembered: a number never goes out with two texts (AES-GCM must not see that), and
// a NACK finds its way back.
type rewriter struct {
	clock uint32 // Hz
	video bool

	spliced bool   // a source is being forwarded
	top     uint32 // its newest number seen, with the wraps since the splice
	tsBy    uint32
	vp8By   frameNumbers // tl0 and key; the picture's difference changes within a source

	ranges [mostRanges]numbering // the newest at ranges[newest]; from the splice on
	newest int
	known  int

	memory []sent // by our sequence number; made at the first splice
	splice uint16 // counts splices: memory of an earlier one is void

	index  uint64 // highest sent: roll-over counter and sequence number (RFC 3711, section 3.3.1)
	lastTS uint32
	lastAt time.Time
	last   frameNumbers
}

// numbering holds from one of the source's numbers on.
type numbering struct {
	from    uint16
	seqBy   uint16
	picture uint16
}

// sent is one packet that went out.
type sent struct {
	used    bool
	asked   bool // by a NACK, once at least
	splice  uint16
	out     uint16
	picture uint16
	in      uint32 // with the wraps, as top
}

// newRewriter starts the stream at the given numbers, random ones in production (RFC 3550, section 5.1).
func newRewriter(clock uint32, seq uint16, ts uint32) rewriter {
	return rewriter{clock: clock, video: clock == videoClock, index: uint64(seq & 0x7fff), lastTS: ts}
}

// begin makes p, the first packet of a new source, follow directly on what was sent last. age is how long ago p came: its
// stream has gone on since, and what is replayed must not run ahead of the clock. The clock moves on by one frame at least.
func (w *rewriter) begin(p *packet, now time.Time, age time.Duration) {
	step := w.clock / 30
	if !w.video {
		step = w.clock / 50
	}
	if !w.lastAt.IsZero() {
		if passed := now.Sub(w.lastAt) - age; passed > 0 {
			step = max(step, uint32(passed.Seconds()*float64(w.clock)))
		}
	}
	if w.memory == nil {
		w.memory = make([]sent, audioMemory)
		if w.video {
			w.memory = make([]sent, videoMemory)
		}
	}
	w.spliced, w.top = true, uint32(p.seq)-1
	w.splice++
	w.tsBy = w.lastTS + step - p.ts
	first := numbering{from: p.seq, seqBy: uint16(w.index) + 1 - p.seq}
	w.vp8By = frameNumbers{}
	if w.video && len(p.payload) > 0 {
		n := p.vp8.numbers(p.payload)
		first.picture = w.last.picture + 1 - n.picture
		w.vp8By = frameNumbers{tl0: w.last.tl0 + 1 - n.tl0, key: w.last.key + 1 - n.key}
	}
	w.ranges[0], w.newest, w.known = first, 0, 1
}

// idle is how long ago something was sent.
func (w *rewriter) idle(now time.Time) time.Duration {
	if w.lastAt.IsZero() {
		return time.Hour // never: there is no clock to keep
	}
	return now.Sub(w.lastAt)
}

// stop ends the present source; nothing passes until the next splice.
func (w *rewriter) stop() { w.spliced = false }

// place gives a packet its number among ours and the differences of its VP8 counters, and remembers that it goes out now.
// False: it was sent before, or it is from before the splice, or too late to be placed.
func (w *rewriter) place(p *packet, now time.Time) (out uint16, by frameNumbers, ok bool) {
	n, ok := w.numbering(p.seq)
	if !ok {
		return 0, by, false
	}
	out = p.seq + n.seqBy
	if late := uint16(w.index) - out; late < 1<<15 && int(late) >= len(w.memory) {
		return 0, by, false // its place in the memory is taken by a newer one
	}
	m := &w.memory[int(out)%len(w.memory)]
	if m.used && m.out == out && m.splice == w.splice {
		return 0, by, false
	}
	*m = sent{used: true, splice: w.splice, out: out, in: w.wide(p.seq), picture: n.picture}
	by = frameNumbers{picture: n.picture, tl0: w.vp8By.tl0, key: w.vp8By.key}
	w.went(p, out, by, now)
	return out, by, true
}

// went notes the newest packet that was sent.
func (w *rewriter) went(p *packet, out uint16, by frameNumbers, now time.Time) {
	w.saw(p.seq)
	if !newer(out, uint16(w.index)) {
		return
	}
	w.index = w.extend(out)
	w.lastTS, w.lastAt = p.ts+w.tsBy, now
	if w.video && len(p.payload) > 0 {
		n := p.vp8.numbers(p.payload)
		w.last = frameNumbers{n.picture + by.picture, n.tl0 + by.tl0, n.key + by.key}
	}
	if r := &w.ranges[w.newest]; uint16(w.top)-r.from > 1<<14 { // half the circle is old: an eternal range moves along
		r.from = uint16(w.top) - 1<<13
	}
}

// leaveOut closes the gap that a packet of a dropped temporal layer would leave. One that comes late has left its gap
// already, which is harmless: nobody can tell it from a loss that nothing repairs.
func (w *rewriter) leaveOut(p *packet) {
	if !w.spliced || !w.saw(p.seq) {
		return
	}
	r := w.ranges[w.newest]
	next := numbering{from: p.seq + 1, seqBy: r.seqBy - 1, picture: r.picture}
	if p.vp8.start {
		next.picture--
	}
	if r.from != p.seq { // something was sent under it
		w.newest = (w.newest + 1) % mostRanges
		w.known = min(w.known+1, mostRanges)
	}
	w.ranges[w.newest] = next
}

// wide is one of the source's numbers with its wraps: it lies within half a circle of the newest one.
func (w *rewriter) wide(seq uint16) uint32 { return w.top + uint32(int16(seq-uint16(w.top))) }

// saw tells whether a number is the newest now.
func (w *rewriter) saw(seq uint16) bool {
	if !newer(seq, uint16(w.top)) {
		return false
	}
	w.top = w.wide(seq)
	return true
}

// numbering is what holds for one of the source's numbers.
func (w *rewriter) numbering(seq uint16) (numbering, bool) {
	if !w.spliced {
		return numbering{}, false
	}
	for i := range w.known {
		r := w.ranges[(w.newest-i+mostRanges)%mostRanges]
		if seq == r.from || newer(seq, r.from) {
			return r, true
		}
	}
	return numbering{}, false
}

// origin translates one of our sequence numbers back, for a NACK. False: nothing was sent under it, or too long ago, or
// for another source. first tells that nobody asked for it before.
func (w *rewriter) origin(out uint16) (in uint16, by frameNumbers, first, ok bool) {
	if !w.spliced {
		return 0, by, false, false
	}
	m := &w.memory[int(out)%len(w.memory)]
	if !m.used || m.out != out || m.splice != w.splice || w.top-m.in >= 1<<15 { // the last: something else has the number now
		return 0, by, false, false
	}
	first, m.asked = !m.asked, true
	return uint16(m.in), frameNumbers{picture: m.picture, tl0: w.vp8By.tl0, key: w.vp8By.key}, first, true
}

// extend is the 48-bit index of one of our sequence numbers (RFC 3711, section 3.3.1): it lies within half a circle of
// the highest one.
func (w *rewriter) extend(out uint16) uint64 {
	return w.index + uint64(int64(int16(out-uint16(w.index))))
}

package media

import (
	"encoding/binary"
	"math"
	"time"
)

const (
	paceEvery = 5 * time.Millisecond
	paceOver  = 1.25 // times what the line carries: pictures may not pile up here either
	paceWait  = 0.3  // s: what waits longer goes faster
	paceDebt  = 0.2  // s of the line that a cut leaves for the queue it found to run empty
	padding   = 255  // bytes of a packet that only fills the line: its length must fit a byte (RFC 3550, section 5.1)
)

// pacer spreads the pictures of a receiver whose line is known to be narrow. A key frame leaves a publisher within a few
// milliseconds, and a short queue would drop half of it, and the voices behind it. Sound and repairs are not held, but
// what they take is taken from the pictures.
//
// A receiver whose line is thought to carry everything has no part in this. Guarded by the shard, as all of the receiver.
type pacer struct {
	on      bool
	listed  bool      // among those whose turn comes
	rate    float64   // bit/s
	room    float64   // bits that may go now; below zero what went too soon
	at      time.Time // of the last turn
	told    uint64    // bytes of the receiver by then
	waiting []waits   // first in, first out, from next on
	next    int
	bits    float64 // that wait

	filling bool
	from    uint64 // bytes of the receiver when the probe began
}

// waits is one packet that has its number and is not sent yet.
type waits struct {
	o       *outlet
	layer   *layer
	cuts    uint32 // of the outlet by then
	in, out uint16
	by      frameNumbers
	tsBy    uint32
	bits    float64
}

// pacing takes over what the line carries.
func (v *receiver) pacing(now time.Time) {
	p, limit := &v.pace, v.line.limit()
	if v.line.probing() {
		v.shard.enlist(v)
	}
	if math.IsInf(limit, 1) {
		p.on, p.rate = p.next < len(p.waiting), limit // what waits goes first
		return
	}
	if rate := limit * paceOver; !p.on || rate < p.rate {
		v.refill(p.rate, now)
		p.room = min(p.room, -limit*paceDebt)
	}
	p.on, p.rate = true, limit*paceOver
}

// hold keeps a packet until its turn.
func (o *outlet) hold(k *kept, out uint16, by frameNumbers) {
	p := &o.v.pace
	w := waits{o: o, layer: o.current, cuts: o.cuts, in: k.seq, out: out, by: by, tsBy: o.rw.tsBy, bits: float64(len(k.payload)+wireCost) * 8}
	p.waiting, p.bits = append(p.waiting, w), p.bits+w.bits
	o.v.shard.enlist(o.v)
}

// turn sends what may go by now, and fills the line while a probe wants it. asks: a probe is through, and a sender report
// of this moment must follow at once. Called with the shard held.
func (v *receiver) turn(now time.Time) (again, asks bool) {
	defer v.guard()
	p := &v.pace
	if !v.wire.open(v.shard) {
		p.clear()
		return false, false
	}
	if v.line.probing() && !p.filling && p.next == len(p.waiting) { // behind a large picture it would measure that
		p.filling, p.from, p.room = true, v.bytes, 0
	}
	rate, fill := max(p.rate, p.bits/paceWait), false
	if p.filling {
		if fast, still := v.line.filling(now); still {
			rate, fill = fast, true
		}
	}
	v.refill(rate, now)
	v.drain()
	for fill && p.room > 0 && v.pad(now) {
	}
	if p.filling && !fill {
		p.filling = false
		asks = v.line.filled(float64(v.bytes-p.from)*8, uint32(toNTP(now)>>16), now)
	}
	if p.next == len(p.waiting) && math.IsInf(p.rate, 1) {
		p.on = false
	}
	return p.next < len(p.waiting) || v.line.probing(), asks
}

// refill makes room for what the time since the last turn carries, less what went meanwhile.
func (v *receiver) refill(rate float64, now time.Time) {
	p := &v.pace
	rate = min(rate, 1e9) // everything
	passed := min(max(0, now.Sub(p.at).Seconds()), 1)
	p.room -= float64(v.bytes-p.told) * 8
	p.room = min(p.room+rate*passed, rate*2*paceEvery.Seconds())
	p.at, p.told = now, v.bytes
}

// drain sends what waits as far as there is room.
func (v *receiver) drain() {
	p := &v.pace
	for p.next < len(p.waiting) && p.room > 0 {
		w := &p.waiting[p.next]
		p.next++
		p.bits -= w.bits
		w.send()
		p.spend(v)
	}
	switch {
	case p.next == len(p.waiting):
		p.clear()
	case p.next > len(p.waiting)/2:
		p.waiting, p.next = p.waiting[:copy(p.waiting, p.waiting[p.next:])], 0
	}
}

// send sends it unless what its outlet showed was cut since. If something else began there, this comes before it.
func (w *waits) send() {
	o := w.o
	if o.broken || o.cuts != w.cuts {
		return
	}
	w.layer.ring.mu.RLock()
	defer w.layer.ring.mu.RUnlock()
	if k := w.layer.ring.at(w.in); k != nil {
		now := o.rw.tsBy
		o.rw.tsBy = w.tsBy // the clock of what it belongs to
		o.send(k, w.out, w.by)
		o.rw.tsBy = now
	}
}

func (p *pacer) spend(v *receiver) { p.room, p.told = p.room-float64(v.bytes-p.told)*8, v.bytes }

func (p *pacer) clear() {
	clear(p.waiting)
	p.waiting, p.next, p.bits = p.waiting[:0], 0, 0
}

// pad sends a packet that only fills the line, in the stream of repairs, where browsers expect such; false: there is none.
// Its time goes with the clock, as an estimate of the line compares the two.
func (v *receiver) pad(now time.Time) bool {
	o := v.padded()
	if o == nil {
		return false
	}
	b := v.wire.room()
	o.repairs.index++
	b[0], b[1] = 0x80|rtpPadding, o.rtxPT
	binary.BigEndian.PutUint16(b[2:], uint16(o.repairs.index))
	binary.BigEndian.PutUint32(b[4:], o.rw.lastTS+ticks(now.Sub(o.rw.lastAt), videoClock))
	binary.BigEndian.PutUint32(b[8:], o.rtxSSRC)
	clear(b[rtpHeader : rtpHeader+padding])
	b[rtpHeader+padding-1] = padding
	v.wire.commit(rtpHeader, rtpHeader+padding, o.rtxSSRC, o.repairs.index)
	v.bytes += padding + wireCost
	v.packets++
	v.padding[0]++
	v.padding[1] += padding + wireCost
	v.pace.spend(v)
	return true
}

// padded is the slot whose stream of repairs fills the line: one that shows something, whose reports come often.
func (v *receiver) padded() (best *outlet) {
	for _, o := range v.outlets {
		if o.rtxPT != 0 && (best == nil || best.current == nil && o.current != nil) {
			best = o
		}
	}
	return best
}

func (v *receiver) guard() {
	if cause := recover(); cause != nil {
		for _, o := range v.outlets {
			o.broken = true
		}
		go v.broken(cause) // not here: ending a connection takes the room's lock, which comes before ours
	}
}

// enlist gives a receiver its turns until it needs none. Called with mu held.
func (s *shard) enlist(v *receiver) {
	if v.pace.listed {
		return
	}
	v.pace.listed = true
	if s.paced = append(s.paced, v); len(s.paced) > 1 {
		return
	}
	if s.turns == nil {
		s.turns = time.AfterFunc(paceEvery, s.turn)
		return
	}
	s.turns.Reset(paceEvery)
}

// turn is everybody's who is enlisted.
func (s *shard) turn() {
	s.mu.Lock()
	defer s.mu.Unlock()
	still := s.paced[:0]
	for _, v := range s.paced {
		now := v.room.node.opts.Clock()
		again, asks := v.turn(now)
		if asks {
			s.flush()
			go v.tellTwice(now)
		}
		if v.pace.listed = again; again {
			still = append(still, v)
		}
	}
	clear(s.paced[len(still):])
	s.paced = still
	s.flush()
	if len(still) > 0 {
		s.turns.Reset(paceEvery)
	}
}

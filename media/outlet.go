package media

import (
	"encoding/binary"
	"strconv"
	"time"
)

// outlet is one slot of one receiver. It aims at a source; for video it goes on with what it shows until what it wants
// starts a key frame, because a decoder can begin nowhere else. Everything in it is guarded by the shard of its receiver.
type outlet struct {
	index   int
	v       *receiver
	ssrc    uint32
	pt      uint8 // as the client numbers them
	rtxSSRC uint32
	rtxPT   uint8 // 0: repairs go out as what they repair

	source   *source // who sits in the slot
	share    share   // what the plan grants of it
	target   *layer  // that, as a layer; nil = nothing
	current  *layer  // what is being sent
	temporal uint8   // highest temporal layer that is being sent
	rw       rewriter
	repairs  repairs
	broken   bool
	cuts     uint32 // what waited for a narrow line when it was cut is not sent

	packets uint32 // sent, as sender reports count them (RFC 3550, section 6.4.1)
	octets  uint32
}

// repairs number the packets of the stream that repairs another (RFC 4588, section 4).
type repairs struct {
	index uint64
	spent budget
}

// video tells pictures from sound.
func (o *outlet) video() bool { return o.index >= firstCamera }

// stream names the media stream of the slot. Tracks of one stream are played in step: screen with its audio, and the
// first cameras with the voices that seats.go puts into the same place when it can.
func (o *outlet) stream() string {
	switch {
	case o.index == screenAudioSlot || o.index == screenSlot:
		return "screen"
	case o.index >= firstCamera:
		return "person" + strconv.Itoa(o.index-firstCamera)
	}
	return "person" + strconv.Itoa(o.index)
}

func (o *outlet) track() string { return "slot" + strconv.Itoa(o.index) }

// aim puts a source into the slot, or nobody, which ends what it sends before aim returns.
func (o *outlet) aim(s *source) {
	if o.source == s {
		return
	}
	o.source, o.share = s, share{layer: -1}
	if s == nil {
		o.point(nil)
		return
	}
	if !o.video() {
		o.point(s.layers[0])
	} // pictures wait for the plan
}

// point makes a layer what the slot wants. What it shows goes on until that begins; nothing wanted ends it at once.
func (o *outlet) point(l *layer) {
	if o.target == l {
		return
	}
	if o.target != nil && o.target != o.current {
		o.target.drop(o)
	}
	o.target = l
	switch {
	case l == nil:
		o.cut()
		o.rw.stop()
	case l != o.current:
		l.add(o)
	}
}

// cut ends what is being sent. What is wanted begins as soon as it can.
func (o *outlet) cut() {
	if c := o.current; c != nil {
		o.current = nil
		o.cuts++
		if c != o.target {
			c.drop(o)
		}
	}
}

// waits tells whether something is wanted that has not begun.
func (o *outlet) waits() bool { return o.target != nil && o.target != o.current && !o.broken }

// awaken begins with what the layer's last seconds offer, or else asks for a key frame. Called at every change and again
// at each tick. A panic in here is this receiver's, as in serve.
func (o *outlet) awaken(now time.Time) {
	defer o.guard()
	l := o.target
	if !o.waits() || !l.video || !o.v.wire.open(o.v.shard) {
		return
	}
	if !o.v.pace.on && (o.current == nil || o.current.source != l.source) { // a second's worth is too much for a narrow line
		if o.replay(l, now) {
			return
		}
	}
	l.keys.ask(now)
}

// mostAhead is how far a replay may push a slot's clock ahead of what passed. A slot that showed something until now would
// get frames of the last second within no time, with times that continue what was shown: everything after them would be
// shown that much later.
const mostAhead = 150 * time.Millisecond

// replay begins a layer with its newest key frame and everything after it.
func (o *outlet) replay(l *layer, now time.Time) bool {
	l.ring.mu.RLock()
	defer l.ring.mu.RUnlock()
	c := &l.ring.cache
	age, ok := c.fresh(now)
	if !ok || age > o.rw.idle(now)+mostAhead {
		return false
	}
	first := l.ring.at(c.from)
	if first == nil || !first.key {
		return false
	}
	o.begin(l, &first.packet, now, age)
	o.catchUp(l, c.from, now)
	return true
}

// serve sends one burst of a layer if it is what the slot shows, or may begin to show with it. Called with the shard and
// the ring held. A panic in here costs this receiver its connection, and nobody else anything.
func (o *outlet) serve(b *burst) {
	defer o.guard()
	if o.broken || !o.v.wire.open(o.v.shard) {
		return
	}
	r := b.layer.ring
	for _, seq := range b.seqs[:b.n] {
		k := r.at(seq)
		if k == nil {
			continue
		}
		if b.layer != o.current {
			if b.layer != o.target || b.layer.video && !k.key {
				continue
			}
			o.begin(b.layer, &k.packet, b.at, 0)
			if b.layer.video {
				o.catchUp(b.layer, seq, b.at)
			}
		}
		o.pass(k, b.at)
	}
}

// catchUp sends what came before the first packet of its key frame did, which was lost and is here as a repair: nobody
// could begin with that, and without it the frame would stay in pieces. Called with the ring held.
func (o *outlet) catchUp(l *layer, from uint16, now time.Time) {
	c := &l.ring.cache
	if !c.known || c.from != from {
		return
	}
	for seq := from; ; seq++ {
		if k := l.ring.at(seq); k != nil {
			o.pass(k, now)
		}
		if seq == c.upto {
			return
		}
	}
}

func (o *outlet) guard() {
	if cause := recover(); cause != nil {
		o.broken = true
		go o.v.broken(cause) // not here: ending a connection takes the room's lock, which comes before ours
	}
}

// begin switches to a layer at a packet where that is possible.
func (o *outlet) begin(l *layer, p *packet, now time.Time, age time.Duration) {
	if o.current != nil && o.current != l {
		o.current.drop(o)
	}
	o.current, o.temporal = l, uint8(o.share.temporal)
	o.rw.begin(p, now, age)
}

// pass sends one packet of the present layer unless its temporal layer is left out.
func (o *outlet) pass(k *kept, now time.Time) {
	if o.current.video && !o.wanted(k) {
		o.rw.leaveOut(&k.packet)
		return
	}
	out, by, ok := o.rw.place(&k.packet, now)
	switch {
	case !ok:
	case o.v.pace.on && o.current.video:
		o.hold(k, out, by)
	default:
		o.send(k, out, by)
	}
}

// wanted decides by temporal layer. Fewer layers begin with any frame; more begin where a frame depends on layer 0 alone
// (RFC 7741, section 4.2, the Y bit), because what lies between was never sent.
func (o *outlet) wanted(k *kept) bool {
	grant := uint8(o.share.temporal)
	if k.vp8.start {
		switch {
		case k.key, grant < o.temporal:
			o.temporal = grant
		case k.vp8.sync && k.vp8.temporal <= grant:
			o.temporal = max(o.temporal, k.vp8.temporal)
		}
	}
	return k.vp8.temporal <= o.temporal
}

const (
	rtpHeader  = 12   // bytes; we send no extensions and no contributing sources
	rtpPadding = 0x20 // the P bit of the first byte
)

// send writes one packet straight to where it is encrypted and sent from. The bytes depend on nothing but the packet, its
// number and the splice, so a repair under the same number is the same text.
func (o *outlet) send(k *kept, out uint16, by frameNumbers) {
	b := o.v.wire.room()
	o.header(b, o.pt, out, o.ssrc, k)
	n := o.body(b, rtpHeader, k, by)
	if k.pad > 0 {
		b[0] |= rtpPadding
		end := n + int(k.pad)
		clear(b[n:end])
		b[end-1] = k.pad
		n = end
	}
	o.v.wire.commit(rtpHeader, n, o.ssrc, o.rw.extend(out))
	o.packets++
	o.octets += uint32(len(k.payload))
	o.v.bytes += uint64(n + wireCost - rtpHeader)
	o.v.packets++
}

func (o *outlet) header(b []byte, pt uint8, seq uint16, ssrc uint32, k *kept) {
	b[0], b[1] = 0x80, pt
	if k.marker {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], seq)
	binary.BigEndian.PutUint32(b[4:], k.ts+o.rw.tsBy)
	binary.BigEndian.PutUint32(b[8:], ssrc)
}

// body writes the payload with our VP8 counters at b[at:] and returns where it ends.
func (o *outlet) body(b []byte, at int, k *kept, by frameNumbers) int {
	n := at + copy(b[at:], k.payload)
	if o.rw.video && by != (frameNumbers{}) && len(k.payload) > 0 {
		k.vp8.shift(b[at:], by)
	}
	return n
}

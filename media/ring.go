package media

import "sync"

const (
	videoRing = 512 // packets: two seconds of a 2.5 Mbit/s stream, more than a browser asks back for
	audioRing = 64  // packets: 1.3 s
	mostPad   = 200 // bytes of padding that equal sizes may cost one packet; its count must fit a byte
)

// ring holds the last packets of one incoming stream: the one copy from which everybody is served, now, later when a
// loss is repaired, and at a join when the newest key frame is played again. One writer, many readers; a reader holds mu
// while it works on a whole burst, not for each packet.
type ring struct {
	mu     sync.RWMutex
	kept   []kept
	began  bool
	newest uint16
	cache  keyCache
}

// kept is one packet in the ring.
type kept struct {
	packet
	used bool
	pad  uint8 // bytes of padding on the wire, the same for everybody and at every repair: one number, one text
}

func newRing(size int) *ring { return &ring{kept: make([]kept, size)} }

// put keeps a packet; its payload is copied. False: this number is there already, or came too late to be known. The first
// one counts, since a number must never go out with two texts (AES-GCM breaks when one nonce seals two). A source cannot
// begin anew with lower numbers here: SRTP would not let it, and a new connection has new rings.
func (r *ring) put(p packet) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := &r.kept[int(p.seq)%len(r.kept)]
	switch {
	case !r.began:
		r.began, r.newest = true, p.seq
	case newer(p.seq, r.newest):
		r.leave(p.seq)
	case int(r.newest-p.seq) >= len(r.kept), k.used && k.seq == p.seq:
		return false
	}
	data := append(k.payload[:0], p.payload...) // grown on first use and then kept, so a quiet stream costs little
	*k = kept{packet: p, used: true}
	k.payload = data
	return true
}

// pass goes on over a packet that is not kept: after a long time without rights the next one with them would look old.
func (r *ring) pass(seq uint16) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.began && newer(seq, r.newest) {
		r.leave(seq)
	}
}

// leave goes on to a new number. The places between are those of lost packets, and hold what is too old.
func (r *ring) leave(seq uint16) {
	for n := min(int(seq-r.newest)-1, len(r.kept)); n > 0; n-- {
		r.kept[int(seq-uint16(n))%len(r.kept)].used = false
	}
	r.newest = seq
}

// at is the packet numbered seq, or nil when it was never seen or is gone. Called with mu held, and good as long.
func (r *ring) at(seq uint16) *kept {
	if k := &r.kept[int(seq)%len(r.kept)]; k.used && k.seq == seq {
		return k
	}
	return nil
}

// even pads the packets of one burst to the size of the largest, all but the last: the kernel cuts one large send into
// datagrams of equal size, of which the last alone may be shorter (UDP GSO, udp(7)). Encoders split a frame into pieces
// that differ by a byte, and without this hardly a frame would leave in one piece. A packet is padded at most once, before
// it is sent for the first time. Called with mu held.
func (r *ring) even(seqs []uint16) {
	size := 0
	for _, seq := range seqs {
		if k := r.at(seq); k != nil {
			size = max(size, len(k.payload))
		}
	}
	for _, seq := range seqs[:len(seqs)-1] {
		if k := r.at(seq); k != nil && size-len(k.payload) <= mostPad {
			k.pad = uint8(size - len(k.payload))
		}
	}
}

package media

import "sync"

const (
	videoRing = 512 // packets: two seconds of a 2.5 Mbit/s stream, more than a browser asks back for
	audioRing = 64  // packets: 1.3 s
)

// ring remembers the last packets of one incoming stream so that every receiver's losses are repaired from one copy.
// One writer, many readers.
type ring struct {
	mu   sync.Mutex
	kept []kept
}

type kept struct {
	used   bool
	seq    uint16
	ts     uint32
	marker bool
	key    bool
	data   []byte // grown on first use and then kept, so a quiet stream costs little
}

func newRing(size int) *ring { return &ring{kept: make([]kept, size)} }

func (r *ring) put(p packet) {
	r.mu.Lock()
	k := &r.kept[int(p.seq)%len(r.kept)]
	*k = kept{used: true, seq: p.seq, ts: p.ts, marker: p.marker, key: p.key, data: append(k.data[:0], p.payload...)}
	r.mu.Unlock()
}

// load copies the packet numbered seq; its payload lies in buf. False means that it was never seen or is gone.
func (r *ring) load(seq uint16, buf []byte) (packet, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := &r.kept[int(seq)%len(r.kept)]
	if !k.used || k.seq != seq || len(buf) < len(k.data) {
		return packet{}, false
	}
	n := copy(buf, k.data)
	return packet{seq: k.seq, ts: k.ts, marker: k.marker, key: k.key, payload: buf[:n]}, true
}

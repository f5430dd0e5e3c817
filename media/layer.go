package media

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	mostLayers = 3                    // encodings of one camera
	mostBurst  = 32                   // packets handed over at once; a larger frame leaves in several bursts
	mostWait   = 5 * time.Millisecond // that a packet waits for the rest of its frame
	layerIdle  = time.Second          // after which a layer without packets counts as switched off by its encoder
)

// layer is one encoding of one source and those who get it. Microphones and screens have one, cameras up to three
// (simulcast), the smallest first.
//
// Its packets are handed on frame by frame: a decoder can do nothing with a part, and a frame that goes to a receiver in
// one piece costs one system call and not four. Sound is never held.
type layer struct {
	source *source
	index  int // among the source's layers, the smallest picture first
	video  bool
	clock  uint32 // Hz
	ring   *ring
	keys   keyFrames
	times  timeline
	meter  meter

	claimed atomic.Bool   // a track plays it
	ssrc    atomic.Uint32 // of that track
	lastAt  atomic.Int64  // of the last packet, Unix nanoseconds; 0 = none, or goodbye was said
	height  atomic.Int32  // pixels, as the last key frame said; 0 = not known

	shards []*shard
	sinks  []sinks // by shard

	misses misses // of the packet loop alone

	mu     sync.Mutex // of the packet loop and the timer
	open   burst
	since  time.Time // of the open burst's first packet
	listed bool      // among the node's unfinished
}

// burst is what is handed on at once: numbers of packets in the ring of one layer, in the order in which they came.
type burst struct {
	layer *layer
	at    time.Time
	n     int
	seqs  [mostBurst]uint16
}

// sinks are the outlets of one shard that listen to a layer. The list is the shard's; the count may be read by anybody.
type sinks struct {
	list  []*outlet
	count atomic.Int32
}

func newLayer(source *source, index int, shards []*shard) *layer {
	l := &layer{
		source: source, index: index, video: source.kind.video(), clock: audioClock, ring: newRing(audioRing),
		shards: shards, sinks: make([]sinks, len(shards)),
	}
	l.keys.send = l.askKey
	l.open.layer = l
	if l.video {
		l.clock, l.ring = videoClock, newRing(videoRing)
	}
	return l
}

// forward keeps the packet and hands it on, at once or with the rest of its frame. False: it is no new one.
func (l *layer) forward(p packet, now time.Time) bool {
	if !l.ring.put(p) {
		return false
	}
	l.lastAt.Store(now.UnixNano())
	if s := l.source; !s.live.Load() && len(p.payload) > 0 {
		s.pub.room.cameUp(s)
	}
	l.meter.count(&p)
	if l.video {
		l.askAgainFor(l.misses.saw(p.seq, now))
	}
	if p.key {
		l.keys.arrived(now)
		if h := p.vp8.height(p.payload); h > 0 {
			l.height.Store(int32(h))
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	b := &l.open
	if b.n == 0 {
		l.since = now
	}
	b.seqs[b.n], b.at = p.seq, now
	b.n++
	if !l.video || p.marker || b.n == mostBurst {
		l.flush()
	} else if !l.listed {
		l.listed = true
		l.node().unfinished.add(l)
	}
	return true
}

func (l *layer) node() *Node { return l.source.pub.room.node }

// flush hands the open burst to the shards, each of which serves its own receivers. Called with mu held.
func (l *layer) flush() {
	b := &l.open
	if b.n == 0 {
		return
	}
	l.ring.close(b)
	all := int32(0)
	for i := range l.sinks {
		all += l.sinks[i].count.Load()
	}
	inline := all <= inlineSinks && (len(l.shards) == 1 || l.node().crowded.Load() == 0)
	for i, s := range l.shards {
		if l.sinks[i].count.Load() > 0 {
			s.take(b, inline)
		}
	}
	b.n = 0
}

// close pads the packets of a burst to equal sizes and notes how far the stream has gone.
func (r *ring) close(b *burst) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if b.n > 1 {
		r.even(b.seqs[:b.n])
	}
	if !b.layer.video {
		return
	}
	for _, seq := range b.seqs[:b.n] {
		if k := r.at(seq); k != nil {
			r.cache.passed(&k.packet, b.at)
		}
	}
}

// flows tells whether packets come. Encoders switch layers off when the publisher's line is narrow.
func (l *layer) flows(now time.Time) bool {
	return now.UnixNano()-l.lastAt.Load() < int64(layerIdle)
}

// add and drop are called with the shard's lock held.
func (l *layer) add(o *outlet) {
	s := &l.sinks[o.v.shard.index]
	for _, x := range s.list {
		if x == o {
			return
		}
	}
	s.list = append(s.list, o)
	s.count.Store(int32(len(s.list)))
}

func (l *layer) drop(o *outlet) {
	s := &l.sinks[o.v.shard.index]
	for i, x := range s.list {
		if x == o {
			last := len(s.list) - 1
			copy(s.list[i:], s.list[i+1:])
			s.list[last] = nil
			s.list = s.list[:last]
			break
		}
	}
	s.count.Store(int32(len(s.list)))
}

package media

import (
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// sourceKind is the place of a line in the send offer.
type sourceKind int

const (
	microphone sourceKind = iota
	camera
	screen
	screenAudio
	sourceKinds
)

func (k sourceKind) String() string {
	return [...]string{"microphone", "camera", "screen", "screen audio"}[k]
}

func (k sourceKind) video() bool { return k == camera || k == screen }

// layers is how many encodings a source of the kind may have.
func (k sourceKind) layers() int {
	if k == camera {
		return mostLayers
	}
	return 1
}

// idleAfter is when a source that sends nothing stops counting as shown. A track that is taken away leaves no other
// trace: Chromium 156 says no BYE for replaceTrack(null). A camera sends several frames a second even in the dark; a
// screen that nothing moves on sends one.
func (k sourceKind) idleAfter() time.Duration {
	if k == camera {
		return 2 * time.Second
	}
	return 4 * time.Second
}

// source is one thing a person publishes. Only its packet loops and the room touch it.
type source struct {
	kind   sourceKind
	pub    *publisher
	layers []*layer // the smallest first; without simulcast the first alone carries something

	granted atomic.Bool // the rights of this moment, asked for every packet
	live    atomic.Bool // packets come
	loud    loudness

	// guarded by room.mu
	order uint64 // in which sources of the room came up
	seen  bool   // was live once: a microphone keeps its voice slot through silence
}

func newSource(p *publisher, kind sourceKind) *source {
	s := &source{kind: kind, pub: p, layers: make([]*layer, kind.layers())}
	for i := range s.layers {
		s.layers[i] = newLayer(s, i, p.room.node.shards)
	}
	return s
}

// inherit takes the place of the same source on a connection that is being replaced, so that nobody changes seats while
// a browser reconnects. If no packets follow, silence ends it as it would have ended the old one.
func (s *source) inherit(old *source) {
	s.order, s.seen = old.order, old.seen
	s.live.Store(old.live.Load())
	for i, l := range s.layers {
		l.lastAt.Store(old.layers[i].lastAt.Load())
	}
}

// receive takes one packet of a layer on its way: rights, size, sense, loudness, everybody. The payload is without padding.
// What is larger than an Ethernet frame reaches us over TCP or over loopback, and nobody else: it has no room on the way out.
func (l *layer) receive(h *rtp.Header, payload []byte, now time.Time) {
	s := l.source
	p, ok := parsePacket(h, payload, l.video)
	if !ok || !s.granted.Load() || rtpHeader+len(payload) > maxPacket {
		l.ring.pass(h.SequenceNumber)
		return
	}
	if l.forward(p, now) && s.kind == microphone {
		s.loud.hear(extensionOf(h, s.pub.offer.ids.level))
	}
}

// ended takes a goodbye (RFC 3550, section 6.6): Chromium says it for each encoding that it switches off. The source falls
// silent with the last of its layers, at the room's next tick: who says goodbye with every packet moves nobody each time.
func (l *layer) ended() { l.lastAt.Store(0) }

// last is when the newest packet came, Unix nanoseconds; 0 = none, or goodbye was said.
func (s *source) last() (at int64) {
	for _, l := range s.layers {
		at = max(at, l.lastAt.Load())
	}
	return at
}

// idle tells whether the source has been silent for longer than its kind ever is, or said that it ends.
func (s *source) idle(now time.Time) bool {
	last := s.last()
	return last == 0 || now.Sub(time.Unix(0, last)) > s.kind.idleAfter()
}

// askKey asks the browser for a key frame of this layer (RFC 4585, section 6.3.1).
func (l *layer) askKey() {
	if ssrc := l.ssrc.Load(); ssrc != 0 { // else no packet came yet, and the first frame is a key frame anyway
		p := l.source.pub
		p.write(&rtcp.PictureLossIndication{SenderSSRC: p.ssrc, MediaSSRC: ssrc})
	}
}

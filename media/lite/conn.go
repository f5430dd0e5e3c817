package lite

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/srtp/v3"
	"github.com/pion/stun/v4"
)

const (
	silence     = 30 * time.Second // without a valid check or media: the bound of media in a lost browser
	connectWait = 20 * time.Second // from Open to the keys
	returnWait  = 5 * time.Second  // from the end of a client's only stream to its next check
	// replayWindow is wide because Firefox probes bandwidth by sending old packets again.
	replayWindow = 1024
	// maxEarly is how many packets of media may wait for the keys: a client's first key frame, which it may send while we
	// are still at work on the last step of the handshake.
	maxEarly = 64
	// visitEvery is how often media makes us note where it comes from, while that stays the same.
	visitEvery = 100 * time.Millisecond
	// maxReporters bounds the SSRCs a client may report under. Browsers use one or a few; each costs a replay window.
	maxReporters = 64
)

// ErrNotUp is WriteRTCP's answer before the keys are there and after the end.
var ErrNotUp = errors.New("lite: connection is not up")

// Conn is one client's connection.
type Conn struct {
	host       *Host
	ufrag, pwd string
	integrity  stun.MessageIntegrity
	remote     Remote
	events     Events
	opened     time.Time

	path   atomic.Pointer[Path]
	sealer atomic.Pointer[Sealer]
	heard  atomic.Int64 // Unix nanoseconds of the last valid check, SRTCP or, to visitEvery, SRTP
	ended  atomic.Bool

	mu          sync.Mutex
	places      places
	unreachable time.Time // when the last known place was lost; zero while there is one
	dtls        association

	inMu      sync.Mutex // around Events.RTP and Events.RTCP too
	in        *srtp.Context
	reporters []uint32
	plain     []byte
	media     *opener  // nil before there are keys
	early     [][]byte // media that overtook the end of the handshake

	outMu  sync.Mutex
	out    *srtp.Context
	sealed []byte
}

func newConn(h *Host, r Remote, e Events) *Conn {
	c := &Conn{host: h, ufrag: rand.Text()[:8], pwd: rand.Text(), remote: r, events: e, opened: h.config.Clock()}
	c.integrity = stun.NewShortTermIntegrity(c.pwd)
	c.heard.Store(c.opened.UnixNano())
	return c
}

// Ufrag is our half of the name in the client's checks.
func (c *Conn) Ufrag() string { return c.ufrag }

// Pwd is what the client's checks are signed with.
func (c *Conn) Pwd() string { return c.pwd }

// Path is where packets go to now; nil before the first valid check.
func (c *Conn) Path() *Path { return c.path.Load() }

// Sealer encrypts this connection's RTP; nil before Events.Up.
func (c *Conn) Sealer() *Sealer { return c.sealer.Load() }

// LastHeard is when the client last proved to be there, by a check or by media; before that, when it was opened.
func (c *Conn) LastHeard() time.Time { return time.Unix(0, c.heard.Load()) }

// packet takes what is not STUN from a place the client has made a check from (RFC 7983 section 7).
func (c *Conn) packet(at place, b []byte, now time.Time) {
	defer c.contain()
	switch {
	case c.ended.Load():
	case b[0] >= 20 && b[0] < 64:
		c.record(at, b, now)
	case b[0] >= 128 && b[0] < 192 && len(b) > 1 && b[1] >= 192 && b[1] < 224: // RTCP by RFC 5761 section 4
		c.feedback(at, b, now)
	case b[0] >= 128 && b[0] < 192 && c.events.RTP != nil:
		c.receive(at, b, now)
	}
}

// receive takes one SRTP packet. It is decrypted where it lies.
func (c *Conn) receive(at place, b []byte, now time.Time) {
	c.inMu.Lock()
	defer c.inMu.Unlock()
	if c.media == nil {
		if len(c.early) < maxEarly {
			c.early = append(c.early, append([]byte(nil), b...))
		}
		return
	}
	plain, ok := c.media.open(b)
	if !ok {
		return
	}
	if c.path.Load().place() != at || now.UnixNano()-c.heard.Load() >= int64(visitEvery) {
		c.visit(at, mediaHeard, now)
	}
	c.handOn(plain, now)
}

// handOn gives away the packet that was just opened.
func (c *Conn) handOn(plain []byte, now time.Time) {
	if !c.ended.Load() {
		c.events.RTP(&c.media.header, plain[headerSize(plain):], now)
	}
}

// admit lets media in, what came before the keys first.
func (c *Conn) admit(media *opener) {
	c.inMu.Lock()
	defer c.inMu.Unlock()
	c.media = media
	now := c.host.config.Clock()
	for _, b := range c.early {
		if plain, ok := media.open(b); ok {
			c.handOn(plain, now)
		}
	}
	c.early = nil
	c.host.config.Rest()
}

// feedback takes one SRTCP packet.
func (c *Conn) feedback(at place, b []byte, now time.Time) {
	c.inMu.Lock()
	defer c.inMu.Unlock()
	if c.in == nil || len(b) < 8 {
		return
	}
	reporter := binary.BigEndian.Uint32(b[4:])
	known := slices.Contains(c.reporters, reporter)
	if !known && len(c.reporters) >= maxReporters {
		return
	}
	plain, err := c.in.DecryptRTCP(c.plain[:0], b, nil)
	if err != nil {
		return
	}
	c.plain = plain
	if !known {
		c.reporters = append(c.reporters, reporter)
	}
	c.visit(at, mediaHeard, now)
	if c.events.RTCP != nil && !c.ended.Load() {
		c.events.RTCP(plain)
	}
}

// visit notes a packet that proved to be the client's.
func (c *Conn) visit(at place, kind hearing, now time.Time) {
	c.heard.Store(now.UnixNano())
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended.Load() { // what is remembered now would never be forgotten
		return
	}
	moved, evicted := c.places.hear(at, kind, now)
	if kind == mediaHeard {
		c.dtls.proven = true
	} else {
		c.unreachable = time.Time{}
		c.host.remember(at, evicted, c)
	}
	if moved {
		c.setPath()
	}
}

// setPath publishes places.path. Caller holds c.mu.
func (c *Conn) setPath() {
	at := c.places.path
	p := &Path{Stream: at.stream, Socket: at.socket, Addr: at.address()}
	if at.socket != nil {
		p.Peer = at.socket.Peer(at.addr)
	}
	c.path.Store(p)
}

// remember makes packets from a UDP address find the connection whose check came from there last. A network may give
// the address of one connection to another one.
func (h *Host) remember(at, evicted place, c *Conn) {
	if at.stream == nil && h.at(at) != c {
		h.mu.Lock()
		h.byPlace[at] = c
		h.mu.Unlock()
	}
	if evicted == (place{}) {
		return
	}
	h.release(evicted, c)
}

func (h *Host) release(at place, c *Conn) {
	if at.stream != nil {
		at.stream.close()
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.byPlace[at] == c {
		delete(h.byPlace, at)
	}
}

// WriteRTCP encrypts one compound packet and sends it at once.
func (c *Conn) WriteRTCP(b []byte) error {
	path := c.path.Load()
	if path == nil || c.ended.Load() {
		return ErrNotUp
	}
	c.outMu.Lock()
	defer c.outMu.Unlock()
	if c.out == nil {
		return ErrNotUp
	}
	sealed, err := c.out.EncryptRTCP(c.sealed[:0], b, nil)
	if err != nil {
		return err
	}
	c.sealed = sealed
	path.place().write(sealed)
	return nil
}

// tick ends a connection that fell silent and lets go of the handshake's machinery.
func (c *Conn) tick(now time.Time) {
	switch {
	case c.sealer.Load() == nil && now.Sub(c.opened) >= connectWait:
		c.fail("not connected in time")
	case now.Sub(c.LastHeard()) >= silence:
		c.fail("silent")
	case c.gone(now):
		c.fail("its stream ended")
	default:
		c.retire(now)
	}
}

func (c *Conn) gone(now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.unreachable.IsZero() && now.Sub(c.unreachable) >= returnWait
}

// Close says goodbye and forgets the connection. It may be called any number of times.
func (c *Conn) Close() { c.finish() }

// fail ends the connection and says why, if nobody did before.
func (c *Conn) fail(why string) {
	if c.finish() && c.events.Down != nil {
		c.events.Down(why)
	}
}

func (c *Conn) finish() bool {
	if !c.ended.CompareAndSwap(false, true) {
		return false
	}
	c.goodbye()
	c.mu.Lock()
	known := c.places.known
	c.places.known = nil
	c.mu.Unlock()
	c.host.mu.Lock()
	delete(c.host.byUfrag, c.ufrag)
	c.host.mu.Unlock()
	for _, v := range known {
		c.host.release(v.place, c)
	}
	return true
}

// contain keeps a stranger's packet that breaks our code from costing anybody but the stranger.
func (c *Conn) contain() {
	if cause := recover(); cause != nil {
		c.host.config.Log.Error("media: packet handling failed", "conn", c.ufrag, "cause", cause)
		c.fail("packet handling failed")
	}
}

// Package lite is the server's end of WebRTC connections: ICE-lite (RFC 8445), DTLS-SRTP (RFC 5764) and SRTP of both
// directions, made of pion's parts without its PeerConnection. Once its handshake is settled, a connection has no goroutine
// and no timer of its own over UDP; over TCP it has two goroutines.
package lite

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/stun/v4"

	"foyer/media/socket"
)

// handshakeWait bounds a DTLS handshake when Config.Handshake does not.
const handshakeWait = 10 * time.Second

// Config is what a Host needs from its surroundings.
type Config struct {
	Certificate tls.Certificate // of the node; ECDSA P-256. Clients check its fingerprint, nothing else
	Clock       func() time.Time
	Log         *slog.Logger
	// Handshake is asked around each DTLS handshake, on a goroutine that may wait: it gives the handshake's context and
	// what to call after it. Nil: ten seconds, no limit on how many run at once.
	Handshake func() (context.Context, func())
	// Most is how many packets a second a stream is read for; TCP keeps the rest with its sender. 0: all. Who reads the sockets
	// has a bound of his own.
	Most int
	// Rest is called when a stream has nothing more for now, on its goroutine: what waits for more may have to wait long.
	// Who reads the sockets knows that of them. May be nil.
	Rest func()
}

// Host is all connections of one node. They share its sockets.
type Host struct {
	config      Config
	fingerprint string
	messages    sync.Pool // *stun.Message

	mu      sync.RWMutex // after Conn.mu
	byUfrag map[string]*Conn
	byPlace map[place]*Conn // UDP only; a stream knows its connection
	closed  bool
}

// place is where a client's packets come from and where ours go to: a UDP address as seen by one of our sockets, or a
// TCP stream.
type place struct {
	socket *socket.Socket
	addr   netip.AddrPort
	stream *Stream
}

// Remote is the client's end out of its offer.
type Remote struct {
	Ufrag       string
	Fingerprint string // of its certificate as SDP has it: "sha-256 AB:CD:…"; also sha-384 and sha-512
}

// Events tell what happens to a connection. They come from any goroutine, and all methods may be called from them.
type Events struct {
	Up   func()         // there are keys; once
	RTCP func(b []byte) // one decrypted compound packet, valid during the call
	// RTP: one decrypted packet, padding included, valid during the call, on the goroutine of the socket's or the stream's
	// reader. Of RTP and RTCP one comes at a time per connection. Nil: media is not decrypted at all.
	RTP func(h *rtp.Header, payload []byte, now time.Time)
	// Down: ended by the client, by silence or by a failed handshake; at most once, and not because of Conn.Close.
	Down func(why string)
}

// NewHost checks the certificate and starts nothing.
func NewHost(c Config) (*Host, error) {
	if len(c.Certificate.Certificate) == 0 {
		return nil, errors.New("lite: no certificate")
	}
	if c.Handshake == nil {
		c.Handshake = func() (context.Context, func()) {
			return context.WithTimeout(context.Background(), handshakeWait)
		}
	}
	if c.Rest == nil {
		c.Rest = func() {}
	}
	h := &Host{config: c, byUfrag: map[string]*Conn{}, byPlace: map[place]*Conn{}}
	h.messages.New = func() any { return stun.New() }
	h.fingerprint = "sha-256 " + colons(sha256.Sum256(c.Certificate.Certificate[0]))
	return h, nil
}

func colons(sum [sha256.Size]byte) string {
	var b strings.Builder
	for i, x := range sum {
		if i > 0 {
			b.WriteByte(':')
		}
		fmt.Fprintf(&b, "%02X", x)
	}
	return b.String()
}

// Fingerprint is our certificate's as SDP has it: "sha-256 AB:CD:…" (RFC 8122 section 5).
func (h *Host) Fingerprint() string { return h.fingerprint }

// Packet takes a datagram that came to one of our sockets; what is of none of our connections is dropped. It may be called by
// several goroutines at once; b is valid only during the call.
func (h *Host) Packet(via *socket.Socket, from netip.AddrPort, b []byte, now time.Time) {
	if len(b) == 0 {
		return
	}
	at := place{socket: via, addr: netip.AddrPortFrom(from.Addr().Unmap(), from.Port())}
	if b[0] < 4 { // RFC 7983 section 7
		h.stun(at, b, now)
	} else if c := h.at(at); c != nil {
		c.packet(at, b, now)
	}
}

// stun takes a STUN message from the network: a check of one of our connections is recognised by its name, whatever
// address it comes from.
func (h *Host) stun(at place, b []byte, now time.Time) {
	m := h.messages.Get().(*stun.Message)
	defer h.messages.Put(m)
	if c := h.named(m, b); c != nil {
		c.check(m, at, now)
	}
}

// named decodes b into m and finds the connection a binding request is meant for.
func (h *Host) named(m *stun.Message, b []byte) *Conn {
	name, ok := checkName(m, b)
	if !ok {
		return nil
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.byUfrag[string(name)]
}

func (h *Host) at(p place) *Conn {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.byPlace[p]
}

// Open makes a connection that waits for its client's first check.
func (h *Host) Open(r Remote, e Events) *Conn {
	c := newConn(h, r, e)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		c.ended.Store(true)
		return c
	}
	h.byUfrag[c.ufrag] = c
	return c
}

// Tick ends the connections that fell silent and frees what the others need no more. Call it a few times a second.
func (h *Host) Tick(now time.Time) {
	for _, c := range h.all() {
		c.tick(now)
	}
}

// Close closes every connection. The sockets are the caller's.
func (h *Host) Close() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	for _, c := range h.all() {
		c.Close()
	}
}

func (h *Host) all() []*Conn {
	h.mu.RLock()
	defer h.mu.RUnlock()
	all := make([]*Conn, 0, len(h.byUfrag))
	for _, c := range h.byUfrag {
		all = append(all, c)
	}
	return all
}

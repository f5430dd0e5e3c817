package lite

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/stun/v4"

	"foyer/media/socket"
)

const (
	streamQueue = 512 << 10 // bytes that wait for one slow TCP client while as many are being written; more is dropped
	streamKeeps = 8 << 10   // bytes of queue kept for the next packets once everything is written
	maxFrame    = 2 << 10   // bytes; clients send datagrams of an ordinary network, also over TCP
)

var errFrame = errors.New("lite: frame too long")

// Stream is a TCP connection with RFC 4571 framing (RFC 6544): a length of two bytes before each packet.
type Stream struct {
	conn net.Conn
	addr netip.AddrPort

	mu      sync.Mutex
	waiting []byte // frames ready to be written
	closed  bool
	wake    chan struct{} // one token: there is something to write, or the stream is closed
}

func newStream(c net.Conn) *Stream {
	addr, _ := netip.ParseAddrPort(c.RemoteAddr().String())
	return &Stream{
		conn: c, addr: netip.AddrPortFrom(addr.Addr().Unmap().WithZone(""), addr.Port()), wake: make(chan struct{}, 1),
	}
}

// Send queues one packet and never waits. What a slow or closed stream cannot take is dropped.
func (s *Stream) Send(b []byte) {
	s.mu.Lock()
	if s.closed || len(b) > 0xffff || len(s.waiting)+2+len(b) > streamQueue {
		s.mu.Unlock()
		return
	}
	s.waiting = binary.BigEndian.AppendUint16(s.waiting, uint16(len(b)))
	s.waiting = append(s.waiting, b...)
	s.mu.Unlock()
	s.nudge()
}

func (s *Stream) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// close ends the stream; what is queued is lost. It may be called any number of times.
func (s *Stream) close() {
	s.mu.Lock()
	s.closed, s.waiting = true, nil
	s.mu.Unlock()
	s.nudge()
	s.conn.Close()
}

// writeAll is the stream's writing goroutine.
func (s *Stream) writeAll() {
	var spare []byte
	for range s.wake {
		s.mu.Lock()
		b, closed := s.waiting, s.closed
		s.waiting = spare[:0]
		s.mu.Unlock()
		if closed {
			return
		}
		if len(b) > 0 {
			if _, err := s.conn.Write(b); err != nil {
				s.close()
				return
			}
		}
		if spare = b; cap(spare) > streamKeeps {
			spare = nil
		}
	}
}

// readFrame reads one frame into buf, which grows as needed.
func readFrame(r *bufio.Reader, buf []byte) ([]byte, error) {
	head, err := r.Peek(2)
	if err != nil {
		return buf, err
	}
	n := int(binary.BigEndian.Uint16(head))
	if n > maxFrame {
		return buf, errFrame
	}
	_, _ = r.Discard(2) // peeked before
	if n > cap(buf) {
		buf = make([]byte, n)
	}
	buf = buf[:n]
	_, err = io.ReadFull(r, buf)
	return buf, err
}

// Stream serves an ICE-TCP connection until it ends; first is its first frame without the length, already read. It returns at
// once when that is no check of one of our connections.
func (h *Host) Stream(conn net.Conn, first []byte) {
	m := h.messages.Get().(*stun.Message)
	c := h.named(m, first)
	h.messages.Put(m)
	if c == nil {
		return
	}
	s := newStream(conn)
	go s.writeAll()
	defer c.lost(s)
	at, budget := place{stream: s}, socket.NewBudget(h.config.Most)
	r, buf := bufio.NewReader(conn), first
	for {
		c.fromStream(at, buf, h.await(&budget))
		if r.Buffered() == 0 {
			h.config.Rest()
		}
		var err error
		if buf, err = readFrame(r, buf); err != nil {
			h.config.Log.Debug("media: stream ended", "client", s.addr, "error", err)
			return
		}
	}
}

// await gives the time when there is budget for a packet that came.
func (h *Host) await(budget *socket.Budget) time.Time {
	for {
		now := h.config.Clock()
		wait := budget.Wait(now)
		if wait == 0 {
			return now
		}
		h.config.Rest()
		time.Sleep(wait)
	}
}

// fromStream takes one frame. A stream belongs to one connection for life: checks for another one are not answered.
func (c *Conn) fromStream(at place, b []byte, now time.Time) {
	switch {
	case len(b) == 0:
	case b[0] >= 4:
		c.packet(at, b, now)
	default:
		m := c.host.messages.Get().(*stun.Message)
		defer c.host.messages.Put(m)
		if c.host.named(m, b) == c {
			c.check(m, at, now)
		}
	}
}

// lost forgets a stream that ended. Firefox says no goodbye over TCP: that its only stream ended is one, unless it comes
// back soon.
func (c *Conn) lost(s *Stream) {
	s.close()
	now := c.host.config.Clock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.places.forget(place{stream: s}) {
		c.setPath()
	}
	if len(c.places.known) == 0 {
		c.unreachable = now
	}
}

//go:build !linux

package load

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

const tickEvery = 10 * time.Millisecond

// socket is a connected UDP socket, read by a goroutine of its own.
type socket struct{ conn *net.UDPConn }

func openSocket(to netip.AddrPort) (*socket, error) {
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to))
	if err != nil {
		return nil, err
	}
	_ = c.SetReadBuffer(1 << 20)
	return &socket{c}, nil
}

func (s *socket) write(b []byte) { _, _ = s.conn.Write(b) }
func (s *socket) close()         { _ = s.conn.Close() }

// loop looks after the links' own duties; systems with epoll read all sockets here, too.
type loop struct {
	field *Field

	mu     sync.Mutex
	links  map[*link]struct{}
	closed chan struct{}
	done   chan struct{}
}

func newLoop(f *Field) (*loop, error) {
	r := &loop{field: f, links: map[*link]struct{}{}, closed: make(chan struct{}), done: make(chan struct{})}
	go r.run()
	return r, nil
}

func (r *loop) add(l *link) error {
	r.mu.Lock()
	r.links[l] = struct{}{}
	r.mu.Unlock()
	go r.read(l)
	return nil
}

func (r *loop) read(l *link) {
	b, opened := make([]byte, longestDatagram), make([]byte, 0, longestDatagram)
	for {
		n, err := l.sock.conn.Read(b)
		l.mu.Lock()
		if err != nil {
			over := l.closed
			l.mu.Unlock()
			if over {
				return
			}
			continue // refused by the other end for now
		}
		now := r.field.Now()
		l.datagram(b[:n], now, opened)
		if l.out != nil {
			l.party.flush(now)
		}
		l.mu.Unlock()
	}
}

func (r *loop) drop(l *link) {
	r.mu.Lock()
	delete(r.links, l)
	r.mu.Unlock()
	l.sock.close()
}

func (r *loop) close() {
	close(r.closed)
	<-r.done
}

func (r *loop) run() {
	defer close(r.done)
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	for {
		select {
		case <-r.closed:
			return
		case <-tick.C:
		}
		now := r.field.Now()
		r.mu.Lock()
		for l := range r.links {
			l.mu.Lock()
			l.tick(now)
			l.mu.Unlock()
		}
		r.mu.Unlock()
	}
}

package media

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"time"
)

const (
	firstFrameWait = 10 * time.Second // for a TCP client to say whom it wants
	firstFrame     = 512              // bytes; a connectivity check is a quarter of it
	undecided      = 256              // TCP clients that may be about to say it
)

// streams stands before pion's TCP mux as front does before the UDP one: it accepts, reads the first frame of each client
// (RFC 4571), serves those who came for one of our own connections, and hands the rest to pion as if nothing had been read.
// It implements net.Listener.
type streams struct {
	net.Listener
	serve claimStream // set before run
	rest  chan net.Conn
	quit  chan struct{}
	once  sync.Once
	door  chan struct{} // a place for each who has not said whom it wants
}

func newStreams(l net.Listener) *streams {
	return &streams{Listener: l, rest: make(chan net.Conn), quit: make(chan struct{}), door: make(chan struct{}, undecided)}
}

// run accepts until the listener is closed.
func (s *streams) run() {
	for {
		c, err := s.Listener.Accept()
		if err != nil {
			s.Close()
			return
		}
		select {
		case s.door <- struct{}{}:
			go s.decide(c)
		default:
			c.Close()
		}
	}
}

func (s *streams) decide(c net.Conn) {
	late := time.AfterFunc(firstFrameWait, func() { c.Close() })
	first, err := readFirst(c)
	<-s.door
	if !late.Stop() || err != nil {
		c.Close()
		return
	}
	if s.serve(c, first[2:]) {
		c.Close()
		return
	}
	select {
	case s.rest <- &reread{Conn: c, Reader: io.MultiReader(bytes.NewReader(first), c)}:
	case <-s.quit:
		c.Close()
	}
}

// readFirst returns the first frame with its length before it.
func readFirst(c net.Conn) ([]byte, error) {
	b := make([]byte, 2+firstFrame)
	if _, err := io.ReadFull(c, b[:2]); err != nil {
		return nil, err
	}
	n := int(binary.BigEndian.Uint16(b))
	if n == 0 || n > firstFrame {
		return nil, errPacket
	}
	_, err := io.ReadFull(c, b[2:2+n])
	return b[:2+n], err
}

// Accept gives pion its next client.
func (s *streams) Accept() (net.Conn, error) {
	select {
	case c := <-s.rest:
		return c, nil
	case <-s.quit:
		return nil, net.ErrClosed
	}
}

// Close stops accepting; connections that were handed on stay.
func (s *streams) Close() error {
	s.once.Do(func() { close(s.quit) })
	return s.Listener.Close()
}

// reread is a connection whose first bytes come again.
type reread struct {
	net.Conn
	io.Reader
}

// Read reads them.
func (r *reread) Read(b []byte) (int, error) { return r.Reader.Read(b) }

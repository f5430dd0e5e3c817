package lite

import (
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/transport/v4/deadline"
)

// wireQueue is how many datagrams of a handshake may wait for pion. A flight of a client is three to six.
const wireQueue = 16

// wire is the network as pion's DTLS sees it: records in by a queue, records out to wherever the connection's path leads.
type wire struct {
	in       chan []byte
	out      func([]byte)
	onClose  func() // pion closed it, because the session ended
	addr     net.Addr
	stopped  chan struct{}
	once     sync.Once
	closed   atomic.Bool // by pion
	quiet    atomic.Bool // nothing goes out any more and onClose is not called
	deadline *deadline.Deadline
	drained  chan struct{} // if set, the queue is all there is: closed when it has been read
}

func newWire(addr net.Addr, out func([]byte), onClose func()) *wire {
	return &wire{
		in: make(chan []byte, wireQueue), out: out, onClose: onClose, addr: addr,
		stopped: make(chan struct{}), deadline: deadline.New(),
	}
}

// push queues a copy of a datagram. One too many is lost, as on any network.
func (w *wire) push(b []byte) {
	select {
	case w.in <- append([]byte(nil), b...):
	default:
	}
}

func (w *wire) stop() { w.once.Do(func() { close(w.stopped) }) }

func (w *wire) ReadFrom(p []byte) (int, net.Addr, error) {
	if w.drained != nil {
		select {
		case b := <-w.in:
			return copy(p, b), w.addr, nil
		default:
			close(w.drained)
			w.drained = nil
			return 0, nil, io.EOF
		}
	}
	select {
	case b := <-w.in:
		return copy(p, b), w.addr, nil
	case <-w.stopped:
		return 0, nil, net.ErrClosed
	case <-w.deadline.Done():
		return 0, nil, os.ErrDeadlineExceeded
	}
}

func (w *wire) WriteTo(p []byte, _ net.Addr) (int, error) {
	if !w.quiet.Load() {
		w.out(p)
	}
	return len(p), nil
}

func (w *wire) Close() error {
	w.stop()
	if w.closed.CompareAndSwap(false, true) && !w.quiet.Load() && w.onClose != nil {
		w.onClose()
	}
	return nil
}

func (w *wire) LocalAddr() net.Addr { return w.addr }

func (w *wire) SetDeadline(t time.Time) error { return w.SetReadDeadline(t) }

func (w *wire) SetReadDeadline(t time.Time) error {
	w.deadline.Set(t)
	return nil
}

// SetWriteDeadline does nothing: writing never waits.
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

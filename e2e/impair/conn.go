// Package impair makes a good network bad, in Go, because the kernel's own way (netem) is not there on every machine:
// packets are lost singly or in rows, late, out of order, or wait and fall off a line that is too thin. Each direction
// is on its own, each remote address may have its own trouble, and all of it changes while packets flow.
//
// Conn is a socket with such lines to those it talks with. Relay stands in front of a server, so that the built
// program needs to know nothing: it is started with --media-address, the address of the relay, and names that one to
// its clients.
//
// With the same seed the same packets are lost, counted from the first of each line.
package impair

import (
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

const (
	largest = 65535 // bytes of a datagram
	inbox   = 4096  // packets that arrived and are not read yet; as in a kernel, more are dropped
)

// Line is what lies between us and one remote address, or between us and several that share it.
type Line struct{ in, out direction }

// Set changes the trouble of both directions, seen from the socket. What is under way arrives as it would have.
func (l *Line) Set(in, out Trouble) { l.in.set(in); l.out.set(out) }

// Counts says what became of the packets so far.
func (l *Line) Counts() (in, out Counts) { return l.in.count(), l.out.count() }

// Conn is a net.PacketConn with lines. A write that is delayed or lost is a write that succeeded.
type Conn struct {
	socket  net.PacketConn
	seed    uint64
	post    *post
	arrived chan packet
	closed  chan struct{}
	once    sync.Once
	patient deadline

	mu      sync.Mutex
	lines   map[netip.AddrPort]*Line
	made    uint64  // lines so far
	in, out Trouble // of lines that begin
	broken  error   // why the socket could not be read any more
}

type packet struct {
	data []byte
	from net.Addr
}

// New puts lines before a socket. They are good until Set or Use; the seed decides which packets are hit.
func New(socket net.PacketConn, seed uint64) *Conn {
	c := &Conn{socket: socket, seed: seed, post: newPost(), arrived: make(chan packet, inbox), closed: make(chan struct{}),
		lines: map[netip.AddrPort]*Line{}}
	go c.listen()
	return c
}

// Set changes the trouble of all lines, present and future.
func (c *Conn) Set(in, out Trouble) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.in, c.out = in, out
	for _, l := range c.lines {
		l.Set(in, out)
	}
}

// Line is the line to a remote address.
func (c *Conn) Line(remote netip.AddrPort) *Line {
	c.mu.Lock()
	defer c.mu.Unlock()
	remote = plain(remote)
	if c.lines[remote] == nil {
		c.lines[remote] = c.newLine()
	}
	return c.lines[remote]
}

// Use puts a remote address on the line of others: they share its rate, as all that one person does shares one.
func (c *Conn) Use(l *Line, remote netip.AddrPort) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lines[plain(remote)] = l
}

// newLine throws dice of its own in each direction. Lines are told apart by the order in which they began, because ports
// differ from run to run.
func (c *Conn) newLine() *Line {
	l := &Line{}
	l.in.dice = rand.New(rand.NewPCG(c.seed, 2*c.made))
	l.out.dice = rand.New(rand.NewPCG(c.seed, 2*c.made+1))
	l.Set(c.in, c.out)
	c.made++
	return l
}

// plain is the address without the form in which a socket for both families gives it.
func plain(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

func (c *Conn) listen() {
	buf := make([]byte, largest)
	for {
		n, from, err := c.socket.ReadFrom(buf)
		if err != nil {
			c.mu.Lock()
			c.broken = err
			c.mu.Unlock()
			c.once.Do(c.end)
			return
		}
		p := packet{append([]byte(nil), buf[:n]...), from}
		if due, ok := c.Line(addrPort(from)).in.plan(time.Now(), n); ok {
			c.post.send(due, func() { c.arrive(p) })
		}
	}
}

func (c *Conn) arrive(p packet) {
	select {
	case c.arrived <- p:
	default:
	}
}

// ReadFrom implements net.PacketConn.
func (c *Conn) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		expired, changed := c.patient.wait()
		select {
		case p := <-c.arrived:
			return copy(b, p.data), p.from, nil
		case <-changed:
		case <-expired:
			return 0, nil, os.ErrDeadlineExceeded
		case <-c.closed:
			return 0, nil, c.cause()
		}
	}
}

func (c *Conn) cause() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken != nil {
		return c.broken
	}
	return net.ErrClosed
}

// WriteTo implements net.PacketConn.
func (c *Conn) WriteTo(b []byte, to net.Addr) (int, error) {
	select {
	case <-c.closed:
		return 0, c.cause()
	default:
	}
	if due, ok := c.Line(addrPort(to)).out.plan(time.Now(), len(b)); ok {
		data := append([]byte(nil), b...)
		c.post.send(due, func() { _, _ = c.socket.WriteTo(data, to) }) // a network does not tell the sender either
	}
	return len(b), nil
}

// Close implements net.PacketConn. What is under way is lost.
func (c *Conn) Close() error {
	c.once.Do(c.end)
	return c.socket.Close()
}

func (c *Conn) end() { close(c.closed); c.post.end() }

// LocalAddr implements net.PacketConn.
func (c *Conn) LocalAddr() net.Addr { return c.socket.LocalAddr() }

// SetDeadline implements net.PacketConn.
func (c *Conn) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }

// SetReadDeadline implements net.PacketConn.
func (c *Conn) SetReadDeadline(t time.Time) error { c.patient.set(t); return nil }

// SetWriteDeadline implements net.PacketConn. Writes never wait.
func (c *Conn) SetWriteDeadline(time.Time) error { return nil }

func addrPort(a net.Addr) netip.AddrPort {
	if u, ok := a.(*net.UDPAddr); ok {
		return u.AddrPort()
	}
	ap, _ := netip.ParseAddrPort(a.String())
	return ap
}

// deadline wakes those who read when it comes, and when it changes.
type deadline struct {
	mu      sync.Mutex
	at      time.Time
	changed chan struct{}
}

func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at = t
	if d.changed != nil {
		close(d.changed)
		d.changed = nil
	}
}

func (d *deadline) wait() (expired <-chan time.Time, changed <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.changed == nil {
		d.changed = make(chan struct{})
	}
	if !d.at.IsZero() {
		expired = time.After(time.Until(d.at))
	}
	return expired, d.changed
}

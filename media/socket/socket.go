// Package socket is one UDP socket that sends whole batches with few system calls: many datagrams per sendmmsg(2), and
// where the kernel can (UDP_SEGMENT, Linux 4.18), all packets of a video frame to one person as a single message.
// On the way out of an SFU the system call is half of the cost; this package is about that half.
package socket

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
)

const (
	// MaxDatagram is the room of one slot in bytes: a full Ethernet frame and a little.
	MaxDatagram = 1536

	kernelBuffer = 4 << 20 // bytes, each way: about 50 ms of a full gigabit
)

// Mode is how a batch leaves.
type Mode int32

const (
	Best     Mode = iota // segmentation by the kernel, and what the system can do where it cannot
	Messages             // sendmmsg(2): one message per datagram
	Single               // sendto(2): one call per datagram; the only way outside Linux
)

// Options of a socket; the zero value is fine.
type Options struct {
	Log  *slog.Logger // nil discards
	Mode Mode         // the best that may be used; a socket goes down by itself, never up past it
}

// Stats count since Listen what batches did; Write is not in them.
type Stats struct {
	Datagrams uint64 // handed to the kernel
	Messages  uint64 // in which they were handed over: as many as datagrams, or fewer by segmentation
	Calls     uint64 // system calls for them
	Refused   uint64 // messages that the kernel would not segment; their datagrams went singly
	Waits     uint64 // times that the kernel's buffer was full
	Dropped   uint64 // datagrams given up: no way to their destination, or no room for too long
}

// Socket is one bound UDP socket. All methods may be called from any goroutine.
type Socket struct {
	conn *net.UDPConn
	raw  syscall.RawConn
	addr netip.AddrPort
	six  bool // an AF_INET6 socket, whose peers are all written as IPv6 addresses
	log  *slog.Logger

	mode      atomic.Int32
	strikes   atomic.Int32 // messages in a row whose segmentation was refused
	paused    atomic.Int32 // batches left that do without segmentation
	told      atomic.Bool
	forbidden atomic.Int32 // messages in a row that sendmmsg was not allowed to send and sendto was

	datagrams, messages, calls, refused, waits, dropped atomic.Uint64
}

// Listen binds a socket; port 0 takes a free one. An unspecified IPv6 address hears IPv4 too, where the system allows.
// The kernel may grant smaller buffers than asked for: then bursts are lost a little earlier, and NACK repairs them.
func Listen(at netip.AddrPort, o Options) (*Socket, error) {
	at = unmap(at)
	network := "udp"
	if at.Addr().Is4() {
		network = "udp4" // with "udp", 0.0.0.0 would become an IPv6 socket
	}
	conn, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(at))
	if err != nil {
		return nil, err
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("socket: %w", err)
	}
	_ = conn.SetReadBuffer(kernelBuffer)
	_ = conn.SetWriteBuffer(kernelBuffer)
	s := &Socket{conn: conn, raw: raw, addr: unmap(conn.LocalAddr().(*net.UDPAddr).AddrPort()), six: !at.Addr().Is4(), log: o.Log}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.mode.Store(int32(max(o.Mode, s.probe())))
	return s, nil
}

// Addr is the bound address, unmapped.
func (s *Socket) Addr() netip.AddrPort { return s.addr }

// Write sends one datagram at once, or not at all: it may be called with locks held that everybody needs. The error says
// that it is lost, for want of room in the kernel's buffer too (EAGAIN). Outside Linux it waits for room. It does not allocate.
func (s *Socket) Write(b []byte, to netip.AddrPort) error { return s.write(b, unmap(to)) }

// Close frees the port and wakes who waits for an Inbox. A Flush that is under way ends first; later ones send nothing.
func (s *Socket) Close() error { return s.conn.Close() }

// Stats may be read at any time.
func (s *Socket) Stats() Stats {
	return Stats{
		Datagrams: s.datagrams.Load(), Messages: s.messages.Load(), Calls: s.calls.Load(),
		Refused: s.refused.Load(), Waits: s.waits.Load(), Dropped: s.dropped.Load(),
	}
}

// Mode is how batches leave just now.
func (s *Socket) Mode() Mode {
	if m := Mode(s.mode.Load()); m != Best || s.paused.Load() <= 0 {
		return m
	}
	return Messages
}

const (
	patience = 4    // refusals in a row, none accepted between, after which another way is taken
	pause    = 4096 // batches: a minute or two of one video stream, then it is tried anew
)

// segments says whether the next batch may use segmentation.
func (s *Socket) segments() bool {
	if Mode(s.mode.Load()) != Best {
		return false
	}
	if s.paused.Load() <= 0 {
		return true
	}
	s.paused.Add(-1)
	return false
}

// refuse notes that the kernel would not segment a message. A device or a route that never can is one reason, a path
// to one person whose MTU is small is another; so one refusal among successes changes nothing for the others, and
// nothing is for ever: routes change.
func (s *Socket) refuse(why error) {
	s.refused.Add(1)
	if s.strikes.Add(1) < patience {
		return
	}
	s.strikes.Store(0)
	s.paused.Store(pause)
	if !s.told.Swap(true) {
		s.log.Info("media: the kernel does not segment datagrams here; more CPU is used for sending", "address", s.addr, "reason", why)
	}
}

// fall goes down to sendto for good: sendmmsg does not exist here, or is forbidden.
func (s *Socket) fall(why error) {
	if Mode(s.mode.Swap(int32(Single))) != Single {
		s.log.Warn("media: no sendmmsg here; more CPU is used for sending", "address", s.addr, "reason", why)
	}
}

// Peer is a destination in the kernel's form, encoded once. Peers of one socket may be compared with ==.
type Peer struct {
	addr netip.AddrPort
	name name
}

// Peer encodes a destination for this socket. One that it cannot reach (IPv6 from an IPv4 socket, the zero AddrPort)
// is no error here; what is committed to it is dropped.
func (s *Socket) Peer(a netip.AddrPort) Peer {
	a = unmap(a)
	return Peer{addr: a, name: s.encode(a)}
}

// AddrPort is the destination, unmapped.
func (p *Peer) AddrPort() netip.AddrPort { return p.addr }

func unmap(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

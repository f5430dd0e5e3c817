package socket

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	waitMillis = 20 // for room in the kernel's buffer: less than a video frame lasts
	maxWaits   = 4  // per Flush; each brings room for half the kernel's buffer, which is more than a batch
)

// name is a sockaddr_in or sockaddr_in6 as the kernel reads it.
type name struct {
	size uint32
	raw  [unix.SizeofSockaddrInet6]byte
}

func (s *Socket) encode(a netip.AddrPort) (n name) {
	if !a.IsValid() {
		return n
	}
	binary.BigEndian.PutUint16(n.raw[2:], a.Port())
	if a.Addr().Is4() && !s.six {
		n.size = unix.SizeofSockaddrInet4
		binary.NativeEndian.PutUint16(n.raw[:], unix.AF_INET)
		four := a.Addr().As4()
		copy(n.raw[4:], four[:])
		return n
	}
	n.size = unix.SizeofSockaddrInet6
	binary.NativeEndian.PutUint16(n.raw[:], unix.AF_INET6)
	sixteen := a.Addr().As16() // IPv4 becomes ::ffff:a.b.c.d, as an AF_INET6 socket wants it
	copy(n.raw[8:], sixteen[:])
	binary.NativeEndian.PutUint32(n.raw[24:], scope(a.Addr().Zone()))
	return n
}

func scope(zone string) uint32 {
	if zone == "" {
		return 0
	}
	if i, err := net.InterfaceByName(zone); err == nil {
		return uint32(i.Index)
	}
	index, _ := strconv.ParseUint(zone, 10, 32) // what is neither name nor number reaches nobody
	return uint32(index)
}

// probe asks whether the kernel knows UDP_SEGMENT. Older ones would ignore the wish and send a whole frame as one
// datagram in fragments.
func (s *Socket) probe() (m Mode) {
	_ = s.raw.Control(func(fd uintptr) {
		if _, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_UDP, unix.UDP_SEGMENT); err != nil {
			m = Messages
		}
	})
	return m
}

// header is struct mmsghdr.
type header struct {
	unix.Msghdr
	length uint32
}

// control is the ancillary message that asks for segmentation.
type control struct {
	unix.Cmsghdr
	size uint16
	_    [6]byte
}

// vector is what sendmmsg reads. Its pointers are set once and stay within the batch's own memory; only lengths and
// the start of each message change.
type vector struct {
	headers  *[maxMessages]header
	iovecs   *[maxMessages]unix.Iovec
	controls *[maxMessages]control
	poll     [1]unix.PollFd
	send     func(fd uintptr) // made once, because a closure per flush would be an allocation
	waits    int
	retried  int // message that was tried twice
}

func (b *Batch) wire() {
	v := &b.vector
	v.headers, v.iovecs, v.controls = new([maxMessages]header), new([maxMessages]unix.Iovec), new([maxMessages]control)
	v.send = b.send
	for i := range v.headers {
		h, c := &v.headers[i], &v.controls[i]
		h.Name = &b.messages[i].to.name.raw[0]
		h.Iov = &v.iovecs[i]
		h.SetIovlen(1)
		h.Control = (*byte)(unsafe.Pointer(c))
		c.Level, c.Type = unix.IPPROTO_UDP, unix.UDP_SEGMENT
		c.SetLen(unix.CmsgLen(2))
	}
}

// transmit sends messages from b.sent on. What it leaves is for sendto.
func (b *Batch) transmit() {
	v := &b.vector
	for i := range b.messages[:b.n] {
		m, h := &b.messages[i], &v.headers[i]
		h.Namelen = m.to.name.size
		v.iovecs[i].Base = &b.arena[m.start]
		v.iovecs[i].SetLen(m.end - m.start)
		h.SetControllen(0)
		if m.count > 1 {
			v.controls[i].size = uint16(m.size)
			h.SetControllen(unix.CmsgSpace(2))
		}
	}
	v.waits, v.retried = 0, -1
	// Control and not Write: the latter would let only one batch send at a time, while the kernel has no such lock.
	if b.socket.raw.Control(v.send) != nil {
		b.drop(b.n - b.sent) // closed
	}
}

func (b *Batch) send(fd uintptr) {
	for b.sent < b.n && Mode(b.socket.mode.Load()) != Single {
		b.socket.calls.Add(1)
		n, _, errno := syscall.Syscall6(unix.SYS_SENDMMSG, fd, uintptr(unsafe.Pointer(&b.vector.headers[b.sent])), uintptr(b.n-b.sent), 0, 0, 0)
		if errno == 0 {
			b.accepted(int(n))
		} else {
			b.failed(fd, errno)
		}
	}
}

func (b *Batch) accepted(n int) {
	datagrams := 0
	for _, m := range b.messages[b.sent : b.sent+n] {
		datagrams += m.count
	}
	b.sent += n
	b.socket.messages.Add(uint64(n))
	b.socket.datagrams.Add(uint64(datagrams))
	if datagrams > n && b.socket.strikes.Load() != 0 {
		b.socket.strikes.Store(0)
	}
}

// failed deals with the message that could not be sent; sendmmsg has accepted those before it. Each branch makes
// progress or uses up a bounded number of tries.
func (b *Batch) failed(fd uintptr, errno syscall.Errno) {
	switch {
	case errno == unix.EAGAIN:
		if !b.wait(fd) {
			b.drop(b.n - b.sent)
		}
	case errno == unix.ENOSYS:
		b.socket.fall(errno)
	case b.messages[b.sent].count > 1 && segmentation(errno):
		b.socket.refuse(errno)
		_ = b.single(b.sent)
		b.sent++
	case errno == unix.EPERM: // a packet filter says so about a destination, a sandbox about the call
		if b.single(b.sent) == nil {
			b.socket.fall(errno)
		}
		b.sent++
	case b.vector.retried != b.sent: // perhaps the echo of an earlier datagram, which is gone with this report
		b.vector.retried = b.sent
	default:
		b.drop(1)
	}
}

// segmentation says whether the error can mean that a message may not be segmented: segments do not fit the MTU
// (EMSGSIZE, formerly EINVAL), checksums are off (EINVAL), or the device or IPsec cannot (EIO).
func segmentation(errno syscall.Errno) bool {
	switch errno {
	case unix.EINVAL, unix.EMSGSIZE, unix.EIO, unix.ENOPROTOOPT, unix.EOPNOTSUPP:
		return true
	}
	return false
}

// wait sleeps until the kernel has room again and gives false when it takes too long. It is poll(2) on this one socket
// and not Go's poller: that has no bound without a deadline, and a deadline would be the whole socket's.
func (b *Batch) wait(fd uintptr) bool {
	b.socket.waits.Add(1)
	if b.vector.waits++; b.vector.waits > maxWaits {
		return false
	}
	b.vector.poll[0] = unix.PollFd{Fd: int32(fd), Events: unix.POLLOUT}
	n, err := unix.Poll(b.vector.poll[:], waitMillis)
	return n > 0 || err == unix.EINTR
}

// drop gives up the next n messages.
func (b *Batch) drop(n int) {
	for _, m := range b.messages[b.sent : b.sent+n] {
		b.socket.dropped.Add(uint64(m.count))
	}
	b.sent += n
}

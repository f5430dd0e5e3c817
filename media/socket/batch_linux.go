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
	waitMillis = 10 // for room in the kernel's buffer: at 400 Mbit/s, room for a whole batch
	maxWaits   = 4  // per Flush: about as long as a video frame lasts
	briefly    = 32 // messages: some 100 µs
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
	retried  int              // message that was tried twice
	waits    int
	stuck    bool // a wait ended without room, and nothing could be sent since
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

// transmit sends all messages or gives them up.
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
	v.retried, v.waits, v.stuck = -1, 0, false
	// Control and not Write: the latter would let only one batch send at a time, while the kernel has no such lock.
	if b.socket.raw.Control(v.send) != nil {
		b.drop(b.n - b.sent) // closed
	}
}

func (b *Batch) send(fd uintptr) {
	for b.sent < b.n {
		if Mode(b.socket.mode.Load()) == Single {
			_ = b.singly(fd) // counted there
			continue
		}
		b.socket.calls.Add(1)
		n, errno := b.sendmmsg(fd)
		if errno == 0 {
			b.accepted(n)
		} else {
			b.failed(fd, errno)
		}
	}
}

// sendmmsg sends a few messages without telling Go's scheduler. It would not have the time to do anything with it, but when
// the process was idle before, its monitor thread (runtime.sysmon) wakes at every call that it is told of and then looks
// around for a while: with one room in use, a quarter of all that the process spent.
func (b *Batch) sendmmsg(fd uintptr) (int, syscall.Errno) {
	h, n := &b.vector.headers[b.sent], uintptr(b.n-b.sent)
	if n > briefly {
		sent, _, errno := syscall.Syscall6(unix.SYS_SENDMMSG, fd, uintptr(unsafe.Pointer(h)), n, 0, 0, 0)
		return int(sent), errno
	}
	sent, _, errno := syscall.RawSyscall6(unix.SYS_SENDMMSG, fd, uintptr(unsafe.Pointer(h)), n, 0, 0, 0)
	return int(sent), errno
}

func (b *Batch) accepted(n int) {
	datagrams := 0
	for i := b.sent; i < b.sent+n; i++ {
		datagrams += b.messages[i].count
	}
	b.sent += n
	b.vector.stuck = false
	b.socket.messages.Add(uint64(n))
	b.socket.datagrams.Add(uint64(datagrams))
	if datagrams > n && b.socket.strikes.Load() != 0 {
		b.socket.strikes.Store(0)
	}
	if b.socket.forbidden.Load() != 0 {
		b.socket.forbidden.Store(0)
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
		_ = b.singly(fd)
	case errno == unix.EPERM: // a packet filter says so about a destination, a sandbox about the call
		if b.singly(fd) == 0 && b.socket.forbidden.Add(1) == patience {
			b.socket.fall(errno)
		}
	case b.vector.retried != b.sent: // perhaps the echo of an earlier datagram, which is gone with this report
		b.vector.retried = b.sent
	default:
		b.drop(1)
	}
}

// singly sends the next message with one sendto per datagram and gives the last error.
func (b *Batch) singly(fd uintptr) (last syscall.Errno) {
	s, m := b.socket, &b.messages[b.sent]
	for at := m.start; at < m.end; at += m.size {
		switch errno := b.sendto(fd, b.arena[at:min(at+m.size, m.end)], &m.to.name); errno {
		case 0:
			s.datagrams.Add(1)
			s.messages.Add(1)
		case unix.EAGAIN: // no room, also not after waiting
			s.dropped.Add(uint64((m.end - at + m.size - 1) / m.size))
			b.sent++
			b.drop(b.n - b.sent)
			return errno
		default:
			last = errno
			s.dropped.Add(1)
		}
	}
	b.sent++
	return last
}

func (b *Batch) sendto(fd uintptr, datagram []byte, to *name) (errno syscall.Errno) {
	for tries := 0; tries < 2; { // the first error may be the echo of an earlier datagram
		b.socket.calls.Add(1)
		_, _, errno = syscall.Syscall6(unix.SYS_SENDTO, fd, uintptr(unsafe.Pointer(&datagram[0])), uintptr(len(datagram)), 0,
			uintptr(unsafe.Pointer(&to.raw[0])), uintptr(to.size))
		switch errno {
		case 0:
			b.vector.stuck = false
			return 0
		case unix.EAGAIN:
			if !b.wait(fd) {
				return errno
			}
		default:
			tries++
		}
	}
	return errno
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

// wait sleeps until the kernel says that there is room, or a while. It says so when half of its buffer is free; there
// may be room for us before, so one more try is made. False when that failed too, or it takes too long altogether. This
// is poll(2) on the one socket and not Go's poller: that has no bound without a deadline, which would be the whole socket's.
func (b *Batch) wait(fd uintptr) bool {
	v := &b.vector
	if v.stuck || v.waits == maxWaits {
		return false
	}
	v.waits++
	b.socket.waits.Add(1)
	v.poll[0] = unix.PollFd{Fd: int32(fd), Events: unix.POLLOUT}
	n, err := unix.Poll(v.poll[:], waitMillis)
	v.stuck = n == 0 && err == nil
	return true
}

// drop gives up the next n messages.
func (b *Batch) drop(n int) {
	for i := b.sent; i < b.sent+n; i++ {
		b.socket.dropped.Add(uint64(b.messages[i].count))
	}
	b.sent += n
}

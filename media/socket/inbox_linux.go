package socket

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// arrival is what recvmmsg writes. Its pointers are set once and stay within the inbox.
type arrival struct {
	headers [mostAtOnce]header
	iovecs  [mostAtOnce]unix.Iovec
	take    func(fd uintptr) bool // made once, because a closure per call would be an allocation
	n       int
	errno   syscall.Errno
}

func (in *Inbox) wire() {
	in.take = in.receiveNow
	for i := range in.headers {
		h := &in.headers[i]
		in.iovecs[i].Base = &in.arena[i*MaxDatagram]
		in.iovecs[i].SetLen(MaxDatagram)
		h.Iov = &in.iovecs[i]
		h.SetIovlen(1)
		h.Name = &in.names[i].raw[0]
	}
}

func (in *Inbox) receive() (int, error) {
	if err := in.socket.raw.Read(in.take); err != nil {
		return 0, err
	}
	if in.errno != 0 {
		return 0, in.errno
	}
	for i := range in.n {
		in.size[i] = int(in.headers[i].length)
		in.from[i] = in.names[i].decode()
	}
	return in.n, nil
}

// receiveNow asks once, without telling Go's scheduler (see Batch.sendmmsg); false lets Go's poller wait for something to come.
func (in *Inbox) receiveNow(fd uintptr) bool {
	for i := range in.headers {
		in.headers[i].Namelen = unix.SizeofSockaddrInet6
	}
	for {
		n, _, errno := syscall.RawSyscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&in.headers[0])), mostAtOnce, unix.MSG_DONTWAIT, 0, 0)
		in.n, in.errno = int(n), errno
		if errno != unix.EINTR {
			return errno != unix.EAGAIN
		}
	}
}

// decode reads what the kernel wrote.
func (n *name) decode() netip.AddrPort {
	port := binary.BigEndian.Uint16(n.raw[2:])
	if binary.NativeEndian.Uint16(n.raw[:]) == unix.AF_INET {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(n.raw[4:8])), port)
	}
	a := netip.AddrFrom16([16]byte(n.raw[8:24])).Unmap()
	if scope := binary.NativeEndian.Uint32(n.raw[24:]); scope != 0 && a.Is6() {
		a = a.WithZone(strconv.Itoa(int(scope)))
	}
	return netip.AddrPortFrom(a, port)
}

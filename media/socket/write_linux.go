package socket

import (
	"net/netip"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// letter is one datagram of Write. They are used again, because a closure per datagram would be an allocation.
type letter struct {
	b     []byte
	to    name
	errno syscall.Errno
	post  func(fd uintptr)
}

var letters = sync.Pool{New: func() any {
	l := &letter{}
	l.post = l.send
	return l
}}

func (s *Socket) write(b []byte, to netip.AddrPort) error {
	l := letters.Get().(*letter)
	defer letters.Put(l)
	l.b, l.to = b, s.encode(to)
	err := s.raw.Control(l.post) // and not Write, which waits
	if l.b = nil; err == nil && l.errno != 0 {
		err = l.errno
	}
	return err
}

// send asks once, without telling Go's scheduler (see Batch.sendmmsg).
func (l *letter) send(fd uintptr) {
	_, _, l.errno = syscall.RawSyscall6(unix.SYS_SENDTO, fd, uintptr(unsafe.Pointer(unsafe.SliceData(l.b))), uintptr(len(l.b)),
		unix.MSG_DONTWAIT, uintptr(unsafe.Pointer(&l.to.raw[0])), uintptr(l.to.size))
}

package load

import (
	"net/netip"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	socketBuffer = 1 << 20               // bytes; a second of several publishers, whatever the scheduler does
	batch        = 32                    // datagrams a call
	glance       = 64                    // bytes of a datagram that a light viewer looks at
	tickEvery    = 10 * time.Millisecond // for the links' own duties
	mostEvents   = 256
)

// socket is a connected UDP socket outside of Go's poller, which would wake a thread for every packet.
type socket struct{ fd int }

func openSocket(to netip.AddrPort) (*socket, error) {
	family, address := unix.AF_INET6, unix.Sockaddr(&unix.SockaddrInet6{Port: int(to.Port()), Addr: to.Addr().As16()})
	if to.Addr().Is4() {
		family, address = unix.AF_INET, &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, socketBuffer) // the kernel gives what it allows
	if err := unix.Connect(fd, address); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return &socket{fd}, nil
}

func (s *socket) write(b []byte) { _, _ = unix.Write(s.fd, b) }
func (s *socket) close()         { unix.Close(s.fd) }

// message is struct mmsghdr of recvmmsg(2).
type message struct {
	unix.Msghdr
	n uint32
}

// inbox is room for one call's worth of datagrams.
type inbox struct {
	messages [batch]message
	pieces   [batch]unix.Iovec
	space    []byte
	size     int
}

func newInbox(size int) *inbox {
	in := &inbox{space: make([]byte, batch*size), size: size}
	for i := range in.messages {
		in.pieces[i].Base = &in.space[i*size]
		in.pieces[i].SetLen(size)
		in.messages[i].Iov = &in.pieces[i]
		in.messages[i].SetIovlen(1)
	}
	return in
}

// take reads what lies there, at most a batch.
func (in *inbox) take(fd int) int {
	n, _, err := unix.Syscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&in.messages[0])), batch, unix.MSG_DONTWAIT, 0, 0)
	if err != 0 {
		return 0
	}
	return int(n)
}

func (in *inbox) datagram(i int) []byte {
	return in.space[i*in.size:][:min(int(in.messages[i].n), in.size)]
}

// loop reads the sockets of all links in one goroutine.
type loop struct {
	field  *Field
	poll   int
	whole  *inbox
	hasty  *inbox // for light links
	opened []byte

	mu     sync.Mutex // held while a round of events is worked on
	links  map[int32]*link
	closed bool
	done   chan struct{}
}

func newLoop(f *Field) (*loop, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	r := &loop{field: f, poll: fd, whole: newInbox(longestDatagram), hasty: newInbox(glance), opened: make([]byte, 0, longestDatagram),
		links: map[int32]*link{}, done: make(chan struct{})}
	go r.run()
	return r, nil
}

func (r *loop) add(l *link) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return errClosed
	}
	r.links[int32(l.sock.fd)] = l
	return unix.EpollCtl(r.poll, unix.EPOLL_CTL_ADD, l.sock.fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(l.sock.fd)})
}

// drop takes a closed link out; its socket is closed here, between two rounds, so that its number cannot be another's.
func (r *loop) drop(l *link) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.links[int32(l.sock.fd)] == l {
		delete(r.links, int32(l.sock.fd))
		_ = unix.EpollCtl(r.poll, unix.EPOLL_CTL_DEL, l.sock.fd, nil)
	}
	l.sock.close()
}

func (r *loop) close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	<-r.done
	unix.Close(r.poll)
}

func (r *loop) run() {
	defer close(r.done)
	events := make([]unix.EpollEvent, mostEvents)
	ticked := r.field.Now()
	for {
		n, err := unix.EpollWait(r.poll, events, int(tickEvery/time.Millisecond))
		if err != nil {
			n = 0 // interrupted
		}
		r.mu.Lock()
		if r.closed {
			r.mu.Unlock()
			return
		}
		for _, e := range events[:n] {
			if l := r.links[e.Fd]; l != nil {
				r.drain(l)
			}
		}
		if now := r.field.Now(); now.Sub(ticked) >= tickEvery {
			ticked = now
			for _, l := range r.links {
				l.mu.Lock()
				l.tick(now)
				l.mu.Unlock()
			}
		}
		r.mu.Unlock()
		if n < mostEvents && r.field.Sweep > 0 {
			time.Sleep(r.field.Sweep)
		}
	}
}

// drain reads one socket until it is empty, or for a few batches when it fills as fast.
func (r *loop) drain(l *link) {
	l.mu.Lock()
	defer l.mu.Unlock()
	in := r.whole
	if l.light && l.out != nil {
		in = r.hasty
	}
	for range 4 {
		n := in.take(l.sock.fd)
		now := r.field.Now()
		for i := range n {
			l.datagram(in.datagram(i), now, r.opened)
		}
		if n < batch {
			break
		}
	}
	if l.out != nil {
		l.party.flush(r.field.Now())
	}
}

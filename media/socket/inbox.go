package socket

import "net/netip"

// mostAtOnce is how many datagrams one Wait may give: a key frame of a few people, and 50 KiB per socket.
const mostAtOnce = 32

// Inbox reads a socket: everything that is there with one system call. It has one user.
type Inbox struct {
	socket *Socket
	arena  []byte
	size   [mostAtOnce]int
	from   [mostAtOnce]netip.AddrPort
	names  [mostAtOnce]name
	arrival
}

// NewInbox gives an inbox for s.
func (s *Socket) NewInbox() *Inbox {
	in := &Inbox{socket: s, arena: make([]byte, mostAtOnce*MaxDatagram)}
	in.wire()
	return in
}

// Wait blocks until something comes and returns how many datagrams did, 1 to Full. After Close the error is net.ErrClosed.
// It does not allocate.
func (in *Inbox) Wait() (int, error) { return in.receive() }

// Full is how many datagrams Wait gives at most: there are probably more.
func (in *Inbox) Full() int { return mostAtOnce }

// Datagram is the i-th of the last Wait and its source, unmapped. The bytes are the caller's until the next Wait; what did
// not fit into MaxDatagram is lost.
func (in *Inbox) Datagram(i int) ([]byte, netip.AddrPort) {
	start := i * MaxDatagram
	return in.arena[start : start+in.size[i] : start+MaxDatagram], in.from[i]
}

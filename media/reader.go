package media

import (
	"errors"
	"net"
	"time"

	"foyer/media/socket"
)

const (
	// mostPackets is what one remote address may send us in a second: three encodings of a camera, a screen and two voices
	// are under 1,500. Beyond it packets are dropped before anything is spent on them, and TCP streams are left unread.
	mostPackets = 4000
	readPause   = 10 * time.Millisecond // after an error that says nothing about the next packet
)

// reader takes what comes to one socket. It is the socket's only one, so it is also who carries the packets of everybody
// who publishes by it.
type reader struct {
	*socket.Socket
	guard *socket.Guard
}

// run reads until the socket is closed.
func (r *reader) run(n *Node) {
	in := r.NewInbox()
	for crowded := false; ; {
		came, err := in.Wait()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(readPause)
			continue
		}
		switch {
		case came == in.Full() && !crowded:
			crowded = true
			n.crowded.Add(1)
		case came <= in.Full()/4 && crowded:
			crowded = false
			n.crowded.Add(-1)
		}
		now := n.opts.Clock()
		for i := range came {
			if b, from := in.Datagram(i); r.guard.Admit(from, now) {
				n.lite.Packet(r.Socket, from, b, now)
			}
		}
		n.unfinished.rest()
	}
}

package media

import (
	"errors"
	"net"
	"time"

	"foyer/media/lite"
	"foyer/media/socket"
)

const (
	// mostPackets is what one remote address may send us in a second: three encodings of a camera, a screen and two voices
	// are under 1,500. Beyond it packets are dropped before anything is spent on them.
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
func (r *reader) run(host *lite.Host, clock func() time.Time) {
	in := r.NewInbox()
	for {
		n, err := in.Wait()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(readPause)
			continue
		}
		now := clock()
		for i := range n {
			if b, from := in.Datagram(i); r.guard.Admit(from, now) {
				host.Packet(r.Socket, from, b, now)
			}
		}
	}
}

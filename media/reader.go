package media

import (
	"time"

	"foyer/media/lite"
	"foyer/media/socket"
)

// mostPackets is what one remote address may send us in a second: three encodings of a camera, a screen and two voices
// are under 1,500. Beyond it packets are dropped before anything is spent on them.
const mostPackets = 4000

// reader takes what comes to one socket. It is the socket's only one, so it is also who carries the packets of everybody
// who publishes by it.
type reader struct {
	*socket.Socket
	guard *socket.Guard
}

// run reads until the socket is closed.
func (r *reader) run(host *lite.Host, clock func() time.Time) {
	b := make([]byte, socket.MaxDatagram)
	for {
		n, from, err := r.Read(b)
		if err != nil {
			return
		}
		if now := clock(); r.guard.Admit(from, now) {
			host.Packet(r.Socket, from, b[:n], now)
		}
	}
}

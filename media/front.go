package media

import (
	"net"
	"net/netip"
	"time"

	"foyer/media/socket"
)

// mostPackets is what one remote address may send us in a second: three encodings of a camera, a screen and two voices
// are under 1,500. Beyond it packets are dropped before anybody looks at them, so that pion's queues, which have no bound
// of their own, stay short.
const mostPackets = 4000

// front stands before pion's mux on one socket: it drops floods, gives our own connections what is theirs, and pion the
// rest. It is the socket's only reader. It implements net.PacketConn and ice.AddrPortReaderWriter.
type front struct {
	*socket.Socket
	guard *socket.Guard
	claim claimPacket
	clock func() time.Time
}

// ReadFromAddrPort implements ice.AddrPortReaderWriter.
func (f *front) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	for {
		n, from, err := f.Read(b)
		if err != nil {
			return n, from, err
		}
		now := f.clock()
		if f.guard.Admit(from, now) && !f.claim(f.Socket, from, b[:n], now) {
			return n, from, nil
		}
	}
}

// WriteToAddrPort implements ice.AddrPortReaderWriter.
func (f *front) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) { return f.Write(b, to) }

// ReadFrom implements net.PacketConn.
func (f *front) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := f.ReadFromAddrPort(b)
	return n, net.UDPAddrFromAddrPort(from), err
}

// WriteTo implements net.PacketConn.
func (f *front) WriteTo(b []byte, to net.Addr) (int, error) {
	a, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, net.InvalidAddrError("not a UDP address")
	}
	return f.Write(b, a.AddrPort())
}

//go:build !linux

package socket

import "net/netip"

// Outside Linux every datagram is a call of its own, and Go's poller waits for room.

type name struct{}

type vector struct{}

func (s *Socket) probe() Mode                { return Single }
func (s *Socket) encode(netip.AddrPort) name { return name{} }
func (b *Batch) wire()                       {}

func (b *Batch) transmit() {
	for i := range b.messages[:b.n] {
		m := &b.messages[i] // of one datagram, because nothing is segmented here
		datagram := b.arena[m.start:m.end]
		_, err := b.socket.conn.WriteToUDPAddrPort(datagram, m.to.addr)
		if err != nil { // perhaps the echo of an earlier datagram: an ICMP answer that waited on the socket
			_, err = b.socket.conn.WriteToUDPAddrPort(datagram, m.to.addr)
			b.socket.calls.Add(1)
		}
		b.socket.calls.Add(1)
		if err != nil {
			b.socket.dropped.Add(1)
			continue
		}
		b.socket.datagrams.Add(1)
		b.socket.messages.Add(1)
	}
}

func (s *Socket) write(b []byte, to netip.AddrPort) error {
	_, err := s.conn.WriteToUDPAddrPort(b, to)
	return err
}

//go:build !linux

package socket

// Outside Linux every datagram is a call of its own.

type arrival struct{}

func (in *Inbox) wire() {}

func (in *Inbox) receive() (int, error) {
	size, from, err := in.socket.conn.ReadFromUDPAddrPort(in.arena[:MaxDatagram])
	if err != nil {
		return 0, err
	}
	in.size[0], in.from[0] = size, unmap(from)
	return 1, nil
}

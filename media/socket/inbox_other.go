//go:build !linux

package socket

// Outside Linux every datagram is a call of its own.

type arrival struct{}

func (in *Inbox) wire() {}

func (in *Inbox) receive() (n int, err error) {
	in.size[0], in.from[0], err = in.socket.Read(in.arena[:MaxDatagram])
	if err != nil {
		return 0, err
	}
	return 1, nil
}

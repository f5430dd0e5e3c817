package media

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"time"

	"foyer/media/lite"
)

const (
	firstFrameWait = 10 * time.Second // for a TCP client to say whom it wants
	firstFrame     = 512              // bytes; a connectivity check is a quarter of it
	acceptPause    = 10 * time.Millisecond
	undecided      = 256 // TCP clients that may be about to say it
)

var errFrame = errors.New("media: no first frame")

// streams takes TCP clients in: it reads the first frame of each (RFC 4571), a connectivity check, which tells whose
// connection it is.
type streams struct {
	net.Listener
	door chan struct{} // a place for each who has not said whom it wants
}

func newStreams(l net.Listener) *streams {
	return &streams{Listener: l, door: make(chan struct{}, undecided)}
}

// run accepts until the listener is closed. Who was taken in stays; connections end with their host.
func (s *streams) run(host *lite.Host) {
	for {
		c, err := s.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // too many open files, or somebody who left at the door
			time.Sleep(acceptPause)
			continue
		}
		select {
		case s.door <- struct{}{}:
			go s.take(c, host)
		default:
			c.Close()
		}
	}
}

func (s *streams) take(c net.Conn, host *lite.Host) {
	defer c.Close()
	late := time.AfterFunc(firstFrameWait, func() { c.Close() })
	first, err := readFirst(c)
	<-s.door
	if late.Stop() && err == nil {
		host.Stream(c, first)
	}
}

// readFirst returns the first frame without its length.
func readFirst(c net.Conn) ([]byte, error) {
	var size [2]byte
	if _, err := io.ReadFull(c, size[:]); err != nil {
		return nil, err
	}
	n := int(binary.BigEndian.Uint16(size[:]))
	if n == 0 || n > firstFrame {
		return nil, errFrame
	}
	b := make([]byte, n)
	_, err := io.ReadFull(c, b)
	return b, err
}

//go:build linux

package fanout

import (
	"encoding/binary"
	"time"

	"github.com/pion/rtp"
)

const (
	payload   = 1150 // bytes of each packet
	rtpHeader = 12
	tag       = 16 // of AES-GCM

	keyEvery  = 60 // frames: one key frame in two seconds
	keyPieces = 12 // packets
	pieces    = 4
	clockRate = 90000
	frameTime = time.Second / 30

	videoType = 96 // payload type
	videoSSRC = 0x0f0f0f0f
)

// packets is how many there are in so many frames.
func packets(frames int) int {
	keys := (frames + keyEvery - 1) / keyEvery
	return frames*pieces + keys*(keyPieces-pieces)
}

// frame is one picture of the publisher, VP8 as an encoder would cut it up.
type frame struct {
	packets []rtp.Packet
	raw     [][]byte // the same, as on the wire before encryption
}

// camera makes frames whose numbers never end.
type camera struct {
	seq     uint16
	ts      uint32
	picture uint16
	key     *frame
	delta   *frame
}

func newCamera() *camera {
	return &camera{seq: 1000, ts: 5000, key: newFrame(keyPieces, true), delta: newFrame(pieces, false)}
}

func newFrame(n int, key bool) *frame {
	f := &frame{packets: make([]rtp.Packet, n), raw: make([][]byte, n)}
	for i := range f.packets {
		f.raw[i] = make([]byte, rtpHeader+payload)
		b := f.raw[i][rtpHeader:]
		b[0], b[1] = 0x80, 0xe0 // RFC 7741, section 4.2: X; then I, L and T
		if i == 0 {
			b[0] |= 0x10 // S
			b[6] = 0x11
			if key { // RFC 6386, section 9.1: 640 × 360
				copy(b[6:], []byte{0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01})
			}
		}
		f.packets[i] = rtp.Packet{
			Header:  rtp.Header{Version: 2, PayloadType: videoType, SSRC: videoSSRC, Marker: i == n-1},
			Payload: b,
		}
	}
	return f
}

// next is valid until the one after it.
func (c *camera) next(key bool) *frame {
	f := c.delta
	if key {
		f = c.key
	}
	c.ts += clockRate / 30
	c.picture++
	for i := range f.packets {
		p, b := &f.packets[i], f.raw[i]
		c.seq++
		p.SequenceNumber, p.Timestamp = c.seq, c.ts
		binary.BigEndian.PutUint16(b[rtpHeader+2:], 0x8000|c.picture)
		b[rtpHeader+4] = byte(c.picture) // TL0PICIDX: every frame is of layer 0
		if _, err := p.Header.MarshalTo(b); err != nil {
			panic(err) // twelve bytes are there
		}
	}
	return f
}

package media

import (
	"errors"

	"github.com/pion/rtp"
)

const (
	videoClock = 90000 // Hz, RFC 7741
	audioClock = 48000 // Hz, RFC 7587
	maxPacket  = 1500  // bytes; pion hands us no more
)

// packet is one RTP packet reduced to what a receiver needs. Contributing sources and extensions stay behind: they
// belong to the publisher's connection (ids differ on every other) and some tell things about the publisher's device.
type packet struct {
	seq     uint16
	ts      uint32
	marker  bool
	payload []byte // without padding; empty for a pure padding packet, which is forwarded to keep the numbers whole
	vp8     vp8    // of video
	key     bool   // first packet of a key frame
}

var errPacket = errors.New("media: malformed packet")

// parsePacket reads a decrypted packet. The result points into b. The header is the caller's, to save allocations.
func parsePacket(b []byte, h *rtp.Header, video bool) (packet, error) {
	n, err := h.Unmarshal(b)
	if err != nil {
		return packet{}, err
	}
	payload := b[n:]
	if h.Padding {
		if len(payload) == 0 {
			return packet{}, errPacket
		}
		pad := int(payload[len(payload)-1])
		if pad == 0 || pad > len(payload) {
			return packet{}, errPacket
		}
		payload = payload[:len(payload)-pad]
	}
	p := packet{seq: h.SequenceNumber, ts: h.Timestamp, marker: h.Marker, payload: payload}
	if video && len(payload) > 0 {
		d, ok := parseVP8(payload)
		if !ok {
			return packet{}, errPacket
		}
		p.vp8, p.key = d, d.keyStart(payload)
	}
	return p, nil
}

// newer tells whether a comes after b in the circle of sequence numbers (RFC 1982).
func newer(a, b uint16) bool { return a != b && a-b < 1<<15 }

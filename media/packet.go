package media

import "github.com/pion/rtp"

const (
	videoClock = 90000 // Hz, RFC 7741
	audioClock = 48000 // Hz, RFC 7587
	maxPacket  = 1500  // bytes, of what may leave
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

// unpadded is the payload without its padding (RFC 3550, section 5.1). False: it is malformed.
func unpadded(h *rtp.Header, payload []byte) ([]byte, bool) {
	if !h.Padding {
		return payload, true
	}
	if len(payload) == 0 {
		return nil, false
	}
	pad := int(payload[len(payload)-1])
	if pad == 0 || pad > len(payload) {
		return nil, false
	}
	return payload[:len(payload)-pad], true
}

// parsePacket reads a decrypted packet. The result points into the payload.
func parsePacket(h *rtp.Header, payload []byte, video bool) (packet, bool) {
	p := packet{seq: h.SequenceNumber, ts: h.Timestamp, marker: h.Marker, payload: payload}
	if video && len(payload) > 0 {
		d, ok := parseVP8(payload)
		if !ok {
			return packet{}, false
		}
		p.vp8, p.key = d, d.keyStart(payload)
	}
	return p, true
}

// newer tells whether a comes after b in the circle of sequence numbers (RFC 1982).
func newer(a, b uint16) bool { return a != b && a-b < 1<<15 }

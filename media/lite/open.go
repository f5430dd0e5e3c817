package lite

import (
	"encoding/binary"
	"slices"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

// maxStreams bounds the SSRCs a client may send under, since each costs a replay window. A browser uses ten: three encodings
// of a camera and a screen with their repairs, and two voices.
const maxStreams = 24

// opener decrypts a client's RTP in place: the other direction of Sealer. Conn.inMu guards it. Pion's context
// opens a packet where it lies and for little more than AES-GCM costs; Sealer has code of its own because it seals packets again.
type opener struct {
	context *srtp.Context
	header  rtp.Header
	streams []uint32 // SSRCs that were proven to be the client's
}

// open decrypts one packet; the result lies in b, and its header is in o.header. False: it is not the client's, or came before, or is of one SSRC too many;
// what b holds then is of no use.
func (o *opener) open(b []byte) ([]byte, bool) {
	if len(b) < 12 {
		return nil, false
	}
	ssrc := binary.BigEndian.Uint32(b[8:])
	known := slices.Contains(o.streams, ssrc)
	if !known && len(o.streams) >= maxStreams {
		return nil, false
	}
	plain, err := o.context.DecryptRTP(b[:0], b, &o.header)
	if err != nil {
		return nil, false
	}
	if !known {
		o.streams = append(o.streams, ssrc)
	}
	return plain, true
}

// headerSize is that of an RTP header which has been parsed before: bytes (RFC 3550, section 5.1 and 5.3.1).
func headerSize(b []byte) int {
	n := 12 + 4*int(b[0]&0x0f)
	if b[0]&0x10 != 0 {
		n += 4 + 4*int(binary.BigEndian.Uint16(b[n+2:]))
	}
	return n
}

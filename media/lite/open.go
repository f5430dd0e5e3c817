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

// open decrypts one packet; the result lies in b. False: it is not the client's, or came before, or is of one SSRC too many;
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

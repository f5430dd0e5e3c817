package lite

import (
	"encoding/binary"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

// maxStreams bounds the SSRCs a client may send under, since each costs a replay window. A browser uses ten: three encodings
// of a camera and a screen with their repairs, and two voices.
const maxStreams = 24

// opener decrypts a client's RTP in place: the other direction of Sealer. Conn.inMu guards it.
type opener struct {
	gcm
	streams []*inbound
	last    *inbound // packets come in bursts of one stream

	// The second profile, for clients that cannot do AES-GCM.
	context *srtp.Context
	header  rtp.Header
	scratch []byte
}

// inbound is one SSRC that was proven to be the client's.
type inbound struct {
	ssrc   uint32
	replay window // of AES-GCM; pion keeps its own for the second profile
}

// newOpener takes the master key and salt of the client's direction.
func newOpener(profile srtp.ProtectionProfile, key, salt []byte) (*opener, error) {
	if profile != srtp.ProtectionProfileAeadAes128Gcm {
		context, err := srtp.CreateContext(key, salt, profile, srtp.SRTPReplayProtection(replayWindow))
		return &opener{context: context}, err
	}
	g, err := sessionGCM(key, salt)
	return &opener{gcm: g}, err
}

// open decrypts one packet. The result lies in b, or in the opener, and is good until the next call. False: it is not the
// client's, or came before, or is of one SSRC too many; what b holds then is of no use.
func (o *opener) open(b []byte) ([]byte, bool) {
	header := headerSize(b)
	if header == 0 {
		return nil, false
	}
	ssrc := binary.BigEndian.Uint32(b[8:])
	s := o.stream(ssrc)
	if s == nil && len(o.streams) >= maxStreams {
		return nil, false
	}
	if o.context != nil {
		return o.openByContext(s, ssrc, b)
	}
	seq := binary.BigEndian.Uint16(b[2:])
	index, fresh := uint64(seq), true
	if s != nil {
		index, fresh = s.replay.place(seq)
	}
	if !fresh || len(b) < header+Overhead {
		return nil, false
	}
	plain, err := o.aead.Open(b[header:header], o.iv(ssrc, index), b[header:], b[:header])
	if err != nil {
		return nil, false
	}
	if s == nil {
		s = o.add(ssrc)
		s.replay.top = index
	}
	s.replay.note(index)
	return b[:header+len(plain)], true
}

func (o *opener) openByContext(s *inbound, ssrc uint32, b []byte) ([]byte, bool) {
	plain, err := o.context.DecryptRTP(o.scratch[:0], b, &o.header)
	if err != nil {
		return nil, false
	}
	o.scratch = plain
	if s == nil {
		o.add(ssrc)
	}
	return plain, true
}

func (o *opener) stream(ssrc uint32) *inbound {
	if o.last != nil && o.last.ssrc == ssrc {
		return o.last
	}
	for _, s := range o.streams {
		if s.ssrc == ssrc {
			o.last = s
			return s
		}
	}
	return nil
}

func (o *opener) add(ssrc uint32) *inbound {
	s := &inbound{ssrc: ssrc}
	o.streams = append(o.streams, s)
	return s
}

// headerSize is the length of an RTP header with contributing sources and extensions (RFC 3550, section 5.1), 0 when b does
// not hold it all.
func headerSize(b []byte) int {
	if len(b) < 12 || b[0]>>6 != 2 {
		return 0
	}
	n := 12 + 4*int(b[0]&0x0f)
	if b[0]&0x10 != 0 {
		if len(b) < n+4 {
			return 0
		}
		n += 4 + 4*int(binary.BigEndian.Uint16(b[n+2:]))
	}
	if n > len(b) {
		return 0
	}
	return n
}

// window tells new packets of one SSRC from repeated ones (RFC 3711, section 3.3.2) and finds their 48-bit indexes.
type window struct {
	top  uint64 // the highest index so far
	seen [replayWindow / 64]uint64
}

// place estimates the index of a packet by its number (RFC 3711, section 3.3.1): the one nearest to the highest so far. False:
// it was there before, or it is too old to tell.
func (w *window) place(seq uint16) (index uint64, fresh bool) {
	at := int64(w.top) + int64(int16(seq-uint16(w.top)))
	if at < 0 || at >= 1<<48 {
		return 0, false
	}
	index = uint64(at)
	if index > w.top {
		return index, true
	}
	return index, w.top-index < replayWindow && w.seen[index/64%uint64(len(w.seen))]>>(index%64)&1 == 0
}

// note keeps in mind that the packet came.
func (w *window) note(index uint64) {
	for range min(max(index, w.top)-w.top, replayWindow) {
		w.top++
		w.seen[w.top/64%uint64(len(w.seen))] &^= 1 << (w.top % 64)
	}
	w.top = max(w.top, index)
	w.seen[index/64%uint64(len(w.seen))] |= 1 << (index % 64)
}

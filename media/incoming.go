package media

import (
	"encoding/binary"
	"slices"

	"github.com/pion/rtp"
)

// incoming is one SSRC of a publisher and where it belongs: the packets of a layer, or their repairs (RFC 4588).
type incoming struct {
	ssrc    uint32
	pt      uint8
	repairs bool
	layer   *layer // nil: a second stream on the same line is noted and forgotten
	reception
}

// known finds the SSRC among those that were placed. Called by the packet loop.
func (p *publisher) known(ssrc uint32) *incoming {
	for _, in := range p.incoming {
		if in.ssrc == ssrc {
			return in
		}
	}
	return nil
}

// find places the packet; nil when it says nothing that would tell its line. lite bounds the SSRCs of a connection.
func (p *publisher) find(h *rtp.Header) *incoming {
	if in := p.known(h.SSRC); in != nil {
		return in
	}
	kind, ok := p.offer.kindOf(h)
	if !ok {
		return nil
	}
	in := &incoming{ssrc: h.SSRC, pt: h.PayloadType}
	switch line := p.offer.lines[kind]; {
	case h.PayloadType == line.pt:
	case h.PayloadType == line.rtx && line.rtx != 0:
		in.repairs = true
	default:
		return nil
	}
	if in.layer, ok = p.layerOf(kind, in.repairs, h); !ok {
		return nil
	}
	if in.layer != nil && !in.repairs && !in.layer.claim(h.SSRC) {
		in.layer = nil
	}
	p.mu.Lock()
	p.incoming = append(p.incoming, in)
	p.mu.Unlock()
	return in
}

// claim makes an SSRC the layer's own, once.
func (l *layer) claim(ssrc uint32) bool {
	if !l.claimed.CompareAndSwap(false, true) {
		return false
	}
	l.ssrc.Store(ssrc)
	l.keys.forget() // a wish from before there was anybody to tell
	return true
}

// kindOf finds the line of a new SSRC: by its mid (RFC 8843, section 9.2), else as the offer announced it.
func (o *sendOffer) kindOf(h *rtp.Header) (sourceKind, bool) {
	if mid := extensionOf(h, o.ids.mid); len(mid) > 0 {
		k := slices.IndexFunc(o.lines[:], func(l mediaLine) bool { return l.mid == string(mid) })
		return sourceKind(k), k >= 0
	}
	d := o.announcement(h.SSRC)
	return d.kind, d.ssrc != 0
}

// layerOf finds the layer of a new SSRC: encodings by their rid (RFC 8852), which repairs may replace by naming what they
// repair in the offer. False: it does not say yet; clients repeat their names until a report tells that they arrived.
func (p *publisher) layerOf(kind sourceKind, repairs bool, h *rtp.Header) (*layer, bool) {
	layers, o := p.sources[kind].layers, &p.offer
	if repairs {
		if of := p.known(o.announcement(h.SSRC).repairs); of != nil {
			return of.layer, true
		}
	}
	if kind != camera || len(o.rids) == 0 {
		return layers[0], true
	}
	id := o.ids.rid
	if repairs {
		id = o.ids.repaired
	}
	i := slices.Index(o.rids, string(extensionOf(h, id)))
	if i < 0 {
		return nil, false
	}
	return layers[i], true
}

// announcement is what the offer says of an SSRC; empty when it says nothing.
func (o *sendOffer) announcement(ssrc uint32) announced {
	for _, d := range o.announced {
		if d.ssrc == ssrc {
			return d
		}
	}
	return announced{}
}

// extensionOf is a header extension by its id; none has the id 0.
func extensionOf(h *rtp.Header, id uint8) []byte {
	if id == 0 || !h.Extension {
		return nil
	}
	return h.GetExtension(id)
}

// unwrap makes the packet that a repair carries out of the repair: its number comes first (RFC 4588, section 4). False for
// one that carries nothing, with which browsers feel how much their line takes.
func unwrap(h *rtp.Header, payload []byte) ([]byte, bool) {
	if len(payload) <= 2 {
		return nil, false
	}
	h.SequenceNumber = binary.BigEndian.Uint16(payload)
	return payload[2:], true
}

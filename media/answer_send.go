package media

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
)

// mostAnnounced is how many SSRCs of an offer are read. Browsers announce ten at most.
const mostAnnounced = 32

// sendOffer is what a send offer says besides its shape.
type sendOffer struct {
	lines     [sourceKinds]mediaLine
	ids       extensionIDs
	rids      []string // of the camera's encodings, the smallest picture first; none without simulcast
	announced []announced
}

// announced is an SSRC that the offer names (a=ssrc, RFC 5576): the line it is on, and for repairs which one they repair.
type announced struct {
	ssrc    uint32
	kind    sourceKind
	repairs uint32
}

// extensionIDs are the client's numbers of those header extensions that we read; 0 = it has none. Lines of one BUNDLE share
// them (RFC 8843, section 9.1).
type extensionIDs struct{ mid, rid, repaired, level, arrival uint8 }

// of gives the place of an extension by its name, or nil for one that we do not read.
func (x *extensionIDs) of(uri string) *uint8 {
	switch uri {
	case sdp.SDESMidURI:
		return &x.mid
	case sdp.SDESRTPStreamIDURI:
		return &x.rid
	case sdp.SDESRepairRTPStreamIDURI:
		return &x.repaired
	case sdp.AudioLevelURI:
		return &x.level
	case sdp.TransportCCURI:
		return &x.arrival
	}
	return nil
}

// readSender takes out of a checked offer what the packets need.
func readSender(o offered) (s sendOffer) {
	copy(s.lines[:], o.lines)
	s.rids = o.rids
	for i, m := range o.description.MediaDescriptions {
		s.announce(sourceKind(i), m)
		for _, x := range extensionsOf(m) {
			if id := s.ids.of(x.uri); id != nil && *id == 0 {
				*id = x.id
			}
		}
	}
	return s
}

// announce reads which SSRCs a line says it is going to use.
func (s *sendOffer) announce(kind sourceKind, m *sdp.MediaDescription) {
	repairs := map[uint32]uint32{}
	for _, a := range m.Attributes {
		if f := strings.Fields(a.Value); a.Key == "ssrc-group" && len(f) == 3 && f[0] == "FID" {
			repairs[number(f[2])] = number(f[1])
		}
	}
	for _, a := range m.Attributes {
		first, _, _ := strings.Cut(a.Value, " ")
		ssrc := number(first)
		if a.Key == "ssrc" && ssrc != 0 && len(s.announced) < mostAnnounced && s.announcement(ssrc).ssrc == 0 {
			s.announced = append(s.announced, announced{ssrc, kind, repairs[ssrc]})
		}
	}
}

// number is 0 for what is none.
func number(text string) uint32 {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}

type extension struct {
	id  uint8
	uri string
}

// extensionsOf are the header extensions of a line (RFC 8285, section 8).
func extensionsOf(m *sdp.MediaDescription) (all []extension) {
	for _, a := range m.Attributes {
		f := strings.Fields(a.Value)
		if a.Key != "extmap" || len(f) < 2 {
			continue
		}
		id, _, _ := strings.Cut(f[0], "/")
		if n, err := strconv.ParseUint(id, 10, 8); err == nil && n > 0 {
			all = append(all, extension{uint8(n), f[1]})
		}
	}
	return all
}

// answer describes our end of a send connection.
func (p *publisher) answer(j *joining) string {
	b := j.answer(p.lite)
	for i, theirs := range j.description.MediaDescriptions {
		j.describe(b, i, "recvonly", ";usedtx=1") // silence in silence, RFC 7587 section 3.1.3
		p.offer.describe(b, sourceKind(i), theirs)
	}
	return b.String()
}

// describe is what a line says of how we take what is sent on it.
func (s *sendOffer) describe(b *sheet, kind sourceKind, theirs *sdp.MediaDescription) {
	for _, wish := range s.feedbackFor(kind, theirs) {
		b.put("a=rtcp-fb:", decimal(s.lines[kind].pt), " ", wish, "\r\n")
	}
	for _, x := range extensionsOf(theirs) {
		if id := s.ids.of(x.uri); id != nil && *id == x.id && (x.uri != sdp.AudioLevelURI || !kind.video()) {
			b.put("a=extmap:", decimal(x.id), " ", x.uri, "\r\n")
		}
	}
	if kind == camera && len(s.rids) > 0 {
		for _, rid := range s.rids {
			b.put("a=rid:", rid, " recv\r\n")
		}
		b.put("a=simulcast:recv ", strings.Join(s.rids, ";"), "\r\n")
	}
}

// feedbackFor is what the client is able to heed of what we say about a line.
func (s *sendOffer) feedbackFor(kind sourceKind, theirs *sdp.MediaDescription) (wishes []string) {
	ours := []string{"transport-cc"}
	if kind.video() {
		ours = []string{"transport-cc", "nack", "nack pli", "ccm fir"}
	}
	pt := strconv.Itoa(int(s.lines[kind].pt))
	for _, wish := range ours {
		one, every := sdp.NewAttribute("rtcp-fb", pt+" "+wish), sdp.NewAttribute("rtcp-fb", "* "+wish)
		if slices.Contains(theirs.Attributes, one) || slices.Contains(theirs.Attributes, every) {
			wishes = append(wishes, wish)
		}
	}
	return wishes
}

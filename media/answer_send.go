package media

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"foyer/media/lite"
)

// mostAnnounced is how many SSRCs of an offer are read. Browsers announce ten at most.
const mostAnnounced = 32

// sendOffer is what a send offer says besides its shape.
type sendOffer struct {
	lines     [sourceKinds]sendLine
	ids       extensionIDs
	rids      []string // of the camera's encodings, the smallest picture first; none without simulcast
	announced []announced
}

// sendLine is how the client names a line and numbers its codec and the repairs of it (RFC 4588; 0 = it sends none).
type sendLine struct {
	mid     string
	pt, rtx uint8
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

// readSender takes out of a checked offer what an answer and the packets need.
func readSender(o offered) (s sendOffer, r lite.Remote, err error) {
	d := o.description
	s.rids = o.rids
	for i, m := range d.MediaDescriptions {
		pt, ok := payloadType(m, codecOf[sendShape[i]])
		if !ok {
			return s, r, badOffer("media line %d offers no %s", i, codecOf[sendShape[i]])
		}
		s.lines[i] = sendLine{mid: o.mids[i], pt: pt}
		if sourceKind(i).video() {
			s.lines[i].rtx = repairType(m, pt)
		}
		s.announce(sourceKind(i), m)
		for _, x := range extensionsOf(m) {
			if id := s.ids.of(x.uri); id != nil && *id == 0 {
				*id = x.id
			}
		}
	}
	first := d.MediaDescriptions[0]
	r.Ufrag, _ = either(d, first, "ice-ufrag")
	r.Fingerprint, _ = either(d, first, "fingerprint")
	return s, r, nil
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
func (p *publisher) answer(j joining) (string, error) {
	d := &sdp.SessionDescription{
		Origin:      sdp.Origin{Username: "-", SessionID: rand.Uint64() >> 2, SessionVersion: 1, NetworkType: "IN", AddressType: "IP4", UnicastAddress: "0.0.0.0"},
		SessionName: "-", TimeDescriptions: []sdp.TimeDescription{{}},
		Attributes: []sdp.Attribute{
			sdp.NewPropertyAttribute("ice-lite"),
			sdp.NewAttribute("group", "BUNDLE "+strings.Join(j.mids, " ")),
			sdp.NewAttribute("msid-semantic", "WMS *"),
		},
	}
	for i, theirs := range j.description.MediaDescriptions {
		m := p.offer.accept(sourceKind(i), theirs)
		m.Attributes = append(m.Attributes,
			sdp.NewAttribute("ice-ufrag", p.lite.Ufrag()), sdp.NewAttribute("ice-pwd", p.lite.Pwd()),
			sdp.NewAttribute("fingerprint", p.room.node.lite.Fingerprint()), sdp.NewAttribute("setup", "passive"))
		if i == 0 { // the rest is bundled with it
			m.Attributes = append(m.Attributes, candidates(j.at, p.room.node.Port())...)
		}
		d.MediaDescriptions = append(d.MediaDescriptions, m)
	}
	b, err := d.Marshal()
	return string(b), err
}

// accept answers one line.
func (s *sendOffer) accept(kind sourceKind, theirs *sdp.MediaDescription) *sdp.MediaDescription {
	line := s.lines[kind]
	m := &sdp.MediaDescription{
		MediaName: sdp.MediaName{
			Media: sendShape[kind], Port: sdp.RangedPort{Value: 9}, Protos: []string{"UDP", "TLS", "RTP", "SAVPF"},
			Formats: []string{strconv.Itoa(int(line.pt))},
		},
		ConnectionInformation: &sdp.ConnectionInformation{NetworkType: "IN", AddressType: "IP4", Address: &sdp.Address{Address: "0.0.0.0"}},
	}
	add := func(key, format string, a ...any) {
		m.Attributes = append(m.Attributes, sdp.NewAttribute(key, fmt.Sprintf(format, a...)))
	}
	add("mid", "%s", line.mid)
	m.Attributes = append(m.Attributes, sdp.NewPropertyAttribute("recvonly"), sdp.NewPropertyAttribute("rtcp-mux"), sdp.NewPropertyAttribute("rtcp-rsize"))
	if kind.video() {
		add("rtpmap", "%d VP8/90000", line.pt)
	} else {
		add("rtpmap", "%d opus/48000/2", line.pt)
		add("fmtp", "%d minptime=10;useinbandfec=1;usedtx=1", line.pt) // silence in silence, RFC 7587 section 3.1.3
	}
	for _, wish := range s.feedbackFor(kind, theirs) {
		add("rtcp-fb", "%d %s", line.pt, wish)
	}
	if line.rtx != 0 {
		m.MediaName.Formats = append(m.MediaName.Formats, strconv.Itoa(int(line.rtx)))
		add("rtpmap", "%d rtx/90000", line.rtx)
		add("fmtp", "%d apt=%d", line.rtx, line.pt)
	}
	for _, x := range extensionsOf(theirs) {
		if id := s.ids.of(x.uri); id != nil && *id == x.id && (x.uri != sdp.AudioLevelURI || !kind.video()) {
			add("extmap", "%d %s", x.id, x.uri)
		}
	}
	if kind == camera && len(s.rids) > 0 {
		for _, rid := range s.rids {
			add("rid", "%s recv", rid)
		}
		add("simulcast", "recv %s", strings.Join(s.rids, ";"))
	}
	return m
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

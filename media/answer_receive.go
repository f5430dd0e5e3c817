package media

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"foyer/media/lite"
)

// slotLine is what a receive offer says of one slot: how its client numbers the codec there, and the repairs of it
// (RFC 4588; 0 = it takes none).
type slotLine struct{ pt, rtx uint8 }

// readReceiver takes out of a checked offer what an answer needs. Bundled lines share one transport, described in the
// first (RFC 9143).
func readReceiver(o offered) (lines [slotCount]slotLine, r lite.Remote, err error) {
	d := o.description
	for i, m := range d.MediaDescriptions {
		pt, ok := payloadType(m, codecOf[receiveShape[i]])
		if !ok {
			return lines, r, badOffer("media line %d offers no %s", i, codecOf[receiveShape[i]])
		}
		lines[i] = slotLine{pt: pt, rtx: repairType(m, pt)}
	}
	first := d.MediaDescriptions[0]
	r.Ufrag, _ = either(d, first, "ice-ufrag")
	r.Fingerprint, _ = either(d, first, "fingerprint")
	return lines, r, nil
}

// payloadType finds the number a line gives to a codec, as its rtpmap spells it.
func payloadType(m *sdp.MediaDescription, codec string) (uint8, bool) {
	for _, a := range m.Attributes {
		if a.Key != "rtpmap" {
			continue
		}
		number, name, _ := strings.Cut(a.Value, " ")
		if !spells(name, codec) {
			continue
		}
		if n, err := strconv.ParseUint(number, 10, 7); err == nil {
			return uint8(n), true
		}
	}
	return 0, false
}

// spells compares names of codecs, which have no case. What may follow in a name is how many channels it has.
func spells(name, codec string) bool {
	return len(name) >= len(codec) && strings.EqualFold(name[:len(codec)], codec)
}

// repairType finds the RTX number that says it repairs pt; 0 = none.
func repairType(m *sdp.MediaDescription, pt uint8) uint8 {
	repairs := "apt=" + strconv.Itoa(int(pt))
	for _, a := range m.Attributes {
		if a.Key != "fmtp" {
			continue
		}
		number, parameters, _ := strings.Cut(a.Value, " ")
		if apt, _, _ := strings.Cut(parameters, ";"); apt != repairs {
			continue
		}
		n, err := strconv.ParseUint(number, 10, 7)
		if err == nil && slices.Contains(m.Attributes, sdp.NewAttribute("rtpmap", number+" rtx/90000")) {
			return uint8(n)
		}
	}
	return 0
}

// answer describes our end of a receive connection: fifteen streams that last as long as it does.
func (v *receiver) answer(j joining, lines [slotCount]slotLine) string {
	b := &sheet{}
	b.Grow(usualAnswer)
	b.put("v=0\r\no=- ", decimal(uint64(v.outlets[0].ssrc)<<31|1), " 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n",
		"a=ice-lite\r\na=group:BUNDLE ", strings.Join(j.mids, " "), "\r\na=msid-semantic:WMS *\r\n")
	v.describe(b)
	for i, l := range lines {
		v.outlets[i].describe(b, l)
		b.put("a=mid:", j.mids[i], "\r\na=setup:passive\r\n") // pion reads it of lines alone
		if i == 0 {
			for _, c := range candidates(j.at, v.room.node.Port()) {
				b.put("a=", c.String(), "\r\n")
			}
		}
	}
	return b.String()
}

const usualAnswer = 7 << 10 // bytes

// sheet is a description while it is written (RFC 8866). Text is put into it as it stands: an sdp.SessionDescription of
// fifteen lines and two hundred attributes would cost more than anything else of an offer but the handshake.
type sheet struct{ strings.Builder }

func (b *sheet) put(parts ...string) {
	for _, p := range parts {
		b.WriteString(p)
	}
}

func decimal[T uint8 | uint32 | uint64](n T) string { return strconv.FormatUint(uint64(n), 10) }

// describe is the one transport, for all lines. RFC 8829 section 5.3.1 would have it in the first line, over which the tab of
// a Firefox crashes (153 did).
func (v *receiver) describe(b *sheet) {
	b.put("a=ice-ufrag:", v.lite.Ufrag(), "\r\na=ice-pwd:", v.lite.Pwd(), "\r\na=fingerprint:", v.room.node.lite.Fingerprint(), "\r\n")
}

// describe is one slot as a media line.
func (o *outlet) describe(b *sheet, l slotLine) {
	pt, rtx, ssrc, again := decimal(l.pt), decimal(l.rtx), decimal(o.ssrc), decimal(o.rtxSSRC)
	b.put("m=", receiveShape[o.index], " 9 UDP/TLS/RTP/SAVPF ", pt)
	if l.rtx != 0 {
		b.put(" ", rtx)
	}
	b.put("\r\nc=IN IP4 0.0.0.0\r\na=sendonly\r\na=rtcp-mux\r\na=rtcp-rsize\r\n")
	if o.video() {
		b.put("a=rtpmap:", pt, " VP8/90000\r\n")
		b.put("a=rtcp-fb:", pt, " nack\r\na=rtcp-fb:", pt, " nack pli\r\na=rtcp-fb:", pt, " ccm fir\r\na=rtcp-fb:", pt, " goog-remb\r\n")
	} else {
		b.put("a=rtpmap:", pt, " opus/48000/2\r\na=fmtp:", pt, " minptime=10;useinbandfec=1\r\n")
	}
	b.put("a=msid:", o.stream(), " ", o.track(), "\r\n")
	if l.rtx != 0 {
		b.put("a=ssrc-group:FID ", ssrc, " ", again, "\r\n")
	}
	b.put("a=ssrc:", ssrc, " cname:foyer\r\n") // Chromium takes the first one for the stream itself, whatever the group says
	if l.rtx != 0 {
		b.put("a=rtpmap:", rtx, " rtx/90000\r\na=fmtp:", rtx, " apt=", pt, "\r\na=ssrc:", again, " cname:foyer\r\n")
	}
}

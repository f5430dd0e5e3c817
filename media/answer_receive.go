package media

import (
	"fmt"
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
	r.Pwd, _ = either(d, first, "ice-pwd")
	r.Fingerprint, _ = either(d, first, "fingerprint")
	return lines, r, nil
}

// payloadType finds the number a line gives to a codec, as its rtpmap spells it.
func payloadType(m *sdp.MediaDescription, codec string) (uint8, bool) {
	for _, a := range m.Attributes {
		number, name, ok := strings.Cut(a.Value, " ")
		if a.Key == "rtpmap" && ok && strings.HasPrefix(strings.ToLower(name), strings.ToLower(codec)) {
			if n, err := strconv.ParseUint(number, 10, 7); err == nil {
				return uint8(n), true
			}
		}
	}
	return 0, false
}

// repairType finds the RTX number that says it repairs pt; 0 = none.
func repairType(m *sdp.MediaDescription, pt uint8) uint8 {
	for _, a := range m.Attributes {
		number, parameters, _ := strings.Cut(a.Value, " ")
		apt, _, _ := strings.Cut(parameters, ";")
		if a.Key != "fmtp" || apt != fmt.Sprintf("apt=%d", pt) {
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
func (v *receiver) answer(j joining, lines [slotCount]slotLine) (string, error) {
	d := &sdp.SessionDescription{
		Origin:      sdp.Origin{Username: "-", SessionID: uint64(v.outlets[0].ssrc)<<31 | 1, SessionVersion: 1, NetworkType: "IN", AddressType: "IP4", UnicastAddress: "0.0.0.0"},
		SessionName: "-", TimeDescriptions: []sdp.TimeDescription{{}},
		Attributes: []sdp.Attribute{
			sdp.NewPropertyAttribute("ice-lite"),
			sdp.NewAttribute("group", "BUNDLE "+strings.Join(j.mids, " ")),
			sdp.NewAttribute("msid-semantic", "WMS *"),
		},
	}
	for i, l := range lines {
		m := v.outlets[i].describe(l)
		m.Attributes = append(m.Attributes,
			sdp.NewAttribute("mid", j.mids[i]),
			sdp.NewAttribute("ice-ufrag", v.lite.Ufrag()), sdp.NewAttribute("ice-pwd", v.lite.Pwd()),
			sdp.NewAttribute("fingerprint", v.room.node.lite.Fingerprint()), sdp.NewAttribute("setup", "passive"))
		if i == 0 {
			m.Attributes = append(m.Attributes, candidates(j.at, v.room.node.Port())...)
		}
		d.MediaDescriptions = append(d.MediaDescriptions, m)
	}
	b, err := d.Marshal()
	return string(b), err
}

// describe is one slot as a media line.
func (o *outlet) describe(l slotLine) *sdp.MediaDescription {
	m := &sdp.MediaDescription{
		MediaName: sdp.MediaName{
			Media: receiveShape[o.index], Port: sdp.RangedPort{Value: 9}, Protos: []string{"UDP", "TLS", "RTP", "SAVPF"},
			Formats: []string{strconv.Itoa(int(l.pt))},
		},
		ConnectionInformation: &sdp.ConnectionInformation{NetworkType: "IN", AddressType: "IP4", Address: &sdp.Address{Address: "0.0.0.0"}},
	}
	add := func(key, format string, a ...any) {
		m.Attributes = append(m.Attributes, sdp.NewAttribute(key, fmt.Sprintf(format, a...)))
	}
	m.Attributes = append(m.Attributes, sdp.NewPropertyAttribute("sendonly"), sdp.NewPropertyAttribute("rtcp-mux"), sdp.NewPropertyAttribute("rtcp-rsize"))
	if !o.video() {
		add("rtpmap", "%d opus/48000/2", l.pt)
		add("fmtp", "%d minptime=10;useinbandfec=1", l.pt)
	} else {
		add("rtpmap", "%d VP8/90000", l.pt)
		for _, feedback := range []string{"nack", "nack pli", "ccm fir", "goog-remb"} {
			add("rtcp-fb", "%d %s", l.pt, feedback)
		}
	}
	add("msid", "%s %s", o.stream(), o.track())
	if l.rtx != 0 {
		add("ssrc-group", "FID %d %d", o.ssrc, o.rtxSSRC)
	}
	add("ssrc", "%d cname:foyer", o.ssrc) // Chromium takes the first one for the stream itself, whatever the group says
	if l.rtx != 0 {
		m.MediaName.Formats = append(m.MediaName.Formats, strconv.Itoa(int(l.rtx)))
		add("rtpmap", "%d rtx/90000", l.rtx)
		add("fmtp", "%d apt=%d", l.rtx, l.pt)
		add("ssrc", "%d cname:foyer", o.rtxSSRC)
	}
	return m
}

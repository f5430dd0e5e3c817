package media

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"foyer/media/lite"
)

// maxOffer bounds an offer in bytes. Browsers' offers are about 16 KB for receiving and 5 KB for sending.
const maxOffer = 64 << 10

// Offer is one join: who, where, and the browser's description of its end.
type Offer struct {
	Room, Pass string
	SDP        string
	Local      netip.Addr // the address the HTTP connection was accepted on; invalid behind a trusted proxy
}

// Answer is our end: the connection's id for Hangup, and the description for the browser.
type Answer struct{ ID, SDP string }

// The fixed shapes: what the m-lines are, in order. Order alone gives them meaning; mids are the client's choice.
var (
	receiveShape = []string{
		"audio", "audio", "audio", "audio", // voices
		"audio",                                                                         // screen audio
		"video", "video", "video", "video", "video", "video", "video", "video", "video", // cameras
		"video", // screen
	}
	sendShape = []string{"audio", "video", "video", "audio"} // microphone, camera, screen, screen audio
)

// offered is an offer that was checked, ready to be answered.
type offered struct {
	description *sdp.SessionDescription
	remote      lite.Remote
	lines       []mediaLine
	rids        []string // of the camera's encodings, the smallest picture first; none without simulcast
}

// mediaLine is how the client names a line and numbers its codec and the repairs of it (RFC 4588; 0 = it takes or sends none).
type mediaLine struct {
	mid     string
	pt, rtx uint8
}

// readOffer checks an offer against its shape. Candidates are not read: we send no checks of our own. Several encodings are
// for the camera of a send offer alone.
func readOffer(text string, shape []string, direction string) (o offered, err error) {
	if len(text) > maxOffer {
		return o, badOffer("it is larger than %d KB", maxOffer>>10)
	}
	d := &sdp.SessionDescription{}
	if err := d.UnmarshalString(text); err != nil {
		return o, badOffer("it is not a session description")
	}
	if len(d.MediaDescriptions) != len(shape) {
		return o, badOffer("it has %d media lines instead of %d", len(d.MediaDescriptions), len(shape))
	}
	o.description = d
	for i, m := range d.MediaDescriptions {
		line, err := readMedia(d, m, i, shape[i], direction)
		if err != nil {
			return o, err
		}
		o.lines = append(o.lines, line)
		if direction == "sendonly" && sourceKind(i) == camera {
			if o.rids, err = readEncodings(m); err != nil {
				return o, err
			}
		}
	}
	first := d.MediaDescriptions[0] // which describes the one transport of bundled lines (RFC 9143)
	o.remote.Ufrag, _ = either(d, first, "ice-ufrag")
	o.remote.Fingerprint, _ = either(d, first, "fingerprint")
	return o, checkBundle(d, o.lines)
}

// readEncodings reads what a camera line says of simulcast: a=simulcast:send with plain alternatives, each with its
// a=rid line (RFC 8853, RFC 8851).
func readEncodings(m *sdp.MediaDescription) (rids []string, err error) {
	value, ok := m.Attribute("simulcast")
	if !ok {
		return nil, nil
	}
	list, ok := strings.CutPrefix(strings.TrimSpace(value), "send ")
	if !ok || strings.ContainsAny(list, ", ") {
		return nil, badOffer("its simulcast line is not a plain list of encodings to send")
	}
	for _, rid := range strings.Split(list, ";") {
		rids = append(rids, strings.TrimPrefix(rid, "~"))
	}
	if len(rids) > mostLayers {
		return nil, badOffer("it has %d encodings of the camera instead of at most %d", len(rids), mostLayers)
	}
	for i, rid := range rids {
		if rid == "" || len(rid) > 16 || slices.Contains(rids[:i], rid) || !describes(m, rid) {
			return nil, badOffer("its encodings are not named by one rid each")
		}
	}
	return rids, nil
}

func describes(m *sdp.MediaDescription, rid string) bool {
	return slices.ContainsFunc(m.Attributes, func(a sdp.Attribute) bool {
		return a.Key == "rid" && (a.Value == rid+" send" || strings.HasPrefix(a.Value, rid+" send "))
	})
}

func readMedia(d *sdp.SessionDescription, m *sdp.MediaDescription, i int, kind, direction string) (l mediaLine, err error) {
	if m.MediaName.Media != kind {
		return l, badOffer("media line %d is %.20q instead of %q", i, m.MediaName.Media, kind)
	}
	if _, ok := m.Attribute(direction); !ok {
		return l, badOffer("media line %d is not %s", i, direction)
	}
	if _, ok := m.Attribute("rtcp-mux"); !ok {
		return l, badOffer("media line %d lacks rtcp-mux", i)
	}
	var ok bool
	if l.pt, ok = payloadType(m, codecOf[kind]); !ok {
		return l, badOffer("media line %d offers no %s", i, codecOf[kind])
	}
	for _, key := range []string{"ice-ufrag", "ice-pwd", "fingerprint", "setup"} {
		if value, ok := either(d, m, key); !ok || key == "setup" && value == "passive" {
			return l, badOffer("media line %d has no usable %s", i, key)
		}
	}
	if kind == "video" {
		l.rtx = repairType(m, l.pt)
	}
	if l.mid, _ = m.Attribute("mid"); l.mid == "" || len(l.mid) > 16 {
		return l, badOffer("media line %d has no mid of 1 to 16 characters", i)
	}
	return l, nil
}

// codecOf is the codec of each kind as an rtpmap names it.
var codecOf = map[string]string{"audio": "opus/48000", "video": "VP8/90000"}

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

// either looks at the media line and then at the session, where the attribute may stand for all lines.
func either(d *sdp.SessionDescription, m *sdp.MediaDescription, key string) (string, bool) {
	if v, ok := m.Attribute(key); ok {
		return v, true
	}
	return d.Attribute(key)
}

// checkBundle wants every line on the one transport: each mid once, all of them in the BUNDLE group (RFC 9143).
func checkBundle(d *sdp.SessionDescription, lines []mediaLine) error {
	group, _ := d.Attribute("group")
	names := strings.Fields(group)
	if len(names) == 0 || names[0] != "BUNDLE" {
		return badOffer("it does not bundle its media lines")
	}
	names = names[1:]
	for i, l := range lines {
		at := slices.Index(names, l.mid)
		again := slices.ContainsFunc(lines[:i], func(other mediaLine) bool { return other.mid == l.mid })
		if at < 0 || again || slices.Contains(names[at+1:], l.mid) {
			return badOffer("mid %q is not bundled exactly once", l.mid)
		}
	}
	return nil
}

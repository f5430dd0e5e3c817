package media

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/pion/sdp/v3"
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
	mids        []string
	rids        []string // of the camera's encodings, the smallest picture first; none without simulcast
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
		mid, err := readMedia(d, m, i, shape[i], direction)
		if err != nil {
			return o, err
		}
		o.mids = append(o.mids, mid)
		if direction == "sendonly" && sourceKind(i) == camera {
			if o.rids, err = readEncodings(m); err != nil {
				return o, err
			}
		}
	}
	return o, checkBundle(d, o.mids)
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

func readMedia(d *sdp.SessionDescription, m *sdp.MediaDescription, i int, kind, direction string) (string, error) {
	if m.MediaName.Media != kind {
		return "", badOffer("media line %d is %.20q instead of %q", i, m.MediaName.Media, kind)
	}
	if _, ok := m.Attribute(direction); !ok {
		return "", badOffer("media line %d is not %s", i, direction)
	}
	if _, ok := m.Attribute("rtcp-mux"); !ok {
		return "", badOffer("media line %d lacks rtcp-mux", i)
	}
	if !offersCodec(m, kind) {
		return "", badOffer("media line %d offers no %s", i, codecOf[kind])
	}
	for _, key := range []string{"ice-ufrag", "ice-pwd", "fingerprint", "setup"} {
		if value, ok := either(d, m, key); !ok || key == "setup" && value == "passive" {
			return "", badOffer("media line %d has no usable %s", i, key)
		}
	}
	mid, ok := m.Attribute("mid")
	if !ok || mid == "" || len(mid) > 16 {
		return "", badOffer("media line %d has no mid of 1 to 16 characters", i)
	}
	return mid, nil
}

// codecOf is the codec of each kind as an rtpmap names it.
var codecOf = map[string]string{"audio": "opus/48000", "video": "VP8/90000"}

func offersCodec(m *sdp.MediaDescription, kind string) bool {
	return slices.ContainsFunc(m.Attributes, func(a sdp.Attribute) bool {
		_, name, _ := strings.Cut(a.Value, " ")
		return a.Key == "rtpmap" && spells(name, codecOf[kind])
	})
}

// either looks at the media line and then at the session, where the attribute may stand for all lines.
func either(d *sdp.SessionDescription, m *sdp.MediaDescription, key string) (string, bool) {
	if v, ok := m.Attribute(key); ok {
		return v, true
	}
	return d.Attribute(key)
}

// checkBundle wants every line on the one transport: each mid once, all of them in the BUNDLE group (RFC 9143).
func checkBundle(d *sdp.SessionDescription, mids []string) error {
	group, _ := d.Attribute("group")
	names := strings.Fields(group)
	if len(names) == 0 || names[0] != "BUNDLE" {
		return badOffer("it does not bundle its media lines")
	}
	names = names[1:]
	for i, mid := range mids {
		at := slices.Index(names, mid)
		if at < 0 || slices.Contains(names[at+1:], mid) || slices.Contains(mids[:i], mid) {
			return badOffer("mid %q is not bundled exactly once", mid)
		}
	}
	return nil
}

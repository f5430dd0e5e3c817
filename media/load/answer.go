package load

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
)

// answer is the server's end of a connection.
type answer struct {
	ufrag, password, fingerprint string
	at                           netip.AddrPort // the first address over UDP, which is the best one
	lines                        []line
}

// line is one media line as it was negotiated.
type line struct {
	video           bool
	taken           bool   // not declined
	media, repair   uint8  // payload types; repair 0 = no RTX
	ssrc, rtx       uint32 // of what the server sends, 0 = not announced
	nack, pli, remb bool   // feedback that the server wants
	arrivals        bool   // transport-wide feedback, too
	arrivalExt      uint8  // ids of header extensions, 0 = none
	levelExt        uint8
}

// readAnswer reads an answer to an offer of so many lines.
func readAnswer(text string, lines int) (a answer, err error) {
	var d sdp.SessionDescription
	if err := d.UnmarshalString(text); err != nil {
		return a, fmt.Errorf("load: the answer: %w", err)
	}
	if len(d.MediaDescriptions) != lines {
		return a, fmt.Errorf("load: the answer has %d media lines, not %d", len(d.MediaDescriptions), lines)
	}
	for _, m := range d.MediaDescriptions {
		take(&a.ufrag, &d, m, "ice-ufrag")
		take(&a.password, &d, m, "ice-pwd")
		take(&a.fingerprint, &d, m, "fingerprint")
		for _, attribute := range m.Attributes {
			if at, ok := candidate(attribute); ok && !a.at.IsValid() {
				a.at = at
			}
		}
		a.lines = append(a.lines, readLine(m))
	}
	if a.ufrag == "" || a.password == "" || a.fingerprint == "" || !a.at.IsValid() {
		return a, errors.New("load: the answer lacks credentials or an address over UDP")
	}
	return a, nil
}

// take keeps the first value of an attribute: all lines are bundled with the first one.
func take(into *string, d *sdp.SessionDescription, m *sdp.MediaDescription, key string) {
	if *into != "" {
		return
	}
	if v, ok := m.Attribute(key); ok {
		*into = v
	} else if v, ok := d.Attribute(key); ok {
		*into = v
	}
}

// candidate reads an address over UDP (RFC 8839 section 5.1).
func candidate(a sdp.Attribute) (at netip.AddrPort, ok bool) {
	f := strings.Fields(a.Value)
	if a.Key != "candidate" || len(f) < 6 || !strings.EqualFold(f[2], "udp") {
		return at, false
	}
	ip, err := netip.ParseAddr(f[4])
	port, perr := strconv.ParseUint(f[5], 10, 16)
	if err != nil || perr != nil {
		return at, false
	}
	return netip.AddrPortFrom(ip.Unmap(), uint16(port)), true
}

func readLine(m *sdp.MediaDescription) line {
	l := line{video: m.MediaName.Media == "video"}
	l.taken = m.MediaName.Port.Value != 0
	for _, a := range m.Attributes {
		switch a.Key {
		case "inactive":
			l.taken = false
		case "rtpmap":
			l.named(a.Value)
		case "rtcp-fb":
			l.wants(a.Value)
		case "extmap":
			l.extension(a.Value)
		case "ssrc":
			if n := number(strings.Fields(a.Value)); l.ssrc == 0 && n != 0 {
				l.ssrc = n
			}
		}
	}
	for _, a := range m.Attributes { // the group names the first one first, in whatever order the rest comes
		if f := strings.Fields(a.Value); a.Key == "ssrc-group" && len(f) == 3 && f[0] == "FID" {
			l.ssrc, l.rtx = number(f[1:]), number(f[2:])
		}
	}
	return l
}

func number(fields []string) uint32 {
	if len(fields) == 0 {
		return 0
	}
	n, err := strconv.ParseUint(fields[0], 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}

func (l *line) named(rtpmap string) {
	id, name, _ := strings.Cut(rtpmap, " ")
	n, err := strconv.ParseUint(id, 10, 7)
	if err != nil {
		return
	}
	switch name = strings.ToLower(name); {
	case strings.HasPrefix(name, "opus/48000"), strings.HasPrefix(name, "vp8/90000"):
		l.media = uint8(n)
	case strings.HasPrefix(name, "rtx/"):
		l.repair = uint8(n)
	}
}

func (l *line) wants(feedback string) {
	_, what, _ := strings.Cut(feedback, " ")
	switch what {
	case "nack":
		l.nack = true
	case "nack pli":
		l.pli = true
	case "goog-remb":
		l.remb = true
	case "transport-cc":
		l.arrivals = true
	}
}

func (l *line) extension(extmap string) {
	id, uri, _ := strings.Cut(extmap, " ")
	id, _, _ = strings.Cut(id, "/")
	n, err := strconv.ParseUint(id, 10, 8)
	if err != nil || n == 0 || n > 14 { // one-byte headers only (RFC 8285 section 4.2)
		return
	}
	switch uri, _, _ = strings.Cut(uri, " "); uri {
	case arrivalURI:
		l.arrivalExt = uint8(n)
	case levelURI:
		l.levelExt = uint8(n)
	}
}

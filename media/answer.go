package media

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"foyer/media/lite"
)

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

// answer begins the answer to an offer with what holds for all lines, which is the transport too. RFC 8829 section 5.3.1 would
// have that in the first line, over which the tab of a Firefox crashes (153 did).
func (j *joining) answer(c *lite.Conn) *sheet {
	b := &sheet{}
	b.Grow(usualAnswer)
	b.put("v=0\r\no=- ", decimal(rand.Uint64()>>2), " 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=ice-lite\r\na=group:BUNDLE")
	for _, l := range j.lines {
		b.put(" ", l.mid)
	}
	b.put("\r\na=msid-semantic:WMS *\r\na=ice-ufrag:", c.Ufrag(), "\r\na=ice-pwd:", c.Pwd(),
		"\r\na=fingerprint:", j.room.node.lite.Fingerprint(), "\r\n")
	return b
}

// describe begins the answer to the i-th line. opus is what we wish of a voice besides the usual.
func (j *joining) describe(b *sheet, i int, direction, opus string) {
	l, kind := j.lines[i], j.description.MediaDescriptions[i].MediaName.Media
	pt, rtx := decimal(l.pt), decimal(l.rtx)
	b.put("m=", kind, " 9 UDP/TLS/RTP/SAVPF ", pt)
	if l.rtx != 0 {
		b.put(" ", rtx)
	}
	b.put("\r\nc=IN IP4 0.0.0.0\r\na=mid:", l.mid, "\r\na=", direction, "\r\na=rtcp-mux\r\na=rtcp-rsize\r\n",
		"a=setup:passive\r\n") // pion reads it of lines alone
	if kind == "video" {
		b.put("a=rtpmap:", pt, " VP8/90000\r\n")
	} else {
		b.put("a=rtpmap:", pt, " opus/48000/2\r\na=fmtp:", pt, " minptime=10;useinbandfec=1", opus, "\r\n")
	}
	if l.rtx != 0 {
		b.put("a=rtpmap:", rtx, " rtx/90000\r\na=fmtp:", rtx, " apt=", pt, "\r\n")
	}
	if i == 0 { // the rest is bundled with it
		j.candidates(b)
	}
}

// candidates are one UDP and one TCP line per address (RFC 8839 section 5.1, RFC 6544 section 4.5). UDP comes before
// TCP, and addresses keep their order, by the local preference part of the priority (RFC 8445 section 5.1.2.1).
func (j *joining) candidates(b *sheet) {
	for i, a := range j.at {
		udp, tcp, port := 126<<24|(65535-i)<<8|255, 90<<24|(65535-i)<<8|255, j.room.node.Port()
		fmt.Fprintf(b, "a=candidate:%d 1 udp %d %s %d typ host\r\n", 2*i+1, udp, a, port)
		fmt.Fprintf(b, "a=candidate:%d 1 tcp %d %s %d typ host tcptype passive\r\n", 2*i+2, tcp, a, port)
	}
	b.put("a=end-of-candidates\r\n")
}

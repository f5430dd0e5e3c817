package load

import (
	"fmt"
	"strings"
)

// What an offer numbers: payload types and header extensions, as Chromium does.
const (
	opusType, vp8Type, rtxType = 111, 96, 97

	levelURI   = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
	sendURI    = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
	arrivalURI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
	midURI     = "urn:ietf:params:rtp-hdrext:sdes:mid"

	levelExt, sendExt, arrivalExt, midExt = 1, 2, 3, 4
)

// The lines of the two offers (docs/protocol.md, "Offers").
var (
	receiveLines = strings.Fields(strings.Repeat("audio ", 5) + strings.Repeat("video ", 10))
	sendLines    = []string{"audio", "video", "video", "audio"}
)

// credentials are what our end of a connection is called.
type credentials struct {
	ufrag, password string
	fingerprint     string // sha-256, as pairs with colons
}

// source is one stream that a send offer announces.
type source struct{ ssrc, repair uint32 }

// receiveOffer is what a page offers that wants to see and hear.
func receiveOffer(c credentials) string { return offer(c, receiveLines, "recvonly", nil) }

// sendOffer is what a page offers that wants to be seen and heard; sources are in the order of the lines.
func sendOffer(c credentials, sources []source) string {
	return offer(c, sendLines, "sendonly", sources)
}

func offer(c credentials, lines []string, direction string, sources []source) string {
	var b strings.Builder
	b.WriteString("v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE")
	for i := range lines {
		fmt.Fprintf(&b, " %d", i)
	}
	b.WriteString("\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS\r\n")
	for i, kind := range lines {
		types := fmt.Sprint(opusType)
		if kind == "video" {
			types = fmt.Sprint(vp8Type, " ", rtxType)
		}
		fmt.Fprintf(&b, "m=%s 9 UDP/TLS/RTP/SAVPF %s\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n", kind, types)
		fmt.Fprintf(&b, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=ice-options:trickle\r\na=fingerprint:sha-256 %s\r\na=setup:actpass\r\na=mid:%d\r\n",
			c.ufrag, c.password, c.fingerprint, i)
		if kind == "audio" {
			fmt.Fprintf(&b, "a=extmap:%d %s\r\n", levelExt, levelURI)
		}
		fmt.Fprintf(&b, "a=extmap:%d %s\r\na=extmap:%d %s\r\na=extmap:%d %s\r\na=%s\r\n", sendExt, sendURI, arrivalExt, arrivalURI, midExt, midURI, direction)
		if direction == "sendonly" {
			fmt.Fprintf(&b, "a=msid:- line%d\r\n", i)
		}
		b.WriteString("a=rtcp-mux\r\na=rtcp-rsize\r\n")
		b.WriteString(codec(kind))
		if sources != nil {
			b.WriteString(announced(kind, i, sources[i]))
		}
	}
	return b.String()
}

func codec(kind string) string {
	if kind == "audio" {
		return fmt.Sprintf("a=rtpmap:%[1]d opus/48000/2\r\na=rtcp-fb:%[1]d transport-cc\r\na=fmtp:%[1]d minptime=10;useinbandfec=1\r\n", opusType)
	}
	return fmt.Sprintf("a=rtpmap:%[1]d VP8/90000\r\na=rtcp-fb:%[1]d goog-remb\r\na=rtcp-fb:%[1]d transport-cc\r\na=rtcp-fb:%[1]d ccm fir\r\n"+
		"a=rtcp-fb:%[1]d nack\r\na=rtcp-fb:%[1]d nack pli\r\na=rtpmap:%[2]d rtx/90000\r\na=fmtp:%[2]d apt=%[1]d\r\n", vp8Type, rtxType)
}

func announced(kind string, line int, s source) string {
	text := fmt.Sprintf("a=ssrc:%d cname:load\r\na=ssrc:%d msid:- line%d\r\n", s.ssrc, s.ssrc, line)
	if kind == "audio" {
		return text
	}
	return fmt.Sprintf("a=ssrc-group:FID %d %d\r\n", s.ssrc, s.repair) + text +
		fmt.Sprintf("a=ssrc:%d cname:load\r\na=ssrc:%d msid:- line%d\r\n", s.repair, s.repair, line)
}

package media

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// negotiate lets pion answer an offer and waits for it to have its sockets ready, which on a shared port is at once.
func negotiate(ctx context.Context, pc *webrtc.PeerConnection, offer string) (string, error) {
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return "", badOffer("%v", err)
	}
	answer, err := pc.CreateAnswer(nil)
	if err != nil {
		return "", badOffer("%v", err)
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(answer); err != nil {
		return "", badOffer("%v", err)
	}
	select {
	case <-gathered:
	case <-ctx.Done():
		return "", fmt.Errorf("media: gather: %w", ctx.Err())
	}
	return pc.LocalDescription().SDP, nil
}

// finishAnswer replaces pion's candidates, which are our sockets, by the addresses this client can reach, and asks
// publishers for silence in silence (DTX, RFC 7587 section 3.1.3).
func finishAnswer(answer string, addresses []netip.Addr, port int) (string, error) {
	var d sdp.SessionDescription
	if err := d.UnmarshalString(answer); err != nil {
		return "", fmt.Errorf("media: own answer: %w", err)
	}
	for i, m := range d.MediaDescriptions {
		m.Attributes = without(m.Attributes, "candidate", "end-of-candidates")
		if m.MediaName.Media == "audio" {
			wantDTX(m)
		}
		if i == 0 { // the rest is bundled with it
			m.Attributes = append(m.Attributes, candidates(addresses, port)...)
		}
	}
	b, err := d.Marshal()
	return string(b), err
}

// candidates writes one UDP and one TCP line per address (RFC 8839 section 5.1, RFC 6544 section 4.5). UDP comes before
// TCP, and addresses keep their order, by the local preference part of the priority (RFC 8445 section 5.1.2.1).
func candidates(addresses []netip.Addr, port int) []sdp.Attribute {
	var all []sdp.Attribute
	for i, a := range addresses {
		udp := 126<<24 | (65535-i)<<8 | 255
		tcp := 90<<24 | (65535-i)<<8 | 255
		all = append(all,
			sdp.NewAttribute("candidate", fmt.Sprintf("%d 1 udp %d %s %d typ host", 2*i+1, udp, a, port)),
			sdp.NewAttribute("candidate", fmt.Sprintf("%d 1 tcp %d %s %d typ host tcptype passive", 2*i+2, tcp, a, port)))
	}
	return append(all, sdp.NewPropertyAttribute("end-of-candidates"))
}

func wantDTX(m *sdp.MediaDescription) {
	for i, a := range m.Attributes {
		if a.Key == "fmtp" && strings.Contains(a.Value, "useinbandfec") && !strings.Contains(a.Value, "usedtx") {
			m.Attributes[i].Value += ";usedtx=1"
		}
	}
}

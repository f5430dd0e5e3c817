package media

import (
	"fmt"
	"net/netip"

	"github.com/pion/sdp/v3"
)

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

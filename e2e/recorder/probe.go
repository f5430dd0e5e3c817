package recorder

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"net"
	"regexp"
	"strings"
	"time"
)

// description is what an answer of the media node tells: where it listens and by which names it knows a connection.
type description struct{ address, ufrag, pwd string }

var described = regexp.MustCompile(`(?s)a=ice-ufrag:(\S+).*?a=ice-pwd:(\S+)`)
var candidate = regexp.MustCompile(`a=candidate:\S+ 1 udp \d+ ([\d.]+) (\d+) typ host`)

func readAnswer(sdp string) (d description, err error) {
	names, at := described.FindStringSubmatch(sdp), candidate.FindStringSubmatch(sdp)
	if names == nil || at == nil {
		return d, fmt.Errorf("no answer of a media node: %.200s", sdp)
	}
	return description{net.JoinHostPort(at[1], at[2]), names[1], names[2]}, nil
}

// offerToReceive is a session description as docs/protocol.md wants it, of a client that will never come up by itself.
func offerToReceive() string {
	var b strings.Builder
	b.WriteString("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14\r\n")
	fingerprint := strings.TrimSuffix(strings.Repeat("AB:", 32), ":")
	for mid := range 15 {
		media, codec := "audio 9 UDP/TLS/RTP/SAVPF 111", "111 opus/48000/2"
		if mid >= 5 {
			media, codec = "video 9 UDP/TLS/RTP/SAVPF 96", "96 VP8/90000"
		}
		fmt.Fprintf(&b, "m=%s\r\nc=IN IP4 0.0.0.0\r\na=mid:%d\r\na=recvonly\r\na=rtcp-mux\r\na=ice-ufrag:probe\r\na=ice-pwd:aaaaaaaaaaaaaaaaaaaaaaaa\r\na=fingerprint:sha-256 %s\r\na=setup:active\r\na=rtpmap:%s\r\n",
			media, mid, fingerprint, codec)
	}
	return b.String()
}

// bindingRequest is a connectivity check as a browser sends it (RFC 8489, RFC 8445 section 7.2.2), signed with pwd.
func bindingRequest(ufrag, pwd string) []byte {
	m := make([]byte, 20, 128)
	binary.BigEndian.PutUint16(m, 0x0001)
	binary.BigEndian.PutUint32(m[4:], 0x2112A442)
	rand.Read(m[8:20])
	m = attribute(m, 0x0006, []byte(ufrag+":probe"))         // USERNAME
	m = attribute(m, 0x0024, []byte{0x6e, 0, 0xff, 0xff})    // PRIORITY
	m = attribute(m, 0x802a, []byte{1, 2, 3, 4, 5, 6, 7, 8}) // ICE-CONTROLLING
	m = attribute(m, 0x0025, nil)                            // USE-CANDIDATE
	length(m, 24)                                            // the signature counts itself
	mac := hmac.New(sha1.New, []byte(pwd))
	mac.Write(m)
	m = attribute(m, 0x0008, mac.Sum(nil)) // MESSAGE-INTEGRITY
	length(m, 8)
	crc := crc32.ChecksumIEEE(m) ^ 0x5354554e
	return attribute(m, 0x8028, binary.BigEndian.AppendUint32(nil, crc)) // FINGERPRINT
}

// length writes how long a STUN message will be with so many bytes more.
func length(m []byte, more int) { binary.BigEndian.PutUint16(m[2:], uint16(len(m)-20+more)) }

func attribute(m []byte, kind uint16, value []byte) []byte {
	m = binary.BigEndian.AppendUint16(m, kind)
	m = binary.BigEndian.AppendUint16(m, uint16(len(value)))
	m = append(m, value...)
	for len(m)%4 != 0 {
		m = append(m, 0)
	}
	length(m, 0)
	return m
}

// packet is an RTP packet with nothing true in it.
func packet() []byte {
	p := make([]byte, 200)
	rand.Read(p)
	p[0], p[1] = 0x80, 111
	return p
}

// clientHello begins a DTLS 1.2 handshake (RFC 6347 section 4.2, RFC 5764 section 4.1) as a browser would.
func clientHello() []byte {
	body := []byte{0xfe, 0xfd}
	body = append(body, make([]byte, 32)...)
	rand.Read(body[2:34])
	body = append(body, 0, 0, 0, 2, 0xc0, 0x2b, 1, 0) // no session, no cookie, ECDHE-ECDSA with AES-128-GCM, no compression
	extensions := []byte{
		0x00, 0x0a, 0, 6, 0, 4, 0, 0x1d, 0, 0x17, // groups: X25519, P-256
		0x00, 0x0b, 0, 2, 1, 0, // points
		0x00, 0x0d, 0, 4, 0, 2, 4, 3, // signatures: ECDSA with SHA-256
		0x00, 0x0e, 0, 5, 0, 2, 0, 7, 0, // SRTP: AEAD_AES_128_GCM
		0x00, 0x17, 0, 0, // extended master secret
		0xff, 0x01, 0, 1, 0, // renegotiation
	}
	body = binary.BigEndian.AppendUint16(body, uint16(len(extensions)))
	body = append(body, extensions...)
	n := byte(len(body))
	record := []byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, n + 12, 1, 0, 0, n, 0, 0, 0, 0, 0, 0, 0, n}
	return append(record, body...)
}

// socket is a UDP socket that speaks to a media node; what comes back is recorded.
type socket struct{ *net.UDPConn }

func (r *Record) socket(address string) (socket, error) {
	c, err := net.Dial("udp", address)
	if err != nil {
		return socket{}, err
	}
	s := socket{c.(*net.UDPConn)}
	go func() {
		b := make([]byte, 4096)
		for {
			n, err := s.Read(b)
			if err != nil && n == 0 {
				return
			}
			m := Message{What: "datagram of STUN", Bytes: append([]byte(nil), b[:n]...)}
			if n > 0 && b[0] > 3 { // RFC 7983
				m.What, m.Media = "datagram of media", true
			}
			r.Add(m)
		}
	}()
	return s, nil
}

// knock sends all that somebody without a description of their own can think of: checks under invented names, under the
// names of others without and with a wrong signature, packets, and the beginning of a handshake.
func (s socket) knock(others []description) {
	send := func(b []byte) { _, _ = s.Write(b) }
	send(bindingRequest("abcdefghijklmnop", "aaaaaaaaaaaaaaaaaaaaaaaa"))
	for _, o := range others {
		send(bindingRequest(o.ufrag, "aaaaaaaaaaaaaaaaaaaaaaaa"))
		send(bindingRequest(o.ufrag, "")[:20+8])
	}
	send(packet())
	send(clientHello())
}

// enter is what somebody does who was given a description: a signed check, then a handshake.
func (s socket) enter(mine description) {
	for range 3 { // datagrams may be lost
		_, _ = s.Write(bindingRequest(mine.ufrag, mine.pwd))
		time.Sleep(50 * time.Millisecond)
		_, _ = s.Write(clientHello())
		time.Sleep(50 * time.Millisecond)
	}
}

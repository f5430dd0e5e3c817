package lite

import (
	"bytes"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/srtp/v3"
	"github.com/pion/stun/v4"
	"github.com/pion/webrtc/v4"
)

// phone is the client's network by hand: one UDP socket that talks to the first socket of a site.
type phone struct {
	*net.UDPConn
	t  testing.TB
	to netip.AddrPort
}

func newPhone(t testing.TB, s *site) *phone {
	t.Helper()
	u, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { u.Close() })
	return &phone{UDPConn: u, t: t, to: s.sockets[0].Addr()}
}

func (p *phone) addr() netip.AddrPort { return p.LocalAddr().(*net.UDPAddr).AddrPort() }

func (p *phone) send(b []byte) {
	p.t.Helper()
	if _, err := p.WriteToUDPAddrPort(b, p.to); err != nil {
		p.t.Fatal(err)
	}
}

// receive gives the next datagram, which must come from where ours went.
func (p *phone) receive() []byte {
	p.t.Helper()
	b := make([]byte, 2048)
	_ = p.SetReadDeadline(time.Now().Add(20 * time.Second))
	n, from, err := p.ReadFromUDPAddrPort(b)
	if err != nil {
		p.t.Fatal(err)
	}
	if from != p.to {
		p.t.Fatalf("answered from %v", from)
	}
	return b[:n]
}

// controlling says that we lead, as every client of a lite end does (RFC 8445 section 7.1.3).
var controlling = stun.RawAttribute{Type: stun.AttrICEControlling, Value: make([]byte, 8)}

var useCandidate = stun.RawAttribute{Type: stun.AttrUseCandidate}

// checkFor is a client's check with these attributes.
func checkFor(t testing.TB, c *Conn, more ...stun.Setter) []byte {
	t.Helper()
	all := append([]stun.Setter{stun.TransactionID, stun.BindingRequest, stun.NewUsername(c.ufrag + ":" + c.remote.Ufrag)}, more...)
	return build(t, append(all, stun.NewShortTermIntegrity(c.pwd), stun.Fingerprint)...)
}

func build(t testing.TB, all ...stun.Setter) []byte {
	t.Helper()
	m, err := stun.Build(all...)
	if err != nil {
		t.Fatal(err)
	}
	return m.Raw
}

func decode(t testing.TB, b []byte) *stun.Message {
	t.Helper()
	m := stun.New()
	if err := stun.Decode(b, m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestCheckIsAnswered(t *testing.T) {
	s := newSite(t, 2)
	c := s.Open(Remote{Ufrag: "them"}, Events{})
	if c.Path() != nil {
		t.Error("a path before the first check")
	}
	p := newPhone(t, s)
	check := checkFor(t, c, controlling)
	p.send(check)
	m := decode(t, p.receive())
	var mapped stun.XORMappedAddress
	if err := mapped.GetFrom(m); err != nil || m.Type != stun.BindingSuccess || !bytes.Equal(m.TransactionID[:], check[8:20]) {
		t.Errorf("answer %v, %v", m, err)
	}
	if got := netip.AddrPortFrom(netip.AddrFrom4([4]byte(mapped.IP)), uint16(mapped.Port)); got != p.addr() {
		t.Errorf("it says we are %v", got)
	}
	if stun.Fingerprint.Check(m) != nil || stun.NewShortTermIntegrity(c.pwd).Check(m) != nil {
		t.Error("the answer does not prove itself")
	}
	if path := c.Path(); path == nil || path.Socket != s.sockets[0] || path.Addr != p.addr() {
		t.Errorf("path %+v", path)
	}
	c.Close()
	if s.known() != 0 || s.claims(c.Ufrag()) {
		t.Error("something is left after the end")
	}
}

func TestRoleConflict(t *testing.T) {
	s := newSite(t, 1)
	c := s.Open(Remote{Ufrag: "them"}, Events{})
	p := newPhone(t, s)
	p.send(checkFor(t, c, stun.RawAttribute{Type: stun.AttrICEControlled, Value: make([]byte, 8)}))
	m := decode(t, p.receive())
	var code stun.ErrorCodeAttribute
	if err := code.GetFrom(m); err != nil || code.Code != stun.CodeRoleConflict || m.Type != stun.BindingError {
		t.Errorf("answer %v, %v", m, err)
	}
	if c.Path() != nil {
		t.Error("it became the path")
	}
}

// None of these is answered, counts as a sign of life or moves anything.
func TestChecksThatProveNothing(t *testing.T) {
	s := newSite(t, 1)
	c := s.Open(Remote{Ufrag: "them"}, Events{})
	name, key := stun.NewUsername(c.ufrag+":them"), stun.NewShortTermIntegrity(c.pwd)
	broken := checkFor(t, c)
	broken[len(broken)-1] ^= 1
	changed := checkFor(t, c, controlling)
	changed[len(changed)-40] ^= 1 // in the attribute before the integrity
	p := newPhone(t, s)
	for what, b := range map[string][]byte{
		"another password":  build(t, stun.TransactionID, stun.BindingRequest, name, stun.NewShortTermIntegrity("guess"), stun.Fingerprint),
		"another client":    build(t, stun.TransactionID, stun.BindingRequest, stun.NewUsername(c.ufrag+":other"), key, stun.Fingerprint),
		"no client":         build(t, stun.TransactionID, stun.BindingRequest, stun.NewUsername(c.ufrag), key, stun.Fingerprint),
		"nobody":            build(t, stun.TransactionID, stun.BindingRequest, stun.NewUsername("nobody:them"), key, stun.Fingerprint),
		"no integrity":      build(t, stun.TransactionID, stun.BindingRequest, name, stun.Fingerprint),
		"no name":           build(t, stun.TransactionID, stun.BindingRequest, key, stun.Fingerprint),
		"a response":        build(t, stun.TransactionID, stun.BindingSuccess, name, key, stun.Fingerprint),
		"an indication":     build(t, stun.TransactionID, stun.NewType(stun.MethodBinding, stun.ClassIndication), name, key),
		"wrong fingerprint": broken,
		"changed":           changed,
		"DTLS":              append([]byte{typeHandshake, 0xfe, 0xfd}, make([]byte, 20)...),
		"RTCP":              append([]byte{0x80, 200}, make([]byte, 40)...),
		"nothing":           {},
		"one byte":          {0},
	} {
		s.Packet(s.sockets[0], p.addr(), b, s.now().Add(time.Hour))
		if c.Path() != nil || time.Until(c.LastHeard()) > 0 || s.known() != 0 {
			t.Fatalf("%s was believed", what)
		}
	}
	// Whatever was sent as an answer would come before this one.
	last := checkFor(t, c)
	p.send(last)
	if b := p.receive(); !bytes.Equal(b[8:20], last[8:20]) {
		t.Error("something was answered")
	}
}

// Who can see a check could add to its end; only what the integrity covers counts.
func TestNominationBehindIntegrity(t *testing.T) {
	s := newSite(t, 1)
	c := s.Open(Remote{Ufrag: "them"}, Events{})
	first, second := newPhone(t, s), newPhone(t, s)
	first.send(checkFor(t, c))
	first.receive()
	name, key := stun.NewUsername(c.ufrag+":them"), stun.NewShortTermIntegrity(c.pwd)
	second.send(build(t, stun.TransactionID, stun.BindingRequest, name, key, useCandidate, stun.Fingerprint))
	second.receive()
	if c.Path().Addr != first.addr() {
		t.Error("a nomination anybody could have added was followed")
	}
	second.send(checkFor(t, c, useCandidate))
	second.receive()
	if c.Path().Addr != second.addr() {
		t.Error("a nomination was not followed")
	}
}

// An address that a network gave to another client belongs to whoever made the last check from it.
func TestAddressChangesHands(t *testing.T) {
	s := newSite(t, 1)
	a, b := s.Open(Remote{Ufrag: "a"}, Events{}), s.Open(Remote{Ufrag: "b"}, Events{})
	p := newPhone(t, s)
	at := place{socket: s.sockets[0], addr: p.addr()}
	for _, c := range []*Conn{a, b, a, b} {
		p.send(checkFor(t, c))
		p.receive()
		if s.at(at) != c {
			t.Fatal("not taken over")
		}
	}
	a.Close()
	if s.at(at) != b {
		t.Error("the end of one took the address from the other")
	}
}

// The path of a connection that is up moves by nomination and comes back with the client's own feedback.
func TestPathMovesWithTheClient(t *testing.T) {
	s := newSite(t, 1)
	v := s.connect(clientAPI(t, nil))
	exchange(t, v)
	home := v.Path().Addr
	p := newPhone(t, s)
	s.ahead.Add(int64(nominationHolds))
	p.send(checkFor(t, v.Conn, useCandidate))
	p.receive()
	if v.Path().Addr != p.addr() {
		t.Fatal("the path did not move")
	}
	v.play("away")
	if b := p.receive(); b[0] != 0x80 || b[1] != testPT {
		t.Errorf("received %x", b)
	}
	eventually(t, "back home", func() bool {
		if err := v.pc.WriteRTCP([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: 6}}); err != nil {
			t.Fatal(err)
		}
		return v.Path().Addr == home
	})
	exchange(t, v)
}

// Feedback that is repeated or forged moves nothing and reaches nobody, and one client cannot report as everybody.
func TestFeedbackThatProvesNothing(t *testing.T) {
	s := newSite(t, 1)
	v := s.connect(clientAPI(t, nil))
	exchange(t, v)
	before := v.reports()
	key := make([]byte, 16)
	forger, err := srtp.CreateContext(key, key[:12], srtp.ProtectionProfileAeadAes128Gcm)
	if err != nil {
		t.Fatal(err)
	}
	_, b := report(t)
	forged, err := forger.EncryptRTCP(nil, b, nil)
	if err != nil {
		t.Fatal(err)
	}
	heard := v.LastHeard()
	s.Packet(s.sockets[0], v.Path().Addr, forged, heard.Add(time.Hour))
	if v.reports() != before || !v.LastHeard().Before(heard.Add(time.Hour)) {
		t.Error("a forgery was believed")
	}
	for i := range uint32(2 * maxReporters) {
		if err := v.pc.WriteRTCP([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: 1000 + i}}); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "full", func() bool {
		v.inMu.Lock()
		defer v.inMu.Unlock()
		return len(v.reporters) == maxReporters
	})
	exchange(t, v)
	if v.pc.ConnectionState() != webrtc.PeerConnectionStateConnected {
		t.Error("it ended")
	}
}

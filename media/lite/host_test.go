package lite

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"foyer/media/socket"
)

// site is a host with its sockets, readers and TCP listener, as a node has them, and a clock that can be put forward.
type site struct {
	*Host
	t        testing.TB
	sockets  []*socket.Socket
	listener net.Listener
	began    time.Time
	ahead    atomic.Int64 // nanoseconds
	still    atomic.Bool  // the clock goes only when it is put forward
}

func (s *site) now() time.Time {
	at := time.Now()
	if s.still.Load() {
		at = s.began
	}
	return at.Add(time.Duration(s.ahead.Load()))
}

func newSite(t testing.TB, sockets int) *site {
	t.Helper()
	s := &site{t: t, began: time.Now()}
	h, err := NewHost(Config{Certificate: testCertificate(t), Clock: s.now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	s.Host = h
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	var readers sync.WaitGroup
	for range sockets {
		u, err := socket.Listen(netip.MustParseAddrPort("127.0.0.1:0"), socket.Options{})
		if err != nil {
			t.Fatal(err)
		}
		s.sockets = append(s.sockets, u)
		readers.Go(func() { s.readFrom(u) })
	}
	readers.Go(func() { s.accept(&readers) })
	t.Cleanup(func() {
		h.Close()
		for _, u := range s.sockets {
			u.Close()
		}
		s.listener.Close()
		readers.Wait()
	})
	return s
}

func (s *site) readFrom(u *socket.Socket) {
	in := u.NewInbox()
	for {
		n, err := in.Wait()
		if err != nil {
			return
		}
		for i := range n {
			b, from := in.Datagram(i)
			s.Packet(u, from, b, s.now())
		}
	}
}

func (s *site) accept(readers *sync.WaitGroup) {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		readers.Go(func() {
			defer c.Close()
			// Like the node's first look at a stream: the frame and not a byte more.
			first, err := readFrame(bufio.NewReaderSize(oneByOne{c}, 16), nil)
			if err == nil {
				s.Stream(c, first)
			}
		})
	}
}

// oneByOne keeps a buffered reader from reading ahead.
type oneByOne struct{ net.Conn }

func (o oneByOne) Read(b []byte) (int, error) { return o.Conn.Read(b[:1]) }

func testCertificate(t testing.TB) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().AddDate(-1, 0, 0), NotAfter: time.Now().AddDate(1, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// eventually waits for a condition that the network brings about.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("never: %s", what)
}

// viewer is a real PeerConnection that receives one video, and our end of it.
type viewer struct {
	*Conn
	t     testing.TB
	pc    *webrtc.PeerConnection
	got   chan *rtp.Packet
	up    atomic.Int32
	mu    sync.Mutex
	rtcp  []string
	down  []string
	offer string
	index uint64 // of the last packet played
}

const testSSRC, testPT = 0xcafe, 96

// clientAPI is pion with nothing of its own in the way of packets.
func clientAPI(t testing.TB, set func(*webrtc.SettingEngine)) *webrtc.API {
	t.Helper()
	m := &webrtc.MediaEngine{}
	err := m.RegisterCodec(webrtc.RTPCodecParameters{PayloadType: testPT, RTPCodecCapability: webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeVP8, ClockRate: 90000,
	}}, webrtc.RTPCodecTypeVideo)
	if err != nil {
		t.Fatal(err)
	}
	s := webrtc.SettingEngine{}
	s.SetIncludeLoopbackCandidate(true)
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	s.SetSRTPProtectionProfiles(0x0001, 0x0007) // AES128_CM_HMAC_SHA1_80 before AEAD_AES_128_GCM, as browsers offer them
	if set != nil {
		set(&s)
	}
	return webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithSettingEngine(s), webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
}

// invite makes an offer and our connection for it, and answers nothing yet.
func (s *site) invite(api *webrtc.API, change func(*Remote)) *viewer {
	s.t.Helper()
	v := &viewer{t: s.t, got: make(chan *rtp.Packet, 1024), index: 65533}
	var err error
	if v.pc, err = api.NewPeerConnection(webrtc.Configuration{}); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { v.pc.Close() })
	_, err = v.pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
	if err != nil {
		s.t.Fatal(err)
	}
	v.pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			p, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			v.got <- p
		}
	})
	offer, err := v.pc.CreateOffer(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := v.pc.SetLocalDescription(offer); err != nil {
		s.t.Fatal(err)
	}
	v.offer = offer.SDP
	r := Remote{Ufrag: v.attribute("ice-ufrag"), Fingerprint: v.attribute("fingerprint")}
	if change != nil {
		change(&r)
	}
	v.Conn = s.Open(r, v.events())
	return v
}

func (v *viewer) events() Events {
	return Events{
		Up: func() { v.up.Add(1) },
		RTCP: func(b []byte) {
			v.mu.Lock()
			defer v.mu.Unlock()
			v.rtcp = append(v.rtcp, string(b))
		},
		Down: func(why string) {
			v.mu.Lock()
			defer v.mu.Unlock()
			v.down = append(v.down, why)
		},
	}
}

func (v *viewer) attribute(key string) string {
	_, value, _ := strings.Cut(v.offer, "a="+key+":")
	value, _, _ = strings.Cut(value, "\r\n")
	return value
}

func (v *viewer) ends() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]string(nil), v.down...)
}

func (v *viewer) heardRTCP(want []byte) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, b := range v.rtcp {
		if b == string(want) {
			return true
		}
	}
	return false
}

func (v *viewer) reports() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.rtcp)
}

// join gives the answer with these candidate lines to the client.
func (s *site) join(v *viewer, candidates ...string) {
	s.t.Helper()
	answer := webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: s.answer(v.Conn, candidates...)}
	if err := v.pc.SetRemoteDescription(answer); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) answer(c *Conn, candidates ...string) string {
	var b strings.Builder
	b.WriteString("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-lite\r\na=group:BUNDLE 0\r\n")
	fmt.Fprintf(&b, "m=video 9 UDP/TLS/RTP/SAVPF %d\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendonly\r\na=rtcp-mux\r\n", testPT)
	fmt.Fprintf(&b, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=fingerprint:%s\r\na=setup:passive\r\n", c.Ufrag(), c.Pwd(), s.Fingerprint())
	fmt.Fprintf(&b, "a=rtpmap:%d VP8/90000\r\na=msid:s t\r\na=ssrc:%d cname:foyer\r\n", testPT, testSSRC)
	for _, c := range candidates {
		fmt.Fprintf(&b, "a=candidate:%s\r\n", c)
	}
	b.WriteString("a=end-of-candidates\r\n")
	return b.String()
}

func (s *site) udp() string {
	return fmt.Sprintf("1 1 udp 2130706431 127.0.0.1 %d typ host", s.sockets[0].Addr().Port())
}

func (s *site) tcp() string {
	return fmt.Sprintf("2 1 tcp 1671430143 127.0.0.1 %d typ host tcptype passive", s.listener.Addr().(*net.TCPAddr).Port)
}

// connect is a viewer that is up over UDP.
func (s *site) connect(api *webrtc.API) *viewer {
	s.t.Helper()
	v := s.invite(api, nil)
	s.join(v, s.udp())
	v.waitUp()
	return v
}

func (v *viewer) waitUp() {
	v.t.Helper()
	eventually(v.t, "up", func() bool { return v.up.Load() == 1 })
	eventually(v.t, "the client is connected", func() bool { return v.pc.ConnectionState() == webrtc.PeerConnectionStateConnected })
}

// play sends the next RTP packet as a node would: sealed, to the path. The second one wraps the sequence number.
func (v *viewer) play(payload string) {
	v.t.Helper()
	v.index++
	seq := uint16(v.index)
	p := rtp.Packet{
		Header:  rtp.Header{Version: 2, PayloadType: testPT, SequenceNumber: seq, SSRC: testSSRC, Timestamp: 3000 * uint32(seq)},
		Payload: []byte(payload),
	}
	b := make([]byte, 1500)
	n, err := p.MarshalTo(b)
	if err != nil {
		v.t.Fatal(err)
	}
	n = v.Sealer().Seal(b, 12, n, testSSRC, v.index)
	if n == 0 {
		v.t.Fatal("not sealed")
	}
	v.Path().place().write(b[:n])
}

func (v *viewer) expect(payload string) {
	v.t.Helper()
	select {
	case p := <-v.got:
		if string(p.Payload) != payload {
			v.t.Fatalf("received %q instead of %q", p.Payload, payload)
		}
	case <-time.After(20 * time.Second):
		v.t.Fatalf("never received %q", payload)
	}
}

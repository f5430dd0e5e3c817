package media

import (
	"context"
	"errors"
	"net/netip"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// all is the right to publish everything.
var all = Right{Microphone: true, Camera: true, Screen: true}

// testNode is a node on a free port with everybody's rights in room "r".
func testNode(t testing.TB, o Options, passes ...string) *Node {
	t.Helper()
	o.Clock = time.Now
	n, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	n.SetRights("r", everybody(passes...))
	return n
}

func everybody(passes ...string) map[string]Right {
	rights := map[string]Right{}
	for _, p := range passes {
		rights[p] = all
	}
	return rights
}

// eventually waits for a condition that the network brings about.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("never: %s", what)
}

// clientAPI is a browser as far as pion can be one: DTLS client, and it would prefer the cipher we do not want.
func clientAPI(t testing.TB) *webrtc.API {
	t.Helper()
	return clientWith(t, func(*webrtc.SettingEngine) {})
}

func clientWith(t testing.TB, set func(*webrtc.SettingEngine), video ...string) *webrtc.API {
	t.Helper()
	m := &webrtc.MediaEngine{}
	if err := registerCodecs(m, []webrtc.RTCPFeedback{{Type: webrtc.TypeRTCPFBTransportCC}}); err != nil {
		t.Fatal(err)
	}
	for _, uri := range []string{sdp.AudioLevelURI, sdp.TransportCCURI} {
		err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, webrtc.RTPCodecTypeAudio)
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, uri := range video {
		err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, webrtc.RTPCodecTypeVideo)
		if err != nil {
			t.Fatal(err)
		}
	}
	s := webrtc.SettingEngine{}
	s.SetIncludeLoopbackCandidate(true)
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	s.SetSRTPProtectionProfiles(0x0001, 0x0007) // AES128_CM_HMAC_SHA1_80 before AEAD_AES_128_GCM (RFC 7714, section 14.2)
	set(&s)
	return webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithSettingEngine(s), webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
}

// registerCodecs are what browsers are told to offer.
func registerCodecs(m *webrtc.MediaEngine, more []webrtc.RTCPFeedback) error {
	video := append([]webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}, {Type: "ccm", Parameter: "fir"}}, more...)
	err := m.RegisterCodec(webrtc.RTPCodecParameters{PayloadType: 96, RTPCodecCapability: webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeVP8, ClockRate: videoClock, RTCPFeedback: video,
	}}, webrtc.RTPCodecTypeVideo)
	if err != nil {
		return err
	}
	err = m.RegisterCodec(webrtc.RTPCodecParameters{PayloadType: 97, RTPCodecCapability: webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeRTX, ClockRate: videoClock, SDPFmtpLine: "apt=96",
	}}, webrtc.RTPCodecTypeVideo)
	if err != nil {
		return err
	}
	return m.RegisterCodec(webrtc.RTPCodecParameters{PayloadType: 111, RTPCodecCapability: webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeOpus, ClockRate: audioClock, Channels: 2,
		SDPFmtpLine: "minptime=10;useinbandfec=1", RTCPFeedback: more,
	}}, webrtc.RTPCodecTypeAudio)
}

// peer is one connection of a test person.
type peer struct {
	t  testing.TB
	pc *webrtc.PeerConnection
	id string

	tracks []*testTrack // of a sender: microphone, camera, screen, screen audio

	mu  sync.Mutex
	got [slotCount][]rtp.Packet // of a receiver
	rtc []rtcp.Packet
}

// testTrack sends what a test writes, and counts key frame requests.
type testTrack struct {
	*webrtc.TrackLocalStaticRTP
	sender *webrtc.RTPSender
	seq    uint16
	ts     uint32
	mu     sync.Mutex
	plis   int
	heard  []rtcp.Packet
}

func connectPeer(t testing.TB, p *peer, join func(context.Context, Offer) (Answer, error), room, pass string) error {
	t.Helper()
	offer, err := p.pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	// Posted without waiting for candidates, as browsers do: the node learns the address from the first check.
	a, err := join(t.Context(), Offer{Room: room, Pass: pass, SDP: offer.SDP, Local: netip.MustParseAddr("127.0.0.1")})
	if err != nil {
		return err
	}
	p.id = a.ID
	return p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: a.SDP})
}

func newPeer(t testing.TB, api *webrtc.API) *peer {
	t.Helper()
	pc, err := api.NewPeerConnection(webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pc.Close() })
	return &peer{t: t, pc: pc}
}

func (p *peer) connected() bool { return p.pc.ConnectionState() == webrtc.PeerConnectionStateConnected }

// receiverOffer makes a peer with the fifteen slots.
func receiverPeer(t testing.TB, api *webrtc.API) *peer {
	t.Helper()
	p := newPeer(t, api)
	for _, kind := range receiveShape {
		_, err := p.pc.AddTransceiverFromKind(webrtc.NewRTPCodecType(kind), webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
		if err != nil {
			t.Fatal(err)
		}
	}
	p.pc.OnTrack(func(track *webrtc.TrackRemote, r *webrtc.RTPReceiver) {
		for i, tr := range p.pc.GetTransceivers() {
			if tr.Receiver() == r {
				go p.readReports(r)
				p.read(i, track)
			}
		}
	})
	return p
}

func (p *peer) read(i int, track *webrtc.TrackRemote) {
	for {
		packet, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		p.mu.Lock()
		p.got[i] = append(p.got[i], *packet)
		p.mu.Unlock()
	}
}

func (p *peer) readReports(r *webrtc.RTPReceiver) {
	for {
		packets, _, err := r.ReadRTCP()
		if err != nil {
			return
		}
		p.mu.Lock()
		p.rtc = append(p.rtc, packets...)
		p.mu.Unlock()
	}
}

func (p *peer) slot(i int) []rtp.Packet {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]rtp.Packet(nil), p.got[i]...)
}

func receive(t testing.TB, n *Node, pass string) *peer {
	t.Helper()
	p := receiverPeer(t, clientAPI(t))
	if err := connectPeer(t, p, n.Receive, "r", pass); err != nil {
		t.Fatal(err)
	}
	eventually(t, pass+" receives", p.connected)
	return p
}

// senderPeer makes a peer with the four lines of a send offer.
func senderPeer(t testing.TB, api *webrtc.API) *peer {
	t.Helper()
	p := newPeer(t, api)
	for k, kind := range sendShape {
		c := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: videoClock}
		if kind == "audio" {
			c = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: audioClock, Channels: 2}
		}
		track, err := webrtc.NewTrackLocalStaticRTP(c, sourceKind(k).String(), "s")
		if err != nil {
			t.Fatal(err)
		}
		tr, err := p.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		if err != nil {
			t.Fatal(err)
		}
		tt := &testTrack{TrackLocalStaticRTP: track, sender: tr.Sender(), seq: uint16(1000 * (k + 1)), ts: uint32(77777 * (k + 1))}
		p.tracks = append(p.tracks, tt)
		go tt.countRequests()
	}
	return p
}

func (tt *testTrack) countRequests() {
	for {
		packets, _, err := tt.sender.ReadRTCP()
		if err != nil {
			return
		}
		tt.mu.Lock()
		tt.heard = append(tt.heard, packets...)
		for _, p := range packets {
			if _, ok := p.(*rtcp.PictureLossIndication); ok {
				tt.plis++
			}
		}
		tt.mu.Unlock()
	}
}

// told is all RTCP that came for the track.
func (tt *testTrack) told() []rtcp.Packet {
	tt.mu.Lock()
	defer tt.mu.Unlock()
	return slices.Clone(tt.heard)
}

func (tt *testTrack) requests() int {
	tt.mu.Lock()
	defer tt.mu.Unlock()
	return tt.plis
}

func send(t testing.TB, n *Node, pass string) *peer {
	t.Helper()
	p := senderPeer(t, clientAPI(t))
	if err := connectPeer(t, p, n.Send, "r", pass); err != nil {
		t.Fatal(err)
	}
	eventually(t, pass+" sends", p.connected)
	return p
}

// speak sends one Opus packet at a level of −dBov, see RFC 6464.
func (p *peer) speak(k sourceKind, dBov uint8, text string) {
	tt := p.tracks[k]
	tt.seq++
	tt.ts += 960
	h := rtp.Header{Version: 2, SequenceNumber: tt.seq, Timestamp: tt.ts}
	for _, e := range tt.sender.GetParameters().HeaderExtensions {
		if e.URI == sdp.AudioLevelURI {
			if err := h.SetExtension(uint8(e.ID), []byte{dBov}); err != nil {
				p.t.Error(err)
			}
		}
	}
	p.write(tt, &rtp.Packet{Header: h, Payload: []byte(text)})
}

// show sends one VP8 frame in one packet, with a 15-bit picture id.
func (p *peer) show(k sourceKind, key bool, text string) {
	tt := p.tracks[k]
	tt.seq++
	tt.ts += 3000
	f := frame(tt.seq, tt.ts, tt.seq&0x7fff, key)
	p.write(tt, &rtp.Packet{
		Header:  rtp.Header{Version: 2, Marker: true, SequenceNumber: tt.seq, Timestamp: tt.ts},
		Payload: append(f.payload[:5:5], text...),
	})
}

func (p *peer) write(tt *testTrack, packet *rtp.Packet) {
	if err := tt.WriteRTP(packet); err != nil && !errors.Is(err, context.Canceled) {
		p.t.Error(err)
	}
}

// stream calls step 50 times a second until the test or the returned stop ends it.
func stream(t testing.TB, step func()) (stop func()) {
	done := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				step()
			}
		}
	}()
	var once sync.Once
	stop = func() { once.Do(func() { close(done); <-ended }) }
	t.Cleanup(stop)
	return stop
}

// filming keeps a camera running in the middle of its film: a key frame comes for every request and never unasked.
func (p *peer) filming(k sourceKind, text string) (stop func()) {
	answered := p.tracks[k].requests()
	return stream(p.t, func() {
		n := p.tracks[k].requests()
		p.show(k, n != answered, text)
		answered = n
	})
}

// texts are the distinct payload texts of a slot, without what show puts before them.
func texts(packets []rtp.Packet, skip int) map[string]int {
	seen := map[string]int{}
	for _, p := range packets {
		if len(p.Payload) >= skip {
			seen[string(p.Payload[skip:])]++
		}
	}
	return seen
}

// cipher is the SRTP profile a connection agreed on. Pion keeps it to itself, so the test looks inside.
func cipher(p *peer) uint64 {
	var tr *webrtc.DTLSTransport
	if s := p.pc.GetTransceivers()[0]; s.Receiver() != nil {
		tr = s.Receiver().Transport()
	}
	if tr == nil {
		tr = p.pc.GetTransceivers()[0].Sender().Transport()
	}
	return reflect.ValueOf(tr).Elem().FieldByName("srtpProtectionProfile").Uint()
}

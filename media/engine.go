package media

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/sdp/v3"
	"github.com/pion/transport/v4/stdnet"
	"github.com/pion/webrtc/v4"

	"foyer/media/lite"
)

// replayWindow is wide because Firefox probes bandwidth by sending old packets again; with pion's default of 64 they
// would look like an attack and take good packets with them.
const replayWindow = 1024

// setUp makes the two halves of a node's transport: pion's for those who send to us, our own for those who receive.
func (n *Node) setUp() error {
	cert, err := certificate(n.opts.Clock())
	if err != nil {
		return err
	}
	n.config = webrtc.Configuration{
		Certificates: []webrtc.Certificate{webrtc.CertificateFromX509(cert.PrivateKey, cert.Leaf)}, BundlePolicy: webrtc.BundlePolicyMaxBundle,
	}
	handshakes := newGate().handshake
	n.lite, err = lite.NewHost(lite.Config{Certificate: cert, Clock: n.opts.Clock, Log: n.opts.Log, Handshake: handshakes})
	if err != nil {
		return err
	}
	n.sockets.listen(n.lite.Packet, n.lite.Stream, n.opts.Clock)
	settings, err := n.settings(handshakes)
	if err != nil {
		return err
	}
	n.send, err = sendAPI(settings)
	return err
}

// sendAPI serves publishers: ask again for what was lost, say what arrived when (the sender's bandwidth estimate
// lives on it), report.
func sendAPI(s webrtc.SettingEngine) (*webrtc.API, error) {
	m := &webrtc.MediaEngine{}
	if err := registerCodecs(m, []webrtc.RTCPFeedback{{Type: webrtc.TypeRTCPFBTransportCC}}); err != nil {
		return nil, err
	}
	for _, uri := range []string{sdp.SDESMidURI, sdp.SDESRTPStreamIDURI, sdp.SDESRepairRTPStreamIDURI, sdp.AudioLevelURI, sdp.TransportCCURI} {
		if err := extension(m, uri); err != nil {
			return nil, err
		}
	}
	r := &interceptor.Registry{}
	reports, err := report.NewReceiverInterceptor()
	if err != nil {
		return nil, err
	}
	arrivals, err := twcc.NewSenderInterceptor()
	if err != nil {
		return nil, err
	}
	r.Add(reports)
	r.Add(arrivals)
	return webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithSettingEngine(s), webrtc.WithInterceptorRegistry(r)), nil
}

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

func extension(m *webrtc.MediaEngine, uri string) error {
	kinds := []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo}
	switch uri {
	case sdp.AudioLevelURI:
		kinds = kinds[:1]
	case sdp.SDESRTPStreamIDURI, sdp.SDESRepairRTPStreamIDURI: // of simulcast
		kinds = kinds[1:]
	}
	for _, k := range kinds {
		if err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, k, webrtc.RTPTransceiverDirectionRecvonly); err != nil {
			return err
		}
	}
	return nil
}

func (n *Node) settings(handshakes func() (context.Context, func())) (webrtc.SettingEngine, error) {
	s := webrtc.SettingEngine{LoggerFactory: lite.PionLog{Log: n.opts.Log}}
	if err := n.transport(&s); err != nil {
		return s, err
	}
	// As DTLS server we choose the SRTP cipher, and AES-128-GCM costs a sixth of what Chromium would choose (AES-CM
	// with SHA-1). The hello verification is a second proof of address; a checked STUN request was the first.
	if err := s.SetAnsweringDTLSRole(webrtc.DTLSRoleServer); err != nil {
		return s, err
	}
	s.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80)
	s.SetDTLSInsecureSkipHelloVerify(true)
	s.SetDTLSConnectContextMaker(handshakes)
	s.SetSRTPReplayProtectionWindow(replayWindow)
	s.SetSRTCPReplayProtectionWindow(replayWindow)
	return s, nil
}

// transport is ICE-lite on our one port: we have an address, clients come to it, and we send no checks of our own.
func (n *Node) transport(s *webrtc.SettingEngine) error {
	network, err := stdnet.NewNet()
	if err != nil {
		return err
	}
	s.SetNet(network) // read once; otherwise every join lists the interfaces again
	s.SetLite(true)
	s.SetICEUDPMux(n.sockets.udp)
	s.SetICETCPMux(n.sockets.tcp)
	s.DisableActiveTCP(true)
	s.SetNetworkTypes([]webrtc.NetworkType{
		webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6, webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6,
	})
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.SetIncludeLoopbackCandidate(true)
	s.SetIPFilter(n.ours)
	// A silent client is forgotten after thirty seconds, the bound of rights and media in a lost browser.
	s.SetICETimeouts(10*time.Second, 20*time.Second, 2*time.Second)
	return nil
}

func (n *Node) ours(ip net.IP) bool {
	a, ok := netip.AddrFromSlice(ip)
	return ok && slices.Contains(n.sockets.addresses, a.Unmap())
}

// certificate is the node's DTLS identity for this run. Clients check its fingerprint from the answer and nothing
// else; pion refuses an expired one, hence the long life.
func certificate(now time.Time) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "foyer"},
		NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(20, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf, err := x509.ParseCertificate(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, err
}

package benchmedia

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

// sfu is the baseline: what a careful reader of Pion's examples writes. One PeerConnection per viewer, TrackLocalStaticRTP,
// no interceptors, Pion's UDP mux on one port, and the DTLS role and the cipher of the product, because they are worth
// more than everything else. It has the addresses that a crowd enters by, and one room.
type sfu struct {
	api    *webrtc.API
	config webrtc.Configuration

	mu     sync.Mutex
	tracks []*webrtc.TrackLocalStaticRTP
	keys   []func() // ask a publisher for a key frame
}

// plain runs the baseline until it is killed.
func plain(address string) {
	s := &sfu{}
	if err := s.open(); err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	ok := func(http.ResponseWriter, *http.Request) {}
	mux.HandleFunc("GET /readyz", ok)
	mux.HandleFunc("GET /r/plain", ok)
	mux.HandleFunc("POST /r/plain/devices", ok)
	mux.HandleFunc("POST /r/plain", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/r/plain/live", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /r/plain/live", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `<main data-room="plain" data-ticket="t">`)
	})
	mux.HandleFunc("POST /media/plain/send", s.answering(s.take))
	mux.HandleFunc("POST /media/plain/receive", s.answering(s.give))
	log.Fatal(http.ListenAndServe(address, mux))
}

func (s *sfu) open() error {
	m := &webrtc.MediaEngine{}
	video := []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}, {Type: "ccm", Parameter: "fir"}}
	err := m.RegisterCodec(webrtc.RTPCodecParameters{PayloadType: 96, RTPCodecCapability: webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeVP8, ClockRate: 90_000, RTCPFeedback: video}}, webrtc.RTPCodecTypeVideo)
	if err == nil {
		err = m.RegisterCodec(webrtc.RTPCodecParameters{PayloadType: 111, RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeOpus, ClockRate: 48_000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1"}}, webrtc.RTPCodecTypeAudio)
	}
	if err != nil {
		return err
	}
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	_ = socket.SetReadBuffer(4 << 20)
	_ = socket.SetWriteBuffer(4 << 20)
	e := webrtc.SettingEngine{}
	e.SetICEUDPMux(webrtc.NewICEUDPMux(nil, socket))
	e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	e.SetIncludeLoopbackCandidate(true)
	e.SetLite(true)
	e.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM)
	e.SetDTLSInsecureSkipHelloVerify(true)
	if err := e.SetAnsweringDTLSRole(webrtc.DTLSRoleServer); err != nil {
		return err
	}
	s.api = webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithSettingEngine(e), webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	return nil
}

// answering is the POST with an offer.
func (s *sfu) answering(prepare func(*webrtc.PeerConnection) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		offer, err := io.ReadAll(r.Body)
		var answer string
		if err == nil {
			answer, err = s.answer(string(offer), prepare)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, answer)
	}
}

func (s *sfu) answer(offer string, prepare func(*webrtc.PeerConnection) error) (string, error) {
	pc, err := s.api.NewPeerConnection(s.config)
	if err != nil {
		return "", err
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return "", err
	}
	if err := prepare(pc); err != nil {
		return "", err
	}
	answer, err := pc.CreateAnswer(nil)
	if err != nil {
		return "", err
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(answer); err != nil {
		return "", err
	}
	<-gathered
	return pc.LocalDescription().SDP, nil
}

// take forwards what a publisher sends.
func (s *sfu) take(pc *webrtc.PeerConnection) error {
	var mine []*webrtc.TrackLocalStaticRTP
	for _, c := range []webrtc.RTPCodecCapability{{MimeType: webrtc.MimeTypeOpus, ClockRate: 48_000, Channels: 2}, {MimeType: webrtc.MimeTypeVP8, ClockRate: 90_000}} {
		t, err := webrtc.NewTrackLocalStaticRTP(c, c.MimeType, "publisher")
		if err != nil {
			return err
		}
		mine = append(mine, t)
	}
	s.mu.Lock()
	s.tracks = append(s.tracks, mine...)
	s.mu.Unlock()
	pc.OnTrack(func(t *webrtc.TrackRemote, rec *webrtc.RTPReceiver) {
		go drain(rec.Read)
		to := mine[0]
		if t.Kind() == webrtc.RTPCodecTypeVideo {
			to = mine[1]
			s.mu.Lock()
			s.keys = append(s.keys, asking(pc, t.SSRC()))
			s.mu.Unlock()
		}
		b := make([]byte, 1500)
		for {
			n, _, err := t.Read(b)
			if err != nil {
				return
			}
			_, _ = to.Write(b[:n])
		}
	})
	return nil
}

// asking asks a publisher for a key frame, at most twice a second.
func asking(pc *webrtc.PeerConnection, ssrc webrtc.SSRC) func() {
	var mu sync.Mutex
	var last time.Time
	return func() {
		mu.Lock()
		defer mu.Unlock()
		if time.Since(last) > 500*time.Millisecond {
			last = time.Now()
			_ = pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(ssrc)}})
		}
	}
}

// give sends a viewer everything there is.
func (s *sfu) give(pc *webrtc.PeerConnection) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.tracks {
		sender, err := pc.AddTrack(t)
		if err != nil {
			return err
		}
		go s.hear(sender)
	}
	return nil
}

// hear reads a viewer's reports and passes its wishes on.
func (s *sfu) hear(sender *webrtc.RTPSender) {
	b := make([]byte, 1500)
	for {
		n, _, err := sender.Read(b)
		if err != nil {
			return
		}
		packets, err := rtcp.Unmarshal(b[:n])
		if err != nil {
			continue
		}
		for _, p := range packets {
			if _, ok := p.(*rtcp.PictureLossIndication); ok {
				s.mu.Lock()
				keys := s.keys
				s.mu.Unlock()
				for _, ask := range keys {
					ask()
				}
			}
		}
	}
}

func drain[T any](read func([]byte) (int, T, error)) {
	b := make([]byte, 1500)
	for {
		if _, _, err := read(b); err != nil {
			return
		}
	}
}

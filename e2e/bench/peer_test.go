package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"foyer/e2e/recorder"
)

// peer is somebody inside with a real WebRTC connection and no browser: every datagram and every byte of the page's stream
// is dated when it arrives.
type peer struct {
	b              testing.TB
	room, slug     string
	person         *recorder.Person
	pass           string
	ticket         chan string // the first one
	last           atomic.Int64
	packets        atomic.Int64 // of media
	leaving, ended context.CancelFunc
	over           context.Context // the stream ended
	done           atomic.Value    // where it led
	pcs            []*webrtc.PeerConnection
	stop           chan struct{}
	work           sync.WaitGroup
}

// join enters a room, by its host link where there is one, and opens the page's stream.
func join(b testing.TB, at, room, slug, hostLink, name string) *peer {
	b.Helper()
	p := &peer{b: b, room: room, slug: slug, person: recorder.Somebody(at, nil)}
	if hostLink != "" {
		if _, err := p.person.Get(context.Background(), hostLink); err != nil {
			b.Fatal(err)
		}
	}
	p.enter(name)
	return p
}

// enter passes the lobby, also again with the same cookie.
func (p *peer) enter(name string) {
	p.b.Helper()
	p.stop, p.ticket, p.pass = make(chan struct{}), make(chan string, 1), ""
	p.done.Store("")
	if _, err := p.person.Must(context.Background(), "/r/"+p.slug, "name", name); err != nil {
		p.b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.leaving = cancel
	p.over, p.ended = context.WithCancel(context.Background())
	p.work.Go(func() { p.listen(ctx) })
}

func (p *peer) listen(ctx context.Context) {
	defer p.ended()
	err := p.person.Listen(ctx, "/r/"+p.slug+"/stream?tab=1", func(event, data string) bool {
		p.last.Store(time.Now().UnixNano())
		switch event {
		case "ticket":
			if p.pass = strings.Split(data, ".")[1]; len(p.ticket) == 0 {
				p.ticket <- data
			}
		case "done":
			p.done.Store(data)
		}
		return false // to the last byte
	})
	if err != nil && ctx.Err() == nil {
		p.b.Errorf("the stream of somebody inside: %v", err)
	}
}

// api is a pion client behind one socket that dates what comes in.
func (p *peer) api() *webrtc.API {
	p.b.Helper()
	m := &webrtc.MediaEngine{}
	for _, c := range []webrtc.RTPCodecParameters{
		{PayloadType: 111, RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}},
		{PayloadType: 96, RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}},
	} {
		kind := webrtc.RTPCodecTypeAudio
		if c.PayloadType == 96 {
			kind = webrtc.RTPCodecTypeVideo
		}
		if err := m.RegisterCodec(c, kind); err != nil {
			p.b.Fatal(err)
		}
	}
	socket, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		p.b.Fatal(err)
	}
	s := webrtc.SettingEngine{}
	s.SetIncludeLoopbackCandidate(true)
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	s.SetICEUDPMux(webrtc.NewICEUDPMux(nil, &dated{socket, p}))
	return webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithSettingEngine(s), webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
}

// dated is a socket that notes when media came in: all but the answers to our own connectivity checks (RFC 7983).
type dated struct {
	net.PacketConn
	peer *peer
}

func (d *dated) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := d.PacketConn.ReadFrom(b)
	if n > 0 && b[0] > 3 {
		d.peer.last.Store(time.Now().UnixNano())
		d.peer.packets.Add(1)
	}
	return n, from, err
}

// connect makes one connection as docs/protocol.md says.
func (p *peer) connect(direction string, lines func(*webrtc.PeerConnection) error) {
	p.b.Helper()
	pc, err := p.api().NewPeerConnection(webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle})
	if err != nil {
		p.b.Fatal(err)
	}
	p.pcs = append(p.pcs, pc)
	up := make(chan struct{})
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			close(up)
		}
	})
	err = lines(pc)
	offer, oerr := pc.CreateOffer(nil)
	if err = errors.Join(err, oerr); err == nil {
		err = pc.SetLocalDescription(offer)
	}
	if err != nil {
		p.b.Fatal(err)
	}
	ticket := <-p.ticket
	p.ticket <- ticket
	a, err := p.person.Ask(context.Background(), http.MethodPost, "/media/"+p.room+"/"+direction, "application/sdp", offer.SDP, "Authorization", "Bearer "+ticket)
	if err != nil || a.Status != http.StatusCreated {
		p.b.Fatalf("%s: %d %s %v", direction, a.Status, a.Body, err)
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: a.Body}); err != nil {
		p.b.Fatal(err)
	}
	select {
	case <-up:
	case <-time.After(10 * time.Second):
		p.b.Fatalf("%s never comes up", direction)
	}
}

// receive opens the fifteen slots and waits until media flows.
func (p *peer) receive() {
	p.b.Helper()
	p.packets.Store(0)
	p.connect("receive", func(pc *webrtc.PeerConnection) (err error) {
		for line := range 15 {
			kind := webrtc.RTPCodecTypeAudio
			if line >= 5 {
				kind = webrtc.RTPCodecTypeVideo
			}
			if _, aerr := pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); aerr != nil {
				err = aerr
			}
		}
		return err
	})
	for deadline := time.Now().Add(10 * time.Second); p.packets.Load() < 50; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.b.Fatalf("%d packets of media in ten seconds", p.packets.Load())
		}
	}
}

// publish sends a voice and a camera, fifty packets a second each, until leave.
func (p *peer) publish() {
	p.b.Helper()
	var tracks []*webrtc.TrackLocalStaticRTP
	p.connect("send", func(pc *webrtc.PeerConnection) (err error) {
		for line, mime := range []string{webrtc.MimeTypeOpus, webrtc.MimeTypeVP8, webrtc.MimeTypeVP8, webrtc.MimeTypeOpus} {
			c := webrtc.RTPCodecCapability{MimeType: mime, ClockRate: 90000}
			if mime == webrtc.MimeTypeOpus {
				c.ClockRate, c.Channels = 48000, 2
			}
			track, terr := webrtc.NewTrackLocalStaticRTP(c, fmt.Sprint("track", line), "s")
			if terr == nil {
				_, terr = pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
			}
			tracks, err = append(tracks, track), errors.Join(err, terr)
		}
		return err
	})
	p.work.Go(func() { p.film(tracks[0], tracks[1]) })
}

// film writes until leave: every picture is a key frame with a wide picture id (RFC 7741 section 4.2).
func (p *peer) film(voice, camera *webrtc.TrackLocalStaticRTP) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	picture := make([]byte, 1000)
	for n := uint32(1); ; n++ {
		select {
		case <-p.stop:
			return
		case <-tick.C:
		}
		copy(picture, []byte{0x90, 0x80, 0x80 | byte(n>>8&0x7f), byte(n), 0})
		h := rtp.Header{Version: 2, Marker: true, SequenceNumber: uint16(n), Timestamp: n * 960}
		_ = voice.WriteRTP(&rtp.Packet{Header: h, Payload: make([]byte, 80)})
		h.Timestamp = n * 1800
		_ = camera.WriteRTP(&rtp.Packet{Header: h, Payload: picture})
	}
}

// hangUp ends what is left of the media and the stream, without a word to the server.
func (p *peer) hangUp() {
	close(p.stop)
	p.leaving()
	for _, pc := range p.pcs {
		_ = pc.Close()
	}
	p.pcs = nil
	p.work.Wait()
}

func (p *peer) leave() {
	_, _ = p.person.Must(context.Background(), "/r/"+p.slug+"/leave")
	p.hangUp()
}

//go:build linux

package fanout

import (
	"testing"

	"github.com/pion/webrtc/v4"
)

// newPlain is an SFU as pion makes it easy: one TrackLocalStaticRTP that every viewer's PeerConnection has, on one socket
// behind pion's mux, without interceptors or with those that pion registers by default.
func newPlain(b *testing.B, w *world, name string, interceptors bool) *side {
	b.Helper()
	server := api(b, here, interceptors)
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: clockRate}, "video", "camera")
	if err != nil {
		b.Fatal(err)
	}
	for range viewers {
		pc, err := server.NewPeerConnection(webrtc.Configuration{})
		if err != nil {
			b.Fatal(err)
		}
		sender, err := pc.AddTrack(track)
		if err != nil {
			b.Fatal(err)
		}
		go readReports(sender)
		client := w.client(b)
		offer, err := pc.CreateOffer(nil)
		if err := client.SetRemoteDescription(gathered(b, pc, offer, err)); err != nil {
			b.Fatal(err)
		}
		answer, err := client.CreateAnswer(nil)
		if err := pc.SetRemoteDescription(gathered(b, client, answer, err)); err != nil {
			b.Fatal(err)
		}
		connected(b, pc, client)
	}
	return &side{name: name, step: func(f *frame) {
		for i := range f.packets {
			if err := track.WriteRTP(&f.packets[i]); err != nil {
				b.Fatal(err)
			}
		}
	}}
}

// readReports is what every sender has to do: pion's interceptors run inside Read.
func readReports(s *webrtc.RTPSender) {
	buf := make([]byte, 1500)
	for {
		if _, _, err := s.Read(buf); err != nil {
			return
		}
	}
}

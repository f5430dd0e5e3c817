//go:build linux

package fanout

import (
	"context"
	"fmt"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"foyer/media"
	"foyer/media/socket"
)

const room = "r"

// newOurs is a node of this program with real viewers, fifteen slots each, and a real publisher in their first camera
// slot. From the cut on, packets are fed in where the publisher's loop would hand them on: rights, ring, frame, selector,
// rewriter, encryption and sending are all in the figure.
func newOurs(b *testing.B, w *world, name string, sending socket.Mode) *side {
	b.Helper()
	elapsed := &atomic.Int64{}
	n, err := media.Open(media.Options{Address: here, Clock: w.clock(elapsed), Sending: sending})
	if err != nil {
		b.Fatal(err)
	}
	rights := map[string]media.Right{"publisher": {Camera: true}}
	for i := range viewers {
		rights[viewerPass(i)] = media.Right{}
	}
	n.SetRights(room, rights)
	for i := range viewers {
		ourViewer(b, w, n, viewerPass(i))
	}
	w.ends = append(w.ends, ourPublisher(b, w, n))
	w.watched = append(w.watched, func() bool {
		for i := range viewers {
			if !shows(n.Slots(room, viewerPass(i)), "publisher") {
				return false
			}
		}
		return true
	})
	feed, err := n.Feed(room, "publisher")
	if err != nil {
		b.Fatal(err)
	}
	return &side{name: name, step: func(f *frame) {
		elapsed.Add(int64(frameTime))
		for _, raw := range f.raw {
			feed(raw)
		}
	}}
}

func viewerPass(i int) string { return fmt.Sprintf("viewer%d", i) }

func shows(slots []media.Slot, pass string) bool {
	for _, s := range slots {
		if s.Kind == "camera" && s.Pass == pass && !s.Paused {
			return true
		}
	}
	return false
}

// ourViewer joins as a browser does: fifteen lines, one POST.
func ourViewer(b *testing.B, w *world, n *media.Node, pass string) {
	b.Helper()
	pc := w.client(b)
	for _, kind := range []string{"audio 5", "video 10"} {
		var name string
		var count int
		if _, err := fmt.Sscan(kind, &name, &count); err != nil {
			b.Fatal(err)
		}
		for range count {
			_, err := pc.AddTransceiverFromKind(webrtc.NewRTPCodecType(name), webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	join(b, pc, pass, n.Receive)
}

func join(b *testing.B, pc *webrtc.PeerConnection, pass string, post func(context.Context, media.Offer) (media.Answer, error)) {
	b.Helper()
	offer, err := pc.CreateOffer(nil)
	offer = gathered(b, pc, offer, err)
	answer, err := post(b.Context(), media.Offer{Room: room, Pass: pass, SDP: offer.SDP, Local: netip.MustParseAddr(here)})
	if err != nil {
		b.Fatal(err)
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer.SDP}); err != nil {
		b.Fatal(err)
	}
	connected(b, pc)
}

// ourPublisher connects and sends until stop is called. It is not cut off.
func ourPublisher(b *testing.B, w *world, n *media.Node) (stop func()) {
	b.Helper()
	pc, err := api(b, here, false).NewPeerConnection(webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle})
	if err != nil {
		b.Fatal(err)
	}
	var video *webrtc.TrackLocalStaticRTP
	for i, kind := range []string{webrtc.MimeTypeOpus, webrtc.MimeTypeVP8, webrtc.MimeTypeVP8, webrtc.MimeTypeOpus} {
		track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: kind}, fmt.Sprint("line", i), "publisher")
		if err != nil {
			b.Fatal(err)
		}
		if _, err := pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
			b.Fatal(err)
		}
		if i == 1 {
			video = track
		}
	}
	join(b, pc, "publisher", n.Send)
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(frameTime)
		defer tick.Stop()
		for i := 0; ; i++ {
			select {
			case <-quit:
				return
			case <-tick.C:
				w.filming.Lock()
				f := w.frame(i)
				for k := range f.packets {
					_ = video.WriteRTP(&f.packets[k])
				}
				w.filming.Unlock()
			}
		}
	}()
	return func() { close(quit); <-done }
}

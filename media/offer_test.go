package media

import (
	"errors"
	"strings"
	"testing"

	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// receiveOffer is a good offer of a pion client, for the tests to spoil.
func goodOffer(t testing.TB, build func(testing.TB, *webrtc.API) *peer) string {
	t.Helper()
	p := build(t, clientAPI(t))
	offer, err := p.pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	return offer.SDP
}

func TestOffersOfAnotherShapeAreRefused(t *testing.T) {
	good := goodOffer(t, receiverPeer)
	n := testNode(t, Options{}, "ada")
	lines := func(s string, count int) string { // the first lines of media only
		parts := strings.SplitAfter(s, "\r\nm=")
		return strings.TrimSuffix(strings.Join(parts[:count+1], ""), "m=")
	}
	for name, c := range map[string]struct{ offer, says string }{
		"empty":               {"", "0 media lines instead of 15"},
		"noise":               {"hello", "not a session description"},
		"too large":           {good + strings.Repeat("a=x\r\n", maxOffer/5), "larger than 64 KB"},
		"a line short":        {lines(good, 14), "14 media lines instead of 15"},
		"a send offer":        {goodOffer(t, senderPeer), "4 media lines instead of 15"},
		"an order of its own": {strings.Replace(good, "m=audio", "m=video", 1), `media line 0 is "video"`},
		"both directions":     {strings.Replace(good, "a=recvonly", "a=sendrecv", 1), "media line 0 is not recvonly"},
		"two ports":           {strings.Replace(good, "a=rtcp-mux\r\n", "", 1), "media line 0 lacks rtcp-mux"},
		"another codec":       {strings.ReplaceAll(good, "VP8/90000", "H264/90000"), "media line 5 offers no VP8/90000"},
		"no bundle":           {strings.Replace(good, "a=group:BUNDLE", "a=x-group:BUNDLE", 1), "does not bundle"},
		"one line outside":    {strings.Replace(good, "a=group:BUNDLE 0 ", "a=group:BUNDLE ", 1), `mid "0" is not bundled`},
		"one line twice":      {strings.Replace(good, "a=group:BUNDLE 0 ", "a=group:BUNDLE 0 0 ", 1), `mid "0" is not bundled`},
		"one name for two":    {strings.Replace(good, "a=mid:1\r", "a=mid:0\r", 1), `mid "0" is not bundled`},
		"no password":         {strings.Replace(good, "a=ice-pwd:", "a=x:", 1), "media line 0 has no usable ice-pwd"},
		"it would be server":  {strings.ReplaceAll(good, "a=setup:actpass", "a=setup:passive"), "no usable setup"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := n.Receive(t.Context(), Offer{Room: "r", Pass: "ada", SDP: c.offer})
			if !errors.Is(err, ErrBadOffer) || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("%v", err)
			}
		})
	}
	if n.Slots("r", "ada") != nil {
		t.Error("a refused offer left a connection behind")
	}
}

func TestAnswer(t *testing.T) {
	n := testNode(t, Options{Address: "192.0.2.99, 2001:db8::9"}, "ada")
	a, err := n.Send(t.Context(), Offer{Room: "r", Pass: "ada", SDP: goodOffer(t, senderPeer)})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"a=ice-lite", "a=setup:passive", " 192.0.2.99 ", " 2001:db8::9 ", "tcptype passive",
		"usedtx=1", "transport-cc", "ssrc-audio-level", "a=end-of-candidates"} {
		if !strings.Contains(a.SDP, want) {
			t.Errorf("the answer lacks %q", want)
		}
	}
	for _, never := range []string{"127.0.0.1 ", "sendrecv", "H264"} {
		if strings.Contains(a.SDP, never) {
			t.Errorf("the answer has %q", never)
		}
	}
}

// The answer takes of a browser's offer what we use, under the browser's numbers, and nothing else.
func TestAnswerToSimulcast(t *testing.T) {
	n := testNode(t, Options{Address: "192.0.2.99"}, "ada")
	offer := goodOffer(t, senderPeer)
	camera := strings.Index(offer, "m=video")
	wishes := strings.Join([]string{"a=extmap:12/sendonly " + sdp.SDESMidURI, "a=extmap:11 " + sdp.SDESRTPStreamIDURI,
		"a=extmap:10 " + sdp.SDESRepairRTPStreamIDURI, "a=extmap:9 urn:3gpp:video-orientation", "a=rtcp-fb:96 goog-remb",
		"a=rid:lo send", "a=rid:hi send", "a=simulcast:send lo;~hi", ""}, "\r\n")
	at := camera + strings.Index(offer[camera:], "a=rtcp-mux")
	a, err := n.Send(t.Context(), Offer{Room: "r", Pass: "ada", SDP: offer[:at] + wishes + offer[at:]})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(a.SDP, "m=")
	for _, want := range []string{"a=extmap:12 " + sdp.SDESMidURI, "a=extmap:11 " + sdp.SDESRTPStreamIDURI, "a=extmap:10 " + sdp.SDESRepairRTPStreamIDURI,
		"a=rid:lo recv", "a=rid:hi recv", "a=simulcast:recv lo;hi", "a=rtcp-fb:96 nack pli", "a=rtcp-fb:96 transport-cc", "a=recvonly", "a=fmtp:97 apt=96"} {
		if !strings.Contains(lines[2], want+"\r\n") {
			t.Errorf("the camera line lacks %q:\n%s", want, lines[2])
		}
	}
	for _, never := range []string{"video-orientation", "goog-remb", "a=ssrc"} {
		if strings.Contains(a.SDP, never) {
			t.Errorf("the answer has %q", never)
		}
	}
	if strings.Contains(lines[3], "rid") || strings.Contains(lines[3], "simulcast") {
		t.Error("the screen has encodings")
	}
}

// The processor time of one join up to the answer, handshakes not included.
func BenchmarkReceive(b *testing.B) {
	n := testNode(b, Options{}, "ada")
	offer := goodOffer(b, receiverPeer)
	for b.Loop() {
		if _, err := n.Receive(b.Context(), Offer{Room: "r", Pass: "ada", SDP: offer}); err != nil {
			b.Fatal(err)
		}
	}
}

// A browser offers what it wants; whatever text arrives, it is an answer or a plain refusal, and nothing stays behind.
func FuzzOffer(f *testing.F) {
	f.Add(goodOffer(f, receiverPeer), false)
	f.Add(goodOffer(f, senderPeer), true)
	f.Add("v=0\r\no=- 0 0 IN IP4 0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n", false)
	n := testNode(f, Options{}, "ada")
	f.Fuzz(func(t *testing.T, offer string, sending bool) {
		join := n.Receive
		if sending {
			join = n.Send
		}
		a, err := join(t.Context(), Offer{Room: "r", Pass: "ada", SDP: offer})
		if err != nil {
			if !errors.Is(err, ErrBadOffer) {
				t.Fatalf("%v", err)
			}
			return
		}
		if err := n.Hangup("r", "ada", a.ID); err != nil {
			t.Fatal(err)
		}
	})
}

package load

import (
	"slices"
	"strings"
	"testing"

	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

var someone = credentials{"abcdefgh", "abcdefghijklmnopqrstuvwx", strings.TrimSuffix(strings.Repeat("AB:", 32), ":")}

func fourSources() []source { return []source{{11, 12}, {21, 22}, {31, 32}, {41, 42}} }

func TestOffers(t *testing.T) {
	for _, c := range []struct {
		name, text, direction string
		kinds                 []string
	}{
		{"receive", receiveOffer(someone), "recvonly", []string{"audio", "audio", "audio", "audio", "audio", "video", "video", "video", "video", "video", "video", "video", "video", "video", "video"}},
		{"send", sendOffer(someone, fourSources()), "sendonly", []string{"audio", "video", "video", "audio"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var d sdp.SessionDescription
			if err := d.UnmarshalString(c.text); err != nil {
				t.Fatal(err)
			}
			var kinds, mids []string
			for _, m := range d.MediaDescriptions {
				kinds = append(kinds, m.MediaName.Media)
				mid, _ := m.Attribute("mid")
				mids = append(mids, mid)
				for _, key := range []string{c.direction, "rtcp-mux", "ice-ufrag", "ice-pwd", "fingerprint"} {
					if _, ok := m.Attribute(key); !ok {
						t.Errorf("line %s has no %s", mid, key)
					}
				}
				if setup, _ := m.Attribute("setup"); setup != "actpass" {
					t.Errorf("line %s: setup %q", mid, setup)
				}
			}
			if !slices.Equal(kinds, c.kinds) {
				t.Errorf("lines %v, want %v", kinds, c.kinds)
			}
			if group, _ := d.Attribute("group"); group != "BUNDLE "+strings.Join(mids, " ") {
				t.Errorf("group %q", group)
			}
			if len(c.text) > 64<<10 {
				t.Errorf("%d bytes", len(c.text))
			}
		})
	}
}

// What another implementation makes of the offers: every line is taken, with the feedback of a browser.
func TestOffersAreAnswered(t *testing.T) {
	m := &webrtc.MediaEngine{}
	if err := m.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	for _, uri := range []string{arrivalURI, levelURI} {
		if err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, webrtc.RTPCodecTypeAudio); err != nil {
			t.Fatal(err)
		}
	}
	pc, err := webrtc.NewAPI(webrtc.WithMediaEngine(m)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	defer pc.Close()
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: sendOffer(someone, fourSources())}); err != nil {
		t.Fatal(err)
	}
	text, err := pc.CreateAnswer(nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := readAnswer(text.SDP+"a=candidate:1 1 udp 2130706431 192.0.2.1 7882 typ host\r\n", len(sendLines))
	if err != nil {
		t.Fatal(err)
	}
	if a.at.String() != "192.0.2.1:7882" {
		t.Errorf("address %s", a.at)
	}
	voice, video := a.lines[microphone], a.lines[camera]
	if !voice.taken || voice.media != opusType || voice.levelExt != levelExt || voice.arrivalExt != arrivalExt || voice.nack {
		t.Errorf("microphone: %+v", voice)
	}
	if !video.taken || video.media != vp8Type || video.repair != rtxType || !video.nack || !video.pli || !video.remb {
		t.Errorf("camera: %+v", video)
	}
}

func TestReadAnswer(t *testing.T) {
	const head = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-lite\r\na=fingerprint:sha-256 AB:CD\r\na=ice-ufrag:them\r\na=ice-pwd:secret\r\n"
	const video = "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 0.0.0.0\r\n" +
		"a=candidate:1 1 tcp 1518280447 192.0.2.9 443 typ host tcptype passive\r\na=candidate:2 1 udp 2130706431 2001:db8::1 7882 typ host\r\n" +
		"a=candidate:3 1 udp 2130706430 192.0.2.9 7882 typ host\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 goog-remb\r\n" +
		"a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=ssrc:800 cname:x\r\na=ssrc:700 cname:x\r\na=ssrc-group:FID 700 800\r\n"
	const declined = "m=audio 0 UDP/TLS/RTP/SAVPF 0\r\nc=IN IP4 0.0.0.0\r\n"
	a, err := readAnswer(head+video+declined, 2)
	if err != nil {
		t.Fatal(err)
	}
	if a.at.String() != "[2001:db8::1]:7882" || a.ufrag != "them" || a.password != "secret" || a.fingerprint != "sha-256 AB:CD" {
		t.Errorf("%+v", a)
	}
	want := line{video: true, taken: true, media: 96, repair: 97, ssrc: 700, rtx: 800, nack: true, remb: true}
	if a.lines[0] != want || a.lines[1].taken {
		t.Errorf("%+v", a.lines)
	}
	for name, text := range map[string]string{"too few lines": head + video, "no address": head + declined + declined, "no description": "nothing"} {
		if _, err := readAnswer(text, 2); err == nil {
			t.Error(name, "was taken")
		}
	}
}

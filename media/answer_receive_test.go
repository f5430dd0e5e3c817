package media

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pion/sdp/v3"
)

// answerTo is the answer to a receive offer as a client reads it.
func answerTo(t *testing.T, offer string) (text string, d sdp.SessionDescription) {
	t.Helper()
	n := testNode(t, Options{Address: "192.0.2.99, 2001:db8::9"}, "ada")
	a, err := n.Receive(t.Context(), Offer{Room: "r", Pass: "ada", SDP: offer})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.UnmarshalString(a.SDP); err != nil {
		t.Fatalf("%v in\n%s", err, a.SDP)
	}
	if len(d.MediaDescriptions) != slotCount {
		t.Fatalf("%d media lines", len(d.MediaDescriptions))
	}
	return a.SDP, d
}

func values(m *sdp.MediaDescription, key string) (all []string) {
	for _, a := range m.Attributes {
		if a.Key == key {
			all = append(all, a.Value)
		}
	}
	return all
}

// All lines have one transport; its candidates stand in the first.
func TestReceiveAnswerHasOneTransport(t *testing.T) {
	text, d := answerTo(t, goodOffer(t, receiverPeer))
	if group, _ := d.Attribute("group"); group != "BUNDLE 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14" {
		t.Error(group)
	}
	for _, key := range []string{"ice-ufrag", "ice-pwd", "fingerprint"} {
		if _, ok := d.Attribute(key); !ok || strings.Count(text, "a="+key) != 1 {
			t.Errorf("%s is not told once for all", key)
		}
	}
	if got := values(d.MediaDescriptions[0], "candidate"); len(got) != 4 || strings.Count(text, "a=candidate") != 4 {
		t.Errorf("%q", got)
	}
	for i, m := range d.MediaDescriptions {
		if got := values(m, "mid"); !slices.Equal(got, []string{strconv.Itoa(i)}) || m.MediaName.Media != receiveShape[i] {
			t.Errorf("line %d: %q %s", i, got, m.MediaName.Media)
		}
		for _, key := range []string{"sendonly", "rtcp-mux", "rtcp-rsize", "setup"} {
			if _, ok := m.Attribute(key); !ok {
				t.Errorf("line %d is not %s", i, key)
			}
		}
	}
}

// Every stream has its own SSRCs, under the client's numbers, and the first one named is the stream's own.
func TestReceiveAnswerDescribesStreams(t *testing.T) {
	offer := strings.NewReplacer(":96 VP8", ":46 vp8", "fb:96", "fb:46", " 96 97", " 46 97", "apt=96", "apt=46").Replace(goodOffer(t, receiverPeer))
	_, d := answerTo(t, offer)
	seen := map[string]bool{}
	for i, m := range d.MediaDescriptions {
		ssrcs := values(m, "ssrc")
		for _, s := range ssrcs {
			if seen[s] || !strings.HasSuffix(s, " cname:foyer") {
				t.Errorf("line %d: ssrc %q", i, s)
			}
			seen[s] = true
		}
		want, formats := []string{"111 opus/48000/2"}, []string{"111"}
		if i >= firstCamera {
			want, formats = []string{"46 VP8/90000", "97 rtx/90000"}, []string{"46", "97"}
			first, _, _ := strings.Cut(ssrcs[0], " ")
			if group := values(m, "ssrc-group"); len(ssrcs) != 2 || len(group) != 1 || !strings.HasPrefix(group[0], "FID "+first+" ") {
				t.Errorf("line %d: %q %q", i, ssrcs, group)
			}
			if got := values(m, "rtcp-fb"); !slices.Equal(got, []string{"46 nack", "46 nack pli", "46 ccm fir", "46 goog-remb"}) {
				t.Errorf("line %d: %q", i, got)
			}
			if got := values(m, "fmtp"); !slices.Equal(got, []string{"97 apt=46"}) {
				t.Errorf("line %d: %q", i, got)
			}
		}
		if got := values(m, "rtpmap"); !slices.Equal(got, want) || !slices.Equal(m.MediaName.Formats, formats) {
			t.Errorf("line %d: %q %q", i, got, m.MediaName.Formats)
		}
	}
}

// A client that takes no repairs as a stream of their own is told of one stream a line.
func TestReceiveAnswerWithoutRepairs(t *testing.T) {
	_, d := answerTo(t, strings.ReplaceAll(goodOffer(t, receiverPeer), "apt=96", "apt=95"))
	for i, m := range d.MediaDescriptions {
		if len(values(m, "ssrc")) != 1 || len(values(m, "ssrc-group")) != 0 || len(m.MediaName.Formats) != 1 {
			t.Errorf("line %d: %q %q", i, values(m, "ssrc"), m.MediaName.Formats)
		}
	}
}

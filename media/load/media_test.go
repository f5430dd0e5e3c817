package load

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/stun/v4"
)

func TestVP8(t *testing.T) {
	for _, c := range []struct {
		name  string
		index int
		key   bool
	}{{"key frame", 0, true}, {"inside a key frame", 3, true}, {"frame", 0, false}, {"inside a frame", 1, false}} {
		t.Run(c.name, func(t *testing.T) {
			b := make([]byte, videoPayload)
			vp8Payload(b, 0x1234, c.index, c.key, stamp{77, noon})
			var p codecs.VP8Packet
			frame, err := p.Unmarshal(b)
			if err != nil || p.PictureID != 0x1234 || p.S != 1 && c.index == 0 || p.S == 1 && c.index > 0 || p.PID != 0 {
				t.Fatalf("%+v, %v", p, err)
			}
			if c.index == 0 {
				if key := frame[0]&1 == 0; key != c.key {
					t.Errorf("key frame: %v", key)
				}
				if c.key && (!bytes.Equal(frame[3:6], []byte{0x9d, 1, 0x2a}) || binary.LittleEndian.Uint16(frame[6:]) != 1280 || binary.LittleEndian.Uint16(frame[8:]) != 720) {
					t.Errorf("header % x", frame[:10])
				}
			}
			read, ok := readVP8(b)
			if !ok || read.start != (c.index == 0) || read.key != (c.index == 0 && c.key) || !read.stamped || read.stamp.publisher != 77 || !read.stamp.sent.Equal(noon) {
				t.Errorf("%+v, %v", read, ok)
			}
		})
	}
	for _, foreign := range [][]byte{nil, {0x90}, {0x90, 0x80}, {0x90, 0x80, 0x80}, {0x10, 0}, bytes.Repeat([]byte{0xff}, 20)} {
		if p, _ := readVP8(foreign); p.stamped {
			t.Errorf("% x has a stamp", foreign)
		}
	}
}

// Transport-wide feedback says which numbers came and which did not.
func TestArrivals(t *testing.T) {
	v := newViewer(nil, answer{lines: []line{{video: true, taken: true, media: 96, arrivals: true, arrivalExt: 5}}})
	if v.arrivals == nil {
		t.Fatal("negotiated and not kept")
	}
	for i, number := range []uint16{65534, 65535, 1, 2} {
		p := rtp.Packet{Header: rtp.Header{Version: 2, SSRC: 7, PayloadType: 96}, Payload: []byte{1, 2, 3}}
		if err := p.SetExtension(5, binary.BigEndian.AppendUint16(nil, number)); err != nil {
			t.Fatal(err)
		}
		b, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if body, ok := v.body(b, noon.Add(time.Duration(i)*time.Millisecond)); !ok || !bytes.Equal(body, p.Payload) {
			t.Fatalf("% x", body)
		}
	}
	all := v.arrivals.BuildFeedbackPacket()
	raw, err := rtcp.Marshal(all)
	if err != nil || len(all) != 1 {
		t.Fatal(len(all), err)
	}
	read, err := rtcp.Unmarshal(raw)
	if err != nil {
		t.Fatal(err)
	}
	f := read[0].(*rtcp.TransportLayerCC)
	if f.BaseSequenceNumber != 65534 || f.PacketStatusCount != 5 || len(f.RecvDeltas) != 4 || f.MediaSSRC != 7 || f.SenderSSRC != v.own {
		t.Errorf("%+v", f)
	}
	if plain := newViewer(nil, answer{lines: []line{{video: true, taken: true, media: 96, arrivalExt: 5}}}); plain.arrivals != nil {
		t.Error("feedback that nobody asked for")
	}
}

// A packet is what follows header, sources and extensions and precedes padding.
func TestBody(t *testing.T) {
	p := rtp.Packet{Header: rtp.Header{Version: 2, CSRC: []uint32{1, 2}, Padding: true, PaddingSize: 9}, Payload: []byte("picture")}
	if err := p.SetExtension(3, []byte{1, 2, 3}); err != nil {
		t.Fatal(err)
	}
	b, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	v := newViewer(nil, answer{})
	if body, ok := v.body(b, noon); !ok || string(body) != "picture" {
		t.Errorf("%q %v", body, ok)
	}
	for n := 12; n < len(b); n++ {
		v.body(b[:n], noon) // what is cut off must not panic
	}
}

// A repair stream's packets are the lost ones under another number (RFC 4588 section 4).
func TestRepairStream(t *testing.T) {
	f := &outflow{source: source{100, 200}, line: line{repair: 97}, repairs: 5}
	p := rtp.Packet{Header: rtp.Header{Version: 2, Marker: true, PayloadType: 96, SequenceNumber: 4711, Timestamp: 9, SSRC: 100}, Payload: []byte("picture")}
	if err := p.SetExtension(3, []byte{1, 2}); err != nil {
		t.Fatal(err)
	}
	kept, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	var out rtp.Packet
	if err := out.Unmarshal(f.wrapped(nil, kept)); err != nil {
		t.Fatal(err)
	}
	if out.SSRC != 200 || out.PayloadType != 97 || out.SequenceNumber != 5 || out.Timestamp != 9 || !out.Marker || string(out.Payload) != "\x12\x67picture" || out.GetExtension(3) == nil {
		t.Errorf("%+v %q", out.Header, out.Payload)
	}
	v := newViewer(nil, answer{lines: []line{{video: true, taken: true, media: 96, repair: 97, ssrc: 100, rtx: 200, nack: true}}})
	v.link = &link{field: &Field{}}
	for _, seq := range []uint16{4710, 4712} {
		q := p
		q.SequenceNumber = seq
		b, _ := q.Marshal()
		v.media(b, noon)
	}
	b, _ := out.Marshal()
	v.media(b, noon)
	if _, missing := v.Gaps(); missing != 0 || v.flows[0].repaired != 1 || len(v.flows) != 1 {
		t.Errorf("%d missing, %+v", missing, v.flows[0])
	}
}

func TestChecks(t *testing.T) {
	c := checks{local: credentials{ufrag: "us"}, remote: credentials{ufrag: "them", password: "secret"}}
	raw, err := c.request(noon)
	if err != nil {
		t.Fatal(err)
	}
	m := &stun.Message{Raw: raw}
	var user stun.Username
	if err := m.Decode(); err != nil || user.GetFrom(m) != nil || user.String() != "them:us" || !m.Contains(stun.AttrUseCandidate) {
		t.Fatal(m, err)
	}
	if err := stun.NewShortTermIntegrity("secret").Check(m); err != nil {
		t.Error(err)
	}
	if again := c.next.Sub(noon); again != firstCheck {
		t.Error("repeated after", again)
	}
	answerWith := func(password string) []byte {
		a, err := stun.Build(m, stun.BindingSuccess, stun.NewShortTermIntegrity(password), stun.Fingerprint)
		if err != nil {
			t.Fatal(err)
		}
		return a.Raw
	}
	if c.answered(answerWith("guess")) || c.nominated {
		t.Error("an answer of somebody else")
	}
	if !c.answered(answerWith("secret")) || c.answered(answerWith("secret")) {
		t.Error("the first good answer counts, once")
	}
	if _, err := c.request(noon); err != nil || c.next.Sub(noon) != consentEvery {
		t.Error("consent after", c.next.Sub(noon), err)
	}
}

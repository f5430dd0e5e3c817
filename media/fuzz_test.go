package media

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// collector is a receiver's end without a network: it keeps what would go out, to be checked.
type collector struct {
	t    *testing.T
	sent map[uint16]string
}

func (c *collector) WriteRTP(h *rtp.Header, payload []byte) (int, error) {
	text, again := c.sent[h.SequenceNumber]
	if again && text != string(payload) {
		c.t.Fatalf("number %d went out with two texts", h.SequenceNumber)
	}
	if h.Extension || len(h.CSRC) > 0 || h.Padding {
		c.t.Fatal("something of the publisher's header was forwarded")
	}
	c.sent[h.SequenceNumber] = string(payload)
	return len(payload), nil
}

func (c *collector) Write([]byte) (int, error) { return 0, nil }

// stage is one source and one receiver's outlet as the product wires them, without connections.
func stage(t *testing.T, kind sourceKind, slot int) (*source, *outlet, *binding) {
	n := &Node{opts: withDefaults(Options{Clock: time.Now}), dirty: map[*room]struct{}{}, wake: make(chan struct{}, 1)}
	r := newRoom(n, "r")
	p := &publisher{conn: &conn{room: r, pass: "p"}}
	s := newSource(p, kind)
	s.layer = newLayer(kind.video(), func() {})
	s.granted.Store(true)
	p.sources[kind] = s
	o := &outlet{index: slot, now: time.Now, listening: true, scratch: make([]byte, maxPacket), fail: func(v any) { t.Fatal(v) }}
	o.rw = newRewriter(s.layer.clock, 0, 0)
	b := &binding{writer: &collector{t: t, sent: map[uint16]string{}}, ssrc: 7, pt: 96}
	o.bound.Store(b)
	o.aim(s.layer)
	return s, o, b
}

// split cuts fuzz input into packets by length bytes.
func split(b []byte) (all [][]byte) {
	for len(b) > 0 {
		n := min(int(b[0]), len(b)-1)
		all = append(all, b[1:1+n])
		b = b[1+n:]
	}
	return all
}

func joined(packets ...[]byte) (b []byte) {
	for _, p := range packets {
		b = append(append(b, byte(len(p))), p...)
	}
	return b
}

func marshal(t testing.TB, p interface{ Marshal() ([]byte, error) }) []byte {
	t.Helper()
	b, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func rtpSeeds(t testing.TB) []byte {
	var all [][]byte
	for i := range uint16(3) {
		f := frame(65534+i, 3000*uint32(i), 32766+i, i == 0)
		all = append(all, marshal(t, &rtp.Packet{
			Header:  rtp.Header{Version: 2, PayloadType: 96, SequenceNumber: f.seq, Timestamp: f.ts, Marker: true},
			Payload: f.payload,
		}))
	}
	return joined(all...)
}

// The loop itself looks at the right: even an outlet that still listens gets nothing.
func TestPacketLoopDropsWhatIsNotGranted(t *testing.T) {
	s, o, _ := stage(t, camera, firstCamera)
	var h rtp.Header
	packets := split(rtpSeeds(t))
	s.receive(packets[0], &h, 96, 0)
	s.granted.Store(false)
	s.receive(packets[1], &h, 96, 0)
	if o.packets != 1 {
		t.Fatalf("%d packets went out instead of 1", o.packets)
	}
}

// Whatever a publisher encrypts for us goes through rights, parser, ring, rewriter and outlet.
func FuzzRTP(f *testing.F) {
	f.Add(rtpSeeds(f), true)
	f.Add(joined([]byte{0xa0, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 5}), true)                      // padding longer than the payload
	f.Add(joined([]byte{0x90, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0xbe, 0xde, 0xff, 0xff}), true) // extension beyond the end
	f.Add(joined([]byte{0x90, 111, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0xbe, 0xde, 0, 1, 0x10, 0x94, 0, 0, 1}), false)
	f.Fuzz(func(t *testing.T, input []byte, video bool) {
		kind, slot := microphone, 0
		if video {
			kind, slot = camera, firstCamera
		}
		s, _, _ := stage(t, kind, slot)
		var h rtp.Header
		seen := map[[2]byte]bool{}
		for _, b := range split(input) {
			if len(b) >= 4 {
				if seq := [2]byte(b[2:4]); seen[seq] { // SRTP's replay protection lets each number through once
					continue
				} else {
					seen[seq] = true
				}
			}
			s.receive(b, &h, 96, 1)
		}
	})
}

// Whatever a receiver or a publisher says about the streams, and in between packets flow.
func FuzzRTCP(f *testing.F) {
	for _, p := range []rtcp.Packet{
		&rtcp.TransportLayerNack{MediaSSRC: 7, Nacks: []rtcp.NackPair{{PacketID: 1, LostPackets: 0xffff}}},
		&rtcp.PictureLossIndication{MediaSSRC: 7},
		&rtcp.FullIntraRequest{MediaSSRC: 7, FIR: []rtcp.FIREntry{{SSRC: 7}}},
		&rtcp.SenderReport{SSRC: 0, NTPTime: 1 << 63, RTPTime: 9},
		&rtcp.Goodbye{Sources: []uint32{7}},
	} {
		f.Add(marshal(f, p))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, o, b := stage(t, camera, firstCamera)
		var h rtp.Header
		for _, packet := range split(rtpSeeds(t)) {
			s.receive(packet, &h, 96, 0)
			o.feedback(raw, b)
			s.hearRTCP(raw)
			o.report(time.Now())
		}
	})
}

var _ webrtc.TrackLocalWriter = (*collector)(nil)

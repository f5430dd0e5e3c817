package media

import (
	"encoding/binary"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// Header extensions of the stage's publisher, see newPublisherOf.
const (
	midID      = 2
	ridID      = 3
	repairedID = 4
	arrivalID  = 5
)

// named is a packet of one SSRC with header extensions, each a pair of id and text.
func named(t testing.TB, ssrc uint32, pt uint8, p packet, extensions ...any) []byte {
	t.Helper()
	h := rtp.Header{Version: 2, PayloadType: pt, SSRC: ssrc, SequenceNumber: p.seq, Timestamp: p.ts, Marker: p.marker}
	for i := 0; i < len(extensions); i += 2 {
		if err := h.SetExtension(uint8(extensions[i].(int)), []byte(extensions[i+1].(string))); err != nil {
			t.Fatal(err)
		}
	}
	return marshal(t, &rtp.Packet{Header: h, Payload: p.payload})
}

// repairOf is the packet in a repair stream.
func repairOf(p packet, number uint16) packet {
	p.payload = append(binary.BigEndian.AppendUint16(nil, p.seq), p.payload...)
	p.seq = number
	return p
}

func TestStreamsFindTheirLayers(t *testing.T) {
	s, _, _ := stage(t, camera, firstCamera, 0)
	p := s.pub
	p.offer.announced = []announced{{ssrc: 50, kind: screen}, {51, screen, 50}, {ssrc: 52, kind: microphone}}
	f := frame(1, 3000, 1, true)
	for _, c := range []struct {
		what   string
		packet []byte
		layer  *layer // nil: forgotten
		placed bool
	}{
		{"a mid that is none", named(t, 20, 96, f, midID, "9"), nil, false},
		{"no name at all", named(t, 20, 96, f), nil, false},
		{"another codec", named(t, 20, 98, f, midID, "2"), nil, false},
		{"an encoding without its rid", named(t, 20, 96, f, midID, "1"), nil, false},
		{"a rid that is none", named(t, 20, 96, f, midID, "1", ridID, "x"), nil, false},
		{"an encoding", named(t, 20, 96, f, midID, "1", ridID, "h"), s.layers[1], true},
		{"the repairs of one", named(t, 21, 97, f, midID, "1", repairedID, "q"), s.layers[0], true},
		{"a second stream of an encoding", named(t, 22, 96, f, midID, "1", ridID, "h"), nil, true},
		{"a screen by its mid", named(t, 53, 96, f, midID, "2"), p.sources[screen].layers[0], true},
		{"an announced one on a line that is taken", named(t, 50, 96, f), nil, true},
		{"announced repairs of what is forgotten", named(t, 51, 97, f), nil, true},
		{"an announced voice", named(t, 52, 96, f), p.sources[microphone].layers[0], true},
	} {
		hears(p, c.packet, time.Now())
		in := p.known(binary.BigEndian.Uint32(c.packet[8:]))
		if (in != nil) != c.placed || in != nil && in.layer != c.layer {
			t.Errorf("%s: %+v", c.what, in)
		}
	}
}

// Firefox announces the repairs of its encodings by FID groups; they need no name in the packet.
func TestAnnouncedRepairsFollowTheirEncoding(t *testing.T) {
	s, _, _ := stage(t, camera, firstCamera, 0)
	s.pub.offer.announced = []announced{{ssrc: 20, kind: camera}, {21, camera, 20}}
	f := frame(1, 3000, 1, true)
	hears(s.pub, named(t, 20, 96, f, midID, "1", ridID, "h"), time.Now())
	hears(s.pub, named(t, 21, 97, repairOf(f, 1)), time.Now())
	if in := s.pub.known(21); in == nil || in.layer != s.layers[1] || !in.repairs {
		t.Fatalf("%+v", in)
	}
}

// A packet that was lost comes back in the repair stream and fills its gap, once, and nobody asks for it any more. An empty
// repair is a probe and carries nothing.
func TestRepairFillsTheGap(t *testing.T) {
	s, v, c := stage(t, camera, firstCamera, 0)
	l, now := s.layers[0], time.Now()
	for _, seq := range []uint16{65534, 65535, 1} {
		hears(s.pub, named(t, testSSRC, 96, frame(seq, 3000*uint32(seq), seq, seq == 65534)), now)
	}
	if len(l.misses.list) != 1 || l.misses.list[0].seq != 0 {
		t.Fatalf("misses %v", l.misses.list)
	}
	again := repairOf(frame(0, 0, 0, false), 700)
	repair := named(t, 8, 97, again, midID, "1", repairedID, "q")
	hears(s.pub, repair, now)
	hears(s.pub, repair, now)
	hears(s.pub, named(t, 8, 97, packet{seq: 701}, midID, "1", repairedID, "q"), now)
	hears(s.pub, named(t, 8, 97, packet{seq: 702, payload: []byte{0, 9}}), now)
	if len(l.misses.list) != 0 {
		t.Errorf("still waits for %v", l.misses.list)
	}
	if got := v.outlets[firstCamera].packets; got != 4 || len(c.sent) != 4 {
		t.Errorf("%d packets went out", got)
	}
	if k := l.ring.at(0); k == nil || !slices.Equal(k.payload, again.payload[2:]) {
		t.Errorf("the ring holds %+v", k)
	}
}

// Chromium says goodbye for every encoding that it switches off. The person leaves the slot with the last one.
func TestGoodbyes(t *testing.T) {
	s, _, _ := stage(t, camera, firstCamera, 0)
	now := time.Now()
	hears(s.pub, named(t, testSSRC, 96, frame(1, 0, 1, true)), now)
	hears(s.pub, named(t, 9, 96, frame(1, 0, 1, true), midID, "1", ridID, "h"), now)
	goodbye := func(ssrc uint32) { s.pub.hearRTCP(marshal(t, &rtcp.Goodbye{Sources: []uint32{ssrc}})) }
	goodbye(12345)
	goodbye(9)
	if !s.live.Load() || s.layers[1].flows(now) || !s.layers[0].flows(now) {
		t.Fatal("the goodbye of one encoding was taken for more")
	}
	r := s.pub.room
	r.members["p"] = &member{pass: "p", right: all, publisher: s.pub}
	goodbye(testSSRC)
	r.tick(now)
	if s.live.Load() {
		t.Fatal("the source is still on")
	}
}

// Who says goodbye and goes on, again and again, moves people no more often than the room's own time does.
func TestGoodbyesWithoutEnd(t *testing.T) {
	s, _, _ := stage(t, camera, firstCamera, 0)
	r, now := s.pub.room, time.Now()
	r.members["p"] = &member{pass: "p", right: all, publisher: s.pub}
	for seq := range uint16(20) {
		hears(s.pub, named(t, testSSRC, 96, frame(seq, 0, seq, true)), now)
		s.pub.hearRTCP(marshal(t, &rtcp.Goodbye{Sources: []uint32{testSSRC}}))
	}
	if r.order != 1 {
		t.Errorf("came up %d times", r.order)
	}
	r.tick(now)
	if s.live.Load() {
		t.Error("the last goodbye was overheard")
	}
}

// A packet that was there is no sign of life: it neither brings a source up nor keeps it, and is not heard again.
func TestRepeatedPacketsAreNoLife(t *testing.T) {
	s, _, _ := stage(t, microphone, 0, 0)
	r, now := s.pub.room, time.Now()
	r.members["p"] = &member{pass: "p", right: all, publisher: s.pub}
	voice := named(t, testSSRC, 96, packet{seq: 1, payload: []byte("voice")}, 1, "\x14")
	hears(s.pub, voice, now)
	r.tick(now)
	level := s.loud.at(now, now.UnixNano())
	for range 40 {
		now = now.Add(100 * time.Millisecond)
		hears(s.pub, voice, now)
	}
	if got := s.loud.level.Load() / 256; got != int32(level) {
		t.Errorf("heard as loud as %d, before %d", got, level)
	}
	r.tick(now.Add(time.Second))
	hears(s.pub, voice, now)
	if s.live.Load() {
		t.Error("it lives on")
	}
}

// What a report says of 20 numbers over the wrap, three of which never came and one of which came twice.
func TestReception(t *testing.T) {
	var r reception
	now := time.Unix(1000, 0)
	if _, ok := r.report(7, now); ok {
		t.Fatal("a report of nothing")
	}
	for i := range uint16(20) {
		if i%5 != 3 || i > 15 {
			r.count(65530+i, 3000*uint32(i), 3000*uint32(i)+77)
		}
	}
	r.reported, r.reportedAt = 0xabcd, now.Add(-1500*time.Millisecond)
	b, ok := r.report(7, now)
	want := rtcp.ReceptionReport{SSRC: 7, LastSequenceNumber: 1<<16 + 13, FractionLost: 3 * 256 / 20, TotalLost: 3, LastSenderReport: 0xabcd, Delay: 3 << 15}
	if !ok || b != want {
		t.Fatalf("%+v", b)
	}
	if _, ok := r.report(7, now); ok {
		t.Fatal("a report of a second in which nothing came")
	}
	for i := range uint16(16) {
		r.count(14+i, 3000*uint32(20+i), 3000*uint32(20+i)+77+800*uint32(i&1)) // every other one late by 800
	}
	b, _ = r.report(7, now)
	if b.FractionLost != 0 || b.TotalLost != 3 || b.Jitter < 400 || b.Jitter > 800 {
		t.Fatalf("%+v", b)
	}
}

// The client hears of every packet when it came, and once a second how many were lost.
func TestPublisherIsToldWhatArrived(t *testing.T) {
	t.Parallel()
	n := testNode(t, Options{}, "bob")
	p := senderPeer(t, clientWith(t, func(*webrtc.SettingEngine) {}, sdp.TransportCCURI))
	if err := connectPeer(t, p, n.Send, "r", "bob"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "bob sends", p.connected)
	tt, number := p.tracks[camera], uint16(65500)
	var id uint8
	for _, e := range tt.sender.GetParameters().HeaderExtensions {
		if e.URI == sdp.TransportCCURI {
			id = uint8(e.ID)
		}
	}
	const count = 120
	for i := range uint16(count) {
		h := rtp.Header{Version: 2, Marker: true, SequenceNumber: 100 + i, Timestamp: 3000 * uint32(i)}
		if err := h.SetExtension(id, binary.BigEndian.AppendUint16(nil, number+i)); err != nil {
			t.Fatal(err)
		}
		if i%40 != 20 { // three are lost
			p.write(tt, &rtp.Packet{Header: h, Payload: frame(i, 0, i, i == 0).payload})
		}
		time.Sleep(2 * time.Millisecond)
	}
	eventually(t, "word of every packet", func() bool {
		arrived, _ := toldOf(tt.told())
		return len(arrived) == count-3
	})
	eventually(t, "a report", func() bool {
		_, report := toldOf(tt.told())
		return report.LastSequenceNumber == 100+count-1 && report.TotalLost == 3
	})
	arrived, report := toldOf(tt.told())
	if arrived[number+20] || !arrived[number+count-1] || report.SSRC != uint32(tt.sender.GetParameters().Encodings[0].SSRC) {
		t.Errorf("report %+v", report)
	}
}

// toldOf reads feedback: transport-wide numbers that arrived, and the last report.
func toldOf(all []rtcp.Packet) (arrived map[uint16]bool, last rtcp.ReceptionReport) {
	arrived = map[uint16]bool{}
	for _, packet := range all {
		switch q := packet.(type) {
		case *rtcp.ReceiverReport:
			for _, b := range q.Reports {
				last = b
			}
		case *rtcp.TransportLayerCC:
			number := q.BaseSequenceNumber
			for _, chunk := range q.PacketChunks {
				symbols := []uint16{}
				switch x := chunk.(type) {
				case *rtcp.RunLengthChunk:
					symbols = slices.Repeat([]uint16{x.PacketStatusSymbol}, int(x.RunLength))
				case *rtcp.StatusVectorChunk:
					symbols = x.SymbolList
				}
				for _, symbol := range symbols {
					if symbol != rtcp.TypeTCCPacketNotReceived {
						arrived[number] = true
					}
					number++
				}
			}
		}
	}
	return arrived, last
}

// Clients that cannot do AES-GCM are heard and seen, too.
func TestSecondCipher(t *testing.T) {
	t.Parallel()
	n := testNode(t, Options{}, "ada", "bob")
	in := receive(t, n, "ada")
	out := senderPeer(t, clientWith(t, func(s *webrtc.SettingEngine) { s.SetSRTPProtectionProfiles(0x0001) }))
	if err := connectPeer(t, out, n.Send, "r", "bob"); err != nil {
		t.Fatal(err)
	}
	out.filming(camera, "x")
	stream(t, func() { out.speak(microphone, 20, "v") })
	eventually(t, "both", func() bool { return out.connected() && len(in.slot(firstCamera)) > 5 && len(in.slot(0)) > 5 })
	if got := cipher(out); got != 1 {
		t.Errorf("cipher %d", got)
	}
}

// Over UDP a publisher has no goroutine, once its handshake is settled.
func TestPublisherHasNoGoroutine(t *testing.T) {
	n := testNode(t, Options{}, "bob")
	out := send(t, n, "bob")
	out.filming(camera, "x")
	stacks := make([]byte, 4<<20)
	eventually(t, "the handshake is settled", func() bool {
		all := string(stacks[:runtime.Stack(stacks, true)])
		return !slices.ContainsFunc(strings.Split(all, "\n\n"), func(s string) bool {
			return strings.Contains(s, "foyer/media/lite.") && !strings.Contains(s, "media.(*reader).run") && !strings.Contains(s, "media.(*Node).run")
		})
	})
}

// The rest of a frame may never come: what is there leaves without it, but not before what came with it has been looked at.
func TestUnfinishedFrameLeaves(t *testing.T) {
	s, v, _ := stage(t, camera, firstCamera, 0)
	sent := func() uint32 {
		v.shard.mu.Lock()
		defer v.shard.mu.Unlock()
		return v.outlets[firstCamera].packets
	}
	n := s.pub.room.node
	for seq := range uint16(3) {
		f := frame(seq, 0, 0, seq == 0)
		f.marker = seq == 1
		hears(s.pub, named(t, testSSRC, 96, f), time.Now())
	}
	if got := sent(); got != 2 {
		t.Fatalf("%d packets of a whole frame went out", got)
	}
	n.unfinished.rest()
	eventually(t, "the third packet leaves", func() bool { return sent() == 3 })
	eventually(t, "nothing waits", func() bool { return !n.unfinished.some.Load() })
}

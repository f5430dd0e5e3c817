package media

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// rids of a test camera, the smallest picture first, and the heights its key frames tell.
var (
	rids    = []string{"q", "h", "f"}
	heights = []uint16{180, 360, 720}
)

// encodings is a camera with simulcast: one test track for each rid.
type encodings struct {
	t      *testing.T
	tracks []*testTrack
	mid    string
}

// simulcastPeer is a sender whose camera line has three encodings.
func simulcastPeer(t *testing.T, n *Node, pass string) (*peer, *encodings) {
	t.Helper()
	api := clientWith(t, func(*webrtc.SettingEngine) {}, sdp.SDESMidURI, sdp.SDESRTPStreamIDURI)
	p := senderPeer(t, api)
	tr := p.pc.GetTransceivers()[camera]
	c := &encodings{t: t}
	for i, rid := range rids {
		track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: videoClock}, "camera", "s", webrtc.WithRTPStreamID(rid))
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			err = tr.Sender().ReplaceTrack(track)
		} else {
			err = tr.Sender().AddEncoding(track)
		}
		if err != nil {
			t.Fatal(err)
		}
		c.tracks = append(c.tracks, &testTrack{TrackLocalStaticRTP: track, sender: tr.Sender(), seq: uint16(1000 * i), ts: uint32(77777 * i)})
	}
	if err := connectPeer(t, p, n.Send, "r", pass); err != nil {
		t.Fatal(err)
	}
	eventually(t, pass+" sends", p.connected)
	for i, rid := range rids {
		go c.countRequests(i, rid)
	}
	c.mid = tr.Mid()
	return p, c
}

func (c *encodings) countRequests(i int, rid string) {
	tt := c.tracks[i]
	for {
		packets, _, err := tt.sender.ReadSimulcastRTCP(rid)
		if err != nil {
			return
		}
		tt.mu.Lock()
		for _, p := range packets {
			if pli, ok := p.(*rtcp.PictureLossIndication); ok && pli.MediaSSRC == uint32(tt.sender.GetParameters().Encodings[i].SSRC) {
				tt.plis++
			}
		}
		tt.mu.Unlock()
	}
}

// show sends one frame of one packet in encoding i: temporal layers 0 2 1 2, as browsers send them.
func (c *encodings) show(i int, key bool) {
	tt := c.tracks[i]
	tt.seq++
	tt.ts += 3000
	temporal := []uint8{0, 2, 1, 2}[tt.seq%4]
	if key {
		temporal = 0
	}
	h := rtp.Header{Version: 2, Marker: true, SequenceNumber: tt.seq, Timestamp: tt.ts}
	for _, e := range tt.sender.GetParameters().HeaderExtensions {
		switch e.URI {
		case sdp.SDESMidURI:
			_ = h.SetExtension(uint8(e.ID), []byte(c.mid))
		case sdp.SDESRTPStreamIDURI:
			_ = h.SetExtension(uint8(e.ID), []byte(rids[i]))
		}
	}
	f := layered(tt.seq, tt.ts, tt.seq&0x7fff, temporal, true)
	payload := append([]byte(nil), f.payload...)
	if key {
		payload = append(payload[:6], 0, 0, 0, 0x9d, 0x01, 0x2a, 0, 0, byte(heights[i]), byte(heights[i]>>8))
	}
	payload = append(payload, "layer "+rids[i]...)
	payload = append(payload, make([]byte, 100<<i)...) // larger pictures cost more
	if err := tt.WriteRTP(&rtp.Packet{Header: h, Payload: payload}); err != nil {
		c.t.Error(err)
	}
}

// film sends all encodings; each answers requests with key frames and makes none unasked but its first.
func (c *encodings) film(which ...int) (stop func()) {
	answered := []int{-1, -1, -1}
	return stream(c.t, func() {
		for _, i := range which {
			n := c.tracks[i].requests()
			c.show(i, n != answered[i])
			answered[i] = n
		}
	})
}

// layers are the encodings of a slot's packets, in order, without repetitions.
func layersSeen(packets []rtp.Packet) (seen []string) {
	for _, p := range packets {
		for _, rid := range rids {
			if strings.Contains(string(p.Payload), "layer "+rid) && (len(seen) == 0 || seen[len(seen)-1] != rid) {
				seen = append(seen, rid)
			}
		}
	}
	return seen
}

func tiles(height int) View {
	return View{Tiles: map[int]Tile{firstCamera: {Width: height * 16 / 9, Height: height}}}
}

func TestLayerFollowsTheTile(t *testing.T) {
	t.Parallel()
	n := testNode(t, Options{}, "ada", "bob")
	in := receive(t, n, "ada")
	_, c := simulcastPeer(t, n, "bob")
	c.film(0, 1, 2)
	last := func() string {
		if seen := layersSeen(in.slot(firstCamera)); len(seen) > 0 {
			return seen[len(seen)-1]
		}
		return ""
	}
	eventually(t, "the middle picture, while nobody said how large it is shown", func() bool { return last() == "h" })
	for _, step := range []struct {
		height int
		want   string
	}{{150, "q"}, {700, "f"}, {300, "h"}} {
		if err := n.View("r", "ada", in.id, tiles(step.height)); err != nil {
			t.Fatal(err)
		}
		eventually(t, "layer "+step.want, func() bool { return last() == step.want })
	}
	if err := n.View("r", "ada", "another", tiles(1)); err != ErrNoConnection {
		t.Errorf("a view of no connection: %v", err)
	}
	unbroken(t, in.slot(firstCamera))
}

// unbroken checks that a slot is one endless stream: numbers, clock and picture ids go on by steps, and every change of
// layer begins with a key frame.
func unbroken(t *testing.T, packets []rtp.Packet) {
	t.Helper()
	for i, p := range packets[1:] {
		was := packets[i]
		if p.SequenceNumber != was.SequenceNumber+1 || p.SSRC != was.SSRC {
			t.Fatalf("packet %d: number %d after %d, ssrc %d after %d", i+1, p.SequenceNumber, was.SequenceNumber, p.SSRC, was.SSRC)
		}
		if step := p.Timestamp - was.Timestamp; step == 0 || step > 2*videoClock {
			t.Fatalf("packet %d: the clock jumps by %d", i+1, step)
		}
		d, _ := parseVP8(p.Payload)
		b, _ := parseVP8(was.Payload)
		if step := d.numbers(p.Payload).picture - b.numbers(was.Payload).picture; step&0x7fff != 1 {
			t.Fatalf("packet %d: the picture number jumps by %d", i+1, step)
		}
		if change := layersSeen(packets[i : i+2]); len(change) == 2 && !d.keyStart(p.Payload) {
			t.Fatalf("packet %d: from %s to %s without a key frame", i+1, change[0], change[1])
		}
	}
}

func TestWhatIsNotShownIsNotSent(t *testing.T) {
	t.Parallel()
	n := testNode(t, Options{}, "ada", "bob")
	in, out := receive(t, n, "ada"), send(t, n, "bob")
	out.filming(camera, "x")
	stream(t, func() { out.speak(microphone, 20, "v") })
	eventually(t, "both", func() bool { return len(in.slot(firstCamera)) > 3 && len(in.slot(0)) > 3 })
	if err := n.View("r", "ada", in.id, View{}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(20 * time.Millisecond) // what was in the socket by then may arrive; nothing to wait for
	before, heard := len(in.slot(firstCamera)), len(in.slot(0))
	eventually(t, "the voice goes on", func() bool { return len(in.slot(0)) > heard+20 })
	if got := len(in.slot(firstCamera)); got != before {
		t.Fatalf("%d packets came that nobody sees", got-before)
	}
	if got := n.Slots("r", "ada")[firstCamera]; got.Pass != "bob" || got.Paused {
		t.Fatalf("the slot says %+v", got)
	}
	if err := n.View("r", "ada", in.id, tiles(200)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the picture is back", func() bool { return len(in.slot(firstCamera)) > before+3 })
}

// An encoder that gives up its large pictures (a narrow line of the publisher's) does not leave anybody in the dark.
func TestLayerThatStopsIsReplaced(t *testing.T) {
	t.Parallel()
	n := testNode(t, Options{}, "ada", "bob")
	in := receive(t, n, "ada")
	_, c := simulcastPeer(t, n, "bob")
	stop := c.film(0, 1, 2)
	last := func() string {
		seen := layersSeen(in.slot(firstCamera))
		if len(seen) == 0 {
			return ""
		}
		return seen[len(seen)-1]
	}
	if err := n.View("r", "ada", in.id, tiles(700)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the large picture", func() bool { return last() == "f" })
	stop()
	c.film(0)
	eventually(t, "the small one", func() bool { return last() == "q" })
}

// Who comes in gets the newest key frame at once; the publisher is asked for nothing.
func TestNewcomerGetsTheLastKeyFrame(t *testing.T) {
	t.Parallel()
	n := testNode(t, Options{}, "ada", "bob", "eve")
	first, out := receive(t, n, "ada"), send(t, n, "bob")
	out.filming(camera, "x")
	eventually(t, "video", func() bool { return len(first.slot(firstCamera)) > 5 })
	asked := out.tracks[camera].requests()
	in := receive(t, n, "eve")
	eventually(t, "video for the newcomer", func() bool { return len(in.slot(firstCamera)) > 5 })
	if p := in.slot(firstCamera)[0]; p.Payload[4]&1 != 0 {
		t.Error("the first packet is no key frame")
	}
	if now := out.tracks[camera].requests(); now != asked {
		t.Errorf("%d key frames were asked for", now-asked)
	}
	was, now := first.slot(firstCamera), in.slot(firstCamera)
	if !slices.Equal(was[0].Payload[4:], now[0].Payload[4:]) {
		t.Error("the newcomer began with another frame")
	}
}

// A slot that showed somebody until now waits for a new key frame rather than pushing its clock ahead by an old one's age.
func TestReplayDoesNotPushTheClock(t *testing.T) {
	s, v, _ := stage(t, camera, firstCamera, 0)
	now := v.room.node.opts.Clock()
	o, l := v.outlets[firstCamera], s.layers[0]
	for i := range uint16(3) {
		l.forward(frame(i, 3000*uint32(i), i, i == 0), now)
	}
	v.shard.mu.Lock()
	defer v.shard.mu.Unlock()
	o.cut()
	o.rw.lastAt = now.Add(900 * time.Millisecond)
	o.awaken(now.Add(time.Second))
	if o.current != nil {
		t.Fatal("replayed a key frame of a second ago behind a picture of a tenth of a second ago")
	}
	o.rw.lastAt = now.Add(-time.Second)
	o.awaken(now.Add(time.Second))
	if o.current != l {
		t.Fatal("a slot that was dark for long got nothing")
	}
}

// The first packet of a key frame was lost and comes as a repair, behind the rest of its frame: the slot begins with the
// whole frame.
func TestKeyFrameWhoseStartComesLate(t *testing.T) {
	s, v, c := stage(t, camera, firstCamera, 0)
	now := v.room.node.opts.Clock()
	l := s.layers[0]
	piece := func(seq uint16, start, end bool) packet {
		p := []byte{0x80, 0x80, 0x80, 7, 0, 1, 2}
		if start {
			p[0] = 0x90
		}
		d := described(packet{seq: seq, ts: 3000, marker: end, payload: p})
		d.key = start
		return d
	}
	l.forward(frame(9, 0, 6, false), now)
	l.forward(piece(11, false, false), now)
	l.forward(piece(12, false, true), now)
	l.forward(frame(13, 6000, 8, false), now)
	if n := v.outlets[firstCamera].packets; n != 0 {
		t.Fatalf("%d packets went out before a key frame", n)
	}
	l.forward(piece(10, true, false), now.Add(50*time.Millisecond))
	l.flushNow()
	if len(c.sent) != 4 {
		t.Fatalf("%d packets went out instead of the frame's three and the one behind it", len(c.sent))
	}
	if v.outlets[firstCamera].current != l {
		t.Fatal("the slot has not begun")
	}
}

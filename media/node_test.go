package media

import (
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

func TestTwoPeopleHearAndSeeEachOther(t *testing.T) {
	t.Parallel()
	n := testNode(t, Options{}, "ada", "bob")
	aIn, bIn, aOut, bOut := receive(t, n, "ada"), receive(t, n, "bob"), send(t, n, "ada"), send(t, n, "bob")
	for p, name := range map[*peer]string{aOut: "ada", bOut: "bob"} {
		p.filming(camera, name+"'s face")
		stream(t, func() { p.speak(microphone, 20, name+"'s voice") })
	}
	for p, other := range map[*peer]string{aIn: "bob", bIn: "ada"} {
		eventually(t, "voice of "+other, func() bool { return texts(p.slot(0), 0)[other+"'s voice"] > 5 })
		eventually(t, "face of "+other, func() bool { return texts(p.slot(firstCamera), 5)[other+"'s face"] > 5 })
		for i := range slotCount {
			if i != 0 && i != firstCamera && len(p.slot(i)) > 0 {
				t.Errorf("slot %d carries something", i)
			}
		}
		if first := p.slot(firstCamera)[0]; first.Payload[4]&1 != 0 {
			t.Error("the first packet of the camera is not a key frame")
		}
	}
	for _, p := range []*peer{aIn, bIn, aOut, bOut} {
		if got := cipher(p); got != 7 {
			t.Errorf("cipher %d instead of AEAD_AES_128_GCM (7)", got)
		}
	}
	want := Slot{Slot: firstCamera, Kind: "camera", Pass: "bob"}
	if got := n.Slots("r", "ada"); !slices.Contains(got, want) || !slices.Contains(got, Slot{Slot: 0, Kind: "voice", Pass: "bob"}) {
		t.Errorf("slot map of ada: %v", got)
	}
	eventually(t, "sender reports for voice and face", func() bool {
		aIn.mu.Lock()
		defer aIn.mu.Unlock()
		ssrcs := map[uint32]bool{}
		for _, p := range aIn.rtc {
			if sr, ok := p.(*rtcp.SenderReport); ok && sr.PacketCount > 0 {
				ssrcs[sr.SSRC] = true
			}
		}
		return len(ssrcs) == 2
	})
}

func TestSlotChangesPersonWithoutABreak(t *testing.T) {
	t.Parallel()
	n := testNode(t, Options{}, "eve", "ada", "bob")
	in, a, b := receive(t, n, "eve"), send(t, n, "ada"), send(t, n, "bob")
	stopA := a.filming(screen, "A")
	eventually(t, "ada's screen", func() bool { return texts(in.slot(screenSlot), 5)["A"] > 3 })
	b.filming(screen, "B")
	eventually(t, "bob's screen", func() bool { return texts(in.slot(screenSlot), 5)["B"] > 3 })
	stopA()
	packets := in.slot(screenSlot)
	for i, p := range packets[1:] {
		was := packets[i]
		if p.SequenceNumber != was.SequenceNumber+1 || p.SSRC != was.SSRC {
			t.Fatalf("packet %d: number %d after %d, ssrc %d after %d", i+1, p.SequenceNumber, was.SequenceNumber, p.SSRC, was.SSRC)
		}
		if step := p.Timestamp - was.Timestamp; step == 0 || step > 2*videoClock {
			t.Fatalf("packet %d: the clock jumps by %d", i+1, step)
		}
		if string(was.Payload[5:]) == "A" && string(p.Payload[5:]) == "B" && p.Payload[4]&1 != 0 {
			t.Fatal("the switch is not at a key frame")
		}
		d, _ := parseVP8(p.Payload)
		if step := d.numbers(p.Payload).picture - d.numbers(was.Payload).picture; step&0x7fff != 1 {
			t.Fatalf("packet %d: the picture number jumps by %d", i+1, step)
		}
	}
}

func TestRightsDroppedStopPackets(t *testing.T) {
	t.Parallel()
	n := testNode(t, Options{}, "ada", "bob")
	in, out := receive(t, n, "ada"), send(t, n, "bob")
	out.filming(camera, "x")
	stream(t, func() { out.speak(microphone, 20, "v") })
	eventually(t, "both", func() bool { return len(in.slot(firstCamera)) > 3 && len(in.slot(0)) > 3 })
	n.SetRights("r", map[string]Right{"ada": all, "bob": {Microphone: true}})
	if got := n.Slots("r", "ada")[firstCamera].Pass; got != "" {
		t.Fatalf("the slot still shows %q", got)
	}
	time.Sleep(20 * time.Millisecond) // what was in the socket by then may arrive; nothing to wait for
	before, heard := len(in.slot(firstCamera)), len(in.slot(0))
	eventually(t, "the voice goes on", func() bool { return len(in.slot(0)) > heard+20 })
	if got := len(in.slot(firstCamera)); got != before {
		t.Fatalf("%d packets came after the right was gone", got-before)
	}
	n.SetRights("r", everybody("ada", "bob"))
	eventually(t, "the camera is back", func() bool { return len(in.slot(firstCamera)) > before+3 })
}

func TestAbsentPassIsClosedAndCannotComeBack(t *testing.T) {
	t.Parallel()
	n := testNode(t, Options{}, "ada", "bob")
	in, out := receive(t, n, "bob"), send(t, n, "bob")
	n.SetRights("r", everybody("ada"))
	for _, p := range []*peer{in, out} {
		eventually(t, "closed", func() bool { return p.pc.ConnectionState() == webrtc.PeerConnectionStateClosed })
	}
	api := clientAPI(t)
	if err := connectPeer(t, receiverPeer(t, api), n.Receive, "r", "bob"); !errors.Is(err, ErrNotInRoom) {
		t.Errorf("receive: %v", err)
	}
	if err := connectPeer(t, senderPeer(t, api), n.Send, "r", "bob"); !errors.Is(err, ErrNotInRoom) {
		t.Errorf("send: %v", err)
	}
	if err := n.Hangup("r", "bob", in.id); !errors.Is(err, ErrNoConnection) {
		t.Errorf("hang up: %v", err)
	}
}

func TestForgedPublishIsRefused(t *testing.T) {
	t.Parallel()
	n := testNode(t, Options{}, "ada")
	n.SetRights("r", map[string]Right{"ada": all, "guest": {}})
	api := clientAPI(t)
	for _, c := range []struct {
		room, pass string
		want       error
	}{{"r", "guest", ErrNoRight}, {"r", "stranger", ErrNotInRoom}, {"other", "ada", ErrNotInRoom}} {
		if err := connectPeer(t, senderPeer(t, api), n.Send, c.room, c.pass); !errors.Is(err, c.want) {
			t.Errorf("%s in %s: %v", c.pass, c.room, err)
		}
	}
	if err := connectPeer(t, receiverPeer(t, api), n.Receive, "r", "guest"); err != nil {
		t.Errorf("a guest may look: %v", err)
	}
}

// A microphone right does not carry a camera: the packets arrive and go nowhere.
func TestTrackWithoutItsRightIsNotForwarded(t *testing.T) {
	t.Parallel()
	n := testNode(t, Options{}, "ada", "bob")
	n.SetRights("r", map[string]Right{"ada": all, "bob": {Microphone: true}})
	in, out := receive(t, n, "ada"), send(t, n, "bob")
	out.filming(camera, "x")
	stream(t, func() { out.speak(microphone, 20, "v") })
	eventually(t, "voice", func() bool { return len(in.slot(0)) > 25 })
	if got := len(in.slot(firstCamera)); got > 0 {
		t.Fatalf("%d camera packets", got)
	}
}

func TestNewerConnectionReplacesTheOlderQuietly(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var told []string
	n := testNode(t, Options{OnMedia: func(_, pass string, receiving, sending bool) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, pass+map[bool]string{true: " in", false: ""}[receiving]+map[bool]string{true: " out", false: ""}[sending])
	}}, "ada")
	heard := func() string { mu.Lock(); defer mu.Unlock(); return strings.Join(told, ", ") }
	old := receive(t, n, "ada")
	eventually(t, "told", func() bool { return heard() == "ada in" })
	fresh := receive(t, n, "ada")
	eventually(t, "the older is closed", func() bool { return old.pc.ConnectionState() == webrtc.PeerConnectionStateClosed })
	if err := n.Hangup("r", "ada", old.id); !errors.Is(err, ErrNoConnection) {
		t.Errorf("hanging up the older: %v", err)
	}
	if heard() != "ada in" {
		t.Errorf("told: %s", heard())
	}
	if err := n.Hangup("r", "ada", fresh.id); err != nil {
		t.Fatal(err)
	}
	eventually(t, "told the end", func() bool { return heard() == "ada in, ada" })
}

func TestNackIsAnsweredFromTheSharedRing(t *testing.T) {
	t.Parallel()
	n := testNode(t, Options{}, "ada", "bob")
	// A repair has the same number as the packet that was lost, so a client that lost nothing would drop it as a replay.
	in := receiverPeer(t, clientWith(t, func(s *webrtc.SettingEngine) { s.DisableSRTPReplayProtection(true) }))
	if err := connectPeer(t, in, n.Receive, "r", "ada"); err != nil {
		t.Fatal(err)
	}
	out := send(t, n, "bob")
	out.filming(camera, "x")
	eventually(t, "video", func() bool { return len(in.slot(firstCamera)) > 20 })
	lost := in.slot(firstCamera)[10]
	err := in.pc.WriteRTCP([]rtcp.Packet{&rtcp.TransportLayerNack{
		MediaSSRC: lost.SSRC, Nacks: rtcp.NackPairsFromSequenceNumbers([]uint16{lost.SequenceNumber}),
	}})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the same packet again", func() bool {
		same := 0
		for _, p := range in.slot(firstCamera) {
			if p.SequenceNumber == lost.SequenceNumber && string(p.Payload) == string(lost.Payload) && p.Timestamp == lost.Timestamp {
				same++
			}
		}
		return same == 2
	})
}

func TestOnlyTCP(t *testing.T) {
	t.Parallel()
	n := testNode(t, Options{}, "ada", "bob")
	api := clientWith(t, func(s *webrtc.SettingEngine) { s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4}) })
	in, out := receiverPeer(t, api), senderPeer(t, api)
	if err := connectPeer(t, in, n.Receive, "r", "ada"); err != nil {
		t.Fatal(err)
	}
	if err := connectPeer(t, out, n.Send, "r", "bob"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "both over TCP", func() bool { return in.connected() && out.connected() })
	out.filming(camera, "x")
	eventually(t, "video over TCP", func() bool { return len(in.slot(firstCamera)) > 5 })
}

func TestGoroutinesComeBackToWhereTheyWere(t *testing.T) {
	n := testNode(t, Options{}, "ada", "bob")
	offer := goodOffer(t, receiverPeer)
	before := runtime.NumGoroutine()
	for range 10 { // clients that ask and never come, each replacing the one before
		if _, err := n.Receive(t.Context(), Offer{Room: "r", Pass: "ada", SDP: offer}); err != nil {
			t.Fatal(err)
		}
	}
	in, out := receive(t, n, "ada"), send(t, n, "bob")
	stop := out.filming(camera, "x")
	eventually(t, "video", func() bool { return len(in.slot(firstCamera)) > 5 })
	stop()
	n.SetRights("r", nil)
	in.pc.Close()
	out.pc.Close()
	eventually(t, "goroutines gone", func() bool { return runtime.NumGoroutine() <= before })
	if n.Slots("r", "ada") != nil || len(n.allRooms()) != 0 {
		t.Error("the room is still there")
	}
}

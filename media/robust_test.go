package media

import (
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/webrtc/v4"
)

// brittle is a wire that breaks at its tenth packet.
type brittle struct {
	wire
	left int
}

func (b *brittle) commit(header, n int, ssrc uint32, index uint64) {
	if b.left--; b.left < 0 {
		panic("a packet that should not exist")
	}
	b.wire.commit(header, n, ssrc, index)
}

// Something in the way of one receiver panics: that receiver is gone, the others notice nothing.
func TestPanicCostsOneReceiver(t *testing.T) {
	t.Parallel()
	n := testNode(t, Options{}, "ada", "bob", "eve")
	unlucky, lucky, out := receive(t, n, "ada"), receive(t, n, "eve"), send(t, n, "bob")
	v := n.room("r").receiverOf("ada")
	v.shard.mu.Lock()
	v.wire = &brittle{v.wire, 10}
	v.shard.mu.Unlock()
	out.filming(camera, "x")
	eventually(t, "the unlucky one is closed", func() bool { return unlucky.pc.ConnectionState() == webrtc.PeerConnectionStateClosed })
	before := len(lucky.slot(firstCamera))
	eventually(t, "the other goes on", func() bool { return len(lucky.slot(firstCamera)) > before+10 })
	unbroken(t, lucky.slot(firstCamera))
	if n.Slots("r", "ada") != nil {
		t.Error("the broken receiver has its place still")
	}
}

// The same when it begins with what the ring has kept: the ring is free again, whose publisher everybody waits for else.
func TestPanicInAReplayCostsOneReceiver(t *testing.T) {
	s, v, c := stage(t, camera, firstCamera, 0)
	o, now := v.outlets[firstCamera], time.Now()
	hears(s.pub, named(t, testSSRC, 96, frame(1, 3000, 1, true)), now)
	v.room.members["v"] = &member{pass: "v", receiver: v}
	v.shard.mu.Lock()
	o.point(nil)
	o.point(s.layers[0])
	o.rw.lastAt = now.Add(-time.Second)
	v.wire = &brittle{wire: c}
	o.awaken(now)
	v.shard.mu.Unlock()
	if !o.broken {
		t.Error("nothing broke")
	}
	if !s.layers[0].ring.mu.TryLock() {
		t.Fatal("the ring is held")
	}
	s.layers[0].ring.mu.Unlock()
	eventually(t, "the receiver is gone", func() bool {
		v.room.mu.Lock()
		defer v.room.mu.Unlock()
		return v.room.members["v"].receiver == nil
	})
}

// Who has an answer and never comes has no place for long.
func TestWhoNeverConnectsIsForgotten(t *testing.T) {
	t.Parallel()
	n := testNode(t, Options{}, "ada")
	p := receiverPeer(t, clientAPI(t))
	offer, err := p.pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := n.Receive(t.Context(), Offer{Room: "r", Pass: "ada", SDP: offer.SDP})
	if err != nil {
		t.Fatal(err)
	}
	n.lite.Tick(time.Now().Add(19 * time.Second))
	if n.Slots("r", "ada") == nil {
		t.Error("forgotten too soon")
	}
	n.lite.Tick(time.Now().Add(21 * time.Second))
	if n.Slots("r", "ada") != nil || n.Hangup("r", "ada", a.ID) == nil {
		t.Error("its place is still taken")
	}
}

// Packets larger than what may leave, which nothing keeps a client from sending, go no further than to us.
func TestLargePacketsCostNobody(t *testing.T) {
	for _, c := range []struct {
		name   string
		way    webrtc.NetworkType
		cipher dtls.SRTPProtectionProfile
		size   int // of the payload: the largest that gets through
	}{
		{"UDP", webrtc.NetworkTypeUDP4, dtls.SRTP_AES128_CM_HMAC_SHA1_80, 1514},
		{"TCP", webrtc.NetworkTypeTCP4, dtls.SRTP_AEAD_AES_128_GCM, 2000},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := testNode(t, Options{}, "ada", "bob")
			in := receive(t, n, "ada")
			out := senderPeer(t, clientWith(t, func(s *webrtc.SettingEngine) {
				s.SetNetworkTypes([]webrtc.NetworkType{c.way})
				s.SetSRTPProtectionProfiles(c.cipher)
			}))
			if err := connectPeer(t, out, n.Send, "r", "bob"); err != nil {
				t.Fatal(err)
			}
			eventually(t, "bob sends", out.connected)
			large := false
			stream(t, func() {
				if large = !large; large {
					out.show(camera, true, strings.Repeat("x", c.size-5))
				}
				out.show(camera, true, "small")
			})
			eventually(t, "the small ones", func() bool { return texts(in.slot(firstCamera), 5)["small"] > 50 })
			if in.pc.ConnectionState() != webrtc.PeerConnectionStateConnected || len(texts(in.slot(firstCamera), 5)) != 1 {
				t.Error("large packets went on, or cost somebody the connection")
			}
		})
	}
}

func (r *room) receiverOf(pass string) *receiver {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.members[pass].receiver
}

// What panics in the slow time of one room leaves the node's own goroutine alive.
func TestPanicInARoomStopsNoOther(t *testing.T) {
	t.Parallel()
	n := testNode(t, Options{}, "ada")
	receive(t, n, "ada")
	v := n.room("r").receiverOf("ada")
	eventually(t, "the node knows it", func() bool { v.room.mu.Lock(); defer v.room.mu.Unlock(); return v.up })
	v.shard.mu.Lock()
	v.outlets[0] = nil
	v.shard.mu.Unlock()
	time.Sleep(3 * tickEvery)
	v.shard.mu.Lock()
	v.outlets[0] = &outlet{v: v, share: share{layer: -1}}
	v.shard.mu.Unlock()
	n.SetRights("other", everybody("bob", "eve"))
	in := receiverPeer(t, clientAPI(t))
	if err := connectPeer(t, in, n.Receive, "other", "bob"); err != nil {
		t.Fatal(err)
	}
	out := senderPeer(t, clientAPI(t))
	if err := connectPeer(t, out, n.Send, "other", "eve"); err != nil {
		t.Fatal(err)
	}
	out.filming(camera, "x")
	eventually(t, "video in the other room", func() bool { return len(in.slot(firstCamera)) > 10 })
}

// valve is a way for TCP that can be shut: whoever is behind it reads nothing any more, and says nothing.
type valve struct{ shut atomic.Bool }

// open lets TCP through to a port of this machine and returns its own.
func (v *valve) open(t *testing.T, to int) (port int) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(to)))
			if err != nil {
				return
			}
			t.Cleanup(func() { c.Close(); far.Close() })
			go v.pump(c, far)
			go v.pump(far, c)
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

func (v *valve) pump(to io.Writer, from io.Reader) {
	b := make([]byte, 4096)
	for {
		for v.shut.Load() {
			time.Sleep(5 * time.Millisecond)
		}
		n, err := from.Read(b)
		if err != nil {
			return
		}
		if _, err := to.Write(b[:n]); err != nil {
			return
		}
	}
}

// A client over TCP that reads no more fills its own queue and nobody else's.
func TestFrozenReceiverCostsNobody(t *testing.T) {
	t.Parallel()
	n := testNode(t, Options{Address: "127.0.0.1"}, "ada", "bob", "eve")
	v := &valve{}
	port := v.open(t, n.Port())
	frozen := receiverPeer(t, clientWith(t, func(s *webrtc.SettingEngine) { s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4}) }))
	err := connectPeer(t, frozen, func(ctx context.Context, o Offer) (Answer, error) {
		a, err := n.Receive(ctx, o)
		a.SDP = strings.ReplaceAll(a.SDP, fmt.Sprintf(" 127.0.0.1 %d typ host tcptype", n.Port()), fmt.Sprintf(" 127.0.0.1 %d typ host tcptype", port))
		return a, err
	}, "r", "ada")
	if err != nil {
		t.Fatal(err)
	}
	in, out := receive(t, n, "eve"), send(t, n, "bob")
	out.filming(camera, strings.Repeat("x", 1000))
	eventually(t, "video over TCP", func() bool { return len(frozen.slot(firstCamera)) > 5 })
	v.shut.Store(true)
	before, stood := len(in.slot(firstCamera)), len(frozen.slot(firstCamera))
	eventually(t, "the other sees on", func() bool { return len(in.slot(firstCamera)) > before+100 })
	unbroken(t, in.slot(firstCamera))
	if got := len(frozen.slot(firstCamera)); got > stood+10 {
		t.Errorf("the frozen one received %d more packets: it was not frozen", got-stood)
	}
}

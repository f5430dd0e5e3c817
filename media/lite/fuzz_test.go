package lite

import (
	"bufio"
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
	"github.com/pion/stun/v4"

	"foyer/media/socket"
)

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

// bench is two connections without a network: one that is up and one that waits, and a client who has the keys.
type bench struct {
	*Host
	socket *socket.Socket
	conns  [2]*Conn
	theirs *srtp.Context
	now    time.Time
	proven map[place]bool
	media  [][]byte // decrypted
}

func newBench(t testing.TB, u *socket.Socket) *bench {
	b := &bench{socket: u, now: time.Now(), proven: map[place]bool{}}
	h, err := NewHost(Config{Certificate: sharedCertificate, Clock: func() time.Time { return b.now }, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	b.Host = h
	for i := range b.conns {
		b.conns[i] = h.Open(Remote{Ufrag: "them"}, Events{
			RTCP: func(p []byte) { _, _ = rtcp.Unmarshal(p) },
			RTP:  func(_ *rtp.Header, p []byte, _ time.Time) { b.media = append(b.media, bytes.Clone(p)) },
		})
	}
	key, salt := make([]byte, 16), make([]byte, 12)
	sealer, _ := newSealer(srtp.ProtectionProfileAeadAes128Gcm, key, salt)
	out, _ := srtp.CreateContext(key, salt, srtp.ProtectionProfileAeadAes128Gcm)
	in, _ := srtp.CreateContext(key, salt, srtp.ProtectionProfileAeadAes128Gcm, srtp.SRTCPReplayProtection(replayWindow))
	b.theirs, _ = srtp.CreateContext(key, salt, srtp.ProtectionProfileAeadAes128Gcm)
	b.conns[0].dtls.up = true
	b.conns[0].installed(sealer, in, out)
	return b
}

var sharedCertificate = testCertificate(&testing.T{})

// take does what the first byte of a packet says with the rest: it comes as it is, or with the proofs a client could
// give it.
func (b *bench) take(t testing.TB, p []byte) {
	op, rest := p[0], p[1:]
	from := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(op>>3)+1)
	c := b.conns[op&1]
	switch op >> 1 & 3 {
	case 0:
		b.Packet(b.socket, from, rest, b.now)
	case 1:
		b.Packet(b.socket, from, checkFor(t, c, stun.RawAttribute{Type: stun.AttrType(0x8000 | int(op)), Value: rest}), b.now)
		b.proven[place{socket: b.socket, addr: from}] = true
	case 2:
		b.Packet(b.socket, from, checkFor(t, c, useCandidate), b.now)
		b.proven[place{socket: b.socket, addr: from}] = true
		b.now = b.now.Add(time.Duration(len(rest)) * 100 * time.Millisecond)
		b.Tick(b.now)
	case 3:
		if sealed, err := b.theirs.EncryptRTCP(nil, rest, nil); err == nil {
			b.Packet(b.socket, from, sealed, b.now)
		}
		if sealed, err := b.theirs.EncryptRTP(nil, rest, nil); err == nil {
			b.media = nil
			b.Packet(b.socket, from, sealed, b.now)
			var h rtp.Header
			n, err := h.Unmarshal(rest)
			if len(b.media) > 1 || len(b.media) == 1 && (err != nil || !bytes.Equal(b.media[0], rest[n:])) {
				t.Fatalf("%x came out as %x", rest, b.media)
			}
		}
	}
}

// FuzzPacket sends anything to connections, with and without the proofs that make it count: nothing panics, and only
// what proves itself makes a place known.
func FuzzPacket(f *testing.F) {
	u, err := socket.Listen(netip.MustParseAddrPort("127.0.0.1:0"), socket.Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { u.Close() })
	report, _ := rtcp.Marshal([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: 5}})
	hello := append([]byte{0, typeHandshake, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20}, make([]byte, 20)...)
	f.Add(joined([]byte{2}, append([]byte{6}, report...), []byte{12, 1, 2, 3}, append([]byte{14}, report...)))
	f.Add(joined([]byte{3}, hello, hello[:5], []byte{0, typeAlert, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 1, 0, 2, 1, 0}))
	f.Add(joined([]byte{4}, []byte{0, 0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, []byte{0, 0x80, 200, 0, 0}))
	f.Add(joined([]byte{4}, []byte{6, 0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 1, 2}, []byte{6, 0x90, 96, 0, 2, 0, 0, 0, 0, 0, 0, 0, 9, 0xbe, 0xde, 0, 0}))
	f.Add(joined(append([]byte{0}, build(f, stun.TransactionID, stun.BindingRequest, stun.NewUsername("a:b"), stun.NewShortTermIntegrity("c"))...)))
	f.Fuzz(func(t *testing.T, in []byte) {
		b := newBench(t, u)
		defer b.Host.Close()
		for _, p := range split(in) {
			if len(p) > 0 {
				b.take(t, p)
			}
		}
		for at := range b.byPlace {
			if !b.proven[at] {
				t.Fatalf("%v proved nothing", at)
			}
		}
		for _, c := range b.conns {
			if p := c.Path(); p != nil && !b.proven[p.place()] || len(c.places.known) > maxPlaces {
				t.Fatal("a path or places that were never proven")
			}
		}
	})
}

// FuzzStream gives a stream anything after its first check: it ends, and nothing else happens. The frames are those a
// plain reading of RFC 4571 gives.
func FuzzStream(f *testing.F) {
	f.Add([]byte{}, 1)
	f.Add(framed([]byte{1, 2, 3}, []byte{}, make([]byte, 300)), 7)
	f.Add([]byte{0xff, 0xff, 1}, 2)
	f.Fuzz(func(t *testing.T, in []byte, step int) {
		var got [][]byte
		r := bufio.NewReaderSize(bytes.NewReader(in), 16)
		for {
			b, err := readFrame(r, nil)
			if err != nil {
				break
			}
			got = append(got, bytes.Clone(b))
		}
		if rest, ok := bytes.CutPrefix(in, framed(got...)); !ok || len(rest) >= 2 && len(rest)-2 >= int(rest[0])<<8|int(rest[1]) && int(rest[0])<<8|int(rest[1]) <= maxFrame {
			t.Fatalf("%d frames, and %d bytes that are none", len(got), len(rest))
		}
		b := newBench(t, nil)
		defer b.Host.Close()
		ours, theirs := net.Pipe()
		go func() { _, _ = io.Copy(io.Discard, theirs) }()
		go func() {
			defer theirs.Close()
			for rest := in; len(rest) > 0; {
				n := min(len(rest), 1+step&0xff)
				if _, err := theirs.Write(rest[:n]); err != nil {
					return
				}
				rest = rest[n:]
			}
		}()
		b.Stream(ours, checkFor(t, b.conns[0]))
		if c := b.conns[0]; len(c.places.known) != 0 || b.conns[1].Path() != nil {
			t.Fatal("something stayed")
		}
	})
}

package lite

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"

	"foyer/media/socket"
)

// pair is both ends of one direction.
func pair(t testing.TB, name string) (*Sealer, *opener) {
	t.Helper()
	p := profiles[name]
	key, salt := bytes.Repeat([]byte{3}, 16), bytes.Repeat([]byte{9}, p.salt)
	s, err := newSealer(p.profile, key, salt)
	if err != nil {
		t.Fatal(err)
	}
	context, err := srtp.CreateContext(key, salt, p.profile, srtp.SRTPReplayProtection(replayWindow))
	if err != nil {
		t.Fatal(err)
	}
	return s, &opener{context: context}
}

// sealed is a packet as it comes from the network, and what is in it.
func sealed(t testing.TB, s *Sealer, ssrc uint32, index uint64) (b, clear []byte) {
	t.Helper()
	b, header, clear := packet(t, uint16(index), ssrc, int(index%700))
	return b[:s.Seal(b, header, len(clear), ssrc, index)], clear
}

func TestOpenWhatWasSealed(t *testing.T) {
	for name := range profiles {
		t.Run(name, func(t *testing.T) {
			s, o := pair(t, name)
			for index := uint64(65000); index < 3*65536; index += 97 {
				for _, ssrc := range []uint32{7, 0x80000001} {
					b, clear := sealed(t, s, ssrc, index)
					again := bytes.Clone(b)
					plain, ok := o.open(b)
					if !ok || !bytes.Equal(plain, clear) {
						t.Fatalf("index %d of %d: %v", index, ssrc, ok)
					}
					if _, ok := o.open(again); ok {
						t.Fatalf("index %d of %d was taken twice", index, ssrc)
					}
				}
			}
		})
	}
}

// Around the wrap of the numbers packets come in any order, each once, and those that are too old not at all.
func TestOpenInAnyOrder(t *testing.T) {
	for name := range profiles {
		t.Run(name, func(t *testing.T) {
			s, o := pair(t, name)
			for _, x := range []struct {
				index uint64
				ok    bool
			}{
				{65530, true}, {65538, true}, {65535, true}, {65536, true}, {65535, false}, {65531, true}, {65538, false},
				{65537, true}, {65538 + 1000, true}, {65539, true}, {65538, false}, {65538 + 3000, true},
				{65540, false}, {65538 + 3000 - replayWindow, false}, {65538 + 3000 - replayWindow + 1, true},
				{98538, true}, {2*65536 + 1, true}, {2*65536 - 1, true}, {2*65536 - 1, false},
			} {
				b, clear := sealed(t, s, 7, x.index)
				plain, ok := o.open(b)
				if ok != x.ok || ok && !bytes.Equal(plain, clear) {
					t.Fatalf("index %d: %v", x.index, ok)
				}
			}
		})
	}
}

// What cannot be opened leaves no trace: neither as a stream nor in the numbers of one.
func TestForgeriesCostNothing(t *testing.T) {
	for name := range profiles {
		t.Run(name, func(t *testing.T) {
			s, o := pair(t, name)
			for ssrc := range uint32(100) {
				b, _ := sealed(t, s, ssrc, 9)
				b[len(b)-1]++
				if _, ok := o.open(b); ok {
					t.Fatal("a forged packet was taken")
				}
			}
			b, _ := sealed(t, s, 7, 100)
			if _, ok := o.open(b); !ok || len(o.streams) != 1 {
				t.Fatalf("%d streams", len(o.streams))
			}
			b, _ = sealed(t, s, 7, 30000)
			b[20]++
			o.open(b)
			b, _ = sealed(t, s, 7, 101)
			if _, ok := o.open(b); !ok {
				t.Fatal("a forgery moved the numbers")
			}
			for ssrc := range uint32(3 * maxStreams) {
				b, _ := sealed(t, s, ssrc, 9)
				o.open(b)
			}
			if len(o.streams) != maxStreams {
				t.Fatalf("%d streams", len(o.streams))
			}
		})
	}
}

func TestOpenChecksLengths(t *testing.T) {
	for name := range profiles {
		s, o := pair(t, name)
		whole, _ := sealed(t, s, 7, 300) // with an extension
		for n := range whole {
			if _, ok := o.open(bytes.Clone(whole[:n])); ok {
				t.Fatalf("%s: %d bytes of %d were taken", name, n, len(whole))
			}
		}
	}
}

func TestOpenDoesNotAllocate(t *testing.T) {
	s, o := pair(t, "AEAD_AES_128_GCM")
	b, header, clear := packet(t, 1, 1, 1100)
	index := uint64(1)
	n := testing.AllocsPerRun(1000, func() {
		index++
		binary.BigEndian.PutUint16(b[2:], uint16(index))
		plain, ok := o.open(b[:s.Seal(b, header, len(clear), 1, index)])
		if !ok || len(plain) != len(clear) {
			t.Fatal("not opened")
		}
	})
	if n != 0 {
		t.Errorf("%v allocations per packet", n)
	}
}

// Media that overtakes the last step of the handshake is not lost.
func TestMediaBeforeTheKeys(t *testing.T) {
	u, err := socket.Listen(netip.MustParseAddrPort("127.0.0.1:0"), socket.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { u.Close() })
	b := newBench(t, u)
	defer b.Host.Close()
	var got [][]byte
	c := b.Open(Remote{Ufrag: "them"}, Events{RTP: func(h *rtp.Header, p []byte, _ time.Time) {
		if h.SSRC != 7 {
			t.Errorf("header %v", h)
		}
		got = append(got, bytes.Clone(p))
	}})
	from := netip.MustParseAddrPort("127.0.0.1:7")
	b.Packet(u, from, checkFor(t, c, useCandidate), b.now)
	s, o := pair(t, "AEAD_AES_128_GCM")
	for index := range uint64(2 * maxEarly) {
		p, _ := sealed(t, s, 7, index)
		b.Packet(u, from, p, b.now)
	}
	if len(got) > 0 || len(c.early) != maxEarly {
		t.Fatalf("%d came, %d wait", len(got), len(c.early))
	}
	c.installed(s, o.context, nil)
	p, clear := sealed(t, s, 7, 2*maxEarly)
	b.now = b.now.Add(silence - 1)
	b.Packet(u, from, p, b.now)
	if len(got) != maxEarly+1 || !bytes.Equal(got[maxEarly], clear[headerSize(clear):]) || c.early != nil {
		t.Fatalf("%d came", len(got))
	}
	if !c.LastHeard().Equal(time.Unix(0, b.now.UnixNano())) {
		t.Error("media is no sign of life")
	}
}

// FuzzOpen gives the opener forged, repeated and reordered packets among good ones: what it opens is what was sealed, and
// every packet at most once.
func FuzzOpen(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3}, false)
	f.Add([]byte{0xff, 0, 0xff, 0, 0x80, 0x80, 1}, true)
	f.Add([]byte{7, 0x47, 0x87, 0xc7, 7}, false)
	f.Fuzz(func(t *testing.T, in []byte, second bool) {
		name := "AEAD_AES_128_GCM"
		if second {
			name = "AES128_CM_HMAC_SHA1_80"
		}
		s, o := pair(t, name)
		seen := map[uint64]bool{}
		index := uint64(65500)
		for i, op := range in {
			ssrc := uint32(op >> 3 & 7)
			switch op >> 6 {
			case 0:
				index += uint64(op & 7)
			case 1:
				index -= min(index, uint64(op&7)<<2)
			case 2:
				index += uint64(op&7) << 8
			}
			b, clear := sealed(t, s, ssrc, index)
			forged := op>>6 == 3
			if forged {
				b[int(op)*i%len(b)] ^= 1 << (op & 7)
			}
			plain, ok := o.open(b)
			if !ok {
				continue
			}
			if forged || !bytes.Equal(plain, clear) || seen[uint64(ssrc)<<48|index] {
				t.Fatalf("index %d of %d: forged %v, or repeated, or changed", index, ssrc, forged)
			}
			seen[uint64(ssrc)<<48|index] = true
		}
		if len(o.streams) > maxStreams {
			t.Fatal("too many streams")
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	for name := range profiles {
		b.Run(name, func(b *testing.B) {
			s, o := pair(b, name)
			buf, header, clear := packet(b, 1, 1, 1138)
			b.ReportAllocs()
			for i := range b.N {
				b.StopTimer()
				binary.BigEndian.PutUint16(buf[2:], uint16(i))
				n := s.Seal(buf, header, len(clear), 1, uint64(i))
				b.StartTimer()
				if _, ok := o.open(buf[:n]); !ok {
					b.Fatal("not opened")
				}
			}
		})
	}
}

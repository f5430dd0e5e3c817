package lite

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The example of RFC 7714 section 16.1.1.
func TestSealByTheBook(t *testing.T) {
	s, err := sealerOf(unhex(t, "000102030405060708090a0b0c0d0e0f"), unhex(t, "517569642070726f2071756f"))
	if err != nil {
		t.Fatal(err)
	}
	clear := unhex(t, `8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976
		69736120 696e2070 61727465 73207472 6573`)
	want := unhex(t, `8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5
		0d294e6f 42a5f47a 51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce`)
	b := make([]byte, len(clear)+Overhead)
	n := s.Seal(b, 12, copy(b, clear), 0x5501a0b2, 0xf17b)
	if !bytes.Equal(b[:n], want) {
		t.Errorf("sealed %x", b[:n])
	}
}

// The example of RFC 3711 appendix B.3.
func TestDeriveByTheBook(t *testing.T) {
	key := unhex(t, "E1F97A0D3E018BE0D64FA32C06DE4139")
	salt := unhex(t, "0EC675AD498AFEEBB6960B3AABE6")
	for _, x := range []struct {
		label byte
		want  string
	}{
		{labelKey, "C61E7A93744F39EE10734AFE3FF7A087"},
		{labelSalt, "30CBBC08863D8C85D49DB34A9AE1"},
		{1, `CEBE321F6FF7716B6FD4AB49AF256A15 6D38BAA48F0A0ACF3C34E2359E6CDBCE E049646C43D9327AD175578EF7227098
			6371C10C9A369AC2F94A8C5FBCDDDC25 6D6E919A48B610EF17C2041E47403576 6B68642C59BBFC2F34DB60DBDFB2DC68`},
	} {
		want := unhex(t, x.want)
		if got, err := derive(x.label, key, salt, len(want)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("label %d: %x, %v", x.label, got, err)
		}
	}
	if _, err := derive(labelKey, key, make([]byte, 15), 16); err == nil {
		t.Error("a salt that is too long was taken")
	}
}

var profiles = map[string]struct {
	profile   srtp.ProtectionProfile
	salt, tag int
}{
	"AEAD_AES_128_GCM":       {srtp.ProtectionProfileAeadAes128Gcm, 12, 16},
	"AES128_CM_HMAC_SHA1_80": {srtp.ProtectionProfileAes128CmHmacSha1_80, 14, 10},
}

// What we seal, pion opens, and what pion seals is byte for byte what we do, over two rollovers.
func TestSealAgainstPion(t *testing.T) {
	for name, p := range profiles {
		t.Run(name, func(t *testing.T) {
			key, salt := bytes.Repeat([]byte{3}, 16), bytes.Repeat([]byte{9}, p.salt)
			s, err := newSealer(p.profile, key, salt)
			if err != nil {
				t.Fatal(err)
			}
			theirs, _ := srtp.CreateContext(key, salt, p.profile)
			reader, _ := srtp.CreateContext(key, salt, p.profile, srtp.SRTPReplayProtection(64))
			const ssrc = 0x80000001
			for index := uint64(65000); index < 3*65536; index += 97 {
				b, header, clear := packet(t, uint16(index), ssrc, int(index%700))
				n := s.Seal(b, header, len(clear), ssrc, index)
				if n != len(clear)+p.tag {
					t.Fatalf("index %d: length %d became %d", index, len(clear), n)
				}
				want, err := theirs.EncryptRTP(nil, clear, nil)
				if err != nil || !bytes.Equal(b[:n], want) {
					t.Fatalf("index %d: differs from pion's (%v)", index, err)
				}
				opened, err := reader.DecryptRTP(nil, b[:n], nil)
				if err != nil || !bytes.Equal(opened, clear) {
					t.Fatalf("index %d: cannot be opened (%v)", index, err)
				}
			}
		})
	}
}

// packet is an RTP packet in a buffer with room for the tag; every other one has a header extension.
func packet(t testing.TB, seq uint16, ssrc uint32, payload int) (b []byte, header int, clear []byte) {
	t.Helper()
	p := rtp.Packet{
		Header:  rtp.Header{Version: 2, PayloadType: 96, SequenceNumber: seq, SSRC: ssrc, Timestamp: 7},
		Payload: bytes.Repeat([]byte{byte(seq)}, payload),
	}
	if seq%2 == 0 {
		if err := p.Header.SetExtension(1, []byte{5}); err != nil {
			t.Fatal(err)
		}
	}
	b = make([]byte, 1500)
	n, err := p.MarshalTo(b)
	if err != nil {
		t.Fatal(err)
	}
	return b, p.Header.MarshalSize(), bytes.Clone(b[:n])
}

// A packet from before the rollover is sealed again just as it was.
func TestSealAgain(t *testing.T) {
	for name, p := range profiles {
		t.Run(name, func(t *testing.T) {
			s, err := newSealer(p.profile, make([]byte, 16), make([]byte, p.salt))
			if err != nil {
				t.Fatal(err)
			}
			seal := func(index uint64) string {
				b, header, clear := packet(t, uint16(index), 1, 100)
				return string(b[:s.Seal(b, header, len(clear), 1, index)])
			}
			first := seal(65535)
			seal(65536)
			if seal(65535) != first || seal(2*65536-1) == first {
				t.Error("sealing again depends on what was sealed between")
			}
		})
	}
}

func TestSealChecksLengths(t *testing.T) {
	for name, p := range profiles {
		s, err := newSealer(p.profile, make([]byte, 16), make([]byte, p.salt))
		if err != nil {
			t.Fatal(err)
		}
		b, header, clear := packet(t, 1, 1, 100)
		before := bytes.Clone(b)
		if s.Seal(b[:len(clear)+Overhead-1], header, len(clear), 1, 1) != 0 || s.Seal(b, 20, 19, 1, 1) != 0 || !bytes.Equal(b, before) {
			t.Errorf("%s: lengths that do not fit were taken", name)
		}
	}
}

func TestSealDoesNotAllocate(t *testing.T) {
	s, err := newSealer(srtp.ProtectionProfileAeadAes128Gcm, make([]byte, 16), make([]byte, 12))
	if err != nil {
		t.Fatal(err)
	}
	b, header, clear := packet(t, 1, 1, 1100)
	index := uint64(1)
	if n := testing.AllocsPerRun(1000, func() { index++; s.Seal(b, header, len(clear), 1, index) }); n != 0 {
		t.Errorf("%v allocations per packet", n)
	}
}

func BenchmarkSeal(b *testing.B) {
	for name, p := range profiles {
		b.Run(name, func(b *testing.B) {
			s, err := newSealer(p.profile, make([]byte, 16), make([]byte, p.salt))
			if err != nil {
				b.Fatal(err)
			}
			buf, header, clear := packet(b, 1, 1, 1138)
			b.ReportAllocs()
			for i := range b.N {
				s.Seal(buf, header, len(clear), 1, uint64(i))
			}
		})
	}
}

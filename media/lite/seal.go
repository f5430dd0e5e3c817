package lite

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

// Overhead is how many bytes Seal may append at most: the tag of AES-GCM.
const Overhead = 16

// Labels of the key derivation, RFC 3711 section 4.3.1.
const (
	labelKey  = 0x00
	labelSalt = 0x02
)

// Sealer encrypts RTP for one connection, in place. It keeps a nonce between calls, so it belongs to one goroutine at a
// time.
type Sealer struct {
	aead  cipher.AEAD
	salt  [12]byte
	nonce [12]byte // in the structure, because a local one would be allocated anew for every packet

	// The second profile, for clients that cannot do AES-GCM.
	context *srtp.Context
	header  rtp.Header
	scratch []byte
}

// newSealer takes the master key and salt of our direction.
func newSealer(profile srtp.ProtectionProfile, key, salt []byte) (*Sealer, error) {
	if profile != srtp.ProtectionProfileAeadAes128Gcm {
		context, err := srtp.CreateContext(key, salt, profile)
		return &Sealer{context: context}, err
	}
	sessionKey, err := derive(labelKey, key, salt, 16)
	if err != nil {
		return nil, err
	}
	sessionSalt, err := derive(labelSalt, key, salt, 12)
	if err != nil {
		return nil, err
	}
	return sealerOf(sessionKey, sessionSalt)
}

// sealerOf takes the session key (16 bytes) and session salt (12 bytes) of AEAD_AES_128_GCM.
func sealerOf(key, salt []byte) (*Sealer, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	s := &Sealer{aead: aead}
	copy(s.salt[:], salt)
	return s, nil
}

// Seal encrypts the RTP packet b[:length], whose header is b[:header], in place and appends the tag; b must reach
// Overhead bytes further. The packet carries ssrc and the low 16 bits of index already; index is the 48-bit packet index
// of RFC 3711 section 3.3.1 (rollover counter and sequence number). It returns the new length, 0 when the lengths do not
// fit together. A packet that is sent again must have the same contents: one nonce never serves two texts.
func (s *Sealer) Seal(b []byte, header, length int, ssrc uint32, index uint64) int {
	if header > length || length+Overhead > len(b) {
		return 0
	}
	if s.aead == nil {
		return s.sealByContext(b, length, ssrc, index)
	}
	// RFC 7714 section 8.1: two zero bytes, SSRC, rollover counter, sequence number, exclusive-or the salt.
	binary.BigEndian.PutUint16(s.nonce[0:], binary.BigEndian.Uint16(s.salt[0:]))
	binary.BigEndian.PutUint32(s.nonce[2:], binary.BigEndian.Uint32(s.salt[2:])^ssrc)
	binary.BigEndian.PutUint32(s.nonce[6:], binary.BigEndian.Uint32(s.salt[6:])^uint32(index>>16))
	binary.BigEndian.PutUint16(s.nonce[10:], binary.BigEndian.Uint16(s.salt[10:])^uint16(index))
	return header + len(s.aead.Seal(b[header:header], s.nonce[:], b[header:length], b[:header]))
}

// sealByContext tells pion the rollover counter each time: its own guess would go wrong for packets sent again.
func (s *Sealer) sealByContext(b []byte, length int, ssrc uint32, index uint64) int {
	s.context.SetROC(ssrc, uint32(index>>16))
	sealed, err := s.context.EncryptRTP(s.scratch[:0], b[:length], &s.header)
	if err != nil {
		return 0
	}
	s.scratch = sealed
	return copy(b, sealed)
}

// derive is the key derivation of RFC 3711 section 4.3 with a derivation rate of zero: AES in counter mode over the
// master salt with the label at its place. The shorter salt of AES-GCM is filled with zeros (RFC 7714 section 11).
func derive(label byte, key, salt []byte, length int) ([]byte, error) {
	if len(salt) > 14 {
		return nil, fmt.Errorf("lite: a master salt of %d bytes", len(salt))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	var counter [aes.BlockSize]byte
	copy(counter[:], salt)
	counter[7] ^= label
	out := make([]byte, length)
	cipher.NewCTR(block, counter[:]).XORKeyStream(out, out)
	return out, nil
}

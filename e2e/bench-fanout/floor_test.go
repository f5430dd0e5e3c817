//go:build linux

package fanout

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"net/netip"
	"testing"

	"foyer/media/socket"
)

// newFloor does the least that can be done for a packet: one AES-128-GCM seal under the viewer's own key, straight into
// what the kernel takes, and one segmented message per viewer and frame. No RTP rewriting, no record of anything.
func newFloor(b *testing.B, w *world) *side {
	b.Helper()
	s, err := socket.Listen(netip.MustParseAddrPort(here+":0"), socket.Options{})
	if err != nil {
		b.Fatal(err)
	}
	type viewer struct {
		peer socket.Peer
		aead cipher.AEAD
	}
	all := make([]viewer, viewers)
	for i := range all {
		block, err := aes.NewCipher(binary.BigEndian.AppendUint64(make([]byte, 8), uint64(i)))
		if err != nil {
			b.Fatal(err)
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			b.Fatal(err)
		}
		all[i] = viewer{s.Peer(netip.AddrPortFrom(netip.MustParseAddr(w.address()), 4000)), aead}
	}
	batch := s.NewBatch()
	b.Cleanup(func() {
		if st := s.Stats(); st.Refused != 0 || st.Messages*pieces > st.Datagrams {
			b.Errorf("the kernel does not segment here, so these figures are not what they are called: %+v", st)
		}
	})
	var nonce [12]byte
	return &side{name: "floor", step: func(f *frame) {
		for i := range all {
			v := &all[i]
			for _, raw := range f.raw {
				slot := batch.Slot()
				copy(slot, raw[:rtpHeader])
				copy(nonce[4:], raw[:8])
				n := len(v.aead.Seal(slot[rtpHeader:rtpHeader], nonce[:], raw[rtpHeader:], slot[:rtpHeader]))
				batch.Commit(rtpHeader+n, &v.peer)
			}
		}
		batch.Flush()
	}}
}

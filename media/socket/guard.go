package socket

import (
	"encoding/binary"
	"hash/maphash"
	"net/netip"
	"time"
)

const (
	guardSlots = 4096        // remotes that share none of their budget, more or less; 32 KiB
	guardBurst = time.Second // worth of packets may come at once: a reader that was held up finds as many
)

// Guard caps how many packets per second one remote may send, before anything is spent on them. Its memory is fixed:
// remotes are spread over a table of budgets with a random seed, so two may share one but nobody can choose with whom.
// It has one user and no lock: each reader of a socket has its own.
type Guard struct {
	seed  maphash.Seed
	each  time.Duration // what one packet costs
	start time.Time
	until [guardSlots]time.Duration // since start: when all admitted packets will have been paid for (GCRA, ITU-T I.371)
}

// NewGuard admits perSecond packets of each remote per second, and as many once more in a burst.
func NewGuard(perSecond int) *Guard {
	return &Guard{seed: maphash.MakeSeed(), each: time.Second / time.Duration(max(perSecond, 1))}
}

// Admit says whether a packet that came at now may pass.
func (g *Guard) Admit(from netip.AddrPort, now time.Time) bool {
	if g.start.IsZero() {
		g.start = now
	}
	since := now.Sub(g.start)
	until := &g.until[g.slot(from)]
	debt := *until - since
	if debt < 0 || debt > 2*guardBurst { // paid; or the clock went back, and nobody is locked out for that
		debt = 0
	}
	if debt+g.each > guardBurst {
		return false
	}
	*until = since + debt + g.each
	return true
}

func (g *Guard) slot(from netip.AddrPort) uint64 {
	var key [18]byte
	address := from.Addr().As16()
	copy(key[:], address[:])
	binary.NativeEndian.PutUint16(key[16:], from.Port())
	return maphash.Bytes(g.seed, key[:]) % guardSlots
}

package socket

import (
	"encoding/binary"
	"hash/maphash"
	"net/netip"
	"time"
)

const (
	guardSlots = 4096        // remotes that share none of their budget, more or less; 32 KiB
	mostBurst  = time.Second // worth of packets may come at once: a reader that was held up finds as many
)

// Guard caps how many packets per second one remote may send, before anything is spent on them. Its memory is fixed:
// remotes are spread over a table of budgets with a random seed, so two may share one but nobody can choose with whom.
// It has one user and no lock: each reader of a socket has its own.
type Guard struct {
	seed  maphash.Seed
	each  time.Duration // what one packet costs
	start time.Time
	until [guardSlots]time.Duration // since start: when all admitted packets will have been paid for
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
	return spend(&g.until[g.slot(from)], g.each, now.Sub(g.start)) == 0
}

func (g *Guard) slot(from netip.AddrPort) uint64 {
	var key [18]byte
	address := from.Addr().As16()
	copy(key[:], address[:])
	binary.NativeEndian.PutUint16(key[16:], from.Port())
	return maphash.Bytes(g.seed, key[:]) % guardSlots
}

// Budget is what one remote may send, for a reader that can let it wait. The same as a Guard's for one of its remotes.
type Budget struct {
	each  time.Duration
	start time.Time
	until time.Duration
}

// NewBudget admits perSecond packets per second, and as many once more in a burst; 0 admits all.
func NewBudget(perSecond int) Budget {
	if perSecond <= 0 {
		return Budget{}
	}
	return Budget{each: time.Second / time.Duration(perSecond)}
}

// Wait spends one packet at now, or else tells how long it is until there is enough for one.
func (b *Budget) Wait(now time.Time) time.Duration {
	if b.start.IsZero() {
		b.start = now
	}
	return spend(&b.until, b.each, now.Sub(b.start))
}

// spend takes what one packet costs from a budget that is paid for at until, or tells how long it is until there is enough
// (GCRA, ITU-T I.371). Both times count from the same start.
func spend(until *time.Duration, each, now time.Duration) time.Duration {
	debt := *until - now
	if debt < 0 || debt > 2*mostBurst { // paid; or the clock went back, and nobody is locked out for that
		debt = 0
	}
	if over := debt + each - mostBurst; over > 0 {
		return over
	}
	*until = now + debt + each
	return 0
}

package media

import (
	"math"
	"sync/atomic"
	"time"
)

// meter measures one incoming layer in bit/s, each temporal layer with those below it. The packet loop counts, the room's
// tick averages, plans read.
type meter struct {
	bytes [temporals]atomic.Uint64 // of each temporal layer alone
	rate  [temporals]atomic.Uint64 // bits of a float64: bit/s up to and including it

	// of the tick alone
	was   [temporals]uint64
	since time.Time
}

// wireCost is what a packet costs on the line besides its payload, in bytes: IPv4, UDP, RTP, and the tag of AES-GCM.
const wireCost = 20 + 8 + 12 + 16

func (m *meter) count(p *packet) {
	m.bytes[min(p.vp8.temporal, temporals-1)].Add(uint64(len(p.payload) + wireCost))
}

// roll averages over about a second.
func (m *meter) roll(now time.Time) {
	passed := now.Sub(m.since).Seconds()
	if passed < 0.1 {
		return
	}
	first := m.since.IsZero()
	m.since = now
	sum := 0.0
	for t := range m.bytes {
		n := m.bytes[t].Load()
		fresh := float64(n-m.was[t]) * 8 / passed
		m.was[t] = n
		if first {
			continue
		}
		sum += fresh
		old := math.Float64frombits(m.rate[t].Load())
		weight := min(1, passed) // of what is new
		if old == 0 {
			weight = 1
		}
		m.rate[t].Store(math.Float64bits(old + (sum-old)*weight))
	}
}

// cost is the layer's present rate in bit/s up to each temporal layer.
func (m *meter) cost() (bps [temporals]float64) {
	for t := range bps {
		bps[t] = math.Float64frombits(m.rate[t].Load())
	}
	return bps
}

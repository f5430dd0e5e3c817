package load

import (
	"time"

	"github.com/pion/rtcp"
)

const (
	window    = 1024 // packets behind the newest that are still told apart
	largest   = 500  // gap that is asked for again
	mostAsked = 10   // requests for one packet, as browsers
	askAgain  = 50 * time.Millisecond
	patience  = time.Second // after which a packet is not waited for any more
)

// hole is a packet that did not come.
type hole struct {
	at          uint64 // extended sequence number
	since, next time.Time
	asked       int
}

// inflow is one stream as it comes in: which packets of it came, and what has to be said about them.
type inflow struct {
	ssrc  uint32
	video bool
	clock float64 // Hz

	started    bool
	base, high uint64 // extended sequence numbers of the first and of the newest packet
	seen       [window / 64]uint64
	got        uint64 // different ones
	again      uint64 // that had come before
	repaired   uint64 // that filled a hole
	holes      []hole
	lost       uint64 // holes that were given up

	jitter             float64 // RFC 3550 section 6.4.1, in clock units
	transit            float64
	heard              time.Time // when the last sender report came
	heardNTP           uint32    // its middle bits
	saidGot, saidTotal uint64    // as of the last report
}

// take notes a packet and tells whether it is new.
func (f *inflow) take(seq uint16, now time.Time) (fresh bool) {
	if !f.started {
		f.started = true
		f.base = uint64(seq) + 1<<16 // so that nothing before it is below zero
		f.high = f.base - 1
	}
	step := int64(int16(seq - uint16(f.high)))
	at := uint64(int64(f.high) + step)
	switch {
	case step > 0:
		f.skip(at, now)
		f.mark(at, true)
		f.high = at
		f.got++
		return true
	case at < f.base || f.high-at >= window || f.has(at):
		f.again++
		return false
	}
	f.mark(at, true)
	f.got++
	f.repaired++
	for i, h := range f.holes {
		if h.at == at {
			f.holes = append(f.holes[:i], f.holes[i+1:]...)
			break
		}
	}
	return true
}

// skip notes what is missing before a packet. A gap too large to be repaired is lost at once.
func (f *inflow) skip(at uint64, now time.Time) {
	if gap := at - f.high - 1; gap > largest {
		f.lost += gap + uint64(len(f.holes))
		f.seen, f.holes = [window / 64]uint64{}, nil
		return
	}
	for missed := f.high + 1; missed < at; missed++ {
		f.mark(missed, false)
		f.holes = append(f.holes, hole{at: missed, since: now, next: now})
	}
}

func (f *inflow) mark(at uint64, came bool) {
	word, bit := &f.seen[at/64%(window/64)], uint64(1)<<(at%64)
	if *word &^= bit; came {
		*word |= bit
	}
}

// has tells whether a packet came; only the last window of them is known.
func (f *inflow) has(at uint64) bool {
	return at <= f.high && f.high-at < window && f.seen[at/64%(window/64)]&(1<<(at%64)) != 0
}

// expected is how many packets there should be by the numbers of the first and the newest one.
func (f *inflow) expected() uint64 {
	if !f.started {
		return 0
	}
	return f.high - f.base + 1
}

// ask gives the packets to ask for now, and tells whether one was given up.
func (f *inflow) ask(now time.Time) (seqs []uint16, lost bool) {
	kept := f.holes[:0]
	for _, h := range f.holes {
		if now.Sub(h.since) > patience || f.high-h.at >= window {
			f.lost++
			lost = true
			continue
		}
		if h.asked < mostAsked && !now.Before(h.next) {
			h.asked, h.next = h.asked+1, now.Add(askAgain)
			seqs = append(seqs, uint16(h.at))
		}
		kept = append(kept, h)
	}
	f.holes = kept
	return seqs, lost
}

// dated follows the jitter of arrivals.
func (f *inflow) dated(ts uint32, now time.Time) {
	transit := float64(now.UnixMicro())*f.clock/1e6 - float64(ts)
	d := transit - f.transit
	f.transit = transit
	if d < 0 {
		d = -d
	}
	if d < 10*f.clock { // not the first one, and no turn of the clock
		f.jitter += (d - f.jitter) / 16
	}
}

// block is what a receiver report says about the stream (RFC 3550 section 6.4.1).
func (f *inflow) block(now time.Time) rtcp.ReceptionReport {
	total, got := f.expected(), f.got
	r := rtcp.ReceptionReport{SSRC: f.ssrc, LastSequenceNumber: uint32(f.high), Jitter: uint32(f.jitter)}
	if total > got {
		r.TotalLost = uint32(min(total-got, 1<<23-1))
	}
	if span, came := total-f.saidTotal, got-f.saidGot; span > came {
		r.FractionLost = uint8((span - came) * 255 / span)
	}
	f.saidTotal, f.saidGot = total, got
	if !f.heard.IsZero() {
		r.LastSenderReport = f.heardNTP
		r.Delay = uint32(now.Sub(f.heard).Seconds() * 65536)
	}
	return r
}

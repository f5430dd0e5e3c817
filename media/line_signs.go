package media

import (
	"math"
	"time"
)

const grownBy = 200 * time.Millisecond // by which the round trip is longer when a queue stands in the line

// sending is what went out in the last seconds, one entry per call.
type sending struct {
	calls   [32]sentCall
	count   int
	quiet   float64 // packets/s when next to nothing was asked for again
	quietAt time.Duration
}

type sentCall struct {
	at             time.Duration
	packets, bytes int32
}

func (s *sending) add(packets, bytes int, at time.Duration) {
	s.calls[s.count%len(s.calls)] = sentCall{at, int32(packets), int32(bytes)}
	s.count++
}

// over is the rate in packets/s and bit/s over the last window that calls are known of, 0 before the second call.
func (s *sending) over(window time.Duration) (pps, bps float64) {
	var packets, bytes int32
	for back := 1; back < min(s.count, len(s.calls)); back++ {
		c, older := s.calls[(s.count-back)%len(s.calls)], s.calls[(s.count-back-1)%len(s.calls)]
		packets += c.packets
		bytes += c.bytes
		if passed := s.calls[(s.count-1)%len(s.calls)].at - older.at; passed > 0 {
			pps, bps = float64(packets)/passed.Seconds(), float64(bytes)*8/passed.Seconds()
			if passed >= window-20*time.Millisecond { // tickers are not exact
				break
			}
		}
	}
	return pps, bps
}

// listen remembers what is sent while next to nothing is asked for, so that it is known when much is.
func (s *sending) listen(asked float64, at time.Duration) {
	if pps, _ := s.over(300 * time.Millisecond); asked < 0.12*pps {
		s.quiet, s.quietAt = pps, at
	}
}

// fresh is over without repairs, which it can only guess: what was asked for went out again, some of it twice, but not
// so much that less remains than was sent in quiet seconds ago. Under heavy loss most of what is sent are repairs, and
// taking them for the stream would hide how much of it is lost.
func (s *sending) fresh(window time.Duration, asked float64) (pps, bps float64) {
	pps, bps = s.over(window)
	if pps == 0 {
		return 0, 0
	}
	share := max(0.5, 1-2*asked/pps)
	if s.calls[(s.count-1)%len(s.calls)].at-s.quietAt < 3*time.Second {
		share = min(share, max(0.25, s.quiet/pps))
	}
	return pps * share, bps * share
}

// nacks counts packets asked for, in bins of time.
type nacks struct {
	bins [64]uint16
	last int // number of the newest bin
}

const nackBin = 50 * time.Millisecond

func (n *nacks) add(packets int, at time.Duration) {
	n.move(at)
	bin := &n.bins[n.last%len(n.bins)]
	*bin = uint16(min(int(*bin)+packets, math.MaxUint16))
}

func (n *nacks) move(at time.Duration) {
	to := int(at / nackBin)
	for n.last = max(n.last, to-len(n.bins)); n.last < to; {
		n.last++
		n.bins[n.last%len(n.bins)] = 0
	}
}

// perSecond is the rate at which packets were asked for in the window until now.
func (n *nacks) perSecond(window, at time.Duration) float64 {
	n.move(at)
	sum := 0
	for back := range int(window / nackBin) {
		sum += int(n.bins[(n.last-back)%len(n.bins)])
	}
	return float64(sum) / window.Seconds()
}

// flow is perSecond since the first that was asked for in the window, at least 100 ms, and without the worst bin: the key
// frames that begin a picture are lost all at once in a short queue, and say nothing of what it carries.
func (n *nacks) flow(window, at time.Duration) float64 {
	n.move(at)
	sum, worst, oldest := 0, 0, 0
	for back := range int(window / nackBin) {
		here := int(n.bins[(n.last-back)%len(n.bins)])
		sum += here
		worst = max(worst, here)
		if here > 0 {
			oldest = back
		}
	}
	since := at - time.Duration(n.last-oldest)*nackBin
	return float64(sum-worst) / max(since-nackBin, 2*nackBin).Seconds()
}

// scattered counts what was asked for in the window until now, without the two worst neighbours among the bins and without what is older than from: one hole of
// up to 100 ms, or of any length when it is asked for at once, is an accident and not a queue that overflows.
func (n *nacks) scattered(window, at, from time.Duration) int {
	n.move(at)
	sum, worst, before := 0, 0, 0
	for back := range int(window / nackBin) {
		if time.Duration(n.last-back)*nackBin < from {
			break
		}
		here := int(n.bins[(n.last-back)%len(n.bins)])
		sum += here
		worst = max(worst, here+before)
		before = here
	}
	return sum - worst
}

// heavy tells that more was asked for than 12 % of loss by accident explain, by four standard deviations: about 29 % in
// the shortest window of a 2 Mbit/s stream, 16 % in the longest. In a trial two and a half deviations will do: to take one
// back by mistake costs little, to go on with one for long costs voices.
func (n *nacks) heavy(trial bool, rate *sending, at, from time.Duration) bool {
	deviations := 4.0
	if trial {
		deviations = 2.5
	}
	for _, window := range [...]time.Duration{300 * time.Millisecond, time.Second, 3 * time.Second} {
		if n.exceeds(0.12, deviations, rate, window, at, from) {
			return true
		}
	}
	return false
}

// exceeds tells that more was asked for than the usual loss explains, by so many standard deviations.
func (n *nacks) exceeds(usual, deviations float64, rate *sending, window, at, from time.Duration) bool {
	pps, _ := rate.fresh(window, n.perSecond(window, at))
	before, _ := rate.fresh(time.Second, n.perSecond(time.Second, at))
	sent := max(pps, before) * (window - 2*nackBin).Seconds()
	most := usual*sent + deviations*math.Sqrt(usual*(1-usual)*sent)
	return sent > 0 && float64(n.scattered(window, at, from)) > max(5, most)
}

// losses judges receiver reports.
type losses struct {
	mean     float64 // fraction lost, smoothed over two seconds
	at       time.Duration
	shortest time.Duration // round trip, creeping up so that a change of route is forgotten
}

// roundTrip takes a measured round trip and tells whether a queue stands in it.
func (l *losses) roundTrip(rtt time.Duration) (swollen bool) {
	if rtt <= 0 {
		return false
	}
	if l.shortest == 0 || rtt < l.shortest {
		l.shortest = rtt
	}
	l.shortest += l.shortest / 200
	return rtt > l.shortest+grownBy
}

func (l *losses) forget(at time.Duration) { l.mean, l.at = 0, at }

// heavy tells that the loss smoothed over two seconds is too much for an accident. The worst of a dozen slots with twenty
// packets a second each has 20 % now and then where 8 % are lost by accident, so that a report alone must say more than
// that. Less is enough where a queue stands in the line, still less where NACKs say the same.
func (l *losses) heavy(lost float64, swollen, asked bool, at time.Duration) bool {
	since := min(max(at-l.at, 100*time.Millisecond), 2*time.Second)
	if l.at == 0 {
		since = time.Second
	}
	l.at = at
	l.mean += (lost - l.mean) * (1 - math.Exp(-since.Seconds()/2))
	switch {
	case asked:
		return l.mean > 0.13
	case swollen:
		return l.mean > 0.2
	}
	return l.mean > 0.28
}

// estimates are the last values of REMB.
type estimates struct {
	values [16]estimate
	count  int
}

type estimate struct {
	at  time.Duration
	bps float64
}

const estimateAge = 5 * time.Second

// add tells whether bps is clearly below the highest of the last seconds.
func (e *estimates) add(bps float64, at time.Duration) (fallen bool) {
	high := 0.0
	for back := 1; back <= min(e.count, len(e.values)); back++ {
		if v := e.values[(e.count-back)%len(e.values)]; at-v.at <= estimateAge {
			high = max(high, v.bps)
		}
	}
	e.values[e.count%len(e.values)] = estimate{at, bps}
	e.count++
	return bps < 0.88*high
}

// restart forgets all but the present value: a fall is told once.
func (e *estimates) restart(bps float64, at time.Duration) {
	e.values[0], e.count = estimate{at, bps}, 1
}

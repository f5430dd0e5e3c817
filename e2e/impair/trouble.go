package impair

import (
	"math/rand/v2"
	"sync"
	"time"
)

// Trouble is what one direction of a line does to packets. The zero value does nothing.
type Trouble struct {
	Loss    float64       // share of the packets lost, each on its own, 0 to 1
	Burst   Burst         // besides, losses that come in rows
	Delay   time.Duration // of every packet
	Jitter  time.Duration // added to Delay, evenly between nothing and this; packets keep their order
	Reorder float64       // share of the packets held back by Behind, so that others overtake them
	Behind  time.Duration // 0 is 20 ms
	Rate    int           // bits a second, headers of IPv4 and UDP included; 0 is no bound
	Queue   time.Duration // a packet that would wait longer for its turn at Rate is dropped; 0 is 200 ms
}

// Burst is the model of Gilbert and Elliott with a good state, in which nothing is lost, and a bad one, in which
// everything is.
type Burst struct {
	Loss   float64 // share of the packets lost in the long run, below 1
	Length float64 // mean number of packets lost in a row, at least 1
}

// Counts are the packets of one direction so far.
type Counts struct {
	Passed  int // also those still under way
	Bytes   int // of the passed, without headers
	Lost    int // by Loss and Burst
	Dropped int // because the queue was full
}

const (
	headers      = 28 // bytes of IPv4 and UDP
	usualBehind  = 20 * time.Millisecond
	usualWaiting = 200 * time.Millisecond
)

// direction is one direction of a line and its state: what is in the queue, and where in a burst it is.
type direction struct {
	mu      sync.Mutex
	trouble Trouble
	dice    *rand.Rand
	bad     bool      // inside a burst
	free    time.Time // when the line has sent all that it took so far
	last    time.Time // when the newest packet arrives that others may not overtake
	counts  Counts
}

func (d *direction) set(t Trouble) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.trouble = t
	d.bad = d.bad && t.Burst.Loss > 0
}

func (d *direction) count() Counts {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.counts
}

// plan says when a packet of so many bytes arrives that is sent now, or that it never does. A packet that is lost has
// taken its turn in the queue, as on a line that is bad behind its narrowest place.
func (d *direction) plan(now time.Time, bytes int) (arrives time.Time, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	arrives, ok = d.queue(now, bytes)
	if !ok {
		d.counts.Dropped++
		return arrives, false
	}
	if d.lost() {
		d.counts.Lost++
		return arrives, false
	}
	d.counts.Passed++
	d.counts.Bytes += bytes
	arrives = arrives.Add(d.trouble.Delay)
	if d.trouble.Jitter > 0 {
		arrives = arrives.Add(time.Duration(d.dice.Int64N(int64(d.trouble.Jitter) + 1)))
	}
	if arrives.Before(d.last) {
		arrives = d.last
	}
	if d.hits(d.trouble.Reorder) {
		return arrives.Add(or(d.trouble.Behind, usualBehind)), true
	}
	d.last = arrives
	return arrives, true
}

// queue gives the time at which the last bit has left.
func (d *direction) queue(now time.Time, bytes int) (left time.Time, ok bool) {
	if d.trouble.Rate <= 0 {
		return now, true
	}
	if d.free.Before(now) {
		d.free = now
	}
	if d.free.Sub(now) > or(d.trouble.Queue, usualWaiting) {
		return now, false
	}
	d.free = d.free.Add(time.Duration((bytes+headers)*8) * time.Second / time.Duration(d.trouble.Rate))
	return d.free, true
}

func (d *direction) lost() bool {
	if b := d.trouble.Burst; b.Loss > 0 {
		ends := 1 / max(b.Length, 1)
		begins := ends * b.Loss / (1 - b.Loss) // so that the share of time in the bad state is Loss
		if d.bad {
			d.bad = !d.hits(ends)
		} else {
			d.bad = d.hits(begins)
		}
		if d.bad {
			return true
		}
	}
	return d.hits(d.trouble.Loss)
}

func (d *direction) hits(share float64) bool { return share > 0 && d.dice.Float64() < share }

func or(d, usual time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return usual
}

package media

import (
	"math"
	"time"
)

// simReceiver is the browser at the end of a simulated line.
type simReceiver struct {
	s        *simulation
	remb     bool   // it sends REMB
	mark     uint32 // of the last sender report that came
	transit  time.Duration
	padding  [2]int      // sent and arrived since the last report
	silent   bool        // it sends no NACK
	expected [2]int      // next number, video and audio
	came     [2]int      // originals since the last report
	reported [2]int      // what was expected at the last report
	missing  map[int]int // number of a video packet and how often it was asked for
	gap      []int       // to be asked for in a moment

	arrivals []simArrival
	queue    time.Duration // least of the last 50 ms
	grew     int           // times in a row that it did
	bps      float64       // estimate; 0: none yet
	told     float64
	toldAt   time.Duration
}

type simArrival struct {
	at, queue time.Duration
	bytes     int
}

func (r *simReceiver) arrived(p simPacket) {
	r.arrivals = append(r.arrivals, simArrival{r.s.at, r.s.net.busy - r.s.at, p.bytes})
	if p.padding {
		r.padding[1]++
		return
	}
	kind := 0
	if p.audio {
		kind = 1
	}
	if p.repair {
		delete(r.missing, p.seq)
		return
	}
	r.came[kind]++
	if kind == 0 && !r.silent {
		for seq := r.expected[0]; seq < p.seq; seq++ {
			r.missing[seq] = 0
			r.gap = append(r.gap, seq)
		}
		if len(r.gap) > 0 {
			r.s.after(10*time.Millisecond, func() { r.ask(r.gap); r.gap = nil })
		}
	}
	r.expected[kind] = max(r.expected[kind], p.seq+1)
}

// ask sends a NACK, and repeats it a few times.
func (r *simReceiver) ask(numbers []int) {
	s, fresh := r.s, 0
	var still []int
	for _, seq := range numbers {
		times, missing := r.missing[seq]
		if !missing {
			continue
		}
		if times == 0 {
			fresh++
		}
		if r.missing[seq] = times + 1; times < 5 {
			still = append(still, seq)
		}
	}
	if len(still) == 0 {
		return
	}
	s.after(s.net.delay, func() {
		s.line.missed(fresh, s.now())
		s.fed()
		for _, seq := range still {
			if s.repairs(1000) {
				s.send(simPacket{seq: seq, repair: true, bytes: 1000})
			}
		}
	})
	s.after(2*s.net.delay+50*time.Millisecond, func() { r.ask(still) })
}

// report is a receiver report, once a second.
func (r *simReceiver) report() {
	worst := 0.0
	for kind := range r.expected {
		if sent := r.expected[kind] - r.reported[kind]; sent > 0 {
			worst = max(worst, 1-float64(r.came[kind])/float64(sent))
		}
		r.reported[kind], r.came[kind] = r.expected[kind], 0
	}
	s := r.s
	mark, rtt, lost := r.mark, r.transit+s.net.delay, 0.0
	if mark == 0 {
		rtt = 2*s.net.delay + max(0, s.net.busy-s.at)
	}
	if r.padding[0] > 0 {
		lost = 1 - float64(r.padding[1])/float64(r.padding[0])
	}
	r.padding = [2]int{}
	s.after(s.net.delay, func() {
		if s.line.answered(mark, rtt, lost, s.now()) {
			rtt = 0
		}
		s.line.reported(worst, rtt, s.now())
		s.fed()
	})
}

// estimate is Google congestion control in a few lines, 20 times a second: a queue that keeps growing means 0.85 of what
// comes through, otherwise the estimate grows by 8 % a second up to 1.5 of it (draft-ietf-rmcat-gcc-02, section 5).
func (r *simReceiver) estimate() {
	s := r.s
	const window = 500 * time.Millisecond
	for len(r.arrivals) > 0 && r.arrivals[0].at < s.at-window {
		r.arrivals = r.arrivals[1:]
	}
	bytes, queue := 0, time.Hour
	for _, a := range r.arrivals {
		bytes += a.bytes
		if a.at >= s.at-50*time.Millisecond {
			queue = min(queue, a.queue)
		}
	}
	through := float64(bytes) * 8 / window.Seconds()
	if !r.remb || through == 0 || queue == time.Hour {
		return
	}
	if queue > r.queue+10*time.Millisecond {
		r.grew++
	} else {
		r.grew = 0
	}
	r.queue = queue
	switch {
	case r.grew >= 2:
		r.bps = 0.85 * through
	case queue > 60*time.Millisecond: // it holds while the queue drains
	case r.bps == 0 && s.at > 5*time.Second:
		r.bps = through
	case r.bps > 0:
		r.bps = max(r.bps, min(r.bps*math.Pow(1.08, 0.05), 1.5*through+10*kbit))
	}
	r.tell()
}

// tell sends REMB, once a second and at once when it fell.
func (r *simReceiver) tell() {
	s, bps := r.s, r.bps
	if bps == 0 || bps >= 0.97*r.told && s.at-r.toldAt < time.Second {
		return
	}
	r.told, r.toldAt = bps, s.at
	s.after(s.net.delay, func() {
		s.line.estimated(bps, s.now())
		s.fed()
	})
}

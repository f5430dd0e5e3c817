package media

import (
	"math"
	"time"
)

const (
	betweenProbes = 4 * time.Second        // while the line stays as it is: relief is found within ten seconds, with two steps to go
	afterStep     = 700 * time.Millisecond // that was taken, until its packets flow
	peek          = 20 * time.Millisecond  // length of a probe that only asks whether a longer one is worth it
	longestProof  = 300 * time.Millisecond
	shortestProof = 80 * time.Millisecond
	queueOfPeek   = 0.08 // s: what a probe may build in a line that is as it was before
	queueOfProof  = 0.1
	overNeed      = 1.25                    // times what the step needs: a proof is sent so fast
	overflow      = 0.13                    // of a proof lost is more than an accident: a short queue hides how much there was
	worthProof    = 0.8                     // of what the step needs, which a peek must see
	roomy         = 1.2                     // times the plan, which a measure alone leaves
	widening      = 1.3                     // times what was known, from one peek to the next
	rarely        = 2500 * time.Millisecond // nothing is shown, and reports come so seldom that the first answer must do
	answerWithin  = 8 * time.Second         // Chromium reports of voices every five seconds, of pictures every second
	tripsFor      = 12 * time.Second        // that the last measured round trip is thought to hold
	tripsWithin   = 10 * time.Second        // after congestion, or steps are tried without a probe
	echoes        = 1200 * time.Millisecond // after a probe in which congestion may be its doing
)

// probe finds out whether a line carries the next step without taking it: for a moment more is sent than the plan costs,
// packets that no decoder needs, and a sender report right behind them. The receiver's next report gives the round trip
// of that one (RFC 3550, section 6.4.1), and what it is longer than usual is the queue that the probe has built.
//
// A first, tiny one is harmless on any line; it tells whether the line has changed at all. A second one, up to 300 ms of
// what the step needs, proves it.
type probe struct {
	able  bool // the receiver has a stream for it
	stage probeStage
	at    time.Duration // when the stage began; when the last probe ended, while there is none
	rest  time.Duration // from then to the next
	proof bool
	again bool // it is repeated, because its sender report was lost by accident

	rate   float64 // bit/s of all that is sent
	length time.Duration
	next   float64 // bit/s of the plan with the next step
	need   float64 // what is to be proved: that, or more after good steps
	known  float64 // bit/s that the line is thought to carry

	bits float64 // that went, of all kinds
	took time.Duration
	lost float64 // share of the probe's own packets
	mark uint32  // of the sender report: the middle of its NTP time

	sentAt time.Duration // when the last one was through, if congestion may still be its doing
	seen   float64       // bit/s that the last one has measured in the line as it is
	seenAt time.Duration
	trips  trips
}

type probeStage uint8

const (
	probeNone probeStage = iota
	probeDue
	probeFlows
	probeAsked
)

// trips is the usual round trip and how much it varies, of reports since the last congestion.
type trips struct {
	known     bool
	at        time.Duration
	mean, off float64 // seconds
}

func (t *trips) add(rtt, at time.Duration) {
	s := rtt.Seconds()
	if !t.known {
		*t = trips{known: true, at: at, mean: s}
		return
	}
	off := max(s-t.mean, t.mean-s)
	t.off += (off - t.off) / 4
	t.mean += (s - t.mean) / 4
	t.at = at
}

// usual is rather too short than too long: the pictures' own queues, which vary, may not hide that of a probe.
func (t *trips) usual() float64 { return t.mean - t.off }

func (t *trips) fresh(at time.Duration) bool { return t.known && at-t.at < tripsFor }

// probes says of one slot whether its client takes repairs in a stream of their own, in which a probe is sent.
func (l *line) probes(repaired bool) { l.probe.able = l.probe.able || repaired }

// filling tells how fast the line is to be filled now, in bit/s of everything, and whether it is at all. What is sent
// anyway counts. It is to be asked every few milliseconds while probing tells so.
func (l *line) filling(now time.Time) (rate float64, fill bool) {
	p, at := &l.probe, l.clock(now)
	if p.stage == probeDue {
		p.stage, p.at = probeFlows, at
	}
	return p.rate, p.stage == probeFlows && at-p.at < p.length
}

// probing tells that a probe is due or under way, until filled.
func (l *line) probing() bool { return l.probe.stage == probeDue || l.probe.stage == probeFlows }

// awaits tells that the answer to a probe is on its way. Another sender report would spoil it.
func (l *line) awaits() bool { return l.probe.stage == probeAsked }

// filled is told that a probe is through: so many bits of all kinds went out since it began, and a sender report with
// this NTP time follows (its middle 32 bits). False: the probe was cut short.
func (l *line) filled(bits float64, mark uint32, now time.Time) bool {
	p, at := &l.probe, l.clock(now)
	if p.stage != probeFlows {
		return false
	}
	p.bits, p.took, p.mark, p.lost = bits, at-p.at, mark, 0
	p.stage, p.at, p.sentAt = probeAsked, at, at
	return true
}

// answered is told of a receiver's report: the time of the sender report it speaks of, the round trip since, and the share
// of the probe's stream that was lost. It tells whether that sender report was the one behind the last probe.
func (l *line) answered(mark uint32, rtt time.Duration, lost float64, now time.Time) (probed bool) {
	p, at := &l.probe, l.clock(now)
	probed = p.mark != 0 && mark == p.mark
	switch {
	case p.stage != probeAsked:
	case probed:
		p.lost = lost
		p.judge(l, rtt, at)
	case at-p.at <= rtt+500*time.Millisecond:
	case lost < 0.2 && !p.again: // an accident
		p.stage, p.at, p.again = probeDue, at, true
	default: // the queue was full
		p.end(at, betweenProbes)
	}
	return probed
}

// judge ends a probe by the round trip right behind it.
func (p *probe) judge(l *line, rtt, at time.Duration) {
	queue := max(0, rtt.Seconds()-p.trips.usual())
	carries := p.bits * (1 - p.lost) / (p.took.Seconds() + queue)
	switch {
	case p.proof && carries >= p.next && p.lost < overflow, carries >= p.need && at-p.at > rarely:
		l.trial.begin(l, max(carries, p.next*spare), p.next, at)
		p.sentAt = 0
		p.end(at, afterStep)
	case p.proof:
		p.fail(l, carries, at)
	case carries >= worthProof*p.need:
		p.known = max(p.known, carries)
		p.prove(at)
	case carries >= widening*p.known:
		p.known = carries
		p.peek(at)
	default:
		p.fail(l, carries, at)
	}
}

// fail takes note of what a line carries that is as it was: no plan may grow beyond that.
func (p *probe) fail(l *line, carries float64, at time.Duration) {
	p.seen, p.seenAt = carries, at
	if !math.IsInf(l.bound, 1) {
		l.bound = min(l.bound, max(carries, l.plan*roomy))
	}
	p.end(at, betweenProbes)
}

// end is also for what is cut short.
func (p *probe) end(at, rest time.Duration) { p.stage, p.at, p.rest = probeNone, at, rest }

// pending tells that congestion may be the probe's doing.
func (p *probe) pending(at time.Duration) bool {
	return p.stage == probeFlows || p.sentAt > 0 && at-p.sentAt < echoes
}

// expire ends a probe that hangs: nothing can be sent, or nobody answers.
func (p *probe) expire(at time.Duration) {
	waits := at - p.at
	switch {
	case (p.stage == probeDue || p.stage == probeFlows) && waits > time.Second, p.stage == probeAsked && waits > answerWithin:
		p.end(at, betweenProbes)
	}
}

// consider begins a probe when it is time.
func (p *probe) consider(l *line, next float64, at time.Duration) {
	if p.stage != probeNone || at-p.at < p.rest {
		return
	}
	p.next, p.need, p.known = next, l.trial.wants(l, next), l.bound
	if p.seen > 0 && at-p.seenAt < 3*betweenProbes {
		p.known = p.seen
	}
	p.known = min(max(p.known, l.plan), p.need)
	p.peek(at)
}

func (p *probe) peek(at time.Duration) {
	p.proof, p.again, p.length = false, false, peek
	p.rate = queueOfPeek * p.known / peek.Seconds()
	p.stage, p.at = probeDue, at
}

func (p *probe) prove(at time.Duration) {
	p.proof, p.again, p.rate, p.length = true, false, p.need*overNeed, longestProof
	if over := p.rate/p.known - 1; over > 0 {
		p.length = min(longestProof, max(shortestProof, time.Duration(queueOfProof/over*float64(time.Second))))
	}
	p.stage, p.at = probeDue, at
}

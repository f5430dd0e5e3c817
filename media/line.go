package media

import (
	"math"
	"time"
)

const (
	firstCalm   = 3 * time.Second  // without a sign of congestion, after which one more step is tried
	longestCalm = 45 * time.Second // on a line that stays narrow: every failed trial is a hiccup that somebody sees
	verdict     = 3 * time.Second  // congestion this soon after a step up is the step's fault
	proof       = 8 * time.Second  // a step that held so long shows that the line has changed
	standing    = 5 * time.Second  // without a sign, after which a plan is known to fit
	freedom     = 10 * time.Second // with all that is wanted granted, after which nothing is thought to be in the way
	settling    = 500 * time.Millisecond
	filling     = 200 * time.Millisecond // after the first sign, in which a queue may still have been filling
	planDelay   = time.Second            // a lower encoding begins with a key frame that must first be asked for
	slowest     = 500 * time.Millisecond

	leastRepairs         = 200e3 // bit/s while nothing is known to be in the way
	repairShareFree      = 0.25  // of what is sent then
	repairShare          = 0.2   // of the limit
	repairShareInTrouble = 0.05

	useOfDelivered = 0.8   // of what came through: a queue must empty as well
	useOfEstimate  = 0.95  // of the receiver's own figure, which has its reserve already
	useOfFirst     = 0.6   // of the first one, half of which speaks of the time before; too little is soon found out by a probe
	clearly        = 0.6   // of the first measure, which a second one must be to count more
	indulgence     = 1.5   // times the limit, for what has fitted
	useOfPlan      = 0.85  // less than the present plan, or nothing would change
	leastThrough   = 0.15  // of what was sent; no measure within some hundred milliseconds is good enough to believe in less
	leastEstimate  = 250e3 // bit/s; a voice and a small picture
	lossy          = 5     // packets asked for in a second
	leastLimit     = 10e3  // bit/s
	growth         = 1.5   // of the plan, from one good step to the next
	leastStep      = 100e3 // bit/s; the temporal layers of a small picture are not worth a trial each
)

// line is what we believe one receiver's line carries. It starts with the belief that everything fits, because most
// lines carry it and a picture is wanted at once; it is told what the receiver reports, and cuts when that means a queue
// or a bottleneck. Loss alone does not: a radio loses some packets at any rate, and NACKs bring them back. After a calm
// it finds out by a probe whether the line carries the next step up. Where none can be sent it tries the step itself, and
// is the slower to try again the more often that failed.
//
// Not safe for concurrent use. Every method that is told the time must be told one that does not go back.
type line struct {
	start     time.Time
	bound     float64 // bit/s
	plan      float64 // bit/s that the present plan costs
	rate      sending
	nacks     nacks
	pps, bps  float64 // sent when congestion was seen last, without repairs: later NACKs still speak of that
	loss      losses
	estimates estimates
	rtt       time.Duration

	signAt   time.Duration // last sign of congestion
	wantedAt time.Duration // when more than granted was last wanted
	calm     time.Duration
	settled  time.Duration // until then all news may be of what the last cut was made for
	acted    bool          // what is sent has followed the last cut
	held     float64       // bit/s of the dearest plan that stood the test
	known    bool          // the last cut went back to a limit that had held
	pressing bool
	fitted   bool // the plan has been within the limit since that fell
	swollen  bool // a queue stood in the line at the last report
	trial    trial
	probe    probe

	room   float64 // bits that repairs may take
	roomAt time.Duration
}

// trial is the last step up, until it has proved itself.
type trial struct {
	on     bool
	at     time.Duration
	before float64       // limit to go back to
	plan   float64       // cost of the plan before
	rtt    time.Duration // before it, 0 unknown
}

func newLine() line { return line{bound: math.Inf(1), calm: firstCalm} }

// limit is what the plan may cost in bit/s; +Inf while nothing is known to be in the way.
func (l *line) limit() float64 { return l.bound }

// keeps is the limit for a plan that stays as it is and would now cost so much: costs vary from second to second, and a new
// key frame alone adds half. What fitted is kept while nothing says that it does not fit any more; else a small picture
// on a narrow line would be taken away for the key frame that it began with, and begin again.
func (l *line) keeps(cost float64) float64 {
	if !l.fitted {
		return l.bound
	}
	return max(l.bound, min(cost, l.bound*indulgence))
}

// urgent tells that the limit fell below the plan since the last tick: a new plan cannot wait for the next one.
func (l *line) urgent() bool { return l.pressing }

// congested tells that there was a sign of congestion within the last second, so that repairs should be spared.
func (l *line) congested(now time.Time) bool {
	at := l.clock(now)
	return at-l.signAt < time.Second || at < l.settled && !l.acted
}

// affords tells whether the line has room for a repair of so many bytes, and takes the room if it has: a quarter of what
// is sent, or of a known limit a fifth, a twentieth while it is congested. Without that bound, what is sent again for
// what was lost fills a narrow line, the stream itself is lost behind it, and no NACK tells of that.
func (l *line) affords(bytes int, now time.Time) bool {
	at, most := l.clock(now), l.bound*repairShare
	switch {
	case math.IsInf(l.bound, 1):
		_, sent := l.rate.over(time.Second)
		most = max(leastRepairs, sent*repairShareFree)
	case l.congested(now):
		most = l.bound * repairShareInTrouble
	}
	l.room = min(most, l.room+most*(at-l.roomAt).Seconds())
	l.roomAt = at
	if need := float64(bytes) * 8; need <= l.room {
		l.room -= need
		return true
	}
	return false
}

// clock counts from an hour before the first call, so that zero is long ago.
func (l *line) clock(now time.Time) time.Duration {
	if l.start.IsZero() {
		l.start = now.Add(-time.Hour)
	}
	return now.Sub(l.start)
}

// sent is told what went out since the last call, of all kinds. It is to be called about every 100 ms, before tick.
func (l *line) sent(packets, bytes int, now time.Time) {
	at := l.clock(now)
	l.rate.add(packets, bytes, at)
	l.rate.listen(max(l.nacks.perSecond(300*time.Millisecond, at), l.nacks.perSecond(time.Second, at)), at)
	if at < l.settled && !l.acted {
		if _, bps := l.rate.over(200 * time.Millisecond); bps <= l.bound*1.15 {
			l.acted = true
			l.settled = min(l.settled, at+l.settling())
		}
	}
}

// settling is how long reports of what was sent before a cut may still come in after it has acted: from the queue that
// it found.
func (l *line) settling() time.Duration { return settling + min(l.rtt, slowest) }

// missed is told how many packets the receiver asks for by NACK for the first time.
func (l *line) missed(packets int, now time.Time) {
	at := l.clock(now)
	l.nacks.add(packets, at)
	if at < l.settled {
		if may := l.delivered(0, at); at-l.signAt < filling && may < clearly*l.bound {
			l.deepen(may)
		}
		return
	}
	if l.nacks.heavy(l.trial.pending(at) || at-l.signAt < standing, &l.rate, at, l.settled) {
		l.sign(l.delivered(0, at), leastLimit, at)
	}
}

// reported is told the fraction lost (0 to 1) of the worst busy stream in one receiver report, and the round trip that
// it measured, 0 if none (RFC 3550, section 6.4.1).
func (l *line) reported(lost float64, rtt time.Duration, now time.Time) {
	at := l.clock(now)
	if rtt > 0 {
		l.rtt = rtt
		if at >= l.settled+time.Second && l.probe.stage == probeNone {
			l.probe.trips.add(rtt, at)
		}
	}
	swollen := l.loss.roundTrip(rtt)
	if at < l.settled+time.Second { // a report speaks of the second before it
		l.loss.forget(at)
		return
	}
	asked := l.nacks.exceeds(0.10, 2.5, &l.rate, 3*time.Second, at, l.settled)
	heavy := l.loss.heavy(lost, swollen, asked, at)
	waits := l.trial.pending(at) && l.trial.rtt > 0 && rtt > l.trial.rtt+grownBy
	switch stands := l.stands(swollen); {
	case heavy || waits:
		l.sign(l.delivered(lost, at), leastLimit, at)
	case stands && l.bound > leastEstimate:
		l.sign(l.delivered(lost, at), leastEstimate, at)
	}
}

// estimated is told the bit/s of a REMB (draft-alvestrand-rmcat-remb-03). Receivers do not let it grow beyond about 1.5
// times what they receive, and it lags behind a step up for seconds: only its fall tells something.
func (l *line) estimated(bps float64, now time.Time) {
	at := l.clock(now)
	fallen := l.estimates.add(bps, at)
	_, short := l.rate.over(300 * time.Millisecond)
	_, long := l.rate.over(time.Second)
	switch {
	case at < l.settled:
		l.estimates.restart(bps, at)
		if may := l.estimate(bps, at); fallen && may < useOfDelivered*l.bound {
			l.deepen(may)
		}
	case fallen && bps < min(short, long) && l.alone(bps, at):
		l.estimates.restart(bps, at)
	case fallen && bps < min(short, long):
		l.sign(min(l.estimate(bps, at), l.delivered(0, at)), l.least(at), at)
		l.estimates.restart(bps, at)
	}
}

// stands tells that a queue has stood in a line that is known to be narrow, at two reports in a row.
func (l *line) stands(swollen bool) (stands bool) {
	stands = swollen && l.swollen && !math.IsInf(l.bound, 1)
	l.swollen = swollen && !stands
	return stands
}

// alone tells that a fallen REMB says nothing that would change the plan of a line that is known to be narrow, and that
// no NACK says the same.
func (l *line) alone(bps float64, at time.Duration) bool {
	may := l.estimate(bps, at)
	return l.probe.able && l.least(at) > leastLimit && !math.IsInf(l.bound, 1) && (may >= l.plan*useOfPlan || may >= l.bound)
}

// estimate is what a fallen REMB allows. Alone it takes nobody's picture away: a receiver that is short of processor time,
// or whose publisher sends little, measures queues that are not there, as a share of the little that it gets. A line that
// is narrower than the floor loses packets too, and then the estimate counts whole.
func (l *line) estimate(bps float64, at time.Duration) float64 {
	if l.probe.able && math.IsInf(l.bound, 1) {
		bps *= useOfFirst
	}
	return max(bps*useOfEstimate, l.least(at))
}

// least is how low a limit may become by what is not a loss.
func (l *line) least(at time.Duration) float64 {
	if l.nacks.perSecond(time.Second, at) >= lossy {
		return leastLimit
	}
	return leastEstimate
}

// delivered is what the line may be asked to carry by what came through it just now: lost is the fraction that a report
// speaks of, if one does.
func (l *line) delivered(lost float64, at time.Duration) float64 {
	const window = 250 * time.Millisecond // so that the time before the queue was full does not count
	asked := l.nacks.flow(window, at)
	if at >= l.settled || l.acted {
		l.pps, l.bps = l.original(asked)
	}
	if l.pps == 0 {
		return l.bound
	}
	// Voices are not asked for again, so that what is missing is video, in packets larger than the average.
	size := min(1100, 1.25*l.bps/8/l.pps)
	return useOfDelivered * l.bps * max(leastThrough, 1-max(lost, asked*size*8/l.bps))
}

// original is what was sent in the last moment without repairs: the plan, where that is about what was sent.
func (l *line) original(asked float64) (pps, bps float64) {
	_, least := l.rate.fresh(300*time.Millisecond, asked)
	pps, most := l.rate.over(300 * time.Millisecond)
	if most == 0 {
		return 0, 0
	}
	bps = min(max(l.plan, least), most)
	return pps * bps / most, bps
}

// sign takes note of congestion: back to before a trial if it was one, or down to what the line may carry, but not below
// least.
func (l *line) sign(may, least float64, at time.Duration) {
	if l.probe.pending(at) {
		l.shrug(at)
		return
	}
	was := l.bound
	l.probe.trips.known = false
	l.known = l.trial.pending(at)
	if l.known {
		l.bound = l.trial.before
		if l.probe.able && may < clearly*l.bound { // the line has become narrower meanwhile
			l.bound = max(leastLimit, may)
		}
		l.held = min(l.held, l.trial.plan)
	} else {
		// Just after the plan became much smaller for another reason, the congestion is that of the plan before.
		if _, bps := l.rate.over(300 * time.Millisecond); l.plan > 0 && bps < 1.3*l.plan {
			may = min(may, l.plan*useOfPlan)
		}
		l.bound = min(l.bound, max(least, may))
		l.held = min(l.held, l.plan*useOfPlan)
	}
	if l.trial.on {
		l.calm = min(2*l.calm, longestCalm)
	}
	l.trial.on, l.acted = false, false
	l.signAt, l.settled = at, at+planDelay+l.settling()
	l.loss.forget(at)
	l.pressing = l.pressing || l.bound < was && l.bound < l.plan
	l.fitted = l.fitted && l.bound == was
}

// shrug takes congestion for the doing of a probe, which ends. What goes on after it is told again.
func (l *line) shrug(at time.Duration) {
	l.probe.end(at, betweenProbes)
	l.probe.sentAt = 0
	l.acted, l.known = true, true
	l.signAt, l.settled = at, at+l.settling()
	l.loss.forget(at)
}

// deepen corrects a cut that has not acted yet: its first measure may have been taken while the queue still filled.
func (l *line) deepen(may float64) {
	if !l.acted && !l.known && may < l.bound {
		l.bound = max(leastLimit, may)
		l.pressing = l.pressing || l.bound < l.plan
		l.fitted = false
	}
}

// tick moves the limit up when it is time. total is the bit/s that the present plan costs, next what it would cost after
// the next wanted step up, 0 if nothing more is wanted. It is to be called every 100 to 200 ms with a fresh plan.
func (l *line) tick(total, next float64, now time.Time) {
	at := l.clock(now)
	l.plan, l.pressing = total, false
	if !l.fitted && total <= l.bound*rounding {
		if l.fitted = true; l.probe.able && !math.IsInf(l.bound, 1) { // what is left of the limit is a guess: a probe will tell
			l.bound = min(l.bound, max(leastEstimate, total*roomy))
		}
	}
	if next > 0 {
		l.wantedAt = at
	}
	if at-max(l.signAt, l.trial.at) >= standing {
		l.held = max(l.held, total)
	}
	if math.IsInf(l.bound, 1) {
		return
	}
	t := &l.trial
	if t.pending(at) && !l.probe.able {
		if total <= t.plan && next > 0 { // it became dearer before it was taken
			l.bound = max(l.bound, next*spare)
		}
		return
	}
	if t.on && at-t.at >= proof {
		t.on, l.calm = false, firstCalm
	}
	calm := l.calm
	if next <= l.held { // cut too deep, or trouble that was there before and went
		calm = firstCalm
	}
	switch l.probe.expire(at); {
	case at-l.signAt < calm || at < l.settled:
	case next > 0 && l.probe.able && l.probe.trips.fresh(at):
		if l.quiet(at) {
			l.probe.consider(l, next, at)
		}
	case next > 0 && l.probe.able && at-l.signAt < tripsWithin:
	case next > 0:
		t.begin(l, math.Inf(1), next, at)
	case at-max(l.signAt, l.wantedAt) >= freedom:
		l.bound = math.Inf(1)
	}
}

func (t *trial) pending(at time.Duration) bool { return t.on && at-t.at < verdict }

// quiet tells that the line is not just congested as it is: little is asked for again, and no queue stands in it.
func (l *line) quiet(at time.Duration) bool {
	pps, _ := l.rate.over(time.Second)
	return !l.swollen && l.nacks.perSecond(time.Second, at) < max(lossy, 0.12*pps)
}

// begin lets the plan take the next step, as far as the line is known to carry it.
func (t *trial) begin(l *line, carries, next float64, at time.Duration) {
	room := min(carries, t.wants(l, next)*spare)
	*t = trial{on: true, at: at, before: l.bound, plan: l.plan, rtt: l.rtt}
	l.bound = max(l.bound, room)
}

// wants is the plan for which a step makes room. Good steps that follow each other grow, so that of many small tiles more
// than one at a time comes back.
func (t *trial) wants(l *line, next float64) float64 {
	most := max(next, l.plan+leastStep)
	if t.on {
		most = max(most, l.plan*growth)
	}
	return most
}

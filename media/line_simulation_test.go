package media

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// bottleneck is the line between a sender and one receiver.
type bottleneck struct {
	rate  float64       // bit/s
	queue time.Duration // that may stand in it; what comes then is dropped
	delay time.Duration // one way
	loss  float64       // share lost by accident
	hole  func(at time.Duration) bool
	busy  time.Duration // when the last packet in the queue will be through
}

type simPacket struct {
	seq           int
	audio, repair bool
	padding       bool
	bytes         int
}

// simulation is one sender with one or more cameras and one voice, a bottleneck, and a receiver that behaves as libwebrtc does:
// NACKs 10 ms after a gap, receiver reports once a second, REMB likewise and at once when it falls by 3 %.
type simulation struct {
	line   line
	net    bottleneck
	random *rand.Rand
	at     time.Duration
	events map[time.Duration][]func() // what will happen in which millisecond

	layers       []layerCost
	wishes       []wish
	shares       []share
	total        float64
	flows        []share // follow shares when the key frame has come
	key          []bool
	seqs         [2]int // next number, video and audio
	packets, out int    // since the last call of sent
	second       time.Duration
	repaired     int // within it

	filled  float64 // bits of the probe under way
	fill    float64 // bits that it may send
	probes  int
	filling bool          // a probe is under way
	worst   time.Duration // longest that a voice waited in the queue since the test last looked

	receiver simReceiver
	moves    []simMove // of the first camera
	trials   int
	voices   [2]int // sent and lost since the test last looked
}

// String is the time in seconds, the encoding and the temporal layer.
func (m simMove) String() string {
	if m.share.layer < 0 {
		return fmt.Sprintf("%.2f:-", m.at.Seconds())
	}
	return fmt.Sprintf("%.2f:%d.%d", m.at.Seconds(), m.share.layer, m.share.temporal)
}

// simMove is a plan that differs from the one before.
type simMove struct {
	at    time.Duration
	share share
}

func simulate(net bottleneck, layers []layerCost, seed uint64) *simulation {
	s := &simulation{line: newLine(), net: net, random: rand.New(rand.NewPCG(seed, 3)), layers: layers, events: map[time.Duration][]func(){}}
	s.camera(720)
	s.receiver = simReceiver{s: s, missing: map[int]int{}, remb: true}
	return s
}

// probing lets the sender probe, as it does where the receiver takes repairs in a stream of their own.
func (s *simulation) probing() *simulation {
	s.line.probes(true)
	return s
}

// camera adds one more, in a tile of the given height.
func (s *simulation) camera(height int) {
	s.wishes = append(s.wishes, wish{wishOther, height, s.layers})
	s.shares = append(s.shares, share{layer: -1})
	s.flows = append(s.flows, share{layer: -1})
	s.key = append(s.key, false)
}

func (s *simulation) now() time.Time { return time.Unix(1000, 0).Add(s.at) }

func (s *simulation) after(d time.Duration, do func()) {
	at := (s.at + max(d, 0)).Truncate(time.Millisecond) + time.Millisecond
	s.events[at] = append(s.events[at], do)
}

// run moves the clock until the given time, a millisecond at a time.
func (s *simulation) run(until time.Duration) {
	const ms = time.Millisecond
	for ; s.at < until; s.at += ms {
		for _, do := range s.events[s.at] {
			do()
		}
		delete(s.events, s.at)
		if s.at%(20*ms) == 0 {
			s.send(simPacket{audio: true, bytes: 100})
		}
		if s.at%(33*ms) == 0 {
			for i := range s.flows {
				s.frame(i)
			}
		}
		if s.at%(100*ms) == 99*ms {
			s.line.sent(s.packets, s.out, s.now())
			s.packets, s.out = 0, 0
			s.replan()
		}
		s.probe()
		if s.at%time.Second == 250*ms && s.line.probe.able && !s.line.awaits() {
			s.senderReport()
		}
		if s.at%(50*ms) == 0 {
			s.receiver.estimate()
		}
		if s.at%time.Second == 500*ms {
			s.receiver.report()
		}
	}
}

// replan is what the product does every 100 ms, and when the line is urgent.
func (s *simulation) replan() {
	before, limit := slices.Clone(s.shares), s.line.limit()
	var next float64
	kept := 40 * kbit
	for i := range s.wishes {
		kept += s.wishes[i].cost(rungOf(s.shares[i], len(s.wishes[i].layers)))
	}
	s.total, next = allocate(s.line.keeps(kept), 40*kbit, s.wishes, s.shares)
	s.line.tick(s.total, next, s.now())
	if s.line.limit() > limit && !math.IsInf(s.line.limit(), 1) {
		s.trials++
	}
	if s.shares[0] != before[0] {
		s.moves = append(s.moves, simMove{s.at, s.shares[0]})
	}
	for i, now := range s.shares {
		if now == before[i] {
			continue
		}
		s.after(150*time.Millisecond, func() { // until then the old encoding goes on
			if s.shares[i] == now && s.flows[i] != now {
				s.key[i] = s.key[i] || s.flows[i].layer != now.layer
				s.flows[i] = now
			}
		})
	}
}

// probe fills the line while a probe wants that, once a millisecond, and sends a sender report behind it.
func (s *simulation) probe() {
	if !s.line.probing() {
		return
	}
	if !s.filling {
		s.filling = true
		s.probes++
		s.fill, s.filled = 0, 0
	}
	rate, on := s.line.filling(s.now())
	for s.fill += rate / 1000; on && s.fill > 0; {
		s.send(simPacket{padding: true, bytes: 311})
	}
	if !on {
		s.senderReport()
		s.line.filled(s.filled, s.senderReport(), s.now())
		s.filling = false
	}
}

// senderReport goes through the queue as all else does.
func (s *simulation) senderReport() (mark uint32) {
	mark, at := uint32(s.at/time.Millisecond), s.at
	if through, ok := s.put(200); ok {
		s.after(through-s.at+s.net.delay, func() { s.receiver.mark, s.receiver.transit = mark, s.at-at })
	}
	return mark
}

func (s *simulation) frame(camera int) {
	flows := s.flows[camera]
	if flows.layer < 0 {
		return
	}
	bytes := int(s.layers[flows.layer].bps[flows.temporal] / 8 * 0.033 * (0.8 + 0.4*s.random.Float64()))
	if s.key[camera] {
		bytes, s.key[camera] = 5*bytes, false
	}
	for ; bytes > 0; bytes -= 1100 {
		s.send(simPacket{bytes: min(bytes, 1100)})
	}
}

// send numbers a packet and puts it on the line.
func (s *simulation) send(p simPacket) {
	kind := 0
	if p.audio {
		kind = 1
		s.voices[0]++
	}
	if !p.repair && !p.padding {
		p.seq = s.seqs[kind]
		s.seqs[kind]++
	}
	if !p.padding { // as in the product
		s.packets++
		s.out += p.bytes
	}
	s.filled += float64(p.bytes) * 8
	s.fill -= float64(p.bytes) * 8
	through, ok := s.put(p.bytes)
	if p.audio {
		s.worst = max(s.worst, through-s.at)
		if !ok {
			s.voices[1]++
		}
	}
	if p.padding {
		s.receiver.padding[0]++
	}
	if ok {
		s.after(through-s.at+s.net.delay, func() { s.receiver.arrived(p) })
	}
}

// put tells when so many bytes are through the queue, or that they are lost.
func (s *simulation) put(bytes int) (through time.Duration, ok bool) {
	n := &s.net
	lost := s.random.Float64() < n.loss || n.hole != nil && n.hole(s.at)
	n.busy = max(n.busy, s.at)
	if n.busy-s.at > n.queue {
		return n.busy, false
	}
	n.busy += time.Duration(float64(bytes) * 8 / n.rate * float64(time.Second))
	return n.busy, !lost
}

// repairs tells whether one more may be sent: 500 a second, as in the product, and what the line affords.
func (s *simulation) repairs(bytes int) bool {
	if second := s.at / time.Second; second != s.second {
		s.second, s.repaired = second, 0
	}
	if s.repaired++; s.repaired > 500 {
		return false
	}
	return s.line.affords(bytes, s.now())
}

// fed is what the product does with a feedback packet.
func (s *simulation) fed() {
	if s.line.urgent() {
		s.replan()
	}
}

// at what time after since the plan was first one that the test wants, or −1.
func (s *simulation) first(since time.Duration, wanted func(share) bool) time.Duration {
	for _, m := range s.moves {
		if m.at >= since && wanted(m.share) {
			return m.at - since
		}
	}
	return -1
}

// voiceLoss is the share of audio packets lost since it was last asked for.
func (s *simulation) voiceLoss() float64 {
	lost := float64(s.voices[1]) / float64(max(1, s.voices[0]))
	s.voices = [2]int{}
	return lost
}

package load

import "time"

// Counts is what happened so far, over everybody who is there now.
type Counts struct {
	At, Until  time.Time // nobody sent anything in between
	Publishers int
	Viewers    int
	Sent       uint64 // packets of all publishers, repairs apart
	Delivered  uint64 // packets with something in them that viewers got, each once
	Expected   uint64 // that the numbers on them say there were
	Came       uint64 // of those
	Wanted     uint64 // that viewers should have got of what was sent: four voices and nine cameras each
	Again      uint64 // that came a second time
	Asked      uint64 // for again
	Repaired   uint64 // that came late, but came
	Refused    uint64 // of streams that nobody announced
	Keys       uint64 // key frames that publishers began
	Ended      int    // connections that the server ended
}

const (
	quiet     = 20 * time.Millisecond // twice without a packet: all that was sent has come, or never will
	mostQuiet = 500 * time.Millisecond
)

// Still is Count while all publishers hold their breath until what they sent has come, so that nothing that is under way
// counts as lost. They go on where they were, a few hundredths of a second later.
func (f *Field) Still() Counts {
	f.breath.Lock()
	defer f.breath.Unlock()
	began := f.Now()
	var c Counts
	for still, delivered := 0, uint64(0); still < 2 && f.Now().Sub(began) < mostQuiet; delivered = c.Delivered {
		time.Sleep(quiet)
		if c = f.Count(); c.Delivered == delivered {
			still++
		} else {
			still = 0
		}
	}
	c.At, c.Until = began, f.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.publishers {
		p.shift(c.Until.Sub(c.At))
	}
	return c
}

// Count adds up. It looks at one connection after the other, while media flows.
func (f *Field) Count() Counts {
	f.mu.Lock()
	publishers, viewers := append([]*Publisher(nil), f.publishers...), append([]*Viewer(nil), f.viewers...)
	f.mu.Unlock()
	now := f.Now()
	c := Counts{At: now, Until: now, Publishers: len(publishers), Viewers: len(viewers)}
	rooms := map[string]*roomCount{}
	for _, p := range publishers {
		p.mu.Lock()
		audio, video := p.sent.audio, p.sent.video
		c.Keys += p.sent.keys
		p.mu.Unlock()
		c.Sent += audio + video
		if p.ended.Load() {
			c.Ended++
		}
		at := roomOf(rooms, p.guest.room)
		at.audio, at.video, at.publishers = at.audio+audio, at.video+video, append(at.publishers, publishing{p.guest, audio, video})
	}
	for _, v := range viewers {
		v.count(&c)
		c.Wanted += roomOf(rooms, v.guest.room).wanted(v.guest)
	}
	return c
}

func (v *Viewer) count(c *Counts) {
	v.mu.Lock()
	defer v.mu.Unlock()
	c.Delivered += v.packets.audio + v.packets.video
	c.Asked += v.asked
	c.Refused += v.refused
	for _, f := range v.flows {
		c.Expected += f.expected()
		c.Came += f.got
		c.Again += f.again
		c.Repaired += f.repaired
	}
	if v.ended.Load() {
		c.Ended++
	}
}

// roomCount is what was sent into one room.
type roomCount struct {
	audio, video uint64
	publishers   []publishing
}

type publishing struct {
	guest        *Guest
	audio, video uint64
}

func roomOf(rooms map[string]*roomCount, id string) *roomCount {
	if rooms[id] == nil {
		rooms[id] = &roomCount{}
	}
	return rooms[id]
}

// wanted is the share of one viewer: all that others sent, in up to four voices and nine cameras.
func (r *roomCount) wanted(g *Guest) uint64 {
	audio, video, others := r.audio, r.video, uint64(len(r.publishers))
	for _, p := range r.publishers {
		if p.guest == g {
			audio, video, others = audio-p.audio, video-p.video, others-1
		}
	}
	if others == 0 {
		return 0
	}
	return audio*min(others, 4)/others + video*min(others, 9)/others
}

// Span is what happened between two counts of the same people.
type Span struct {
	Seconds   float64
	Sent      uint64
	Delivered uint64
	Missing   uint64 // by their numbers, after repair
	Short     uint64 // of what was wanted; covers also what the server never gave a number
	Asked     uint64
	Repaired  uint64
	Again     uint64
	Keys      uint64
}

// Since subtracts an earlier count.
func (c Counts) Since(b Counts) Span {
	s := Span{Seconds: c.At.Sub(b.Until).Seconds(), Sent: c.Sent - b.Sent, Delivered: c.Delivered - b.Delivered,
		Asked: c.Asked - b.Asked, Repaired: c.Repaired - b.Repaired, Again: c.Again - b.Again, Keys: c.Keys - b.Keys}
	if expected, came := c.Expected-b.Expected, c.Came-b.Came; expected > came {
		s.Missing = expected - came
	}
	if wanted := c.Wanted - b.Wanted; wanted > s.Delivered {
		s.Short = wanted - s.Delivered
	}
	return s
}

// Loss is the larger one of both kinds of loss, as a share: what is missing by its numbers after repair, and what was
// sent and never came at all.
func (s Span) Loss() float64 {
	if s.Delivered == 0 {
		return 1
	}
	worst := float64(max(s.Missing, s.Short))
	return worst / (float64(s.Delivered) + worst)
}

// PerSecond is the rate of delivered packets.
func (s Span) PerSecond() float64 { return float64(s.Delivered) / s.Seconds }

// Times is how long after sending the POST something happened to a viewer; 0 = not yet.
type Times struct{ Connected, Media, Key time.Duration }

// Times tells when the connection was up, when the first packet of media came, and when the last one of the first whole
// key frame did. A light viewer sees no key frames.
func (v *Viewer) Times() Times {
	v.mu.Lock()
	defer v.mu.Unlock()
	return Times{v.first.connected, v.first.media, v.first.key}
}

// Cipher is what the media is encrypted with.
func (v *Viewer) Cipher() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.suite.String()
}

// Packets is how many packets with sound and with pictures came.
func (v *Viewer) Packets() (audio, video uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.packets.audio, v.packets.video
}

// Picture is closed when the first whole key frame came.
func (v *Viewer) Picture() <-chan struct{} { return v.waits }

// Gaps is how many packets with sound and with pictures are missing by their numbers now, after repair.
func (v *Viewer) Gaps() (audio, video uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, f := range v.flows {
		if f.video {
			video += f.expected() - f.got
		} else {
			audio += f.expected() - f.got
		}
	}
	return audio, video
}

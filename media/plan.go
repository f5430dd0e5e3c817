package media

import "time"

// voicesCost is set aside for sound before pictures get anything, in bit/s for each voice: Opus at 32 kbit/s and its
// headers, fifty times a second.
const voicesCost = 32_000 + 50*8*wireCost

// plan divides what the line carries among the pictures, and points every outlet at its share. Called with the shard's
// lock held, after anything that moves it: seats, view, speaker, line, and the rates of the layers.
func (v *receiver) plan(now time.Time) {
	var (
		wishes [slotCount]wish
		shares [slotCount]share
		at     [slotCount]*outlet
		costs  [slotCount][mostLayers]layerCost
		layers [slotCount][mostLayers]*layer
		n      int
		sound  float64
		kept   float64 // what all pictures as they are cost now
	)
	for _, o := range v.outlets {
		if o.source == nil {
			continue
		}
		if !o.video() {
			sound += voicesCost
			continue
		}
		flowing := o.source.flowing(now, &layers[n], &costs[n])
		wishes[n] = wish{kind: v.importance(o), height: v.view.height(o.index), layers: costs[n][:flowing]}
		shares[n] = o.among(layers[n][:flowing])
		at[n] = o
		kept += wishes[n].cost(rungOf(shares[n], flowing))
		n++
	}
	total, next := allocate(v.line.keeps(sound+kept), sound, wishes[:n], shares[:n])
	v.line.tick(total, next, now)
	v.pacing(now)
	congested := v.line.congested(now)
	for i := range n {
		at[i].grant(shares[i], layers[i][:len(wishes[i].layers)], congested, now)
	}
}

func (v *receiver) importance(o *outlet) wishKind {
	switch {
	case o.index == screenSlot:
		return wishScreen
	case v.view.pinned(o.index):
		return wishPinned
	case v.speaker != "" && o.source.pub.pass == v.speaker:
		return wishSpeaker
	}
	return wishOther
}

// flowing lists the layers that carry something, lowest first, with their costs. If none does, the publisher's line
// hangs: then all count, so that nobody gives up a picture that comes back in a moment.
func (s *source) flowing(now time.Time, layers *[mostLayers]*layer, costs *[mostLayers]layerCost) (n int) {
	all := s.silent(now)
	for _, l := range s.layers {
		if l != nil && l.claimed.Load() && (all || l.flows(now)) {
			layers[n] = l
			costs[n] = layerCost{height: int(l.height.Load()), bps: l.meter.cost()}
			n++
		}
	}
	return n
}

// silent tells whether no layer flows.
func (s *source) silent(now time.Time) bool {
	for _, l := range s.layers {
		if l != nil && l.flows(now) {
			return false
		}
	}
	return true
}

// among tells the outlet's present share in terms of the layers that flow now.
func (o *outlet) among(layers []*layer) share {
	for i, l := range layers {
		if l == o.target {
			return share{layer: i, temporal: o.share.temporal}
		}
	}
	return share{layer: -1, paused: o.share.paused}
}

// grant makes a share what the outlet does. In trouble, what is too much ends at once instead of going on until the
// smaller layer begins: a still picture for a moment is better than a broken voice.
func (o *outlet) grant(s share, layers []*layer, congested bool, now time.Time) {
	v := o.v
	if v.paused[o.index] != s.paused {
		v.paused[o.index], v.repaused = s.paused, true
	}
	before := o.target
	o.share = s
	if s.layer < 0 {
		o.point(nil)
		return
	}
	o.point(layers[s.layer])
	if congested && o.current != nil && o.current != o.target && o.current.index > o.target.index {
		o.cut()
	}
	if o.target != before {
		o.awaken(now)
	}
}

package media

import (
	"slices"
	"time"
)

// reseat decides anew who sits in whose slots and points the outlets there. Called under room.mu after every change; a
// call that changes nothing costs a few comparisons per receiver.
func (r *room) reseat(now time.Time) {
	members := r.sorted()
	var talent [sourceKinds][]candidate
	for _, m := range members {
		for k := range sourceKinds {
			if s := m.source(k); s != nil && s.showable() {
				talent[k] = append(talent[k], m.candidate(s))
			}
		}
	}
	for _, m := range members {
		if m.receiver != nil {
			r.reseatOne(m.receiver, talent, now)
		}
	}
}

// showable: microphones keep their place through silence, pictures do not.
func (s *source) showable() bool {
	return s.granted.Load() && (s.live.Load() || s.kind == microphone && s.seen)
}

func (r *room) reseatOne(v *receiver, talent [sourceKinds][]candidate, now time.Time) {
	before := *v // the seats are arrays, so this is a copy of them
	for k := range talent {
		talent[k] = slices.DeleteFunc(slices.Clone(talent[k]), func(c candidate) bool { return c.pass == v.pass })
	}
	left := fill(v.camera[:], talent[camera], now, anySeat)
	contest(v.camera[:], talent[camera], left, now, false)
	left = fill(v.voice[:], talent[microphone], now, func(pass string) int { return seatOf(v.camera[:], pass) })
	contest(v.voice[:], talent[microphone], left, now, true)
	v.screen.pass, v.screenAudio.pass = newest(talent[screen]), ""
	for _, c := range talent[screenAudio] {
		if c.pass == v.screen.pass {
			v.screenAudio.pass = c.pass
		}
	}
	if before.voice != v.voice || before.camera != v.camera || before.screen != v.screen || before.screenAudio != v.screenAudio {
		r.slotNews[v.pass] = true
		r.changed()
	}
	r.point(v)
}

// point aims every outlet at the layer of whoever sits in its slot.
func (r *room) point(v *receiver) {
	for i, o := range v.outlets {
		o.aim(r.layerFor(i, v.seatAt(i).pass))
	}
}

func (r *room) layerFor(slot int, pass string) *layer {
	m := r.members[pass]
	if m == nil {
		return nil
	}
	kind := microphone
	switch slotKind(slot) {
	case "camera":
		kind = camera
	case "screen":
		kind = screen
	case "screen-audio":
		kind = screenAudio
	}
	s := m.source(kind)
	if s == nil || !s.showable() {
		return nil
	}
	return s.layer
}

// slotMap is nil for a pass that does not receive. Called under room.mu.
func (r *room) slotMap(pass string) []Slot {
	m := r.members[pass]
	if m == nil || m.receiver == nil {
		return nil
	}
	return m.receiver.slots()
}

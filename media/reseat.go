package media

import (
	"slices"
	"time"
)

// reseat decides anew who sits in whose slots and points the outlets there. Called under room.mu after every change; a
// call that changes nothing costs a few comparisons per receiver.
func (r *room) reseat(now time.Time) {
	talent := r.talent()
	for _, m := range r.members {
		if m.receiver != nil {
			r.reseatOne(m.receiver, talent, now)
		}
	}
}

// talent is everybody who could be shown, by kind, in the same order every time.
func (r *room) talent() (all [sourceKinds][]candidate) {
	for _, m := range r.sorted() {
		for k := range sourceKinds {
			if s := m.source(k); s != nil && s.showable() {
				all[k] = append(all[k], m.candidate(s))
			}
		}
	}
	return all
}

// showable: microphones keep their place through silence, pictures do not.
func (s *source) showable() bool {
	return s.granted.Load() && (s.live.Load() || s.kind == microphone && s.seen)
}

func (r *room) reseatOne(v *receiver, talent [sourceKinds][]candidate, now time.Time) {
	before := v.places // arrays, so this is a copy of them
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
	if before != v.places {
		r.slotNews[v.pass] = true
		r.changed()
	}
	r.point(v, now)
}

// point aims every outlet at whoever sits in its slot, and plans anew if that moved somebody.
func (r *room) point(v *receiver, now time.Time) {
	v.shard.mu.Lock()
	defer v.shard.mu.Unlock()
	moved := false
	for i, o := range v.outlets {
		pass := v.seatAt(i).pass
		if pass == "" && o.source == nil {
			continue // most slots, most of the time
		}
		if s := r.sourceFor(i, pass); s != o.source {
			o.aim(s)
			moved = true
		}
	}
	if moved {
		v.plan(now)
		v.shard.flush()
	}
}

func (r *room) sourceFor(slot int, pass string) *source {
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
	if s := m.source(kind); s != nil && s.showable() {
		return s
	}
	return nil
}

// slotMap is nil for a pass that does not receive. Called under room.mu.
func (r *room) slotMap(pass string) []Slot {
	m := r.members[pass]
	if m == nil || m.receiver == nil {
		return nil
	}
	return m.receiver.slots()
}

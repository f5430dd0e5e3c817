package media

import (
	"slices"
	"sync/atomic"
	"time"
)

const (
	speakingLevel = 127 - 50 // quieter than −50 dBov is a room, not a voice
	breath        = 400 * time.Millisecond
)

// loudness is the level of one microphone, 0 (silence) to 127 (full scale), smoothed so that it rises within a
// syllable and falls within a pause. The unit is 1/256 of a decibel. Its packet loop writes, the room reads.
type loudness struct{ level atomic.Int32 }

// hear takes the audio level extension of one packet: −dBov in seven bits (RFC 6464, section 3).
func (l *loudness) hear(extension []byte) {
	if len(extension) == 0 {
		return
	}
	now, was := int32(127-extension[0]&0x7f)*256, l.level.Load()
	by := int32(24)
	if now > was {
		by = 4
	}
	l.level.Store(was + (now-was)/by)
}

// at is the level now; a microphone that says nothing at all (muted, or DTX between words) is silent after a breath.
func (l *loudness) at(now time.Time, last int64) int {
	if now.Sub(time.Unix(0, last)) > breath {
		l.level.Store(0)
	}
	return int(l.level.Load() / 256)
}

// rank measures every microphone of the room and notes who speaks. Called under room.mu.
func (r *room) rank(now time.Time) {
	var speaking []candidate
	for _, m := range r.members {
		s := m.source(microphone)
		if s == nil || !s.seen || !s.granted.Load() {
			m.level = 0
			continue
		}
		if m.level = s.loud.at(now, s.last()); m.level >= speakingLevel {
			m.spoke = now
			speaking = append(speaking, m.candidate(s))
		}
	}
	slices.SortFunc(speaking, func(a, b candidate) int {
		if a.level != b.level {
			return b.level - a.level
		}
		return int(int64(a.order) - int64(b.order))
	})
	r.heard(speaking)
}

// heard announces a changed set of speakers, or a new loudest one.
func (r *room) heard(speaking []candidate) {
	passes := make([]string, len(speaking))
	for i, c := range speaking {
		passes[i] = c.pass
	}
	same := len(passes) == len(r.speaking) && (len(passes) == 0 || passes[0] == r.speaking[0])
	for _, p := range passes {
		same = same && slices.Contains(r.speaking, p)
	}
	if !same {
		r.speaking, r.spokeNews = passes, true
		r.changed()
	}
}

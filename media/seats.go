package media

import (
	"slices"
	"time"
)

const (
	hysteresis = 2 * time.Second // nobody who spoke within it loses a seat to a speaker
	louderBy   = 6               // dB by which a voice must be louder to interrupt one that still speaks
)

// candidate is somebody who could be shown in a slot.
type candidate struct {
	pass  string
	order uint64    // when their source came up
	level int       // loudness now, 0–127
	spoke time.Time // when they last spoke; zero for never
}

// seat is one slot of one receiver as the room plans it.
type seat struct {
	pass  string
	since time.Time
}

// fill seats candidates: who has a seat keeps it, free seats go to those who spoke last and then to those who came
// first, lowest seat first. prefer may name a seat that somebody should get if it is free. Left over are those without
// a seat.
func fill(seats []seat, who []candidate, now time.Time, prefer func(pass string) int) (left []candidate) {
	for i, s := range seats {
		if !slices.ContainsFunc(who, func(c candidate) bool { return c.pass == s.pass }) {
			seats[i] = seat{}
		}
	}
	for _, c := range who {
		if seatOf(seats, c.pass) < 0 {
			left = append(left, c)
		}
	}
	slices.SortFunc(left, func(a, b candidate) int {
		if d := b.spoke.Compare(a.spoke); d != 0 {
			return d
		}
		return int(int64(a.order) - int64(b.order))
	})
	for len(left) > 0 {
		i := seatOf(seats, "")
		if i < 0 {
			break
		}
		if p := prefer(left[0].pass); p >= 0 && p < len(seats) && seats[p].pass == "" {
			i = p
		}
		seats[i] = seat{left[0].pass, now}
		left = left[1:]
	}
	return left
}

func seatOf(seats []seat, pass string) int {
	return slices.IndexFunc(seats, func(s seat) bool { return s.pass == pass })
}

func anySeat(string) int { return -1 }

// contest lets those who speak and have no seat take the seat of the one who has been silent longest. Somebody who
// spoke within the hysteresis is safe, unless voices compete: there a clearly louder one wins, as only so many can be
// heard.
func contest(seats []seat, who, left []candidate, now time.Time, voices bool) {
	slices.SortFunc(left, func(a, b candidate) int { return b.level - a.level })
	for _, c := range left {
		if c.level < speakingLevel {
			return
		}
		i, victim := weakest(seats, who)
		silent := now.Sub(victim.spoke) >= hysteresis
		louder := voices && c.level >= victim.level+louderBy && now.Sub(seats[i].since) >= hysteresis
		if !silent && !louder {
			return
		}
		seats[i] = seat{c.pass, now}
	}
}

// weakest is the seat whose holder has been silent longest; of several, the quietest, then the highest seat.
func weakest(seats []seat, who []candidate) (int, candidate) {
	at, found := -1, candidate{}
	for i, s := range seats {
		j := slices.IndexFunc(who, func(c candidate) bool { return c.pass == s.pass })
		c := who[j]
		if d := c.spoke.Compare(found.spoke); at < 0 || d < 0 || d == 0 && c.level <= found.level {
			at, found = i, c
		}
	}
	return at, found
}

// newest is the candidate that came up last, or none.
func newest(who []candidate) (pass string) {
	var order uint64
	for _, c := range who {
		if c.order >= order {
			order, pass = c.order, c.pass
		}
	}
	return pass
}

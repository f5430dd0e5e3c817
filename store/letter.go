package store

import (
	"time"

	"foyer/meet"
)

// Letters are queued in the transaction of what they tell, so that there is no cause without its letter and no letter
// without its cause. A lane holds what one person reads about one calendar entry: its letters leave in order, and what
// became untrue before anybody tried to send it never leaves (superseded).

// owed is one letter to queue.
type owed struct {
	dedup, lane, about string
	kind               meet.LetterKind
	reason             string
	room               meet.ID // "" = about no room
	subject            meet.ID
	sequence           int
	rcpt               string
	expires            time.Time
}

// What a letter can be about.
const (
	aboutSeat       = "seat"
	aboutInvitation = "invitation"
	aboutTicket     = "ticket"
)

// owe queues one letter. The same dedup key is the same letter.
func (a *act) owe(l owed) error {
	return a.do(`INSERT INTO letter (dedup, lane, about, kind, reason, room, subject, sequence, rcpt, prio, state, next_at, expires_at, created_at)
		VALUES (?, ?, ?, ?, ?, nullif(?, ''), ?, ?, ?, ?, 'queued', ?, ?, ?) ON CONFLICT (dedup) DO NOTHING`,
		l.dedup, l.lane, l.about, l.kind, l.reason, l.room, l.subject, l.sequence, l.rcpt, l.kind.Prio(), ms(a.now), ms(l.expires), ms(a.now))
}

// lasting is until when a letter about an event is worth sending.
func lasting(e meet.Event, now time.Time) time.Time {
	if end, day := e.Ends(), now.Add(24*time.Hour); end.Before(day) {
		return day
	} else {
		return end
	}
}

// calendarKinds are the letters that carry a calendar entry; seatKinds are those that a newer edition makes untrue.
const (
	calendarKinds = `('invite', 'freed', 'update', 'invitation')`
	seatKinds     = `('invite', 'freed', 'update', 'invitation', 'waitlist', 'reminder', 'link')`
)

// supersede drops what nobody tried to send yet and what is untrue now. which is a condition on letter.
func (a *act) supersede(sequence int, which string, arg any) error {
	return a.do(`UPDATE letter SET state = 'superseded' WHERE state = 'queued' AND attempts = 0 AND kind IN `+seatKinds+` AND sequence < ? AND `+which, sequence, arg)
}

// everybody are those who have to learn of a change: people with a seat or on the wait list, and the invited.
const everybody = `(SELECT uid, 'seat' AS about, id, email, state = 'waiting' AS waits FROM registration WHERE room = ?1 AND state IN ('registered', 'waiting')
	UNION ALL SELECT uid, 'invitation', id, email, 0 FROM invitation WHERE room = ?1 AND revoked_at IS NULL)`

// tellChange queues a letter about the newest edition for everybody. Who was never told of an older one is invited; a
// change into the next half hour is also the reminder. The answer is how many.
func (a *act) tellChange(e meet.Event, moved bool) (int64, error) {
	if err := a.supersede(e.Sequence, `room = ?`, e.ID); err != nil {
		return 0, err
	}
	reason := ""
	if moved {
		soon := e.Starts.Sub(a.now) <= meet.RemindBefore
		reason = map[bool]string{true: "soon", false: "moved"}[soon]
		if err := a.do(`UPDATE event SET reminded = CASE WHEN ? THEN ? ELSE 0 END WHERE room = ?`, soon, ms(e.Starts), e.ID); err != nil {
			return 0, err
		}
	}
	return a.count(`INSERT INTO letter (dedup, lane, about, kind, reason, room, subject, sequence, rcpt, prio, state, next_at, expires_at, created_at)
		SELECT uid || '/update/' || ?2, uid, about, CASE WHEN waits THEN 'waitlist'
			WHEN EXISTS (SELECT 1 FROM letter l WHERE l.lane = uid AND l.attempts > 0 AND l.kind IN `+calendarKinds+`) THEN 'update'
			WHEN about = 'seat' THEN 'invite' ELSE 'invitation' END,
			?3, ?1, id, ?2, email, ?4, 'queued', ?5, ?6, ?5 FROM `+everybody+` WHERE 1 ON CONFLICT (dedup) DO NOTHING`,
		e.ID, e.Sequence, reason, meet.LetterUpdate.Prio(), ms(a.now), ms(lasting(e, a.now)))
}

// tellCancel queues a letter that takes the entry away, for everybody whom any letter may have reached.
func (a *act) tellCancel(e meet.Event) (int64, error) {
	if err := a.supersede(e.Sequence, `room = ?`, e.ID); err != nil {
		return 0, err
	}
	return a.count(`INSERT INTO letter (dedup, lane, about, kind, reason, room, subject, sequence, rcpt, prio, state, next_at, expires_at, created_at)
		SELECT uid || '/cancel/' || ?2, uid, about, 'cancel', 'event', ?1, id, ?2, email, ?3, 'queued', ?4, ?5, ?4 FROM `+everybody+`
		WHERE EXISTS (SELECT 1 FROM letter l WHERE l.lane = uid AND l.attempts > 0) ON CONFLICT (dedup) DO NOTHING`,
		e.ID, e.Sequence, meet.LetterCancel.Prio(), ms(a.now), ms(lasting(e, a.now)))
}

// takeBack ends one lane: what waits in it never leaves, and who may have got an entry gets a letter that takes it away.
func (a *act) takeBack(e meet.Event, l owed) error {
	if err := a.supersede(e.Sequence+1, `lane = ?`, l.lane); err != nil {
		return err
	}
	var tried bool
	if err := a.row(`SELECT EXISTS (SELECT 1 FROM letter WHERE lane = ? AND attempts > 0)`, l.lane).Scan(&tried); err != nil || !tried {
		return err
	}
	l.kind, l.dedup, l.sequence, l.expires = meet.LetterCancel, l.lane+"/cancel/"+l.reason, e.Sequence, lasting(e, a.now)
	return a.owe(l)
}

package store

import (
	"time"

	"foyer/meet"
)

// Letters are queued in the transaction of what they tell, so that there is no cause without its letter and no letter
// without its cause. A lane holds what one person reads about one calendar entry, a subject all lanes of one seat or
// invitation: its letters leave in order, and what became untrue before it left never does (superseded).

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

// owe queues one letter. The same dedup key is the same letter. What is to leave before it becomes as urgent as it is, or
// somebody who waits for a link would wait for a thousand reminders, or until a server is asked again.
func (a *act) owe(l owed) error {
	if err := a.do(`UPDATE letter SET prio = min(prio, ?1), next_at = min(next_at, ?2) WHERE subject = ?3 AND state IN ('queued', 'sending')`,
		l.kind.Prio(), ms(a.now), l.subject); err != nil {
		return err
	}
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

// calendarKinds are the letters that carry a calendar entry; seatKinds are those that a newer edition makes untrue. A
// reminder is not one of them while the start stays.
const (
	calendarKinds = `('invite', 'freed', 'update', 'invitation')`
	seatKinds     = `('invite', 'freed', 'update', 'invitation', 'waitlist', 'link')`
)

// supersede drops what nobody tried to send yet and what is untrue now. which is a condition on letter.
func (a *act) supersede(sequence int, which string, arg any) error {
	return a.do(`UPDATE letter SET state = 'superseded' WHERE state = 'queued' AND attempts = 0 AND kind IN `+seatKinds+` AND sequence < ? AND `+which, sequence, arg)
}

// endLanes drops all that waits, tried or not, except what takes entries away. What is under way is dropped when it comes
// back (idle). which is a condition on letter.
func (a *act) endLanes(which string, arg any) error {
	return a.do(`UPDATE letter SET state = 'superseded' WHERE state = 'queued' AND kind <> 'cancel' AND `+which, arg)
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
	reason, left := "", e.Starts.Sub(a.now)
	if left > 0 && left <= meet.RemindBefore { // also behind a move that this letter replaces
		reason = "soon"
	}
	if err := a.keepReminders(e, moved, reason != ""); err != nil {
		return 0, err
	}
	if err := a.do(`UPDATE letter SET prio = min(prio, ?), next_at = min(next_at, ?) WHERE room = ? AND state = 'queued'`, meet.LetterUpdate.Prio(), ms(a.now), e.ID); err != nil {
		return 0, err // see owe
	}
	return a.count(`INSERT INTO letter (dedup, lane, about, kind, reason, room, subject, sequence, rcpt, prio, state, next_at, expires_at, created_at)
		SELECT uid || '/update/' || ?2, uid, about, CASE WHEN waits THEN 'waitlist'
			WHEN EXISTS (SELECT 1 FROM letter l WHERE l.lane = uid AND l.attempts > 0 AND l.kind IN `+calendarKinds+`) THEN 'update'
			WHEN about = 'seat' THEN 'invite' ELSE 'invitation' END,
			?3, ?1, id, ?2, email, ?4, 'queued', ?5, ?6, ?5 FROM `+everybody+` WHERE 1 ON CONFLICT (dedup) DO NOTHING`,
		e.ID, e.Sequence, reason, meet.LetterUpdate.Prio(), ms(a.now), ms(lasting(e, a.now)))
}

// keepReminders lets reminders of an unmoved start go out as of the newest edition. Those of another start are dropped, and told once more unless the change itself is the reminder.
func (a *act) keepReminders(e meet.Event, moved, told bool) error {
	if !moved {
		return a.do(`UPDATE letter SET sequence = ? WHERE room = ? AND kind = 'reminder' AND state = 'queued' AND attempts = 0`, e.Sequence, e.ID)
	}
	if err := a.do(`UPDATE letter SET state = 'superseded' WHERE room = ? AND kind = 'reminder' AND state = 'queued'`, e.ID); err != nil {
		return err
	}
	return a.do(`UPDATE event SET reminded = CASE WHEN ? THEN ? ELSE 0 END WHERE room = ?`, told, ms(e.Starts), e.ID)
}

// tellCancel queues a letter that takes the entry away, for everybody whom any letter may have reached.
func (a *act) tellCancel(e meet.Event) (int64, error) {
	if err := a.endLanes(`room = ?`, e.ID); err != nil {
		return 0, err
	}
	return a.count(`INSERT INTO letter (dedup, lane, about, kind, reason, room, subject, sequence, rcpt, prio, state, next_at, expires_at, created_at)
		SELECT uid || '/cancel/' || ?2, uid, about, 'cancel', 'event', ?1, id, ?2, email, ?3, 'queued', ?4, ?5, ?4 FROM `+everybody+`
		WHERE EXISTS (SELECT 1 FROM letter l WHERE l.lane = uid AND l.attempts > 0) ON CONFLICT (dedup) DO NOTHING`,
		e.ID, e.Sequence, meet.LetterCancel.Prio(), ms(a.now), ms(lasting(e, a.now)))
}

// takeBack ends one lane: what waits in it never leaves, and who may have got an entry gets a letter that takes it away,
// once, and while there is something to take away: not when the event was called off, which they were told, or is past.
func (a *act) takeBack(e meet.Event, l owed) error {
	if err := a.endLanes(`lane = ?`, l.lane); err != nil {
		return err
	}
	if phase := e.Phase(a.now); phase != meet.Planned && phase != meet.Live {
		return nil
	}
	var owes bool
	if err := a.row(`SELECT EXISTS (SELECT 1 FROM letter WHERE lane = ?1 AND attempts > 0)
		AND NOT EXISTS (SELECT 1 FROM letter WHERE lane = ?1 AND kind = 'cancel')`, l.lane).Scan(&owes); err != nil || !owes {
		return err
	}
	l.kind, l.dedup, l.sequence, l.expires = meet.LetterCancel, l.lane+"/cancel/"+l.reason, e.Sequence, lasting(e, a.now)
	return a.owe(l)
}

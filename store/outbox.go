package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"foyer/meet"
)

// Posting is a letter that is this writer's to send now, with all that its words need. What it says of an event is the
// edition it was queued for, so that every try says the same.
type Posting struct {
	ID       int64
	Epoch    int64
	Dedup    string
	Lane     string // UID of the calendar entry that it is about; a seat that was taken again has another one by now
	Kind     meet.LetterKind
	Reason   string
	Attempts int // this one included
	Created  time.Time
	Age      time.Duration // since then
	To       string        // address
	Before   []string      // dedup keys of the letters of this lane that were tried before, oldest first

	Seat       *meet.Registration // one of these is set
	Invitation *meet.Invitation
	Ticket     *Ticket

	Room    meet.Room     // zero for a ticket
	Edition *meet.Edition // nil where the room is no event
	Was     *meet.Edition // the edition that the reader was told of last, nil = of none
	Entry   bool          // their calendar may hold an entry
	Token   string        // of the link in it: personal link, invitation, or password link
	Quiet   string        // of the link that stops reminders

	off   bool // the event was called off
	moved bool // it begins at another time than the edition says
	held  bool // links lead nowhere now, because the owner's account was deactivated
}

// Posted is what became of one.
type Posted struct {
	ID, Epoch int64
	Outcome   PostOutcome
	Code      int
	Text      string        // for the host to read
	Bad       bool          // the address is no good
	Again     time.Duration // until the next try, where there is to be one
	Untried   bool          // it never came to this letter: the try does not count
}

// PostOutcome is what to do with a letter.
type PostOutcome string

// The outcomes.
const (
	PostSent  PostOutcome = "sent"
	PostAgain PostOutcome = "again"
	PostDead  PostOutcome = "dead"
)

// Postal is what the sender reports and what it can take: done and new letters in one transaction.
type Postal struct {
	Done  []Posted
	Want  int
	Lease time.Duration
}

// Post notes what became of letters and hands out those that are due, first of their lanes, most urgent first. A try is
// counted here, just before it is made. Marks of an older writer do not count.
var Post = verb("post", func(a *act, in Postal) (list []Posting, err error) {
	if err := a.mayMachine(); err != nil {
		return nil, err
	}
	for _, p := range in.Done {
		if err := a.posted(p); err != nil {
			return nil, err
		}
	}
	if err := a.expire(); err != nil || in.Want <= 0 {
		return nil, err
	}
	if err := a.do(`UPDATE letter SET state = 'queued' WHERE state = 'sending' AND (epoch <> ? OR lease_at < ?)`, a.s.keep.Epoch(), ms(a.now)); err != nil {
		return nil, err
	}
	for range mostIdle {
		ids, err := a.take(in.Want-len(list), in.Lease)
		if err != nil || len(ids) == 0 {
			return list, err
		}
		for _, id := range ids {
			p, err := a.handOut(id)
			if err != nil {
				return nil, err
			}
			if p != nil {
				list = append(list, *p)
			}
		}
		if len(list) >= in.Want {
			break
		}
	}
	return list, nil
})

// mostIdle bounds how often Post looks for other letters instead of those that have become pointless.
const mostIdle = 50

// due is a condition on letter l: it may leave now (?1), and nothing that has to leave before it is still here. Naming
// each prio lets the index find what is due and nothing else.
var due = `l.state = 'queued' AND l.prio IN (` + strings.Trim(strings.ReplaceAll(fmt.Sprint(letterPrios()), " ", ", "), "[]") + `) AND l.next_at <= ?1
	AND NOT EXISTS (SELECT 1 FROM letter o INDEXED BY letter_open WHERE o.subject = l.subject AND o.id < l.id AND o.state IN ('queued', 'sending'))`

// dueLetters are at most ?2 of them, most urgent first.
var dueLetters = `SELECT id FROM letter l WHERE ` + due + ` ORDER BY l.prio, l.next_at, l.id LIMIT ?2`

func letterPrios() (list []int) {
	for _, kind := range meet.LetterKinds {
		list = append(list, kind.Prio())
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// take claims at most so many of the letters that are due, most urgent first.
func (a *act) take(want int, lease time.Duration) ([]int64, error) {
	rows, err := a.rows(`UPDATE letter SET state = 'sending', attempts = attempts + 1, epoch = ?3, lease_at = ?4 WHERE id IN
		(`+dueLetters+`) RETURNING id`, ms(a.now), want, a.s.keep.Epoch(), ms(a.now.Add(lease)))
	return collect(rows, err, func(r scanner) (id int64, err error) { return id, r.Scan(&id) })
}

// handOut reads a letter that was claimed. The answer is nil where it must not leave, which is no try of it.
func (a *act) handOut(id int64) (*Posting, error) {
	p, err := a.posting(id)
	switch {
	case err == nil && p.idle():
		return nil, a.stays(id, `state = 'superseded', attempts = attempts - 1`)
	case err == nil && p.held:
		return nil, a.stays(id, `state = 'queued', attempts = attempts - 1, next_at = expires_at`)
	case err == nil:
		return &p, nil
	case none(err), errors.Is(err, meet.ErrNotHere): // what it is about was deleted
		return nil, a.stays(id, `state = 'dead', attempts = attempts - 1, err = 'What this mail was about is gone.'`)
	}
	return nil, err
}

// stays notes of a letter that does not leave now, and tells the lists that show it.
func (a *act) stays(id int64, note string) error {
	var room string
	if err := a.row(`UPDATE letter SET `+note+` WHERE id = ? RETURNING coalesce(room, '')`, id).Scan(&room); err != nil || room == "" {
		return err
	}
	return a.changed(RegistrantsTopic(meet.ID(room)))
}

// idle tells a letter that has become pointless since it was queued, also when it was tried before: it calls off what nobody
// was ever told, asks somebody in who is not asked any more, or says what is not so.
func (p Posting) idle() bool {
	switch {
	case p.Kind == meet.LetterCancel:
		return len(p.Before) == 0
	case p.Ticket != nil:
		return p.Ticket.Used
	case p.off:
		return true
	case p.Invitation != nil:
		return p.Invitation.UID != p.Lane || !p.Invitation.Revoked.IsZero()
	case p.Seat.UID != p.Lane, p.Seat.State != meet.Registered && p.Seat.State != meet.SeatWaiting:
		return true
	case p.Kind == meet.LetterReminder:
		return !p.Seat.Reminders || p.moved
	case p.Kind == meet.LetterWaitlist:
		return p.Seat.State == meet.Registered
	}
	return false
}

func (a *act) posted(p Posted) error {
	var room sql.NullString
	err := a.row(`SELECT room FROM letter WHERE id = ? AND epoch = ? AND state = 'sending'`, p.ID, p.Epoch).Scan(&room)
	if none(err) {
		return nil
	}
	if err != nil {
		return err
	}
	state, sent := map[PostOutcome]string{PostSent: "sent", PostAgain: "queued", PostDead: "dead"}[p.Outcome], sql.NullInt64{}
	if p.Outcome == PostSent {
		sent = sql.NullInt64{Int64: ms(a.now), Valid: true}
	}
	if err := a.do(`UPDATE letter SET state = ?, sent_at = ?, code = ?, err = ?, bad = ?, next_at = ?, attempts = max(0, attempts - ?) WHERE id = ?`,
		state, sent, p.Code, p.Text, p.Bad, ms(a.now.Add(p.Again)), p.Untried, p.ID); err != nil {
		return err
	}
	if p.Untried {
		if err := a.overtaken(p.ID); err != nil {
			return err
		}
	}
	if p.Outcome == PostAgain {
		if err := a.pointless(p.ID); err != nil {
			return err
		}
	}
	if room.Valid {
		return a.changed(RegistrantsTopic(meet.ID(room.String)))
	}
	return nil
}

// pointless drops a letter that came back and became untrue while it was out. What waits behind it need not wait for its
// next try.
func (a *act) pointless(id int64) error {
	p, err := a.posting(id)
	if none(err) || errors.Is(err, meet.ErrNotHere) || err == nil && !p.idle() {
		return nil // what it was about is gone: its next turn says so
	}
	if err != nil {
		return err
	}
	return a.do(`UPDATE letter SET state = 'superseded' WHERE id = ? AND state = 'queued'`, id)
}

// overtaken drops a letter that was given back without a try, if what it says became untrue while it was out: then
// supersede passed it over, because it counted as tried. A reminder is of the newest edition then.
func (a *act) overtaken(id int64) error {
	if err := a.do(`UPDATE letter SET sequence = (SELECT e.sequence FROM event e WHERE e.room = letter.room) WHERE id = ? AND kind = 'reminder' AND attempts = 0`, id); err != nil {
		return err
	}
	return a.do(`UPDATE letter SET state = 'superseded' WHERE id = ? AND state = 'queued' AND attempts = 0 AND kind IN `+seatKinds+`
		AND EXISTS (SELECT 1 FROM letter n WHERE n.lane = letter.lane AND n.id > letter.id
		AND (n.sequence > letter.sequence OR n.kind = 'cancel' OR n.kind = 'freed' AND letter.kind = 'waitlist'))`, id)
}

// expire gives up on what is of no use to its reader any more.
func (a *act) expire() error {
	rows, err := a.rows(`UPDATE letter SET state = 'expired' WHERE state = 'queued' AND expires_at <= ? RETURNING coalesce(room, '')`, ms(a.now))
	rooms, err := collect(rows, err, id)
	for _, room := range rooms {
		if err == nil && room != "" {
			err = a.changed(RegistrantsTopic(room))
		}
	}
	return err
}

// PostDue tells whether Post has anything to hand out or to clear away, so that a quiet house writes nothing.
func (s *Store) PostDue(ctx context.Context) (yes bool, err error) {
	now := ms(s.now())
	err = s.row(ctx, `SELECT EXISTS (SELECT 1 FROM letter l WHERE `+due+`)
		OR EXISTS (SELECT 1 FROM letter WHERE state = 'queued' AND expires_at <= ?1)
		OR EXISTS (SELECT 1 FROM letter WHERE state = 'sending' AND (epoch <> ?2 OR lease_at < ?1))`, now, s.keep.Epoch()).Scan(&yes)
	return yes, err
}

// posting reads one letter with all that its words need.
func (a *act) posting(id int64) (p Posting, err error) {
	var about string
	var in sql.NullString
	var subject meet.ID
	var sequence int
	var created int64
	if err := a.row(`SELECT id, epoch, dedup, kind, reason, attempts, created_at, rcpt, about, lane, room, subject, sequence FROM letter WHERE id = ?`, id).
		Scan(&p.ID, &p.Epoch, &p.Dedup, &p.Kind, &p.Reason, &p.Attempts, &created, &p.To, &about, &p.Lane, &in, &subject, &sequence); err != nil {
		return p, err
	}
	p.Created = time.UnixMilli(created)
	p.Age = a.now.Sub(p.Created)
	switch about {
	case aboutSeat:
		err = a.aboutSeat(&p, subject)
	case aboutInvitation:
		err = a.aboutInvitation(&p, subject)
	default:
		return p, a.aboutTicket(&p, subject)
	}
	if err != nil {
		return p, err
	}
	if err := a.aboutRoom(&p, in.String, sequence); err != nil {
		return p, err
	}
	return p, a.toldBefore(&p)
}

// aboutRoom reads the room or event of a letter, as the letter tells it, and what became of it since.
func (a *act) aboutRoom(p *Posting, id string, sequence int) (err error) {
	var starts sql.NullInt64
	if p.Room, err = room(a.row(`SELECT `+roomColumns+`, o.deactivated_at IS NOT NULL, e.cancelled_at IS NOT NULL, e.starts_at
		FROM room r JOIN account o ON o.id = r.owner LEFT JOIN event e ON e.room = r.id WHERE r.id = ?`, id), &p.held, &p.off, &starts); err != nil {
		return err
	}
	p.Edition, err = a.edition(id, sequence)
	p.moved = p.Edition != nil && ms(p.Edition.Starts) != starts.Int64
	p.held = p.held && p.Kind != meet.LetterCancel // which has no link in it
	return err
}

func (a *act) aboutSeat(p *Posting, id meet.ID) error {
	g, err := registration(a.row(`SELECT `+registrationColumns+` FROM registration g WHERE g.id = ?`, id))
	p.Seat, p.Token, p.Quiet = &g, a.s.SeatToken(g.ID, g.Generation), a.s.QuietToken(g.ID)
	return err
}

func (a *act) edition(room string, sequence int) (*meet.Edition, error) {
	e, speakers := meet.Edition{}, ""
	var starts, minutes, at int64
	err := a.row(`SELECT sequence, title, description, speakers, starts_at, minutes, zone, host, reply_to, cancelled, message, at FROM edition WHERE room = ? AND sequence = ?`, room, sequence).
		Scan(&e.Sequence, &e.Title, &e.Description, &speakers, &starts, &minutes, &e.Zone, &e.Host, &e.ReplyTo, &e.Cancelled, &e.Message, &at)
	if none(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	e.Starts, e.Length, e.At = time.UnixMilli(starts), time.Duration(minutes)*time.Minute, time.UnixMilli(at)
	e.Speakers, err = meet.SpeakersOf(speakers)
	return &e, err
}

// toldBefore reads what this lane's reader may have got already. What a server refused for good at the first try they
// have not got.
func (a *act) toldBefore(p *Posting) error {
	type told struct {
		dedup    string
		kind     meet.LetterKind
		sequence int
	}
	rows, err := a.rows(`SELECT dedup, kind, sequence FROM letter WHERE lane = ? AND id < ? AND attempts > 0
		AND NOT (state = 'dead' AND attempts = 1) ORDER BY id`, p.Lane, p.ID)
	list, err := collect(rows, err, func(r scanner) (t told, err error) { return t, r.Scan(&t.dedup, &t.kind, &t.sequence) })
	last := -1
	for _, t := range list {
		p.Before = append(p.Before, t.dedup)
		if t.kind != meet.LetterReminder { // it tells of no change, though it may be the first with the new title
			last = t.sequence
		}
		switch t.kind {
		case meet.LetterInvite, meet.LetterFreed, meet.LetterUpdate, meet.LetterInvitation:
			p.Entry = true
		case meet.LetterCancel:
			p.Entry = false
		}
	}
	if err == nil && last >= 0 && p.Edition != nil {
		p.Was, err = a.edition(string(p.Room.ID), last)
	}
	return err
}

// Remind queues the reminders that are due: for events that begin within RemindBefore, once for each start, and not for
// who registered so late that the confirmation said it.
var Remind = verb("remind", func(a *act, _ Done) (n int64, err error) {
	if err := a.mayMachine(); err != nil {
		return 0, err
	}
	rows, err := a.rows(eventQuery+`WHERE `+remindable, ms(a.now), ms(a.now.Add(meet.RemindBefore)))
	list, err := collect(rows, err, func(r scanner) (meet.Event, error) { return event(r) })
	for _, e := range list {
		if err != nil {
			break
		}
		var more int64
		more, err = a.remind(e)
		n += more
	}
	return n, err
})

// remindable is a condition on event e between two times. Links of an account that is not in use lead nowhere.
const remindable = `e.started_at IS NULL AND e.cancelled_at IS NULL AND e.starts_at > ?1 AND e.starts_at <= ?2 AND e.reminded <> e.starts_at
	AND EXISTS (SELECT 1 FROM room h JOIN account o ON o.id = h.owner WHERE h.id = e.room AND o.deactivated_at IS NULL)`

func (a *act) remind(e meet.Event) (int64, error) {
	if err := a.do(`UPDATE event SET reminded = starts_at WHERE room = ?`, e.ID); err != nil {
		return 0, err
	}
	return a.count(`INSERT INTO letter (dedup, lane, about, kind, room, subject, sequence, rcpt, prio, state, next_at, expires_at, created_at)
		SELECT uid || '/reminder/' || ?2, uid, 'seat', 'reminder', ?1, id, ?2, email, ?3, 'queued', ?4, ?5, ?4 FROM registration
		WHERE room = ?1 AND state = 'registered' AND reminders AND created_at <= ?6 ON CONFLICT (dedup) DO NOTHING`,
		e.ID, e.Sequence, meet.LetterReminder.Prio(), ms(a.now), ms(e.Starts), ms(e.Starts.Add(-meet.RemindBefore)))
}

// RemindDue tells whether Remind has anything to do.
func (s *Store) RemindDue(ctx context.Context) (due bool, err error) {
	now := s.now()
	err = s.row(ctx, `SELECT EXISTS (SELECT 1 FROM event e INDEXED BY event_due WHERE `+remindable+`)`, ms(now), ms(now.Add(meet.RemindBefore))).Scan(&due)
	return due, err
}

package store

import (
	"context"
	"database/sql"
	"time"

	"foyer/meet"
)

// arrive records that somebody came in: the call starts with the first.
func (a *act) arrive(r meet.Room, p meet.Pass) error {
	call, err := a.liveCall(r.ID)
	if err != nil {
		return err
	}
	topics := []string{PeopleTopic(r.ID), TileTopic(r.Owner, r.ID)}
	if err := a.came(r, p); err != nil {
		return err
	}
	moved, err := a.count(`UPDATE room SET last_used_at = ? WHERE id = ?
		AND NOT EXISTS (SELECT 1 FROM call WHERE room = room.id AND ended_at IS NULL AND empty_at IS NULL)`, ms(a.now), r.ID)
	if err != nil {
		return err
	}
	if moved > 0 { // it stood empty, also for a moment within a call: its tile comes first
		topics = append(topics, HomeTopic(r.Owner))
	}
	switch {
	case call == "" && (r.Early || r.Closed): // backstage is not a call
		return a.changed(topics...)
	case call == "":
		if call, err = a.beginCall(r); err != nil {
			return err
		}
	}
	if err := a.do(`UPDATE call SET empty_at = NULL WHERE id = ?`, call); err != nil {
		return err
	}
	if err := a.do(`INSERT INTO attendance (call, pass, name, role, entered_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET left_at = NULL`, call, p.ID, p.Name, p.Role, ms(a.now)); err != nil {
		return err
	}
	return a.changed(topics...)
}

// came notes that somebody who registered or was invited did come, once the event goes on.
func (a *act) came(r meet.Room, p meet.Pass) error {
	if r.Early || p.Registration == "" && p.Invitation == "" {
		return nil
	}
	if err := a.do(`UPDATE registration SET came_at = ? WHERE id = ? AND came_at IS NULL`, ms(a.now), p.Registration); err != nil {
		return err
	}
	return a.do(`UPDATE invitation SET came_at = ? WHERE id = ? AND came_at IS NULL`, ms(a.now), p.Invitation)
}

// cameBackstage notes the same of everybody who is there when an event begins.
func (a *act) cameBackstage(room meet.ID) error {
	const here = ` FROM pass INDEXED BY pass_here WHERE room = ? AND gone = 0 AND state = 'in')`
	if err := a.do(`UPDATE registration SET came_at = ? WHERE came_at IS NULL AND id IN (SELECT registration`+here, ms(a.now), room); err != nil {
		return err
	}
	return a.do(`UPDATE invitation SET came_at = ? WHERE came_at IS NULL AND id IN (SELECT invitation`+here, ms(a.now), room)
}

func (a *act) beginCall(r meet.Room) (call meet.ID, err error) {
	call, after := newID(), meet.CallEndAfter
	if r.Event {
		after = meet.EmptyEventEnds
	}
	return call, a.do(`INSERT INTO call (id, room, room_name, started_at, ends_after) VALUES (?, ?, ?, ?, ?)`, call, r.ID, r.Name, ms(a.now), after.Milliseconds())
}

func (a *act) liveCall(room meet.ID) (id meet.ID, err error) {
	err = a.row(`SELECT id FROM call WHERE room = ? AND ended_at IS NULL`, room).Scan(&id)
	if none(err) {
		return "", nil
	}
	return id, err
}

// leave takes passes of a room out for good: no rights, no media, streams end. which is a condition on pass.
func (a *act) leave(room meet.ID, which string, arg any) error {
	if err := a.depart(room, which, arg, a.now); err != nil {
		return err
	}
	if err := a.do(`UPDATE pass SET state = CASE state WHEN 'removed' THEN state ELSE 'out' END, gone = 2, screen = 0, hand_at = NULL, since = ?, closed_at = coalesce(closed_at, ?)
		WHERE room = ? AND gone < 2 AND `+which, ms(a.now), ms(a.now), room, arg); err != nil {
		return err
	}
	return a.left(room)
}

// depart dates the end of the stays of passes that are in.
func (a *act) depart(room meet.ID, which string, arg any, at time.Time) error {
	return a.do(`UPDATE attendance SET left_at = max(?, entered_at) WHERE left_at IS NULL
		AND call IN (SELECT id FROM call WHERE room = ? AND ended_at IS NULL)
		AND pass IN (SELECT id FROM pass WHERE room = ? AND state = 'in' AND `+which+`)`, ms(at), room, room, arg)
}

// left notes when a call became empty, and says who must look again.
func (a *act) left(room meet.ID) error {
	if err := a.do(`UPDATE call SET empty_at = (SELECT max(coalesce(left_at, entered_at)) FROM attendance WHERE call = call.id)
		WHERE room = ? AND ended_at IS NULL AND NOT EXISTS (SELECT 1 FROM pass WHERE room = ? AND state = 'in' AND gone = 0)`, room, room); err != nil {
		return err
	}
	var owner meet.ID
	if err := a.row(`SELECT owner FROM room WHERE id = ?`, room).Scan(&owner); err != nil {
		return err
	}
	return a.changed(PeopleTopic(room), DoorsTopic(room), TileTopic(owner, room), KnocksTopic(room), KnocksOfTopic(owner))
}

// endCalls closes calls that stood empty long enough, dated at the last exit: CallEndAfter in a room, EmptyEventEnds in an
// event, which is over with it.
func (a *act) endCalls() error {
	type over struct{ call, room, owner meet.ID }
	rows, err := a.rows(`SELECT c.id, c.room, r.owner FROM call c JOIN room r ON r.id = c.room WHERE c.ended_at IS NULL AND c.empty_at + c.ends_after <= ?`, ms(a.now))
	list, err := collect(rows, err, func(r scanner) (o over, err error) { return o, r.Scan(&o.call, &o.room, &o.owner) })
	if err != nil {
		return err
	}
	for _, o := range list {
		if err := a.do(`UPDATE call SET ended_at = empty_at WHERE id = ?`, o.call); err != nil {
			return err
		}
		if err := a.endEvent(o.room); err != nil {
			return err
		}
		if err := a.do(`UPDATE room SET last_used_at = (SELECT ended_at FROM call WHERE id = ?) WHERE id = ?`, o.call, o.room); err != nil {
			return err
		}
		if err := a.changed(HomeTopic(o.owner)); err != nil {
			return err
		}
	}
	return nil
}

// CallLive tells whether a call is going on in a room, also one that stands empty for a moment.
func (s *Store) CallLive(ctx context.Context, room meet.ID) (live bool, err error) {
	err = s.row(ctx, `SELECT EXISTS (SELECT 1 FROM call WHERE room = ? AND ended_at IS NULL)`, room).Scan(&live)
	return live, err
}

const callColumns = `c.id, c.room, c.room_name, c.started_at, c.empty_at, c.ended_at, (SELECT count(DISTINCT pass) FROM attendance WHERE call = c.id)`

func call(row scanner, more ...any) (c meet.Call, err error) {
	var started int64
	var empty, ended sql.NullInt64
	err = row.Scan(append([]any{&c.ID, &c.Room, &c.RoomName, &started, &empty, &ended, &c.People}, more...)...)
	c.Started, c.Empty, c.Ended = time.UnixMilli(started), when(empty), when(ended)
	return c, err
}

// Calls are the past and live calls in an account's rooms, newest first, at most n, that started before before (zero
// time: from the newest on).
func (s *Store) Calls(ctx context.Context, owner meet.ID, before time.Time, n int) (list []meet.Call, err error) {
	limit := int64(1) << 62
	if !before.IsZero() {
		limit = ms(before)
	}
	rows, err := s.rows(ctx, `SELECT `+callColumns+` FROM call c JOIN room r ON r.id = c.room
		WHERE r.owner = ? AND c.started_at < ? ORDER BY c.started_at DESC, c.id LIMIT ?`, owner, limit, n)
	return list, each(rows, err, func(r scanner) error {
		c, err := call(r)
		list = append(list, c)
		return err
	})
}

// Past is one call: who was there, by first entry, and what was said.
type Past struct {
	meet.Call
	Who  []meet.Attendance
	Said []meet.Line

	Seats *SeatsTaken // of an event with registration, nil = of none
}

// SeatsTaken tells how many registered for an event, and how many of them came.
type SeatsTaken struct{ Registered, Came int }

// Call is one call, for whoever may look into the room's history.
func (s *Store) Call(ctx context.Context, w Who, id meet.ID) (Past, error) {
	var owner meet.ID
	c, err := call(s.row(ctx, `SELECT `+callColumns+`, r.owner FROM call c JOIN room r ON r.id = c.room WHERE c.id = ?`, id), &owner)
	if err != nil && !none(err) {
		return Past{}, err
	}
	if why := meet.Allow(meet.SeeCall, meet.ActorOf(w.Account, meet.Room{Owner: owner}, nil, ""), meet.Door{}); why != nil {
		return Past{}, why
	}
	past := Past{Call: c}
	rows, err := s.rows(ctx, `SELECT name, role, entered_at, left_at FROM attendance WHERE call = ? ORDER BY entered_at, pass`, id)
	past.Who, err = collect(rows, err, func(r scanner) (t meet.Attendance, err error) {
		var entered int64
		var left sql.NullInt64
		err = r.Scan(&t.Name, &t.Role, &entered, &left)
		t.Entered, t.Left = time.UnixMilli(entered), when(left)
		return t, err
	})
	if err != nil {
		return past, err
	}
	if past.Said, err = s.callChat(ctx, id); err != nil {
		return past, err
	}
	past.Seats, err = s.seatsTaken(ctx, c.Room)
	return past, err
}

func (s *Store) seatsTaken(ctx context.Context, room meet.ID) (*SeatsTaken, error) {
	var t SeatsTaken
	err := s.row(ctx, `SELECT count(*), count(came_at) FROM registration WHERE room = ? AND state = 'registered'`, room).Scan(&t.Registered, &t.Came)
	if err != nil || t.Registered == 0 {
		return nil, err
	}
	return &t, nil
}

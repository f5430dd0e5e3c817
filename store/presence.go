package store

import (
	"context"
	"time"

	"foyer/meet"
)

// Seen is what a node noticed since its last report: passes whose first stream opened or whose last one closed.
type Seen struct {
	Started        bool // the node has just started: nothing that was open before is
	Opened, Closed []meet.ID
	Waiting        []meet.ID // have a page open before the door, and none in the room
	Flowing        []meet.ID // have media up and no stream
}

// ReportPresence takes a node's report: open streams are the only thing that makes somebody In (decision 14).
var ReportPresence = verb("report-presence", func(a *act, in Seen) (Done, error) {
	if err := a.mayMachine(); err != nil {
		return Done{}, err
	}
	if in.Started {
		if err := a.do(`UPDATE pass SET closed_at = ? WHERE state IN ('in', 'waiting') AND closed_at IS NULL`, ms(a.now)); err != nil {
			return Done{}, err
		}
	}
	for _, id := range in.Closed {
		if err := a.closed(id); err != nil {
			return Done{}, err
		}
	}
	for _, id := range in.Waiting {
		if err := a.atDoor(id); err != nil {
			return Done{}, err
		}
	}
	for _, id := range in.Flowing { // out for the others, but not without rights
		if err := a.do(`UPDATE pass SET closed_at = ? WHERE id = ? AND state = 'out' AND gone = 0`, ms(a.now), id); err != nil {
			return Done{}, err
		}
	}
	for _, id := range in.Opened {
		if err := a.opened(id); err != nil {
			return Done{}, err
		}
	}
	return Done{}, nil
})

func (a *act) closed(id meet.ID) error {
	return a.do(`UPDATE pass SET closed_at = ? WHERE id = ? AND closed_at IS NULL`, ms(a.now), id)
}

// atDoor keeps the place of a pass whose page waits. Whoever was let in before this was reported is not inside by it: their
// own page of the room is.
func (a *act) atDoor(id meet.ID) error {
	var waits bool
	if err := a.row(`SELECT EXISTS (SELECT 1 FROM pass WHERE id = ? AND state = 'waiting')`, id).Scan(&waits); err != nil {
		return err
	}
	if waits {
		return a.opened(id)
	}
	return a.closed(id)
}

// opened puts a pass in whose stream is there; somebody who was away for a while arrives again, if the door allows it.
func (a *act) opened(id meet.ID) error {
	p, err := pass(a.row(`SELECT `+passColumns+` FROM pass p WHERE p.id = ? AND p.state IN ('in', 'out', 'waiting') AND p.gone < 2`, id))
	if none(err) {
		return nil // left, deleted, removed or waiting meanwhile
	}
	if err != nil {
		return err
	}
	if p.State == meet.In || p.State == meet.Waiting && !p.Away {
		return a.do(`UPDATE pass SET closed_at = NULL WHERE id = ?`, id)
	}
	r, err := room(a.row(`SELECT `+roomColumns+` FROM room r WHERE r.id = ?`, p.Room))
	if err != nil {
		return err
	}
	if p.State == meet.Waiting { // back in the queue, at the old place
		if err := a.do(`UPDATE pass SET closed_at = NULL, gone = 0 WHERE id = ?`, id); err != nil {
			return err
		}
		return a.knocks(r)
	}
	if meet.Allow(meet.SeeInside, meet.ActorOf(meet.Account{}, r, &p, ""), r.Door()) != nil {
		return nil // locked meanwhile: this one knocks like everybody else
	}
	if err := a.do(`UPDATE pass SET state = 'in', since = ?, closed_at = NULL, gone = 0 WHERE id = ?`, ms(a.now), id); err != nil {
		return err
	}
	return a.arrive(r, p)
}

// Sweep draws the conclusions that time brings: who was without a stream for AbsentAfter is out, who was out for
// RightsLinger has no rights left, a call that stood empty for CallEndAfter is over, and old outcomes are forgotten.
var Sweep = verb("sweep", func(a *act, _ Done) (Done, error) {
	if err := a.mayMachine(); err != nil {
		return Done{}, err
	}
	if err := a.sweepAbsent(); err != nil {
		return Done{}, err
	}
	if err := a.sweepGone(); err != nil {
		return Done{}, err
	}
	if err := a.sweepKnocks(); err != nil {
		return Done{}, err
	}
	if err := a.endCalls(); err != nil {
		return Done{}, err
	}
	return Done{}, a.do(`DELETE FROM once WHERE at < ?`, ms(a.now.Add(-24*time.Hour)))
})

// SweepDue tells whether Sweep has anything to do, so that a quiet house writes nothing.
func (s *Store) SweepDue(ctx context.Context) (due bool, err error) {
	now := s.now()
	err = s.row(ctx, `SELECT EXISTS (SELECT 1 FROM pass INDEXED BY pass_here WHERE gone = 0 AND (state = 'in' AND closed_at <= ? OR state = 'out' AND closed_at <= ?))
		OR EXISTS (SELECT 1 FROM call INDEXED BY call_live WHERE ended_at IS NULL AND empty_at + ends_after <= ?)
		OR EXISTS (SELECT 1 FROM once INDEXED BY once_at WHERE at < ?)
		OR EXISTS (SELECT 1 FROM pass INDEXED BY pass_knocks WHERE state = 'waiting' AND (gone = 0 AND closed_at <= ? OR closed_at <= ? AND early = 0))
		OR EXISTS (SELECT 1 FROM pass INDEXED BY pass_decided WHERE decided_at IS NOT NULL AND decided_at <= ?)`,
		ms(now.Add(-meet.AbsentAfter)), ms(now.Add(-meet.RightsLinger)), ms(now), ms(now.Add(-25*time.Hour)),
		ms(now.Add(-meet.AbsentAfter)), ms(now.Add(-meet.WithdrawnAfter)), ms(now.Add(-meet.DecisionShown))).Scan(&due)
	return due, err
}

func (a *act) sweepAbsent() error {
	type absent struct {
		id, room meet.ID
		closed   int64
	}
	rows, err := a.rows(`SELECT id, room, closed_at FROM pass WHERE gone = 0 AND state = 'in' AND closed_at <= ?`, ms(a.now.Add(-meet.AbsentAfter)))
	list, err := collect(rows, err, func(r scanner) (p absent, err error) { return p, r.Scan(&p.id, &p.room, &p.closed) })
	if err != nil {
		return err
	}
	for _, p := range list {
		if err := a.depart(p.room, `id = ?`, p.id, time.UnixMilli(p.closed)); err != nil {
			return err
		}
		if err := a.do(`UPDATE pass SET state = 'out', since = closed_at WHERE id = ?`, p.id); err != nil {
			return err
		}
		if err := a.left(p.room); err != nil {
			return err
		}
	}
	return nil
}

func (a *act) sweepGone() error {
	due := ms(a.now.Add(-meet.RightsLinger))
	rows, err := a.rows(`SELECT DISTINCT room FROM pass WHERE gone = 0 AND state = 'out' AND closed_at <= ?`, due)
	rooms, err := collect(rows, err, id)
	if err != nil {
		return err
	}
	for _, id := range rooms {
		if err := a.do(`UPDATE pass SET gone = 1 WHERE room = ? AND gone = 0 AND state = 'out' AND closed_at <= ?`, id, due); err != nil {
			return err
		}
		if err := a.changed(DoorsTopic(id)); err != nil {
			return err
		}
	}
	return nil
}

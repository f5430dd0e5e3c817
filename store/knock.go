package store

import (
	"context"
	"database/sql"
	"time"

	"foyer/meet"
)

// knock makes a pass wait at a locked door. Somebody who waits already keeps their place (decision 16).
func (a *act) knock(r meet.Room, p meet.Pass) error {
	if err := a.do(`INSERT INTO pass (id, room, browser, account, name, headline, colour, image, role, state, on_stage, mic, camera, since, closed_at, gone, created_at, registration, invitation, early)
		VALUES (?, ?, ?, nullif(?, ''), ?, ?, ?, ?, ?, 'waiting', 0, ?, ?, ?, ?, 0, ?, nullif(?, ''), nullif(?, ''), ?)
		ON CONFLICT (room, browser) DO UPDATE SET account = excluded.account, name = excluded.name, headline = excluded.headline, colour = excluded.colour,
		image = excluded.image, role = excluded.role, state = 'waiting', early = excluded.early,
		registration = coalesce(excluded.registration, registration), invitation = coalesce(excluded.invitation, invitation), on_stage = 0, mic = excluded.mic, camera = excluded.camera, hand_at = NULL,
		since = CASE WHEN state = 'waiting' THEN since ELSE excluded.since END, decision = '', decided_by = '', decided_at = NULL,
		closed_at = CASE WHEN state = 'waiting' AND closed_at IS NULL THEN NULL ELSE excluded.closed_at END, gone = 0`,
		p.ID, p.Room, p.Browser, string(p.Account), p.Name, p.Headline, p.Colour, p.Image, p.Role, p.Mic, p.Camera, ms(a.now), ms(a.now), ms(a.now),
		p.Registration, p.Invitation, p.Early); err != nil {
		return err
	}
	return a.knocks(r)
}

// knocks says that a room's queue looks different now. Those who wait for a start are no queue, only a number, and a
// thousand waiting pages need not be told of it each time.
func (a *act) knocks(r meet.Room) error {
	if r.Early && !r.Locked {
		return a.changed(EarlyTopic(r.ID))
	}
	return a.changed(KnocksTopic(r.ID), KnocksOfTopic(r.Owner), TileTopic(r.Owner, r.ID))
}

// admit lets waiting passes in, those that a condition on pass names. They are inside as soon as their page is; by is who
// decided, "" when nobody did and no card needs to say so. The answer is how many.
func (a *act) admit(r meet.Room, by, which string, args ...any) (int64, error) {
	decision, decided := "", sql.NullInt64{}
	if by != "" {
		decision, decided = "admitted", sql.NullInt64{Int64: ms(a.now), Valid: true}
	}
	n, err := a.count(`UPDATE pass SET state = 'out', gone = 0, early = 0, closed_at = ?1, on_stage = (?2 OR role <> 'attendee'),
		mic = mic AND (?2 OR role <> 'attendee'), camera = camera AND (?2 OR role <> 'attendee'), denials = 0, denied_at = NULL,
		decision = ?3, decided_by = ?4, decided_at = ?5 WHERE room = ?6 AND state = 'waiting' AND `+which,
		append([]any{ms(a.now.Add(meet.AdmittedLasts - meet.RightsLinger)), r.Theme.Everyone(), decision, by, decided, r.ID}, args...)...)
	if err != nil || n == 0 {
		return n, err
	}
	return n, a.knocks(r)
}

func (a *act) deny(r meet.Room, by string, pass meet.ID) (int64, error) {
	n, err := a.count(`UPDATE pass SET state = 'out', gone = 2, denials = denials + 1, denied_at = ?1, decision = 'denied', decided_by = ?2, decided_at = ?1
		WHERE room = ?3 AND state = 'waiting' AND id = ?4`, ms(a.now), by, r.ID, pass)
	if err != nil || n == 0 {
		return n, err
	}
	return n, a.knocks(r)
}

// Answering is a host's decision. Pass "" admits everybody who waits.
type Answering struct {
	Slug  string
	Pass  meet.ID
	Admit bool
}

// AnswerKnock admits or denies. The first decision wins; a later one is a Conflict that names who decided.
var AnswerKnock = verb("answer-knock", func(a *act, in Answering) (Done, error) {
	r, w, err := a.mayRoomAt(meet.Answer, in.Slug)
	if err != nil {
		return Done{}, err
	}
	by, err := a.calledIn(r, w)
	if err != nil {
		return Done{}, err
	}
	var n int64
	switch {
	case in.Pass == "" && in.Admit:
		_, err = a.admit(r, by, `gone < 2`)
		return Done{}, err
	case in.Admit:
		n, err = a.admit(r, by, `id = ?`, in.Pass)
	default:
		n, err = a.deny(r, by, in.Pass)
	}
	if err != nil || n > 0 {
		return Done{}, err
	}
	return Done{}, a.decidedBefore(r, in.Pass)
})

// decidedBefore tells what became of a knock that is none any more.
func (a *act) decidedBefore(r meet.Room, id meet.ID) error {
	var decision, by string
	err := a.row(`SELECT decision, decided_by FROM pass WHERE id = ? AND room = ?`, id, r.ID).Scan(&decision, &by)
	switch {
	case err != nil && !none(err):
		return err
	case decision == "admitted":
		return meet.Refuse(meet.Conflict, "Admitted by "+by+".")
	case decision == "denied":
		return meet.Refuse(meet.Conflict, "Denied by "+by+".")
	}
	return meet.Refuse(meet.Conflict, "They are not asking any more.")
}

// calledIn is the name that the others in a room know somebody by.
func (a *act) calledIn(r meet.Room, w Who) (string, error) {
	p, err := a.passIn(r.ID, w.Browser.ID)
	switch {
	case err != nil:
		return "", err
	case p != nil:
		return p.Name, nil
	}
	return w.Account.Name, nil
}

// StopAsking withdraws one's own knock.
var StopAsking = verb("stop-asking", func(a *act, in Leaving) (Done, error) {
	r, w, err := a.mayRoomAt(meet.StopAsk, in.Slug)
	if err != nil {
		return Done{}, err
	}
	if err := a.do(`UPDATE pass SET state = 'out', gone = 2, since = ? WHERE room = ? AND browser = ? AND state = 'waiting'`, ms(a.now), r.ID, w.Browser.ID); err != nil {
		return Done{}, err
	}
	return Done{}, a.knocks(r)
})

// sweepKnocks notes who is away from a closed page, withdraws who stayed away, and takes old answers off the cards.
func (a *act) sweepKnocks() error {
	away, gone, read := ms(a.now.Add(-meet.AbsentAfter)), ms(a.now.Add(-meet.WithdrawnAfter)), ms(a.now.Add(-meet.DecisionShown))
	rows, err := a.rows(`SELECT DISTINCT `+roomColumns+` FROM room r JOIN pass p ON p.room = r.id WHERE p.id IN (
		SELECT id FROM pass WHERE state = 'waiting' AND (gone = 0 AND closed_at <= ?1 OR closed_at <= ?2 AND early = 0)
		UNION ALL SELECT id FROM pass WHERE decided_at IS NOT NULL AND decided_at <= ?3)`, away, gone, read)
	rooms, err := collect(rows, err, func(row scanner) (meet.Room, error) { return room(row) })
	if err != nil {
		return err
	}
	for _, r := range rooms {
		if err := a.do(`UPDATE pass SET state = 'out', gone = 2, since = ? WHERE room = ? AND state = 'waiting' AND early = 0 AND closed_at <= ?`, ms(a.now), r.ID, gone); err != nil {
			return err
		}
		if err := a.do(`UPDATE pass SET gone = 1 WHERE room = ? AND state = 'waiting' AND gone = 0 AND closed_at <= ?`, r.ID, away); err != nil {
			return err
		}
		if err := a.do(`UPDATE pass SET decision = '', decided_by = '', decided_at = NULL WHERE room = ? AND decided_at <= ?`, r.ID, read); err != nil {
			return err
		}
		if err := a.knocks(r); err != nil {
			return err
		}
	}
	return nil
}

const knockQuery = `SELECT p.id, p.name, p.headline, p.colour, p.since, p.state = 'waiting' AND p.gone = 1, p.decision, p.decided_by, r.id
	FROM pass p JOIN room r ON r.id = p.room WHERE p.id IN (SELECT id FROM pass WHERE room = ?1 AND state = 'waiting' AND early = 0
	UNION ALL SELECT id FROM pass INDEXED BY pass_decided WHERE room = ?1 AND decided_at IS NOT NULL)`

func knock(row scanner) (k meet.Knock, room meet.ID, err error) {
	var since int64
	err = row.Scan(&k.Pass, &k.Name, &k.Headline, &k.Colour, &since, &k.Away, &k.Decision, &k.By, &room)
	k.Since = time.UnixMilli(since)
	return k, room, err
}

// Knocks are those who ask to join a room, longest first, with those that were answered a moment ago in their places.
func (s *Store) Knocks(ctx context.Context, room meet.ID) ([]meet.Knock, error) {
	rows, err := s.rows(ctx, knockQuery+` ORDER BY p.since, p.id`, room)
	return collect(rows, err, func(r scanner) (meet.Knock, error) {
		k, _, err := knock(r)
		return k, err
	})
}

// Queues are the rooms of an account at whose door somebody is.
func (s *Store) Queues(ctx context.Context, owner meet.ID) (list []meet.Queue, err error) {
	rows, err := s.rows(ctx, `SELECT `+roomColumns+`, (SELECT count(*) FROM pass h WHERE h.room = r.id AND h.gone = 0 AND h.state = 'in') FROM room r
		WHERE r.owner = ? AND (EXISTS (SELECT 1 FROM pass WHERE room = r.id AND state = 'waiting' AND early = 0)
		OR EXISTS (SELECT 1 FROM pass INDEXED BY pass_decided WHERE room = r.id AND decided_at IS NOT NULL)) ORDER BY r.name, r.id`, owner)
	list, err = collect(rows, err, func(row scanner) (q meet.Queue, err error) {
		q.Room, err = room(row, &q.People)
		return q, err
	})
	for i := range list {
		if err == nil {
			list[i].Knocks, err = s.Knocks(ctx, list[i].Room.ID)
		}
	}
	return list, err
}

// KeptOut are those whom a room does not let in any more: removed, or denied too often.
func (s *Store) KeptOut(ctx context.Context, room meet.ID) ([]meet.Person, error) {
	rows, err := s.rows(ctx, `SELECT `+personColumns+` FROM pass p WHERE p.room = ?
		AND (p.state = 'removed' OR p.denials > 0) AND (p.state = 'removed' OR p.denials >= ?) ORDER BY p.since DESC, p.id`, room, meet.MostDenials)
	return collect(rows, err, func(r scanner) (meet.Person, error) { return person(r) })
}

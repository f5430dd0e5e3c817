package store

import (
	"context"
	"database/sql"
	"strconv"
	"time"

	"foyer/meet"
)

const registrationColumns = `g.id, g.room, g.email, g.name, g.zone, g.state, g.uid, g.generation, g.reminders, g.created_at, g.came_at`

func registration(row scanner, more ...any) (r meet.Registration, err error) {
	var created int64
	var came sql.NullInt64
	err = row.Scan(append([]any{&r.ID, &r.Room, &r.Email, &r.Name, &r.Zone, &r.State, &r.UID, &r.Generation, &r.Reminders, &created, &came}, more...)...)
	r.Created, r.Came = time.UnixMilli(created), when(came)
	return r, err
}

// Registering is what the registration page says. Answers are by field.
type Registering struct {
	Slug, Email, Name string
	Zone              string // of the browser, "" = not known
	Answers           map[meet.ID]string
}

// Registered is the answer, the same whether or not the address had a seat before.
type Registered struct {
	Waits  bool     // the seats are taken: on the wait list
	Live   bool     // it goes on already: straight to the lobby
	Tokens []string // links to open for this browser when it is live; always as many
}

// Register claims a seat and queues the letter with the personal link. Who has one already gets that link again, at most
// three letters an hour (decision 21), and the answer tells nobody.
var Register = verb("register", func(a *act, in Registering) (out Registered, err error) {
	w, err := a.allow(meet.Register)
	if err != nil {
		return out, err
	}
	e, err := a.openEvent(in.Slug)
	if err != nil {
		return out, err
	}
	g, answers, err := a.claim(e, in)
	if err != nil {
		return out, err
	}
	full, err := a.full(e)
	if err != nil {
		return out, err
	}
	out.Waits, out.Live = full, e.Phase(a.now) == meet.Live && !full
	token, err := a.seat(e, g, answers, full)
	if err != nil || !out.Live {
		return out, err
	}
	out.Tokens = []string{a.s.EntryToken(e.ID, w.Browser.ID), token}
	return out, nil
})

// openEvent is an event on whose page one can register now.
func (a *act) openEvent(slug string) (meet.Event, error) {
	e, err := event(a.row(eventQuery+`JOIN account o ON o.id = r.owner AND o.deactivated_at IS NULL WHERE r.slug = ?`, slug))
	if err != nil {
		return e, err
	}
	return e, e.MayRegister(a.now)
}

func (a *act) full(e meet.Event) (full bool, err error) {
	if e.Capacity == 0 {
		return false, nil
	}
	err = a.row(`SELECT count(*) >= ? FROM registration WHERE room = ? AND state = 'registered'`, e.Capacity, e.ID).Scan(&full)
	return full, err
}

// claim checks what somebody typed.
func (a *act) claim(e meet.Event, in Registering) (g meet.Registration, answers map[meet.ID]string, err error) {
	g = meet.Registration{Room: e.ID, Zone: in.Zone, State: meet.Registered, Reminders: true}
	if g.Email, _, err = meet.Email(in.Email); err != nil {
		return g, nil, err
	}
	if g.Name, err = meet.PersonName(in.Name); err != nil {
		return g, nil, err
	}
	fields, err := a.fields(e.ID)
	if err != nil {
		return g, nil, err
	}
	answers = map[meet.ID]string{}
	for _, f := range fields {
		if answers[f.ID], err = f.Answer(in.Answers[f.ID]); err != nil {
			return g, nil, err
		}
	}
	return g, answers, nil
}

// seat gives an address its seat, or what it had before again. The token opens the seat for who claimed it just now; where
// there was one before, it opens nothing.
func (a *act) seat(e meet.Event, g meet.Registration, answers map[meet.ID]string, full bool) (token string, err error) {
	_, key, _ := meet.Email(g.Email)
	old, err := registration(a.row(`SELECT `+registrationColumns+` FROM registration g WHERE g.room = ? AND g.email_key = ?`, e.ID, key))
	switch {
	case none(err):
		g.ID, g.Generation = newID(), 1
	case err != nil:
		return "", err
	case old.State == meet.SeatRemoved:
		return newToken(), nil
	case old.State != meet.SeatCancelled:
		return newToken(), a.linkAgain(e, old)
	default:
		g.ID, g.Generation = old.ID, old.Generation+1
	}
	if full {
		g.State = meet.SeatWaiting
	}
	g.UID, g.Created = "r-"+random(10), a.now
	if err := a.putRegistration(g, key, answers); err != nil {
		return "", err
	}
	if err := a.changed(TileTopic(e.Owner, e.ID)); err != nil { // it counts
		return "", err
	}
	return a.s.SeatToken(g.ID, g.Generation), a.welcome(e, g, map[bool]meet.LetterKind{false: meet.LetterInvite, true: meet.LetterWaitlist}[full])
}

// newToken looks like a token and opens nothing.
func newToken() string { return random(17)[:26] }

func (a *act) putRegistration(g meet.Registration, key string, answers map[meet.ID]string) error {
	if err := a.do(`INSERT INTO registration (id, room, email, email_key, name, zone, state, uid, generation, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET email = excluded.email, name = excluded.name, zone = excluded.zone, state = excluded.state, uid = excluded.uid,
		generation = excluded.generation, reminders = 1, created_at = excluded.created_at, came_at = NULL`,
		g.ID, g.Room, g.Email, key, g.Name, g.Zone, g.State, g.UID, g.Generation, ms(g.Created)); err != nil {
		return err
	}
	for field, text := range answers {
		if err := a.do(`INSERT INTO answer (registration, field, text) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET text = excluded.text`, g.ID, field, text); err != nil {
			return err
		}
	}
	if err := a.keepLink(meet.SeatLink, g.Room, g.ID, g.Generation); err != nil {
		return err
	}
	if err := a.keepLink(meet.QuietLink, g.Room, g.ID, 1); err != nil {
		return err
	}
	return a.changed(RegistrantsTopic(g.Room))
}

// welcome queues the first letter of a seat.
func (a *act) welcome(e meet.Event, g meet.Registration, kind meet.LetterKind) error {
	l := seatLetter(e, g, kind, a.now)
	l.dedup = g.UID + "/" + string(kind)
	return a.owe(l)
}

func seatLetter(e meet.Event, g meet.Registration, kind meet.LetterKind, now time.Time) owed {
	return owed{lane: g.UID, about: aboutSeat, kind: kind, room: e.ID, subject: g.ID, sequence: e.Sequence, rcpt: g.Email, expires: lasting(e, now)}
}

// linkAgain queues the personal link once more, unless this address got enough letters in the last hour.
func (a *act) linkAgain(e meet.Event, g meet.Registration) error {
	var lately, all int
	if err := a.row(`SELECT count(*) FILTER (WHERE created_at > ?), count(*) FROM letter WHERE subject = ? AND kind IN ('invite', 'waitlist', 'link')`,
		ms(a.now.Add(-time.Hour)), g.ID).Scan(&lately, &all); err != nil {
		return err
	}
	if lately >= meet.MostLinksAnHour {
		return nil
	}
	l := seatLetter(e, g, meet.LetterLink, a.now)
	if g.State == meet.SeatWaiting {
		l.kind = meet.LetterWaitlist
	}
	l.dedup = g.UID + "/link/" + strconv.Itoa(all)
	return a.owe(l)
}

// LinkWanted asks for one's personal link again.
type LinkWanted struct{ Slug, Email string }

// SendLink queues it where the address has a seat. The answer is the same everywhere.
var SendLink = verb("send-link", func(a *act, in LinkWanted) (Done, error) {
	if _, err := a.allow(meet.Register); err != nil {
		return Done{}, err
	}
	_, key, err := meet.Email(in.Email)
	if err != nil {
		return Done{}, err
	}
	e, err := event(a.row(eventQuery+`JOIN account o ON o.id = r.owner AND o.deactivated_at IS NULL WHERE r.slug = ?`, in.Slug))
	if err != nil {
		return Done{}, err
	}
	if phase := e.Phase(a.now); phase != meet.Planned && phase != meet.Live {
		return Done{}, e.MayRegister(a.now)
	}
	g, err := registration(a.row(`SELECT `+registrationColumns+` FROM registration g WHERE g.room = ? AND g.email_key = ? AND g.state IN ('registered', 'waiting')`, e.ID, key))
	if none(err) {
		return Done{}, nil
	}
	if err != nil {
		return Done{}, err
	}
	return Done{}, a.linkAgain(e, g)
})

// Seat is what a personal link shows.
type Seat struct {
	Public
	Registration meet.Registration
}

const seatQuery = `SELECT ` + registrationColumns + ` FROM link l JOIN registration g ON g.id = l.subject AND (l.kind = 'quiet' OR g.generation = l.generation) WHERE l.token = ? AND l.kind = ?`

// Seat looks a personal link up, in whatever state the seat is.
func (s *Store) Seat(ctx context.Context, token string) (Seat, error) {
	return s.seat(ctx, token, meet.SeatLink)
}

// QuietSeat looks up the link that stops reminders.
func (s *Store) QuietSeat(ctx context.Context, token string) (Seat, error) {
	return s.seat(ctx, token, meet.QuietLink)
}

func (s *Store) seat(ctx context.Context, token string, kind meet.TokenKind) (seat Seat, err error) {
	seat.Registration, err = registration(s.row(ctx, seatQuery, meet.HashToken(token), kind))
	if none(err) {
		return seat, meet.ErrNotHere
	}
	if err != nil {
		return seat, err
	}
	seat.Public, err = s.publicEvent(ctx, `r.id = ?`, string(seat.Registration.Room))
	return seat, err
}

// CancelSeat gives a seat back, by the token of its personal link. Who waits longest gets it.
var CancelSeat = verb("cancel-seat", func(a *act, token string) (Done, error) {
	if _, err := a.allow(meet.KeepSeat); err != nil {
		return Done{}, err
	}
	g, err := registration(a.row(seatQuery, meet.HashToken(token), meet.SeatLink))
	if none(err) {
		return Done{}, meet.ErrNotHere
	}
	if err != nil || g.State == meet.SeatCancelled || g.State == meet.SeatRemoved {
		return Done{}, err
	}
	e, err := event(a.row(eventQuery+`WHERE r.id = ?`, g.Room))
	if err != nil {
		return Done{}, err
	}
	if phase := e.Phase(a.now); phase != meet.Planned && phase != meet.Live { // nothing is left to give back
		return Done{}, nil
	}
	return Done{}, a.vacate(e, g, meet.SeatCancelled, "seat")
})

// vacate takes a seat away, with its entry in the calendar and whoever sits in it.
func (a *act) vacate(e meet.Event, g meet.Registration, state meet.SeatState, reason string) error {
	if err := a.do(`UPDATE registration SET state = ? WHERE id = ?`, state, g.ID); err != nil {
		return err
	}
	l := seatLetter(e, g, meet.LetterCancel, a.now)
	l.reason = reason
	if err := a.takeBack(e, l); err != nil {
		return err
	}
	if err := a.leave(e.ID, `registration = ?`, g.ID); err != nil {
		return err
	}
	// Whom a host removed stays out, also by what let them in when they registered; who was invited, too, may still come.
	if err := a.do(`UPDATE pass SET registration = NULL, state = CASE WHEN ? AND invitation IS NULL AND role = 'attendee' THEN 'removed' ELSE state END
		WHERE registration = ?`, state == meet.SeatRemoved, g.ID); err != nil {
		return err
	}
	if err := a.fillSeats(e); err != nil {
		return err
	}
	return a.changed(RegistrantsTopic(e.ID), HomeTopic(e.Owner))
}

// fillSeats gives free seats to who waits longest, with a letter.
func (a *act) fillSeats(e meet.Event) error {
	if phase := e.Phase(a.now); phase != meet.Planned && phase != meet.Live {
		return nil
	}
	free := -1 // no limit
	if e.Capacity > 0 {
		var taken int
		if err := a.row(`SELECT count(*) FROM registration WHERE room = ? AND state = 'registered'`, e.ID).Scan(&taken); err != nil {
			return err
		}
		free = max(0, e.Capacity-taken)
	}
	rows, err := a.rows(`SELECT `+registrationColumns+` FROM registration g WHERE g.room = ? AND g.state = 'waiting' ORDER BY g.created_at, g.id LIMIT ?`, e.ID, free)
	list, err := collect(rows, err, func(r scanner) (meet.Registration, error) { return registration(r) })
	if err != nil {
		return err
	}
	for _, g := range list {
		if err := a.do(`UPDATE registration SET state = 'registered' WHERE id = ?`, g.ID); err != nil {
			return err
		}
		if err := a.supersede(e.Sequence+1, `lane = ?`, g.UID); err != nil { // that there is no seat
			return err
		}
		if err := a.welcome(e, g, meet.LetterFreed); err != nil {
			return err
		}
	}
	return nil
}

// StopReminders keeps reminders of one seat away, by its link; the seat stays.
var StopReminders = verb("stop-reminders", func(a *act, token string) (Done, error) {
	if _, err := a.allow(meet.KeepSeat); err != nil {
		return Done{}, err
	}
	g, err := registration(a.row(seatQuery, meet.HashToken(token), meet.QuietLink))
	if none(err) {
		return Done{}, meet.ErrNotHere
	}
	if err != nil {
		return Done{}, err
	}
	if err := a.do(`UPDATE registration SET reminders = 0 WHERE id = ?`, g.ID); err != nil {
		return Done{}, err
	}
	return Done{}, a.do(`UPDATE letter SET state = 'superseded' WHERE lane = ? AND kind = 'reminder' AND state = 'queued' AND attempts = 0`, g.UID)
})

// oneSeat ends the other places of who comes by a personal link or an invitation from another browser.
func (a *act) oneSeat(p meet.Pass) error {
	if p.Registration == "" && p.Invitation == "" {
		return nil
	}
	rows, err := a.rows(otherPlaces, p.Registration, p.Invitation, p.ID)
	list, err := collect(rows, err, id)
	for _, other := range list {
		if err == nil {
			err = a.leave(p.Room, `id = ?`, other)
		}
	}
	return err
}

// places are the passes of one person: of a seat ?1 or an invitation ?2, which belong to one room. Two look-ups by indexes:
// with an OR it would be all passes of the room.
const places = `(SELECT id, browser, state, gone FROM pass WHERE registration = ?1 UNION SELECT id, browser, state, gone FROM pass WHERE invitation = ?2)`

const (
	otherPlaces   = `SELECT id FROM ` + places + ` WHERE id <> ?3 AND gone < 2 AND state <> 'removed'`
	passElsewhere = `SELECT EXISTS (SELECT 1 FROM ` + places + ` WHERE id <> ?3 AND gone = 0)`
	seatElsewhere = `SELECT EXISTS (SELECT 1 FROM ` + places + ` WHERE browser <> ?3 AND gone = 0 AND state IN ('in', 'waiting'))`
)

// PassElsewhere tells whether the person of a pass came in again by another browser.
func (s *Store) PassElsewhere(ctx context.Context, id meet.ID) (yes bool, err error) {
	p, err := pass(s.row(ctx, `SELECT `+passColumns+` FROM pass p WHERE p.id = ?`, id))
	if none(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	err = s.row(ctx, passElsewhere, p.Registration, p.Invitation, id).Scan(&yes)
	return yes, err
}

// SeatElsewhere tells whether the person behind opened links is in the room by another browser.
func (s *Store) SeatElsewhere(ctx context.Context, w Who, c Capability) (yes bool, err error) {
	err = s.row(ctx, seatElsewhere, c.Registration, c.Invitation, w.Browser.ID).Scan(&yes)
	return yes, err
}

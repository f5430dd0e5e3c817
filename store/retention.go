package store

import "time"

// What nobody needs any more goes, with the addresses in it (decision 23). Each step drops a portion in each run, so that
// the end of a large event holds nobody up; what is left goes with the next.

// How long things are kept.
const (
	guestsKept  = 90 * 24 * time.Hour
	callsKept   = 365 * 24 * time.Hour
	peopleKept  = 365 * 24 * time.Hour // who registered or was invited, and their letters, after the event
	ticketsKept = 24 * time.Hour       // links that set a password, behind their end
)

// portion is how many rows one statement drops.
const portion = 2000

// Forget drops browsers of guests that were made long ago, with their passes, calls that ended long ago, events that were
// deleted, people of events that were long ago, links that are over, and pictures that nobody names any more.
var Forget = verb("forget", func(a *act, _ Done) (Done, error) {
	if err := a.mayMachine(); err != nil {
		return Done{}, err
	}
	if err := a.do(`DELETE FROM browser WHERE account IS NULL AND created_at < ?
		AND NOT EXISTS (SELECT 1 FROM pass WHERE pass.browser = browser.id AND gone = 0)`, ms(a.now.Add(-guestsKept))); err != nil {
		return Done{}, err
	}
	if err := a.do(`DELETE FROM call WHERE ended_at < ?`, ms(a.now.Add(-callsKept))); err != nil {
		return Done{}, err
	}
	for _, forget := range []func() error{a.forgetEvents, a.forgetPeople, a.forgetTickets} {
		if err := forget(); err != nil {
			return Done{}, err
		}
	}
	return Done{}, a.forgetPictures()
})

// forgetEvents drops deleted events whose letters are out and whose planned end is past: first letters and registrations,
// then what is left.
func (a *act) forgetEvents() error {
	const deleted = `e.deleted_at IS NOT NULL AND e.starts_at + e.minutes * 60000 < ?1
		AND NOT EXISTS (SELECT 1 FROM letter WHERE letter.room = e.room AND state IN ('queued', 'sending'))`
	if err := a.forgetSeats(deleted, a.now); err != nil {
		return err
	}
	return a.do(`DELETE FROM room WHERE id IN (SELECT e.room FROM event e WHERE `+deleted+`
		AND NOT EXISTS (SELECT 1 FROM letter WHERE letter.room = e.room) AND NOT EXISTS (SELECT 1 FROM registration WHERE registration.room = e.room))`, ms(a.now))
}

// forgetSeats drops letters about events and those who registered. which is a condition on event e, ?1 the time in it.
func (a *act) forgetSeats(which string, than time.Time) error {
	for _, statement := range []string{ // which is asked once for each event, not for each row
		`DELETE FROM letter WHERE id IN (WITH old AS MATERIALIZED (SELECT e.room FROM event e WHERE ` + which + `) SELECT l.id FROM old CROSS JOIN letter l ON l.room = old.room LIMIT ?2)`,
		`DELETE FROM registration WHERE id IN (WITH old AS MATERIALIZED (SELECT e.room FROM event e WHERE ` + which + `) SELECT g.id FROM old CROSS JOIN registration g ON g.room = old.room LIMIT ?2)`,
		`DELETE FROM link WHERE token IN (WITH old AS MATERIALIZED (SELECT e.room FROM event e WHERE ` + which + `) SELECT k.token FROM old CROSS JOIN link k ON k.room = old.room AND k.kind <> 'host' LIMIT ?2)`,
	} {
		if err := a.do(statement, ms(than), portion); err != nil {
			return err
		}
	}
	return nil
}

// forgetPeople drops who registered for events of long ago and who was invited to them, and of rooms, which have no end, old
// letters and invitations that were taken back. Letters about what is still to come stay: the next one goes by them.
func (a *act) forgetPeople() error {
	const past = `coalesce(e.cancelled_at, max(coalesce(e.ended_at, 0), e.starts_at + e.minutes * 60000)) < ?1`
	than := a.now.Add(-peopleKept)
	if err := a.forgetSeats(past, than); err != nil {
		return err
	}
	for _, statement := range []string{
		`DELETE FROM invitation WHERE room IN (SELECT e.room FROM event e WHERE ` + past + `)`,
		`DELETE FROM link WHERE subject IN (SELECT id FROM invitation WHERE revoked_at < ?1)`,
		`DELETE FROM invitation WHERE revoked_at < ?1`,
	} {
		if err := a.do(statement, ms(than)); err != nil {
			return err
		}
	}
	return a.do(`DELETE FROM letter WHERE id IN (SELECT l.id FROM room r JOIN letter l ON l.room = r.id WHERE r.kind = 'room' AND l.created_at < ?
		AND l.state NOT IN ('queued', 'sending') LIMIT ?)`, ms(than), portion)
}

// forgetTickets drops links that set a password, and the letters that they were in.
func (a *act) forgetTickets() error {
	than := ms(a.now.Add(-ticketsKept))
	if err := a.do(`DELETE FROM letter WHERE subject IN (SELECT id FROM ticket WHERE expires_at < ?)`, than); err != nil {
		return err
	}
	return a.do(`DELETE FROM ticket WHERE expires_at < ?`, than)
}

package store

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"foyer/meet"
)

const eventColumns = `e.description, e.speakers, e.date, e.clock, e.zone, e.starts_at, e.minutes, e.registration, e.capacity, e.closes_at, e.note,
	e.sequence, e.changed_at, e.started_at, e.ended_at, e.cancelled_at, e.deleted_at`

const eventQuery = `SELECT ` + eventColumns + `, ` + roomColumns + ` FROM event e JOIN room r ON r.id = e.room `

// event reads a row of eventQuery; more are columns behind it.
func event(row scanner, more ...any) (e meet.Event, err error) {
	var speakers string
	var starts, minutes, changed int64
	var closes, started, ended, cancelled, deleted sql.NullInt64
	r, err := room(eventRow{row, []any{&e.Description, &speakers, &e.Date, &e.Clock, &e.Zone, &starts, &minutes, &e.Registration, &e.Capacity, &closes, &e.Note,
		&e.Sequence, &changed, &started, &ended, &cancelled, &deleted}}, more...)
	if err != nil {
		return e, err
	}
	e.Room = r
	e.Speakers, err = meet.SpeakersOf(speakers)
	e.Starts, e.Length, e.Changed = time.UnixMilli(starts), time.Duration(minutes)*time.Minute, time.UnixMilli(changed)
	e.Closes, e.Started, e.Ended, e.Cancelled, e.Deleted = when(closes), when(started), when(ended), when(cancelled), when(deleted)
	return e, err
}

// eventRow scans the event's own columns before those of its room.
type eventRow struct {
	scanner
	first []any
}

func (r eventRow) Scan(dest ...any) error { return r.scanner.Scan(append(r.first, dest...)...) }

// Event is an event for the people who manage it.
func (s *Store) Event(ctx context.Context, w Who, id meet.ID) (meet.Event, error) {
	e, err := event(s.row(ctx, eventQuery+`WHERE r.id = ? AND e.deleted_at IS NULL`, id))
	if err != nil {
		return meet.Event{}, signInFirst(meet.SeeRoom, w, err)
	}
	return e, meet.Allow(meet.SeeRoom, meet.ActorOf(w.Account, e.Room, nil, ""), e.Door())
}

// Public is an event as everybody may see it, with its owner's name.
type Public struct {
	meet.Event
	Host   string
	Fields []meet.Field
	Taken  int // seats
}

// Left is how many seats are left; counted only where there is an end of them.
func (p Public) Left() int { return max(0, p.Capacity-p.Taken) }

// Full tells that who registers now comes on the wait list.
func (p Public) Full() bool { return p.Capacity > 0 && p.Taken >= p.Capacity }

// PublicEvent is the event at an address. A deleted one is shown as cancelled until its planned end.
func (s *Store) PublicEvent(ctx context.Context, slug string) (Public, error) {
	return s.publicEvent(ctx, `r.slug = ?`, slug)
}

func (s *Store) publicEvent(ctx context.Context, which, key string) (p Public, err error) {
	p.Event, err = event(s.row(ctx, eventQuery+`JOIN account o ON o.id = r.owner AND o.deactivated_at IS NULL WHERE `+which, key))
	if err != nil {
		return p, err
	}
	if err := s.row(ctx, `SELECT o.name, (SELECT count(*) FROM registration WHERE room = ?1 AND state = 'registered') FROM account o WHERE o.id = ?2`,
		p.ID, p.Owner).Scan(&p.Host, &p.Taken); err != nil {
		return p, err
	}
	p.Fields, err = s.Fields(ctx, p.ID)
	return p, err
}

// EventOf is the event that a room belongs to, without asking who wants to know.
func (s *Store) EventOf(ctx context.Context, room meet.ID) (meet.Event, error) {
	return event(s.row(ctx, eventQuery+`WHERE r.id = ?`, room))
}

// Events are an account's events that are still to come, live, or missed a day ago at most, by start, live ones first.
func (s *Store) Events(ctx context.Context, owner meet.ID) (list []meet.EventTile, err error) {
	rows, err := s.rows(ctx, eventQuery+`WHERE r.owner = ? AND e.deleted_at IS NULL AND e.ended_at IS NULL AND (e.started_at IS NOT NULL AND e.cancelled_at IS NULL
		OR e.starts_at + e.minutes * 60000 > ?) ORDER BY e.started_at IS NULL OR e.cancelled_at IS NOT NULL, e.starts_at, r.id`, owner, ms(s.now().Add(-meet.MissedShown)))
	list, err = collect(rows, err, func(row scanner) (t meet.EventTile, err error) {
		t.Event, err = event(row)
		return t, err
	})
	for i := range list {
		if err == nil {
			err = s.countEvent(ctx, &list[i])
		}
	}
	return list, err
}

// EventTile is one of them.
func (s *Store) EventTile(ctx context.Context, w Who, id meet.ID) (t meet.EventTile, err error) {
	if t.Event, err = s.Event(ctx, w, id); err != nil {
		return t, err
	}
	return t, s.countEvent(ctx, &t)
}

func (s *Store) countEvent(ctx context.Context, t *meet.EventTile) error {
	return s.row(ctx, `SELECT (SELECT count(*) FROM pass WHERE room = ?1 AND gone = 0 AND state = 'in'),
		(SELECT count(*) FROM registration WHERE room = ?1 AND state = 'registered')`, t.ID).Scan(&t.People, &t.Registered)
}

// EarlyBirds is how many wait for an event to be started.
func (s *Store) EarlyBirds(ctx context.Context, room meet.ID) (n int, err error) {
	err = s.row(ctx, `SELECT count(*) FROM pass WHERE room = ? AND state = 'waiting' AND early AND gone = 0`, room).Scan(&n)
	return n, err
}

// EventFacts is what the form about an event says. When has been worked out on the node that took the request.
type EventFacts struct {
	Title, Description, Speakers, Theme, Note string
	When                                      meet.When
	Registration                              bool
	Capacity                                  int
	Closes                                    time.Time
}

// checked cleans the facts and puts them into e.
func (f EventFacts) checked(e meet.Event, now time.Time) (_ meet.Event, err error) {
	if e.Name, err = meet.EventTitle(f.Title); err != nil {
		return e, err
	}
	if e.Description, err = meet.Description(f.Description); err != nil {
		return e, err
	}
	if e.Speakers, err = meet.SpeakersOf(f.Speakers); err != nil {
		return e, err
	}
	if e.Note, err = meet.HostNote(f.Note); err != nil {
		return e, err
	}
	if e.Theme, err = meet.ThemeOf(f.Theme); err != nil {
		return e, err
	}
	if err := meet.CheckSeats(f.Capacity); err != nil {
		return e, err
	}
	if !f.When.Starts.Equal(e.Starts) || f.When.Length != e.Length {
		if err := f.When.Check(now); err != nil {
			return e, err
		}
	}
	if !f.Closes.IsZero() && f.Closes.After(f.When.Ends()) {
		return e, meet.Wrong("closes", "Registration closes before the webinar ends.")
	}
	e.When, e.Registration, e.Capacity, e.Closes = f.When, f.Registration, f.Capacity, f.Closes
	return e, nil
}

// CreateEvent plans an event, with a room of its own. The answer is its id.
var CreateEvent = verb("create-event", func(a *act, in EventFacts) (meet.ID, error) {
	w, err := a.allow(meet.CreateEvent)
	if err != nil {
		return "", err
	}
	e, err := in.checked(meet.Event{}, a.now)
	if err != nil {
		return "", err
	}
	return a.insertEvent(e, w.Account.ID)
})

func (a *act) insertEvent(e meet.Event, owner meet.ID) (meet.ID, error) {
	e.ID, e.Owner, e.Slug, e.HostLink, e.Event = newID(), owner, meet.SlugName(e.Name)+"-"+random(10), 1, true
	if err := a.insertRoom(e.Room); err != nil {
		return "", err
	}
	if err := a.do(`INSERT INTO event (room, description, speakers, date, clock, zone, starts_at, minutes, registration, capacity, closes_at, note, changed_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, e.ID, e.Description, meet.SpeakersText(e.Speakers), e.Date, e.Clock, e.Zone, ms(e.Starts), int(e.Length/time.Minute),
		e.Registration, e.Capacity, maybe(e.Closes), e.Note, ms(a.now)); err != nil {
		return "", err
	}
	return e.ID, a.addEdition(e, "")
}

// setEvent writes what a form can change. No two changes have the same time: forms tell by it what they were made of.
func (a *act) setEvent(e meet.Event) error {
	if err := a.do(`UPDATE room SET name = ?, theme = ? WHERE id = ?`, e.Name, e.Theme, e.ID); err != nil {
		return err
	}
	return a.do(`UPDATE event SET description = ?, speakers = ?, date = ?, clock = ?, zone = ?, starts_at = ?, minutes = ?, registration = ?, capacity = ?,
		closes_at = ?, note = ?, sequence = ?, changed_at = max(?, changed_at + 1) WHERE room = ?`, e.Description, meet.SpeakersText(e.Speakers), e.Date, e.Clock, e.Zone, ms(e.Starts), int(e.Length/time.Minute),
		e.Registration, e.Capacity, maybe(e.Closes), e.Note, e.Sequence, ms(a.now), e.ID)
}

// maybe stores zero time as NULL.
func maybe(t time.Time) sql.NullInt64 { return sql.NullInt64{Int64: ms(t), Valid: !t.IsZero()} }

// addEdition keeps what letters say of an event from now on.
func (a *act) addEdition(e meet.Event, message string) error {
	return a.do(`INSERT INTO edition (room, sequence, title, description, speakers, starts_at, minutes, zone, host, reply_to, cancelled, message, at)
		SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, o.name, o.email, ?9, ?10, ?11 FROM account o WHERE o.id = ?12`, e.ID, e.Sequence, e.Name, e.Description, meet.SpeakersText(e.Speakers), ms(e.Starts),
		int(e.Length/time.Minute), e.Zone, !e.Cancelled.IsZero(), message, ms(a.now), e.Owner)
}

// mayEvent loads an event and asks the table about the browser that asks.
func (a *act) mayEvent(do meet.Action, id meet.ID) (meet.Event, Who, error) {
	r, w, err := a.mayRoom(do, id)
	if err != nil {
		return meet.Event{}, w, err
	}
	if !r.Event {
		return meet.Event{}, w, meet.ErrNotHere
	}
	e, err := event(a.row(eventQuery+`WHERE r.id = ? AND e.deleted_at IS NULL`, id))
	return e, w, err
}

// EventEdit changes an event. Message goes with the letters about it, Seen is when what the form was made of had changed.
type EventEdit struct {
	Event   meet.ID
	Facts   EventFacts
	Message string
	Seen    time.Time
}

// Edited tells how many letters a change caused.
type Edited struct{ Letters int64 }

// EditEvent changes what is planned. A change that calendars show is a new edition, and everybody with a seat or an
// invitation gets a letter about it in this same transaction.
var EditEvent = verb("edit-event", func(a *act, in EventEdit) (Edited, error) {
	old, _, err := a.mayEvent(meet.EditEvent, in.Event)
	if err != nil {
		return Edited{}, err
	}
	if err := old.MayEdit(a.now); err != nil {
		return Edited{}, err
	}
	e, err := in.Facts.checked(old, a.now)
	if err != nil {
		return Edited{}, err
	}
	message, err := meet.HostMessage(in.Message)
	if err != nil {
		return Edited{}, err
	}
	moved := !e.Starts.Equal(old.Starts) || e.Length != old.Length
	if !old.Started.IsZero() && (moved || e.Theme != old.Theme || e.Zone != old.Zone) {
		return Edited{}, meet.Refuse(meet.Conflict, "The webinar is live; its time and theme stay as they are.")
	}
	if !in.Seen.Equal(old.Changed) {
		return Edited{}, meet.Refuse(meet.Conflict, "Somebody else changed this webinar meanwhile. Look at it again before you save.")
	}
	out := Edited{}
	shows := moved || e.Name != old.Name || e.Description != old.Description || e.Zone != old.Zone
	if shows || !slices.Equal(e.Speakers, old.Speakers) { // letters to come name the speakers, but nobody needs one for it
		e.Sequence++
		if err := a.addEdition(e, message); err != nil {
			return out, err
		}
	}
	if shows {
		if out.Letters, err = a.tellChange(e, moved); err != nil {
			return out, err
		}
	}
	if err := a.setEvent(e); err != nil {
		return out, err
	}
	if err := a.fillSeats(e); err != nil { // more seats than before
		return out, err
	}
	return out, a.eventChanged(e)
})

func (a *act) eventChanged(e meet.Event) error {
	return a.changed(HomeTopic(e.Owner), RoomTopic(e.ID), RegistrantsTopic(e.ID))
}

// CancelEvent calls an event off. Everybody with a seat gets a letter that takes the entry away again.
var CancelEvent = verb("cancel-event", func(a *act, in Cancelling) (Edited, error) {
	e, _, err := a.mayEvent(meet.CancelEvent, in.Event)
	if err != nil {
		return Edited{}, err
	}
	if e.Phase(a.now) == meet.CalledOff {
		return Edited{}, nil
	}
	if err := e.MayEdit(a.now); err != nil {
		return Edited{}, err
	}
	return a.callOff(e, in.Message)
})

// Cancelling names an event, with the host's words to those who wanted to come.
type Cancelling struct {
	Event   meet.ID
	Message string
}

func (a *act) callOff(e meet.Event, typed string) (out Edited, err error) {
	message, err := meet.HostMessage(typed)
	if err != nil {
		return out, err
	}
	e.Cancelled, e.Sequence = a.now, e.Sequence+1
	if err := a.addEdition(e, message); err != nil {
		return out, err
	}
	if out.Letters, err = a.tellCancel(e); err != nil {
		return out, err
	}
	if err := a.do(`UPDATE event SET cancelled_at = ?, sequence = ?, changed_at = ? WHERE room = ?`, ms(a.now), e.Sequence, ms(a.now), e.ID); err != nil {
		return out, err
	}
	if err := a.leave(e.ID, `state <> ?`, meet.Removed); err != nil {
		return out, err
	}
	if err := a.do(`UPDATE call SET ended_at = coalesce(empty_at, ?) WHERE room = ? AND ended_at IS NULL`, ms(a.now), e.ID); err != nil {
		return out, err
	}
	return out, a.eventChanged(e)
}

// DeleteEvent hides an event. One that people wait for is called off first, and its rows stay until their letters are out
// and its planned end is past (decision 23).
var DeleteEvent = verb("delete-event", func(a *act, id meet.ID) (Done, error) {
	e, _, err := a.mayEvent(meet.DeleteRoom, id)
	if err != nil {
		return Done{}, err
	}
	if phase := e.Phase(a.now); phase == meet.Planned || phase == meet.Live {
		if _, err := a.callOff(e, ""); err != nil {
			return Done{}, err
		}
	}
	if err := a.do(`UPDATE event SET deleted_at = ? WHERE room = ?`, ms(a.now), e.ID); err != nil {
		return Done{}, err
	}
	return Done{}, a.eventChanged(e)
})

// EventCopy plans an event like another one, at another time.
type EventCopy struct {
	Event meet.ID
	Title string
	When  meet.When
}

// DuplicateEvent makes an event with the same page, fields and look; new links, no registrants. The answer is its id.
var DuplicateEvent = verb("duplicate-event", func(a *act, in EventCopy) (meet.ID, error) {
	old, w, err := a.mayEvent(meet.Duplicate, in.Event)
	if err != nil {
		return "", err
	}
	e := old
	if e.Name, err = meet.EventTitle(in.Title); err != nil {
		return "", err
	}
	if err := in.When.Check(a.now); err != nil {
		return "", err
	}
	e.When, e.Closes, e.Sequence = in.When, time.Time{}, 0
	e.Started, e.Ended, e.Cancelled, e.Deleted = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	e.Colour = old.Swatch()
	if e.ID, err = a.insertEvent(e, w.Account.ID); err != nil {
		return "", err
	}
	if err := a.setLook(e.Room); err != nil {
		return "", err
	}
	return e.ID, a.copyFields(old.ID, e.ID)
})

// Starting names an event by its room's address.
type Starting struct{ Slug string }

// StartEvent lets an event begin: everybody who waits is inside as soon as their page is. Two starts are one.
var StartEvent = verb("start-event", func(a *act, in Starting) (Done, error) {
	r, _, err := a.mayRoomAt(meet.StartEvent, in.Slug)
	if err != nil {
		return Done{}, err
	}
	if !r.Event {
		return Done{}, meet.ErrNotHere
	}
	e, err := event(a.row(eventQuery+`WHERE r.id = ? AND e.deleted_at IS NULL`, r.ID))
	if err != nil {
		return Done{}, err
	}
	if e.Phase(a.now) == meet.Live {
		return Done{}, nil
	}
	if err := e.MayStart(a.now); err != nil {
		return Done{}, err
	}
	return Done{}, a.startEvent(e)
})

func (a *act) startEvent(e meet.Event) error {
	if err := a.do(`UPDATE event SET started_at = ? WHERE room = ?`, ms(a.now), e.ID); err != nil {
		return err
	}
	r := e.Room
	r.Early = false
	call, err := a.beginCall(r)
	if err != nil {
		return err
	}
	if err := a.do(`INSERT INTO attendance (call, pass, name, role, entered_at) SELECT ?, id, name, role, ? FROM pass
		WHERE room = ? AND state = 'in' AND gone = 0`, call, ms(a.now), r.ID); err != nil {
		return err
	}
	if err := a.do(`UPDATE call SET empty_at = ?1 WHERE id = ?2 AND NOT EXISTS (SELECT 1 FROM attendance WHERE call = ?2)`, ms(a.now), call); err != nil {
		return err
	}
	if err := a.do(`UPDATE room SET last_used_at = ? WHERE id = ?`, ms(a.now), r.ID); err != nil {
		return err
	}
	if err := a.cameBackstage(r.ID); err != nil {
		return err
	}
	if err := a.letEarlyIn(r); err != nil {
		return err
	}
	return a.changed(HomeTopic(r.Owner), RoomTopic(r.ID), PeopleTopic(r.ID), DoorsTopic(r.ID), KnocksTopic(r.ID), ChatTopic(r.ID))
}

// letEarlyIn admits who waited for the start; behind a lock they ask like everybody else.
func (a *act) letEarlyIn(r meet.Room) error {
	if r.Locked {
		if err := a.do(`UPDATE pass SET early = 0 WHERE room = ? AND state = 'waiting'`, r.ID); err != nil {
			return err
		}
		return a.knocks(r)
	}
	_, err := a.admit(r, "", `early = ?`, 1)
	return err
}

// endEvent notes that the call of an event was its last.
func (a *act) endEvent(room meet.ID) error {
	return a.do(`UPDATE event SET ended_at = coalesce((SELECT max(ended_at) FROM call WHERE call.room = event.room), ?) WHERE room = ? AND started_at IS NOT NULL AND ended_at IS NULL`, ms(a.now), room)
}

// Told is how many get a letter when an event changes, and how many when it is called off: then those whom none has
// reached yet need none.
func (s *Store) Told(ctx context.Context, event meet.ID) (change, cancel int, err error) {
	err = s.row(ctx, `SELECT count(*), coalesce(sum(EXISTS (SELECT 1 FROM letter l WHERE l.lane = uid AND l.attempts > 0)), 0) FROM `+everybody, event).Scan(&change, &cancel)
	return change, cancel, err
}

package store

import (
	"context"
	"strconv"
	"strings"

	"foyer/meet"
)

// seatMail is what became of the newest letter that tells somebody of their seat.
const seatMail = `(SELECT l.state || ' ' || l.attempts || ' ' || l.err FROM letter l WHERE l.lane = g.uid AND l.kind IN ('invite', 'freed', 'update', 'waitlist')
	AND l.state <> 'superseded' ORDER BY l.id DESC LIMIT 1)`

func mailState(told string) (meet.MailState, string) {
	state, rest, _ := strings.Cut(told, " ")
	_, reason, _ := strings.Cut(rest, " ")
	switch state {
	case "queued", "sending":
		return meet.MailSending, reason
	case "sent":
		return meet.MailDelivered, ""
	case "dead":
		return meet.MailFailed, reason
	case "expired":
		if reason == "" {
			reason = "It could not be sent in time."
		}
		return meet.MailFailed, reason
	}
	return meet.MailNone, ""
}

// SeatCounts is the line above the list of registrants.
func (s *Store) SeatCounts(ctx context.Context, w Who, event meet.ID) (c meet.SeatCounts, err error) {
	if err := s.maySeeRegistrants(ctx, w, event); err != nil {
		return c, err
	}
	rows, err := s.rows(ctx, `SELECT state, coalesce(mail, ''), count(*) FROM (SELECT g.state, (SELECT l.state FROM letter l WHERE l.lane = g.uid
		AND l.kind IN ('invite', 'freed', 'update', 'waitlist') AND l.state <> 'superseded' ORDER BY l.id DESC LIMIT 1) AS mail
		FROM registration g WHERE g.room = ? AND g.state IN ('registered', 'waiting')) GROUP BY 1, 2`, event)
	return c, each(rows, err, func(r scanner) error {
		var state meet.SeatState
		var told string
		var n int
		err := r.Scan(&state, &told, &n)
		if state == meet.Registered {
			c.Registered += n
		} else {
			c.Waiting += n
		}
		switch mail, _ := mailState(told); mail {
		case meet.MailDelivered:
			c.Delivered += n
		case meet.MailSending:
			c.Sending += n
		case meet.MailFailed:
			c.Failed += n
		}
		return err
	})
}

func (s *Store) maySeeRegistrants(ctx context.Context, w Who, event meet.ID) error {
	e, err := s.Event(ctx, w, event)
	if err != nil {
		return err
	}
	return meet.Allow(meet.SeeRegistrants, meet.ActorOf(w.Account, e.Room, nil, ""), e.Door())
}

// Sought is which registrants of an event to list. Limit 0 = all.
type Sought struct {
	Event         meet.ID
	Query         string // part of a name or an address
	Limit, Offset int
}

// Registrants are those with a seat, then those on the wait list, newest first, with their answers; total is how many
// there are without the limit.
func (s *Store) Registrants(ctx context.Context, w Who, in Sought) (list []meet.Registrant, total int, err error) {
	if err := s.maySeeRegistrants(ctx, w, in.Event); err != nil {
		return nil, 0, err
	}
	like := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(in.Query)) + "%"
	const found = ` FROM registration g WHERE g.room = ?1 AND g.state IN ('registered', 'waiting') AND (?2 = '%%' OR lower(g.name) LIKE ?2 ESCAPE '\' OR g.email_key LIKE ?2 ESCAPE '\')`
	if err := s.row(ctx, `SELECT count(*)`+found, in.Event, like).Scan(&total); err != nil {
		return nil, 0, err
	}
	limit := in.Limit
	if limit == 0 {
		limit = -1
	}
	at := map[meet.ID]int{}
	rows, err := s.rows(ctx, `SELECT `+registrationColumns+`, coalesce(`+seatMail+`, '')`+found+` ORDER BY g.state, g.created_at DESC, g.id LIMIT ?3 OFFSET ?4`, in.Event, like, limit, in.Offset)
	list, err = collect(rows, err, func(r scanner) (one meet.Registrant, err error) {
		var told string
		one.Registration, err = registration(r, &told)
		one.Mail, one.Reason = mailState(told)
		one.Answers = map[meet.ID]string{}
		at[one.ID] = len(at)
		return one, err
	})
	if err != nil || len(list) == 0 {
		return list, total, err
	}
	rows, err = s.rows(ctx, `SELECT a.registration, a.field, a.text FROM answer a JOIN registration g ON g.id = a.registration WHERE g.room = ?`, in.Event)
	return list, total, each(rows, err, func(r scanner) error {
		var who, field meet.ID
		var text string
		err := r.Scan(&who, &field, &text)
		if i, ok := at[who]; ok {
			list[i].Answers[field] = text
		}
		return err
	})
}

// Registrant names one of them.
type Registrant struct{ Event, Registration meet.ID }

func (a *act) mayRegistrant(in Registrant) (meet.Event, meet.Registration, error) {
	e, _, err := a.mayEvent(meet.KeepRegistrants, in.Event)
	if err != nil {
		return e, meet.Registration{}, err
	}
	g, err := registration(a.row(`SELECT `+registrationColumns+` FROM registration g WHERE g.id = ? AND g.room = ?`, in.Registration, e.ID))
	if none(err) {
		err = meet.ErrNotHere
	}
	return e, g, err
}

// RemoveRegistrant takes somebody's seat away; they are told, and the address cannot take one again.
var RemoveRegistrant = verb("remove-registrant", func(a *act, in Registrant) (Done, error) {
	e, g, err := a.mayRegistrant(in)
	if err != nil || g.State == meet.SeatRemoved {
		return Done{}, err
	}
	return Done{}, a.vacate(e, g, meet.SeatRemoved, "removed")
})

// ResendLetter sends somebody the newest letter of their seat once more.
var ResendLetter = verb("resend-letter", func(a *act, in Registrant) (Done, error) {
	e, g, err := a.mayRegistrant(in)
	if err != nil {
		return Done{}, err
	}
	if err := e.MayEdit(a.now); err != nil {
		return Done{}, err
	}
	if g.State != meet.Registered && g.State != meet.SeatWaiting {
		return Done{}, meet.Refuse(meet.Conflict, "They have no seat any more.")
	}
	l := seatLetter(e, g, meet.LetterInvite, a.now)
	if g.State == meet.SeatWaiting {
		l.kind = meet.LetterWaitlist
	}
	var before int
	if err := a.row(`SELECT count(*) FROM letter WHERE lane = ?`, g.UID).Scan(&before); err != nil {
		return Done{}, err
	}
	l.dedup, l.reason = g.UID+"/resend/"+strconv.Itoa(before), "again"
	if err := a.owe(l); err != nil {
		return Done{}, err
	}
	return Done{}, a.changed(RegistrantsTopic(e.ID))
})

// Importing brings people to an event who registered elsewhere; at most MostImported at once.
type Importing struct {
	Event  meet.ID
	People []Registering // Slug is not read
}

// MostImported is how many people one import brings.
const MostImported = 1000

// Imported tells what became of them: Refused are the places in the list that were not taken, with the reason.
type Imported struct {
	Added, Known int
	Refused      map[int]string
}

// ImportRegistrants gives each a seat and a letter, as if they had registered; answers are not asked for.
var ImportRegistrants = verb("import-registrants", func(a *act, in Importing) (out Imported, err error) {
	e, _, err := a.mayEvent(meet.KeepRegistrants, in.Event)
	if err != nil {
		return out, err
	}
	if err := e.MayEdit(a.now); err != nil {
		return out, err
	}
	if len(in.People) > MostImported {
		return out, meet.Wrong("file", "At most 1,000 people can be imported at once.")
	}
	out.Refused = map[int]string{}
	for i, p := range in.People {
		switch added, err := a.importOne(e, p); {
		case meet.CodeOf(err) == meet.Invalid && err != nil:
			out.Refused[i] = err.Error()
		case err != nil:
			return out, err
		case added:
			out.Added++
		default:
			out.Known++
		}
	}
	return out, a.eventChanged(e)
})

func (a *act) importOne(e meet.Event, p Registering) (added bool, err error) {
	_, key, err := meet.Email(p.Email)
	if err != nil {
		return false, err
	}
	name, err := meet.PersonName(p.Name)
	if err != nil {
		return false, err
	}
	var known bool
	if err := a.row(`SELECT EXISTS (SELECT 1 FROM registration WHERE room = ? AND email_key = ? AND state IN ('registered', 'waiting', 'removed'))`, e.ID, key).Scan(&known); err != nil || known {
		return false, err
	}
	full, err := a.full(e)
	if err != nil {
		return false, err
	}
	answers := map[meet.ID]string{}
	fields, err := a.fields(e.ID)
	for _, f := range fields {
		if text := p.Answers[f.ID]; text != "" {
			f.Required = false
			if answers[f.ID], err = f.Answer(text); err != nil {
				return false, err
			}
		}
	}
	if err != nil {
		return false, err
	}
	_, err = a.seat(e, meet.Registration{Room: e.ID, Email: p.Email, Name: name, Zone: p.Zone, State: meet.Registered}, answers, full)
	return true, err
}

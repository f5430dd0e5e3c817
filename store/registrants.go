package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"foyer/meet"
)

// mailOf joins the newest letter of a lane as m. What was superseded tells nothing.
func mailOf(lane, kinds string) string {
	return ` LEFT JOIN letter m ON m.id = (SELECT l.id FROM letter l WHERE l.lane = ` + lane + ` AND l.kind IN ` + kinds + `
		AND l.state <> 'superseded' ORDER BY l.id DESC LIMIT 1)`
}

// mailColumns are what became of it, and seatMail the letters that tell somebody of their seat.
const (
	mailColumns = `coalesce(m.state, ''), coalesce(m.err, ''), coalesce(m.bad, 0)`
	seatMail    = `('invite', 'freed', 'update', 'waitlist')`
)

// mailState is that in the words of a host; said is what the mail server said last.
func mailState(state, said string) (meet.MailState, string) {
	switch state {
	case "queued", "sending":
		return meet.MailSending, said
	case "sent":
		return meet.MailDelivered, ""
	case "dead":
		return meet.MailFailed, said
	case "expired":
		return meet.MailFailed, cmp.Or(said, "It could not be sent in time.")
	}
	return meet.MailNone, ""
}

// SeatCounts is the line above the list of registrants.
func (s *Store) SeatCounts(ctx context.Context, w Who, event meet.ID) (c meet.SeatCounts, err error) {
	if err := s.maySeeRegistrants(ctx, w, event); err != nil {
		return c, err
	}
	rows, err := s.rows(ctx, `SELECT g.state, coalesce(m.state, ''), count(*) FROM registration g`+mailOf(`g.uid`, seatMail)+`
		WHERE g.room = ? AND g.state IN ('registered', 'waiting') GROUP BY 1, 2`, event)
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
		switch mail, _ := mailState(told, ""); mail {
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

const foundSeats = ` FROM registration g WHERE g.room = ?1 AND g.state IN ('registered', 'waiting') AND (?2 = '%%' OR lower(g.name) LIKE ?2 ESCAPE '\' OR g.email_key LIKE ?2 ESCAPE '\')`

func (in Sought) like() string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(in.Query)) + "%"
}

// Registrants are those with a seat, then those on the wait list, newest first, with their answers; total is how many
// there are without the limit.
func (s *Store) Registrants(ctx context.Context, w Who, in Sought) (list []meet.Registrant, total int, err error) {
	if err := s.maySeeRegistrants(ctx, w, in.Event); err != nil {
		return nil, 0, err
	}
	if err := s.row(ctx, `SELECT count(*)`+foundSeats, in.Event, in.like()).Scan(&total); err != nil {
		return nil, 0, err
	}
	ids, err := s.registrantIDs(ctx, in)
	if err != nil {
		return nil, total, err
	}
	list, err = s.registrantsByID(ctx, ids)
	return list, total, err
}

func (s *Store) registrantIDs(ctx context.Context, in Sought) ([]meet.ID, error) {
	limit := in.Limit
	if limit == 0 {
		limit = -1
	}
	rows, err := s.rows(ctx, `SELECT g.id`+foundSeats+` ORDER BY g.state, g.created_at DESC, g.id LIMIT ?3 OFFSET ?4`, in.Event, in.like(), limit, in.Offset)
	return collect(rows, err, id)
}

// registrantsByID reads so many at once, in the order of their ids. Letters and answers are looked up for these alone: an
// event may have ten thousand, and its page is drawn twice a second while the letters go out.
func (s *Store) registrantsByID(ctx context.Context, ids []meet.ID) ([]meet.Registrant, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	asked, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	at := map[meet.ID]int{}
	rows, err := s.rows(ctx, `SELECT `+registrationColumns+`, `+mailColumns+` FROM json_each(?) j CROSS JOIN registration g ON g.id = j.value`+mailOf(`g.uid`, seatMail)+` ORDER BY j.key`, string(asked))
	list, err := collect(rows, err, func(r scanner) (one meet.Registrant, err error) {
		var told, said string
		one.Registration, err = registration(r, &told, &said, &one.Bad)
		one.Mail, one.Reason = mailState(told, said)
		one.Answers = map[meet.ID]string{}
		at[one.ID] = len(at)
		return one, err
	})
	if err != nil {
		return nil, err
	}
	rows, err = s.rows(ctx, `SELECT a.registration, a.field, a.text FROM json_each(?) j CROSS JOIN answer a ON a.registration = j.value`, string(asked))
	return list, each(rows, err, func(r scanner) error {
		var who, field meet.ID
		var text string
		err := r.Scan(&who, &field, &text)
		if i, ok := at[who]; ok {
			list[i].Answers[field] = text
		}
		return err
	})
}

// OneRegistrant is one of them, in whatever state.
func (s *Store) OneRegistrant(ctx context.Context, w Who, in Registrant) (meet.Registrant, error) {
	if err := s.maySeeRegistrants(ctx, w, in.Event); err != nil {
		return meet.Registrant{}, err
	}
	list, err := s.registrantsByID(ctx, []meet.ID{in.Registration})
	if err == nil && (len(list) == 0 || list[0].Room != in.Event) {
		err = meet.ErrNotHere
	}
	if err != nil {
		return meet.Registrant{}, err
	}
	return list[0], nil
}

// registrantsAtOnce is how many EachRegistrant holds in memory.
const registrantsAtOnce = 500

// EachRegistrant gives one after the other, so many that nobody could hold them all: a list to download. Who registers
// meanwhile is not on it.
func (s *Store) EachRegistrant(ctx context.Context, w Who, in Sought, take func(meet.Registrant) error) error {
	if err := s.maySeeRegistrants(ctx, w, in.Event); err != nil {
		return err
	}
	ids, err := s.registrantIDs(ctx, in)
	if err != nil {
		return err
	}
	for some := range slices.Chunk(ids, registrantsAtOnce) {
		list, err := s.registrantsByID(ctx, some)
		if err != nil {
			return err
		}
		for _, one := range list {
			if err := take(one); err != nil {
				return err
			}
		}
	}
	return nil
}

// AskedFields are the questions of an event's form and those that were taken off it and answered before, in order.
func (s *Store) AskedFields(ctx context.Context, room meet.ID) ([]meet.Field, error) {
	rows, err := s.rows(ctx, `SELECT id, kind, label, options, required FROM field f WHERE room = ? AND (gone = 0 OR EXISTS
		(SELECT 1 FROM registration g JOIN answer a ON a.registration = g.id WHERE g.room = f.room AND a.field = f.id AND a.text <> '')) ORDER BY gone, place, id`, room)
	return collect(rows, err, field)
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
	if hurried, err := a.hurry(g.UID); err != nil || hurried {
		return Done{}, err
	}
	l := seatLetter(e, g, meet.LetterInvite, a.now)
	if g.State == meet.SeatWaiting {
		l.kind = meet.LetterWaitlist
	}
	l.dedup, l.reason = g.UID+"/resend/"+random(10), "again"
	if err := a.owe(l); err != nil {
		return Done{}, err
	}
	return Done{}, a.changed(RegistrantsTopic(e.ID))
})

// hurry tells whether a letter of a lane is still to go out. Sending once more is then trying at once, with all that leaves
// before it, or one click too many would be two mails.
func (a *act) hurry(lane string) (bool, error) {
	var subject string
	err := a.row(`SELECT subject FROM letter WHERE lane = ? AND state IN ('queued', 'sending') LIMIT 1`, lane).Scan(&subject)
	if none(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, a.do(`UPDATE letter SET next_at = ? WHERE subject = ? AND state = 'queued' AND next_at > ?`, ms(a.now), subject, ms(a.now))
}

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
	list := importList{e: e}
	if list.fields, err = a.fields(e.ID); err != nil {
		return out, err
	}
	if err := a.row(`SELECT count(*) FROM registration WHERE room = ? AND state = 'registered'`, e.ID).Scan(&list.taken); err != nil {
		return out, err
	}
	out.Refused = map[int]string{}
	for i, p := range in.People {
		var no *meet.Error
		switch added, err := a.importOne(&list, p); {
		case errors.As(err, &no) && no.Code == meet.Invalid:
			out.Refused[i] = no.Message
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

// importList is what is the same for everybody on a list, and how many seats are taken so far.
type importList struct {
	e      meet.Event
	fields []meet.Field
	taken  int
}

func (l importList) full() bool { return l.e.Capacity > 0 && l.taken >= l.e.Capacity }

func (a *act) importOne(l *importList, p Registering) (added bool, err error) {
	address, key, err := meet.Email(p.Email)
	if err != nil {
		return false, err
	}
	name, err := meet.PersonName(p.Name)
	if err != nil {
		return false, err
	}
	var known bool
	if err := a.row(`SELECT EXISTS (SELECT 1 FROM registration WHERE room = ? AND email_key = ? AND state IN ('registered', 'waiting', 'removed'))`, l.e.ID, key).Scan(&known); err != nil || known {
		return false, err
	}
	answers := map[meet.ID]string{}
	for _, f := range l.fields {
		if text := p.Answers[f.ID]; text != "" {
			f.Required = false
			if answers[f.ID], err = f.Answer(text); err != nil {
				return false, err
			}
		}
	}
	full := l.full()
	if !full {
		l.taken++
	}
	_, err = a.seat(l.e, meet.Registration{Room: l.e.ID, Email: address, Name: name, Zone: p.Zone, State: meet.Registered}, answers, full)
	return true, err
}

package jobs

import (
	"net/url"
	"time"

	"foyer/calendar"
	"foyer/mail"
	"foyer/meet"
	"foyer/store"
	"foyer/views"
	"foyer/views/letter"
)

// Compose writes the letter of a posting: words, calendar entry, names. The same posting gives the same letter, but for
// the boundaries of its parts. base is the address of this Foyer without a slash at its end, key names letters.
func Compose(p store.Posting, from mail.Address, base string, key []byte) (l mail.Letter, err error) {
	s := &scribe{Posting: p, from: from, base: base}
	if p.Kind == meet.LetterUpdate && !p.Entry { // nothing that they have can be changed
		s.Kind = meet.LetterInvite
		if p.Invitation != nil {
			s.Kind = meet.LetterInvitation
		}
	}
	s.zones()
	facts := s.facts()
	words, err := letter.Write(facts)
	if err != nil {
		return l, err
	}
	l = mail.Letter{From: from, To: mail.Address{Name: s.name(), Address: p.To}, Subject: words.Subject, Text: words.Text, HTML: words.HTML,
		MessageID: mail.MessageID(key, p.Dedup, from), References: references(p.Before, key, from), Date: p.Created}
	if host := s.host(); host != "" {
		l.From.Name = host
	}
	if p.Edition != nil {
		l.ReplyTo = mail.Address{Name: p.Edition.Host, Address: p.Edition.ReplyTo}
	}
	if s.Kind == meet.LetterReminder {
		l.Unsubscribe = base + views.Quiet(p.Quiet)
	}
	l.Calendar, err = s.calendar(facts.Link)
	return l, err
}

// mostReferences keeps a long story from filling the header.
const mostReferences = 10

// references are the letters before this one: the first, which began the thread, and the last few.
func references(before []string, key []byte, from mail.Address) (ids []string) {
	for i, dedup := range before {
		if i == 0 || i > len(before)-mostReferences {
			ids = append(ids, mail.MessageID(key, dedup, from))
		}
	}
	return ids
}

// scribe writes one letter. Its Kind is what the reader gets to read.
type scribe struct {
	store.Posting
	from              mail.Address
	base              string
	reader, organiser *time.Location // reader nil = not known
}

func (s *scribe) zones() {
	s.organiser = time.UTC
	if s.Edition != nil {
		s.organiser = meet.ZoneOrUTC(s.Edition.Zone)
	}
	if s.Seat != nil && s.Seat.Zone != "" {
		if zone, err := meet.Zone(s.Seat.Zone); err == nil {
			s.reader = zone
		}
	}
}

// name is the reader's, as they or a host typed it.
func (s *scribe) name() string {
	switch {
	case s.Seat != nil:
		return s.Seat.Name
	case s.Invitation != nil:
		return s.Invitation.Name
	case s.Ticket != nil:
		return s.Ticket.Name
	}
	return ""
}

// host is on whose behalf the letter goes.
func (s *scribe) host() string {
	switch {
	case s.Edition != nil:
		return s.Edition.Host
	case s.Invitation != nil:
		return s.Invitation.By
	}
	return ""
}

func (s *scribe) facts() letter.Facts {
	f := letter.Facts{Kind: s.Kind, Reason: s.Reason, Site: s.base, To: s.To, Name: s.name(), Title: s.Room.Name, Now: s.Edition, Was: s.Was, Zone: s.zone(), Entry: s.hasEntry()}
	if u, err := url.Parse(s.base); err == nil && u.Host != "" {
		f.Site = u.Host
	}
	switch {
	case s.Seat != nil:
		f.Link, f.Manage, f.Quiet = s.base+views.SeatLink(s.Token), s.base+views.Seat(s.Token), s.base+views.Quiet(s.Quiet)
	case s.Invitation != nil:
		f.Link, f.By, f.Role = s.base+views.InviteLink(s.Token), s.Invitation.By, s.Invitation.Role
	case s.Ticket != nil && s.Kind == meet.LetterReset:
		f.Link, f.Times = s.base+views.ResetLink(s.Token), []string{until(s.Ticket.Expires)}
	case s.Ticket != nil:
		f.Link, f.Times, f.By = s.base+views.BeginLink(s.Token), []string{until(s.Ticket.Expires)}, s.Reason
	}
	if e := s.Edition; e != nil {
		f.Title, f.Times, f.Short, f.Clock = e.Title, s.times(e), calendar.Short(e.Starts, s.zone()), calendar.Clock(e.Starts, s.zone())
		if left := e.Starts.Sub(s.Created); left > 0 && left <= meet.RemindBefore {
			f.Soon = max(1, int((left+time.Minute-1)/time.Minute))
		}
	}
	if s.Was != nil {
		f.Before = s.times(s.Was)[:1]
	}
	return f
}

func until(t time.Time) string { return t.UTC().Format("Monday 2 January 2006, 15:04 (UTC)") }

// zone is the one in which a short time is told.
func (s *scribe) zone() *time.Location {
	if s.reader != nil {
		return s.reader
	}
	return s.organiser
}

// times are the lines about the time of an edition.
func (s *scribe) times(e *meet.Edition) []string {
	return calendar.Times(e.Starts, e.Length, s.reader, s.organiser)
}

// hasEntry tells whether a calendar entry travels with the letter.
func (s *scribe) hasEntry() bool {
	switch s.Kind {
	case meet.LetterInvite, meet.LetterFreed, meet.LetterUpdate, meet.LetterInvitation:
		return s.Edition != nil
	case meet.LetterCancel:
		return s.Edition != nil && s.Entry
	}
	return false
}

// notices are what a calendar says of an entry that was taken away.
var notices = map[string]string{"seat": "You gave your seat back.", "removed": "The organiser took this seat back.", "revoked": "The invitation was withdrawn."}

// calendar is the entry as it travels. Its UID is the lane's, which the seat may have left for another one meanwhile.
func (s *scribe) calendar(link string) (*mail.Calendar, error) {
	if !s.hasEntry() {
		return nil, nil
	}
	e := calendar.Entry{UID: calendar.SeatUID(s.Lane), Sequence: s.Edition.Sequence, Stamp: s.Created, Created: s.claimed(), Modified: s.Edition.At,
		Start: s.Edition.Starts, Duration: s.Edition.Length, Title: s.Edition.Title, Description: s.Edition.Description,
		HostTime: calendar.HostTime(s.Edition.Starts, s.Edition.Length, s.organiser), Link: link,
		Organizer: calendar.Person{Name: s.Edition.Host, Address: s.from.Address}, Attendee: calendar.Person{Name: s.name(), Address: s.To}}
	if s.Kind != meet.LetterCancel {
		b, err := calendar.Invite(e)
		return &mail.Calendar{Method: "REQUEST", Bytes: b}, err
	}
	var known bool
	if e.Notice, known = notices[s.Reason]; known {
		e.Sequence++ // the event itself goes on, and so does its count
	} else {
		e.Notice = s.Edition.Host + " cancelled this webinar."
	}
	b, err := calendar.Cancel(e)
	return &mail.Calendar{Method: "CANCEL", Bytes: b}, err
}

// claimed is when the seat was taken or the invitation was made.
func (s *scribe) claimed() time.Time {
	if s.Seat != nil {
		return s.Seat.Created
	}
	return s.Invitation.Created
}

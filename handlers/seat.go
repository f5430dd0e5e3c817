package handlers

import (
	"net/http"

	"foyer/calendar"
	"foyer/meet"
	"foyer/store"
	"foyer/views"
)

// seatData looks a personal link up for one of its pages.
func (s *Server) seatData(v *visit, look func(*visit, string) (store.Seat, error)) (d views.SeatData, err error) {
	d.Token = clip(v.Param("token"), longestLink)
	seat, err := look(v, d.Token)
	if err != nil {
		return d, err
	}
	if !seat.Deleted.IsZero() && !s.Clock().Before(seat.Ends()) {
		return d, meet.ErrNotHere
	}
	d.Seat = seat.Registration
	d.RegistrationData, err = s.registrationData(v, seat.Public)
	return d, err
}

func (s *Server) bySeat(v *visit, token string) (store.Seat, error) {
	return s.Store.Seat(v.ctx(), token)
}

func (s *Server) byQuiet(v *visit, token string) (store.Seat, error) {
	return s.Store.QuietSeat(v.ctx(), token)
}

// leadsIn tells whether a seat is a way into the lobby.
func leadsIn(d views.SeatData) bool {
	return d.Seat.Holds() && (d.Phase == meet.Planned || d.Phase == meet.Live)
}

// seatFrame is the frame of a page behind a personal link.
func (s *Server) seatFrame(v *visit, d views.SeatData, title string) views.Page {
	p := v.page(title+": "+d.Event.Name, "register.js")
	p.Head = views.SeatHead(p)
	return p
}

// seatLink is the way in by a personal link. It writes nothing, because mail scanners open links (decision 4): the link
// waits in the sealed cookie, and the browser goes on to a clean address. One that leads in no more says why.
func (s *Server) seatLink(v *visit) error {
	d, err := s.seatData(v, s.bySeat)
	if err != nil {
		return err
	}
	if !leadsIn(d) {
		return s.showSeatCard(v, d)
	}
	if err := v.open(d.Event.ID, "", d.Token); err != nil {
		return err
	}
	return v.see(views.Lobby(d.Event.Slug))
}

func (s *Server) showSeatCard(v *visit, d views.SeatData) error {
	return v.html(http.StatusOK, views.SeatCard(s.seatFrame(v, d, "Your seat"), d))
}

// seatPage is about one's own seat.
func (s *Server) seatPage(v *visit) error {
	d, err := s.seatData(v, s.bySeat)
	if err != nil {
		return err
	}
	if !leadsIn(d) {
		return s.showSeatCard(v, d)
	}
	links, err := calendar.AddLinks(s.seatEntry(v, d))
	if err != nil {
		return err
	}
	d.Calendar = []views.CalendarLink{{Name: "Google", Address: links.Google}, {Name: "Outlook", Address: links.Outlook},
		{Name: "Microsoft 365", Address: links.Office365}, {Name: "Yahoo", Address: links.Yahoo}}
	return v.html(http.StatusOK, views.SeatPage(s.seatFrame(v, d, "Your seat"), d))
}

// seatEntry is the entry for the calendar of one registrant: the same one, by its UID, that their mails carry (jobs).
func (s *Server) seatEntry(v *visit, d views.SeatData) calendar.Entry {
	entry := calendar.Entry{UID: calendar.SeatUID(d.Seat.UID), Sequence: d.Event.Sequence, Stamp: d.Event.Changed, Created: d.Seat.Created, Modified: d.Event.Changed,
		Start: d.Event.Starts, Duration: d.Event.Length, Title: d.Event.Name, Description: d.Event.Description,
		Link: v.base() + views.SeatLink(d.Token), Organizer: calendar.Person{Name: d.Host, Address: s.MailFrom}}
	if zone, err := meet.Zone(d.Event.Zone); err == nil {
		entry.HostTime = calendar.HostTime(entry.Start, entry.Duration, zone)
	}
	return entry
}

// seatCalendar is the entry as a file, for who got no mail.
func (s *Server) seatCalendar(v *visit) error {
	d, err := s.seatData(v, s.bySeat)
	if err != nil {
		return err
	}
	if !leadsIn(d) {
		return v.see(views.Seat(d.Token))
	}
	file, err := calendar.Download(s.seatEntry(v, d))
	if err != nil {
		return err
	}
	h := v.Response().Header()
	h.Set("Content-Disposition", `attachment; filename="invite.ics"`)
	h.Set("Cache-Control", "no-store")
	return v.Blob(http.StatusOK, calendarType, file)
}

const calendarType = "text/calendar; charset=utf-8"

// cancelSeatPage asks once more.
func (s *Server) cancelSeatPage(v *visit) error {
	d, err := s.seatData(v, s.bySeat)
	if err != nil {
		return err
	}
	if !leadsIn(d) && !waitsForSeat(d) {
		return v.see(views.Seat(d.Token))
	}
	return v.html(http.StatusOK, views.CancelSeatPage(s.seatFrame(v, d, "Your seat"), d))
}

func waitsForSeat(d views.SeatData) bool {
	return d.Seat.State == meet.SeatWaiting && (d.Phase == meet.Planned || d.Phase == meet.Live)
}

func (s *Server) cancelSeat(v *visit) error {
	token := clip(v.Param("token"), longestLink)
	if _, err := store.CancelSeat.Do(v.ctx(), s.Store, v.by(), token); err != nil {
		return err
	}
	return v.see(views.Seat(token))
}

// quietPage stops reminders with its button, never by being opened.
func (s *Server) quietPage(v *visit) error {
	d, err := s.seatData(v, s.byQuiet)
	if err != nil {
		return err
	}
	return v.html(http.StatusOK, views.QuietPage(s.seatFrame(v, d, "Reminders"), d))
}

// stopReminders answers the button of its page, and mail providers that press it for their people (RFC 8058). Those send
// neither cookies nor an origin, and follow no redirect.
func (s *Server) stopReminders(v *visit) error {
	token := clip(v.Param("token"), longestLink)
	if _, err := store.StopReminders.Do(v.ctx(), s.Store, v.by(), token); err != nil {
		return err
	}
	if v.FormValue("List-Unsubscribe") != "" {
		return v.String(http.StatusOK, "No more reminders.\n")
	}
	return v.see(views.Quiet(token))
}

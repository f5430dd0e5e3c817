package handlers

import (
	"net/http"
	"strings"
	"time"

	"foyer/calendar"
	"foyer/meet"
	"foyer/store"
	"foyer/views"
)

// registerRoutes are what visitors and registrants of an event reach.
func (s *Server) registerRoutes() []route {
	get, post := http.MethodGet, http.MethodPost
	return []route{
		{get, "/e/:slug", meet.Register, s.registrationPage, page},
		{post, "/e/:slug", meet.Register, s.register, page},
		{get, "/e/:slug/done", meet.Register, s.registeredPage, page},
		{get, "/e/:slug/again", meet.Register, s.linkAgainPage, page},
		{post, "/e/:slug/again", meet.Register, s.linkAgain, page},

		{get, "/j/:token", meet.KeepSeat, s.seatLink, page},
		{get, "/j/:token/seat", meet.KeepSeat, s.seatPage, page},
		{get, "/j/:token/cancel", meet.KeepSeat, s.cancelSeatPage, page},
		{post, "/j/:token/cancel", meet.KeepSeat, s.cancelSeat, page},
		{get, "/j/:token/invite.ics", meet.KeepSeat, s.seatCalendar, page},
		{get, "/u/:token", meet.KeepSeat, s.quietPage, page},
		{post, "/u/:token", meet.KeepSeat, s.stopReminders, page},

		{get, "/cal/:feed", meet.SeeFeed, s.feed, plain},
		{post, "/account/feed", meet.RenewFeed, s.renewFeed, page},
	}
}

// registration is an event as its registration page shows it. One without such a page leads to its lobby instead.
func (s *Server) registration(v *visit) (d views.RegistrationData, elsewhere string, err error) {
	e, err := s.Store.PublicEvent(v.ctx(), v.slug())
	if err != nil {
		return d, "", err
	}
	if !e.Deleted.IsZero() && !s.Clock().Before(e.Ends()) {
		return d, "", meet.ErrNotHere
	}
	if !e.Registration {
		return d, views.Lobby(e.Slug), nil
	}
	d, err = s.registrationData(v, e)
	return d, "", err
}

func (s *Server) registrationData(v *visit, e store.Public) (d views.RegistrationData, err error) {
	d = views.RegistrationData{Event: e.Event, Phase: e.Phase(s.Clock()), Host: e.Host, Fields: e.Fields, Left: e.Left(), Full: e.Full(), Base: v.base()}
	if no := e.MayRegister(s.Clock()); no != nil {
		d.Shut = asRefusal(no).Message
	}
	d.Clocks, err = v.clocks(e.When)
	return d, err
}

// clocks are the times of an event for this reader.
func (v *visit) clocks(w meet.When) (c views.Clocks, err error) {
	host, err := meet.Zone(w.Zone)
	if err != nil {
		return c, err
	}
	theirs := calendar.On(w.Starts, w.Length, host)
	c = views.Clocks{Starts: w.Starts, Ends: w.Ends(), Host: momentIn(w, host, theirs)}
	if zone := v.ownZone(); zone != nil {
		own := calendar.On(w.Starts, w.Length, zone)
		c.Zone, c.Own, c.Same = own.Zone, momentIn(w, zone, own), own.Same(theirs)
	}
	return c, nil
}

// momentIn is a span as the page shows it: by the city, and with a leaf of the calendar.
func momentIn(w meet.When, zone *time.Location, s calendar.Span) views.Moment {
	start := w.Starts.In(zone)
	return views.Moment{Words: s.Words, Zone: views.Place(s.Zone, s.Distances()), Offsets: s.From + " " + s.To, Month: start.Format("Jan"), Day: start.Format("2")}
}

// zoneName is the same as a row keeps it, "" for not known.
func (v *visit) zoneName() string {
	if zone := v.ownZone(); zone != nil {
		return zone.String()
	}
	return ""
}

func (s *Server) registrationPage(v *visit) error {
	return s.showRegistration(v, http.StatusOK, views.Form{})
}

func (s *Server) showRegistration(v *visit, status int, f views.Form) error {
	d, elsewhere, err := s.registration(v)
	if err != nil || elsewhere != "" {
		return v.onTo(elsewhere, err)
	}
	d.Form = f
	p := s.registrationFrame(v, d)
	return v.html(status, views.RegistrationPage(p, d))
}

// onTo leads elsewhere, or tells the error.
func (v *visit) onTo(elsewhere string, err error) error {
	if err != nil {
		return err
	}
	return v.see(elsewhere)
}

func (s *Server) registrationFrame(v *visit, d views.RegistrationData) views.Page {
	day, _, _ := strings.Cut(d.Clocks.Host.Words, ",")
	p := v.page(d.Event.Name+", "+day, "register.js")
	p.Head = views.RegistrationHead(p, d)
	return p
}

// register claims a seat. What it answers is the same for a new address and a known one: the status, where it leads, and
// the cookie (decision 21).
func (s *Server) register(v *visit) error {
	d, elsewhere, err := s.registration(v)
	if err != nil || elsewhere != "" {
		return v.onTo(elsewhere, err)
	}
	in := store.Registering{Slug: d.Event.Slug, Email: v.FormValue("email"), Name: v.FormValue("name"), Zone: v.zoneName(), Answers: map[meet.ID]string{}}
	typed := v.typed("email", "name")
	for _, f := range d.Fields {
		in.Answers[f.ID] = v.FormValue(f.Name())
		typed[f.Name()] = in.Answers[f.ID]
	}
	var out store.Registered
	if err = registrable(d.Fields, in); err == nil {
		err = s.limits.letter(v)
	}
	if err == nil {
		out, err = store.Register.Do(v.ctx(), s.Store, v.by(), in)
	}
	if err != nil {
		return v.again(err, typed, func(status int, f views.Form) error { return s.showRegistration(v, status, f) })
	}
	if !out.Live {
		return v.see(views.Registered(d.Event.Slug) + map[bool]string{true: "?wait=yes"}[out.Waits])
	}
	name, _ := meet.PersonName(in.Name) // was checked
	if err := v.open(d.Event.ID, name, out.Tokens...); err != nil {
		return err
	}
	return v.see(views.Lobby(d.Event.Slug))
}

// registrable checks what was typed before it counts as a mail to somebody. The verb looks again by itself.
func registrable(fields []meet.Field, in store.Registering) error {
	if _, _, err := meet.Email(in.Email); err != nil {
		return err
	}
	if _, err := meet.PersonName(in.Name); err != nil {
		return err
	}
	for _, f := range fields {
		if _, err := f.Answer(in.Answers[f.ID]); err != nil {
			return err
		}
	}
	return nil
}

// registeredPage tells that it went well. It is the same page for everybody.
func (s *Server) registeredPage(v *visit) error {
	d, elsewhere, err := s.registration(v)
	if err == nil && d.Shut != "" {
		elsewhere = views.Registration(d.Event.Slug)
	}
	if err != nil || elsewhere != "" {
		return v.onTo(elsewhere, err)
	}
	waits := v.QueryParam("wait") != ""
	p := s.registrationFrame(v, d)
	return v.html(http.StatusOK, views.RegisteredPage(p, d, waits))
}

func (s *Server) linkAgainPage(v *visit) error {
	return s.showLinkAgain(v, http.StatusOK, views.Form{}, v.QueryParam("sent") != "")
}

func (s *Server) showLinkAgain(v *visit, status int, f views.Form, sent bool) error {
	d, elsewhere, err := s.registration(v)
	if err != nil || elsewhere != "" {
		return v.onTo(elsewhere, err)
	}
	d.Form = f
	p := v.page("Send me my link again")
	p.Head = views.SeatHead(p)
	return v.html(status, views.LinkAgainPage(p, d, sent))
}

// linkAgain answers the same whether or not the address has a seat.
func (s *Server) linkAgain(v *visit) error {
	d, elsewhere, err := s.registration(v)
	if err != nil || elsewhere != "" {
		return v.onTo(elsewhere, err)
	}
	if _, _, err = meet.Email(v.FormValue("email")); err == nil {
		err = s.limits.letter(v)
	}
	if err == nil {
		_, err = store.SendLink.Do(v.ctx(), s.Store, v.by(), store.LinkWanted{Slug: d.Event.Slug, Email: v.FormValue("email")})
	}
	if err != nil {
		return v.again(err, v.typed("email"), func(status int, f views.Form) error { return s.showLinkAgain(v, status, f, false) })
	}
	return v.see(views.LinkAgain(d.Event.Slug) + "?sent=yes")
}

package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"foyer/meet"
	"foyer/store"
	"foyer/views"
)

// eventRoutes are what hosts do with events.
func (s *Server) eventRoutes() []route {
	get, post := http.MethodGet, http.MethodPost
	return []route{
		{get, "/webinars", meet.SeeHome, s.webinars, page},
		{get, "/events/new", meet.CreateEvent, s.newEventPage, page},
		{post, "/events", meet.CreateEvent, s.createEvent, page},
		{get, "/events/:id", meet.SeeRoom, s.eventPage, page},
		{get, "/events/:id/stream", meet.SeeRoom, s.eventStream, stream},
		{get, "/events/:id/links/:which", meet.SeeLinks, s.eventLink, page},
		{get, "/events/:id/edit", meet.EditEvent, s.editEventPage, page},
		{post, "/events/:id/edit", meet.EditEvent, s.editEvent, page},
		{post, "/events/:id/start", meet.SeeRoom, s.startEvent, page}, // from its own page; the verb asks about starting
		{post, "/events/:id/cancel", meet.CancelEvent, s.cancelEvent, page},
		{post, "/events/:id/delete", meet.DeleteRoom, s.deleteEvent, page},
		{post, "/events/:id/duplicate", meet.Duplicate, s.duplicateEvent, page},
		{get, "/events/:id/fields", meet.EditEvent, s.fieldsPage, page},
		{post, "/events/:id/fields", meet.EditEvent, s.addField, page},
		{post, "/events/:id/fields/order", meet.EditEvent, s.orderFields, page},
		{get, "/events/:id/fields/:field", meet.EditEvent, s.fieldPage, page},
		{post, "/events/:id/fields/:field", meet.EditEvent, s.setField, page},
		{post, "/events/:id/fields/:field/delete", meet.EditEvent, s.dropField, page},
	}
}

// eventPage is the host's page of an event. open names a dialog, or a page that a tile's menu leads to: its buttons are all
// of one form.
func (s *Server) eventPage(v *visit) error {
	open := v.QueryParam("open")
	switch open {
	case "customize":
		return v.see(views.Customize(v.id()))
	case "edit":
		return v.see(views.EventEdit(v.id()))
	}
	return s.showEvent(v, http.StatusOK, open, v.left(slices.Concat(cancelFields, copyFields)...), views.Which{})
}

// What the dialogs of the page take.
var (
	cancelFields = []string{"message"}
	copyFields   = []string{"title", "date", "time", "at"}
)

func (s *Server) showEvent(v *visit, status int, open string, f views.Form, which views.Which) error {
	d, err := s.eventData(v)
	if err != nil {
		return err
	}
	d.Open, d.Form, d.Which = open, f, which
	if open == "start" && !early(d.Tile.Event, s.Clock()) {
		d.Open = ""
	}
	d.Copy = d.Tile.When
	if !s.Clock().Before(d.Tile.Starts) {
		d.Copy = s.tomorrow(d.Tile.Event).When
	}
	if d.Fields, err = s.Store.Fields(v.ctx(), d.Tile.ID); err != nil {
		return err
	}
	d.Done, d.Mails = v.QueryParam("done"), max(0, number(v.QueryParam("mails")))
	p := v.page(d.Tile.Name, "page.js")
	p.Here, p.Live = "webinars", true
	first, err := s.firstDesk(v, p, views.StandingRegion(p, d), views.EventStream(d.Tile.ID), url.Values{})
	if err != nil {
		return err
	}
	d.Region, d.Queue, d.Stream = first.region, first.queue, first.stream
	return v.html(status, views.EventPage(p, d))
}

// eventData is what of the page moves by itself, and what its dialogs say.
func (s *Server) eventData(v *visit) (d views.EventData, err error) {
	if d.Tile, err = s.Store.EventTile(v.ctx(), v.who, v.id()); err != nil {
		return d, err
	}
	if d.Counts, err = s.Store.SeatCounts(v.ctx(), v.who, v.id()); err != nil {
		return d, err
	}
	if d.Early, err = s.Store.EarlyBirds(v.ctx(), v.id()); err != nil {
		return d, err
	}
	_, d.Told, err = s.Store.Told(v.ctx(), v.id())
	d.Participant, d.Host = v.eventLinks(d.Tile.Event)
	d.MayDelete = meet.Allow(meet.DeleteRoom, meet.ActorOf(v.who.Account, d.Tile.Room, nil, ""), d.Tile.Door()) == nil
	return d, err
}

// eventLinks are the two links that a host gives away. Where one registers, that is where participants go first.
func (v *visit) eventLinks(e meet.Event) (participant, host string) {
	participant = v.base() + views.Lobby(e.Slug)
	if e.Registration {
		participant = v.base() + views.Registration(e.Slug)
	}
	return participant, v.base() + views.HostLink(v.s.Store.HostToken(e.Room))
}

// eventLink is one of them as text, when a button asks for it.
func (s *Server) eventLink(v *visit) error {
	e, err := s.Store.Event(v.ctx(), v.who, v.id())
	if err != nil {
		return err
	}
	if err := meet.Allow(meet.SeeLinks, meet.ActorOf(v.who.Account, e.Room, nil, ""), e.Door()); err != nil {
		return err
	}
	participant, host := v.eventLinks(e)
	link, ok := map[string]string{"participant": participant, "host": host}[v.Param("which")]
	if !ok {
		return meet.ErrNotHere
	}
	v.Response().Header().Set("Cache-Control", "no-store")
	return v.String(http.StatusOK, link)
}

// early tells whether starting an event now is asked about once more.
func early(e meet.Event, now time.Time) bool {
	return e.Phase(now) == meet.Planned && e.Starts.Sub(now) > meet.EarlyStart
}

// startEvent lets an event begin and leads its host inside, or to the lobby where they come in.
func (s *Server) startEvent(v *visit) error {
	e, err := s.Store.Event(v.ctx(), v.who, v.id())
	if err != nil {
		return err
	}
	if early(e, s.Clock()) && v.FormValue("sure") == "" {
		return v.see(views.Event(e.ID) + "?open=start")
	}
	if _, err := store.StartEvent.Do(v.ctx(), s.Store, v.by(), store.Starting{Slug: e.Slug}); err != nil {
		return v.again(err, nil, func(status int, f views.Form) error { return s.showEventTrouble(v, status, f) })
	}
	d, err := s.Store.DoorBySlug(v.ctx(), v.who, e.Slug)
	if err == nil && d.Actor.Here {
		return v.see(views.Live(e.Slug))
	}
	return v.see(views.Lobby(e.Slug))
}

// showEventTrouble tells why what a button wanted did not happen.
func (s *Server) showEventTrouble(v *visit, status int, f views.Form) error {
	return v.html(status, views.TroublePage(v.page(titles[meet.Conflict]), titles[meet.Conflict], f.Message, ""))
}

func (s *Server) cancelEvent(v *visit) error {
	out, err := store.CancelEvent.Do(v.ctx(), s.Store, v.by(), store.Cancelling{Event: v.id(), Message: v.FormValue("message")})
	if err != nil {
		return v.again(err, v.typed(cancelFields...), func(status int, f views.Form) error { return s.showEvent(v, status, "cancel", f, views.Which{}) })
	}
	return v.see(done(v.id(), "cancelled", out.Letters))
}

// done is an event's page that says what was done a moment ago, and how many mails that caused.
func done(event meet.ID, what string, mails int64) string {
	return views.Event(event) + "?" + url.Values{"done": {what}, "mails": {decimal(mails)}}.Encode()
}

func (s *Server) deleteEvent(v *visit) error {
	if _, err := store.DeleteEvent.Do(v.ctx(), s.Store, v.by(), v.id()); err != nil {
		return err
	}
	return v.see(views.Webinars)
}

// duplicateEvent takes the dialog that asks for the copy's title, date and time; zone and length are the original's.
func (s *Server) duplicateEvent(v *visit) error {
	old, err := s.Store.Event(v.ctx(), v.who, v.id())
	if err != nil {
		return err
	}
	when, which, err := v.when(meet.When{Zone: old.Zone, Length: old.Length}, old.Zone)
	if err == nil {
		var id meet.ID
		if id, err = store.DuplicateEvent.Do(v.ctx(), s.Store, v.by(), store.EventCopy{Event: old.ID, Title: v.FormValue("title"), When: when}); err == nil {
			return v.see(done(id, "copied", 0))
		}
	}
	return v.again(err, v.typed(copyFields...), func(status int, f views.Form) error { return s.showEvent(v, status, "duplicate", f, which) })
}

// eventStream keeps an open page of an event true: where it stands, who registered, who waits, and who knocks. Its words
// about the time move by the minute.
func (s *Server) eventStream(v *visit) error {
	e, err := s.Store.Event(v.ctx(), v.who, v.id())
	if err != nil {
		return s.refuseDesk(v, views.Webinars, err)
	}
	h := &deskLive{room: e.ID, target: "standing", gone: views.Webinars, topics: []string{store.HomeTopic(e.Owner), store.RoomTopic(e.ID), store.RegistrantsTopic(e.ID),
		store.KnocksTopic(e.ID), store.EarlyTopic(e.ID)}}
	var shown meet.Event
	h.draw = func() ([]byte, error) {
		d, err := s.eventData(v)
		if err != nil {
			return nil, err
		}
		shown = d.Tile.Event
		return s.draw(v, views.StandingRegion(h.p, d))
	}
	h.turns = func() time.Duration { return nextWords(shown, h.p.Now) }
	return s.keepDesk(v, h)
}

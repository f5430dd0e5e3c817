package handlers

import (
	"cmp"
	"net/http"

	"github.com/a-h/templ"

	"foyer/calendar"
	"foyer/meet"
	"foyer/store"
	"foyer/views"
)

// lobby is the door of a room.
func (s *Server) lobby(v *visit) error {
	return s.showLobby(v, http.StatusOK, v.left("name", "headline", "colour"))
}

func (s *Server) showLobby(v *visit, status int, f views.Form) error {
	l, err := s.lobbyData(v)
	if err != nil {
		return err
	}
	if l.Elsewise != "" {
		return v.see(l.Elsewise)
	}
	l.Form = f
	modules := withDevices("lobby.js", l.Devices)
	if l.Tends {
		modules = append(modules, "page.js")
	}
	p := v.page(l.Room.Heading(), modules...)
	p.Room = true
	return v.html(status, views.LobbyPage(p, l))
}

// withDevices are the modules of a page at the door, where people will be on stage with those of the device part.
func withDevices(module string, devices bool) []string {
	if devices {
		return []string{module, "preview.js"}
	}
	return []string{module}
}

// lobbyData is a room as this browser stands before it.
func (s *Server) lobbyData(v *visit) (l views.LobbyData, err error) {
	d, err := s.Store.DoorBySlug(v.ctx(), v.who, v.slug(), v.tokens()...)
	if err != nil || !d.Alive {
		return l, orNotHere(err)
	}
	if l.Elsewise = pageBefore(d); l.Elsewise != "" {
		return l, nil
	}
	if l.Start, err = s.startData(v, d.Room); err != nil {
		return l, err
	}
	l = views.LobbyData{Start: l.Start, Room: d.Room, Host: d.Host, Label: store.LabelFor(v.who), Role: d.Actor.Role()}
	if name := cmp.Or(v.typedName(d.Room.ID), d.Link.Name); name != "" && (d.Pass == nil || d.Pass.Left) { // as it was typed where one registered
		l.Label.Name = name
	}
	if d.Link.Registration != "" || d.Link.Invitation != "" {
		if l.Elsewhere, err = s.Store.SeatElsewhere(v.ctx(), v.who, d.Link); err != nil {
			return l, err
		}
	}
	l.Devices = meet.OnStageAtEntry(d.Room.Theme, l.Role)
	l.Tends = v.who.Account.ID != "" && v.who.Account.ID == d.Room.Owner
	why := meet.Allow(meet.EnterRoom, d.Actor, d.Room.Door())
	if why == nil { // participants' names show only where one may enter without asking (decision 16)
		l.May, l.Already = true, d.Pass != nil && d.Pass.State == meet.In && d.Actor.Here
		l.People, err = s.Store.People(v.ctx(), d.Room.ID)
		l.Inside = len(l.People) > 0
		return l, err
	}
	if no := meet.Allow(meet.Ask, d.Actor, d.Room.Door()); no != nil {
		l.Why, l.Devices = s.whyShut(v, d, asRefusal(no).Message), false // nothing to set for somebody who cannot come in
		return l, nil
	}
	l.Ask = true
	if d.Pass != nil {
		l.Waiting = d.Pass.State == meet.Waiting
		if no := d.Pass.MayAsk(s.Clock()); no != nil {
			l.Denied, l.Ask = asRefusal(no).Message, d.Pass.Denials < meet.MostDenials
		}
	}
	l.Inside, err = s.Store.Somebody(v.ctx(), d.Room.ID)
	return l, err
}

// startData is what an event that nobody has started says at its door; nil for everything else.
func (s *Server) startData(v *visit, r meet.Room) (*views.StartData, error) {
	if !r.Early || r.Closed {
		return nil, nil
	}
	e, err := s.Store.EventOf(v.ctx(), r.ID)
	if err != nil {
		return nil, err
	}
	zone, err := meet.Zone(e.Zone)
	if err != nil {
		return nil, err
	}
	return &views.StartData{Event: e, Times: calendar.Times(e.Starts, e.Length, v.ownZone(), zone)}, nil
}

// whyShut tells a cancelled event from one that is over.
func (s *Server) whyShut(v *visit, d store.Door, why string) string {
	if d.Room.Closed {
		if e, err := s.Store.EventOf(v.ctx(), d.Room.ID); err == nil && e.Phase(s.Clock()) == meet.CalledOff {
			return "This webinar was cancelled."
		}
	}
	return why
}

// pageBefore is where a visitor belongs instead of this lobby: on the registration page, or where an event's end is told.
func pageBefore(d store.Door) string {
	if d.Room.Seats && (d.Room.Closed || !d.Actor.Seated && d.Actor.Standing < meet.AsSpeaker) {
		return views.Registration(d.Room.Slug)
	}
	return ""
}

// doorLive is one open lobby.
type doorLive struct {
	s    *Server
	v    *visit
	w    *wire
	p    views.Page
	sent map[string]string // what the page shows by now
}

// doorStream keeps a lobby true: how it looks, who is inside, and what the button says.
func (s *Server) doorStream(v *visit) error {
	d, err := s.Store.DoorBySlug(v.ctx(), v.who, v.slug())
	if err != nil {
		return err
	}
	l := s.Hub.Listen(store.RoomTopic(d.Room.ID), store.PeopleTopic(d.Room.ID), store.DoorsTopic(d.Room.ID))
	defer l.Close()
	p := v.page(d.Room.Name)
	o := &doorLive{s: s, v: v, p: p, w: openWire(v), sent: map[string]string{}}
	if over, err := o.push(nil, true); err != nil || over {
		return s.lastWords(o.w, err)
	}
	return s.follow(v.ctx(), o.w, l, pingAtHome, nil, o.push)
}

// push sends the regions that look different now. One lobby is seen by one browser, so nothing is drawn for others.
func (o *doorLive) push([]string, bool) (over bool, err error) {
	o.p.Now = o.s.Clock()
	if o.v.who, err = o.s.Store.Who(o.v.ctx(), meet.HashToken(o.v.token)); err != nil {
		return false, err
	}
	l, err := o.s.lobbyData(o.v)
	if err != nil && meet.CodeOf(err) == meet.NotHere {
		o.w.event("done", []byte(views.Lobby(o.v.slug())))
		return true, nil
	}
	if err != nil {
		return false, err
	}
	if l.Elsewise != "" {
		o.w.event("done", []byte(l.Elsewise))
		return true, nil
	}
	for _, r := range []struct {
		id   string
		draw func(views.Page, views.LobbyData) templ.Component
	}{{"cover", views.LobbyCover}, {"head", views.LobbyHead}, {"inside", views.LobbyInside}, {"way", views.LobbyWay}} {
		b, err := o.s.draw(o.v, r.draw(o.p, l))
		if err != nil {
			return false, err
		}
		if o.sent[r.id] != string(b) {
			o.sent[r.id] = string(b)
			o.w.event(r.id, b)
		}
	}
	return false, nil
}

// lastWords ends a stream that was over as soon as it began.
func (s *Server) lastWords(w *wire, err error) error {
	if err != nil {
		s.Log.Error("stream", "err", err)
		return nil // the page asks again by itself
	}
	return w.flush()
}

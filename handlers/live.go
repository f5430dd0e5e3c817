package handlers

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"foyer/meet"
	"foyer/store"
	"foyer/views"
)

// live is the room. Somebody without a pass is led to its door.
func (s *Server) live(v *visit) error {
	d, err := s.Store.DoorBySlug(v.ctx(), v.who, v.slug())
	if err != nil {
		return err
	}
	if meet.Allow(meet.SeeInside, d.Actor, d.Room.Door()) != nil || d.Pass == nil {
		return v.see(views.Lobby(d.Room.Slug))
	}
	l := views.LiveData{Room: d.Room, Pass: *d.Pass, Ticket: s.tickets.ticket(d.Room.ID, d.Pass.ID, s.Clock()), Warm: d.Pass.OnStage}
	l.Host, l.Ends = hosts(d), meet.Allow(meet.EndCall, d.Actor, d.Room.Door()) == nil
	l.Links = meet.Allow(meet.SeeLinks, d.Actor, d.Room.Door()) == nil
	p := v.page(d.Room.Name, "room.js")
	p.Room = true
	r := &roomLive{s: s, v: v, p: p, room: d.Room.ID, slug: d.Room.Slug, pass: d.Pass.ID, host: l.Host, starts: starts(d)}
	r.silent = meet.Allow(meet.SeeChat, d.Actor, d.Room.Door()) != nil
	if l.Drawn, l.Shown, err = r.first(); err != nil {
		return err
	}
	return v.html(http.StatusOK, views.LivePage(p, l))
}

// hosts tells whether somebody sees the room as its hosts do: with the queue at the door and the controls over others.
func hosts(d store.Door) bool { return meet.Allow(meet.SeeKnocks, d.Actor, d.Room.Door()) == nil }

// starts tells whether somebody inside may start the event.
func starts(d store.Door) bool {
	return d.Room.Event && meet.Allow(meet.StartEvent, d.Actor, d.Room.Door()) == nil
}

// startInside starts an event from its backstage, or from wherever a host's link leads.
func (s *Server) startInside(v *visit) error {
	if _, err := store.StartEvent.Do(v.ctx(), s.Store, v.by(), store.Starting{Slug: v.slug()}); err != nil {
		return err
	}
	if v.script() {
		return v.nothing()
	}
	return v.see(views.Live(v.slug()))
}

func (s *Server) setDevices(v *visit) error {
	in := store.OwnDevices{Slug: v.slug(), Mic: v.FormValue("mic") == "yes", Camera: v.FormValue("camera") == "yes", Screen: v.FormValue("screen") == "yes"}
	if _, err := store.SetOwnDevices.Do(v.ctx(), s.Store, v.by(), in); err != nil {
		return err
	}
	return v.nothing()
}

func (s *Server) leaveRoom(v *visit) error {
	if _, err := store.LeaveRoom.Do(v.ctx(), s.Store, v.by(), store.Leaving{Slug: v.slug()}); err != nil {
		return err
	}
	return v.see(views.EndedAt(v.slug(), "left"))
}

// passOf finds who opens a stream: by the ticket, which another node would take as well, else by the cookie, for a page
// that comes back after its ticket is over.
func (s *Server) passOf(v *visit) (d store.Door, err error) {
	if _, pass, ok := s.tickets.read(v.bearer(), s.Clock()); ok {
		d, err = s.Store.PassByID(v.ctx(), pass)
	} else {
		d, err = s.Store.DoorBySlug(v.ctx(), v.who, v.slug())
	}
	if err != nil {
		return d, err
	}
	if d.Room.Slug != v.slug() || d.Pass == nil {
		return d, meet.ErrNotHere
	}
	return d, meet.Allow(meet.SeeInside, d.Actor, d.Room.Door())
}

func (v *visit) bearer() string {
	token, ok := strings.CutPrefix(v.Request().Header.Get("Authorization"), "Bearer ")
	if !ok {
		return ""
	}
	return token
}

// roomLive is one open page of a room.
type roomLive struct {
	s      *Server
	v      *visit
	w      *wire
	p      views.Page
	seat   *seat
	room   meet.ID
	slug   string
	pass   meet.ID
	host   bool
	starts bool              // may start an event
	shown  map[string]string // fingerprints of the regions that the page came with; nil after the first push
	said   store.Chat        // what the page shows of the chat
	silent bool              // the chat is switched off
	bell   *bell             // rings the seat's
	turn   time.Time         // when time alone moves what the head says, zero = never
	ticket time.Time         // renewed then
}

// roomStream is the one stream of a room's page: its regions, its slots, its ticket, and the end.
func (s *Server) roomStream(v *visit) error {
	d, err := s.passOf(v)
	if err != nil {
		return err
	}
	r := &roomLive{s: s, v: v, p: v.page(d.Room.Name), room: d.Room.ID, slug: d.Room.Slug, pass: d.Pass.ID, host: hosts(d), starts: starts(d)}
	r.shown, r.said = pageShows(v.QueryParam("shown"))
	r.seat = s.seats.take(r.room, r.pass, clip(v.QueryParam("tab"), 32))
	defer s.seats.leave(r.seat)
	defer s.presence.Open(r.pass)()
	if d.Pass.State != meet.In {
		s.presence.Again(r.pass) // a waiting page of the same pass may still be counted, so that nothing seemed to move
	}
	topics := []string{store.RoomTopic(r.room), store.PeopleTopic(r.room), store.DoorsTopic(r.room), store.ChatTopic(r.room)}
	if r.starts {
		topics = append(topics, store.EarlyTopic(r.room))
	}
	if r.host {
		topics = append(topics, store.KnocksTopic(r.room))
	}
	l := s.Hub.Listen(topics...)
	defer l.Close()
	r.w = openWire(v)
	r.bell = &bell{C: r.seat.more}
	defer r.bell.stop()
	r.seat.begin(s.Media.Slots(string(r.room), string(r.pass)))
	if over, err := r.push(nil, true); err != nil || over {
		return s.lastWords(r.w, err)
	}
	r.shown = nil
	return s.follow(v.ctx(), r.w, l, pingInRoom, r.seat.more, r.push)
}

// push sends what changed; all regions when everything may have.
func (r *roomLive) push(topics []string, all bool) (over bool, err error) {
	r.p.Now = r.s.Clock()
	turned := !r.turn.IsZero() && !r.p.Now.Before(r.turn)
	has := func(topic string) bool { return all || slices.Contains(topics, topic) }
	if has(store.DoorsTopic(r.room)) || has(store.RoomTopic(r.room)) {
		why, err := r.outside()
		if err != nil {
			return false, err
		}
		if why != "" {
			r.end(why)
			return true, nil
		}
	}
	for _, region := range r.regions() {
		if (has(region.topic) || region.also != "" && has(region.also) || turned && region.id == "head") && err == nil {
			err = r.region(region)
		}
	}
	if err == nil && r.chatMoved(has) {
		err = r.chat()
	}
	if err != nil {
		return false, err
	}
	if !r.turn.IsZero() {
		r.bell.in(r.turn.Sub(r.p.Now))
	}
	return r.small()
}

// chatMoved tells whether the page may have to show more of the chat: something was said, or the first to enter began a
// call, or a host switched it on again.
func (r *roomLive) chatMoved(has func(topic string) bool) bool {
	if r.silent {
		return false
	}
	return has(store.ChatTopic(r.room)) || r.said.Whole || has(store.PeopleTopic(r.room)) && r.said.Call == ""
}

// outside looks at the pass again and tells why this page has no business here any more, "" = it has.
func (r *roomLive) outside() (why string, err error) {
	d, err := r.s.Store.PassByID(r.v.ctx(), r.pass)
	switch {
	case meet.CodeOf(err) == meet.NotHere && err != nil:
		_, gone := r.s.Store.DoorByRoom(r.v.ctx(), store.Who{}, r.room)
		if gone == nil {
			return "out", nil
		}
		if meet.CodeOf(gone) != meet.NotHere {
			return "", gone
		}
		return "deleted", nil
	case err != nil:
		return "", err
	case d.Pass.State == meet.Removed:
		return "removed", nil
	case d.Pass.Left:
		return r.whyLeft(d.Room)
	case meet.Allow(meet.SeeInside, d.Actor, d.Room.Door()) != nil:
		return "out", nil
	case d.Pass.Away:
		r.s.presence.Again(r.pass) // the door was shut when this stream opened, and is open now
	}
	if r.silent = meet.Allow(meet.SeeChat, d.Actor, d.Room.Door()) != nil; r.silent {
		r.said = store.Chat{Whole: true} // a page that was there before shows it whole when it is on again
	}
	return "", nil
}

func (r *roomLive) end(why string) {
	slug := r.slug
	if why == "deleted" {
		slug = ""
	}
	r.w.event("done", []byte(views.EndedAt(slug, why)))
}

// whyLeft tells leaving from a call that a host ended: that one is over at once, not a minute later. Backstage no call has
// begun that could be over.
func (r *roomLive) whyLeft(room meet.Room) (string, error) {
	goesOn := room.Early && !room.Closed
	if !goesOn {
		live, err := r.s.Store.CallLive(r.v.ctx(), r.room)
		if err != nil {
			return "", err
		}
		goesOn = live
	}
	if !goesOn {
		return "over", nil
	}
	elsewhere, err := r.s.Store.PassElsewhere(r.v.ctx(), r.pass)
	if elsewhere {
		return "elsewhere", err
	}
	return "left", err
}

// small sends what is not a region: where pictures are, who speaks, a fresh ticket, and that another tab took over.
func (r *roomLive) small() (over bool, err error) {
	news := r.seat.news()
	if news.elsewhere {
		r.end("elsewhere")
	}
	if news.ended {
		return true, nil
	}
	if news.slots != nil {
		r.json("slots", *news.slots)
	}
	if news.speaking != nil {
		r.json("speaking", *news.speaking)
	}
	for _, one := range news.reactions {
		r.json("reaction", one)
	}
	if !r.p.Now.Before(r.ticket) {
		r.ticket = r.p.Now.Add(ticketRenewed)
		r.w.event("ticket", []byte(r.s.tickets.ticket(r.room, r.pass, r.p.Now)))
	}
	return false, nil
}

func (r *roomLive) json(event string, what any) {
	b, err := json.Marshal(what)
	if err == nil {
		r.w.event(event, b)
	}
}

package handlers

import (
	"net/http"
	"time"

	"foyer/meet"
	"foyer/store"
	"foyer/views"
)

// stillHere is how long a waiting page without a script counts as open after it was loaded; it loads itself again sooner.
const stillHere = 14 * time.Second

// wait is the screen of somebody who asked to join. It leads in as soon as a host said yes, and back to the lobby when
// there is nothing to wait for.
func (s *Server) wait(v *visit) error {
	d, err := s.Store.DoorBySlug(v.ctx(), v.who, v.slug())
	if err != nil || !d.Alive {
		return orNotHere(err)
	}
	if why := meet.Allow(meet.SeeWait, d.Actor, d.Room.Door()); why != nil {
		return v.see(after(d))
	}
	if v.QueryParam("still") != "" { // a page without a script
		time.AfterFunc(stillHere, s.presence.Wait(d.Pass.ID))
	}
	data, err := s.waitData(v, d)
	if err != nil {
		return err
	}
	title := "Asking to join "
	if d.Pass.Early {
		title = "Waiting for host: "
	}
	p := v.page(title+d.Room.Heading(), withDevices("wait.js", data.Devices())...)
	p.Room = true
	return v.html(http.StatusOK, views.WaitPage(p, data))
}

// after is where somebody goes who does not wait any more.
func after(d store.Door) string {
	if d.Actor.Here || d.Pass != nil && d.Pass.Away && meet.Allow(meet.SeeInside, d.Actor, d.Room.Door()) == nil {
		return views.Live(d.Room.Slug) // let in meanwhile, even where this page was asleep for long
	}
	return views.Lobby(d.Room.Slug)
}

func (s *Server) waitData(v *visit, d store.Door) (views.WaitData, error) {
	data := views.WaitData{Room: d.Room, Host: d.Host, Pass: *d.Pass}
	var err error
	if d.Pass.Early {
		if data.Start, err = s.startData(v, d.Room); err != nil || data.Start == nil {
			return data, err
		}
		n, err := s.Store.EarlyBirds(v.ctx(), d.Room.ID)
		data.Start.Others = max(0, n-1)
		return data, err
	}
	data.Inside, err = s.Store.Somebody(v.ctx(), d.Room.ID)
	return data, err
}

// waitLive is one open waiting screen. It is told nothing of the room but how its door looks and whether anybody is
// inside (trust.md N1).
type waitLive struct {
	s    *Server
	v    *visit
	w    *wire
	p    views.Page
	sent map[string]string
}

// waitStream keeps somebody's place in the queue, and fetches them in without a click.
func (s *Server) waitStream(v *visit) error {
	d, err := s.Store.DoorBySlug(v.ctx(), v.who, v.slug())
	if err != nil {
		return err
	}
	o := &waitLive{s: s, v: v, p: v.page(d.Room.Name), sent: map[string]string{}}
	l := s.Hub.Listen(store.RoomTopic(d.Room.ID), store.KnocksTopic(d.Room.ID), store.PeopleTopic(d.Room.ID))
	defer l.Close()
	if d.Pass != nil && d.Pass.State == meet.Waiting { // a place in the queue; being inside takes the room's own stream
		defer s.presence.Wait(d.Pass.ID)()
	}
	o.w = openWire(v)
	if over, err := o.push(nil, true); err != nil || over {
		return s.lastWords(o.w, err)
	}
	return s.follow(v.ctx(), o.w, l, pingAtDoor, nil, o.push)
}

func (o *waitLive) push([]string, bool) (over bool, err error) {
	o.p.Now = o.s.Clock()
	d, err := o.s.Store.DoorBySlug(o.v.ctx(), o.v.who, o.v.slug())
	if err != nil && meet.CodeOf(err) != meet.NotHere {
		return false, err
	}
	if err != nil || !d.Alive {
		o.w.event("done", []byte(views.Lobby(o.v.slug()))) // which is not here any more, in the words of a friend
		return true, nil
	}
	if meet.Allow(meet.SeeWait, d.Actor, d.Room.Door()) != nil {
		o.w.event("done", []byte(after(d)))
		return true, nil
	}
	data, err := o.s.waitData(o.v, d)
	if err != nil {
		return false, err
	}
	b, err := o.s.draw(o.v, views.WaitRegion(o.p, data))
	if err == nil && o.sent["wait"] != string(b) {
		o.sent["wait"] = string(b)
		o.w.event("wait", b)
	}
	return false, err
}

// stopAsking withdraws. Who asks no more, by a second click or because a host answered in this moment, has what they want.
func (s *Server) stopAsking(v *visit) error {
	_, err := store.StopAsking.Do(v.ctx(), s.Store, v.by(), store.Leaving{Slug: v.slug()})
	if err != nil && meet.CodeOf(err) != meet.Forbidden {
		return err
	}
	return v.see(views.Lobby(v.slug()))
}

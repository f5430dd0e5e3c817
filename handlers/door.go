package handlers

import (
	"net/http"
	"slices"
	"time"

	"foyer/meet"
	"foyer/store"
	"foyer/views"
)

// opened is one link that this browser opened: it waits in a sealed cookie until a form turns it into a pass, so that the
// address bar, the history and the Referer header do not carry it (decision 4).
type opened struct {
	Room  meet.ID
	Token string
	Until int64 // Unix seconds
}

const (
	mostOpened  = 8
	openedLasts = 24 * time.Hour
	longestLink = 64
)

func (v *visit) opened() (list []opened) {
	c, err := v.Cookie(v.cookieName("foyer-door"))
	if err != nil || !v.s.seals.open(c.Value, &list) {
		return nil
	}
	now := v.s.Clock().Unix()
	return slices.DeleteFunc(list, func(o opened) bool { return o.Until < now })
}

func (v *visit) keepOpened(list []opened) error {
	if len(list) == 0 {
		if _, err := v.Cookie(v.cookieName("foyer-door")); err == nil {
			v.setCookie("foyer-door", "", -1)
		}
		return nil
	}
	sealed, err := v.s.seals.close(list)
	if err == nil {
		v.setCookie("foyer-door", sealed, openedLasts)
	}
	return err
}

// tokens are the opened links as a verb wants them.
func (v *visit) tokens() (list []string) {
	for _, o := range v.opened() {
		list = append(list, o.Token)
	}
	return list
}

// linkRole is what an opened link gives in a room, for drawing its lobby; the verb looks again by itself.
func (s *Server) linkRole(v *visit, slug string) meet.Role {
	for _, o := range v.opened() {
		if c, err := s.Store.Capability(v.ctx(), o.Token); err == nil && c.Slug == slug {
			return c.Role
		}
	}
	return ""
}

// hostLink remembers the link in the sealed cookie and goes on to a clean address. It writes nothing.
func (s *Server) hostLink(v *visit) error {
	token := clip(v.Param("token"), longestLink)
	c, err := s.Store.Capability(v.ctx(), token)
	if err != nil {
		return err
	}
	list := slices.DeleteFunc(v.opened(), func(o opened) bool { return o.Room == c.Room })
	list = append(list, opened{c.Room, token, s.Clock().Add(openedLasts).Unix()})
	if len(list) > mostOpened {
		list = list[len(list)-mostOpened:]
	}
	if err := v.keepOpened(list); err != nil {
		return err
	}
	return v.see(views.Lobby(c.Slug))
}

// lobby is the door of a room.
func (s *Server) lobby(v *visit) error { return s.showLobby(v, http.StatusOK, views.Form{}) }

func (s *Server) showLobby(v *visit, status int, f views.Form) error {
	d, err := s.Store.DoorBySlug(v.ctx(), v.who, v.slug(), s.linkRole(v, v.slug()))
	if err != nil || !d.Alive {
		return orNotHere(err)
	}
	people, err := s.Store.People(v.ctx(), d.Room.ID)
	if err != nil {
		return err
	}
	l := views.LobbyData{Room: d.Room, Host: d.Host, Name: d.NameFor(v.who), Role: d.Actor.Role(), Form: f, Inside: len(people) > 0}
	if why := meet.Allow(meet.EnterRoom, d.Actor, d.Room.Door()); why == nil {
		l.May, l.People = true, people // participants' names show only where one may enter without asking (decision 16)
	} else {
		l.Why = asRefusal(why).Message
	}
	return v.html(status, views.LobbyPage(v.page(d.Room.Name, "lobby.js"), l))
}

// enterRoom turns a name into a pass.
func (s *Server) enterRoom(v *visit) error {
	in := store.Entering{Slug: v.slug(), Name: v.FormValue("name"), Links: v.tokens(), Mic: v.FormValue("mic") != "no", Camera: v.FormValue("camera") != "no"}
	err := s.limits.enter(v)
	var out store.Entered
	if err == nil {
		out, err = store.EnterRoom.Do(v.ctx(), s.Store, v.by(), in)
	}
	if meet.CodeOf(err) == meet.Forbidden && err != nil {
		return s.showLobby(v, http.StatusForbidden, views.Form{Typed: v.typed("name"), Message: asRefusal(err).Message})
	}
	if err != nil {
		return v.again(err, v.typed("name"), func(status int, f views.Form) error { return s.showLobby(v, status, f) })
	}
	left := slices.DeleteFunc(v.opened(), func(o opened) bool { return o.Room == out.Room })
	if err := v.keepOpened(left); err != nil {
		return err
	}
	return v.see(views.Live(v.slug()))
}

// ended is where one lands after a room.
func (s *Server) ended(v *visit) error {
	title, message, slug := "You left", "Nobody sees or hears you any more.", clip(v.QueryParam("room"), 80)
	switch v.QueryParam("why") {
	case "deleted":
		title, message, slug = "This room is gone", "Its owner deleted it, so the call ended for everybody.", ""
	case "elsewhere":
		title, message = "You continued elsewhere", "This room is open in another tab or window of this browser."
	case "out":
		title, message = "You are outside", "You are not in this room any more."
	}
	return v.html(http.StatusOK, views.EndedPage(v.page(title), title, message, slug))
}

package handlers

import (
	"net/http"
	"slices"

	"foyer/meet"
	"foyer/store"
	"foyer/views"
)

func (s *Server) newRoomPage(v *visit) error {
	if err := v.allow(meet.CreateRoom); err != nil {
		return err
	}
	return v.html(http.StatusOK, views.NewRoomPage(v.page("Create a room"), v.left("name", "theme")))
}

func (s *Server) createRoom(v *visit) error {
	id, err := store.CreateRoom.Do(v.ctx(), s.Store, v.by(), store.NewRoom{Name: v.FormValue("name"), Theme: v.FormValue("theme")})
	if err != nil {
		return v.again(err, v.typed("name", "theme"), func(status int, f views.Form) error {
			return v.html(status, views.NewRoomPage(v.page("Create a room"), f))
		})
	}
	return v.see(views.Home + "?made=" + string(id))
}

// roomPage is the owner's page.
func (s *Server) roomPage(v *visit) error {
	if v.QueryParam("open") == "customize" { // from a tile's menu, whose buttons are all of one form
		return v.see(views.Customize(v.id()))
	}
	return s.showRoom(v, http.StatusOK, v.QueryParam("open"), v.left("name"))
}

func (s *Server) showRoom(v *visit, status int, open string, f views.Form) error {
	t, err := s.Store.Tile(v.ctx(), v.who, v.id())
	if err != nil {
		return err
	}
	if t.Event { // whose page is another one; customizing it leads back here
		return v.see(views.Event(t.ID))
	}
	who := meet.ActorOf(v.who.Account, t.Room, nil, "")
	d := views.RoomData{Tile: t, Open: open, Form: f, MayDelete: meet.Allow(meet.DeleteRoom, who, t.Door()) == nil,
		Participant: v.base() + views.Lobby(t.Slug), Host: v.base() + views.HostLink(s.Store.HostToken(t.Room))}
	return v.html(status, views.RoomPage(v.page(t.Name, "page.js"), d))
}

// roomTile is one tile by itself, for a page that wants to look again.
func (s *Server) roomTile(v *visit) error {
	t, err := s.Store.Tile(v.ctx(), v.who, v.id())
	if err != nil {
		return err
	}
	return v.html(http.StatusOK, s.tiles.drawer(v.page(t.Name))(t))
}

// roomLink is one link as text, when a button asks for it: a host link does not lie about in a page that is left open.
func (s *Server) roomLink(v *visit) error {
	r, err := s.Store.Room(v.ctx(), v.who, v.id())
	if err != nil {
		return err
	}
	if err := meet.Allow(meet.SeeLinks, meet.ActorOf(v.who.Account, r, nil, ""), r.Door()); err != nil {
		return err
	}
	path, ok := map[string]string{"participant": views.Lobby(r.Slug), "host": views.HostLink(s.Store.HostToken(r))}[v.Param("which")]
	if !ok {
		return meet.ErrNotHere
	}
	v.Response().Header().Set("Cache-Control", "no-store")
	return v.String(http.StatusOK, v.base()+path)
}

// renameRoom takes the name from the dialog behind the pencil.
func (s *Server) renameRoom(v *visit) error {
	_, err := store.RenameRoom.Do(v.ctx(), s.Store, v.by(), store.RoomName{Room: v.id(), Name: v.FormValue("name")})
	if err != nil {
		return v.again(err, v.typed("name"), func(status int, f views.Form) error { return s.showRoom(v, status, "rename", f) })
	}
	return v.see(views.Room(v.id()))
}

// setPrivacy wants a plain yes or no: an unchecked switch sends the hidden no before it, and nothing at all is a mistake.
func (s *Server) setPrivacy(v *visit) error {
	switch v.FormValue("locked") {
	case "yes", "no":
	default:
		return meet.Refuse(meet.Invalid, "Say whether the room is to be locked.")
	}
	in := store.Privacy{Room: v.id(), Locked: slices.Contains(v.Request().Form["locked"], "yes")}
	if _, err := store.SetPrivacy.Do(v.ctx(), s.Store, v.by(), in); err != nil {
		return err
	}
	switch {
	case v.script():
		return v.nothing()
	case v.FormValue("back") == "home":
		return v.see(views.Home)
	}
	return v.see(views.Room(v.id()))
}

func (s *Server) deleteRoom(v *visit) error {
	if _, err := store.DeleteRoom.Do(v.ctx(), s.Store, v.by(), v.id()); err != nil {
		return err
	}
	return v.see(views.Home)
}

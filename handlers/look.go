package handlers

import (
	"errors"
	"net/http"

	"foyer/meet"
	"foyer/picture"
	"foyer/store"
	"foyer/views"
)

// customizePage is where a host changes how a room looks and what one can do inside.
func (s *Server) customizePage(v *visit) error { return s.showLook(v, http.StatusOK, views.Form{}) }

func (s *Server) showLook(v *visit, status int, f views.Form) error {
	d, err := s.lookData(v, f)
	if err != nil {
		return err
	}
	return v.html(status, views.CustomizePage(v.page("Customize "+d.Room.Name, "look.js"), d))
}

// lookData is a room for somebody who may customize it.
func (s *Server) lookData(v *visit, f views.Form) (d views.LookData, err error) {
	d = views.LookData{Form: f, Saved: v.QueryParam("saved") != "", Most: picture.MostBytes}
	if large := (*meet.Error)(nil); errors.As(picture.TooLarge("image"), &large) {
		d.TooLarge = large.Message
	}
	d.Room, err = s.mayLook(v)
	if n := number(f.Typed["colour"]); n > 0 && meet.CheckColour(n) == nil {
		d.Room.Colour = n // the pictures show what is chosen
	}
	return d, err
}

// mayLook asks before a picture of somebody who may not is opened.
func (s *Server) mayLook(v *visit) (meet.Room, error) {
	r, err := s.Store.Room(v.ctx(), v.who, v.id())
	if err != nil {
		return r, err
	}
	return r, meet.Allow(meet.Customize, meet.ActorOf(v.who.Account, r, nil, ""), r.Door())
}

// sent is what a form said, and whether it brought a picture: that one is lost when the form comes back.
func (v *visit) sent(fields ...string) map[string]string {
	typed := v.typed(fields...)
	if _, ok := v.files["image"]; ok {
		typed["image"] = "yes"
	}
	return typed
}

func (s *Server) customize(v *visit) error {
	in := store.RoomLook{Room: v.id(), Colour: number(v.FormValue("colour")), Plain: v.FormValue("noimage") != ""}
	in.Features = meet.Features{Chat: v.FormValue("chat") != "", Reactions: v.FormValue("reactions") != "", Hands: v.FormValue("hands") != ""}
	if _, err := s.mayLook(v); err != nil {
		return err
	}
	made, err := v.pictures("image", picture.Background, picture.Tile)
	if err == nil {
		if len(made) == 2 {
			in.Background, in.Tile = made[0], made[1]
		}
		_, err = store.SetLook.Do(v.ctx(), s.Store, v.by(), in)
	}
	if err != nil {
		return v.again(err, v.sent("colour", "chat", "reactions", "hands", "noimage"), func(status int, f views.Form) error { return s.showLook(v, status, f) })
	}
	return v.see(views.Customize(in.Room) + "?saved=1")
}

// lobbyLookPage is the same for the lobby.
func (s *Server) lobbyLookPage(v *visit) error {
	return s.showLobbyLook(v, http.StatusOK, views.Form{})
}

func (s *Server) showLobbyLook(v *visit, status int, f views.Form) error {
	d, err := s.lookData(v, f)
	if err != nil {
		return err
	}
	return v.html(status, views.LobbyLookPage(v.page("Lobby of "+d.Room.Name, "look.js"), d))
}

func (s *Server) setLobbyLook(v *visit) error {
	in := store.LobbyLook{Room: v.id(), Title: v.FormValue("title"), Message: v.FormValue("message"), Plain: v.FormValue("noimage") != ""}
	if _, err := s.mayLook(v); err != nil {
		return err
	}
	made, err := v.pictures("image", picture.Background)
	if err == nil {
		if len(made) == 1 {
			in.Background = made[0]
		}
		_, err = store.SetLobby.Do(v.ctx(), s.Store, v.by(), in)
	}
	if err != nil {
		return v.again(err, v.sent("title", "message", "noimage"), func(status int, f views.Form) error { return s.showLobbyLook(v, status, f) })
	}
	return v.see(views.LobbyLook(in.Room) + "?saved=1")
}

// duplicateRoom takes the dialog of settings.
func (s *Server) duplicateRoom(v *visit) error {
	in := store.Copy{Room: v.id(), Name: v.FormValue("name")}
	for field, into := range map[string]*bool{"theme": &in.Theme, "look": &in.Look, "lobby": &in.Lobby, "lock": &in.Lock} {
		*into = v.FormValue(field) != ""
	}
	id, err := store.DuplicateRoom.Do(v.ctx(), s.Store, v.by(), in)
	if err != nil {
		return v.again(err, v.typed("name", "theme", "look", "lobby", "lock"), func(status int, f views.Form) error { return s.showRoom(v, status, "duplicate", f) })
	}
	return v.see(views.Room(id))
}

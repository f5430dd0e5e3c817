package handlers

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"foyer/meet"
	"foyer/picture"
	"foyer/store"
	"foyer/views"
)

// opened is one link that this browser opened: it waits in a sealed cookie until a form turns it into a pass, so that the
// address bar, the history and the Referer header do not carry it (decision 4).
type opened struct {
	Room  meet.ID
	Token string
	Until int64 // Unix seconds

	Name string `json:",omitempty"` // typed where one registered, for the lobby
}

const (
	mostOpened  = 8
	mostOfRoom  = 5 // of those, of one room: two by registering, by mail, by an invitation, and as a host
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

// hostLink remembers the link in the sealed cookie and goes on to a clean address. It writes nothing.
func (s *Server) hostLink(v *visit) error {
	token := clip(v.Param("token"), longestLink)
	c, err := s.Store.Capability(v.ctx(), token)
	if err != nil {
		return err
	}
	if err := v.open(c.Room, "", token); err != nil {
		return err
	}
	return v.see(views.Lobby(c.Slug))
}

// open puts links of a room into the cookie, beside those of this room that it has: who is invited may have registered, too,
// and of all of them the highest role counts. name is what somebody who registered typed, and what the lobby offers as one's
// own, "" = what it knows; registering again takes the place of the last time.
func (v *visit) open(room meet.ID, name string, tokens ...string) error {
	list := slices.DeleteFunc(v.opened(), func(o opened) bool {
		return o.Room == room && (slices.Contains(tokens, o.Token) || name != "" && o.Name != "")
	})
	for _, token := range tokens {
		list = append(list, opened{Room: room, Token: token, Until: v.s.Clock().Add(openedLasts).Unix(), Name: name})
	}
	of := 0
	for i := len(list) - 1; i >= 0; i-- { // the oldest of too many go
		if list[i].Room != room {
			continue
		}
		if of++; of > mostOfRoom {
			list = slices.Delete(list, i, i+1)
		}
	}
	if len(list) > mostOpened {
		list = list[len(list)-mostOpened:]
	}
	return v.keepOpened(list)
}

// entered drops the links that a pass is made of now. What lets this browser in because it registered stays: the pass of a
// known address holds no seat, and coming back must not tell (decision 45).
func (v *visit) entered(room meet.ID) error {
	entry := v.s.Store.EntryToken(room, v.who.Browser.ID)
	list := slices.DeleteFunc(v.opened(), func(o opened) bool { return o.Room == room && o.Token != entry })
	for i := range list {
		if list[i].Room == room {
			list[i].Name = "" // the label is remembered
		}
	}
	return v.keepOpened(list)
}

// typedName is what this browser's person typed as their name where they registered for a room's event, unless a link was
// opened since, which may be somebody else's.
func (v *visit) typedName(room meet.ID) (name string) {
	for _, o := range v.opened() {
		if o.Room == room {
			name = o.Name
		}
	}
	return name
}

// enterRoom turns a label into a pass: inside, or waiting where the form asks.
func (s *Server) enterRoom(v *visit) error {
	in := store.Entering{Slug: v.slug(), Links: v.tokens(), Mic: v.FormValue("mic") != "no", Camera: v.FormValue("camera") != "no",
		KeepImage: v.FormValue("noimage") == "", Ask: v.FormValue("ask") == "yes"}
	in.Label = meet.Label{Name: v.FormValue("name"), Headline: v.FormValue("headline"), Colour: number(v.FormValue("colour"))}
	err := s.limits.enter(v)
	if err == nil {
		in.Picture, err = s.labelPicture(v, in)
	}
	var out store.Entered
	if err == nil {
		out, err = store.EnterRoom.Do(v.ctx(), s.Store, v.by(), in)
	}
	typed := v.sent("name", "headline", "colour", "noimage")
	if meet.CodeOf(err) == meet.Forbidden && err != nil {
		return s.showLobby(v, http.StatusForbidden, views.Form{Typed: typed, Message: asRefusal(err).Message})
	}
	if err != nil {
		return v.again(err, typed, func(status int, f views.Form) error { return s.showLobby(v, status, f) })
	}
	if out.Waiting { // the opened links stay, they may yet open another door
		return v.see(views.Wait(v.slug()))
	}
	if err := v.entered(out.Room); err != nil {
		return err
	}
	return v.see(views.Live(v.slug()))
}

// labelPicture opens the picture beside a name, after the door and everything else on the form was found to be good: it
// costs most. The verb looks at the door again by itself.
func (s *Server) labelPicture(v *visit, in store.Entering) (*store.Picture, error) {
	if len(v.files) == 0 {
		return nil, nil
	}
	d, err := s.Store.DoorBySlug(v.ctx(), v.who, in.Slug, v.tokens()...)
	if err == nil {
		err = d.WayIn(in.Ask, s.Clock())
	}
	if err == nil {
		_, err = meet.LabelOf(in.Label)
	}
	if err != nil {
		return nil, err
	}
	made, err := v.pictures("image", picture.Label)
	if err != nil || len(made) == 0 {
		return nil, err
	}
	return made[0], nil
}

// number reads a small number from a form; what is none is one that no rule accepts, nothing at all is zero.
func number(s string) int {
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(clip(s, 9))
	if err != nil {
		return -1
	}
	return n
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
	case "removed":
		title, message, slug = "You were removed", "A host removed you from this room.", ""
	case "over":
		title, message = "The call is over", "A host ended it for everybody."
		if d, err := s.Store.DoorBySlug(v.ctx(), v.who, slug); err == nil && d.Room.Event {
			title, message, slug = "The webinar is over", "Thank you for being there.", ""
		}
	}
	return v.html(http.StatusOK, views.EndedPage(v.page(title), title, message, slug))
}

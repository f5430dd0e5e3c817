package store

import "foyer/meet"

// RoomLook is what the customize page says of a room. Background and Tile are one image in two sizes; without them the
// image stays, unless Plain takes it away.
type RoomLook struct {
	Room             meet.ID
	Colour           int
	Background, Tile *Picture
	Plain            bool
	meet.Features
}

// SetLook changes how a room looks and what one can do inside; open pages change with it.
var SetLook = verb("set-look", func(a *act, in RoomLook) (Done, error) {
	r, _, err := a.mayRoom(meet.Customize, in.Room)
	if err != nil {
		return Done{}, err
	}
	if err := meet.CheckColour(in.Colour); err != nil {
		return Done{}, err
	}
	if r.Look, err = a.newImage(r.Look, in); err != nil {
		return Done{}, err
	}
	r.Colour, r.Features = in.Colour, in.Features
	if !r.Hands {
		if err := a.do(`UPDATE pass SET hand_at = NULL WHERE room = ? AND hand_at IS NOT NULL`, r.ID); err != nil {
			return Done{}, err
		}
	}
	if err := a.setLook(r); err != nil {
		return Done{}, err
	}
	return Done{}, a.changed(TileTopic(r.Owner, r.ID), RoomTopic(r.ID), PeopleTopic(r.ID), ChatTopic(r.ID))
})

// newImage keeps the image in its two sizes, or takes it away, or leaves it.
func (a *act) newImage(l meet.Look, in RoomLook) (meet.Look, error) {
	given := in.Background != nil && in.Tile != nil
	if !given && !in.Plain {
		return l, nil
	}
	if err := a.letGo(l.Image, l.Tile); err != nil || !given {
		l.Image, l.Tile = "", ""
		return l, err
	}
	l.Image, l.Tile = in.Background.Hash, in.Tile.Hash
	if err := a.keepPicture(*in.Background); err != nil {
		return l, err
	}
	return l, a.keepPicture(*in.Tile)
}

func (a *act) setLook(r meet.Room) error {
	return a.do(`UPDATE room SET colour = ?, image = ?, tile = ?, chat = ?, reactions = ?, hands = ?, lobby_image = ?, lobby_title = ?, lobby_message = ? WHERE id = ?`,
		r.Colour, r.Image, r.Tile, r.Chat, r.Reactions, r.Hands, r.Lobby.Image, r.Lobby.Title, r.Lobby.Message, r.ID)
}

// LobbyLook is what the customize page says of a room's lobby.
type LobbyLook struct {
	Room           meet.ID
	Title, Message string
	Background     *Picture
	Plain          bool // no image of its own: the room's shows
}

// SetLobby changes how a room's lobby looks.
var SetLobby = verb("set-lobby", func(a *act, in LobbyLook) (Done, error) {
	r, _, err := a.mayRoom(meet.Customize, in.Room)
	if err != nil {
		return Done{}, err
	}
	if r.Lobby.Title, r.Lobby.Message, err = meet.LobbyTexts(in.Title, in.Message); err != nil {
		return Done{}, err
	}
	if in.Background != nil || in.Plain {
		err = a.letGo(r.Lobby.Image)
		r.Lobby.Image = ""
	}
	if in.Background != nil && err == nil {
		r.Lobby.Image = in.Background.Hash
		err = a.keepPicture(*in.Background)
	}
	if err != nil {
		return Done{}, err
	}
	if err := a.setLook(r); err != nil {
		return Done{}, err
	}
	return Done{}, a.changed(RoomTopic(r.ID))
})

// Copy says which settings a new room takes over from an old one.
type Copy struct {
	Room                     meet.ID
	Name                     string
	Theme, Look, Lobby, Lock bool
}

// DuplicateRoom makes a room with the same settings, new links and no history. The answer is its id.
var DuplicateRoom = verb("duplicate-room", func(a *act, in Copy) (meet.ID, error) {
	old, w, err := a.mayPlainRoom(meet.Duplicate, in.Room)
	if err != nil {
		return "", err
	}
	name, err := meet.RoomName(in.Name)
	if err != nil {
		return "", err
	}
	r := meet.Room{ID: newID(), Owner: w.Account.ID, Name: name, Theme: meet.Meeting, Slug: meet.SlugName(name) + "-" + random(10), HostLink: 1}
	r.Features = meet.Features{Chat: true, Reactions: true, Hands: true}
	if in.Theme {
		r.Theme = old.Theme
	}
	if in.Look {
		r.Look = old.Look
		r.Colour = old.Swatch() // also where the colour came from the old id
	}
	if in.Lobby {
		r.Lobby = old.Lobby
	}
	if err := a.insertRoom(r); err != nil {
		return "", err
	}
	if err := a.setLook(r); err != nil {
		return "", err
	}
	return r.ID, a.do(`UPDATE room SET locked = ? WHERE id = ?`, in.Lock && old.Locked, r.ID)
})

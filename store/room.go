package store

import (
	"context"
	"database/sql"
	"time"

	"foyer/meet"
)

const roomColumns = `r.id, r.owner, r.name, r.slug, r.theme, r.locked, r.host_link, r.created_at, r.last_used_at,
	r.colour, r.image, r.tile, r.chat, r.reactions, r.hands, r.lobby_image, r.lobby_title, r.lobby_message,
	r.kind = 'event', CASE r.kind WHEN 'event' THEN (SELECT registration + 2 * (started_at IS NULL)
		+ 4 * (ended_at IS NOT NULL OR cancelled_at IS NOT NULL) FROM event WHERE room = r.id) ELSE 0 END`

func room(row scanner, more ...any) (r meet.Room, err error) {
	var created int64
	var used sql.NullInt64
	var state int
	err = row.Scan(append([]any{&r.ID, &r.Owner, &r.Name, &r.Slug, &r.Theme, &r.Locked, &r.HostLink, &created, &used,
		&r.Colour, &r.Image, &r.Tile, &r.Chat, &r.Reactions, &r.Hands, &r.Lobby.Image, &r.Lobby.Title, &r.Lobby.Message, &r.Event, &state}, more...)...)
	r.Seats, r.Early, r.Closed = state&1 != 0, state&2 != 0, state&4 != 0
	r.Created, r.LastUsed = time.UnixMilli(created), when(used)
	if none(err) {
		err = meet.ErrNotHere
	}
	return r, err
}

// Tiles are an account's rooms, last used first, never used last (newest of those first).
func (s *Store) Tiles(ctx context.Context, owner meet.ID) (tiles []meet.Tile, err error) {
	at := map[meet.ID]int{}
	rows, err := s.rows(ctx, `SELECT `+roomColumns+` FROM room r WHERE r.owner = ? AND r.kind = 'room'
		ORDER BY r.last_used_at DESC NULLS LAST, r.created_at DESC, r.id`, owner)
	err = each(rows, err, func(row scanner) error {
		r, err := room(row)
		at[r.ID] = len(tiles)
		tiles = append(tiles, meet.Tile{Room: r})
		return err
	})
	if err != nil || len(tiles) == 0 {
		return tiles, err
	}
	rows, err = s.rows(ctx, `SELECT r.id, p.state, `+personColumns+` FROM room r
		JOIN pass p INDEXED BY pass_here ON p.room = r.id AND p.gone = 0 AND p.state IN ('in', 'waiting') AND p.early = 0 WHERE r.owner = ? AND r.kind = 'room' ORDER BY p.since, p.id`, owner)
	return tiles, each(rows, err, func(row scanner) error {
		var id meet.ID
		var state meet.PassState
		p, err := person(row, &id, &state)
		i, ok := at[id]
		switch {
		case ok && state == meet.In:
			tiles[i].Add(p)
		case ok:
			tiles[i].Asking++
		}
		return err
	})
}

// Tile is one room as its owner's dashboard shows it.
func (s *Store) Tile(ctx context.Context, w Who, id meet.ID) (t meet.Tile, err error) {
	if t.Room, err = s.Room(ctx, w, id); err != nil {
		return t, err
	}
	people, err := s.People(ctx, id)
	if err != nil {
		return t, err
	}
	for _, p := range people {
		t.Add(p)
	}
	return t, s.row(ctx, `SELECT count(*) FROM pass WHERE room = ? AND state = 'waiting' AND early = 0 AND gone = 0`, id).Scan(&t.Asking)
}

// Room is a room for the people who manage it.
func (s *Store) Room(ctx context.Context, w Who, id meet.ID) (meet.Room, error) {
	r, err := room(s.row(ctx, `SELECT `+roomColumns+` FROM room r WHERE r.id = ?`, id))
	if err != nil {
		return meet.Room{}, signInFirst(meet.SeeRoom, w, err)
	}
	return r, meet.Allow(meet.SeeRoom, meet.ActorOf(w.Account, r, nil, ""), r.Door())
}

// signInFirst asks somebody without an account to sign in whether or not a thing exists, so that the answer tells nothing.
func signInFirst(do meet.Action, w Who, err error) error {
	why := meet.Allow(do, meet.ActorOf(w.Account, meet.Room{}, nil, ""), meet.Door{})
	if why != nil && meet.CodeOf(why) == meet.SignIn {
		return why
	}
	return err
}

// HostToken mints the token of a room's host link.
func (s *Store) HostToken(r meet.Room) string {
	return meet.Mint(s.secret, meet.HostLink, r.ID, r.HostLink)
}

// NewRoom is what the create form asks.
type NewRoom struct{ Name, Theme string }

// CreateRoom makes a room. Its slug carries the name given now, made unguessable, and keeps it for ever.
var CreateRoom = verb("create-room", func(a *act, in NewRoom) (meet.ID, error) {
	w, err := a.allow(meet.CreateRoom)
	if err != nil {
		return "", err
	}
	name, err := meet.RoomName(in.Name)
	if err != nil {
		return "", err
	}
	theme, err := meet.ThemeOf(in.Theme)
	if err != nil {
		return "", err
	}
	r := meet.Room{ID: newID(), Owner: w.Account.ID, Name: name, Theme: theme, Slug: meet.SlugName(name) + "-" + random(10), HostLink: 1}
	return r.ID, a.insertRoom(r)
})

func (a *act) insertRoom(r meet.Room) error {
	kind := "room"
	if r.Event {
		kind = "event"
	}
	if err := a.do(`INSERT INTO room (id, owner, kind, name, slug, theme, host_link, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		r.ID, r.Owner, kind, r.Name, r.Slug, r.Theme, r.HostLink, ms(a.now)); err != nil {
		return err
	}
	if err := a.linkHost(r); err != nil {
		return err
	}
	return a.changed(HomeTopic(r.Owner))
}

// mayRoom loads a room and asks the table about the browser that asks.
func (a *act) mayRoom(do meet.Action, id meet.ID) (meet.Room, Who, error) {
	return a.mayRoomBy(do, `SELECT `+roomColumns+` FROM room r WHERE r.id = ?`, string(id))
}

// mayPlainRoom is mayRoom without the rooms of events, whose names and ends are told by mail.
func (a *act) mayPlainRoom(do meet.Action, id meet.ID) (meet.Room, Who, error) {
	r, w, err := a.mayRoom(do, id)
	if err == nil && r.Event {
		err = meet.ErrNotHere
	}
	return r, w, err
}

// mayRoomAt is the same by a room's address.
func (a *act) mayRoomAt(do meet.Action, slug string) (meet.Room, Who, error) {
	return a.mayRoomBy(do, `SELECT `+roomColumns+` FROM room r WHERE r.slug = ?`, slug)
}

func (a *act) mayRoomBy(do meet.Action, query, key string) (meet.Room, Who, error) {
	w, err := a.browser()
	if err != nil {
		return meet.Room{}, w, err
	}
	r, err := room(a.row(query, key))
	if err != nil {
		return r, w, signInFirst(do, w, err)
	}
	p, err := a.passIn(r.ID, w.Browser.ID)
	if err != nil {
		return r, w, err
	}
	return r, w, meet.Allow(do, meet.ActorOf(w.Account, r, p, ""), r.Door())
}

// RoomName names a room.
type RoomName struct {
	Room meet.ID
	Name string
}

// RenameRoom changes the name on the screen; links stay byte-identical.
var RenameRoom = verb("rename-room", func(a *act, in RoomName) (Done, error) {
	r, _, err := a.mayPlainRoom(meet.RenameRoom, in.Room)
	if err != nil {
		return Done{}, err
	}
	name, err := meet.RoomName(in.Name)
	if err != nil || name == r.Name {
		return Done{}, err
	}
	if err := a.do(`UPDATE room SET name = ? WHERE id = ?`, name, r.ID); err != nil {
		return Done{}, err
	}
	return Done{}, a.changed(TileTopic(r.Owner, r.ID), RoomTopic(r.ID))
})

// Privacy says whether a room is locked.
type Privacy struct {
	Room   meet.ID
	Locked bool
}

// SetPrivacy locks or unlocks a room.
var SetPrivacy = verb("set-privacy", func(a *act, in Privacy) (Done, error) {
	r, _, err := a.mayRoom(meet.LockRoom, in.Room)
	if err != nil || r.Locked == in.Locked {
		return Done{}, err
	}
	if err := a.do(`UPDATE room SET locked = ? WHERE id = ?`, in.Locked, r.ID); err != nil {
		return Done{}, err
	}
	if !in.Locked && !r.Early { // whoever waited may come in now
		if _, err := a.admit(r, "", `1 = ?`, 1); err != nil {
			return Done{}, err
		}
	}
	return Done{}, a.changed(TileTopic(r.Owner, r.ID), RoomTopic(r.ID))
})

// DeleteRoom removes a room, its links, its history and everybody inside, for good.
var DeleteRoom = verb("delete-room", func(a *act, id meet.ID) (Done, error) {
	r, _, err := a.mayPlainRoom(meet.DeleteRoom, id)
	if err != nil {
		return Done{}, err
	}
	if err := a.do(`DELETE FROM letter WHERE room = ?`, r.ID); err != nil {
		return Done{}, err
	}
	if err := a.do(`DELETE FROM room WHERE id = ?`, r.ID); err != nil { // passes, links, calls and attendance go with it
		return Done{}, err
	}
	return Done{}, a.changed(HomeTopic(r.Owner), KnocksOfTopic(r.Owner), RoomTopic(r.ID), PeopleTopic(r.ID), DoorsTopic(r.ID), KnocksTopic(r.ID))
})

// SecretFits tells whether the instance secret is the one that made the links of this database.
func (s *Store) SecretFits(ctx context.Context) (fits bool, err error) {
	r, err := room(s.row(ctx, `SELECT `+roomColumns+` FROM room r JOIN link l ON l.room = r.id AND l.kind = 'host' AND l.generation = r.host_link LIMIT 1`))
	if meet.CodeOf(err) == meet.NotHere && err != nil {
		return true, nil // no links yet
	}
	if err != nil {
		return false, err
	}
	err = s.row(ctx, `SELECT EXISTS (SELECT 1 FROM link WHERE token = ?)`, meet.HashToken(s.HostToken(r))).Scan(&fits)
	return fits, err
}

// RenewAllLinks makes new host links for all rooms, after the instance secret was lost; the answer is how many. Personal
// links that were mailed go on to open what they opened, and those of letters from now on open the same.
var RenewAllLinks = verb("renew-all-links", func(a *act, _ Done) (int, error) {
	if err := a.mayMachine(); err != nil {
		return 0, err
	}
	rows, err := a.rows(`SELECT ` + roomColumns + ` FROM room r`)
	list, err := collect(rows, err, func(row scanner) (meet.Room, error) { return room(row) })
	if err != nil {
		return 0, err
	}
	for _, r := range list {
		r.HostLink++
		if err := a.do(`UPDATE room SET host_link = ? WHERE id = ?`, r.HostLink, r.ID); err != nil {
			return 0, err
		}
		if err := a.linkHost(r); err != nil {
			return 0, err
		}
	}
	return len(list), a.keepAllLinks()
})

// keepAllLinks makes findable what letters will hold: the links of whoever has a seat or an invitation, and of letters to
// accounts that are still to go out.
func (a *act) keepAllLinks() error {
	type link struct {
		kind       meet.TokenKind
		room, id   meet.ID
		generation int
	}
	rows, err := a.rows(`SELECT ?1, room, id, generation FROM registration WHERE state IN ('registered', 'waiting')
		UNION ALL SELECT ?2, room, id, 1 FROM registration WHERE state IN ('registered', 'waiting')
		UNION ALL SELECT ?3, room, id, generation FROM invitation WHERE revoked_at IS NULL
		UNION ALL SELECT kind, '', id, 1 FROM ticket WHERE used_at IS NULL AND id IN (SELECT subject FROM letter WHERE state IN ('queued', 'sending'))`,
		meet.SeatLink, meet.QuietLink, meet.InviteLink)
	list, err := collect(rows, err, func(r scanner) (l link, err error) { return l, r.Scan(&l.kind, &l.room, &l.id, &l.generation) })
	for _, l := range list {
		switch {
		case err != nil:
		case l.room == "":
			err = a.do(`UPDATE ticket SET token = ? WHERE id = ?`, meet.HashToken(meet.Mint(a.s.secret, l.kind, l.id, l.generation)), l.id)
		default:
			err = a.keepLink(l.kind, l.room, l.id, l.generation)
		}
	}
	return err
}

func (a *act) linkHost(r meet.Room) error {
	return a.do(`INSERT INTO link (token, kind, room, generation) VALUES (?, ?, ?, ?)`,
		meet.HashToken(a.s.HostToken(r)), meet.HostLink, r.ID, r.HostLink)
}

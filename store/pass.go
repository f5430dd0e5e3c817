package store

import (
	"cmp"
	"context"
	"database/sql"
	"strings"
	"time"

	"foyer/meet"
)

const passColumns = `p.id, p.room, p.browser, coalesce(p.account, ''), p.name, p.headline, p.colour, p.image, p.role, p.state, p.on_stage, p.mic, p.camera, p.screen, p.since, p.gone,
	p.denials, p.denied_at, coalesce(p.registration, ''), coalesce(p.invitation, ''), p.early`

func pass(row scanner, more ...any) (p meet.Pass, err error) {
	var since int64
	var gone int
	var denied sql.NullInt64
	err = row.Scan(append([]any{&p.ID, &p.Room, &p.Browser, &p.Account, &p.Name, &p.Headline, &p.Colour, &p.Image, &p.Role, &p.State, &p.OnStage, &p.Mic, &p.Camera, &p.Screen, &since, &gone,
		&p.Denials, &denied, &p.Registration, &p.Invitation, &p.Early}, more...)...)
	p.Since, p.Away, p.Left, p.Denied = time.UnixMilli(since), gone == 1, gone == 2, when(denied)
	return p, err
}

// passIn is the pass of a browser in a room, nil when it has none.
func (a *act) passIn(room, browser meet.ID) (*meet.Pass, error) {
	p, err := pass(a.row(passIn, room, browser))
	if none(err) {
		return nil, nil
	}
	return &p, err
}

const passIn = `SELECT ` + passColumns + ` FROM pass p WHERE p.room = ? AND p.browser = ?`

// Door is a room as somebody stands before it or inside of it.
type Door struct {
	Room  meet.Room
	Host  string // the owner's name
	Pass  *meet.Pass
	Actor meet.Actor
	Link  Capability // what opened links give this browser here
	Alive bool       // the owner's account is in use
}

// DoorBySlug is the room at an address, for one browser and the links that it opened.
func (s *Store) DoorBySlug(ctx context.Context, w Who, slug string, tokens ...string) (Door, error) {
	return s.door(ctx, w, `SELECT `+roomColumns+`, o.name, o.deactivated_at IS NULL FROM room r JOIN account o ON o.id = r.owner WHERE r.slug = ?`, slug, tokens)
}

// DoorByRoom is the same by id.
func (s *Store) DoorByRoom(ctx context.Context, w Who, id meet.ID) (Door, error) {
	return s.door(ctx, w, `SELECT `+roomColumns+`, o.name, o.deactivated_at IS NULL FROM room r JOIN account o ON o.id = r.owner WHERE r.id = ?`, string(id), nil)
}

func (s *Store) door(ctx context.Context, w Who, query, key string, tokens []string) (d Door, err error) {
	if d.Room, err = room(s.row(ctx, query, key), &d.Host, &d.Alive); err != nil {
		return d, err
	}
	if w.Browser.Known() {
		p, err := pass(s.row(ctx, passIn, d.Room.ID, w.Browser.ID))
		if err == nil {
			d.Pass = &p
		} else if !none(err) {
			return d, err
		}
	}
	if len(tokens) > 0 {
		if d.Link, err = s.Opened(ctx, w, d.Room.ID, tokens); err != nil {
			return d, err
		}
	}
	d.Actor = meet.ActorOf(w.Account, d.Room, d.Pass, d.Link.Role)
	return d, nil
}

// PassByID is a pass and its room, for whoever holds a ticket that names it.
func (s *Store) PassByID(ctx context.Context, id meet.ID) (d Door, err error) {
	row := s.row(ctx, `SELECT `+passColumns+`, `+roomColumns+` FROM pass p JOIN room r ON r.id = p.room WHERE p.id = ?`, id)
	var p meet.Pass
	d.Room, err = room(scan(func(more ...any) (err error) {
		p, err = pass(row, more...)
		return err
	}))
	if err != nil {
		return d, err
	}
	d.Pass, d.Actor = &p, meet.ActorOf(meet.Account{}, d.Room, &p, "")
	return d, nil
}

// scan is a row of which somebody else reads the rest.
type scan func(dest ...any) error

func (f scan) Scan(dest ...any) error { return f(dest...) }

const personColumns = `p.id, p.name, p.headline, p.colour, p.image, p.role, p.mic, p.camera, p.on_stage, p.hand_at, p.mutes`

func person(row scanner, before ...any) (p meet.Person, err error) {
	var hand sql.NullInt64
	err = row.Scan(append(before, &p.Pass, &p.Name, &p.Headline, &p.Colour, &p.Image, &p.Role, &p.Mic, &p.Camera, &p.OnStage, &hand, &p.Mutes)...)
	p.Hand = when(hand)
	return p, err
}

// People are those inside a room, longest first.
func (s *Store) People(ctx context.Context, room meet.ID) ([]meet.Person, error) {
	rows, err := s.rows(ctx, `SELECT `+personColumns+` FROM pass p WHERE p.room = ? AND p.gone = 0 AND p.state = 'in' ORDER BY p.since, p.id`, room)
	return collect(rows, err, func(r scanner) (meet.Person, error) { return person(r) })
}

// Somebody tells whether anybody is inside, for who may know no more than that.
func (s *Store) Somebody(ctx context.Context, room meet.ID) (yes bool, err error) {
	err = s.row(ctx, `SELECT EXISTS (SELECT 1 FROM pass INDEXED BY pass_here WHERE room = ? AND gone = 0 AND state = 'in')`, room).Scan(&yes)
	return yes, err
}

// Rights is a snapshot of who may publish what in a room; a pass that is absent has no business there any more. It
// reaches the packets as a level, not as an edge: a lost message heals with the next one (decision 15).
func (s *Store) Rights(ctx context.Context, room meet.ID) (map[meet.ID]meet.Right, error) {
	rights := map[meet.ID]meet.Right{}
	rows, err := s.rows(ctx, `SELECT `+passColumns+` FROM pass p WHERE p.room = ? AND p.gone = 0 AND p.state IN ('in', 'out')`, room)
	return rights, each(rows, err, func(r scanner) error {
		p, err := pass(r)
		rights[p.ID] = meet.RightOf(p)
		return err
	})
}

// Occupied lists the rooms in which somebody has rights.
func (s *Store) Occupied(ctx context.Context) (ids []meet.ID, err error) {
	rows, err := s.rows(ctx, `SELECT DISTINCT room FROM pass INDEXED BY pass_here WHERE gone = 0`)
	return collect(rows, err, id)
}

// Entering is what the lobby's form says. Links are the tokens that this browser opened, at most eight.
type Entering struct {
	Slug   string
	Label  meet.Label // Image is not read: Picture brings a new one, KeepImage the remembered one
	Links  []string
	Mic    bool
	Camera bool

	Picture   *Picture
	KeepImage bool
	Ask       bool // where a lock is in the way, ask instead
}

// Entered is what the lobby answers.
type Entered struct {
	Pass, Room meet.ID
	Waiting    bool // asked; a host decides
}

// EnterRoom makes or renews the pass of a browser and puts it inside: the others see it at once. If no stream of it
// opens within AbsentAfter, it is out again. Where a lock is in the way and the form asks, the pass waits instead.
var EnterRoom = verb("enter-room", func(a *act, in Entering) (Entered, error) {
	w, err := a.browser()
	if err != nil {
		return Entered{}, err
	}
	r, err := room(a.row(`SELECT `+roomColumns+` FROM room r JOIN account o ON o.id = r.owner AND o.deactivated_at IS NULL WHERE r.slug = ?`, in.Slug))
	if err != nil {
		return Entered{}, err
	}
	old, err := a.passIn(r.ID, w.Browser.ID)
	if err != nil {
		return Entered{}, err
	}
	link, err := a.s.opened(r.ID, w.Browser.ID, in.Links, func(hash []byte) scanner { return a.row(capabilityQuery, hash) })
	if err != nil {
		return Entered{}, err
	}
	who := meet.ActorOf(w.Account, r, old, link.Role)
	wait, err := wayIn(who, r, old, in.Ask, a.now)
	if err != nil {
		return Entered{}, err
	}
	label, err := a.label(w, in)
	if err != nil {
		return Entered{}, err
	}
	p := meet.Pass{ID: newID(), Room: r.ID, Browser: w.Browser.ID, Account: w.Account.ID, Label: label, Role: who.Role(), Mic: in.Mic, Camera: in.Camera}
	p.Registration, p.Invitation, p.Early = link.Registration, link.Invitation, wait && r.Early
	if old != nil {
		p.ID = old.ID
		p.Registration, p.Invitation = cmp.Or(p.Registration, old.Registration), cmp.Or(p.Invitation, old.Invitation)
		if old.Invitation != "" && highest(link.Role, p.Role) != link.Role { // what was opened before gives more
			p.Invitation = old.Invitation
		}
	}
	if err := a.oneSeat(p); err != nil {
		return Entered{}, err
	}
	if p.Name, err = a.distinct(p); err != nil {
		return Entered{}, err
	}
	if err := a.remember(w, label); err != nil {
		return Entered{}, err
	}
	if wait {
		return Entered{p.ID, r.ID, true}, a.knock(r, p)
	}
	return Entered{p.ID, r.ID, false}, a.enter(r, p, old)
})

// wayIn tells whether somebody comes in or has to wait.
func wayIn(who meet.Actor, r meet.Room, old *meet.Pass, ask bool, now time.Time) (wait bool, err error) {
	err = meet.Allow(meet.EnterRoom, who, r.Door())
	if err == nil || !ask && !(r.Early && !r.Locked) {
		return false, err
	}
	if err := meet.Allow(meet.Ask, who, r.Door()); err != nil {
		return false, err
	}
	if old != nil {
		return true, old.MayAsk(now)
	}
	return true, nil
}

// WayIn refuses whom the door would: for what is too costly to be done before it is asked.
func (d Door) WayIn(ask bool, now time.Time) error {
	if !d.Alive {
		return meet.ErrNotHere
	}
	_, err := wayIn(d.Actor, d.Room, d.Pass, ask, now)
	return err
}

// distinct gives somebody who is not a host, but came with a host's exact name, a suffix (decision 28).
func (a *act) distinct(p meet.Pass) (string, error) {
	if p.Role == meet.Host {
		return p.Name, nil
	}
	rows, err := a.rows(`SELECT name FROM pass WHERE room = ?1 AND role = 'host' AND gone = 0 AND id <> ?2
		UNION ALL SELECT o.name FROM room r JOIN account o ON o.id = r.owner WHERE r.id = ?1`, p.Room, p.ID)
	hosts, err := collect(rows, err, func(r scanner) (name string, err error) { return name, r.Scan(&name) })
	for _, host := range hosts {
		if strings.EqualFold(host, p.Name) {
			return p.Name + " (guest)", err
		}
	}
	return p.Name, err
}

func (a *act) enter(r meet.Room, p meet.Pass, old *meet.Pass) error {
	p.OnStage = meet.OnStageAtEntry(r.Theme, p.Role)
	p.Mic, p.Camera = p.Mic && p.OnStage, p.Camera && p.OnStage
	inside := old != nil && old.State == meet.In
	since := ms(a.now)
	if inside {
		since = ms(old.Since)
	}
	if err := a.do(`INSERT INTO pass (id, room, browser, account, name, headline, colour, image, role, state, on_stage, mic, camera, since, closed_at, gone, created_at, registration, invitation)
		VALUES (?, ?, ?, nullif(?, ''), ?, ?, ?, ?, ?, 'in', ?, ?, ?, ?, ?, 0, ?, nullif(?, ''), nullif(?, ''))
		ON CONFLICT (room, browser) DO UPDATE SET account = excluded.account, name = excluded.name, headline = excluded.headline, colour = excluded.colour,
		image = excluded.image, role = excluded.role, state = 'in', on_stage = excluded.on_stage, mic = excluded.mic, camera = excluded.camera,
		registration = coalesce(excluded.registration, registration), invitation = coalesce(excluded.invitation, invitation), early = 0,
		screen = 0, since = excluded.since, hand_at = CASE WHEN state = 'in' THEN hand_at END, denials = 0, denied_at = NULL,
		closed_at = CASE WHEN state = 'in' AND closed_at IS NULL THEN NULL ELSE excluded.closed_at END, gone = 0`,
		p.ID, p.Room, p.Browser, string(p.Account), p.Name, p.Headline, p.Colour, p.Image, p.Role, p.OnStage, p.Mic, p.Camera, since, ms(a.now), ms(a.now), p.Registration, p.Invitation); err != nil {
		return err
	}
	if old != nil && old.State == meet.Waiting { // unlocked, or come by a host link meanwhile
		if err := a.changed(KnocksTopic(r.ID), KnocksOfTopic(r.Owner)); err != nil {
			return err
		}
	}
	if !inside {
		return a.arrive(r, p)
	}
	if err := a.do(`UPDATE attendance SET name = ?, role = ? WHERE pass = ? AND left_at IS NULL`, p.Name, p.Role, p.ID); err != nil {
		return err
	}
	return a.changed(PeopleTopic(r.ID), TileTopic(r.Owner, r.ID))
}

// Leaving names a room by its address.
type Leaving struct{ Slug string }

// LeaveRoom takes one's own pass out at once, on every path.
var LeaveRoom = verb("leave-room", func(a *act, in Leaving) (Done, error) {
	r, w, err := a.mayRoomAt(meet.LeaveRoom, in.Slug)
	if err != nil {
		return Done{}, err
	}
	return Done{}, a.leave(r.ID, `browser = ?`, w.Browser.ID)
})

// OwnDevices is what a person says of their own microphone and camera, and of the screen they share.
type OwnDevices struct {
	Slug                string
	Mic, Camera, Screen bool
}

// SetOwnDevices tells the others whether somebody is muted and shows a picture.
var SetOwnDevices = verb("set-own-devices", func(a *act, in OwnDevices) (Done, error) {
	r, w, err := a.mayRoomAt(meet.SetOwn, in.Slug)
	if err != nil {
		return Done{}, err
	}
	if err := a.do(`UPDATE pass SET mic = ?1 AND on_stage, camera = ?2 AND on_stage, screen = ?3 AND on_stage WHERE room = ?4 AND browser = ?5`, in.Mic, in.Camera, in.Screen, r.ID, w.Browser.ID); err != nil {
		return Done{}, err
	}
	return Done{}, a.changed(PeopleTopic(r.ID))
})

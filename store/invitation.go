package store

import (
	"context"
	"database/sql"
	"time"

	"foyer/meet"
)

const invitationColumns = `i.id, i.room, i.email, i.name, i.role, i.uid, i.generation, i.by, i.created_at, i.came_at, i.revoked_at`

func invitation(row scanner, more ...any) (i meet.Invitation, err error) {
	var created int64
	var came, revoked sql.NullInt64
	err = row.Scan(append([]any{&i.ID, &i.Room, &i.Email, &i.Name, &i.Role, &i.UID, &i.Generation, &i.By, &created, &came, &revoked}, more...)...)
	i.Created, i.Came, i.Revoked = time.UnixMilli(created), when(came), when(revoked)
	return i, err
}

// Inviting asks an address to come to a room or an event.
type Inviting struct {
	Room              meet.ID
	Email, Name, Role string
}

// Invite queues the letter with the link. Who was invited before gets it again, with the role of now.
var Invite = verb("invite", func(a *act, in Inviting) (meet.ID, error) {
	r, w, err := a.mayRoom(meet.InvitePeople, in.Room)
	if err != nil {
		return "", err
	}
	if r.Closed {
		return "", meet.Refuse(meet.Conflict, "This webinar is over.")
	}
	i := meet.Invitation{ID: newID(), Room: r.ID, UID: "i-" + random(10), Generation: 1, By: w.Account.Name}
	var key string
	if i.Email, key, err = meet.Email(in.Email); err != nil {
		return "", err
	}
	if i.Name, err = meet.PersonName(in.Name); err != nil {
		return "", err
	}
	if i.Role, err = meet.InviteRole(in.Role); err != nil {
		return "", err
	}
	old, err := invitation(a.row(`SELECT `+invitationColumns+` FROM invitation i WHERE i.room = ? AND i.email_key = ?`, r.ID, key))
	if err != nil && !none(err) {
		return "", err
	}
	if err == nil {
		i.ID, i.UID, i.Generation = old.ID, old.UID, old.Generation
		if !old.Revoked.IsZero() { // a new entry in their calendar, and the old link stays shut
			i.UID, i.Generation = "i-"+random(10), old.Generation+1
		}
	}
	if err := a.invite(r, i, key); err != nil {
		return "", err
	}
	return i.ID, a.demote(r, i)
})

// demote takes from the passes of an invitation what it does not give any more. More than before comes with the link; less
// does not wait until that is opened again. Who is inside goes out, as when it is revoked, and comes in again as what they
// are now: their page is that of somebody else. Hosts are hosts by something else.
func (a *act) demote(r meet.Room, i meet.Invitation) error {
	more := map[meet.Role]string{meet.Attendee: `role IN ('speaker', 'moderator')`, meet.Speaker: `role = 'moderator'`}[i.Role]
	if more == "" {
		return nil
	}
	var n int
	if err := a.row(`SELECT count(*) FROM pass WHERE invitation = ? AND `+more, i.ID).Scan(&n); err != nil || n == 0 {
		return err
	}
	if err := a.leave(r.ID, more+` AND state <> 'waiting' AND invitation = ?`, i.ID); err != nil {
		return err
	}
	return a.do(`UPDATE pass SET role = ? WHERE invitation = ? AND `+more, i.Role, i.ID)
}

func (a *act) invite(r meet.Room, i meet.Invitation, key string) error {
	if err := a.do(`INSERT INTO invitation (id, room, email, email_key, name, role, uid, generation, by, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET email = excluded.email, name = excluded.name, role = excluded.role, uid = excluded.uid, generation = excluded.generation,
		by = excluded.by, revoked_at = NULL`, i.ID, i.Room, i.Email, key, i.Name, i.Role, i.UID, i.Generation, i.By, ms(a.now)); err != nil {
		return err
	}
	if err := a.keepLink(meet.InviteLink, i.Room, i.ID, i.Generation); err != nil {
		return err
	}
	l, err := a.inviteLetter(r, i)
	if err != nil {
		return err
	}
	if err := a.owe(l); err != nil {
		return err
	}
	return a.changed(RegistrantsTopic(r.ID))
}

// inviteLetter is the next letter of an invitation, about the event as it is now.
func (a *act) inviteLetter(r meet.Room, i meet.Invitation) (l owed, err error) {
	l = owed{dedup: i.UID + "/invitation/" + random(10), lane: i.UID, about: aboutInvitation, kind: meet.LetterInvitation, room: r.ID, subject: i.ID,
		rcpt: i.Email, expires: a.now.Add(7 * 24 * time.Hour)}
	if !r.Event {
		return l, nil
	}
	e, err := event(a.row(eventQuery+`WHERE r.id = ?`, r.ID))
	l.sequence, l.expires = e.Sequence, lasting(e, a.now)
	return l, err
}

// OneInvitation names an invitation.
type OneInvitation struct{ Room, Invitation meet.ID }

// RevokeInvitation shuts the link of an invitation and sends out whoever is inside by it. They are told where they had an
// entry in their calendar.
var RevokeInvitation = verb("revoke-invitation", func(a *act, in OneInvitation) (Done, error) {
	r, i, err := a.mayInvitation(in)
	if err != nil || !i.Revoked.IsZero() {
		return Done{}, err
	}
	if err := a.do(`UPDATE invitation SET revoked_at = ? WHERE id = ?`, ms(a.now), i.ID); err != nil {
		return Done{}, err
	}
	if r.Event {
		e, err := event(a.row(eventQuery+`WHERE r.id = ?`, r.ID))
		if err != nil {
			return Done{}, err
		}
		if err := a.takeBack(e, owed{lane: i.UID, about: aboutInvitation, reason: "revoked", room: r.ID, subject: i.ID, rcpt: i.Email}); err != nil {
			return Done{}, err
		}
	} else if err := a.endLanes(`lane = ?`, i.UID); err != nil {
		return Done{}, err
	}
	if err := a.leave(r.ID, `invitation = ?`, i.ID); err != nil {
		return Done{}, err
	}
	if err := a.do(`UPDATE pass SET invitation = NULL, role = 'attendee' WHERE invitation = ?`, i.ID); err != nil {
		return Done{}, err
	}
	return Done{}, a.changed(RegistrantsTopic(r.ID))
})

// ResendInvitation sends an invitation once more.
var ResendInvitation = verb("resend-invitation", func(a *act, in OneInvitation) (Done, error) {
	r, i, err := a.mayInvitation(in)
	if err != nil {
		return Done{}, err
	}
	if !i.Revoked.IsZero() || r.Closed {
		return Done{}, meet.Refuse(meet.Conflict, "This invitation does not stand any more.")
	}
	if hurried, err := a.hurry(i.UID); err != nil || hurried {
		return Done{}, err
	}
	l, err := a.inviteLetter(r, i)
	if err != nil {
		return Done{}, err
	}
	l.reason = "again"
	if err := a.owe(l); err != nil {
		return Done{}, err
	}
	return Done{}, a.changed(RegistrantsTopic(r.ID))
})

func (a *act) mayInvitation(in OneInvitation) (meet.Room, meet.Invitation, error) {
	r, _, err := a.mayRoom(meet.InvitePeople, in.Room)
	if err != nil {
		return r, meet.Invitation{}, err
	}
	i, err := invitation(a.row(`SELECT `+invitationColumns+` FROM invitation i WHERE i.id = ? AND i.room = ?`, in.Invitation, r.ID))
	if none(err) {
		err = meet.ErrNotHere
	}
	return r, i, err
}

// Invitations are those of a room that stand, newest last, with what became of their letters.
func (s *Store) Invitations(ctx context.Context, w Who, room meet.ID) ([]meet.Invitation, error) {
	r, err := s.Room(ctx, w, room)
	if err != nil {
		return nil, err
	}
	if err := meet.Allow(meet.InvitePeople, meet.ActorOf(w.Account, r, nil, ""), r.Door()); err != nil {
		return nil, err
	}
	rows, err := s.rows(ctx, `SELECT `+invitationColumns+`, `+mailColumns+` FROM invitation i`+mailOf(`i.uid`, calendarKinds)+`
		WHERE i.room = ? AND i.revoked_at IS NULL ORDER BY i.created_at, i.id`, room)
	return collect(rows, err, func(row scanner) (i meet.Invitation, err error) {
		var told, said string
		var bad bool
		i, err = invitation(row, &told, &said, &bad)
		i.Bad = bad
		i.Mail, i.Reason = mailState(told, said)
		return i, err
	})
}

func (a *act) aboutInvitation(p *Posting, id meet.ID) error {
	i, err := invitation(a.row(`SELECT `+invitationColumns+` FROM invitation i WHERE i.id = ?`, id))
	p.Invitation, p.Token = &i, a.s.InviteToken(i.ID, i.Generation)
	return err
}

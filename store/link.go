package store

import (
	"cmp"
	"context"
	"crypto/hmac"

	"foyer/meet"
)

// Capability is what a link in the world opens.
type Capability struct {
	Room                     meet.ID
	Slug                     string
	Role                     meet.Role
	Registration, Invitation meet.ID // it belongs to, "" = neither
	Name                     string  // of that
}

// Capability looks the token of a link up. A renewed, revoked or invented one is not here.
func (s *Store) Capability(ctx context.Context, token string) (Capability, error) {
	return capability(s.row(ctx, capabilityQuery, meet.HashToken(token)))
}

const capabilityQuery = `SELECT r.id, r.slug, l.kind, coalesce(g.id, ''), coalesce(i.id, ''), coalesce(i.role, ''), coalesce(g.name, i.name, '') FROM link l JOIN room r ON r.id = l.room
	JOIN account o ON o.id = r.owner AND o.deactivated_at IS NULL
	LEFT JOIN registration g ON l.kind = 'seat' AND g.id = l.subject AND g.generation = l.generation AND g.state = 'registered'
	LEFT JOIN invitation i ON l.kind = 'invite' AND i.id = l.subject AND i.generation = l.generation AND i.revoked_at IS NULL
	WHERE l.token = ? AND (l.kind = 'host' AND r.host_link = l.generation OR g.id IS NOT NULL OR i.id IS NOT NULL)`

func capability(row scanner) (c Capability, err error) {
	var kind meet.TokenKind
	err = row.Scan(&c.Room, &c.Slug, &kind, &c.Registration, &c.Invitation, &c.Role, &c.Name)
	switch {
	case none(err):
		return Capability{}, meet.ErrNotHere
	case kind == meet.HostLink:
		c.Role = meet.Host
	case kind == meet.SeatLink:
		c.Role = meet.Attendee
	}
	return c, err
}

// Opened is what the links that a browser opened give it in one room, all together.
func (s *Store) Opened(ctx context.Context, w Who, room meet.ID, tokens []string) (Capability, error) {
	return s.opened(room, w.Browser.ID, tokens, func(hash []byte) scanner { return s.row(ctx, capabilityQuery, hash) })
}

// opened puts them together: the highest role, the last seat, and the last invitation of those that give most, so that
// powers end with what gave them.
func (s *Store) opened(room, browser meet.ID, tokens []string, look func(hash []byte) scanner) (sum Capability, err error) {
	var asked meet.Role // as what, by sum.Invitation
	for _, token := range tokens {
		if browser != "" && hmac.Equal([]byte(token), []byte(s.EntryToken(room, browser))) {
			sum.Role = highest(sum.Role, meet.Attendee)
			continue
		}
		c, err := capability(look(meet.HashToken(token)))
		if meet.CodeOf(err) == meet.NotHere && err != nil {
			continue
		}
		if err != nil {
			return sum, err
		}
		if c.Room != room {
			continue
		}
		sum.Room, sum.Slug, sum.Role = c.Room, c.Slug, highest(sum.Role, c.Role)
		sum.Name = cmp.Or(c.Name, sum.Name)
		if c.Registration != "" {
			sum.Registration = c.Registration
		}
		if c.Invitation != "" && highest(asked, c.Role) == c.Role {
			sum.Invitation, asked = c.Invitation, c.Role
		}
	}
	return sum, nil
}

func highest(a, b meet.Role) meet.Role {
	order := map[meet.Role]int{meet.Attendee: 1, meet.Speaker: 2, meet.Moderator: 3, meet.Host: 4}
	if order[b] > order[a] {
		return b
	}
	return a
}

// EntryToken lets the browser that registered just now into an event that goes on. It hangs on no row, so that it says
// nothing of whether the address had a seat before.
func (s *Store) EntryToken(room, browser meet.ID) string {
	return meet.Mint(s.secret, meet.EntryLink, meet.EntryID(room, browser), 1)
}

// SeatToken mints the token of a personal link.
func (s *Store) SeatToken(id meet.ID, generation int) string {
	return meet.Mint(s.secret, meet.SeatLink, id, generation)
}

// InviteToken mints the token of an invitation's link.
func (s *Store) InviteToken(id meet.ID, generation int) string {
	return meet.Mint(s.secret, meet.InviteLink, id, generation)
}

// QuietToken mints the token that stops the reminders of a registration.
func (s *Store) QuietToken(id meet.ID) string { return meet.Mint(s.secret, meet.QuietLink, id, 1) }

// keepLink makes a token findable.
func (a *act) keepLink(kind meet.TokenKind, room, subject meet.ID, generation int) error {
	return a.do(`INSERT INTO link (token, kind, room, generation, subject) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		meet.HashToken(meet.Mint(a.s.secret, kind, subject, generation)), kind, room, generation, subject)
}

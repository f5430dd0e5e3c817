package store

import (
	"time"

	"foyer/meet"
)

// Ticket is a link by mail that sets a password: of an account that exists, or of one that begins with it.
type Ticket struct {
	ID      meet.ID
	Kind    meet.TokenKind
	Account meet.ID // of a reset
	Email   string
	Name    string
	Admin   bool
	Expires time.Time
}

func (a *act) aboutTicket(p *Posting, id meet.ID) error {
	t := Ticket{}
	var expires int64
	err := a.row(`SELECT id, kind, coalesce(account, ''), email, name, admin, expires_at FROM ticket WHERE id = ?`, id).
		Scan(&t.ID, &t.Kind, &t.Account, &t.Email, &t.Name, &t.Admin, &expires)
	t.Expires = time.UnixMilli(expires)
	p.Ticket, p.Token = &t, meet.Mint(a.s.secret, t.Kind, t.ID, 1)
	return err
}

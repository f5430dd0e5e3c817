package store

import (
	"context"
	"strings"
	"time"

	"foyer/meet"
)

// Ticket is one as letters tell it.
type Ticket = meet.Ticket

// How long such links work.
const (
	ResetLasts = time.Hour
	BeginLasts = 7 * 24 * time.Hour
)

const ticketColumns = `t.id, t.kind, coalesce(t.account, ''), t.email, t.name, t.admin, t.expires_at, t.used_at IS NOT NULL`

func ticket(row scanner, more ...any) (t Ticket, err error) {
	var expires int64
	err = row.Scan(append([]any{&t.ID, &t.Kind, &t.Account, &t.Email, &t.Name, &t.Admin, &expires, &t.Used}, more...)...)
	t.Expires = time.UnixMilli(expires)
	return t, err
}

// openTicket finds a link that still works: not used, not too old, of an account that is in use.
const openTicket = `SELECT ` + ticketColumns + ` FROM ticket t LEFT JOIN account o ON o.id = t.account AND o.deactivated_at IS NULL
	WHERE t.token = ? AND t.kind = ? AND t.used_at IS NULL AND t.expires_at > ? AND (t.kind = 'account' OR o.id IS NOT NULL)`

// Ticket looks such a link up by its token. It writes nothing: programs that read mail open links, too.
func (s *Store) Ticket(ctx context.Context, kind meet.TokenKind, token string) (Ticket, error) {
	t, err := ticket(s.row(ctx, openTicket, meet.HashToken(token), kind, ms(s.now())))
	if none(err) {
		err = meet.ErrNotHere
	}
	return t, err
}

func (a *act) ticket(kind meet.TokenKind, hash []byte) (Ticket, error) {
	t, err := ticket(a.row(openTicket, hash, kind, ms(a.now)))
	if none(err) {
		err = meet.ErrNotHere
	}
	return t, err
}

func (a *act) aboutTicket(p *Posting, id meet.ID) error {
	t, err := ticket(a.row(`SELECT `+ticketColumns+` FROM ticket t WHERE t.id = ?`, id))
	p.Ticket, p.Token = &t, meet.Mint(a.s.secret, t.Kind, t.ID, 1)
	return err
}

// addTicket makes a link and queues the letter with it; reason is what else that letter says.
func (a *act) addTicket(t Ticket, lasts time.Duration, kind meet.LetterKind, reason string) error {
	t.ID, t.Expires = newID(), a.now.Add(lasts)
	if err := a.insertTicket(t, meet.Mint(a.s.secret, t.Kind, t.ID, 1)); err != nil {
		return err
	}
	return a.owe(owed{dedup: "t-" + string(t.ID), lane: "t-" + string(t.ID), about: aboutTicket, kind: kind, reason: reason, subject: t.ID, rcpt: t.Email, expires: t.Expires})
}

func (a *act) insertTicket(t Ticket, token string) error {
	return a.do(`INSERT INTO ticket (token, kind, id, account, email, name, admin, created_at, expires_at) VALUES (?, ?, ?, nullif(?, ''), ?, ?, ?, ?, ?)`,
		meet.HashToken(token), t.Kind, t.ID, t.Account, t.Email, t.Name, t.Admin, ms(a.now), ms(t.Expires))
}

// endTickets uses links up. which is a condition on ticket. What waits of their letters never leaves.
func (a *act) endTickets(which string, arg any) error {
	if err := a.endLanes(`subject IN (SELECT id FROM ticket WHERE used_at IS NULL AND `+which+`)`, arg); err != nil {
		return err
	}
	return a.do(`UPDATE ticket SET used_at = ? WHERE used_at IS NULL AND `+which, ms(a.now), arg)
}

// AskReset queues a letter with a link that sets a new password, where the address has an account: three an hour at most
// (decision 21). The answer is the same everywhere, and so is what is written, so that its time tells nothing either.
var AskReset = verb("ask-reset", func(a *act, email string) (Done, error) {
	if _, err := a.allow(meet.SetPassword); err != nil {
		return Done{}, err
	}
	_, key, err := meet.Email(email)
	if err != nil {
		return Done{}, err
	}
	t := Ticket{Kind: meet.ResetLink}
	err = a.row(`SELECT id, email, name FROM account WHERE email_key = ? AND deactivated_at IS NULL`, key).Scan(&t.Account, &t.Email, &t.Name)
	if err != nil && !none(err) {
		return Done{}, err
	}
	var lately int
	if err := a.row(`SELECT count(*) FROM ticket WHERE account = ? AND kind = 'reset' AND created_at > ?`, t.Account, ms(a.now.Add(-time.Hour))).Scan(&lately); err != nil {
		return Done{}, err
	}
	if t.Account != "" && lately < meet.MostLinksAnHour {
		return Done{}, a.addTicket(t, ResetLasts, meet.LetterReset, "")
	}
	return Done{}, a.insertTicket(Ticket{ID: newID(), Kind: meet.ResetLink, Expires: a.now}, newToken()) // nobody's
})

// Resetting sets a password by a link. Ticket is the hash of its token, Token the browser's new cookie, hashed.
type Resetting struct {
	Ticket   []byte
	Password string // a hash already
	Token    []byte
}

// Same is what makes two of them the same act: the password's hash has a new salt each time.
func (r Resetting) Same() any { return []any{r.Ticket, r.Token} }

// ResetPassword sets a password by a link, uses up all such links of the account, signs its other browsers out and this
// one in.
var ResetPassword = verb("reset-password", func(a *act, in Resetting) (Done, error) {
	w, err := a.allow(meet.SetPassword)
	if err != nil {
		return Done{}, err
	}
	t, err := a.ticket(meet.ResetLink, in.Ticket)
	if err != nil {
		return Done{}, err
	}
	if err := a.do(`UPDATE account SET password = ? WHERE id = ?`, in.Password, t.Account); err != nil {
		return Done{}, err
	}
	if err := a.endTickets(`account = ?`, t.Account); err != nil {
		return Done{}, err
	}
	if err := a.signOutEverywhere(t.Account, w.Browser.ID); err != nil {
		return Done{}, err
	}
	return Done{}, a.signIn(t.Account, in.Token)
})

// AccountFor asks somebody to begin an account here.
type AccountFor struct {
	Email, Name string
	Admin       bool
}

// InviteAccount queues the letter with the link. Who was asked before gets another link, and the old one is shut.
var InviteAccount = verb("invite-account", func(a *act, in AccountFor) (Done, error) {
	w, err := a.allow(meet.InviteAccount)
	if err != nil {
		return Done{}, err
	}
	t := Ticket{Kind: meet.AccountLink, Admin: in.Admin}
	var key string
	if t.Name, err = meet.PersonName(in.Name); err != nil {
		return Done{}, err
	}
	if t.Email, key, err = meet.Email(in.Email); err != nil {
		return Done{}, err
	}
	var taken bool
	if err := a.row(`SELECT EXISTS (SELECT 1 FROM account WHERE email_key = ?)`, key).Scan(&taken); err != nil {
		return Done{}, err
	}
	if taken {
		return Done{}, meet.Wrong("email", "This address has an account already.")
	}
	if err := a.endTickets(`kind = 'account' AND lower(email) = ?`, strings.ToLower(t.Email)); err != nil {
		return Done{}, err
	}
	return Done{}, a.addTicket(t, BeginLasts, meet.LetterAccount, w.Account.Name)
})

// WithdrawAccount shuts the link of an invitation to an account.
var WithdrawAccount = verb("withdraw-account", func(a *act, id meet.ID) (Done, error) {
	if _, err := a.allow(meet.InviteAccount); err != nil {
		return Done{}, err
	}
	return Done{}, a.endTickets(`kind = 'account' AND id = ?`, id)
})

// AccountInvitations are those that nobody used yet, oldest first, with what became of their letters.
func (s *Store) AccountInvitations(ctx context.Context) ([]Ticket, error) {
	rows, err := s.rows(ctx, `SELECT `+ticketColumns+`, `+mailColumns+` FROM ticket t`+mailOf(`'t-' || t.id`, `('account')`)+`
		WHERE t.kind = 'account' AND t.used_at IS NULL AND t.expires_at > ? ORDER BY t.created_at, t.id`, ms(s.now()))
	return collect(rows, err, func(r scanner) (Ticket, error) {
		var told, said string
		var bad bool
		t, err := ticket(r, &told, &said, &bad)
		t.Bad = bad
		t.Mail, t.Reason = mailState(told, said)
		return t, err
	})
}

// Beginning makes the account that somebody was asked to begin. Ticket is the hash of the link's token, Token the browser's
// new cookie, hashed.
type Beginning struct {
	Ticket         []byte
	Name, Password string // a hash already
	Token          []byte
}

// Same is what makes two of them the same act: the password's hash has a new salt each time.
func (b Beginning) Same() any { return []any{b.Ticket, b.Name, b.Token} }

// BeginAccount makes it and signs this browser in.
var BeginAccount = verb("begin-account", func(a *act, in Beginning) (Done, error) {
	if _, err := a.allow(meet.SetPassword); err != nil {
		return Done{}, err
	}
	t, err := a.ticket(meet.AccountLink, in.Ticket)
	if err != nil {
		return Done{}, err
	}
	id, err := a.addAccount(NewAccount{Email: t.Email, Name: in.Name, Password: in.Password, Admin: t.Admin})
	if err != nil {
		return Done{}, err
	}
	if err := a.endTickets(`id = ?`, t.ID); err != nil {
		return Done{}, err
	}
	return Done{}, a.signIn(id, in.Token)
})

package store

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"time"

	"foyer/meet"
)

// Who is the browser behind a request and the account that hangs on it.
type Who struct {
	Browser meet.Browser
	Account meet.Account // zero for a guest, and for one that was deactivated
	Label   meet.Label   // the account's, as typed last; see LabelFor
}

// Who looks a browser up by the hash of its token. A browser without a row is a stranger, not an error.
func (s *Store) Who(ctx context.Context, token []byte) (Who, error) {
	return who(s.row(ctx, whoQuery, token))
}

const whoQuery = `SELECT b.id, coalesce(b.account, ''), b.name, b.headline, b.colour, b.image,
	coalesce(a.id, ''), coalesce(a.email, ''), coalesce(a.name, ''), coalesce(a.admin, 0), coalesce(a.created_at, 0),
	coalesce(a.label, ''), coalesce(a.headline, ''), coalesce(a.colour, 0), coalesce(a.image, '')
	FROM browser b LEFT JOIN account a ON a.id = b.account AND a.deactivated_at IS NULL WHERE b.token = ?`

func who(row scanner) (w Who, err error) {
	var created int64
	err = row.Scan(&w.Browser.ID, &w.Browser.Account, &w.Browser.Label.Name, &w.Browser.Label.Headline, &w.Browser.Label.Colour, &w.Browser.Label.Image,
		&w.Account.ID, &w.Account.Email, &w.Account.Name, &w.Account.Admin, &created, &w.Label.Name, &w.Label.Headline, &w.Label.Colour, &w.Label.Image)
	w.Account.Created = time.UnixMilli(created)
	if none(err) {
		return Who{}, nil
	}
	return w, err
}

// browser is the one that asks; its row is made with its first POST.
func (a *act) browser() (Who, error) {
	w, err := who(a.row(whoQuery, a.by.Token))
	if err != nil || w.Browser.Known() {
		return w, err
	}
	w.Browser.ID = newID()
	return w, a.do(`INSERT INTO browser (id, token, created_at) VALUES (?, ?, ?)`, w.Browser.ID, a.by.Token, ms(a.now))
}

// allow asks the table about somebody who acts outside of any room.
func (a *act) allow(do meet.Action) (Who, error) {
	w, err := a.browser()
	if err != nil {
		return w, err
	}
	return w, meet.Allow(do, meet.ActorOf(w.Account, meet.Room{}, nil, ""), meet.Door{})
}

// Credential is what signing in is checked against, before the verb, on the node that took the request.
type Credential struct {
	Account  meet.ID
	Password string // argon2id, PHC string
}

// Credential looks an address up by its key. An unknown address gives an empty credential, not an error, so that the
// caller spends the same time on it.
func (s *Store) Credential(ctx context.Context, emailKey string) (c Credential, err error) {
	err = s.row(ctx, `SELECT id, password FROM account WHERE email_key = ? AND deactivated_at IS NULL`, emailKey).Scan(&c.Account, &c.Password)
	if none(err) {
		return Credential{}, nil
	}
	return c, err
}

// CredentialOf is the credential of an account by id.
func (s *Store) CredentialOf(ctx context.Context, account meet.ID) (c Credential, err error) {
	err = s.row(ctx, `SELECT id, password FROM account WHERE id = ?`, account).Scan(&c.Account, &c.Password)
	return c, err
}

// Accounts lists everybody who can host, by name.
func (s *Store) Accounts(ctx context.Context) (list []meet.Account, err error) {
	rows, err := s.rows(ctx, `SELECT id, email, name, admin, created_at, deactivated_at FROM account ORDER BY name COLLATE NOCASE, id`)
	return list, each(rows, err, func(r scanner) error {
		var a meet.Account
		var created int64
		var gone sql.NullInt64
		err := r.Scan(&a.ID, &a.Email, &a.Name, &a.Admin, &created, &gone)
		a.Created, a.Deactivated = time.UnixMilli(created), gone.Valid
		list = append(list, a)
		return err
	})
}

// HasAccounts tells whether set-up is over.
func (s *Store) HasAccounts(ctx context.Context) (has bool, err error) {
	err = s.row(ctx, `SELECT EXISTS (SELECT 1 FROM account)`).Scan(&has)
	return has, err
}

// NewAccount is somebody who will be able to host. Password is a hash already.
type NewAccount struct {
	Email, Name, Password string
	Admin                 bool
}

// Done is the answer of a verb that has nothing to tell.
type Done struct{}

// AddAccount makes an account, by the command line. The answer is its id.
var AddAccount = verb("add-account", func(a *act, in NewAccount) (meet.ID, error) {
	if err := a.mayMachine(); err != nil {
		return "", err
	}
	return a.addAccount(in)
})

func (a *act) addAccount(in NewAccount) (meet.ID, error) {
	email, key, err := meet.Email(in.Email)
	if err != nil {
		return "", err
	}
	name, err := meet.PersonName(in.Name)
	if err != nil {
		return "", err
	}
	var taken bool
	if err := a.row(`SELECT EXISTS (SELECT 1 FROM account WHERE email_key = ?)`, key).Scan(&taken); err != nil {
		return "", err
	}
	if taken {
		return "", meet.Wrong("email", "This address has an account already.")
	}
	id := newID()
	return id, a.do(`INSERT INTO account (id, email, email_key, name, password, admin, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		id, email, key, name, in.Password, in.Admin, ms(a.now))
}

// OfferSetUp keeps the hash of a new set-up secret while there is no account yet.
var OfferSetUp = verb("offer-set-up", func(a *act, token []byte) (Done, error) {
	if err := a.mayMachine(); err != nil {
		return Done{}, err
	}
	return Done{}, a.do(`INSERT INTO setup (only, token) SELECT 1, ? WHERE NOT EXISTS (SELECT 1 FROM account)
		ON CONFLICT (only) DO UPDATE SET token = excluded.token`, token)
})

// FirstAccount carries the set-up secret's hash with the first account. Token is the browser's new cookie, hashed.
type FirstAccount struct {
	Secret []byte
	NewAccount
	Token []byte
}

// Same is what makes two of them the same act: the password's hash has a new salt each time.
func (f FirstAccount) Same() any { return []any{f.Secret, f.Name, f.Email, f.Token} }

// SetUp makes the first account, an admin, and signs its browser in.
var SetUp = verb("set-up", func(a *act, in FirstAccount) (Done, error) {
	var want []byte
	err := a.row(`SELECT token FROM setup WHERE NOT EXISTS (SELECT 1 FROM account)`).Scan(&want)
	if none(err) {
		return Done{}, meet.ErrNotHere
	}
	if err != nil {
		return Done{}, err
	}
	if subtle.ConstantTimeCompare(want, in.Secret) != 1 {
		return Done{}, meet.Wrong("secret", "This is not the set-up secret. It is in the file that the console named when Foyer started.")
	}
	in.Admin = true
	id, err := a.addAccount(in.NewAccount)
	if err != nil {
		return Done{}, err
	}
	if err := a.do(`DELETE FROM setup`); err != nil {
		return Done{}, err
	}
	return Done{}, a.signIn(id, in.Token)
})

// Entry is a password that was found right against Password, the hash it was checked with. Token is the browser's new
// cookie, hashed: a browser gets another token with every sign-in.
type Entry struct {
	Account  meet.ID
	Password string
	Token    []byte
}

// SignIn hangs an account on a browser.
var SignIn = verb("sign-in", func(a *act, in Entry) (Done, error) {
	var now string
	err := a.row(`SELECT password FROM account WHERE id = ? AND deactivated_at IS NULL`, in.Account).Scan(&now)
	if none(err) || err == nil && now != in.Password { // changed or deactivated in this very moment
		return Done{}, meet.Refuse(meet.Conflict, "That account changed a moment ago. Try again.")
	}
	if err != nil {
		return Done{}, err
	}
	return Done{}, a.signIn(in.Account, in.Token)
})

func (a *act) signIn(account meet.ID, token []byte) error {
	w, err := a.browser()
	if err != nil {
		return err
	}
	if old := w.Browser.Account; old != "" && old != account { // what the one gave is not the other's
		if err := a.dropPasses(old, w.Browser.ID, ""); err != nil {
			return err
		}
		if err := a.changed(SignInTopic(old)); err != nil {
			return err
		}
	}
	return a.do(`UPDATE browser SET account = ?, signed_in_at = ?, token = ? WHERE id = ?`, account, ms(a.now), token, w.Browser.ID)
}

// SignOut takes the account off a browser. Token is the browser's new cookie, hashed; the answer tells whether it counts
// now. A browser that is not signed in keeps its own, and one that is not known leaves no row.
var SignOut = verb("sign-out", func(a *act, token []byte) (bool, error) {
	w, err := who(a.row(whoQuery, a.by.Token))
	if err != nil || !w.Browser.SignedIn() {
		return false, err
	}
	if err := a.dropPasses(w.Browser.Account, w.Browser.ID, ""); err != nil {
		return false, err
	}
	if err := a.do(`UPDATE browser SET account = NULL, signed_in_at = NULL, token = ? WHERE id = ?`, token, w.Browser.ID); err != nil {
		return false, err
	}
	return true, a.changed(SignInTopic(w.Browser.Account))
})

// RenameAccount changes the name others see.
var RenameAccount = verb("rename-account", func(a *act, typed string) (Done, error) {
	w, err := a.allow(meet.ChangeAccount)
	if err != nil {
		return Done{}, err
	}
	name, err := meet.PersonName(typed)
	if err != nil {
		return Done{}, err
	}
	if err := a.do(`UPDATE account SET name = ? WHERE id = ?`, name, w.Account.ID); err != nil {
		return Done{}, err
	}
	return Done{}, a.changed(HomeTopic(w.Account.ID))
})

// NewPassword replaces the hash Old, against which the present password was checked.
type NewPassword struct{ Old, New string }

// ChangePassword changes one's own password and signs all other browsers out.
var ChangePassword = verb("change-password", func(a *act, in NewPassword) (Done, error) {
	w, err := a.allow(meet.ChangeAccount)
	if err != nil {
		return Done{}, err
	}
	n, err := a.count(`UPDATE account SET password = ? WHERE id = ? AND password = ?`, in.New, w.Account.ID, in.Old)
	if err == nil && n == 0 {
		err = meet.Refuse(meet.Conflict, "Your password was changed elsewhere a moment ago.")
	}
	if err != nil {
		return Done{}, err
	}
	return Done{}, a.signOutEverywhere(w.Account.ID, w.Browser.ID)
})

// EmailPassword names an account by its address.
type EmailPassword struct{ Email, Password string }

// SetPassword sets a password by the command line and signs all browsers of that account out.
var SetPassword = verb("set-password", func(a *act, in EmailPassword) (Done, error) {
	if err := a.mayMachine(); err != nil {
		return Done{}, err
	}
	_, key, err := meet.Email(in.Email)
	if err != nil {
		return Done{}, err
	}
	var id meet.ID
	if err := a.row(`SELECT id FROM account WHERE email_key = ?`, key).Scan(&id); err != nil {
		if none(err) {
			err = meet.Wrong("email", "No account has this address.")
		}
		return Done{}, err
	}
	if err := a.do(`UPDATE account SET password = ? WHERE id = ?`, in.Password, id); err != nil {
		return Done{}, err
	}
	return Done{}, a.signOutEverywhere(id, "")
})

func (a *act) signOutEverywhere(account, but meet.ID) error {
	if err := a.dropPasses(account, "", but); err != nil {
		return err
	}
	if err := a.do(`UPDATE browser SET account = NULL, signed_in_at = NULL WHERE account = ? AND id <> ?`, account, but); err != nil {
		return err
	}
	return a.changed(SignInTopic(account))
}

// Activity says whether an account may be used.
type Activity struct {
	Account meet.ID
	Active  bool
}

// SetActive deactivates an account, which ends everything of it within a second, or wakes it again. Letters about its rooms
// and events wait meanwhile: what they lead to is shut.
var SetActive = verb("set-active", func(a *act, in Activity) (Done, error) {
	w, err := a.allow(meet.ManageAccounts)
	if err != nil {
		return Done{}, err
	}
	if in.Account == w.Account.ID {
		return Done{}, meet.Refuse(meet.Conflict, "You cannot deactivate your own account.")
	}
	if in.Active {
		return Done{}, a.wake(in.Account)
	}
	if err := a.do(`UPDATE account SET deactivated_at = ? WHERE id = ? AND deactivated_at IS NULL`, ms(a.now), in.Account); err != nil {
		return Done{}, err
	}
	if err := a.endTickets(`account = ?`, in.Account); err != nil {
		return Done{}, err
	}
	if err := a.emptyRooms(in.Account); err != nil {
		return Done{}, err
	}
	return Done{}, a.signOutEverywhere(in.Account, "")
})

// wake lets an account be used again. Its letters that were held (handOut) go out, as far as they still matter.
func (a *act) wake(account meet.ID) error {
	if err := a.do(`UPDATE account SET deactivated_at = NULL WHERE id = ?`, account); err != nil {
		return err
	}
	return a.do(`UPDATE letter SET next_at = ? WHERE state = 'queued' AND next_at = expires_at AND room IN (SELECT id FROM room WHERE owner = ?)`, ms(a.now), account)
}

// emptyRooms sends everybody out of an account's rooms.
func (a *act) emptyRooms(owner meet.ID) error {
	rows, err := a.rows(`SELECT DISTINCT r.id FROM room r JOIN pass p ON p.room = r.id AND p.gone < 2 WHERE r.owner = ?`, owner)
	list, err := collect(rows, err, id)
	if err != nil {
		return err
	}
	for _, id := range list {
		if err := a.leave(id, `room = ?`, id); err != nil {
			return err
		}
	}
	return nil
}

// dropPasses ends and forgets the passes that hang on an account: in one browser, or with "" in all of them, or in all
// but one. What an account gave must not outlive its sign-in; what hosts refused does, or signing out would undo it.
func (a *act) dropPasses(account, only, but meet.ID) error {
	type hung struct{ id, room meet.ID }
	rows, err := a.rows(`SELECT id, room FROM pass WHERE account = ?1 AND (?2 = '' OR browser = ?2) AND browser <> ?3`, account, only, but)
	list, err := collect(rows, err, func(r scanner) (h hung, err error) { return h, r.Scan(&h.id, &h.room) })
	if err != nil {
		return err
	}
	for _, h := range list {
		if err := a.leave(h.room, `id = ?`, h.id); err != nil {
			return err
		}
		if err := a.do(`DELETE FROM pass WHERE id = ? AND state <> 'removed' AND denials = 0`, h.id); err != nil {
			return err
		}
		if err := a.do(`UPDATE pass SET account = NULL, role = 'attendee' WHERE id = ?`, h.id); err != nil {
			return err
		}
	}
	return nil
}

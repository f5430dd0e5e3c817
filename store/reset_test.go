package store_test

import (
	"testing"
	"time"

	"foyer/meet"
	"foyer/store"
)

func (h *house) admin(name string) *person {
	h.t.Helper()
	p := h.guest()
	id, err := do(h, machine, store.AddAccount, store.NewAccount{Email: name + "@example.org", Name: name, Password: "hash of " + name, Admin: true})
	if err == nil {
		_, err = do(h, p.by(""), store.SignIn, store.Entry{Account: id, Password: "hash of " + name, Token: p.token})
	}
	h.must(nil, err)
	p.id = id
	return p
}

// signedIn tells whether a browser is, as whom.
func (p *person) signedIn() string {
	p.h.t.Helper()
	return p.who().Account.Name
}

// C66: a link that sets a password works once and for an hour; the other browsers are signed out, this one is signed in.
func TestResetPassword(t *testing.T) {
	h := open(t)
	ada, laptop, stranger := h.host("ada"), h.guest(), h.guest()
	h.must(do(h, stranger.by(""), store.AskReset, "ADA@example.org"))
	letter := h.posts(meet.LetterReset)[0]
	if letter.To != "ada@example.org" || letter.Ticket.Name != "ada" || letter.Token == "" {
		t.Errorf("%+v %+v", letter, letter.Ticket)
	}
	if got, err := h.Ticket(t.Context(), meet.ResetLink, letter.Token); err != nil || got.Account != ada.id {
		t.Errorf("%+v, %v", got, err)
	}
	_, err := h.Ticket(t.Context(), meet.AccountLink, letter.Token)
	h.refused(meet.NotHere, err)
	in := store.Resetting{Ticket: meet.HashToken(letter.Token), Password: "new hash", Token: laptop.token}
	h.must(do(h, laptop.by("k"), store.ResetPassword, in))
	in.Password = "new hash, other salt"
	h.must(do(h, laptop.by("k"), store.ResetPassword, in)) // the second half of a double click
	if ada.signedIn() != "" || laptop.signedIn() != "ada" {
		t.Errorf("signed in are %q and %q", ada.signedIn(), laptop.signedIn())
	}
	if c, _ := h.Credential(t.Context(), "ada@example.org"); c.Password != "new hash" {
		t.Errorf("the password is %q", c.Password)
	}
	h.refused(meet.NotHere, second(do(h, stranger.by(""), store.ResetPassword, in)))
	_, err = h.Ticket(t.Context(), meet.ResetLink, letter.Token)
	h.refused(meet.NotHere, err)

	h.must(do(h, stranger.by(""), store.AskReset, "ada@example.org"))
	late := h.posts(meet.LetterReset)[0].Token
	h.later(time.Hour)
	h.refused(meet.NotHere, second(do(h, stranger.by(""), store.ResetPassword, store.Resetting{Ticket: meet.HashToken(late), Password: "x", Token: stranger.token})))
	if stranger.signedIn() != "" {
		t.Error("an old link signed somebody in")
	}
}

// Whether an address has an account is told by nothing: not by the answer, nor by what is written.
func TestResetTellsNothing(t *testing.T) {
	h := open(t)
	h.host("ada")
	written := func(email string) uint64 {
		t.Helper()
		p := h.guest()
		h.must(do(h, p.by(""), store.AskReset, "first@example.com")) // a browser that is known writes nothing of its own
		before := h.keep.TXID()
		h.must(do(h, p.by(""), store.AskReset, email))
		return h.keep.TXID() - before
	}
	if known, unknown := written("ada@example.org"), written("nobody@example.org"); known != unknown || known == 0 {
		t.Errorf("%d transactions where there is an account, %d where there is none", known, unknown)
	}
	h.posts(meet.LetterReset)
	for range 5 {
		h.must(do(h, h.guest().by(""), store.AskReset, "ada@example.org"))
	}
	h.posts(meet.LetterReset, meet.LetterReset) // three an hour
	h.later(61 * time.Minute)
	h.must(do(h, h.guest().by(""), store.AskReset, "ada@example.org"))
	h.posts(meet.LetterReset)
	h.refused(meet.Invalid, second(do(h, h.guest().by(""), store.AskReset, "no address")))
}

// A link of an account that is not in use any more sets nothing, and using one shuts the others.
func TestResetLinksEnd(t *testing.T) {
	h := open(t)
	root, ada := h.admin("root"), h.host("ada")
	h.must(do(h, h.guest().by(""), store.AskReset, "ada@example.org"))
	h.must(do(h, h.guest().by(""), store.AskReset, "ada@example.org"))
	list := h.posts(meet.LetterReset, meet.LetterReset)
	h.must(do(h, h.guest().by(""), store.AskReset, "ada@example.org")) // not sent yet
	phone := h.guest()
	h.must(do(h, phone.by(""), store.ResetPassword, store.Resetting{Ticket: meet.HashToken(list[0].Token), Password: "x", Token: phone.token}))
	h.refused(meet.NotHere, second(do(h, phone.by(""), store.ResetPassword, store.Resetting{Ticket: meet.HashToken(list[1].Token), Password: "y", Token: phone.token})))
	h.posts()
	h.later(2 * time.Hour)
	h.must(do(h, h.guest().by(""), store.AskReset, "ada@example.org"))
	token := h.posts(meet.LetterReset)[0].Token
	h.must(do(h, root.by(""), store.SetActive, store.Activity{Account: ada.id}))
	_, err := h.Ticket(t.Context(), meet.ResetLink, token)
	h.refused(meet.NotHere, err)
	h.refused(meet.NotHere, second(do(h, phone.by(""), store.ResetPassword, store.Resetting{Ticket: meet.HashToken(token), Password: "z", Token: phone.token})))
	h.must(do(h, h.guest().by(""), store.AskReset, "ada@example.org"))
	h.posts()
}

// An admin asks somebody to begin an account; the link works once, for a week, and can be taken back.
func TestInviteAccount(t *testing.T) {
	h := open(t)
	root, ada, bob := h.admin("root"), h.host("ada"), h.guest()
	in := store.AccountFor{Email: "Bob@example.org", Name: "Bob", Admin: true}
	h.refused(meet.NotHere, second(do(h, ada.by(""), store.InviteAccount, in)))
	h.refused(meet.SignIn, second(do(h, bob.by(""), store.InviteAccount, in)))
	h.refused(meet.Invalid, second(do(h, root.by(""), store.InviteAccount, store.AccountFor{Email: "ADA@example.org", Name: "Ada"})))
	h.must(do(h, root.by(""), store.InviteAccount, in))
	first := h.posts(meet.LetterAccount)[0]
	if first.To != "Bob@example.org" || first.Reason != "root" || first.Ticket.Name != "Bob" {
		t.Errorf("%+v", first)
	}
	in.Email = "bob@example.org"
	h.must(do(h, root.by(""), store.InviteAccount, in)) // once more: another link
	token := h.posts(meet.LetterAccount)[0].Token
	if list, err := h.AccountInvitations(t.Context()); err != nil || len(list) != 1 || list[0].Mail != meet.MailDelivered || !list[0].Admin {
		t.Errorf("%+v, %v", list, err)
	}
	begin := func(token string) store.Beginning {
		return store.Beginning{Ticket: meet.HashToken(token), Name: "Bob B", Password: "hash of bob", Token: bob.token}
	}
	h.refused(meet.NotHere, second(do(h, bob.by(""), store.BeginAccount, begin(first.Token))))
	h.must(do(h, bob.by(""), store.BeginAccount, begin(token)))
	if w := bob.who(); w.Account.Name != "Bob B" || w.Account.Email != "bob@example.org" || !w.Account.Admin {
		t.Errorf("began as %+v", w.Account)
	}
	h.refused(meet.NotHere, second(do(h, h.guest().by(""), store.BeginAccount, begin(token))))

	h.must(do(h, root.by(""), store.InviteAccount, store.AccountFor{Email: "eve@example.org", Name: "Eve"}))
	eve := h.posts(meet.LetterAccount)[0]
	h.refused(meet.NotHere, second(do(h, ada.by(""), store.WithdrawAccount, eve.Ticket.ID)))
	h.must(do(h, root.by(""), store.WithdrawAccount, eve.Ticket.ID))
	h.refused(meet.NotHere, second(do(h, h.guest().by(""), store.BeginAccount, begin(eve.Token))))
	h.must(do(h, root.by(""), store.InviteAccount, store.AccountFor{Email: "zoe@example.org", Name: "Zoë"}))
	late := h.posts(meet.LetterAccount)[0].Token
	h.later(store.BeginLasts)
	h.refused(meet.NotHere, second(do(h, h.guest().by(""), store.BeginAccount, begin(late))))
	if list, _ := h.AccountInvitations(t.Context()); len(list) > 0 {
		t.Errorf("open: %+v", list)
	}
}

package store_test

import (
	"testing"

	"foyer/meet"
	"foyer/store"
)

func TestSetUpMakesTheFirstAccountOnce(t *testing.T) {
	h := open(t)
	p := h.guest()
	secret := meet.HashToken("the secret")
	first := func(s string) (store.Done, error) {
		return do(h, p.by(""), store.SetUp, store.FirstAccount{Secret: meet.HashToken(s), Token: p.token,
			NewAccount: store.NewAccount{Email: "ada@example.org", Name: "Ada", Password: "x"}})
	}
	_, err := first("the secret")
	h.refused(meet.NotHere, err) // nothing was offered yet
	h.must(do(h, machine, store.OfferSetUp, secret))
	_, err = first("another")
	h.refused(meet.Invalid, err)
	h.must(first("the secret"))
	if w := p.who(); !w.Account.Admin || w.Account.Name != "Ada" {
		t.Errorf("%+v", w)
	}
	_, err = first("the secret")
	h.refused(meet.NotHere, err)
	h.must(do(h, machine, store.OfferSetUp, secret))
	_, err = first("the secret")
	h.refused(meet.NotHere, err) // an offer after the first account counts for nothing
}

func TestMachineVerbsAreNotForBrowsers(t *testing.T) {
	h := open(t)
	p := h.host("ada")
	_, err := do(h, p.by(""), store.AddAccount, store.NewAccount{Email: "eve@example.org", Name: "Eve", Password: "x"})
	h.refused(meet.Forbidden, err)
	_, err = do(h, p.by(""), store.SetPassword, store.EmailPassword{Email: "ada@example.org", Password: "x"})
	h.refused(meet.Forbidden, err)
	_, err = do(h, p.by(""), store.ReportPresence, store.Seen{})
	h.refused(meet.Forbidden, err)
	_, err = do(h, p.by(""), store.Sweep, store.Done{})
	h.refused(meet.Forbidden, err)
	_, err = do(h, p.by(""), store.OfferSetUp, []byte("x"))
	h.refused(meet.Forbidden, err)
	_, err = do(h, p.by(""), store.RenewAllLinks, store.Done{})
	h.refused(meet.Forbidden, err)
}

func TestAddressesAreUniqueInAnyCase(t *testing.T) {
	h := open(t)
	h.host("ada")
	_, err := do(h, machine, store.AddAccount, store.NewAccount{Email: "ADA@Example.ORG", Name: "Ada", Password: "x"})
	h.refused(meet.Invalid, err)
}

func TestSigningOutEndsWhatTheAccountGave(t *testing.T) {
	h := open(t)
	ada := h.host("ada")
	r := ada.room("Office", meet.Meeting)
	ada.mustEnter(r, "Ada")
	fresh := meet.HashToken("after")
	h.must(do(h, ada.by(""), store.SignOut, fresh))
	if w := ada.who(); w.Browser.Known() {
		t.Error("the old cookie still names a browser")
	}
	ada.token = fresh
	if w := ada.who(); w.Browser.SignedIn() || !w.Browser.Known() {
		t.Errorf("%+v", w)
	}
	h.sees(r)
}

func TestNewPasswordSignsOtherBrowsersOut(t *testing.T) {
	h := open(t)
	ada := h.host("ada")
	other := h.guest()
	h.must(do(h, other.by(""), store.SignIn, store.Entry{Account: ada.id, Password: "hash of ada", Token: other.token}))
	_, err := do(h, ada.by(""), store.ChangePassword, store.NewPassword{Old: "wrong", New: "new"})
	h.refused(meet.Conflict, err)
	h.said()
	h.must(do(h, ada.by(""), store.ChangePassword, store.NewPassword{Old: "hash of ada", New: "new"}))
	if !ada.who().Browser.SignedIn() || other.who().Browser.SignedIn() {
		t.Error("the wrong browsers are signed out")
	}
	_, err = do(h, other.by(""), store.SignIn, store.Entry{Account: ada.id, Password: "hash of ada", Token: other.token})
	h.refused(meet.Conflict, err) // checked against a hash that is over
}

func TestDeactivatedAccountsEndAtOnce(t *testing.T) {
	h := open(t)
	ada := h.host("ada")
	id, err := do(h, machine, store.AddAccount, store.NewAccount{Email: "root@example.org", Name: "Root", Password: "r", Admin: true})
	h.must(id, err)
	root := h.guest()
	h.must(do(h, root.by(""), store.SignIn, store.Entry{Account: id, Password: "r", Token: root.token}))
	r := ada.room("Office", meet.Meeting)
	ada.mustEnter(r, "Ada")
	guest := h.guest()
	guest.mustEnter(r, "Guest")
	token := h.HostToken(r)
	_, err = do(h, ada.by(""), store.SetActive, store.Activity{Account: id})
	h.refused(meet.NotHere, err)
	_, err = do(h, root.by(""), store.SetActive, store.Activity{Account: id})
	h.refused(meet.Conflict, err) // not oneself
	h.must(do(h, root.by(""), store.SetActive, store.Activity{Account: ada.id}))
	h.sees(r)
	if ada.who().Account.ID != "" {
		t.Error("still signed in")
	}
	if c, _ := h.Credential(t.Context(), "ada@example.org"); c.Account != "" {
		t.Error("can still sign in")
	}
	_, err = h.Capability(t.Context(), token)
	h.refused(meet.NotHere, err)
	_, err = guest.enters(r, "Guest")
	h.refused(meet.NotHere, err)
	h.must(do(h, root.by(""), store.SetActive, store.Activity{Account: ada.id, Active: true}))
	if c, _ := h.Credential(t.Context(), "ada@example.org"); c.Account != ada.id {
		t.Error("cannot sign in again")
	}
}

func TestPasswords(t *testing.T) {
	phc, err := store.HashPassword(t.Context(), "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		phc, password string
		want          bool
	}{{phc, "correct horse battery", true}, {phc, "correct horse batterz", false}, {"", "correct horse battery", false}, {"", "", false}} {
		if got, err := store.CheckPassword(t.Context(), c.phc, c.password); err != nil || got != c.want {
			t.Errorf("%.20q, %q: %v, %v", c.phc, c.password, got, err)
		}
	}
	for _, broken := range []string{"x", "$argon2id$v=19$m=19456,t=2,p=1$", "$argon2id$v=19$m=19456,t=2,p=1$!!$!!"} {
		if _, err := store.CheckPassword(t.Context(), broken, "x"); err == nil {
			t.Errorf("%q is taken for a hash", broken)
		}
	}
}

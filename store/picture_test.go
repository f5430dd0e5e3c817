package store_test

import (
	"testing"
	"time"

	"foyer/meet"
	"foyer/store"
)

func withPicture(p *store.Picture) func(*store.Entering) {
	return func(in *store.Entering) { in.Picture = p }
}
func keepingImage(in *store.Entering) { in.KeepImage = true }

// A label's image stays when the form says so, goes when it does not, and is replaced by a new one.
func TestTheImageOfALabel(t *testing.T) {
	t.Parallel()
	h := open(t)
	r, bob := h.host("ada").room("Office", meet.Meeting), h.guest()
	image := func(want string) {
		t.Helper()
		people, _ := h.People(t.Context(), r.ID)
		if people[0].Image != want || store.LabelFor(bob.who()).Image != want {
			t.Errorf("shown %q, remembered %q, want %q", people[0].Image, store.LabelFor(bob.who()).Image, want)
		}
	}
	l := meet.Label{Name: "Bob"}
	one, two := drawing("one"), drawing("two")
	bob.entersAs(r, l, withPicture(one))
	image(one.Hash)
	h.has("one", true)
	bob.entersAs(r, l, keepingImage)
	image(one.Hash)
	bob.entersAs(r, l, withPicture(two), keepingImage)
	image(two.Hash)
	bob.entersAs(r, l)
	image("")
	bob.entersAs(r, l, keepingImage) // nothing is remembered any more
	image("")
}

// The hash in a form names nothing: what somebody shows is their own picture or none (C49).
func TestANamedHashIsNobodysPicture(t *testing.T) {
	t.Parallel()
	h := open(t)
	ada, eve := h.host("ada"), h.guest()
	r := ada.room("Office", meet.Meeting)
	ada.entersAs(r, meet.Label{Name: "Ada"}, withPicture(drawing("Ada's face")))
	h.later(time.Second)
	for _, keep := range []bool{false, true} {
		eve.entersAs(r, meet.Label{Name: "Eve", Image: drawing("Ada's face").Hash}, func(in *store.Entering) { in.KeepImage = keep })
		if people, _ := h.People(t.Context(), r.ID); people[1].Image != "" || eve.who().Browser.Label.Image != "" {
			t.Errorf("%+v", people[1])
		}
	}
}

// An account's image and a guest's are two.
func TestImagesOfAccountAndBrowser(t *testing.T) {
	t.Parallel()
	h := open(t)
	bob := h.guest()
	r := h.host("ada").room("Office", meet.Meeting)
	guest, account := drawing("guest"), drawing("account")
	bob.entersAs(r, meet.Label{Name: "Bob"}, withPicture(guest))
	id, err := do(h, machine, store.AddAccount, store.NewAccount{Email: "bob@example.org", Name: "Robert", Password: "p"})
	h.must(id, err)
	h.must(do(h, bob.by(""), store.SignIn, store.Entry{Account: id, Password: "p", Token: bob.token}))
	bob.entersAs(r, meet.Label{Name: "Robert"}, keepingImage) // the account has none to keep
	bob.offered(meet.Label{Name: "Robert"})
	bob.entersAs(r, meet.Label{Name: "Robert"}, withPicture(account))
	bob.offered(meet.Label{Name: "Robert", Image: account.Hash})
	fresh := h.guest().token
	h.must(do(h, bob.by(""), store.SignOut, fresh))
	bob.token = fresh
	bob.offered(meet.Label{Name: "Bob", Image: guest.Hash})
}

// A picture whose bytes are not what its name says is not kept, and nobody comes in with it.
func TestADamagedPicture(t *testing.T) {
	t.Parallel()
	h := open(t)
	r, bob := h.host("ada").room("Office", meet.Meeting), h.guest()
	broken := drawing("one")
	broken.Bytes = []byte("another")
	_, err := bob.triesAs(r, meet.Label{Name: "Bob"}, withPicture(broken))
	h.refused(meet.Invalid, err)
	h.has("one", false)
	h.sees(r)
}

// Decision 27: no picture is taken from somebody whom the door refuses.
func TestNoPictureFromWhoIsRefused(t *testing.T) {
	t.Parallel()
	h, ada, r := locked(t)
	bob, one := h.guest(), drawing("one")
	_, err := bob.triesAs(r, meet.Label{Name: "Bob"}, withPicture(one), func(in *store.Entering) { in.Ask = false })
	h.refused(meet.Forbidden, err)
	h.has("one", false)
	e := bob.entersAs(r, meet.Label{Name: "Bob"}, withPicture(one))
	h.has("one", true)
	h.must(nil, ada.decides(r, false, e.Pass))
	_, err = bob.triesAs(r, meet.Label{Name: "Bob"}, withPicture(drawing("two")))
	h.refused(meet.TooMany, err)
	h.has("two", false)
}

package store_test

import (
	"slices"
	"testing"
	"time"

	"foyer/meet"
	"foyer/store"
)

// Who was without a stream for a moment comes back although the door was locked meanwhile, seen and with rights; who was
// away for longer does not, until the door opens.
func TestComingBackThroughALockedDoor(t *testing.T) {
	h := open(t)
	ada, bob := h.host("ada"), h.guest()
	r := ada.room("Office", meet.Meeting)
	e := bob.mustEnter(r, "Bob")
	h.must(do(h, ada.by(""), store.SetPrivacy, store.Privacy{Room: r.ID, Locked: true}))
	h.later(6 * time.Second)
	h.sweep()
	h.sees(r)
	h.streams(ids(e.Pass), nil)
	h.sees(r, "Bob")

	h.streams(nil, ids(e.Pass))
	h.later(6 * time.Second)
	h.sweep()
	h.later(30 * time.Second)
	h.sweep()
	h.streams(ids(e.Pass), nil)
	h.sees(r)
	h.must(do(h, ada.by(""), store.SetPrivacy, store.Privacy{Room: r.ID}))
	h.streams(ids(e.Pass), nil) // the node reports the stream that was open all along once more
	h.sees(r, "Bob")
	if rights, _ := h.Rights(t.Context(), r.ID); !rights[e.Pass].Camera {
		t.Error(rights)
	}
}

// Joining again starts the five seconds anew.
func TestEnteringAgainGivesTime(t *testing.T) {
	h := open(t)
	r := h.host("ada").room("Office", meet.Meeting)
	bob := h.guest()
	e := bob.mustEnter(r, "Bob")
	h.streams(ids(e.Pass), nil)
	h.streams(nil, ids(e.Pass))
	h.later(4900 * time.Millisecond)
	bob.mustEnter(r, "Bob")
	h.later(time.Second)
	h.sweep()
	h.sees(r, "Bob")
}

// A new name while inside is told to dashboards and to history.
func TestANewNameInside(t *testing.T) {
	h := open(t)
	ada, bob := h.host("ada"), h.guest()
	r := ada.room("Office", meet.Meeting)
	bob.mustEnter(r, "Bob")
	h.said()
	bob.mustEnter(r, "Robert")
	if said := h.said(); !slices.Contains(said, store.TileTopic(ada.id, r.ID)) {
		t.Error(said)
	}
	calls, _ := h.Calls(t.Context(), ada.id, time.Time{}, 1)
	if past, _ := h.Call(t.Context(), ada.who(), calls[0].ID); past.Who[0].Name != "Robert" {
		t.Errorf("%+v", past.Who)
	}
}

// What one account gave a browser is not the next one's.
func TestSigningInOverAnotherAccount(t *testing.T) {
	h := open(t)
	ada, bob := h.host("ada"), h.host("bob")
	r := ada.room("Office", meet.Meeting)
	ada.mustEnter(r, "Ada")
	h.must(do(h, ada.by(""), store.SetPrivacy, store.Privacy{Room: r.ID, Locked: true}))
	h.said()
	h.must(do(h, ada.by(""), store.SignIn, store.Entry{Account: bob.id, Password: "hash of bob", Token: ada.token}))
	if said := h.said(); !slices.Contains(said, store.SignInTopic(ada.id)) {
		t.Error(said)
	}
	h.sees(r)
	_, err := ada.enters(r, "Ada")
	h.refused(meet.Forbidden, err)
}

// A stranger who signs out leaves no row, and who is not signed in stays who he is.
func TestSigningOutOfNothing(t *testing.T) {
	h := open(t)
	stranger := h.guest()
	if rotated, err := do(h, stranger.by("k"), store.SignOut, meet.HashToken("new")); rotated || err != nil || stranger.who().Browser.Known() {
		t.Error(rotated, err)
	}
	guest := h.guest()
	guest.mustEnter(h.host("ada").room("Office", meet.Meeting), "Guest")
	if rotated, err := do(h, guest.by(""), store.SignOut, meet.HashToken("new")); rotated || err != nil || !guest.who().Browser.Known() {
		t.Error(rotated, err)
	}
}

// The same set-up twice is one, although a password's hash is another one each time.
func TestSetUpTwiceIsOnce(t *testing.T) {
	h := open(t)
	p := h.guest()
	h.must(do(h, machine, store.OfferSetUp, meet.HashToken("s")))
	for _, hash := range []string{"salted so", "salted otherwise"} {
		h.must(do(h, p.by("k"), store.SetUp, store.FirstAccount{Secret: meet.HashToken("s"), Token: meet.HashToken("next"),
			NewAccount: store.NewAccount{Email: "ada@example.org", Name: "Ada", Password: hash}}))
	}
	if list, _ := h.Accounts(t.Context()); len(list) != 1 {
		t.Error(list)
	}
}

func TestOldThingsAreForgotten(t *testing.T) {
	h := open(t)
	ada, guest, inside := h.host("ada"), h.guest(), h.guest()
	r := ada.room("Office", meet.Meeting)
	guest.mustEnter(r, "Guest")
	h.must(do(h, guest.by(""), store.LeaveRoom, store.Leaving{Slug: r.Slug}))
	h.later(2 * time.Minute)
	h.sweep()
	h.later(91 * 24 * time.Hour)
	e := inside.mustEnter(r, "Inside")
	h.streams(ids(e.Pass), nil)
	h.must(do(h, machine, store.Forget, store.Done{}))
	if guest.who().Browser.Known() || !inside.who().Browser.Known() || !ada.who().Browser.SignedIn() {
		t.Error("the wrong browsers are forgotten")
	}
	if calls, _ := h.Calls(t.Context(), ada.id, time.Time{}, 9); len(calls) != 2 {
		t.Error(calls)
	}
	h.later(300 * 24 * time.Hour)
	h.must(do(h, machine, store.Forget, store.Done{}))
	if calls, _ := h.Calls(t.Context(), ada.id, time.Time{}, 9); len(calls) != 1 {
		t.Error(calls)
	}
}

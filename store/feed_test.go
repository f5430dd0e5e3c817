package store_test

import (
	"strings"
	"testing"
	"time"

	"foyer/meet"
	"foyer/store"
)

func TestFeedOfOnesOwn(t *testing.T) {
	h := open(t)
	ada, bob := h.host("ada"), h.host("bob")
	e := ada.event("Talk", h.inDays(7))
	bob.event("Another's", h.inDays(7))
	token := func(p *person) string {
		h.t.Helper()
		link, err := h.FeedToken(t.Context(), p.id)
		h.must(nil, err)
		return link
	}
	if token(ada) != "" {
		t.Error("there is a calendar that nobody asked for")
	}
	h.refused(meet.SignIn, second(do(h, h.guest().by(""), store.RenewFeed, store.Done{})))
	h.must(do(h, ada.by("k"), store.RenewFeed, store.Done{}))
	h.must(do(h, ada.by("k"), store.RenewFeed, store.Done{})) // a double click
	first := token(ada)
	if len(first) > 60 || !strings.HasPrefix(first, string(ada.id)+"-") {
		t.Errorf("the token is %q", first)
	}
	f, err := h.Feed(t.Context(), first)
	if err != nil || f.Owner != "ada" || len(f.Events) != 1 || f.Events[0].ID != e.ID {
		t.Errorf("%+v, %v", f, err)
	}
	h.refused(meet.NotHere, second(h.Feed(t.Context(), string(bob.id)+first[len(ada.id):]))) // bob has none
	h.must(do(h, bob.by(""), store.RenewFeed, store.Done{}))
	h.refused(meet.NotHere, second(h.Feed(t.Context(), string(bob.id)+first[len(ada.id):]))) // another's MAC
	h.must(do(h, ada.by(""), store.RenewFeed, store.Done{}))
	for _, bad := range []string{first, "", "-", string(ada.id), string(ada.id) + "-"} {
		h.refused(meet.NotHere, second(h.Feed(t.Context(), bad)))
	}
	h.must(do(h, ada.by(""), store.DeleteEvent, e.ID))
	for want := 1; want >= 0; want-- { // called off, for thirty days
		if f, err := h.Feed(t.Context(), token(ada)); err != nil || len(f.Events) != want {
			t.Errorf("it shows %d, want %d, %v", len(f.Events), want, err)
		}
		h.later(31 * 24 * time.Hour)
	}
}

// What is past has no seats to give back, and nobody is told that they did.
func TestNoSeatIsGivenBackAfterwards(t *testing.T) {
	h := open(t)
	ada := h.host("ada")
	e := ada.event("Talk", h.inDays(1))
	h.must(h.guest().registers(e, "one@attendee.example"))
	token := h.posts(meet.LetterInvite)[0].Token
	h.later(26 * time.Hour)
	h.must(do(h, h.guest().by(""), store.CancelSeat, token))
	if seat, err := h.Seat(t.Context(), token); err != nil || !seat.Registration.Holds() {
		t.Errorf("afterwards the seat is %q, %v", seat.Registration.State, err)
	}
	h.posts()
}

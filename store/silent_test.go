package store_test

import (
	"testing"
	"time"

	"foyer/meet"
	"foyer/store"
)

// While an account is deactivated its links lead nowhere, so no letter with one leaves: not the first, not once more, no
// reminder. When it is woken they do, if they still matter. Links that would set its password are gone for good.
func TestDeactivatedOwnersAreSilent(t *testing.T) {
	h := open(t)
	root, ada := h.admin("root"), h.host("ada")
	e := ada.event("Talk", h.inDays(1))
	gone := ada.event("Off", h.inDays(2))
	h.must(h.guest().registers(e, "told@attendee.example"))
	h.must(h.guest().registers(gone, "told@attendee.example"))
	h.posts(meet.LetterInvite, meet.LetterInvite)
	h.must(h.guest().registers(e, "putoff@attendee.example"))
	h.post(0, again(h.post(1))...)
	h.must(h.guest().registers(e, "untried@attendee.example"))
	h.must(do(h, h.guest().by(""), store.AskReset, "ada@example.org"))
	h.must(do(h, ada.by(""), store.CancelEvent, store.Cancelling{Event: gone.ID}))
	h.must(do(h, root.by(""), store.SetActive, store.Activity{Account: ada.id}))
	h.posts(meet.LetterCancel) // takes an entry away and holds no link
	h.later(24*time.Hour - 29*time.Minute)
	h.posts()
	if due, _ := h.PostDue(t.Context()); due {
		t.Error("letters that cannot leave are due all the time")
	}
	if due, _ := h.RemindDue(t.Context()); due {
		t.Error("reminders are due")
	}
	h.must(do(h, machine, store.Remind, store.Done{}))
	h.posts()

	h.must(do(h, root.by(""), store.SetActive, store.Activity{Account: ada.id, Active: true}))
	list := h.posts(meet.LetterInvite, meet.LetterInvite)
	for _, p := range list {
		if p.Attempts > 2 || p.To == "untried@attendee.example" && p.Attempts != 1 {
			t.Errorf("%s was tried %d times", p.To, p.Attempts)
		}
		if _, err := h.Capability(t.Context(), p.Token); err != nil {
			t.Error(err)
		}
	}
	if n, err := do(h, machine, store.Remind, store.Done{}); err != nil || n != 3 {
		t.Errorf("%d are reminded, %v", n, err)
	}
}

func TestResetOfADeactivatedAccount(t *testing.T) {
	h := open(t)
	root, ada := h.admin("root"), h.host("ada")
	h.must(do(h, h.guest().by(""), store.AskReset, "ada@example.org"))
	token := h.posts(meet.LetterReset)[0].Token
	for _, active := range []bool{false, true} {
		h.must(do(h, root.by(""), store.SetActive, store.Activity{Account: ada.id, Active: active}))
	}
	_, err := h.Ticket(t.Context(), meet.ResetLink, token)
	h.refused(meet.NotHere, err)
}

// Taking somebody off the list is told to who has something that goes away with it, once, and to nobody else.
func TestRemovedWithoutALetter(t *testing.T) {
	for name, before := range map[string]func(*house, *person, meet.Event, string){
		"called off": func(h *house, ada *person, e meet.Event, _ string) {
			h.must(do(h, ada.by(""), store.CancelEvent, store.Cancelling{Event: e.ID}))
			h.posts(meet.LetterCancel)
		},
		"over": func(h *house, ada *person, e meet.Event, _ string) {
			h.must(do(h, ada.by(""), store.StartEvent, store.Starting{Slug: e.Slug}))
			h.must(do(h, ada.by(""), store.EndForAll, store.Leaving{Slug: e.Slug}))
		},
		"past": func(h *house, _ *person, _ meet.Event, _ string) { h.later(26 * time.Hour) },
		"given back": func(h *house, _ *person, _ meet.Event, token string) {
			h.must(do(h, h.guest().by(""), store.CancelSeat, token))
			h.posts(meet.LetterCancel)
		},
		"given back, not told yet": func(h *house, _ *person, _ meet.Event, token string) {
			h.must(do(h, h.guest().by(""), store.CancelSeat, token))
			if p := h.post(1); len(p) != 1 || p[0].Kind != meet.LetterCancel {
				h.t.Errorf("taken back by %v", kinds(p))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			ada := h.host("ada")
			e := ada.event("Talk", h.inDays(1))
			h.must(h.guest().registers(e, "one@attendee.example"))
			p := h.posts(meet.LetterInvite)[0]
			before(h, ada, e, p.Token)
			one := store.Registrant{Event: e.ID, Registration: p.Seat.ID}
			h.must(do(h, ada.by(""), store.RemoveRegistrant, one))
			h.posts()
			if r, err := h.OneRegistrant(t.Context(), ada.who(), one); err != nil || r.State != meet.SeatRemoved {
				t.Errorf("it is %s, %v", r.State, err)
			}
		})
	}
}

// A new instance secret mints other tokens: letters from then on hold links that open, and those that were mailed before
// stay what they are.
func TestPersonalLinksAfterANewSecret(t *testing.T) {
	h := open(t)
	ada := h.host("ada")
	e := ada.event("Talk", h.inDays(1))
	h.must(h.guest().registers(e, "one@attendee.example"))
	h.must(do(h, ada.by(""), store.Invite, store.Inviting{Room: e.ID, Name: "Sam", Email: "sam@speaker.example", Role: "speaker"}))
	old := h.posts(meet.LetterInvite, meet.LetterInvitation)
	h.must(do(h, h.guest().by(""), store.AskReset, "ada@example.org"))

	h.Store = store.New(h.keep, []byte("another secret of thirty-two byte"), h.clock)
	h.must(do(h, machine, store.RenewAllLinks, store.Done{}))
	h.must(ada.edits(e, func(f *store.EventFacts) { f.Title = "Lecture" }))
	list := h.posts(meet.LetterReset, meet.LetterUpdate, meet.LetterUpdate)
	for _, p := range append(list, old...) {
		if p.Ticket != nil {
			if _, err := h.Ticket(t.Context(), meet.ResetLink, p.Token); err != nil {
				t.Errorf("the link to a password: %v", err)
			}
			continue
		}
		if c, err := h.Capability(t.Context(), p.Token); err != nil || c.Room != e.ID {
			t.Errorf("%s of %s: %+v, %v", p.Kind, p.To, c, err)
		}
		if p.Seat == nil {
			continue
		}
		if _, err := h.QuietSeat(t.Context(), p.Quiet); err != nil {
			t.Errorf("the link that stops reminders, in %s: %v", p.Kind, err)
		}
	}
}

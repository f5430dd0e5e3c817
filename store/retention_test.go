package store_test

import (
	"context"
	"testing"
	"time"

	"foyer/meet"
	"foyer/replica"
	"foyer/store"
)

// With a deleted event go the letters about it and the addresses in them, in portions that hold nobody up.
func TestLettersGoWithTheirEvent(t *testing.T) {
	h := open(t)
	ada := h.host("ada")
	e, other := ada.event("Talk", h.inDays(1)), ada.event("Other", h.inDays(2))
	h.must(h.guest().registers(e, "one@attendee.example"))
	h.must(h.guest().registers(other, "two@attendee.example"))
	h.posts(meet.LetterInvite, meet.LetterInvite)
	h.must(nil, h.keep.Write(t.Context(), func(ctx context.Context, tx *replica.Tx) error {
		_, err := tx.Exec(ctx, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
			INSERT INTO letter (dedup, lane, kind, room, about, subject, sequence, rcpt, prio, state, next_at, expires_at, created_at)
			SELECT 'x' || i, 'x' || i, 'update', ?, 'seat', 'x' || i, 0, 'x@attendee.example', 3, 'sent', 0, 0, 0 FROM n`, e.ID)
		return err
	}))
	h.must(do(h, ada.by(""), store.DeleteEvent, e.ID))
	h.posts(meet.LetterCancel)
	h.later(25*time.Hour + time.Minute)
	h.forget()
	if n := h.number(`SELECT count(*) FROM letter`); n == 1 || n > 2500 {
		t.Errorf("%d letters are left after the first portion", n)
	}
	h.forget()
	if n := h.number(`SELECT count(*) FROM letter WHERE room = ?`, e.ID); n != 0 {
		t.Errorf("%d letters are left", n)
	}
	if n := h.number(`SELECT count(*) FROM letter`); n != 1 {
		t.Errorf("%d letters of the other event are left", n)
	}
	if _, err := h.PublicEvent(t.Context(), e.Slug); err == nil {
		t.Error("the event is still there")
	}
}

// A year after an event nobody knows any more who registered or was invited; the event itself stays, and so does everybody
// at what is still to come.
func TestPeopleAreForgottenAfterAYear(t *testing.T) {
	h := open(t)
	ada := h.host("ada")
	past, off, ahead := ada.event("Past", h.inDays(1)), ada.event("Off", h.inDays(700)), ada.event("Ahead", h.inDays(800))
	r := ada.room("Studio", meet.Webinar)
	for _, e := range []meet.Event{past, off, ahead} {
		h.must(h.guest().registers(e, "one@attendee.example"))
		h.must(do(h, ada.by(""), store.Invite, store.Inviting{Room: e.ID, Name: "Sam", Email: "sam@speaker.example", Role: "speaker"}))
	}
	h.must(do(h, ada.by(""), store.Invite, store.Inviting{Room: r.ID, Name: "Sam", Email: "sam@speaker.example", Role: "speaker"}))
	gone, err := do(h, ada.by(""), store.Invite, store.Inviting{Room: r.ID, Name: "Eve", Email: "eve@speaker.example", Role: "speaker"})
	h.must(nil, err)
	h.post(0, sent(h.post(20))...)
	h.must(do(h, ada.by(""), store.RevokeInvitation, store.OneInvitation{Room: r.ID, Invitation: gone}))
	h.must(do(h, ada.by(""), store.CancelEvent, store.Cancelling{Event: off.ID}))
	h.post(0, sent(h.post(20))...)
	left := func(when string, letters, registrations, invitations, links int) {
		t.Helper()
		h.forget()
		got := [4]int{h.number(`SELECT count(*) FROM letter`), h.number(`SELECT count(*) FROM registration`), h.number(`SELECT count(*) FROM invitation`),
			h.number(`SELECT count(*) FROM link WHERE kind <> 'host'`)}
		if want := [4]int{letters, registrations, invitations, links}; got != want {
			t.Errorf("%s there are %v letters, registrations, invitations, links; want %v", when, got, want)
		}
	}
	left("now", 10, 3, 5, 11)
	h.later(364 * 24 * time.Hour)
	left("after 364 days", 10, 3, 5, 11)
	h.later(2 * 24 * time.Hour)
	left("after 366 days", 4, 2, 3, 7) // what was called off is over since then; letters about the room were a year old
	h.later(24 * time.Hour)
	left("a day later", 2, 1, 2, 4)
	if _, err := h.Event(t.Context(), ada.who(), past.ID); err != nil {
		t.Error("the event is gone", err)
	}
	h.must(ada.edits(ada.again(ahead.ID), func(f *store.EventFacts) { f.Title = "Far ahead" }))
	for _, p := range h.posts(meet.LetterUpdate, meet.LetterUpdate) {
		if p.Was == nil || !p.Entry {
			t.Errorf("%s is told as if nothing had been", p.To)
		}
	}
}

// A link that sets a password is forgotten a day after its end, with the letter it was in.
func TestTicketsAreForgotten(t *testing.T) {
	h := open(t)
	root := h.admin("root")
	h.must(do(h, root.by(""), store.InviteAccount, store.AccountFor{Email: "bob@example.org", Name: "Bob"}))
	h.posts(meet.LetterAccount)
	h.later(store.BeginLasts + 23*time.Hour)
	h.forget()
	if n := h.number(`SELECT count(*) FROM letter`); n != 1 {
		t.Errorf("%d letters", n)
	}
	h.later(2 * time.Hour)
	h.forget()
	if n := h.number(`SELECT count(*) FROM letter`) + h.number(`SELECT count(*) FROM ticket`); n != 0 {
		t.Errorf("%d are left", n)
	}
}

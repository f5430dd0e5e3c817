package store_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"foyer/meet"
	"foyer/replica"
	"foyer/store"
)

// again is a server that asks to come back with these letters.
func again(list []store.Posting) (done []store.Posted) {
	for _, p := range list {
		done = append(done, store.Posted{ID: p.ID, Epoch: p.Epoch, Outcome: store.PostAgain, Text: "451 greylisted", Again: 10 * time.Minute})
	}
	return done
}

// one is the letter of a kind among those that are due; all of them are sent.
func (h *house) one(kind meet.LetterKind, list []store.Posting) store.Posting {
	h.t.Helper()
	i := slices.IndexFunc(list, func(p store.Posting) bool { return p.Kind == kind })
	if i < 0 {
		h.t.Fatalf("there is no %s among %v", kind, kinds(list))
	}
	return list[i]
}

// reminded is an event half an hour ahead whose reminder to one person is queued.
func reminded(h *house) (*person, meet.Event) {
	h.t.Helper()
	ada := h.host("ada")
	e := ada.event("Talk", h.inDays(1))
	h.must(h.guest().registers(e, "one@attendee.example"))
	h.posts(meet.LetterInvite)
	h.later(24*time.Hour - 29*time.Minute)
	h.must(do(h, machine, store.Remind, store.Done{}))
	return ada, e
}

// A new title is no new start: who has to be reminded is, by the new name, and then told of the change.
func TestReminderOutlivesATitle(t *testing.T) {
	h := open(t)
	ada, e := reminded(h)
	h.must(ada.edits(e, func(f *store.EventFacts) { f.Title = "Lecture" }))
	if p := h.one(meet.LetterReminder, h.posts(meet.LetterReminder)); p.Edition.Title != "Lecture" {
		t.Errorf("the reminder is of %q", p.Edition.Title)
	}
	if p := h.one(meet.LetterUpdate, h.posts(meet.LetterUpdate)); p.Was == nil || p.Was.Title != "Talk" {
		t.Errorf("the change is told to who knew %+v", p.Was)
	}
	h.posts()
}

// The same where the reminder was in somebody's hand when the title changed, and came back untried.
func TestReminderComesBackUntried(t *testing.T) {
	h := open(t)
	ada, e := reminded(h)
	held := h.post(1)
	h.must(ada.edits(e, func(f *store.EventFacts) { f.Title = "Lecture" }))
	h.post(0, store.Posted{ID: held[0].ID, Epoch: held[0].Epoch, Outcome: store.PostAgain, Untried: true})
	if p := h.one(meet.LetterReminder, h.posts(meet.LetterReminder)); p.Edition.Title != "Lecture" {
		t.Errorf("the reminder is of %q", p.Edition.Title)
	}
	h.posts(meet.LetterUpdate)
}

// A new start makes reminders of the old one untrue, also those that a server put off or has in its hand.
func TestReminderOfAnotherStart(t *testing.T) {
	for name, state := range map[string]func(*house){
		"queued":  func(*house) {},
		"put off": func(h *house) { h.post(0, again(h.post(1))...) },
		"untried": func(h *house) {
			p := h.post(1)[0]
			h.post(0, store.Posted{ID: p.ID, Epoch: p.Epoch, Outcome: store.PostAgain, Untried: true})
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			ada, e := reminded(h)
			state(h)
			h.must(ada.edits(e, func(f *store.EventFacts) { f.When = h.inDays(3) }))
			h.posts(meet.LetterUpdate)
			h.later(15 * time.Minute)
			h.posts()
		})
	}
	t.Run("under way", func(t *testing.T) {
		h := open(t)
		ada, e := reminded(h)
		held := h.post(1)
		h.must(ada.edits(e, func(f *store.EventFacts) { f.When = h.inDays(3) }))
		h.post(0, again(held)...)
		h.later(11 * time.Minute)
		h.posts(meet.LetterUpdate)
	})
}

// A move into the next half hour is the reminder; a title that follows does not take that away.
func TestSoonStaysSoon(t *testing.T) {
	h := open(t)
	ada := h.host("ada")
	e := ada.event("Talk", h.inDays(1))
	h.must(h.guest().registers(e, "one@attendee.example"))
	h.posts(meet.LetterInvite)
	h.must(ada.edits(e, func(f *store.EventFacts) {
		f.When = h.inDays(0)
		f.When.Starts = f.When.Starts.Add(20 * time.Minute)
	}))
	h.must(ada.edits(ada.again(e.ID), func(f *store.EventFacts) { f.Title = "Lecture" }))
	p := h.one(meet.LetterUpdate, h.posts(meet.LetterUpdate))
	if p.Reason != "soon" || p.Was == nil || !p.Was.Starts.Equal(e.Starts) {
		t.Errorf("%q to who knew %+v", p.Reason, p.Was)
	}
	h.must(do(h, machine, store.Remind, store.Done{}))
	h.posts()
}

// What became untrue after a server put it off is not tried once more, whether it waits for its turn or is under way. What
// takes it back leaves at once.
func TestPutOffAndUntrue(t *testing.T) {
	seat := func(h *house) (*person, meet.Event, store.Posting) {
		ada := h.host("ada")
		e := ada.event("Talk", h.inDays(7))
		h.must(h.guest().registers(e, "one@attendee.example"))
		return ada, e, h.post(1)[0]
	}
	for name, c := range map[string]struct {
		cause func(*house) (store.Posting, func()) // the letter that is out, and what makes it untrue
		then  []meet.LetterKind
	}{
		"seat given back": {func(h *house) (store.Posting, func()) {
			_, _, p := seat(h)
			return p, func() { h.must(do(h, h.guest().by(""), store.CancelSeat, p.Token)) }
		}, []meet.LetterKind{meet.LetterCancel}},
		"seat removed": {func(h *house) (store.Posting, func()) {
			ada, e, p := seat(h)
			return p, func() {
				h.must(do(h, ada.by(""), store.RemoveRegistrant, store.Registrant{Event: e.ID, Registration: p.Seat.ID}))
			}
		}, []meet.LetterKind{meet.LetterCancel}},
		"called off": {func(h *house) (store.Posting, func()) {
			ada, e, p := seat(h)
			return p, func() { h.must(do(h, ada.by(""), store.CancelEvent, store.Cancelling{Event: e.ID})) }
		}, []meet.LetterKind{meet.LetterCancel}},
		"reminders stopped": {func(h *house) (store.Posting, func()) {
			reminded(h)
			p := h.post(1)[0]
			return p, func() { h.must(do(h, h.guest().by(""), store.StopReminders, p.Quiet)) }
		}, nil},
		"invitation renewed": {func(h *house) (store.Posting, func()) {
			ada := h.host("ada")
			in := store.Inviting{Room: ada.room("Studio", meet.Webinar).ID, Name: "Sam", Email: "sam@speaker.example", Role: "speaker"}
			h.must(do(h, ada.by(""), store.Invite, in))
			p := h.post(1)[0]
			return p, func() {
				h.must(do(h, ada.by(""), store.RevokeInvitation, store.OneInvitation{Room: in.Room, Invitation: p.Invitation.ID}))
				h.must(do(h, ada.by(""), store.Invite, in))
			}
		}, []meet.LetterKind{meet.LetterInvitation}},
		"account withdrawn": {func(h *house) (store.Posting, func()) {
			root := h.admin("root")
			h.must(do(h, root.by(""), store.InviteAccount, store.AccountFor{Email: "bob@example.org", Name: "Bob"}))
			p := h.post(1)[0]
			return p, func() { h.must(do(h, root.by(""), store.WithdrawAccount, p.Ticket.ID)) }
		}, nil},
		"account invited again": {func(h *house) (store.Posting, func()) {
			root, in := h.admin("root"), store.AccountFor{Email: "bob@example.org", Name: "Bob"}
			h.must(do(h, root.by(""), store.InviteAccount, in))
			return h.post(1)[0], func() { h.must(do(h, root.by(""), store.InviteAccount, in)) }
		}, []meet.LetterKind{meet.LetterAccount}},
		"reset used": {func(h *house) (store.Posting, func()) {
			h.host("ada")
			h.must(do(h, h.guest().by(""), store.AskReset, "ada@example.org"))
			p, ada := h.post(1)[0], h.guest()
			return p, func() {
				h.must(do(h, ada.by(""), store.ResetPassword, store.Resetting{Ticket: meet.HashToken(p.Token), Password: "x", Token: ada.token}))
			}
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			p, untrue := c.cause(h)
			h.post(0, again([]store.Posting{p})...)
			untrue()
			for _, next := range h.posts(c.then...) {
				if next.Dedup == p.Dedup {
					t.Error("tried once more at once")
				}
			}
			h.later(11 * time.Minute)
			h.posts()
		})
		t.Run(name+", under way", func(t *testing.T) {
			h := open(t)
			p, untrue := c.cause(h)
			untrue()
			h.post(0, again([]store.Posting{p})...)
			h.posts(c.then...) // at once, though what came back was put off
			h.later(11 * time.Minute)
			h.posts()
		})
	}
}

// A change does not wait until what was put off is tried again.
func TestAChangeHurries(t *testing.T) {
	h := open(t)
	ada := h.host("ada")
	e := ada.event("Talk", h.inDays(7))
	h.must(h.guest().registers(e, "one@attendee.example"))
	h.post(0, again(h.post(1))...)
	h.posts()
	h.must(ada.edits(e, func(f *store.EventFacts) { f.Title = "Lecture" }))
	h.posts(meet.LetterInvite)
	h.posts(meet.LetterUpdate)
}

// An invitation can be sent again, however many letters about it are forgotten by then.
func TestSentAgainAfterAYear(t *testing.T) {
	h := open(t)
	ada := h.host("ada")
	in := store.Inviting{Room: ada.room("Studio", meet.Webinar).ID, Name: "Sam", Email: "sam@speaker.example", Role: "speaker"}
	id, err := do(h, ada.by(""), store.Invite, in)
	h.must(nil, err)
	seen := map[string]bool{}
	sendAgain := func() {
		t.Helper()
		for _, p := range h.posts(meet.LetterInvitation) {
			if seen[p.Dedup] {
				t.Error("it has the name of one before")
			}
			seen[p.Dedup] = true
		}
		h.later(200 * 24 * time.Hour)
		h.forget()
		h.must(do(h, ada.by(""), store.SignIn, store.Entry{Account: ada.id, Password: "hash of ada", Token: ada.token}))
		h.must(do(h, ada.by(""), store.ResendInvitation, store.OneInvitation{Room: in.Room, Invitation: id}))
	}
	for range 4 {
		sendAgain()
	}
}

// Who is asked about the wait list and then given a seat is not told afterwards that there is none.
func TestPutOffOnTheWaitList(t *testing.T) {
	h := open(t)
	ada := h.host("ada")
	e := ada.event("Talk", h.inDays(7), func(f *store.EventFacts) { f.Capacity = 1 })
	h.must(h.guest().registers(e, "one@attendee.example"))
	first := h.posts(meet.LetterInvite)[0]
	h.must(h.guest().registers(e, "two@attendee.example"))
	h.post(0, again(h.post(1))...)
	h.must(do(h, h.guest().by(""), store.CancelSeat, first.Token))
	h.posts(meet.LetterCancel, meet.LetterFreed)
	h.later(11 * time.Minute)
	h.posts()
}

// A letter that is dropped as it is handed out was not tried: what follows does not count on it.
func TestDroppedIsNotTried(t *testing.T) {
	h := open(t)
	ada := h.host("ada")
	e := ada.event("Talk", h.inDays(7))
	h.must(h.guest().registers(e, "one@attendee.example"))
	held := h.post(1)
	h.must(do(h, h.guest().by(""), store.CancelSeat, held[0].Token))
	h.post(0, store.Posted{ID: held[0].ID, Epoch: held[0].Epoch, Outcome: store.PostDead, Text: "550 no"})
	h.posts()
	if n := h.number(`SELECT count(*) FROM letter WHERE kind = 'cancel' AND attempts > 0`); n != 0 {
		t.Error("the cancellation of what nobody was told counts as tried")
	}
}

// number asks the database itself.
func (h *house) number(query string, args ...any) (n int) {
	h.t.Helper()
	h.must(nil, h.keep.Write(h.t.Context(), func(ctx context.Context, tx *replica.Tx) error { return tx.QueryRow(ctx, query, args...).Scan(&n) }))
	return n
}

// Across calendar entries the last mail is the one that is true: the old seat's end leaves before the new seat's beginning,
// and never beside it, whatever else is to go out.
func TestTheEndBeforeTheBeginning(t *testing.T) {
	h := open(t)
	ada := h.host("ada")
	e := ada.event("Talk", h.inDays(7))
	h.must(h.guest().registers(e, "one@attendee.example"))
	in := store.Inviting{Room: e.ID, Name: "Sam", Email: "sam@speaker.example", Role: "speaker"}
	id, err := do(h, ada.by(""), store.Invite, in)
	h.must(nil, err)
	told := h.posts(meet.LetterInvite, meet.LetterInvitation)
	h.must(do(h, h.guest().by(""), store.CancelSeat, h.one(meet.LetterInvite, told).Token))
	h.must(do(h, ada.by(""), store.RevokeInvitation, store.OneInvitation{Room: e.ID, Invitation: id}))
	h.later(time.Second)
	h.must(h.guest().registers(e, "other@attendee.example"))
	h.must(h.guest().registers(e, "one@attendee.example"))
	h.must(do(h, ada.by(""), store.Invite, in))
	ended := map[string]bool{}
	for range 5 {
		list := h.post(5)
		for _, p := range list {
			if p.Kind != meet.LetterCancel && p.To != "other@attendee.example" && !ended[p.To] {
				t.Errorf("%s to %s leaves before or beside the end of the old one", p.Kind, p.To)
			}
		}
		for _, p := range list {
			ended[p.To] = ended[p.To] || p.Kind == meet.LetterCancel
		}
		h.post(0, sent(list)...)
	}
	if len(ended) != 3 {
		t.Errorf("told are %v", ended)
	}
}

// Who waits for a letter now does not wait for a thousand others because an older letter to them is less urgent.
func TestUrgencyIsInherited(t *testing.T) {
	for name, state := range map[string]func(*house) []store.Posting{
		"queued":    func(*house) []store.Posting { return nil },
		"under way": func(h *house) []store.Posting { return h.post(1) },
		"put off": func(h *house) []store.Posting {
			h.post(0, again(h.post(1))...)
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			_, e := reminded(h)
			out := state(h)
			h.must(do(h, h.guest().by(""), store.SendLink, store.LinkWanted{Slug: e.Slug, Email: "one@attendee.example"}))
			h.must(h.guest().registers(e, "two@attendee.example"))
			for _, p := range out {
				h.post(0, store.Posted{ID: p.ID, Epoch: p.Epoch, Outcome: store.PostAgain, Untried: true})
			}
			if p := h.post(1); p[0].To != "one@attendee.example" || p[0].Kind != meet.LetterReminder {
				t.Errorf("first goes %s to %s", p[0].Kind, p[0].To)
			}
		})
	}
}

// What is due is found by the index and in its order, however much is queued.
func TestDueLettersAreFoundByIndex(t *testing.T) {
	h, found := open(t), false
	h.must(nil, h.keep.Write(t.Context(), func(ctx context.Context, tx *replica.Tx) error {
		rows, err := tx.Query(ctx, `EXPLAIN QUERY PLAN `+store.DueLetters, 0, 1)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var id, parent, unused int
			var plan string
			if err := rows.Scan(&id, &parent, &unused, &plan); err != nil {
				return err
			}
			found = found || strings.Contains(plan, "letter_due (prio=? AND next_at<?)")
			if strings.Contains(plan, "SCAN") || strings.Contains(plan, "TEMP B-TREE") {
				t.Errorf("%s", plan)
			}
		}
		return rows.Err()
	}))
	if !found {
		t.Error("the index is not asked")
	}
}

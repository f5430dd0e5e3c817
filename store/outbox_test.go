package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"foyer/meet"
	"foyer/store"
)

// office is a random life of one event and its letters, and what its readers' calendars make of them.
type office struct {
	*house
	t     *testing.T
	dice  *rand.Rand
	ada   *person
	event meet.Event
	next  int
	seats []string // tokens of personal links that were seen

	held   map[int64]store.Posting // claimed and not reported; given up when its lease is over
	lanes  map[string][]arrival
	tried  map[string]bool // dedup keys
	claims map[string]int64

	refused map[string]meet.LetterKind // the last letter that a server refused for good, by lane
	entries map[meet.ID][]string       // lanes of each seat and invitation, in the order in which their first letters arrived
}

// arrival is a letter as a mailbox got it, maybe more than once.
type arrival struct {
	dedup    string
	kind     meet.LetterKind
	sequence int // of its calendar entry
	entry    bool
}

func openOffice(t *testing.T, seed uint64) *office {
	o := &office{house: open(t), t: t, dice: rand.New(rand.NewPCG(seed, 1)), held: map[int64]store.Posting{}, lanes: map[string][]arrival{},
		tried: map[string]bool{}, claims: map[string]int64{}, refused: map[string]meet.LetterKind{}, entries: map[meet.ID][]string{}}
	o.ada = o.host("ada")
	o.event = o.ada.event("Talk", o.inDays(30), func(f *store.EventFacts) { f.Capacity = 6 })
	return o
}

// act is one thing that people do.
func (o *office) act() {
	email := fmt.Sprintf("p%d@attendee.example", o.dice.IntN(12))
	switch n := o.dice.IntN(20); {
	case n < 9:
		_, _ = o.guest().registers(o.event, email) // also again, also too often
	case n < 13:
		e := o.ada.again(o.event.ID)
		o.next++
		o.must(o.ada.edits(e, func(f *store.EventFacts) {
			f.Title = fmt.Sprint("Talk ", o.next)
			if o.dice.IntN(2) == 0 {
				f.When = o.inDays(20 + o.next%20)
			}
		}))
	case n < 15 && len(o.seats) > 0:
		_, _ = do(o.house, o.guest().by(""), store.CancelSeat, o.seats[o.dice.IntN(len(o.seats))])
	case n < 17:
		o.must(do(o.house, o.ada.by(""), store.Invite, store.Inviting{Room: o.event.ID, Email: email, Name: "Bob", Role: "speaker"}))
	case n < 18:
		list, err := o.Invitations(o.t.Context(), o.ada.who(), o.event.ID)
		o.must(nil, err)
		if len(list) > 0 {
			o.must(do(o.house, o.ada.by(""), store.RevokeInvitation, store.OneInvitation{Room: o.event.ID, Invitation: list[o.dice.IntN(len(list))].ID}))
		}
	default:
		o.later(time.Duration(o.dice.IntN(20)) * time.Second)
	}
}

// serve reports what was held and takes more. Some of what is held is forgotten, as by a sender that died.
func (o *office) serve(kind bool) {
	var done []store.Posted
	for id, p := range o.held {
		end := o.dice.IntN(8)
		if kind {
			end = 0
		}
		mark := store.Posted{ID: p.ID, Epoch: p.Epoch, Outcome: store.PostAgain, Again: time.Duration(o.dice.IntN(30)) * time.Second}
		switch end {
		case 0, 1, 2:
			o.arrives(p)
			mark.Outcome = store.PostSent
		case 3: // taken, but the answer was lost
			o.arrives(p)
		case 4:
			mark.Outcome, mark.Bad = store.PostDead, true
			o.refused[p.Lane] = p.Kind
		case 5:
			mark.Untried, mark.Again = true, 0
			if p.Attempts == 1 {
				delete(o.tried, p.Dedup)
			}
		case 6:
			continue // still under way
		}
		delete(o.held, id)
		delete(o.claims, p.Lane)
		done = append(done, mark)
	}
	for _, p := range o.post(1+o.dice.IntN(4), done...) {
		o.claimed(p)
	}
}

// claimed checks what must hold whenever a letter is handed out.
func (o *office) claimed(p store.Posting) {
	o.t.Helper()
	lane := p.Lane
	if other, busy := o.claims[lane]; busy && other != p.ID {
		o.t.Errorf("two letters of %s are out at once", lane)
	}
	o.claims[lane], o.held[p.ID] = p.ID, p
	now := o.ada.again(o.event.ID)
	if !o.tried[p.Dedup] && p.Kind != meet.LetterCancel && p.Edition.Sequence != now.Sequence {
		o.t.Errorf("%s is first tried for edition %d, when %d is there", p.Dedup, p.Edition.Sequence, now.Sequence)
	}
	if p.Kind != meet.LetterCancel && (p.Seat != nil && (p.Seat.UID != p.Lane || p.Seat.State == meet.SeatCancelled) ||
		p.Invitation != nil && (p.Invitation.UID != p.Lane || !p.Invitation.Revoked.IsZero())) {
		o.t.Errorf("%s asks somebody in who is out", p.Dedup)
	}
	if p.Seat != nil {
		o.seats = append(o.seats, p.Token)
	}
	o.tried[p.Dedup] = true
}

// arrives puts a letter into its mailbox, where order must hold.
func (o *office) arrives(p store.Posting) {
	o.t.Helper()
	lane := p.Lane
	a := arrival{dedup: p.Dedup, kind: p.Kind, sequence: p.Edition.Sequence}
	switch p.Kind {
	case meet.LetterInvite, meet.LetterFreed, meet.LetterUpdate, meet.LetterInvitation:
		a.entry = true
	case meet.LetterCancel:
		a.sequence++
	}
	box := o.lanes[lane]
	if n := len(box); n > 0 {
		last := box[n-1]
		if a.sequence < last.sequence || last.kind == meet.LetterCancel && a.dedup != last.dedup {
			o.t.Errorf("%s: %+v arrives behind %+v", lane, a, last)
		}
		for _, old := range box[:n-1] {
			if old.dedup == a.dedup && last.dedup != a.dedup {
				o.t.Errorf("%s: %s again behind %s", lane, a.dedup, last.dedup)
			}
		}
	}
	if p.Kind == meet.LetterCancel && !p.Entry {
		for _, old := range box {
			if old.entry {
				o.t.Errorf("%s: the entry of %s is not taken away", lane, old.dedup)
			}
		}
	}
	o.lanes[lane] = append(box, a)
	o.follows(p)
}

// follows checks that nothing is told of an old calendar entry once something was of the next one.
func (o *office) follows(p store.Posting) {
	o.t.Helper()
	var subject meet.ID
	if p.Seat != nil {
		subject = p.Seat.ID
	} else {
		subject = p.Invitation.ID
	}
	list := o.entries[subject]
	switch i := slices.Index(list, p.Lane); {
	case i < 0:
		o.entries[subject] = append(list, p.Lane)
	case i < len(list)-1:
		o.t.Errorf("%s arrives behind letters about %s", p.Dedup, list[i+1])
	}
}

// settle lets the mail server be well again until nothing is owed.
func (o *office) settle() {
	o.t.Helper()
	for range 400 {
		o.serve(true)
		o.later(10 * time.Second)
		if due, err := o.PostDue(o.t.Context()); err != nil {
			o.t.Fatal(err)
		} else if !due && len(o.held) == 0 {
			if o.later(time.Minute); !o.anything() {
				return
			}
		}
	}
	o.t.Error("letters are owed for ever")
}

func (o *office) anything() bool {
	due, err := o.PostDue(o.t.Context())
	o.must(nil, err)
	return due
}

// Whatever people do and whatever becomes of letters: one at a time in each lane, in order, nothing old for the first time,
// and in the end every calendar shows what is.
func TestAnyLifeOfLetters(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			o := openOffice(t, seed)
			for range 120 {
				if o.dice.IntN(3) == 0 {
					o.act()
				} else {
					o.serve(false)
				}
			}
			o.settle()
			o.calendars()
			o.must(do(o.house, o.ada.by(""), store.CancelEvent, store.Cancelling{Event: o.event.ID}))
			o.settle()
			for lane, box := range o.lanes {
				if last := box[len(box)-1]; last.kind != meet.LetterCancel && o.refused[lane] != meet.LetterCancel {
					t.Errorf("%s ends with %+v after everything was called off", lane, last)
				}
			}
		})
	}
}

// calendars checks that everybody with a seat was told of the newest edition last.
func (o *office) calendars() {
	o.t.Helper()
	e := o.ada.again(o.event.ID)
	list, _, err := o.Registrants(o.t.Context(), o.ada.who(), store.Sought{Event: o.event.ID})
	o.must(nil, err)
	for _, r := range list {
		box := o.lanes[r.UID]
		if r.Mail == meet.MailFailed {
			continue // a server refused the newest for good
		}
		if len(box) == 0 || box[len(box)-1].sequence != e.Sequence || r.State == meet.Registered && !box[len(box)-1].entry && box[len(box)-1].kind != meet.LetterLink {
			o.t.Errorf("%s (%s, mail %s): edition %d, but the mailbox has %+v", r.Email, r.State, r.Mail, e.Sequence, box)
		}
	}
}

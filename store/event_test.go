package store_test

import (
	"slices"
	"testing"
	"time"

	"foyer/meet"
	"foyer/store"
)

// inDays is a time on a Berlin clock, so many days ahead of the house's own.
func (h *house) inDays(n int) meet.When {
	starts := h.clock().Add(time.Duration(n) * 24 * time.Hour).Truncate(time.Minute)
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		h.t.Fatal(err)
	}
	local := starts.In(berlin)
	return meet.When{Date: local.Format(time.DateOnly), Clock: local.Format("15:04"), Zone: "Europe/Berlin", Starts: starts, Length: time.Hour}
}

func facts(title string, when meet.When) store.EventFacts {
	return store.EventFacts{Title: title, Theme: string(meet.Webinar), When: when, Registration: true}
}

func (p *person) event(title string, when meet.When, change ...func(*store.EventFacts)) meet.Event {
	p.h.t.Helper()
	f := facts(title, when)
	for _, c := range change {
		c(&f)
	}
	id, err := do(p.h, p.by(""), store.CreateEvent, f)
	if err != nil {
		p.h.t.Fatal(err)
	}
	return p.again(id)
}

func (p *person) again(id meet.ID) meet.Event {
	p.h.t.Helper()
	e, err := p.h.Event(p.h.t.Context(), p.who(), id)
	if err != nil {
		p.h.t.Fatal(err)
	}
	return e
}

func (p *person) registers(e meet.Event, email string) (store.Registered, error) {
	return do(p.h, p.by(""), store.Register, store.Registering{Slug: e.Slug, Email: email, Name: "Zoë", Zone: "America/New_York"})
}

func (p *person) edits(e meet.Event, change func(*store.EventFacts)) (store.Edited, error) {
	f := store.EventFacts{Title: e.Name, Description: e.Description, Speakers: meet.SpeakersText(e.Speakers), Theme: string(e.Theme), When: e.When,
		Registration: e.Registration, Capacity: e.Capacity, Closes: e.Closes}
	change(&f)
	return do(p.h, p.by(""), store.EditEvent, store.EventEdit{Event: e.ID, Facts: f, Seen: e.Changed})
}

// post takes what is due, at most n, after telling what became of the ones before.
func (h *house) post(n int, done ...store.Posted) []store.Posting {
	h.t.Helper()
	list, err := do(h, machine, store.Post, store.Postal{Done: done, Want: n, Lease: time.Minute})
	if err != nil {
		h.t.Fatal(err)
	}
	return list
}

func sent(list []store.Posting) (done []store.Posted) {
	for _, p := range list {
		done = append(done, store.Posted{ID: p.ID, Epoch: p.Epoch, Outcome: store.PostSent})
	}
	return done
}

func kinds(list []store.Posting) (k []meet.LetterKind) {
	for _, p := range list {
		k = append(k, p.Kind)
	}
	return k
}

func (h *house) posts(want ...meet.LetterKind) []store.Posting {
	h.t.Helper()
	list := h.post(20)
	got := kinds(list)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		h.t.Errorf("due are %v, want %v", got, want)
	}
	h.post(0, sent(list)...)
	return list
}

func TestASeatAndItsLetters(t *testing.T) {
	h := open(t)
	ada, zoe := h.host("ada"), h.guest()
	e := ada.event("Light in small rooms", h.inDays(7))
	h.must(zoe.registers(e, "Zoe@attendee.example"))
	list := h.posts(meet.LetterInvite)
	p := list[0]
	if p.To != "Zoe@attendee.example" || p.Edition.Title != "Light in small rooms" || p.Seat.Zone != "America/New_York" || p.Entry || p.Was != nil {
		t.Errorf("the letter says %+v", p)
	}
	seat, err := h.Seat(t.Context(), p.Token)
	if err != nil || seat.Registration.Email != "Zoe@attendee.example" || seat.Host != "ada" {
		t.Fatalf("the link opens %+v, %v", seat, err)
	}
	h.must(zoe.registers(e, "zoe@ATTENDEE.example")) // the same person again
	h.posts(meet.LetterLink)
	h.must(ada.edits(ada.again(e.ID), func(f *store.EventFacts) { f.When = h.inDays(8) }))
	moved := h.posts(meet.LetterUpdate)
	if m := moved[0]; !m.Entry || m.Was == nil || !m.Was.Starts.Equal(e.Starts) || m.Edition.Sequence != 1 || m.Reason != "" || len(m.Before) != 2 {
		t.Errorf("the change says %+v", m)
	}
	h.must(do(h, zoe.by(""), store.CancelSeat, p.Token))
	if c := h.posts(meet.LetterCancel); c[0].Reason != "seat" || !c[0].Entry {
		t.Errorf("the end says %+v", c[0])
	}
	h.must(zoe.registers(e, "zoe@attendee.example"))
	if again := h.posts(meet.LetterInvite); again[0].Seat.UID == p.Seat.UID || again[0].Token == p.Token {
		t.Error("a seat that is taken again has the old entry or link")
	}
	if _, err := h.Seat(t.Context(), p.Token); err == nil {
		t.Error("the link of the seat that was given back opens the new one")
	}
}

func TestWhatNobodyTriedIsSuperseded(t *testing.T) {
	h := open(t)
	ada := h.host("ada")
	e := ada.event("Talk", h.inDays(7))
	h.must(h.guest().registers(e, "one@attendee.example"))
	h.must(h.guest().registers(e, "two@attendee.example"))
	tried := h.post(1)
	h.must(ada.edits(e, func(f *store.EventFacts) { f.When = h.inDays(9) }))
	next := h.posts(meet.LetterInvite) // the one that waits behind the tried one is not due yet
	if next[0].Edition.Sequence != 1 || next[0].Was != nil || next[0].To == tried[0].To {
		t.Errorf("the second one is told %+v", next[0])
	}
	h.post(0, store.Posted{ID: tried[0].ID, Epoch: tried[0].Epoch, Outcome: store.PostAgain, Again: time.Minute})
	h.posts()
	h.later(time.Minute)
	h.posts(meet.LetterInvite) // as it was queued: the first try may have arrived
	h.posts(meet.LetterUpdate)
}

func TestWaitList(t *testing.T) {
	h := open(t)
	ada := h.host("ada")
	e := ada.event("Talk", h.inDays(7), func(f *store.EventFacts) { f.Capacity = 1 })
	h.must(h.guest().registers(e, "one@attendee.example"))
	out, err := h.guest().registers(e, "two@attendee.example")
	if err != nil || !out.Waits {
		t.Fatalf("%+v, %v", out, err)
	}
	h.later(time.Second)
	h.must(h.guest().registers(e, "three@attendee.example"))
	first := h.posts(meet.LetterInvite, meet.LetterWaitlist, meet.LetterWaitlist)
	i := slices.IndexFunc(first, func(p store.Posting) bool { return p.Kind == meet.LetterInvite })
	h.must(do(h, h.guest().by(""), store.CancelSeat, first[i].Token))
	freed := h.posts(meet.LetterCancel, meet.LetterFreed)
	if j := slices.IndexFunc(freed, func(p store.Posting) bool { return p.Kind == meet.LetterFreed }); freed[j].To != "two@attendee.example" || freed[j].Entry {
		t.Errorf("the seat went to %+v", freed[j])
	}
	h.must(ada.edits(ada.again(e.ID), func(f *store.EventFacts) { f.Capacity = 0 }))
	h.posts(meet.LetterFreed)
}

func TestReminders(t *testing.T) {
	h := open(t)
	ada := h.host("ada")
	e := ada.event("Talk", h.inDays(1))
	h.must(h.guest().registers(e, "one@attendee.example"))
	h.posts(meet.LetterInvite)
	h.later(24*time.Hour - 31*time.Minute)
	if due, _ := h.RemindDue(t.Context()); due {
		t.Error("reminded too early")
	}
	h.later(90 * time.Second)
	h.must(h.guest().registers(e, "late@attendee.example"))
	h.posts(meet.LetterInvite)
	h.must(do(h, machine, store.Remind, store.Done{}))
	h.must(do(h, machine, store.Remind, store.Done{}))
	h.posts(meet.LetterReminder)
	later := e.When
	later.Starts, later.Clock = later.Starts.Add(2*time.Hour), later.Starts.Add(2*time.Hour).Format("15:04")
	h.must(ada.edits(ada.again(e.ID), func(f *store.EventFacts) { f.When = later }))
	h.posts(meet.LetterUpdate, meet.LetterUpdate)
	h.later(2 * time.Hour)
	h.must(do(h, machine, store.Remind, store.Done{}))
	h.posts(meet.LetterReminder, meet.LetterReminder) // for the new start, also for who came late to the old one
	if due, _ := h.RemindDue(t.Context()); due {
		t.Error("still due")
	}
}

func TestStartingLetsEverybodyIn(t *testing.T) {
	h := open(t)
	ada, zoe := h.host("ada"), h.guest()
	e := ada.event("Talk", h.inDays(1), func(f *store.EventFacts) { f.Registration = false })
	in, err := zoe.enters(e.Room, "Zoë")
	if err != nil || !in.Waiting {
		t.Fatalf("%+v, %v", in, err)
	}
	if k, _ := h.Knocks(t.Context(), e.ID); len(k) > 0 {
		t.Error("who waits for the start knocks")
	}
	if host := ada.mustEnter(e.Room, "Ada"); host.Waiting {
		t.Error("the host waits")
	}
	if live, _ := h.CallLive(t.Context(), e.ID); live {
		t.Error("backstage is a call")
	}
	h.refused(meet.NotHere, second(do(h, zoe.by(""), store.StartEvent, store.Starting{Slug: e.Slug})))
	h.must(do(h, ada.by(""), store.StartEvent, store.Starting{Slug: e.Slug}))
	h.must(do(h, ada.by(""), store.StartEvent, store.Starting{Slug: e.Slug}))
	d, err := h.DoorBySlug(t.Context(), zoe.who(), e.Slug)
	if err != nil || meet.Allow(meet.SeeInside, d.Actor, d.Room.Door()) != nil {
		t.Errorf("not let in: %+v %v", d.Actor, err)
	}
	h.must(do(h, ada.by(""), store.EndForAll, store.Leaving{Slug: e.Slug}))
	if got := ada.again(e.ID); got.Phase(h.clock()) != meet.Over {
		t.Errorf("after its end it is %s", got.Phase(h.clock()))
	}
	_, err = h.guest().enters(e.Room, "Late")
	h.refused(meet.Conflict, err)
}

func TestSeatsAreNeededWhereOneRegisters(t *testing.T) {
	h := open(t)
	ada, zoe := h.host("ada"), h.guest()
	e := ada.event("Talk", h.inDays(1))
	_, err := zoe.enters(e.Room, "Zoë")
	h.refused(meet.Forbidden, err)
	h.must(zoe.registers(e, "zoe@attendee.example"))
	token := h.posts(meet.LetterInvite)[0].Token
	if in := zoe.mustEnter(e.Room, "Zoë", token); !in.Waiting {
		t.Error("came in before the start")
	}
	h.must(do(h, ada.by(""), store.StartEvent, store.Starting{Slug: e.Slug}))
	other := h.guest() // a second device
	if in := other.mustEnter(e.Room, "Zoë", token); in.Waiting {
		t.Error("the second device waits")
	}
	d, _ := h.DoorBySlug(t.Context(), zoe.who(), e.Slug)
	if !d.Pass.Left {
		t.Errorf("the first device is still there: %+v", d.Pass)
	}
	late, err := h.guest().registers(e, "late@attendee.example")
	if err != nil || !late.Live || len(late.Tokens) != 2 {
		t.Fatalf("%+v, %v", late, err)
	}
}

func TestCancelledAndDeleted(t *testing.T) {
	h := open(t)
	ada := h.host("ada")
	e := ada.event("Talk", h.inDays(1))
	h.must(h.guest().registers(e, "one@attendee.example"))
	h.posts(meet.LetterInvite)
	h.must(h.guest().registers(e, "two@attendee.example")) // never told, so nothing to take back
	h.must(do(h, ada.by(""), store.DeleteEvent, e.ID))
	h.posts(meet.LetterCancel)
	if p, err := h.PublicEvent(t.Context(), e.Slug); err != nil || p.Phase(h.clock()) != meet.CalledOff {
		t.Errorf("the page shows %v, %v", p.Phase(h.clock()), err)
	}
	if list, _ := h.Events(t.Context(), ada.id); len(list) > 0 {
		t.Error("still on the dashboard")
	}
	h.later(30 * time.Hour)
	h.must(do(h, machine, store.Forget, store.Done{}))
	_, err := h.PublicEvent(t.Context(), e.Slug)
	h.refused(meet.NotHere, err)
}

// Nobody ends it: a quarter of an hour after the last one left it is over, dated at that moment.
func TestEmptyEventEnds(t *testing.T) {
	h := open(t)
	ada, zoe := h.host("ada"), h.guest()
	e := ada.event("Talk", h.inDays(0), func(f *store.EventFacts) {
		f.Registration, f.When.Starts = false, f.When.Starts.Add(10*time.Minute)
	})
	h.must(do(h, ada.by(""), store.StartEvent, store.Starting{Slug: e.Slug}))
	zoe.mustEnter(e.Room, "Zoë")
	h.later(time.Minute)
	h.must(do(h, zoe.by(""), store.LeaveRoom, store.Leaving{Slug: e.Slug}))
	left := h.clock()
	h.later(14 * time.Minute)
	h.must(do(h, machine, store.Sweep, store.Done{}))
	if phase := ada.again(e.ID).Phase(h.clock()); phase != meet.Live {
		t.Errorf("after 14 minutes it is %s", phase)
	}
	if due, _ := h.SweepDue(t.Context()); due {
		t.Error("a sweep is due while nothing ends")
	}
	h.later(2 * time.Minute)
	if due, _ := h.SweepDue(t.Context()); !due {
		t.Error("no sweep is due when it ends")
	}
	h.must(do(h, machine, store.Sweep, store.Done{}))
	if over := ada.again(e.ID); over.Phase(h.clock()) != meet.Over || !over.Ended.Equal(left) {
		t.Errorf("it is %s since %v, want over since %v", over.Phase(h.clock()), over.Ended, left)
	}
}

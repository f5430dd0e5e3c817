package store_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"foyer/meet"
	"foyer/store"
)

func (p *person) registrants(e meet.Event, query string) (names []string, list []meet.Registrant) {
	p.h.t.Helper()
	list, _, err := p.h.Registrants(p.h.t.Context(), p.who(), store.Sought{Event: e.ID, Query: query})
	if err != nil {
		p.h.t.Fatal(err)
	}
	for _, r := range list {
		names = append(names, r.Email)
	}
	return names, list
}

func TestRegistrantsAreFoundInPages(t *testing.T) {
	h := open(t)
	ada := h.host("ada")
	e := ada.event("Talk", h.inDays(1), func(f *store.EventFacts) { f.Capacity = 2 })
	for _, who := range []string{"one", "two_2", "three"} {
		h.later(time.Second)
		h.must(h.guest().registers(e, who+"@attendee.example"))
	}
	if got, _ := ada.registrants(e, ""); !slices.Equal(got, []string{"two_2@attendee.example", "one@attendee.example", "three@attendee.example"}) {
		t.Errorf("listed as %v", got) // newest first, then who waits
	}
	for query, want := range map[string]int{"ZO": 3, "TWO": 1, "%": 0, "_": 1, `\`: 0, "nobody": 0} {
		if got, _ := ada.registrants(e, query); len(got) != want {
			t.Errorf("%q finds %v", query, got)
		}
	}
	page, total, err := h.Registrants(t.Context(), ada.who(), store.Sought{Event: e.ID, Limit: 1, Offset: 1})
	if err != nil || total != 3 || len(page) != 1 || page[0].Email != "one@attendee.example" {
		t.Errorf("%d of %d, %v: %v", len(page), total, page, err)
	}
	var all []string
	h.must(nil, h.EachRegistrant(t.Context(), ada.who(), store.Sought{Event: e.ID}, func(r meet.Registrant) error {
		all = append(all, r.Email)
		return nil
	}))
	if len(all) != 3 {
		t.Errorf("one by one they are %v", all)
	}
	enough := errors.New("enough")
	if err := h.EachRegistrant(t.Context(), ada.who(), store.Sought{Event: e.ID}, func(meet.Registrant) error { return enough }); !errors.Is(err, enough) {
		t.Error(err)
	}
	for _, other := range []*person{h.host("bob"), h.guest()} {
		_, _, err := h.Registrants(t.Context(), other.who(), store.Sought{Event: e.ID})
		if code := meet.CodeOf(err); err == nil || code != meet.NotHere && code != meet.SignIn {
			t.Errorf("others are answered %v", err)
		}
		if err := h.EachRegistrant(t.Context(), other.who(), store.Sought{Event: e.ID}, nil); err == nil {
			t.Error("others may download the list")
		}
	}
}

// What became of the mail that tells of a seat, and only of that one.
func TestMailStates(t *testing.T) {
	h := open(t)
	ada := h.host("ada")
	e := ada.event("Talk", h.inDays(1))
	state := func(want meet.MailState, reason string) {
		t.Helper()
		if _, list := ada.registrants(e, ""); list[0].Mail != want || list[0].Reason != reason {
			t.Errorf("%q %q, want %q %q", list[0].Mail, list[0].Reason, want, reason)
		}
	}
	h.must(h.guest().registers(e, "one@attendee.example"))
	state(meet.MailSending, "")
	list := h.post(10)
	h.post(0, store.Posted{ID: list[0].ID, Epoch: list[0].Epoch, Outcome: store.PostAgain, Code: 451, Text: "451 greylisted, try later", Again: time.Minute})
	state(meet.MailSending, "451 greylisted, try later")
	h.later(2 * time.Minute)
	list = h.post(10)
	h.post(0, store.Posted{ID: list[0].ID, Epoch: list[0].Epoch, Outcome: store.PostDead, Code: 550, Text: "550 no such user", Bad: true})
	state(meet.MailFailed, "550 no such user")
	if c, err := h.SeatCounts(t.Context(), ada.who(), e.ID); err != nil || c != (meet.SeatCounts{Registered: 1, Failed: 1}) {
		t.Errorf("%+v, %v", c, err)
	}

	_, found := ada.registrants(e, "")
	one := store.Registrant{Event: e.ID, Registration: found[0].ID}
	h.must(do(h, ada.by(""), store.ResendLetter, one))
	h.must(do(h, ada.by(""), store.ResendLetter, one)) // it is on its way already
	state(meet.MailSending, "")
	list = h.post(10)
	if len(list) != 1 || list[0].Kind != meet.LetterInvite || list[0].Reason != "again" {
		t.Errorf("sent again: %v", kinds(list))
	}
	h.post(0, store.Posted{ID: list[0].ID, Epoch: list[0].Epoch, Outcome: store.PostAgain, Code: 451, Text: "451 later", Again: time.Hour})
	if len(h.post(10)) != 0 {
		t.Fatal("too early")
	}
	h.must(do(h, ada.by(""), store.ResendLetter, one)) // now, instead of in an hour
	if list = h.post(10); len(list) != 1 {
		t.Fatal("not hurried")
	}
	h.post(0, sent(list)...)
	state(meet.MailDelivered, "")
	h.must(do(h, ada.by(""), store.RemoveRegistrant, one))
	h.refused(meet.Conflict, second(do(h, ada.by(""), store.ResendLetter, one)))
	h.refused(meet.NotHere, second(do(h, h.host("bob").by(""), store.ResendLetter, one)))
}

// C20: a seat that was taken away opens nothing any more, whoever is inside by it goes, and the address stays out.
func TestRemovedRegistrantsStayOut(t *testing.T) {
	h := open(t)
	ada, zoe := h.host("ada"), h.guest()
	e := ada.event("Talk", h.inDays(1))
	h.must(zoe.registers(e, "zoe@attendee.example"))
	token := h.posts(meet.LetterInvite)[0].Token
	h.must(do(h, ada.by(""), store.StartEvent, store.Starting{Slug: e.Slug}))
	zoe.mustEnter(e.Room, "Zoë", token)
	_, list := ada.registrants(e, "")
	h.must(do(h, ada.by(""), store.RemoveRegistrant, store.Registrant{Event: e.ID, Registration: list[0].ID}))
	h.sees(e.Room)
	_, err := zoe.enters(e.Room, "Zoë", token)
	h.refused(meet.Forbidden, err)
	_, err = h.guest().enters(e.Room, "Zoë", token)
	h.refused(meet.Forbidden, err)
	if out, err := h.guest().registers(e, "ZOE@attendee.example"); err != nil || len(out.Tokens) != 2 {
		t.Errorf("the page tells: %+v, %v", out, err)
	} else if _, err := h.guest().enters(e.Room, "Zoë", out.Tokens[1]); meet.CodeOf(err) != meet.Forbidden || err == nil {
		t.Errorf("registered again: %v", err)
	}

	kim := h.guest() // came straight in, by the entry that stays in the browser
	out, err := kim.registers(e, "kim@attendee.example")
	h.must(nil, err)
	kim.mustEnter(e.Room, "Kim", out.Tokens...)
	_, list = ada.registrants(e, "kim")
	h.must(do(h, ada.by(""), store.RemoveRegistrant, store.Registrant{Event: e.ID, Registration: list[0].ID}))
	h.sees(e.Room)
	_, err = kim.enters(e.Room, "Kim", out.Tokens[0])
	h.refused(meet.Forbidden, err)

	sam := h.guest() // who was asked to come still may
	_, invited := ada.invites(e.Room, "sam@speaker.example", meet.Speaker)
	out, err = sam.registers(e, "sam@speaker.example")
	h.must(nil, err)
	sam.mustEnter(e.Room, "Sam", out.Tokens[0], out.Tokens[1], invited)
	_, list = ada.registrants(e, "sam")
	h.must(do(h, ada.by(""), store.RemoveRegistrant, store.Registrant{Event: e.ID, Registration: list[0].ID}))
	h.sees(e.Room)
	sam.mustEnter(e.Room, "Sam")
}

// C18: fifty people who want the last seat at once: one gets it, the others wait.
func TestTheLastSeat(t *testing.T) {
	h := open(t)
	ada := h.host("ada")
	e := ada.event("Talk", h.inDays(1), func(f *store.EventFacts) { f.Capacity = 1 })
	var all sync.WaitGroup
	var mu sync.Mutex
	seats := 0
	for i := range 50 {
		all.Go(func() {
			out, err := h.guest().registers(e, fmt.Sprintf("p%d@attendee.example", i))
			if err != nil {
				t.Error(err)
			}
			if !out.Waits {
				mu.Lock()
				seats++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	c, err := h.SeatCounts(t.Context(), ada.who(), e.ID)
	if err != nil || seats != 1 || c.Registered != 1 || c.Waiting != 49 {
		t.Errorf("%d were told of a seat: %+v, %v", seats, c, err)
	}
}

func TestImportGivesSeats(t *testing.T) {
	h := open(t)
	ada := h.host("ada")
	e := ada.event("Talk", h.inDays(1), func(f *store.EventFacts) { f.Capacity = 2 })
	h.must(do(h, ada.by(""), store.SetField, store.EventField{Event: e.ID, Field: meet.Field{Kind: meet.FieldChoice, Label: "Food", Options: []string{"Bread", "Soup"}, Required: true}}))
	fields, err := h.Fields(t.Context(), e.ID)
	h.must(nil, err)
	food := func(s string) map[meet.ID]string { return map[meet.ID]string{fields[0].ID: s} }
	out, err := do(h, ada.by(""), store.ImportRegistrants, store.Importing{Event: e.ID, People: []store.Registering{
		{Name: "One", Email: " one@attendee.example ", Answers: food("Soup")}, {Name: "One", Email: "ONE@attendee.example"}, {Name: "", Email: "a@attendee.example"},
		{Name: "Two", Email: "two@attendee.example", Answers: food("Cake")}, {Name: "Three", Email: "three@attendee.example"}, {Name: "Four", Email: "four@attendee.example"}}})
	if err != nil || out.Added != 3 || out.Known != 1 || len(out.Refused) != 2 || out.Refused[2] == "" || out.Refused[3] != "Choose one of the answers." {
		t.Fatalf("%+v, %v", out, err)
	}
	names, list := ada.registrants(e, "one@")
	if len(names) != 1 || names[0] != "one@attendee.example" || list[0].Answers[fields[0].ID] != "Soup" {
		t.Errorf("%v %+v", names, list)
	}
	h.posts(meet.LetterInvite, meet.LetterInvite, meet.LetterWaitlist)
	h.refused(meet.Invalid, second(do(h, ada.by(""), store.ImportRegistrants, store.Importing{Event: e.ID, People: make([]store.Registering, store.MostImported+1)})))
	h.must(do(h, ada.by(""), store.CancelEvent, store.Cancelling{Event: e.ID}))
	h.refused(meet.Conflict, second(do(h, ada.by(""), store.ImportRegistrants, store.Importing{Event: e.ID, People: []store.Registering{{Name: "Late", Email: "late@attendee.example"}}})))
}

// C26, C27: an invitation is used as often as one likes, by one browser at a time, until it is revoked: then its link is
// shut and whoever came by it is out. Asked again, they get another link.
func TestInvitations(t *testing.T) {
	h := open(t)
	ada, sam, phone := h.host("ada"), h.guest(), h.guest()
	r := ada.room("Studio", meet.Webinar)
	in := store.Inviting{Room: r.ID, Name: "Sam", Email: "sam@speaker.example", Role: "speaker"}
	id, err := do(h, ada.by(""), store.Invite, in)
	h.must(nil, err)
	token := h.posts(meet.LetterInvitation)[0].Token
	sam.mustEnter(r, "Sam", token)
	phone.mustEnter(r, "Sam", token) // Continue here
	h.sees(r, "Sam")
	people, _ := h.People(t.Context(), r.ID)
	if people[0].Role != meet.Speaker || !people[0].OnStage {
		t.Errorf("came as %+v", people[0])
	}
	if list, err := h.Invitations(t.Context(), ada.who(), r.ID); err != nil || len(list) != 1 || list[0].Came.IsZero() || list[0].Mail != meet.MailDelivered {
		t.Errorf("%+v, %v", list, err)
	}
	one := store.OneInvitation{Room: r.ID, Invitation: id}
	h.refused(meet.NotHere, second(do(h, h.host("bob").by(""), store.RevokeInvitation, one)))
	h.must(do(h, ada.by(""), store.RevokeInvitation, one))
	h.sees(r)
	if _, err := h.Capability(t.Context(), token); meet.CodeOf(err) != meet.NotHere || err == nil {
		t.Error("the link opens", err)
	}
	h.refused(meet.Conflict, second(do(h, ada.by(""), store.ResendInvitation, one)))
	h.must(do(h, ada.by(""), store.Invite, in))
	again := h.posts(meet.LetterInvitation)[0].Token
	if again == token {
		t.Error("the shut link was opened again")
	}
	if _, err := h.Capability(t.Context(), token); err == nil {
		t.Error("the old link opens")
	}
	h.must(do(h, ada.by(""), store.ResendInvitation, one))
	h.must(do(h, ada.by(""), store.ResendInvitation, one))
	if l := h.posts(meet.LetterInvitation)[0]; l.Token != again || l.Reason != "again" {
		t.Errorf("sent again: %+v", l)
	}
	for field, bad := range map[string]store.Inviting{"role": {Name: "A", Email: "a@b.example", Role: "host"}, "email": {Name: "A", Email: "a", Role: "speaker"}, "name": {Email: "a@b.example", Role: "speaker"}} {
		bad.Room = r.ID
		var no *meet.Error
		if _, err := do(h, ada.by(""), store.Invite, bad); !errors.As(err, &no) || no.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// Who is invited and registered too has both, and the higher role.
func TestInvitedAndRegistered(t *testing.T) {
	h := open(t)
	ada, sam := h.host("ada"), h.guest()
	e := ada.event("Talk", h.inDays(1))
	h.must(sam.registers(e, "sam@speaker.example"))
	seat := h.posts(meet.LetterInvite)[0].Token
	h.must(do(h, ada.by(""), store.Invite, store.Inviting{Room: e.ID, Name: "Sam", Email: "sam@speaker.example", Role: "moderator"}))
	asked := h.posts(meet.LetterInvitation)[0].Token
	if in := sam.mustEnter(e.Room, "Sam", seat, asked); in.Waiting {
		t.Error("a moderator waits for the start")
	}
	_, list := ada.registrants(e, "")
	h.must(do(h, ada.by(""), store.RemoveRegistrant, store.Registrant{Event: e.ID, Registration: list[0].ID}))
	d, err := h.DoorBySlug(t.Context(), sam.who(), e.Slug, asked)
	if err != nil || d.Actor.Role() != meet.Moderator || meet.Allow(meet.EnterRoom, d.Actor, d.Room.Door()) != nil {
		t.Errorf("without the seat: %+v, %v", d.Actor, err)
	}
}

// A host sees that an address is no good, which no second try mends; a server that was ill is another matter.
func TestBadAddresses(t *testing.T) {
	h := open(t)
	root, ada := h.admin("root"), h.host("ada")
	e := ada.event("Talk", h.inDays(1))
	h.must(h.guest().registers(e, "gone@attendee.example"))
	h.must(do(h, ada.by(""), store.Invite, store.Inviting{Room: e.ID, Name: "Sam", Email: "sam@speaker.example", Role: "speaker"}))
	h.must(do(h, root.by(""), store.InviteAccount, store.AccountFor{Email: "bob@example.org", Name: "Bob"}))
	shown := func() (bad [3]bool) {
		t.Helper()
		_, list := ada.registrants(e, "")
		asked, err := h.Invitations(t.Context(), ada.who(), e.ID)
		h.must(nil, err)
		accounts, err := h.AccountInvitations(t.Context())
		h.must(nil, err)
		for _, m := range []meet.MailState{list[0].Mail, asked[0].Mail, accounts[0].Mail} {
			if m != meet.MailFailed {
				t.Errorf("the mail is %q", m)
			}
		}
		return [3]bool{list[0].Bad, asked[0].Bad, accounts[0].Bad}
	}
	dies := func(bad bool) {
		t.Helper()
		for _, p := range h.post(5) {
			h.post(0, store.Posted{ID: p.ID, Epoch: p.Epoch, Outcome: store.PostDead, Text: "550 no", Bad: bad})
		}
	}
	dies(true)
	if got := shown(); got != [3]bool{true, true, true} {
		t.Errorf("the addresses are bad: %v", got)
	}
	_, list := ada.registrants(e, "")
	h.must(do(h, ada.by(""), store.ResendLetter, store.Registrant{Event: e.ID, Registration: list[0].ID}))
	dies(false)
	if got := shown(); got != [3]bool{false, true, true} {
		t.Errorf("the letter was bad, not the address: %v", got)
	}
}

// Whoever shows an event looks again once after an import, however many came with it.
func TestImportIsOneChange(t *testing.T) {
	h := open(t)
	ada := h.host("ada")
	e := ada.event("Talk", h.inDays(1), func(f *store.EventFacts) { f.Capacity = 20 })
	imports := func(n int) int {
		t.Helper()
		var people []store.Registering
		for i := range n {
			people = append(people, store.Registering{Name: "One", Email: fmt.Sprintf("p%d-%d@attendee.example", n, i)})
		}
		before := h.number(`SELECT max(seq) FROM changed`)
		out, err := do(h, ada.by(""), store.ImportRegistrants, store.Importing{Event: e.ID, People: people})
		if err != nil || out.Added != n {
			t.Fatalf("%+v, %v", out, err)
		}
		return h.number(`SELECT max(seq) FROM changed`) - before
	}
	if one, many := imports(1), imports(30); one != many {
		t.Errorf("one person is %d changes, thirty are %d", one, many)
	}
	if c, err := h.SeatCounts(t.Context(), ada.who(), e.ID); err != nil || c.Registered != 20 || c.Waiting != 11 {
		t.Errorf("%+v, %v", c, err)
	}
}

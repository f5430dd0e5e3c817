package store_test

import (
	"slices"
	"testing"

	"foyer/meet"
	"foyer/store"
)

// invites asks somebody to come and gives the token of their link.
func (p *person) invites(r meet.Room, email string, role meet.Role) (one store.OneInvitation, token string) {
	p.h.t.Helper()
	id, err := do(p.h, p.by(""), store.Invite, store.Inviting{Room: r.ID, Name: "Sam", Email: email, Role: string(role)})
	if err != nil {
		p.h.t.Fatal(err)
	}
	return store.OneInvitation{Room: r.ID, Invitation: id}, p.h.InviteToken(id, 1)
}

// Whoever had the powers of an invitation has none without it, signed in or not.
func TestRevokedModeratorsDoNothing(t *testing.T) {
	t.Parallel()
	h := open(t)
	ada := h.host("ada")
	for name, sam := range map[string]*person{"guest": h.guest(), "account": h.host("sam")} {
		e := ada.event("Talk", h.inDays(1), func(f *store.EventFacts) { f.Registration = false })
		one, token := ada.invites(e.Room, "sam@speaker.example", meet.Moderator)
		in := sam.mustEnter(e.Room, "Sam", token)
		h.must(do(h, ada.by(""), store.RevokeInvitation, one))
		waits := h.guest().mustEnter(e.Room, "Zoë").Pass
		if p := h.pass(in.Pass); p.Role != meet.Attendee || p.State != meet.Out || !p.Left {
			t.Errorf("%s: the pass is %+v", name, p)
		}
		for what, err := range map[string]error{
			"start":  second(do(h, sam.by(""), store.StartEvent, store.Starting{Slug: e.Slug})),
			"admit":  second(do(h, sam.by(""), store.AnswerKnock, store.Answering{Slug: e.Slug, Pass: waits, Admit: true})),
			"remove": second(do(h, sam.by(""), store.RemovePerson, store.Somebody{Slug: e.Slug, Pass: waits})),
			"lock":   second(do(h, sam.by(""), store.SetPrivacy, store.Privacy{Room: e.ID, Locked: true})),
		} {
			if err == nil {
				t.Errorf("%s: may still %s", name, what)
			}
		}
		if back := sam.mustEnter(e.Room, "Sam", token); !back.Waiting {
			t.Errorf("%s: backstage again", name)
		}
	}
}

// Asked again as less, one is less at once: inside, at the door and when one comes back.
func TestInvitedAgainAsLess(t *testing.T) {
	t.Parallel()
	h := open(t)
	ada, sam, bob := h.host("ada"), h.guest(), h.guest()
	r := ada.room("Studio", meet.Webinar)
	one, token := ada.invites(r, "sam@speaker.example", meet.Moderator)
	host := bob.mustEnter(r, "Bob", token, h.HostToken(r)) // the same person on a second device, with more
	in := sam.mustEnter(r, "Sam", token)
	h.said()
	ada.invites(r, "sam@speaker.example", meet.Speaker)
	h.hears(store.PeopleTopic(r.ID), store.DoorsTopic(r.ID), store.RegistrantsTopic(r.ID))
	if p := h.pass(in.Pass); p.Role != meet.Speaker || !p.Left {
		t.Errorf("a moderator asked as speaker is %+v", p)
	}
	h.refused(meet.Forbidden, second(do(h, sam.by(""), store.SetPrivacy, store.Privacy{Room: r.ID, Locked: true})))
	sam.mustEnter(r, "Sam")
	if p := h.pass(in.Pass); p.Role != meet.Speaker || !p.OnStage || p.Invitation != one.Invitation {
		t.Errorf("back as speaker %+v", p)
	}
	h.must(do(h, ada.by(""), store.SetPrivacy, store.Privacy{Room: r.ID, Locked: true}))
	h.must(do(h, sam.by(""), store.LeaveRoom, store.Leaving{Slug: r.Slug}))
	h.must(sam.asks(r, "Sam"))
	ada.invites(r, "sam@speaker.example", meet.Attendee)
	h.knocking(r, "Sam")
	h.must(nil, ada.decides(r, true, in.Pass))
	if right, ok := h.right(r, in.Pass); !ok || right != (meet.Right{}) {
		t.Errorf("a speaker asked as viewer publishes %+v", right)
	}
	sam.mustEnter(r, "Sam", token)
	if p := h.pass(in.Pass); p.Role != meet.Attendee || p.OnStage || p.Mic {
		t.Errorf("back as viewer %+v", p)
	}
	if p := h.pass(host.Pass); p.Role != meet.Host {
		t.Errorf("a host asked as viewer is %+v", p)
	}
	h.said()
	ada.invites(r, "sam@speaker.example", meet.Moderator) // more comes with the link, as always
	if said := h.said(); slices.Contains(said, store.DoorsTopic(r.ID)) {
		t.Error(said)
	}
	sam.mustEnter(r, "Sam", token)
	if p := h.pass(in.Pass); p.Role != meet.Moderator || p.Invitation != one.Invitation {
		t.Errorf("asked as more %+v", p)
	}
}

// Backstage is for speakers: who is none any more waits outside like everybody else.
func TestInvitedAgainAsViewerBackstage(t *testing.T) {
	t.Parallel()
	h := open(t)
	ada, sam := h.host("ada"), h.guest()
	e := ada.event("Talk", h.inDays(1))
	_, token := ada.invites(e.Room, "sam@speaker.example", meet.Speaker)
	in := sam.mustEnter(e.Room, "Sam", token)
	ada.invites(e.Room, "sam@speaker.example", meet.Attendee)
	if p := h.pass(in.Pass); p.Role != meet.Attendee || !p.Left {
		t.Errorf("backstage is %+v", p)
	}
	h.sees(e.Room)
	if back := sam.mustEnter(e.Room, "Sam", token); !back.Waiting {
		t.Error("backstage as a viewer")
	}
}

// Two invitations in one browser: the powers of one end with that one, whichever link was opened last.
func TestTwoInvitationsInOneBrowser(t *testing.T) {
	t.Parallel()
	h := open(t)
	ada := h.host("ada")
	for _, order := range [][]int{{0, 1}, {1, 0}} {
		for _, atOnce := range []bool{true, false} {
			sam, r := h.guest(), ada.room("Studio", meet.Webinar)
			moderates, token := ada.invites(r, "sam@speaker.example", meet.Moderator)
			_, other := ada.invites(r, "sam@attendee.example", meet.Attendee)
			tokens := []string{[]string{token, other}[order[0]], []string{token, other}[order[1]]}
			in := store.Entered{}
			if atOnce {
				in = sam.mustEnter(r, "Sam", tokens...)
			} else {
				sam.mustEnter(r, "Sam", tokens[0])
				in = sam.mustEnter(r, "Sam", tokens[1])
			}
			if p := h.pass(in.Pass); p.Role != meet.Moderator || p.Invitation != moderates.Invitation {
				t.Errorf("%v, at once %v: %+v", order, atOnce, p)
			}
			h.must(do(h, ada.by(""), store.RevokeInvitation, moderates))
			if p := h.pass(in.Pass); p.Role != meet.Attendee {
				t.Errorf("%v, at once %v: still a %s", order, atOnce, p.Role)
			}
		}
	}
}

// Speakers who were backstage when it began did come.
func TestBackstageCame(t *testing.T) {
	t.Parallel()
	h := open(t)
	ada, sam, zoe, away := h.host("ada"), h.guest(), h.guest(), h.guest()
	e := ada.event("Talk", h.inDays(1))
	came := func() (n int) {
		list, err := h.Invitations(t.Context(), ada.who(), e.ID)
		h.must(nil, err)
		for _, i := range list {
			if !i.Came.IsZero() {
				n++
			}
		}
		_, seats := ada.registrants(e, "")
		for _, s := range seats {
			if !s.Came.IsZero() {
				n += 10
			}
		}
		return n
	}
	_, token := ada.invites(e.Room, "sam@speaker.example", meet.Speaker)
	_, gone := ada.invites(e.Room, "kim@speaker.example", meet.Speaker)
	h.posts(meet.LetterInvitation, meet.LetterInvitation)
	h.must(zoe.registers(e, "zoe@speaker.example"))
	seat := h.posts(meet.LetterInvite)[0].Token
	_, both := ada.invites(e.Room, "zoe@speaker.example", meet.Moderator)
	sam.mustEnter(e.Room, "Sam", token)
	zoe.mustEnter(e.Room, "Zoë", seat, both)
	away.mustEnter(e.Room, "Kim", gone)
	h.must(do(h, away.by(""), store.LeaveRoom, store.Leaving{Slug: e.Slug}))
	if n := came(); n != 0 {
		t.Errorf("before the start came %d", n)
	}
	h.must(do(h, ada.by(""), store.StartEvent, store.Starting{Slug: e.Slug}))
	if n := came(); n != 12 {
		t.Errorf("who was backstage came %d, want 2 invited and 1 registered", n)
	}
}

// Behind a lock those who waited for the start ask to join, and every page that shows a queue hears of it.
func TestStartBehindALockIsHeard(t *testing.T) {
	t.Parallel()
	h := open(t)
	ada, zoe := h.host("ada"), h.guest()
	e := ada.event("Talk", h.inDays(1), func(f *store.EventFacts) { f.Registration = false })
	zoe.mustEnter(e.Room, "Zoë")
	h.must(do(h, ada.by(""), store.SetPrivacy, store.Privacy{Room: e.ID, Locked: true}))
	h.knocking(e.Room)
	h.said()
	h.must(do(h, ada.by(""), store.StartEvent, store.Starting{Slug: e.Slug}))
	h.hears(queueTopics(e.Room)...)
	h.knocking(e.Room, "Zoë")
}

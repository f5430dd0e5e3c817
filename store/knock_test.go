package store_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"foyer/meet"
	"foyer/replica"
	"foyer/store"
)

func (p *person) asks(r meet.Room, name string, links ...string) (store.Entered, error) {
	return do(p.h, p.by(""), store.EnterRoom, store.Entering{Slug: r.Slug, Label: meet.Label{Name: name}, Links: links, Mic: true, Camera: true, Ask: true})
}

func (p *person) mustAsk(r meet.Room, name string) store.Entered {
	p.h.t.Helper()
	e, err := p.asks(r, name)
	if err != nil || !e.Waiting {
		p.h.t.Fatalf("%s asks: %+v, %v", name, e, err)
	}
	return e
}

func (p *person) decides(r meet.Room, admit bool, pass meet.ID) error {
	_, err := do(p.h, p.by(""), store.AnswerKnock, store.Answering{Slug: r.Slug, Pass: pass, Admit: admit})
	return err
}

func (p *person) locks(r meet.Room, locked bool) {
	p.h.t.Helper()
	p.h.must(do(p.h, p.by(""), store.SetPrivacy, store.Privacy{Room: r.ID, Locked: locked}))
}

// locked is a locked room of Ada's with Ada inside, her stream open.
func locked(t testing.TB) (h *house, ada *person, r meet.Room) {
	t.Helper()
	h = open(t)
	ada = h.host("ada")
	r = ada.room("Office", meet.Meeting)
	ada.locks(r, true)
	h.streams(ids(ada.mustEnter(r, "Ada").Pass), nil)
	h.later(time.Second)
	h.said()
	return h, ada, r
}

// queue is the door as hosts see it, one word per card: the name, what was decided, or that they are away.
func (h *house) queue(r meet.Room) (cards []string) {
	h.t.Helper()
	knocks, err := h.Knocks(h.t.Context(), r.ID)
	h.must(nil, err)
	for _, k := range knocks {
		card := k.Name
		if k.Away {
			card += " away"
		}
		if k.Decision != "" {
			card += " " + k.Decision + " by " + k.By
		}
		cards = append(cards, card)
	}
	return cards
}

func (h *house) knocking(r meet.Room, want ...string) {
	h.t.Helper()
	if got := h.queue(r); !slices.Equal(got, want) {
		h.t.Errorf("at the door: %q, want %q", got, want)
	}
}

// hears checks that pages were told since the last time.
func (h *house) hears(topics ...string) {
	h.t.Helper()
	said := h.said()
	for _, topic := range topics {
		if !slices.Contains(said, topic) {
			h.t.Errorf("%s was not announced, only %q", topic, said)
		}
	}
}

func queueTopics(r meet.Room) []string {
	return []string{store.KnocksTopic(r.ID), store.KnocksOfTopic(r.Owner), store.TileTopic(r.Owner, r.ID)}
}

func (h *house) pass(id meet.ID) meet.Pass {
	h.t.Helper()
	d, err := h.PassByID(h.t.Context(), id)
	h.must(nil, err)
	return *d.Pass
}

func (h *house) right(r meet.Room, pass meet.ID) (meet.Right, bool) {
	h.t.Helper()
	rights, err := h.Rights(h.t.Context(), r.ID)
	h.must(nil, err)
	right, ok := rights[pass]
	return right, ok
}

// nothing checks that a pass has no place in a room: not in the list, no rights, no stream that would bring it in.
func (h *house) nothing(r meet.Room, pass meet.ID) {
	h.t.Helper()
	if right, ok := h.right(r, pass); ok {
		h.t.Errorf("rights: %+v", right)
	}
	before := h.inside(r)
	h.streams(ids(pass), nil)
	h.sees(r, before...)
	if meet.Allow(meet.SeeInside, meet.ActorOf(meet.Account{}, r, new(h.pass(pass)), ""), meet.Door{Locked: true}) == nil {
		h.t.Error("may see the inside")
	}
}

func (h *house) due(want bool) {
	h.t.Helper()
	if got, err := h.SweepDue(h.t.Context()); got != want || err != nil {
		h.t.Errorf("due is %v, %v; want %v", got, err, want)
	}
}

// tends sweeps when there is something to sweep, as the house does every second, for a while.
func (h *house) tends(d time.Duration) {
	h.t.Helper()
	for ; d > 0; d -= time.Second {
		h.later(time.Second)
		if due, err := h.SweepDue(h.t.Context()); err != nil {
			h.t.Fatal(err)
		} else if due {
			h.sweep()
			h.due(false)
		}
	}
}

// sql writes rows that no verb can make yet.
func (h *house) sql(query string, args ...any) {
	h.t.Helper()
	h.must(nil, h.keep.Write(context.Background(), func(ctx context.Context, tx *replica.Tx) error {
		_, err := tx.Exec(ctx, query, args...)
		return err
	}))
}

// C05, C06, N1: whoever asks waits, and is nowhere in the room.
func TestAskingShowsNothingOfTheRoom(t *testing.T) {
	t.Parallel()
	h, ada, r := locked(t)
	bob := h.guest()
	_, err := bob.enters(r, "Bob")
	h.refused(meet.Forbidden, err)
	e := bob.mustAsk(r, "Bob")
	h.hears(queueTopics(r)...)
	h.knocking(r, "Bob")
	h.sees(r, "Ada")
	h.nothing(r, e.Pass)
	h.knocking(r, "Bob")
	if p := h.pass(e.Pass); p.State != meet.Waiting || p.OnStage {
		t.Errorf("%+v", p)
	}
	for what, err := range map[string]error{
		"say":     second(do(h, bob.by(""), store.Say, store.Saying{Slug: r.Slug, Text: "hello?"})),
		"hand":    second(do(h, bob.by(""), store.SetHand, store.Hand{Slug: r.Slug, Up: true})),
		"devices": second(do(h, bob.by(""), store.SetOwnDevices, store.OwnDevices{Slug: r.Slug, Mic: true})),
		"leave":   second(do(h, bob.by(""), store.LeaveRoom, store.Leaving{Slug: r.Slug})),
	} {
		if meet.CodeOf(err) != meet.Forbidden || err == nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, err := range map[string]error{ // C07: not oneself, and nobody else
		"admit":    bob.decides(r, true, e.Pass),
		"admitAll": bob.decides(r, true, ""),
		"unlock":   second(do(h, bob.by(""), store.SetPrivacy, store.Privacy{Room: r.ID})),
		"remove":   second(do(h, bob.by(""), store.RemovePerson, store.Somebody{Slug: r.Slug, Pass: e.Pass})),
		"end":      second(do(h, bob.by(""), store.EndForAll, store.Leaving{Slug: r.Slug})),
	} {
		if meet.CodeOf(err) != meet.NotHere || err == nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	h.knocking(r, "Bob")
	if tile, _ := h.Tile(t.Context(), ada.who(), r.ID); tile.Asking != 1 || tile.People != 1 {
		t.Errorf("%+v", tile)
	}
	if calls, _ := h.Calls(t.Context(), ada.id, time.Time{}, 9); len(calls) != 1 || calls[0].People != 1 {
		t.Errorf("%+v", calls)
	}
}

func second[T any](_ T, err error) error { return err }

// In an open room there is nothing to ask for.
func TestAskingAtAnOpenDoorEnters(t *testing.T) {
	t.Parallel()
	h := open(t)
	r := h.host("ada").room("Office", meet.Meeting)
	if e, err := h.guest().asks(r, "Bob"); err != nil || e.Waiting {
		t.Errorf("%+v, %v", e, err)
	}
	h.sees(r, "Bob")
	h.knocking(r)
}

// Decision 16: longest first; a reload and a new name keep the place and are one card.
func TestTheQueueKeepsItsOrder(t *testing.T) {
	t.Parallel()
	h, ada, r := locked(t)
	bob, cleo, dan := h.guest(), h.guest(), h.guest()
	first := bob.mustAsk(r, "Bob")
	h.later(time.Second)
	cleo.mustAsk(r, "Cleo")
	h.later(time.Second)
	h.streams(nil, ids(first.Pass))
	h.said()
	if again := bob.mustAsk(r, "Robert"); again != first {
		t.Errorf("%+v after %+v", again, first)
	}
	h.hears(queueTopics(r)...)
	h.later(time.Second)
	dan.mustAsk(r, "Dan")
	h.knocking(r, "Robert", "Cleo", "Dan")
	queues, err := h.Queues(t.Context(), ada.id)
	if err != nil || len(queues) != 1 || queues[0].Room.ID != r.ID || queues[0].People != 1 || queues[0].Asking() != 3 {
		t.Errorf("%+v, %v", queues, err)
	}
	if queues, err := h.Queues(t.Context(), h.host("other").id); err != nil || len(queues) != 0 {
		t.Errorf("another host sees %+v, %v", queues, err)
	}
}

// A host's arrival admits nobody (product.md, Entering).
func TestAHostsArrivalAdmitsNobody(t *testing.T) {
	t.Parallel()
	h := open(t)
	ada := h.host("ada")
	r := ada.room("Office", meet.Meeting)
	ada.locks(r, true)
	e := h.guest().mustAsk(r, "Bob")
	h.streams(ids(e.Pass), nil)
	a := ada.mustEnter(r, "Ada")
	h.streams(ids(a.Pass), nil)
	h.guest().mustEnter(r, "Mo", h.HostToken(r))
	h.tends(10 * time.Second)
	h.sees(r, "Ada")
	h.knocking(r, "Bob")
	h.nothing(r, e.Pass)
}

func TestAdmitted(t *testing.T) {
	t.Parallel()
	h, ada, r := locked(t)
	bob := h.guest()
	e := bob.mustAsk(r, "Bob")
	h.streams(ids(e.Pass), nil)
	h.later(time.Minute)
	h.said()
	h.must(nil, ada.decides(r, true, e.Pass))
	h.hears(queueTopics(r)...)
	h.knocking(r, "Bob admitted by Ada")
	h.sees(r, "Ada") // not before the page is there
	h.streams(nil, ids(e.Pass))
	h.said()
	h.streams(ids(e.Pass), nil)
	h.hears(store.PeopleTopic(r.ID), store.TileTopic(r.Owner, r.ID))
	h.sees(r, "Ada", "Bob")
	if right, _ := h.right(r, e.Pass); !right.Microphone || !right.Camera {
		t.Errorf("%+v", right)
	}
	calls, _ := h.Calls(t.Context(), ada.id, time.Time{}, 9)
	past, err := h.Call(t.Context(), ada.who(), calls[0].ID)
	if err != nil || len(past.Who) != 2 || past.Who[1].Name != "Bob" || !past.Who[1].Entered.Equal(h.clock()) {
		t.Errorf("%+v, %v", past.Who, err)
	}
	h.due(false)
	h.later(meet.DecisionShown)
	h.due(true)
	h.said()
	h.sweep()
	h.hears(queueTopics(r)...)
	h.due(false)
	h.knocking(r)
	h.sees(r, "Ada", "Bob")
	bob.mustEnter(r, "Bob") // a reload of the lobby: inside already
	h.sees(r, "Ada", "Bob")
}

// C08: what a host said yes to is one browser in one room, once.
func TestAdmissionIsNobodyElses(t *testing.T) {
	t.Parallel()
	h, ada, r := locked(t)
	other := ada.room("Other", meet.Meeting)
	ada.locks(other, true)
	bob, eve := h.guest(), h.guest()
	e := bob.mustAsk(r, "Bob")
	there := bob.mustAsk(other, "Bob")
	h.must(nil, ada.decides(r, true, e.Pass))
	_, err := eve.enters(r, "Bob")
	h.refused(meet.Forbidden, err)
	h.nothing(other, there.Pass)
	_, err = bob.enters(other, "Bob")
	h.refused(meet.Forbidden, err)
	h.streams(ids(e.Pass), nil)
	h.sees(r, "Ada", "Bob")
	h.must(do(h, bob.by(""), store.LeaveRoom, store.Leaving{Slug: r.Slug}))
	h.nothing(r, e.Pass) // it is used up
	_, err = bob.enters(r, "Bob")
	h.refused(meet.Forbidden, err)
	bob.mustAsk(r, "Bob")
}

// The first decision wins; the second host reads whose it was, for as long as the card says so.
func TestTheFirstDecisionWins(t *testing.T) {
	t.Parallel()
	h, ada, r := locked(t)
	mo := h.guest()
	h.streams(ids(mo.mustEnter(r, "Mo", h.HostToken(r)).Pass), nil)
	for _, admit := range []bool{true, false} {
		e := h.guest().mustAsk(r, "Bob")
		h.must(nil, mo.decides(r, admit, e.Pass))
		for _, second := range []bool{true, false} {
			err := ada.decides(r, second, e.Pass)
			h.refused(meet.Conflict, err)
			if want := map[bool]string{true: "Admitted by Mo.", false: "Denied by Mo."}[admit]; err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %q", err, want)
			}
		}
		if _, ok := h.right(r, e.Pass); ok != admit {
			t.Errorf("rights: %v after %v", ok, admit)
		}
		h.later(meet.DecisionShown)
		h.sweep()
		h.refused(meet.Conflict, ada.decides(r, true, e.Pass))
	}
	h.refused(meet.Conflict, ada.decides(r, true, "never"))
}

func TestFiftyDecisionsAtOnceAreOne(t *testing.T) {
	t.Parallel()
	h, ada, r := locked(t)
	e := h.guest().mustAsk(r, "Bob")
	var group sync.WaitGroup
	var mu sync.Mutex
	won, lost := []bool{}, []error{}
	for i := range 50 {
		group.Go(func() {
			err := ada.decides(r, i%2 == 0, e.Pass)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won = append(won, i%2 == 0)
			} else {
				lost = append(lost, err)
			}
		})
	}
	group.Wait()
	if len(won) != 1 || len(lost) != 49 {
		t.Fatalf("%d won, %d lost", len(won), len(lost))
	}
	for _, err := range lost {
		h.refused(meet.Conflict, err)
	}
	h.knocking(r, "Bob "+map[bool]string{true: "admitted", false: "denied"}[won[0]]+" by Ada")
	if _, ok := h.right(r, e.Pass); ok != won[0] {
		t.Errorf("rights %v after %v", ok, won[0])
	}
}

// C09: half a minute after a denial one may ask again; after the third not, until a host allows it back.
func TestThreeDenials(t *testing.T) {
	t.Parallel()
	h, ada, r := locked(t)
	bob := h.guest()
	var e store.Entered
	for i := range 3 {
		e = bob.mustAsk(r, "Bob")
		h.said()
		h.must(nil, ada.decides(r, false, e.Pass))
		h.hears(queueTopics(r)...)
		h.knocking(r, "Bob denied by Ada")
		h.nothing(r, e.Pass)
		_, err := bob.enters(r, "Bob")
		h.refused(meet.Forbidden, err)
		h.later(30*time.Second - time.Millisecond)
		_, err = bob.asks(r, "Bob")
		h.refused(meet.TooMany, err)
		h.sweep()
		h.knocking(r)
		h.later(time.Millisecond)
		if kept, err := h.KeptOut(t.Context(), r.ID); (len(kept) == 1) != (i == 2) || err != nil {
			t.Errorf("after %d denials kept out are %+v, %v", i+1, kept, err)
		}
	}
	h.later(24 * time.Hour)
	_, err := bob.asks(r, "Somebody else")
	h.refused(meet.TooMany, err)
	h.knocking(r)
	for _, p := range []*person{bob, h.guest(), h.host("other")} {
		_, err := do(h, p.by(""), store.AllowBack, store.Somebody{Slug: r.Slug, Pass: e.Pass})
		if err == nil {
			t.Error("allowed back by nobody")
		}
	}
	h.said()
	h.must(do(h, ada.by(""), store.AllowBack, store.Somebody{Slug: r.Slug, Pass: e.Pass}))
	h.hears(store.PeopleTopic(r.ID))
	if kept, _ := h.KeptOut(t.Context(), r.ID); len(kept) != 0 {
		t.Errorf("%+v", kept)
	}
	_, err = bob.enters(r, "Bob")
	h.refused(meet.Forbidden, err) // to the door, not through it
	bob.mustAsk(r, "Bob")
	h.must(nil, ada.decides(r, false, e.Pass))
	h.later(30 * time.Second)
	bob.mustAsk(r, "Bob") // counted anew
}

// An admission forgives earlier denials.
func TestAdmissionForgives(t *testing.T) {
	t.Parallel()
	h, ada, r := locked(t)
	bob := h.guest()
	for range 2 {
		h.must(nil, ada.decides(r, false, bob.mustAsk(r, "Bob").Pass))
		h.later(30 * time.Second)
	}
	e := bob.mustAsk(r, "Bob")
	h.must(nil, ada.decides(r, true, e.Pass))
	h.streams(ids(e.Pass), nil)
	h.must(do(h, bob.by(""), store.LeaveRoom, store.Leaving{Slug: r.Slug}))
	h.must(nil, ada.decides(r, false, bob.mustAsk(r, "Bob").Pass))
	if p := h.pass(e.Pass); p.Denials != 1 {
		t.Errorf("%d denials", p.Denials)
	}
}

// What hosts said to a browser is not washed off by signing in and out (C09, C36).
func TestSigningOutForgivesNothing(t *testing.T) {
	t.Parallel()
	h, ada, r := locked(t)
	bob, eve := h.host("bob"), h.host("eve")
	for range 3 {
		h.must(nil, ada.decides(r, false, bob.mustAsk(r, "Bob").Pass))
		h.later(30 * time.Second)
	}
	ada.locks(r, false)
	e := eve.mustEnter(r, "Eve")
	h.must(do(h, ada.by(""), store.RemovePerson, store.Somebody{Slug: r.Slug, Pass: e.Pass}))
	ada.locks(r, true)
	for _, p := range []*person{bob, eve} {
		fresh := h.guest().token
		h.must(do(h, p.by(""), store.SignOut, fresh))
		p.token = fresh
	}
	_, err := bob.asks(r, "Bob")
	h.refused(meet.TooMany, err)
	_, err = eve.asks(r, "Eve")
	h.refused(meet.Forbidden, err)
	ada.locks(r, false)
	_, err = eve.enters(r, "Eve")
	h.refused(meet.Forbidden, err)
	if kept, err := h.KeptOut(t.Context(), r.ID); len(kept) != 2 || err != nil {
		t.Errorf("%+v, %v", kept, err)
	}
	h.must(do(h, ada.by(""), store.AllowBack, store.Somebody{Slug: r.Slug, Pass: e.Pass}))
	eve.mustEnter(r, "Eve")
}

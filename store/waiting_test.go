package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"foyer/meet"
	"foyer/store"
)

func TestStopAsking(t *testing.T) {
	t.Parallel()
	h, ada, r := locked(t)
	bob := h.guest()
	e := bob.mustAsk(r, "Bob")
	h.said()
	h.must(do(h, bob.by(""), store.StopAsking, store.Leaving{Slug: r.Slug}))
	h.hears(queueTopics(r)...)
	h.knocking(r)
	h.nothing(r, e.Pass)
	h.refused(meet.Conflict, ada.decides(r, true, e.Pass))
	h.nothing(r, e.Pass)
	_, err := do(h, bob.by(""), store.StopAsking, store.Leaving{Slug: r.Slug})
	h.refused(meet.Forbidden, err)
	h.later(time.Second)
	cleo := h.guest()
	cleo.mustAsk(r, "Cleo")
	h.later(time.Second)
	bob.mustAsk(r, "Bob") // at once, at the end
	h.knocking(r, "Cleo", "Bob")
	for _, p := range []*person{ada, h.guest()} { // only who asks can stop
		_, err := do(h, p.by(""), store.StopAsking, store.Leaving{Slug: r.Slug})
		h.refused(meet.Forbidden, err)
	}
}

// Decision 16: away after five seconds without a stream, out of the count; back at the old place; withdrawn after two minutes.
func TestAwayAndBackAndWithdrawn(t *testing.T) {
	t.Parallel()
	h, ada, r := locked(t)
	bob, cleo := h.guest(), h.guest()
	b := bob.mustAsk(r, "Bob")
	h.later(time.Second)
	c := cleo.mustAsk(r, "Cleo")
	h.streams(ids(b.Pass, c.Pass), nil)
	h.later(time.Hour)
	h.due(false)
	h.knocking(r, "Bob", "Cleo")
	h.streams(nil, ids(b.Pass))
	h.later(5*time.Second - time.Millisecond)
	h.due(false)
	h.sweep()
	h.knocking(r, "Bob", "Cleo")
	h.later(time.Millisecond)
	h.due(true)
	h.said()
	h.sweep()
	h.due(false)
	h.hears(queueTopics(r)...)
	h.knocking(r, "Bob away", "Cleo")
	queues, _ := h.Queues(t.Context(), ada.id)
	tile, _ := h.Tile(t.Context(), ada.who(), r.ID)
	tiles, _ := h.Tiles(t.Context(), ada.id)
	if queues[0].Asking() != 1 || tile.Asking != 1 || tiles[0].Asking != 1 {
		t.Error("who is away is counted:", queues[0].Asking(), tile.Asking, tiles[0].Asking)
	}
	h.later(2*time.Minute - 5*time.Second - time.Millisecond)
	h.due(false)
	h.streams(ids(b.Pass), nil)
	h.hears(queueTopics(r)...)
	h.knocking(r, "Bob", "Cleo")
	h.streams(nil, ids(b.Pass))
	h.later(2 * time.Minute)
	h.due(true)
	h.said()
	h.sweep()
	h.due(false)
	h.hears(queueTopics(r)...)
	h.knocking(r, "Cleo")
	h.nothing(r, b.Pass) // and the page that wakes up is not in the queue again
	h.knocking(r, "Cleo")
	h.refused(meet.Conflict, ada.decides(r, true, b.Pass))
	bob.mustAsk(r, "Bob")
	h.knocking(r, "Cleo", "Bob")
}

// Somebody who asked and never came to the waiting page is away, then gone, like everybody else.
func TestAskingWithoutAPage(t *testing.T) {
	t.Parallel()
	h, _, r := locked(t)
	e := h.guest().mustAsk(r, "Bob")
	h.tends(6 * time.Second)
	h.knocking(r, "Bob away")
	h.tends(2 * time.Minute)
	h.knocking(r)
	h.nothing(r, e.Pass)
}

// Unlocking lets everybody in who waits, also who is away for a moment, and no card needs to say so.
func TestUnlockingAdmitsAll(t *testing.T) {
	t.Parallel()
	h, ada, r := locked(t)
	var passes []meet.ID
	for i := range 3 {
		passes = append(passes, h.guest().mustAsk(r, fmt.Sprint("Guest ", i)).Pass)
		h.later(time.Second)
	}
	denied := h.guest().mustAsk(r, "Eve").Pass
	h.must(nil, ada.decides(r, false, denied))
	h.streams(ids(passes[:2]...), nil)
	h.tends(meet.DecisionShown)
	h.knocking(r, "Guest 0", "Guest 1", "Guest 2 away")
	h.said()
	ada.locks(r, false)
	h.hears(append(queueTopics(r), store.RoomTopic(r.ID))...)
	h.knocking(r)
	for _, id := range passes {
		h.later(time.Millisecond)
		h.streams(ids(id), nil)
	}
	h.sees(r, "Ada", "Guest 0", "Guest 1", "Guest 2")
	if _, ok := h.right(r, denied); ok {
		t.Error("who was denied came in with them")
	}
}

func TestAdmitAll(t *testing.T) {
	t.Parallel()
	h, ada, r := locked(t)
	var passes []meet.ID
	for i := range 3 {
		passes = append(passes, h.guest().mustAsk(r, fmt.Sprint("Guest ", i)).Pass)
		h.later(time.Second)
	}
	h.must(nil, ada.decides(r, false, passes[1]))
	h.must(nil, ada.decides(r, true, ""))
	h.knocking(r, "Guest 0 admitted by Ada", "Guest 1 denied by Ada", "Guest 2 admitted by Ada")
	h.streams(passes, nil)
	if names := h.inside(r); len(names) != 3 || slices.Contains(names, "Guest 1") {
		t.Error(names)
	}
	h.must(nil, ada.decides(r, true, "")) // nobody: nothing happens
}

// A guest who waits and opens the host link is a host, and needs nobody.
func TestWaitingWithAHostLink(t *testing.T) {
	t.Parallel()
	h, _, r := locked(t)
	bob := h.guest()
	e := bob.mustAsk(r, "Bob")
	h.said()
	got, err := bob.asks(r, "Bob", h.HostToken(r))
	if err != nil || got.Waiting || got.Pass != e.Pass {
		t.Fatalf("%+v, %v", got, err)
	}
	h.hears(append(queueTopics(r), store.PeopleTopic(r.ID))...)
	h.knocking(r)
	h.sees(r, "Ada", "Bob")
	if p := h.pass(e.Pass); p.Role != meet.Host || !p.OnStage {
		t.Errorf("%+v", p)
	}
}

// Who was admitted and does not come has the right for two minutes, then knocks like everybody else.
func TestAdmittedAndNeverCame(t *testing.T) {
	t.Parallel()
	h, ada, r := locked(t)
	bob := h.guest()
	e := bob.mustAsk(r, "Bob")
	h.must(nil, ada.decides(r, true, e.Pass))
	h.tends(2*time.Minute - time.Second)
	if _, ok := h.right(r, e.Pass); !ok {
		t.Error("no right before two minutes are over")
	}
	h.tends(time.Second)
	h.nothing(r, e.Pass)
	_, err := bob.enters(r, "Bob")
	h.refused(meet.Forbidden, err)
	h.sees(r, "Ada")
	bob.mustAsk(r, "Bob")
	h.knocking(r, "Bob")
}

// A node that starts has no streams: who waits keeps the place if the page comes back, and is away if it does not.
func TestANodeThatStartsWhileSomebodyWaits(t *testing.T) {
	t.Parallel()
	h, ada, r := locked(t)
	b, c := h.guest().mustAsk(r, "Bob").Pass, h.guest()
	h.later(time.Second)
	d := c.mustAsk(r, "Cleo").Pass
	h.streams(ids(b, d), nil)
	h.later(time.Hour)
	h.must(do(h, machine, store.ReportPresence, store.Seen{Started: true}))
	h.streams(ids(d, h.passOf(ada, r)), nil)
	h.due(false)
	h.later(5 * time.Second)
	h.due(true)
	h.sweep()
	h.due(false)
	h.knocking(r, "Bob away", "Cleo")
	h.later(time.Minute)
	h.streams(ids(b), nil)
	h.knocking(r, "Bob", "Cleo")
}

func (h *house) passOf(p *person, r meet.Room) meet.ID {
	h.t.Helper()
	d, err := h.DoorBySlug(h.t.Context(), p.who(), r.Slug)
	if err != nil || d.Pass == nil {
		h.t.Fatal(d.Pass, err)
	}
	return d.Pass.ID
}

// C62: the rooms of a deactivated account have no doors; nobody waits at them and nobody is admitted.
func TestADeactivatedOwnersDoor(t *testing.T) {
	t.Parallel()
	h, ada, r := locked(t)
	id, err := do(h, machine, store.AddAccount, store.NewAccount{Email: "root@example.org", Name: "Root", Password: "r", Admin: true})
	h.must(id, err)
	root := h.guest()
	h.must(do(h, root.by(""), store.SignIn, store.Entry{Account: id, Password: "r", Token: root.token}))
	mo, bob, cleo := h.guest(), h.guest(), h.guest()
	mo.mustEnter(r, "Mo", h.HostToken(r))
	waits, admitted := bob.mustAsk(r, "Bob").Pass, cleo.mustAsk(r, "Cleo").Pass
	h.must(nil, ada.decides(r, true, admitted))
	h.said()
	h.must(do(h, root.by(""), store.SetActive, store.Activity{Account: ada.id}))
	h.hears(store.KnocksTopic(r.ID), store.DoorsTopic(r.ID), store.PeopleTopic(r.ID))
	h.sees(r)
	h.nothing(r, waits)
	h.nothing(r, admitted)
	_, err = h.guest().asks(r, "Dan")
	h.refused(meet.NotHere, err)
	_, err = bob.asks(r, "Bob", h.HostToken(r))
	h.refused(meet.NotHere, err)
	if err := mo.decides(r, true, waits); err == nil {
		t.Error("the host link of a deactivated account admits")
	}
	h.nothing(r, waits)
	h.tends(10 * time.Second)
	h.knocking(r)
}

func TestADeletedRoomWithPeopleAtItsDoor(t *testing.T) {
	t.Parallel()
	h, ada, r := locked(t)
	bob := h.guest()
	e := bob.mustAsk(r, "Bob")
	h.said()
	h.must(do(h, ada.by(""), store.DeleteRoom, r.ID))
	h.hears(store.KnocksTopic(r.ID), store.KnocksOfTopic(r.Owner), store.HomeTopic(r.Owner), store.DoorsTopic(r.ID), store.RoomTopic(r.ID))
	h.knocking(r)
	h.refused(meet.NotHere, ada.decides(r, true, e.Pass))
	_, err := bob.asks(r, "Bob")
	h.refused(meet.NotHere, err)
	_, err = do(h, bob.by(""), store.StopAsking, store.Leaving{Slug: r.Slug})
	h.refused(meet.NotHere, err)
	h.streams(ids(e.Pass), nil)
	h.due(false)
	if _, err := h.PassByID(t.Context(), e.Pass); !errors.Is(err, meet.ErrNotHere) {
		t.Error(err)
	}
}

// Signing out while one waits with an account withdraws: the account asked.
func TestSigningOutWithdraws(t *testing.T) {
	t.Parallel()
	h, _, r := locked(t)
	bob := h.host("bob")
	bob.mustAsk(r, "Bob")
	h.said()
	h.must(do(h, bob.by(""), store.SignOut, h.guest().token))
	h.hears(queueTopics(r)...)
	h.knocking(r)
}

// A house where people wait with open pages, and nothing changes, writes nothing.
func TestAQuietQueueWritesNothing(t *testing.T) {
	t.Parallel()
	h, _, r := locked(t)
	h.streams(ids(h.guest().mustAsk(r, "Bob").Pass), nil)
	h.tends(10 * time.Second)
	before := h.keep.TXID()
	h.tends(10 * time.Minute)
	if after := h.keep.TXID(); after != before {
		t.Errorf("%d writes", after-before)
	}
	h.knocking(r, "Bob")
}

// Nodes report once a second: a host may say yes before the waiting page was reported. That page makes nobody In, and the
// time to come in stays what it is.
func TestAWaitingPageReportedAfterTheAnswer(t *testing.T) {
	t.Parallel()
	h, ada, r := locked(t)
	bob := h.guest()
	e := bob.mustAsk(r, "Bob")
	h.must(nil, ada.decides(r, true, e.Pass))
	h.must(do(h, machine, store.ReportPresence, store.Seen{Waiting: ids(e.Pass)}))
	h.sees(r, "Ada")
	h.streams(nil, ids(e.Pass))
	h.tends(meet.AdmittedLasts - 10*time.Second)
	if _, err := bob.enters(r, "Bob"); err != nil {
		t.Error("a slow page, within the time:", err)
	}
	h.sees(r, "Ada", "Bob")
}

// Before the door, such a page keeps the place, also after it was away.
func TestAWaitingPageKeepsItsPlace(t *testing.T) {
	t.Parallel()
	h, _, r := locked(t)
	e := h.guest().mustAsk(r, "Bob")
	h.tends(meet.AbsentAfter + 2*time.Second)
	h.knocking(r, "Bob away")
	h.must(do(h, machine, store.ReportPresence, store.Seen{Waiting: ids(e.Pass)}))
	h.tends(meet.WithdrawnAfter + time.Minute)
	h.knocking(r, "Bob")
	h.streams(nil, ids(e.Pass))
	h.tends(meet.WithdrawnAfter + time.Second)
	h.knocking(r)
}

// Who watches a webinar has neither microphone nor camera, whichever way they came in.
func TestAdmittedToWatch(t *testing.T) {
	t.Parallel()
	h := open(t)
	ada, bob := h.host("ada"), h.guest()
	r := ada.room("Show", meet.Webinar)
	ada.locks(r, true)
	e := bob.mustAsk(r, "Bob")
	h.must(nil, ada.decides(r, true, e.Pass))
	h.streams(ids(e.Pass), nil)
	if p := h.pass(e.Pass); p.State != meet.In || p.OnStage || p.Mic || p.Camera {
		t.Errorf("%+v", p)
	}
}

// A room keeps the passes of everybody who ever came: what hosts see of the door must not read them all, with every knock
// and every leave. Time tells apart twenty thousand rows from three.
func TestTheDoorOfAnOldRoom(t *testing.T) {
	h, ada, r := locked(t)
	bob := h.guest()
	bob.mustAsk(r, "Bob")
	h.later(time.Second)
	carl := h.guest()
	h.must(nil, ada.decides(r, false, carl.mustAsk(r, "Carl").Pass))
	looks := map[string]func(){
		"knocks": func() { h.knocking(r, "Bob", "Carl denied by Ada") },
		"queues": func() { h.must(h.Queues(t.Context(), ada.id)) },
		"kept":   func() { h.must(h.KeptOut(t.Context(), r.ID)) },
	}
	took := func(look func()) time.Duration {
		best := time.Hour
		for range 20 { // the best of them: the machine may be busy
			began := time.Now()
			look()
			best = min(best, time.Since(began))
		}
		return best
	}
	young := map[string]time.Duration{}
	for what, look := range looks {
		young[what] = took(look)
	}
	h.sql(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO browser (id, token, created_at) SELECT 'b' || i, CAST('t' || i AS BLOB), 1 FROM n`)
	h.sql(`INSERT INTO pass (id, room, browser, name, role, state, on_stage, since, gone, created_at)
		SELECT 'p' || id, ?, id, 'Somebody', 'attendee', 'out', 0, 1, 2, 1 FROM browser WHERE created_at = 1`, r.ID)
	for what, look := range looks {
		if old := took(look); old > 8*young[what]+2*time.Millisecond {
			t.Errorf("%s: %v among twenty thousand passes, %v among three", what, old, young[what])
		}
	}
}

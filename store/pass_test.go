package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"foyer/meet"
	"foyer/store"
)

func TestEntering(t *testing.T) {
	h := open(t)
	ada, bob := h.host("ada"), h.guest()
	r := ada.room("Office", meet.Meeting)
	_, err := bob.enters(r, "   ")
	h.refused(meet.Invalid, err)
	_, err = bob.enters(meet.Room{Slug: "never"}, "Bob")
	h.refused(meet.NotHere, err)
	h.sees(r)
	first := bob.mustEnter(r, "Bob")
	h.later(time.Second)
	again := bob.mustEnter(r, "Bobby") // another tab, a reload: the same person
	if first != again {
		t.Error(first, again)
	}
	h.sees(r, "Bobby")
	ada.mustEnter(r, "Ada")
	h.sees(r, "Bobby", "Ada")
	if people, _ := h.People(t.Context(), r.ID); people[0].Role != meet.Attendee || people[1].Role != meet.Host {
		t.Errorf("%+v", people)
	}
	if name := bob.who().Browser.Label.Name; name != "Bobby" {
		t.Errorf("the browser remembers %q", name)
	}
}

// A guest with a host's exact name is told apart (in any case of letters); a host is not.
func TestNobodyPassesForTheHost(t *testing.T) {
	h := open(t)
	ada := h.host("ada")
	r := ada.room("Office", meet.Meeting)
	h.guest().mustEnter(r, "ADA")
	h.later(time.Second)
	ada.mustEnter(r, "ada")
	h.later(time.Second)
	h.guest().mustEnter(r, "Bob")
	h.sees(r, "ADA (guest)", "ada", "Bob")
}

func TestLockedRooms(t *testing.T) {
	h := open(t)
	ada, bob, eve, mod := h.host("ada"), h.guest(), h.guest(), h.guest()
	r := ada.room("Office", meet.Meeting)
	other := ada.room("Other", meet.Meeting)
	bob.mustEnter(r, "Bob")
	h.later(time.Second)
	h.must(do(h, ada.by(""), store.SetPrivacy, store.Privacy{Room: r.ID, Locked: true}))
	_, err := eve.enters(r, "Eve")
	h.refused(meet.Forbidden, err)
	_, err = eve.enters(r, "Eve", "an invented token", h.HostToken(other))
	h.refused(meet.Forbidden, err)
	bob.mustEnter(r, "Bob") // who is inside may reload
	mod.mustEnter(r, "Mo", "x", h.HostToken(r))
	h.sees(r, "Bob", "Mo")
	if people, _ := h.People(t.Context(), r.ID); people[1].Role != meet.Host {
		t.Errorf("%+v", people)
	}
	h.must(do(h, mod.by(""), store.SetPrivacy, store.Privacy{Room: r.ID})) // a host by link may unlock
	eve.mustEnter(r, "Eve")
}

func TestWebinarAttendeesPublishNothing(t *testing.T) {
	h := open(t)
	ada, bob := h.host("ada"), h.guest()
	r := ada.room("Open day", meet.Webinar)
	guest := bob.mustEnter(r, "Bob")
	h.later(time.Second)
	host := ada.mustEnter(r, "Ada")
	h.must(do(h, bob.by(""), store.SetOwnDevices, store.OwnDevices{Slug: r.Slug, Mic: true, Camera: true}))
	rights, err := h.Rights(t.Context(), r.ID)
	if err != nil || rights[guest.Pass] != (meet.Right{}) || rights[host.Pass] != (meet.Right{Microphone: true, Camera: true}) {
		t.Error(rights, err)
	}
	if people, _ := h.People(t.Context(), r.ID); people[0].Mic || people[0].Camera {
		t.Errorf("%+v", people[0])
	}
}

func TestOwnDevicesReachTheOthers(t *testing.T) {
	h := open(t)
	ada, bob := h.host("ada"), h.guest()
	r := ada.room("Office", meet.Meeting)
	e := bob.mustEnter(r, "Bob")
	h.must(do(h, bob.by(""), store.SetOwnDevices, store.OwnDevices{Slug: r.Slug, Camera: true}))
	if people, _ := h.People(t.Context(), r.ID); people[0].Mic || !people[0].Camera {
		t.Errorf("%+v", people[0])
	}
	if rights, _ := h.Rights(t.Context(), r.ID); rights[e.Pass].Microphone || !rights[e.Pass].Camera {
		t.Error("muted at the page only:", rights)
	}
	_, err := do(h, h.guest().by(""), store.SetOwnDevices, store.OwnDevices{Slug: r.Slug})
	h.refused(meet.Forbidden, err)
}

func TestLeaving(t *testing.T) {
	h := open(t)
	ada, bob := h.host("ada"), h.guest()
	r := ada.room("Office", meet.Meeting)
	e := bob.mustEnter(r, "Bob")
	h.must(do(h, bob.by(""), store.LeaveRoom, store.Leaving{Slug: r.Slug}))
	h.sees(r)
	if rights, _ := h.Rights(t.Context(), r.ID); len(rights) != 0 {
		t.Error("rights after leaving:", rights)
	}
	h.streams(ids(e.Pass), nil) // a page that did not notice yet does not bring anybody back
	h.sees(r)
	_, err := do(h, h.guest().by(""), store.LeaveRoom, store.Leaving{Slug: r.Slug})
	h.refused(meet.Forbidden, err)
	bob.mustEnter(r, "Bob")
	h.sees(r, "Bob")
}

func TestPresenceFollowsStreams(t *testing.T) {
	h := open(t)
	ada, bob := h.host("ada"), h.guest()
	r := ada.room("Office", meet.Meeting)
	e := bob.mustEnter(r, "Bob")
	h.later(4 * time.Second)
	h.streams(ids(e.Pass), nil)
	h.later(time.Hour)
	h.sweep()
	h.sees(r, "Bob") // as long as the stream is open
	h.streams(nil, ids(e.Pass))
	h.later(4 * time.Second)
	h.sweep()
	h.sees(r, "Bob") // a reload
	h.streams(ids(e.Pass), nil)
	h.later(10 * time.Second)
	h.sweep()
	h.sees(r, "Bob")
	h.streams(nil, ids(e.Pass))
	h.later(5 * time.Second)
	h.sweep()
	h.sees(r)
	if rights, _ := h.Rights(t.Context(), r.ID); !rights[e.Pass].Camera {
		t.Error("out changes lists and counts only")
	}
	h.later(25 * time.Second)
	h.sweep()
	if rights, _ := h.Rights(t.Context(), r.ID); len(rights) != 0 {
		t.Error("rights without stream for 30 s:", rights)
	}
	h.later(time.Minute)
	h.streams(ids(e.Pass), nil) // the laptop wakes up
	h.sees(r, "Bob")
	if rights, _ := h.Rights(t.Context(), r.ID); !rights[e.Pass].Camera {
		t.Error("no rights after coming back")
	}
}

func TestWhoWasAwayKnocksAtALockedDoor(t *testing.T) {
	h := open(t)
	ada, bob := h.host("ada"), h.guest()
	r := ada.room("Office", meet.Meeting)
	e := bob.mustEnter(r, "Bob")
	h.later(10 * time.Second)
	h.sweep()
	h.later(30 * time.Second)
	h.sweep()
	h.must(do(h, ada.by(""), store.SetPrivacy, store.Privacy{Room: r.ID, Locked: true}))
	h.streams(ids(e.Pass), nil)
	h.sees(r)
	if rights, _ := h.Rights(t.Context(), r.ID); len(rights) != 0 {
		t.Error(rights)
	}
}

func TestANodeThatStartsHasNoStreams(t *testing.T) {
	h := open(t)
	r := h.host("ada").room("Office", meet.Meeting)
	e := h.guest().mustEnter(r, "Bob")
	h.streams(ids(e.Pass), nil)
	h.must(do(h, machine, store.ReportPresence, store.Seen{Started: true}))
	h.later(5 * time.Second)
	h.sweep()
	h.sees(r)
}

func TestHistory(t *testing.T) {
	h := open(t)
	ada, bob, eve := h.host("ada"), h.guest(), h.guest()
	r := ada.room("Office", meet.Meeting)
	start := h.clock()
	b := bob.mustEnter(r, "Bob")
	h.streams(ids(b.Pass), nil)
	h.later(10 * time.Minute)
	e := eve.mustEnter(r, "Eve")
	h.streams(ids(e.Pass), nil)
	h.later(time.Minute)
	h.must(do(h, bob.by(""), store.LeaveRoom, store.Leaving{Slug: r.Slug}))
	h.later(time.Minute)
	lastExit := h.clock()
	h.streams(nil, ids(e.Pass))
	h.later(6 * time.Second)
	h.sweep()
	calls, err := h.Calls(t.Context(), ada.id, time.Time{}, 10)
	if err != nil || len(calls) != 1 || !calls[0].Ended.IsZero() {
		t.Fatalf("the call ended too early: %+v, %v", calls, err)
	}
	h.later(60 * time.Second)
	h.sweep()
	past, err := h.Call(t.Context(), ada.who(), calls[0].ID)
	c, who := past.Call, past.Who
	if err != nil || !c.Started.Equal(start) || !c.Ended.Equal(lastExit) || c.People != 2 {
		t.Errorf("%+v, %v", c, err)
	}
	if len(who) != 2 || who[0].Name != "Bob" || who[0].Left.Sub(who[0].Entered) != 11*time.Minute || !who[1].Left.Equal(lastExit) {
		t.Errorf("%+v", who)
	}
	if again, _ := h.Room(t.Context(), ada.who(), r.ID); !again.LastUsed.Equal(lastExit) {
		t.Error("last used", again.LastUsed)
	}
	_, err = h.Call(t.Context(), h.host("other").who(), c.ID)
	h.refused(meet.NotHere, err)
	_, err = h.Call(t.Context(), h.host("third").who(), "never")
	h.refused(meet.NotHere, err)
	h.later(time.Minute)
	bob.mustEnter(r, "Bob")
	if calls, _ := h.Calls(t.Context(), ada.id, time.Time{}, 10); len(calls) != 2 {
		t.Errorf("%d calls", len(calls))
	}
}

func TestAQuietHouseHasNothingToSweep(t *testing.T) {
	h := open(t)
	r := h.host("ada").room("Office", meet.Meeting)
	due := func(want bool) {
		t.Helper()
		if got, err := h.SweepDue(t.Context()); got != want || err != nil {
			t.Error(got, err)
		}
	}
	due(false)
	e := h.guest().mustEnter(r, "Bob")
	due(false)
	h.later(5 * time.Second)
	due(true)
	h.streams(ids(e.Pass), nil)
	due(false)
}

// Who waits as a guest and signs in as the owner waits no longer than the next form.
func TestSigningInWhileWaiting(t *testing.T) {
	t.Parallel()
	h := open(t)
	ada := h.host("ada")
	r := ada.room("Office", meet.Meeting)
	ada.locks(r, true)
	phone := h.guest()
	e := phone.mustAsk(r, "Somebody")
	h.streams(ids(e.Pass), nil)
	h.must(do(h, phone.by(""), store.SignIn, store.Entry{Account: ada.id, Password: "hash of ada", Token: phone.token}))
	h.knocking(r, "Somebody") // signing in alone opens no door
	h.sees(r)
	got, err := phone.asks(r, "Ada")
	if err != nil || got.Waiting || got.Pass != e.Pass {
		t.Fatalf("%+v, %v", got, err)
	}
	h.knocking(r)
	h.sees(r, "Ada")
}

// A removal stays with the browser whoever signs in there, but for those who own the room.
func TestSigningInDoesNotUndoARemoval(t *testing.T) {
	t.Parallel()
	f := fullRoom(t)
	f.must(nil, f.removes(f.ada, f.bob))
	other := f.host2()
	signIn := func(account meet.ID, password string) {
		t.Helper()
		f.must(do(f.house, f.bob.by(""), store.SignIn, store.Entry{Account: account, Password: password, Token: f.bob.token}))
	}
	signIn(other.id, "hash of other")
	_, err := f.bob.enters(f.r, "Bob")
	f.refused(meet.Forbidden, err)
	signIn(f.ada.id, "hash of ada")
	f.bob.mustEnter(f.r, "Ada")
}

// Admission gives a place, not a stage: a webinar's audience publishes nothing however it came in.
func TestAdmittedToAWebinar(t *testing.T) {
	t.Parallel()
	h := open(t)
	ada, bob := h.host("ada"), h.guest()
	r := ada.room("Open day", meet.Webinar)
	ada.locks(r, true)
	e := bob.mustAsk(r, "Bob")
	h.must(nil, ada.decides(r, true, e.Pass))
	h.streams(ids(e.Pass), nil)
	h.sees(r, "Bob")
	if right, in := h.right(r, e.Pass); !in || right != (meet.Right{}) {
		t.Errorf("%+v, %v", right, in)
	}
	h.must(do(h, bob.by(""), store.SetOwnDevices, store.OwnDevices{Slug: r.Slug, Mic: true, Camera: true}))
	if right, _ := h.right(r, e.Pass); right != (meet.Right{}) {
		t.Errorf("%+v", right)
	}
}

// Muted and camera-less states typed in the lobby survive the door.
func TestDevicesSurviveTheDoor(t *testing.T) {
	t.Parallel()
	h, ada, r := locked(t)
	bob := h.guest()
	e, err := do(h, bob.by(""), store.EnterRoom, store.Entering{Slug: r.Slug, Label: meet.Label{Name: "Bob"}, Mic: false, Camera: true, Ask: true})
	h.must(e, err)
	h.must(nil, ada.decides(r, true, e.Pass))
	h.streams(ids(e.Pass), nil)
	if right, _ := h.right(r, e.Pass); right.Microphone || !right.Camera {
		t.Errorf("%+v", right)
	}
}

// Whatever six people and two hosts do in whatever order, with streams that come and go and a clock that runs, the rows
// agree with each other after every step. A failure prints the seed's steps.
func TestTheRowsAgree(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			walk{fullRoom(t), rand.New(rand.NewPCG(seed, 7)), nil, map[meet.ID]bool{}}.run(80)
		})
	}
}

type walk struct {
	*full
	*rand.Rand
	steps   []string
	removed map[meet.ID]bool
}

func (w walk) run(n int) {
	w.t.Helper()
	people := []*person{w.ada, w.host, w.mod, w.bob, w.cleo, w.guest(), w.guest()}
	for range n {
		p, q := people[w.IntN(len(people))], people[w.IntN(len(people))]
		w.steps = append(w.steps, w.step(p, q))
		if wrong := w.disagreements(); len(wrong) > 0 {
			w.t.Fatalf("%s\nafter\n%s", strings.Join(wrong, "\n"), strings.Join(w.steps, "\n"))
		}
	}
}

// step does one thing that p might do, perhaps to q, and tells what it was.
func (w walk) step(p, q *person) string {
	h, slug, whom := w.house, w.r.Slug, store.Somebody{Slug: w.r.Slug, Pass: w.pass[q]}
	verb := func(what string, err error) string {
		if err != nil && meet.CodeOf(err) == meet.Internal {
			w.t.Errorf("%s: %v", what, err)
		}
		return fmt.Sprintf("%s by %s to %s: %v", what, w.pass[p], whom.Pass, err)
	}
	switch w.IntN(17) {
	case 0, 1, 2:
		e, err := p.asks(w.r, "Somebody")
		if err == nil {
			w.pass[p] = e.Pass
		}
		return verb("ask", err)
	case 3, 4, 5:
		h.streams(ids(w.pass[q]), nil)
		return verb("open", nil)
	case 6, 7:
		h.streams(nil, ids(w.pass[q]))
		return verb("close", nil)
	case 8:
		return verb("admit", p.decides(w.r, true, whom.Pass))
	case 9:
		return verb("deny", p.decides(w.r, false, whom.Pass))
	case 10:
		err := second(do(h, p.by(""), store.RemovePerson, whom))
		if err == nil {
			w.removed[whom.Pass] = true
		}
		return verb("remove", err)
	case 11:
		err := second(do(h, p.by(""), store.AllowBack, whom))
		if err == nil {
			delete(w.removed, whom.Pass)
		}
		return verb("allow", err)
	case 12:
		lock := w.IntN(3) > 0
		return verb(fmt.Sprint("lock ", lock), second(do(h, w.ada.by(""), store.SetPrivacy, store.Privacy{Room: w.r.ID, Locked: lock})))
	case 13:
		return verb("leave", second(do(h, p.by(""), store.LeaveRoom, store.Leaving{Slug: slug})))
	case 14:
		if w.IntN(8) > 0 {
			return verb("hand", p.raises(w.r, w.IntN(2) > 0))
		}
		return verb("end", second(do(h, p.by(""), store.EndForAll, store.Leaving{Slug: slug})))
	case 15:
		return verb("stop", second(do(h, p.by(""), store.StopAsking, store.Leaving{Slug: slug})))
	}
	d := []time.Duration{time.Second, 6 * time.Second, 31 * time.Second, 2 * time.Minute}[w.IntN(4)]
	h.later(d)
	h.sweep()
	if due, _ := h.SweepDue(w.t.Context()); due {
		w.t.Error("due after a sweep")
	}
	return d.String()
}

// disagreements are rows that cannot all be true.
func (w walk) disagreements() (wrong []string) {
	for what, query := range map[string]string{
		"inside without a stay":        `SELECT id FROM pass WHERE state = 'in' AND NOT EXISTS (SELECT 1 FROM attendance t JOIN call c ON c.id = t.call WHERE t.pass = pass.id AND t.left_at IS NULL AND c.ended_at IS NULL)`,
		"a stay of who is not inside":  `SELECT t.pass FROM attendance t LEFT JOIN pass p ON p.id = t.pass WHERE t.left_at IS NULL AND p.state IS NOT 'in'`,
		"two stays at once":            `SELECT pass FROM attendance WHERE left_at IS NULL GROUP BY pass HAVING count(*) > 1`,
		"left before entering":         `SELECT pass FROM attendance WHERE left_at < entered_at`,
		"inside, and gone":             `SELECT id FROM pass WHERE state = 'in' AND gone > 0`,
		"inside of no call":            `SELECT id FROM pass p WHERE state = 'in' AND NOT EXISTS (SELECT 1 FROM call c WHERE c.room = p.room AND ended_at IS NULL AND empty_at IS NULL)`,
		"a full call of nobody":        `SELECT id FROM call c WHERE ended_at IS NULL AND empty_at IS NULL AND NOT EXISTS (SELECT 1 FROM pass p WHERE p.room = c.room AND state = 'in')`,
		"a call that ended before":     `SELECT id FROM call WHERE ended_at < started_at`,
		"waiting on stage, or handed":  `SELECT id FROM pass WHERE state = 'waiting' AND (on_stage OR hand_at IS NOT NULL)`,
		"a hand of who left":           `SELECT id FROM pass WHERE (state = 'removed' OR gone = 2) AND hand_at IS NOT NULL`,
		"removed, and not gone":        `SELECT id FROM pass WHERE state = 'removed' AND gone < 2`,
		"a decision without a date":    `SELECT id FROM pass WHERE (decision = '') <> (decided_at IS NULL)`,
		"a decision on who waits":      `SELECT id FROM pass WHERE state = 'waiting' AND decision <> ''`,
		"denied without a date":        `SELECT id FROM pass WHERE (denials = 0) <> (denied_at IS NULL)`,
		"waiting at an open door":      `SELECT p.id FROM pass p JOIN room r ON r.id = p.room WHERE p.state = 'waiting' AND NOT r.locked`,
		"a last use before the call":   `SELECT r.id FROM room r JOIN call c ON c.room = r.id WHERE r.last_used_at < c.started_at`,
		"withdrawn and still counting": `SELECT id FROM pass WHERE state = 'waiting' AND gone = 2`,
	} {
		var id string
		switch err := w.keep.Read().QueryRow(query).Scan(&id); {
		case err == nil:
			wrong = append(wrong, what+": "+id)
		case !errors.Is(err, sql.ErrNoRows):
			w.t.Fatal(err)
		}
	}
	rights, err := w.Rights(w.t.Context(), w.r.ID)
	w.must(nil, err)
	for id := range w.removed {
		if _, ok := rights[id]; ok {
			wrong = append(wrong, "rights of who was removed: "+string(id))
		}
	}
	return wrong
}

package meet

import (
	"encoding/csv"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"
	"time"
)

// The rows of testdata/authz.csv are transcribed by hand from the product's authorization cases. They are never made
// from Table, so that a slip in the table has something to disagree with.
type authzRow struct{ id, action, state, actor, want, status string }

func authzRows(t testing.TB) []authzRow {
	t.Helper()
	f, err := os.Open("testdata/authz.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment = '#'
	all, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []authzRow
	for _, c := range all[1:] {
		rows = append(rows, authzRow{c[0], c[1], c[2], c[3], c[4], c[5]})
	}
	return rows
}

const ada, bob = ID("ada"), ID("bob")

// The people of the cases; the head of authz.csv says who they are.
type asker struct {
	account Account
	pass    *Pass
	link    Role
}

var noon = time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)

func inside(r Role, stage bool) *Pass { return &Pass{Role: r, State: In, OnStage: stage} }
func outside(r Role, away, left bool) *Pass {
	return &Pass{Role: r, State: Out, OnStage: true, Away: away, Left: left}
}
func seated(state PassState) *Pass { return &Pass{Role: Attendee, State: state, Registration: "seat"} }
func denied(times int, ago time.Duration) *Pass {
	return &Pass{Role: Attendee, State: Out, Left: true, Denials: times, Denied: noon.Add(-ago)}
}

var askers = map[string]asker{
	"AN": {},
	"OH": {account: Account{ID: bob}},
	"AD": {account: Account{ID: bob, Admin: true}},
	"WG": {pass: &Pass{Role: Attendee, State: Waiting}},
	"GU": {pass: inside(Attendee, true)},
	"VW": {pass: inside(Attendee, false)},
	"SP": {pass: inside(Speaker, true)},
	"MO": {pass: inside(Moderator, true)},
	"HO": {pass: inside(Host, true)},
	"HA": {pass: inside(Host, true), account: Account{ID: bob}},
	"HL": {link: Host},
	"OW": {account: Account{ID: ada}},
	"OI": {pass: inside(Host, true), account: Account{ID: ada}},
	"DH": {account: Account{ID: ada, Deactivated: true}},
	"RV": {pass: &Pass{Role: Attendee, State: Removed, OnStage: true}},
	"RH": {pass: &Pass{Role: Host, State: Removed, OnStage: true}, link: Host},
	"GO": {pass: outside(Attendee, false, true)},
	"SO": {pass: outside(Speaker, false, true)},
	"GB": {pass: outside(Attendee, false, false)}, // a reload: no stream for a moment
	"GA": {pass: outside(Attendee, true, false)},
	"SA": {pass: outside(Speaker, true, false)},
	"ST": {link: Attendee},
	"VI": {link: Attendee},
	"SI": {link: Speaker},
	"MI": {link: Moderator},
	"SV": {pass: seated(In)},
	"SW": {pass: seated(Waiting)},
	"RS": {pass: seated(Removed), link: Attendee},
	"D1": {pass: denied(1, 29*time.Second)},
	"D2": {pass: denied(2, 29*time.Second)},
	"E1": {pass: denied(1, 30*time.Second)},
	"E2": {pass: denied(2, 30*time.Second)},
	"D3": {pass: denied(3, 300*time.Hour)},
}

func actor(t testing.TB, code string) Actor {
	t.Helper()
	if code == "CO" { // no screen names co-owners yet; the table already knows them
		return Actor{Account: bob, Standing: AsCoOwner}
	}
	p, ok := askers[code]
	if !ok {
		t.Fatalf("no actor %q", code)
	}
	return ActorOf(p.account, Room{Owner: ada}, p.pass, p.link)
}

// door is a room with everything on but what the state switches off.
func door(t testing.TB, state string) Door {
	t.Helper()
	d := Door{Features: Features{Chat: true, Reactions: true, Hands: true}}
	for one := range strings.SplitSeq(strings.ReplaceAll(state, "-off", " off"), "-") {
		switch one {
		case "open":
		case "locked":
			d.Locked = true
		case "early":
			d.Early = true
		case "seats":
			d.Seats = true
		case "closed":
			d.Closed = true
		case "chat off":
			d.Chat = false
		case "reactions off":
			d.Reactions = false
		case "hands off":
			d.Hands = false
		default:
			t.Fatalf("no state %q", state)
		}
	}
	return d
}

func asked(t testing.TB, r authzRow) error {
	do, who := Action(r.action), actor(t, r.actor)
	if whom, ok := strings.CutPrefix(r.state, "over-"); ok {
		return AllowOver(do, who, actor(t, whom), door(t, "open"))
	}
	err := Allow(do, who, door(t, r.state))
	if p := askers[r.actor].pass; err == nil && do == Ask && p != nil { // the patience of hosts comes after the table
		err = p.MayAsk(noon)
	}
	return err
}

func answer(t testing.TB, r authzRow) string {
	if err := asked(t, r); err != nil {
		return string(CodeOf(err))
	}
	return "allow"
}

func TestTableAnswersAsWritten(t *testing.T) {
	n := 0
	for _, r := range authzRows(t) {
		if r.status != "exists" {
			continue
		}
		n++
		if got := answer(t, r); got != r.want {
			t.Errorf("%s: %s by %s (%s): %s, want %s", r.id, r.action, r.actor, r.state, got, r.want)
		}
	}
	if n < 2800 {
		t.Errorf("only %d rows exist", n)
	}
}

func TestEveryActionHasRows(t *testing.T) {
	seen := map[Action]map[string]bool{}
	for _, r := range authzRows(t) {
		switch r.status {
		case "exists":
		case "later", "store":
			if _, ok := Table[Action(r.action)]; ok {
				t.Errorf("%s is there: %s", r.id, r.action)
			}
			continue
		default:
			t.Errorf("%s: no status %q", r.id, r.status)
		}
		if _, ok := Table[Action(r.action)]; !ok {
			t.Errorf("%s names an action that does not exist: %s", r.id, r.action)
		}
		if seen[Action(r.action)] == nil {
			seen[Action(r.action)] = map[string]bool{}
		}
		seen[Action(r.action)][r.actor] = true
	}
	for a := range Table {
		if len(seen[a]) < 5 {
			t.Errorf("%s is asked by only %d kinds of people", a, len(seen[a]))
		}
	}
}

// Every single slip in the table must be caught by a row: each field of each rule is flipped in turn.
func TestMutationsAreCaught(t *testing.T) {
	rows := map[Action][]authzRow{}
	for _, r := range authzRows(t) {
		rows[Action(r.action)] = append(rows[Action(r.action)], r)
	}
	caught := func(a Action) bool {
		for _, r := range rows[a] {
			if r.status == "exists" && answer(t, r) != r.want {
				return true
			}
		}
		return false
	}
	mutants, survivors := 0, []string{}
	for a, right := range Table {
		for name, wrong := range mutations(a, right) {
			Table[a] = wrong
			mutants++
			if !caught(a) {
				survivors = append(survivors, fmt.Sprintf("%s: %s", a, name))
			}
		}
		Table[a] = right
	}
	if len(survivors) > 0 {
		t.Errorf("%d of %d slips go unnoticed:\n%s", len(survivors), mutants, strings.Join(survivors, "\n"))
	}
}

// onSomebody are the actions that AllowOver decides by rank. Whoever waits or was removed has no rank, so that letting
// them in or back is nobody's rank to refuse.
var onSomebody = map[Action]bool{Remove: true, MutePerson: true, LowerHand: true}

// mutations that change nothing (a need that another need implies) are left out.
func mutations(do Action, r Rule) map[string]Rule {
	m := map[string]Rule{}
	with := func(name string, f func(*Rule)) { c := r; f(&c); m[name] = c }
	with("anyone flipped", func(r *Rule) { r.Anyone = !r.Anyone })
	if r.Anyone {
		return m
	}
	if r.Account && r.From < AsCoOwner && !r.Admin {
		with("no account needed", func(r *Rule) { r.Account = false })
	}
	if !r.Account {
		with("account needed", func(r *Rule) { r.Account = true })
	}
	with("admin flipped", func(r *Rule) { r.Admin = !r.Admin })
	if r.From > Nobody && !(r.Pass && r.From == AsAttendee) {
		with("standing lowered", func(r *Rule) { r.From-- })
	}
	if r.From < AsOwner && !r.Admin && !(r.Account && r.From == Nobody) {
		with("standing raised", func(r *Rule) { r.From++ })
	}
	with("pass flipped", func(r *Rule) { r.Pass = !r.Pass })
	with("waits flipped", func(r *Rule) { r.Waits = !r.Waits })
	if r.Stage {
		with("stage ignored", func(r *Rule) { r.Stage = false })
	} else {
		with("stage needed", func(r *Rule) { r.Stage = true })
	}
	if onSomebody[do] {
		with("over flipped", func(r *Rule) { r.Over = !r.Over })
	}
	if r.Hidden {
		with("shown", func(r *Rule) { r.Hidden = false })
	} else if !(r.Account && r.From == Nobody) && r.From != Nobody {
		with("hidden", func(r *Rule) { r.Hidden = true })
	}
	for _, f := range []Feature{"", ChatOn, ReactionsOn, HandsOn} {
		if f != r.Needs {
			with(fmt.Sprintf("needs %q", f), func(r *Rule) { r.Needs = f })
		}
	}
	maps.Copy(m, lockMutations(r))
	maps.Copy(m, eventMutations(r))
	return m
}

func lockMutations(r Rule) map[string]Rule {
	m := map[string]Rule{}
	with := func(name string, f func(*Rule)) { c := r; f(&c); m[name] = c }
	if r.Locked > Nobody {
		with("lock ignored", func(r *Rule) { r.Locked = Nobody })
		with("lock passable for one lower", func(r *Rule) { r.Locked-- })
	} else if r.From < AsOwner && !r.Pass { // a lock does not matter to who is inside
		with("lock matters", func(r *Rule) { r.Locked = AsOwner })
	}
	return m
}

// eventMutations are slips about events: who comes before the start, who needs a seat, what is over. A seat does not
// matter from speakers up, nor an early door to an owner.
func eventMutations(r Rule) map[string]Rule {
	m := map[string]Rule{}
	with := func(name string, f func(*Rule)) { c := r; f(&c); m[name] = c }
	if r.From < AsSpeaker {
		with("seat flipped", func(r *Rule) { r.Seat = !r.Seat })
	}
	with("open flipped", func(r *Rule) { r.Open = !r.Open })
	if r.Early > Nobody {
		with("start ignored", func(r *Rule) { r.Early = Nobody })
		with("passable before the start for one lower", func(r *Rule) { r.Early-- })
		with("passable before the start for one higher", func(r *Rule) { r.Early++ })
	} else if r.From < AsOwner {
		with("start matters", func(r *Rule) { r.Early = AsOwner })
	}
	return m
}

package meet

import (
	"encoding/csv"
	"fmt"
	"os"
	"strings"
	"testing"
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

// actors are the people of the cases: AN anonymous, OH another host, AD admin, WG waiting, GU guest inside, GO guest who
// left, VW viewer off stage, SP speaker, MO moderator, HO holder of the host link, OW owner, RV removed, DH the owner's
// account after it was deactivated, SO speaker who left, SA speaker away, GA guest away, GB guest between two streams, HA another account inside by the host link, CO co-owner.
func actor(t testing.TB, code string) Actor {
	t.Helper()
	room := Room{Owner: ada}
	pass := func(r Role, s PassState, stage bool) *Pass { return &Pass{Role: r, State: s, OnStage: stage} }
	switch code {
	case "AN":
		return ActorOf(Account{}, room, nil, "")
	case "OH":
		return ActorOf(Account{ID: bob}, room, nil, "")
	case "AD":
		return ActorOf(Account{ID: bob, Admin: true}, room, nil, "")
	case "WG":
		return ActorOf(Account{}, room, pass(Attendee, Waiting, false), "")
	case "GU":
		return ActorOf(Account{}, room, pass(Attendee, In, true), "")
	case "GO":
		p := pass(Attendee, Out, true)
		p.Left = true
		return ActorOf(Account{}, room, p, "")
	case "GB": // a reload: no stream for a moment
		return ActorOf(Account{}, room, pass(Attendee, Out, true), "")
	case "GA", "SA":
		p := pass(map[string]Role{"GA": Attendee, "SA": Speaker}[code], Out, true)
		p.Away = true
		return ActorOf(Account{}, room, p, "")
	case "VW":
		return ActorOf(Account{}, room, pass(Attendee, In, false), "")
	case "SP":
		return ActorOf(Account{}, room, pass(Speaker, In, true), "")
	case "MO":
		return ActorOf(Account{}, room, pass(Moderator, In, true), "")
	case "HO":
		return ActorOf(Account{}, room, pass(Host, In, true), "")
	case "HL":
		return ActorOf(Account{}, room, nil, Host)
	case "OW":
		return ActorOf(Account{ID: ada}, room, nil, "")
	case "SO":
		p := pass(Speaker, Out, true)
		p.Left = true
		return ActorOf(Account{}, room, p, "")
	case "HA":
		return ActorOf(Account{ID: bob}, room, pass(Host, In, true), "")
	case "CO": // no screen names co-owners yet; the table already knows them
		return Actor{Account: bob, Standing: AsCoOwner}
	case "RV":
		return ActorOf(Account{}, room, pass(Attendee, Removed, true), "")
	case "RH":
		return ActorOf(Account{}, room, pass(Host, Removed, true), Host)
	case "DH":
		return ActorOf(Account{ID: ada, Deactivated: true}, room, nil, "")
	}
	t.Fatalf("no actor %q", code)
	return Actor{}
}

func answer(t testing.TB, r authzRow) string {
	err := Allow(Action(r.action), actor(t, r.actor), Door{Locked: r.state == "locked"})
	if err == nil {
		return "allow"
	}
	return string(CodeOf(err))
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
	if n < 150 {
		t.Errorf("only %d rows exist", n)
	}
}

func TestEveryActionHasRows(t *testing.T) {
	seen := map[Action]map[string]bool{}
	for _, r := range authzRows(t) {
		if r.status != "exists" {
			continue
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
	rows := authzRows(t)
	caught := func() bool {
		for _, r := range rows {
			if r.status == "exists" && answer(t, r) != r.want {
				return true
			}
		}
		return false
	}
	mutants, survivors := 0, []string{}
	for a, right := range Table {
		for name, wrong := range mutations(right) {
			Table[a] = wrong
			mutants++
			if !caught() {
				survivors = append(survivors, fmt.Sprintf("%s: %s", a, name))
			}
		}
		Table[a] = right
	}
	if len(survivors) > 0 {
		t.Errorf("%d of %d slips go unnoticed:\n%s", len(survivors), mutants, strings.Join(survivors, "\n"))
	}
}

// mutations that change nothing (a need that another need implies) are left out.
func mutations(r Rule) map[string]Rule {
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
	if r.Locked > Nobody {
		with("lock ignored", func(r *Rule) { r.Locked = Nobody })
		with("lock passable for one lower", func(r *Rule) { r.Locked-- })
	}
	if r.Stage {
		with("stage ignored", func(r *Rule) { r.Stage = false })
	}
	if r.Hidden {
		with("shown", func(r *Rule) { r.Hidden = false })
	}
	return m
}

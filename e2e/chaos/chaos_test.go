package main

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// short is the drills as make test runs them.
func short(t *testing.T) plan {
	p := plan{Kills: 3, Disks: 2, Stocks: 1, Clients: 6, Accounts: 2, Load: 300 * time.Millisecond, Seed: rand.Uint64()}
	t.Log("seed", p.Seed)
	return p
}

func TestDrillsLoseNothing(t *testing.T) {
	for _, drill := range drills {
		t.Run(drill.name, func(t *testing.T) {
			if err := drill.run(t.Context(), short(t)); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func mustOpen(t *testing.T) *drill {
	t.Helper()
	d, err := newDrill(t.Context(), short(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// busy lets everybody work until there is something to lose, kills and starts again.
func (d *drill) busy(t *testing.T) {
	t.Helper()
	for enough := d.acked() + 50; d.acked() < enough; {
		if err := d.round(t.Context(), unharmed); err != nil {
			t.Fatal(err)
		}
	}
}

// files are those of a copy.
func files(t *testing.T, copy string) map[string]bool {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(copy, "ltx", "*", "*.ltx"))
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	m := map[string]bool{}
	for _, f := range list {
		m[f] = true
	}
	return m
}

// When both copies lose their latest files together with app.db's log, acknowledged rows are gone, and the drill says so.
func TestLossIsFound(t *testing.T) {
	d := mustOpen(t)
	before := []map[string]bool{files(t, d.node.committed()), files(t, d.node.offsite())}
	for d.acked() < 50 {
		if _, err := d.strike(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d.acked() < 50 {
			if err := d.node.start(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i, copy := range []string{d.node.committed(), d.node.offsite()} {
		for f := range files(t, copy) {
			if !before[i][f] {
				if err := os.Remove(f); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if err := os.Remove(filepath.Join(d.node.data, "app.db-wal")); err != nil {
		t.Fatal(err)
	}
	if err := d.node.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.check(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if len(d.lost) < 10 || d.verdict("kill", 1) == nil {
		t.Fatalf("%d of %d promises are found lost", len(d.lost), d.acked())
	}
}

// twice sends the form of a room that is there already: the same once twice, which is one more room and not two.
func twice(t *testing.T, c *client) {
	t.Helper()
	form, err := c.owner.fill(t.Context(), "/rooms/new", "/rooms")
	if err != nil {
		t.Fatal(err)
	}
	form.Set("name", c.rooms[0].serial)
	for range 2 {
		if a, err := c.owner.post(t.Context(), "/rooms", form); err != nil || a.status != http.StatusSeeOther {
			t.Fatal(a, err)
		}
	}
	a, err := c.owner.get(t.Context(), "/")
	if found := bySerial(tiles(a.body))[c.rooms[0].serial]; err != nil || len(found) != 2 {
		t.Fatal(found, err)
	}
}

// Each promise that does not hold is found by name: the ledger is made to say what is not so.
func TestEachBrokenPromiseIsFound(t *testing.T) {
	d := mustOpen(t)
	d.busy(t)
	c := d.clients[0]
	for len(c.guests) == 0 {
		d.busy(t)
	}
	r, g := c.rooms[0], c.guests[0]
	cases := []struct {
		lost string
		lie  func()
	}{
		{"name of " + r.serial, func() { r.name, r.next = r.serial+" otherwise", "" }},
		{"participant link of " + r.serial, func() { r.participant += "x" }},
		{"host link of " + r.serial, func() { r.host += "x" }},
		{"sign-in of a browser", func() { c.owner = visitor(c.line, d.node.url) }},
		{"password of owner0", func() { d.accounts[0].password += "x" }},
		{"Guest", func() { g.name += " the Second" }},
	}
	for _, lie := range cases {
		wasRoom, wasGuest, wasClient, wasAccount := *r, *g, *c, d.accounts[0]
		lie.lie()
		d.findings = newFindings()
		err := d.check(t.Context(), true)
		var f fault
		if err != nil && !errors.As(err, &f) {
			t.Fatal(err)
		}
		*r, *g, *c, d.accounts[0] = wasRoom, wasGuest, wasClient, wasAccount
		if !lostOne(d.lost, lie.lost) {
			t.Errorf("%s is not found lost, but %v", lie.lost, d.lost)
		}
	}
	d.findings = newFindings()
	if err := d.check(t.Context(), true); err != nil || len(d.lost)+len(d.doubled) > 0 {
		t.Fatal("without lies: ", err, d.findings.some())
	}
	twice(t, c)
	if err := d.check(t.Context(), true); err != nil || len(d.doubled) != 1 || d.verdict("kill", 1) == nil {
		t.Fatal("a room that is there twice is not found: ", err, d.doubled)
	}
}

func lostOne(lost map[string]string, start string) bool {
	for what := range lost {
		if strings.HasPrefix(what, start) {
			return true
		}
	}
	return false
}

package store_test

import (
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"foyer/meet"
	"foyer/store"
)

func TestLinksSurviveARename(t *testing.T) {
	h := open(t)
	ada := h.host("ada")
	before := ada.room("Design review", meet.Meeting)
	if !strings.HasPrefix(before.Slug, "design-review-") || len(before.Slug) != len("design-review-")+16 {
		t.Error(before.Slug)
	}
	h.said()
	h.must(do(h, ada.by(""), store.RenameRoom, store.RoomName{Room: before.ID, Name: " Design  critique "}))
	after, err := h.Room(t.Context(), ada.who(), before.ID)
	h.must(nil, err)
	if after.Name != "Design critique" || after.Slug != before.Slug || h.HostToken(after) != h.HostToken(before) {
		t.Errorf("%+v", after)
	}
	if said := h.said(); !slices.Contains(said, store.TileTopic(ada.id, before.ID)) {
		t.Error(said)
	}
	_, err = do(h, ada.by(""), store.RenameRoom, store.RoomName{Room: before.ID, Name: "  "})
	h.refused(meet.Invalid, err)
}

// What belongs to somebody else is not here: the same answer as for what never existed.
func TestOthersRoomsAreNotHere(t *testing.T) {
	h := open(t)
	ada, bob, guest := h.host("ada"), h.host("bob"), h.guest()
	r := ada.room("Office", meet.Meeting)
	for _, p := range []*person{bob, guest} {
		want := meet.NotHere
		if p == guest {
			want = meet.SignIn
		}
		_, err := h.Room(t.Context(), p.who(), r.ID)
		h.refused(want, err)
		_, err = h.Room(t.Context(), p.who(), "never")
		h.refused(want, err)
		_, err = do(h, p.by(""), store.RenameRoom, store.RoomName{Room: r.ID, Name: "Mine"})
		h.refused(want, err)
		_, err = do(h, p.by(""), store.DeleteRoom, r.ID)
		h.refused(want, err)
		_, err = do(h, p.by(""), store.SetPrivacy, store.Privacy{Room: r.ID, Locked: true})
		h.refused(meet.NotHere, err)
	}
	if now, _ := h.Room(t.Context(), ada.who(), r.ID); now.Name != "Office" || now.Locked {
		t.Errorf("%+v", now)
	}
}

func TestTilesAreOrderedByLastUse(t *testing.T) {
	h := open(t)
	ada := h.host("ada")
	order := func() (names []string) {
		tiles, err := h.Tiles(t.Context(), ada.id)
		h.must(nil, err)
		for _, tile := range tiles {
			names = append(names, tile.Name)
		}
		return names
	}
	a := ada.room("A", meet.Meeting)
	h.later(time.Minute)
	b := ada.room("B", meet.Meeting)
	h.later(time.Minute)
	ada.room("C", meet.Meeting)
	if got := order(); !slices.Equal(got, []string{"C", "B", "A"}) {
		t.Error("never used, newest first:", got)
	}
	h.guest().mustEnter(a, "Guest")
	h.later(time.Minute)
	h.guest().mustEnter(b, "Guest")
	if got := order(); !slices.Equal(got, []string{"B", "A", "C"}) {
		t.Error("last used first:", got)
	}
	tiles, _ := h.Tiles(t.Context(), ada.id)
	if tiles[0].People != 1 || len(tiles[0].Faces) != 1 || tiles[2].People != 0 {
		t.Errorf("%+v", tiles)
	}
}

func TestDeletingTakesEverythingAlong(t *testing.T) {
	h := open(t)
	ada, guest := h.host("ada"), h.guest()
	r := ada.room("Office", meet.Meeting)
	e := guest.mustEnter(r, "Guest")
	token := h.HostToken(r)
	h.said()
	h.must(do(h, ada.by(""), store.DeleteRoom, r.ID))
	if said := h.said(); !slices.Contains(said, store.DoorsTopic(r.ID)) || !slices.Contains(said, store.HomeTopic(ada.id)) {
		t.Error(said)
	}
	_, err := h.DoorBySlug(t.Context(), guest.who(), r.Slug)
	h.refused(meet.NotHere, err)
	_, err = h.Capability(t.Context(), token)
	h.refused(meet.NotHere, err)
	_, err = h.PassByID(t.Context(), e.Pass)
	h.refused(meet.NotHere, err)
	if calls, _ := h.Calls(t.Context(), ada.id, time.Time{}, 10); len(calls) != 0 {
		t.Error(calls)
	}
	_, err = do(h, ada.by(""), store.DeleteRoom, r.ID)
	h.refused(meet.NotHere, err)
}

// The same key with the same body is the same act, however often and however much at once; another body is a new one.
func TestOnce(t *testing.T) {
	h := open(t)
	ada, bob := h.host("ada"), h.host("bob")
	same := store.NewRoom{Name: "Once", Theme: "meeting"}
	var mu sync.Mutex
	made := map[meet.ID]int{}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			id, err := do(h, ada.by("k1"), store.CreateRoom, same)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			made[id]++
		})
	}
	wg.Wait()
	if len(made) != 1 {
		t.Errorf("one act made %d rooms", len(made))
	}
	for _, by := range []store.By{ada.by("k2"), ada.by(""), ada.by(""), bob.by("k1")} {
		id, err := do(h, by, store.CreateRoom, same)
		h.must(nil, err)
		made[id]++
	}
	id, err := do(h, ada.by("k1"), store.CreateRoom, store.NewRoom{Name: "Twice", Theme: "meeting"})
	h.must(nil, err)
	if made[id]++; len(made) != 6 {
		t.Errorf("%d rooms, want 6", len(made))
	}
	_, err = do(h, ada.by("k3"), store.CreateRoom, store.NewRoom{Name: ""})
	h.refused(meet.Invalid, err)
	h.later(25 * time.Hour)
	h.sweep()
	if again, _ := do(h, ada.by("k1"), store.CreateRoom, same); made[again] != 0 {
		t.Error("a key is kept for longer than a day")
	}
}

func TestVerbsRunByName(t *testing.T) {
	h := open(t)
	ada := h.host("ada")
	out, err := h.Run(t.Context(), "create-room", ada.by(""), []byte(`{"Name":"By name","Theme":"meeting"}`))
	if err != nil || len(out) < 10 {
		t.Fatal(string(out), err)
	}
	for _, bad := range []string{`{"Name":"x","Theme":"meeting","Owner":"bob"}`, `[]`, ``} {
		if _, err := h.Run(t.Context(), "create-room", ada.by(""), []byte(bad)); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
	if _, err := h.Run(t.Context(), "no-such-verb", ada.by(""), nil); err == nil {
		t.Error("a verb that does not exist ran")
	}
}

func TestLostSecretRenewsHostLinks(t *testing.T) {
	h := open(t)
	ada := h.host("ada")
	r := ada.room("Office", meet.Meeting)
	old := h.HostToken(r)
	other := store.New(h.keep, []byte("quite another secret of 32 bytes!"), h.clock)
	if fits, err := other.SecretFits(t.Context()); fits || err != nil {
		t.Error(fits, err)
	}
	n, err := store.RenewAllLinks.Do(t.Context(), other, machine, store.Done{})
	if n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if fits, err := other.SecretFits(t.Context()); !fits || err != nil {
		t.Error(fits, err)
	}
	_, err = other.Capability(t.Context(), old)
	h.refused(meet.NotHere, err)
	now, _ := other.Room(t.Context(), ada.who(), r.ID)
	if c, err := other.Capability(t.Context(), other.HostToken(now)); err != nil || c.Slug != r.Slug {
		t.Error(c, err)
	}
	h.must(do(h, h.admin("root").by(""), store.SetActive, store.Activity{Account: ada.id}))
	if fits, err := other.SecretFits(t.Context()); !fits || err != nil {
		t.Error("after its owner was deactivated:", fits, err)
	}
}

// schema.sql is the sum of the migrations, on one page, for people to read.
func TestSchemaIsAsWritten(t *testing.T) {
	h := open(t)
	rows, err := h.keep.Read().QueryContext(t.Context(), `SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE '\_litestream%' ESCAPE '\' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY type DESC, name`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all strings.Builder
	for rows.Next() {
		var sql string
		if err := rows.Scan(&sql); err != nil {
			t.Fatal(err)
		}
		all.WriteString(sql + ";\n\n")
	}
	if os.Getenv("FOYER_GOLDEN") == "write" {
		if err := os.WriteFile("schema.sql", []byte(all.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("schema.sql")
	if err != nil || string(want) != all.String() {
		t.Errorf("schema.sql is not what the migrations make (%v): run make golden and look at the difference", err)
	}
}

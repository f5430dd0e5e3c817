package store_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"foyer/meet"
	"foyer/store"
)

// verbsOfARoom are what people send into a room, by name, as bytes.
func verbsOfARoom(f *full) map[string]map[string]any {
	slug, id := f.r.Slug, f.r.ID
	bob := f.pass[f.bob]
	return map[string]map[string]any{
		"enter-room":      {"Slug": slug, "Label": map[string]any{"Name": "Bob"}},
		"leave-room":      {"Slug": slug},
		"set-own-devices": {"Slug": slug, "Mic": true},
		"stop-asking":     {"Slug": slug},
		"answer-knock":    {"Slug": slug, "Pass": bob, "Admit": true},
		"say":             {"Slug": slug, "Text": "hello"},
		"delete-line":     {"Slug": slug, "N": 1},
		"set-hand":        {"Slug": slug, "Up": true},
		"lower-hands":     {"Slug": slug, "Pass": bob},
		"mute-people":     {"Slug": slug, "Pass": bob},
		"remove-person":   {"Slug": slug, "Pass": bob},
		"allow-back":      {"Slug": slug, "Pass": bob},
		"end-for-all":     {"Slug": slug},
		"set-privacy":     {"Room": id, "Locked": true},
		"set-look":        {"Room": id, "Colour": 1, "Chat": true},
		"set-lobby":       {"Room": id, "Title": "Hi"},
		"duplicate-room":  {"Room": id, "Name": "Two"},
	}
}

func (p *person) runs(name string, in any) ([]byte, error) {
	body, err := json.Marshal(in)
	p.h.must(nil, err)
	return p.h.Run(p.h.t.Context(), name, p.by(""), body)
}

// C38, C49, N4: nothing that a sender says about who they are, or which room they mean besides, is even read.
func TestForgedFieldsAreRefused(t *testing.T) {
	t.Parallel()
	f := fullRoom(t)
	before := f.everything()
	forged := map[string]any{"Role": "host", "role": "host", "Browser": "x", "Account": f.ada.id, "Standing": 6, "Machine": true, "By": map[string]any{"Machine": true},
		"OnStage": true, "State": "in", "Owner": f.ada.id, "Name2": "x", "__proto__": map[string]any{"Role": "host"}}
	for name, in := range verbsOfARoom(f) {
		for field, value := range forged {
			more := maps.Clone(in)
			more[field] = value
			for _, p := range []*person{f.bob, f.ada} {
				if out, err := p.runs(name, more); err == nil {
					t.Errorf("%s with %s: %s", name, field, out)
				}
			}
		}
		for _, junk := range []string{"", "[]", "null x", `"x"`, "{", `{"Slug":1}`} {
			if out, err := f.Run(t.Context(), name, f.ada.by(""), []byte(junk)); err == nil {
				t.Errorf("%s of %q: %s", name, junk, out)
			}
		}
	}
	if after := f.everything(); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
	if _, err := f.Run(t.Context(), "become-host", f.ada.by(""), []byte("{}")); err == nil {
		t.Error("a verb that is none runs")
	}
}

// The fields that a label has, and a form may carry, give nothing that the rows do not.
func TestForgedFieldsOfALabel(t *testing.T) {
	t.Parallel()
	f := fullRoom(t)
	for _, extra := range []string{`"Role":"host"`, `"ID":"x"`, `"Pass":"` + string(f.pass[f.ada]) + `"`} {
		body := fmt.Sprintf(`{"Slug":%q,"Label":{"Name":"Bob",%s}}`, f.r.Slug, extra)
		if out, err := f.Run(t.Context(), "enter-room", f.bob.by(""), []byte(body)); err == nil {
			t.Errorf("%s: %s", body, out)
		}
	}
	for _, links := range [][]string{{"host"}, {string(f.r.ID)}, {""}, {f.r.Slug, "' OR 1=1 --"}, {strings.ToUpper(f.HostToken(f.r))}, {f.HostToken(f.r)[:25]}} {
		f.bob.mustEnter(f.r, "Bob", links...)
		if p := f.house.pass(f.pass[f.bob]); p.Role != meet.Attendee {
			t.Errorf("%q makes a %s", links, p.Role)
		}
	}
}

// Verbs as bytes do what verbs do.
func TestVerbsAsBytes(t *testing.T) {
	t.Parallel()
	f := fullRoom(t)
	if out, err := f.bob.runs("say", map[string]any{"Slug": f.r.Slug, "Text": "hello"}); string(out) != "1" || err != nil {
		t.Errorf("%s, %v", out, err)
	}
	if _, err := f.bob.runs("end-for-all", map[string]any{"Slug": f.r.Slug}); meet.CodeOf(err) != meet.Forbidden {
		t.Error(err)
	}
}

// Decision 10: what is sent twice with the same key happens once, and is answered the same, whatever happened in between.
func TestTheSameKeyHappensOnce(t *testing.T) {
	t.Parallel()
	f := fullRoom(t)
	slug := f.r.Slug
	again := func(what string, act func(once string) (any, error), undo func(), unchanged func() string) {
		t.Helper()
		first, err := act(what)
		f.must(nil, err)
		undo()
		before := unchanged()
		f.later(time.Second)
		f.said()
		second, err := act(what)
		if err != nil || fmt.Sprint(first) != fmt.Sprint(second) {
			t.Errorf("%s: %v, then %v, %v", what, first, second, err)
		}
		if after := unchanged(); after != before {
			t.Errorf("%s happened twice: %s, then %s", what, before, after)
		}
		if said := f.said(); len(said) > 0 {
			t.Errorf("%s was announced twice: %q", what, said)
		}
	}
	devices := func() {
		f.must(do(f.house, f.bob.by(""), store.SetOwnDevices, store.OwnDevices{Slug: slug, Mic: true, Camera: true}))
	}
	lines := func() string { return fmt.Sprint(told(f.house.chat(f.r, store.Chat{}))) }
	again("say", func(once string) (any, error) { return f.bob.says(f.r, once, "hello") }, func() { f.must(f.bob.says(f.r, "", "more")) }, lines)
	again("delete", func(once string) (any, error) {
		return do(f.house, f.ada.by(once), store.DeleteLine, store.Deleting{Slug: slug, N: 1})
	}, func() {}, lines)
	again("raise", func(once string) (any, error) {
		return do(f.house, f.bob.by(once), store.SetHand, store.Hand{Slug: slug, Up: true})
	}, func() { f.must(nil, f.bob.raises(f.r, false)) }, f.everything)
	again("lower", func(once string) (any, error) {
		return do(f.house, f.ada.by(once), store.LowerHands, store.Hands{Slug: slug, Pass: f.pass[f.bob]})
	}, func() { f.must(nil, f.bob.raises(f.r, true)) }, f.everything)
	again("mute", func(once string) (any, error) {
		return do(f.house, f.ada.by(once), store.MutePeople, store.Somebody{Slug: slug, Pass: f.pass[f.bob]})
	}, devices, f.everything)
	again("mute all", func(once string) (any, error) {
		return do(f.house, f.ada.by(once), store.MutePeople, store.Somebody{Slug: slug})
	}, devices, f.everything)
	remove := store.Somebody{Slug: slug, Pass: f.pass[f.bob]}
	again("remove", func(once string) (any, error) { return do(f.house, f.ada.by(once), store.RemovePerson, remove) },
		func() { f.must(do(f.house, f.ada.by(""), store.AllowBack, remove)); f.bob.mustEnter(f.r, "Bob") }, f.everything)
	f.must(nil, f.removes(f.ada, f.bob))
	again("allow back", func(once string) (any, error) { return do(f.house, f.ada.by(once), store.AllowBack, remove) },
		func() { f.must(nil, f.removes(f.ada, f.bob)) }, f.everything)
	f.must(do(f.house, f.ada.by(""), store.AllowBack, remove))
	f.ada.locks(f.r, true)
	asking := store.Entering{Slug: slug, Label: meet.Label{Name: "Bob"}, Ask: true}
	again("ask", func(once string) (any, error) { return do(f.house, f.bob.by(once), store.EnterRoom, asking) },
		func() { f.must(do(f.house, f.bob.by(""), store.StopAsking, store.Leaving{Slug: slug})) }, f.everything)
	e := f.bob.mustAsk(f.r, "Bob")
	again("stop", func(once string) (any, error) {
		return do(f.house, f.bob.by(once), store.StopAsking, store.Leaving{Slug: slug})
	}, func() { f.bob.mustAsk(f.r, "Bob") }, f.everything)
	again("deny", func(once string) (any, error) {
		return do(f.house, f.ada.by(once), store.AnswerKnock, store.Answering{Slug: slug, Pass: e.Pass})
	}, func() { f.later(time.Minute); f.sweep(); f.bob.mustAsk(f.r, "Bob") }, f.everything)
	again("admit", func(once string) (any, error) {
		return do(f.house, f.ada.by(once), store.AnswerKnock, store.Answering{Slug: slug, Pass: e.Pass, Admit: true})
	}, func() {}, f.everything)
	f.guest().mustAsk(f.r, "Dan")
	again("admit all", func(once string) (any, error) {
		return do(f.house, f.ada.by(once), store.AnswerKnock, store.Answering{Slug: slug, Admit: true})
	}, func() { f.guest().mustAsk(f.r, "Eve") }, f.everything)
	again("end", func(once string) (any, error) {
		return do(f.house, f.ada.by(once), store.EndForAll, store.Leaving{Slug: slug})
	}, func() { f.ada.mustEnter(f.r, "Ada") }, f.everything)
	rooms := func() string { tiles, _ := f.Tiles(t.Context(), f.ada.id); return fmt.Sprintf("%+v", tiles) }
	again("look", func(once string) (any, error) {
		return do(f.house, f.ada.by(once), store.SetLook, store.RoomLook{Room: f.r.ID, Colour: 4})
	}, func() { f.ada.looks(store.RoomLook{Room: f.r.ID, Colour: 5, Features: allOn}) }, rooms)
	again("lobby", func(once string) (any, error) {
		return do(f.house, f.ada.by(once), store.SetLobby, store.LobbyLook{Room: f.r.ID, Title: "Come in"})
	}, func() {
		f.must(do(f.house, f.ada.by(""), store.SetLobby, store.LobbyLook{Room: f.r.ID, Title: "Welcome"}))
	}, rooms)
	again("duplicate", func(once string) (any, error) {
		return do(f.house, f.ada.by(once), store.DuplicateRoom, store.Copy{Room: f.r.ID, Name: "Two"})
	}, func() {}, rooms)
}

package store_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"testing"
	"time"

	"foyer/meet"
	"foyer/store"
)

func drawing(what string) *store.Picture {
	sum := sha256.Sum256([]byte(what))
	return &store.Picture{Hash: hex.EncodeToString(sum[:]), Type: "image/jpeg", Bytes: []byte(what)}
}

var allOn = meet.Features{Chat: true, Reactions: true, Hands: true}

func (p *person) looks(in store.RoomLook) {
	p.h.t.Helper()
	p.h.must(do(p.h, p.by(""), store.SetLook, in))
}

func (h *house) has(what string, want bool) {
	h.t.Helper()
	_, err := h.Picture(h.t.Context(), drawing(what).Hash)
	if got := err == nil; got != want || err != nil && meet.CodeOf(err) != meet.NotHere {
		h.t.Errorf("%s is kept: %v (%v)", what, got, err)
	}
}

func (h *house) forget() { h.t.Helper(); h.must(do(h, machine, store.Forget, store.Done{})) }

// A picture goes an hour after the last place let go of it, and not while one names it.
func TestPicturesAreForgotten(t *testing.T) {
	t.Parallel()
	h := open(t)
	ada := h.host("ada")
	one, two := ada.room("One", meet.Meeting), ada.room("Two", meet.Meeting)
	ada.looks(store.RoomLook{Room: one.ID, Features: allOn, Background: drawing("large"), Tile: drawing("small")})
	ada.looks(store.RoomLook{Room: two.ID, Features: allOn, Background: drawing("large"), Tile: drawing("small")})
	h.must(do(h, ada.by(""), store.SetLobby, store.LobbyLook{Room: one.ID, Background: drawing("lobby")}))
	h.later(100 * time.Hour)
	h.forget()
	for _, what := range []string{"large", "small", "lobby"} {
		h.has(what, true)
	}

	ada.looks(store.RoomLook{Room: one.ID, Features: allOn, Plain: true})
	h.must(do(h, ada.by(""), store.SetLobby, store.LobbyLook{Room: one.ID, Background: drawing("new lobby")}))
	h.later(59 * time.Minute)
	h.forget()
	h.has("lobby", true) // a page drawn before may still ask for it
	h.later(2 * time.Minute)
	h.forget()
	h.has("lobby", false)
	h.has("new lobby", true)
	h.has("large", true) // the other room's
	h.has("small", true)

	h.must(do(h, ada.by(""), store.SetLobby, store.LobbyLook{Room: two.ID, Background: drawing("large")}))
	ada.looks(store.RoomLook{Room: two.ID, Features: allOn, Plain: true})
	h.later(2 * time.Hour)
	h.forget()
	h.has("large", true) // over the lobby
	h.has("small", false)
	h.must(do(h, ada.by(""), store.DeleteRoom, two.ID))
	h.later(2 * time.Hour)
	h.forget()
	h.has("large", false)
}

// A label's picture stays with whoever wears it: account, browser and pass.
func TestPicturesOfPeopleStay(t *testing.T) {
	t.Parallel()
	h := open(t)
	ada, guest := h.host("ada"), h.guest()
	r := ada.room("One", meet.Meeting)
	for who, face := range map[*person]string{ada: "face of ada", guest: "face of a guest"} {
		_, err := do(h, who.by(""), store.EnterRoom, store.Entering{Slug: r.Slug, Label: meet.Label{Name: "Somebody"}, Picture: drawing(face)})
		h.must(nil, err)
	}
	_, err := do(h, guest.by(""), store.EnterRoom, store.Entering{Slug: ada.room("Two", meet.Meeting).Slug, Label: meet.Label{Name: "Somebody"}, Picture: drawing("another face")})
	h.must(nil, err)
	h.later(5 * time.Hour)
	h.forget()
	h.has("face of ada", true)
	h.has("another face", true)
	h.has("face of a guest", true) // worn in the first room still
}

func TestADamagedPictureIsRefused(t *testing.T) {
	t.Parallel()
	h := open(t)
	ada := h.host("ada")
	r := ada.room("One", meet.Meeting)
	bad := drawing("something")
	bad.Bytes = []byte("something else")
	_, err := do(h, ada.by(""), store.SetLook, store.RoomLook{Room: r.ID, Background: drawing("large"), Tile: bad})
	h.refused(meet.Invalid, err)
	h.has("large", false) // a refusal leaves nothing
	_, err = do(h, ada.by(""), store.SetLook, store.RoomLook{Room: r.ID, Colour: 13})
	h.refused(meet.Invalid, err)
}

// Whoever shows the room hears of a new look; hands that may not be raised any more are lowered.
func TestALookIsAnnounced(t *testing.T) {
	t.Parallel()
	h := open(t)
	ada, guest := h.host("ada"), h.guest()
	r := ada.room("One", meet.Meeting)
	guest.mustEnter(r, "Guest")
	h.must(do(h, guest.by(""), store.SetHand, store.Hand{Slug: r.Slug, Up: true}))
	h.said()
	ada.looks(store.RoomLook{Room: r.ID, Colour: 3})
	said := h.said()
	for _, topic := range []string{store.TileTopic(ada.id, r.ID), store.RoomTopic(r.ID), store.PeopleTopic(r.ID)} {
		if !slices.Contains(said, topic) {
			t.Errorf("nobody was told of %s: %v", topic, said)
		}
	}
	people, err := h.People(t.Context(), r.ID)
	h.must(nil, err)
	if len(people) != 1 || !people[0].Hand.IsZero() {
		t.Errorf("a hand is still up: %+v", people)
	}
	h.must(do(h, ada.by(""), store.SetLobby, store.LobbyLook{Room: r.ID, Title: " Welcome "}))
	if said := h.said(); !slices.Contains(said, store.RoomTopic(r.ID)) {
		t.Errorf("the lobby was not told: %v", said)
	}
}

// A copy takes over exactly what was ticked: each of the sixteen choices.
func TestACopyTakesWhatWasTicked(t *testing.T) {
	t.Parallel()
	h := open(t)
	ada := h.host("ada")
	old := ada.room("Original", meet.Webinar)
	h.must(do(h, ada.by(""), store.SetPrivacy, store.Privacy{Room: old.ID, Locked: true}))
	ada.looks(store.RoomLook{Room: old.ID, Colour: 7, Background: drawing("large"), Tile: drawing("small"), Features: meet.Features{Hands: true}})
	h.must(do(h, ada.by(""), store.SetLobby, store.LobbyLook{Room: old.ID, Title: "Welcome", Message: "Sit down.", Background: drawing("lobby")}))
	ada.mustEnter(old, "Ada")
	old, err := h.Room(t.Context(), ada.who(), old.ID)
	h.must(nil, err)

	for bits := range 16 {
		in := store.Copy{Room: old.ID, Name: fmt.Sprintf("Copy %d", bits), Theme: bits&1 > 0, Look: bits&2 > 0, Lobby: bits&4 > 0, Lock: bits&8 > 0}
		id, err := do(h, ada.by(""), store.DuplicateRoom, in)
		h.must(nil, err)
		got, err := h.Room(t.Context(), ada.who(), id)
		h.must(nil, err)
		want := meet.Room{ID: id, Owner: ada.id, Name: in.Name, Slug: got.Slug, HostLink: 1, Created: h.clock(), Theme: meet.Meeting, Look: meet.Look{Features: allOn}}
		if in.Theme {
			want.Theme = meet.Webinar
		}
		if in.Look {
			want.Look = meet.Look{Colour: 7, Image: drawing("large").Hash, Tile: drawing("small").Hash, Features: meet.Features{Hands: true}}
		}
		if in.Lobby {
			want.Lobby = meet.LobbyLook{Image: drawing("lobby").Hash, Title: "Welcome", Message: "Sit down."}
		}
		want.Locked = in.Lock
		if !got.Created.Equal(want.Created) {
			t.Errorf("made at %s", got.Created)
		}
		want.Created = got.Created
		if got != want {
			t.Errorf("%+v gave\n%+v, want\n%+v", in, got, want)
		}
		if got.Slug == old.Slug || h.HostToken(got) == h.HostToken(old) {
			t.Error("the copy has a link of the original")
		}
		if people, err := h.People(t.Context(), id); len(people) > 0 || err != nil {
			t.Errorf("somebody is in the copy: %v, %v", people, err)
		}
	}
	calls, err := h.Calls(t.Context(), ada.id, time.Time{}, 10)
	if len(calls) != 1 || err != nil {
		t.Errorf("%d calls, %v", len(calls), err)
	}
}

func TestWhoMayCopy(t *testing.T) {
	t.Parallel()
	h := open(t)
	ada, bob, guest := h.host("ada"), h.host("bob"), h.guest()
	r := ada.room("Original", meet.Meeting)
	in := store.Copy{Room: r.ID, Name: "Copy", Lock: true}
	_, err := do(h, bob.by(""), store.DuplicateRoom, in)
	h.refused(meet.NotHere, err)
	_, err = do(h, guest.by(""), store.DuplicateRoom, in)
	h.refused(meet.SignIn, err)
	first, err := do(h, ada.by("k"), store.DuplicateRoom, in)
	h.must(nil, err)
	again, err := do(h, ada.by("k"), store.DuplicateRoom, in)
	if h.must(nil, err); first != again {
		t.Error("a double click made two copies")
	}
	copied, err := h.Room(t.Context(), ada.who(), first)
	if h.must(nil, err); copied.Locked {
		t.Error("the copy of an open room is locked")
	}
	in.Name = " "
	_, err = do(h, ada.by(""), store.DuplicateRoom, in)
	h.refused(meet.Invalid, err)
}

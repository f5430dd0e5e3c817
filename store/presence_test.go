package store_test

import (
	"testing"
	"time"

	"foyer/meet"
	"foyer/store"
)

// Who lost the stream but not the media is out of the list after five seconds and keeps the rights for as long as the
// media flows; without media they end after half a minute (decision 14).
func TestMediaKeepsRights(t *testing.T) {
	h := open(t)
	ada, bob, cleo := h.host("ada"), h.guest(), h.guest()
	r := ada.room("Office", meet.Meeting)
	b, c := bob.mustEnter(r, "Bob"), cleo.mustEnter(r, "Cleo")
	h.streams(ids(b.Pass, c.Pass), nil)
	h.streams(nil, ids(b.Pass, c.Pass))
	for range 9 { // 54 seconds
		h.later(6 * time.Second)
		h.sweep()
		h.must(do(h, machine, store.ReportPresence, store.Seen{Flowing: ids(b.Pass)}))
	}
	h.sees(r)
	rights, err := h.Rights(t.Context(), r.ID)
	h.must(nil, err)
	if _, has := rights[b.Pass]; !has || len(rights) != 1 {
		t.Errorf("rights after a minute: %v; Bob's media flows, Cleo's does not", rights)
	}
	h.streams(ids(b.Pass), nil)
	h.sees(r, "Bob")
	h.must(do(h, machine, store.ReportPresence, store.Seen{Flowing: ids(c.Pass)})) // too late
	if rights, _ := h.Rights(t.Context(), r.ID); len(rights) != 1 {
		t.Errorf("media that came too late gave rights: %v", rights)
	}
}

// A screen may be published while its person says that it is shared, and not a moment longer; not by the audience either.
func TestScreensAreShared(t *testing.T) {
	h := open(t)
	ada, bob := h.host("ada"), h.guest()
	r := ada.room("Office", meet.Meeting)
	b := bob.mustEnter(r, "Bob")
	screen := func() bool {
		rights, err := h.Rights(t.Context(), r.ID)
		h.must(nil, err)
		return rights[b.Pass].Screen
	}
	says := func(yes bool) {
		h.must(do(h, bob.by(""), store.SetOwnDevices, store.OwnDevices{Slug: r.Slug, Mic: true, Screen: yes}))
	}
	if screen() {
		t.Error("a screen before anything was said of it")
	}
	if says(true); !screen() {
		t.Error("no right to share")
	}
	if says(false); screen() {
		t.Error("the right stays after the screen ended")
	}
	says(true)
	h.must(do(h, bob.by(""), store.LeaveRoom, store.Leaving{Slug: r.Slug}))
	bob.mustEnter(r, "Bob")
	if screen() {
		t.Error("coming back shares the screen of before")
	}
	w := ada.room("Talk", meet.Webinar)
	viewer := bob.mustEnter(w, "Bob")
	h.must(do(h, bob.by(""), store.SetOwnDevices, store.OwnDevices{Slug: w.Slug, Screen: true}))
	if rights, _ := h.Rights(t.Context(), w.ID); rights[viewer.Pass].Screen {
		t.Error("the audience may share")
	}
}

package store_test

import (
	"reflect"
	"testing"

	"foyer/meet"
)

// A ticket shows the same pass and the same room as the door at which it was given out.
func TestPassByIDIsThePassAtTheDoor(t *testing.T) {
	h := open(t)
	ada, guest := h.host("ada"), h.guest()
	r := ada.room("Office", meet.Meeting)
	e := guest.mustEnter(r, "Guest")
	door, err := h.DoorBySlug(t.Context(), guest.who(), r.Slug)
	h.must(nil, err)
	d, err := h.PassByID(t.Context(), e.Pass)
	h.must(nil, err)
	if d.Pass == nil || !reflect.DeepEqual(d.Pass, door.Pass) || !reflect.DeepEqual(d.Room, door.Room) || !reflect.DeepEqual(d.Actor, door.Actor) {
		t.Errorf("%+v %+v\nbut at the door\n%+v %+v", d, d.Pass, door, door.Pass)
	}
}

// Every offer of media asks this once.
func BenchmarkPassByID(b *testing.B) {
	h := open(b)
	ada, guest := h.host("ada"), h.guest()
	e := guest.mustEnter(ada.room("Office", meet.Meeting), "Guest")
	for b.Loop() {
		if _, err := h.PassByID(b.Context(), e.Pass); err != nil {
			b.Fatal(err)
		}
	}
}

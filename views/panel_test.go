package views

import (
	"slices"
	"testing"
	"time"

	"foyer/meet"
)

// The longest up stands first, as the chips on the tiles count them, and a full house is no work: the list is drawn with
// every hand that moves.
func TestHandsInOrder(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	people := []meet.Person{{Pass: "c", Hand: at(9)}, {Pass: "none"}, {Pass: "b", Hand: at(5)}, {Pass: "a", Hand: at(9)}}
	var order []meet.ID
	for i, f := range byHand(people) {
		order = append(order, f.Pass)
		if handOrder(people, f) != i+1 {
			t.Errorf("%s is %d in the list, %d on the tile", f.Pass, i+1, handOrder(people, f))
		}
	}
	if !slices.Equal(order, []meet.ID{"b", "a", "c"}) || people[0].Pass != "c" {
		t.Error(order, people)
	}
	all := make([]meet.Person, 2000)
	for i := range all {
		all[i] = meet.Person{Pass: meet.ID(rune(i + 'a')), Hand: at(2000 - i)}
	}
	began := time.Now()
	if list := byHand(all); len(list) != len(all) || list[0].Pass != all[1999].Pass {
		t.Error(len(list))
	}
	if took := time.Since(began); took > 200*time.Millisecond {
		t.Errorf("two thousand hands took %v", took)
	}
}

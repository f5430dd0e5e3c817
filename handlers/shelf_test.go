package handlers

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// One network fills its share and no more; others find places until all are taken; a place given back is taken at once.
func TestShelf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		var held []func()
		for i := range shelfPlaces {
			leave := s.take(t.Context(), fmt.Sprint("network ", i/shelfShare))
			if leave == nil {
				t.Fatalf("no place for file %d", i)
			}
			held = append(held, leave)
		}
		began := time.Now()
		for _, network := range []string{"network 0", "another"} { // its share is taken, and all are
			if s.take(t.Context(), network) != nil {
				t.Errorf("%s got a place that is not there", network)
			}
		}
		if waited := time.Since(began); waited != 2*shelfWait {
			t.Errorf("gave up after %s", waited)
		}
		go func() {
			time.Sleep(time.Second)
			held[0]()
		}()
		leave := s.take(t.Context(), "another")
		if leave == nil {
			t.Fatal("a place that was given back was not taken")
		}
		leave()
		for _, leave := range held[1:] {
			leave()
		}
		if len(s.shares) > 0 || len(s.places) > 0 {
			t.Errorf("%d networks and %d files are still known", len(s.shares), len(s.places))
		}
	})
}

func TestOneNetworkTakesItsShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShelf()
		for range shelfShare {
			s.take(t.Context(), "greedy")
		}
		if s.take(t.Context(), "greedy") != nil {
			t.Error("more than its share")
		}
		if s.take(t.Context(), "another") == nil {
			t.Error("nothing left for the others")
		}
	})
}

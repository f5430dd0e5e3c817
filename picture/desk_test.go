package picture

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"foyer/meet"
)

// TestDesks: never more at work than desks, nor more memory than they hold; everybody's turn comes.
func TestDesks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesks(4)
		var busy, most atomic.Int64
		for i := range 200 {
			go func() {
				taken, err := d.take(t.Context(), i%7*deskMemory)
				if err != nil || taken != min(4, 1+i%7) {
					t.Errorf("took %d for weight %d: %v", taken, i%7, err)
				}
				now := busy.Add(int64(taken))
				for old := most.Load(); now > old && !most.CompareAndSwap(old, now); old = most.Load() {
				}
				time.Sleep(time.Second)
				busy.Add(-int64(taken))
				d.leave(taken)
			}()
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if busy.Load() != 0 || len(d.taken) != 0 || most.Load() != 4 {
			t.Errorf("%d busy, %d taken, %d at most", busy.Load(), len(d.taken), most.Load())
		}
	})
}

// TestWaitingEnds: whoever is not waited for any more leaves the queue, also with some of the desks in hand.
func TestWaitingEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesks(2)
		held, _ := d.take(t.Context(), 0)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var waiting sync.WaitGroup
		for range 3 { // one with a desk in hand, two behind it
			waiting.Go(func() {
				if _, err := d.take(ctx, 2*deskMemory); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v", err)
				}
			})
		}
		waiting.Wait()
		d.leave(held)
		if len(d.taken) != 0 || len(d.next) != 0 {
			t.Errorf("%d desks are still taken", len(d.taken))
		}
	})
}

// TestFullHouse: Make itself waits for a desk, goes with ctx, and refuses what it need not open without waiting.
func TestFullHouse(t *testing.T) {
	held, err := everyDesk.take(t.Context(), cap(everyDesk.taken)*deskMemory)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	raw := pngOf(t, sunset(64, 36))
	_, err = Make(ctx, "image", raw, Label)
	if !errors.Is(err, context.DeadlineExceeded) || meet.CodeOf(err) == meet.Invalid {
		t.Errorf("in a full house: %v", err)
	}
	if got := refused(t, emptyPNG(50_000, 50_000)); got == "" {
		t.Error("a bomb waited for a desk")
	}
	everyDesk.leave(held)
	mustMake(t, raw, Label)
}

// TestTogether: many at once come out as one alone does.
func TestTogether(t *testing.T) {
	raw := jpegOf(t, sunset(1600, 900))
	want := mustMake(t, raw, Label)[0].Hash
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			made, err := Make(t.Context(), "image", raw, Label)
			if err != nil || made[0].Hash != want {
				t.Errorf("together: %v", err)
			}
		})
	}
	all.Wait()
	if len(everyDesk.taken) != 0 {
		t.Errorf("%d desks stay taken", len(everyDesk.taken))
	}
}

package bench

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"foyer/e2e/browser"
	"foyer/e2e/figure"
	"foyer/e2e/recorder"
)

const (
	waits     = 1_000 // that are recorded
	waitTurns = 32    // at a time, before one room
)

// BenchmarkLeak prints how many bytes of a busy locked room reached those who waited before it, which must be none, and how
// many reached somebody inside who was recorded in the same way, which must be many. One of the people inside is seen and
// heard, so that slots and speakers move, too.
func BenchmarkLeak(b *testing.B) {
	product := serve(b, fresh(b))
	room, err := recorder.Furnish(context.Background(), product.url, browser.Email, browser.Password)
	if err != nil {
		b.Fatal(err)
	}
	singer := join(b, product.url, room.ID, room.Slug, room.HostLink, recorder.Marker+" Singer")
	singer.publish()
	figure.Note("leak: %d waits, %d at a time, %d people inside", waits, waitTurns, 9)
	control, err := room.Control(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	leaked, heard := waitAll(b, room)
	if err := room.Close(); err != nil {
		b.Error(err)
	}
	singer.leave()
	inside := control.Leaked(room.Canaries())
	figure.Print("leak_bytes", float64(leaked), "B", waits)
	figure.Print("leak_recorded_bytes", float64(heard), "B", waits)
	figure.Print("leak_control_bytes", float64(inside.Bytes), "B", 1)
	figure.Note("leak: after it; control by kind %v", inside.ByKind)
	if leaked > 0 || inside.Bytes == 0 {
		b.Error("the door is not tight, or the recorder is deaf")
	}
}

func waitAll(b *testing.B, room *recorder.Busy) (leaked, heard int) {
	var mu sync.Mutex
	var all sync.WaitGroup
	turns := make(chan struct{}, waitTurns)
	for n := range waits {
		turns <- struct{}{}
		all.Go(func() {
			defer func() { <-turns }()
			r, own, err := room.Wait(context.Background(), fmt.Sprintf("Waiter %d", n), recorder.Ending(n)%recorder.Endings)
			if err != nil {
				b.Errorf("wait %d: %v", n, err)
			}
			leak := r.Leaked(room.Canaries(), own)
			if leak.Bytes > 0 {
				b.Errorf("wait %d: %q", n, leak.Where)
			}
			mu.Lock()
			leaked, heard = leaked+leak.Bytes, heard+r.Size()
			mu.Unlock()
		})
	}
	all.Wait()
	return leaked, heard
}

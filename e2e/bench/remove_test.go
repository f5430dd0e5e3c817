package bench

import (
	"context"
	"testing"
	"time"

	"foyer/e2e/figure"
)

const (
	removals = 60
	silence  = 800 * time.Millisecond // after the last byte, before it counts as the last
)

// BenchmarkRemove prints how long somebody who is removed still gets something: from sending the POST to the last byte of
// the page's stream or the last datagram of media. The removed one receives a voice and a camera, a hundred packets a
// second. The baseline is the same for somebody whose browser leaves by itself.
func BenchmarkRemove(b *testing.B) {
	product := serve(b, fresh(b))
	ada := signIn(b, product.url)
	room := ada.open("Rehearsal")
	singer := join(b, product.url, room.id, room.slug, "", "Singer")
	singer.publish()
	victim := join(b, product.url, room.id, room.slug, "", "Heckler")
	var removed, left []float64
	figure.Note("remove: %d times, one publisher", removals)
	for n := range removals {
		if n > 0 {
			victim.enter("Heckler")
		}
		victim.receive()
		removed = append(removed, victim.cut(b, func() { ada.press("/r/"+room.slug+"/remove", "pass", victim.pass) }, "removed"))
		ada.press("/r/"+room.slug+"/allow", "pass", victim.pass)
		victim.hangUp()

		victim.enter("Heckler")
		victim.receive()
		left = append(left, victim.cut(b, func() { _, _ = victim.person.Must(context.Background(), "/r/"+room.slug+"/leave") }, "left"))
		victim.hangUp()
	}
	singer.leave()
	figure.Percentiles("remove_ms", removed, "ms")
	figure.Percentiles("leave_baseline_ms", left, "ms")
	figure.Note("remove: after it")
}

// cut does what ends somebody's stay and tells after how many milliseconds the last byte came.
func (p *peer) cut(b *testing.B, do func(), why string) float64 {
	b.Helper()
	sent := time.Now()
	do()
	select {
	case <-p.over.Done():
	case <-time.After(10 * time.Second):
		b.Fatal("the stream never ends")
	}
	if led := p.done.Load().(string); !hasWhy(led, why) {
		b.Errorf("the page was led to %q", led)
	}
	for deadline := time.Now().Add(20 * time.Second); time.Since(time.Unix(0, p.last.Load())) < silence; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.Fatal("media never ends")
		}
	}
	return figure.Millis(time.Unix(0, p.last.Load()).Sub(sent))
}

package benchmedia

import (
	"testing"
	"time"

	"foyer/e2e/figure"
	"foyer/media/load"
)

const (
	singles   = 100 // viewers who come one by one
	bursts    = 6   // of
	together  = 10  // viewers
	audience  = 10  // who are there all the time
	joins     = 100 // of which the CPU is counted
	steadyFor = 4 * time.Second
)

// BenchmarkFirst prints how soon a newcomer hears and sees: from sending the POST to the first packet of media, and to the
// last one of the first whole key frame. A key frame comes every two seconds by itself.
func BenchmarkFirst(b *testing.B) {
	server := foyer(b, 1, -1)
	c := gather(b, server, load.Options{})
	defer c.field.Close()
	room := server.rooms[0]
	c.publish(room)
	c.watch(room, audience)
	figure.Note("first: %d one by one, %d times %d at once, into a room with one publisher and %d viewers", singles, bursts, together, audience)
	var media, key []float64
	meet := func(n int) {
		guests := c.enter(room, n)
		time.Sleep(30 * time.Millisecond) // what entering cost is over
		viewers, err := c.receive(guests, n, false)
		if err != nil {
			b.Fatal(err)
		}
		for _, v := range viewers {
			select {
			case <-v.Picture():
			case <-time.After(10 * time.Second):
				b.Fatal("no key frame in ten seconds")
			}
			media, key = append(media, figure.Millis(v.Times().Media)), append(key, figure.Millis(v.Times().Key))
		}
		for _, v := range viewers {
			v.Hangup()
		}
	}
	for range singles {
		meet(1)
	}
	for range bursts {
		meet(together)
	}
	figure.Percentiles("first_media_ms", media, "ms")
	figure.Percentiles("first_key_ms", key, "ms")
	figure.Note("first: after it")
}

// BenchmarkJoin prints what a join of media costs the server. People entered before. What the audience costs and what the
// packets cost that newcomers got while others still joined is subtracted.
func BenchmarkJoin(b *testing.B) {
	figure.Note("join: %d joins, 4 at a time, into a room with one publisher and %d viewers", joins, audience)
	var cpu []float64
	for range runs {
		cpu = append(cpu, joinOnce(b))
	}
	figure.Spread("join_cpu_ms", cpu, "ms", runs*joins)
	figure.Note("join: after it")
}

func joinOnce(b *testing.B) float64 {
	b.Helper()
	server := foyer(b, 1, -1)
	defer server.stop()
	c := gather(b, server, load.Options{})
	defer c.field.Close()
	room := server.rooms[0]
	c.publish(room)
	c.watch(room, audience)
	guests := c.enter(room, joins)
	time.Sleep(settling) // they have no page open, and the room has noticed that
	before := c.measure(steadyFor)

	counted := c.field.Still()
	used := server.cpu()
	if _, err := c.receive(guests, 4, false); err != nil {
		b.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond) // the last handshake's end
	got := c.field.Still().Since(counted)
	spent := server.cpu() - used

	after := c.measure(steadyFor)
	perPacket := (after.cores - before.cores) / (after.PerSecond() - before.PerSecond()) // seconds
	extra := max(0, float64(got.Delivered)-before.PerSecond()*got.Seconds)
	steady := before.cores*got.Seconds + max(0, perPacket)*extra
	return 1e3 * (spent.Seconds() - steady) / joins
}

package benchmedia

import (
	"fmt"
	"testing"
	"time"

	"foyer/e2e/figure"
	"foyer/media/load"
)

const (
	settling  = 7 * time.Second // after the last join; whoever has no page open is out after five
	measuring = 12 * time.Second
	few, many = 50, 200 // viewers of scenarios A and C
	choir     = 8       // people of scenario B, all to all
)

// BenchmarkLoad prints what a delivered packet costs in rooms with one publisher, beside the baseline, and what a viewer
// weighs.
func BenchmarkLoad(b *testing.B) {
	var ours, theirs [2]costs
	var kib, goroutines []float64
	figure.Note("load: A 1 x %d, C 1 x %d, full viewers, %s each after %s, ours and the baseline in turns", few, many, measuring, settling)
	least := leastGoroutines(b)
	for range runs {
		product := foyer(b, 1, -1)
		people, slope := inOneRoom(b, product, settling, &ours)
		kib = append(kib, slope)
		goroutines = append(goroutines, (product.goroutines()-least)/(many-few)) // while they are there
		people.field.Close()
		bare := baseline(b)
		people, _ = inOneRoom(b, bare, settling/2, &theirs)
		people.field.Close()
		bare.stop()
	}
	for i, name := range []string{"load_A", "load_C"} {
		ours[i].print(name)
		figure.Note("load: above %s: ours %s; the baseline %s", name, ours[i].conditions(), theirs[i].conditions())
		theirs[i].print(name + "_baseline")
		figure.Spread(name+"_ratio", figure.Over(theirs[i].us, ours[i].us), "times-below", ours[i].packets)
	}
	figure.Spread("viewer_kib", kib, "KiB", many-few)
	figure.Spread("viewer_goroutines", goroutines, "1", many-few)
	figure.Note("load: after it")
}

// costs are those of several runs.
type costs struct {
	us, loss []float64
	stood    []float64
	pace     []float64
	packets  int
}

func (c *costs) add(b *testing.B, m cost) {
	b.Helper()
	if m.ended > 0 {
		b.Errorf("%d connections were ended by the server", m.ended)
	}
	c.stood, c.pace = append(c.stood, m.stood), append(c.pace, m.pace)
	c.us, c.loss, c.packets = append(c.us, m.us), append(c.loss, 100*m.Loss()), c.packets+int(m.Delivered)
}

// conditions tell how much the machine disturbed: publishers below 1.00 were kept from sending by it.
func (c *costs) conditions() string {
	return fmt.Sprintf("waited %.2f cores' worth for a core, publishers at %.2f of their pace", figure.Percentile(c.stood, 50), figure.Percentile(c.pace, 50))
}

func (c *costs) print(name string) {
	figure.Spread(name+"_us", c.us, "us", c.packets)
	figure.Spread(name+"_loss", c.loss, "%", c.packets)
}

// inOneRoom measures scenarios A and C one after the other and gives the KiB that each viewer in between took. The people
// are still there.
func inOneRoom(b *testing.B, server *process, settle time.Duration, into *[2]costs) (c *crowd, slope float64) {
	b.Helper()
	c = gather(b, server, load.Options{})
	room := server.rooms[0]
	c.publish(room)
	var rss [2]float64
	for i, more := range []int{few, many - few} {
		c.watch(room, more)
		time.Sleep(settle)
		into[i].add(b, c.measure(measuring))
		rss[i] = server.rss()
	}
	return c, (rss[1] - rss[0]) / (many - few)
}

// leastGoroutines is how many there are with few viewers.
func leastGoroutines(b *testing.B) float64 {
	b.Helper()
	server := foyer(b, 1, -1)
	c := gather(b, server, load.Options{})
	defer c.field.Close()
	c.publish(server.rooms[0])
	c.watch(server.rooms[0], few)
	time.Sleep(settling)
	return server.goroutines()
}

// BenchmarkChoir prints the cost where everybody sends and receives.
func BenchmarkChoir(b *testing.B) {
	figure.Note("load: B %d x %d, all to all, %s each", choir, choir, measuring)
	var all costs
	for range runs {
		server := foyer(b, 1, -1)
		c := gather(b, server, load.Options{})
		var guests []*load.Guest
		for range choir {
			guests = append(guests, c.publish(server.rooms[0]))
		}
		if _, err := c.receive(guests, choir, false); err != nil {
			b.Fatal(err)
		}
		time.Sleep(settling)
		all.add(b, c.measure(measuring))
		c.field.Close()
		server.stop()
	}
	all.print("load_B")
	figure.Note("load: after B: %s", all.conditions())
}

package benchmedia

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"foyer/e2e/figure"
	"foyer/media/load"
)

const (
	serverCore, loadCore = 0, 1
	perRoom              = 100 // viewers of one publisher
	mostRooms            = 30
	step                 = 25    // viewers, the finest
	bearable             = 0.005 // loss
	ours                 = 0.75  // of the core at least, when a loss counts as the server's
	holding              = 10 * time.Second
	mostHolds            = 5
)

// BenchmarkCore prints how many packets a second one core delivers. The server has one core for itself, the load the other
// one; viewers are light. They become more until half a percent is lost, and the largest rate before that counts.
func BenchmarkCore(b *testing.B) {
	defer alone(b)()
	figure.Note("core: server on core %d, load on core %d, rooms of 1 x %d light viewers, %s each", serverCore, loadCore, perRoom, holding)
	var rates, losses, ticks []float64
	viewers := 5 * perRoom
	for range runs {
		best, n := coreOnce(b, viewers)
		if best.Delivered == 0 {
			b.Errorf("nothing was delivered at a loss below %.1f %%", 100*bearable)
			return
		}
		rates, losses, ticks = append(rates, best.PerSecond()), append(losses, 100*best.Loss()), append(ticks, best.us)
		viewers = max(step, n*9/10)
	}
	figure.Spread("core_pps", rates, "1/s", runs)
	figure.Spread("core_loss", losses, "%", runs)
	figure.Spread("core_us", ticks, "us", runs)
	figure.Note("core: after it")
}

// coreOnce looks for the largest rate, beginning with some viewers.
func coreOnce(b *testing.B, viewers int) (best cost, at int) {
	b.Helper()
	server := foyer(b, mostRooms, serverCore)
	defer server.stop()
	h := &hall{crowd: gather(b, server, load.Options{Sweep: time.Millisecond})}
	defer h.field.Close()
	failed := mostRooms*perRoom + step
	for again := true; h.holds < mostHolds; {
		m := h.hold(viewers)
		switch {
		case m.Loss() < bearable && m.ended == 0:
			best, at = m, viewers
		case m.cores < ours && again: // somebody else used the core, or the load could not keep up
			again = false
			continue
		default:
			failed = viewers
		}
		next := further(at, failed, best.cores)
		if next == at {
			break
		}
		viewers = next
	}
	return best, at
}

// hold measures with so many viewers. A cost of nothing means that they could not all come in.
func (h *hall) hold(viewers int) (m cost) {
	h.holds++
	if err := h.fill(viewers); err != nil {
		figure.Note("core: %d viewers: %v", viewers, err)
		return cost{cores: 1}
	}
	time.Sleep(time.Second)
	m = h.measure(holding)
	figure.Note("core: %d viewers: %.0f/s, loss %.3f %% (%d never came, %d of them had a number, %d connections ended), %.2f cores and %.2f waiting for one, %.2f us",
		viewers, m.PerSecond(), 100*m.Loss(), max(m.Short, m.Missing), m.Missing, m.ended, m.cores, m.stood, m.us)
	return m
}

// further is how many viewers to try next: as many as the CPU that is left lets hope for, and half way back after a
// failure. The same number again means that it is known well enough.
func further(good, failed int, cores float64) int {
	next := (good + failed) / 2
	if hoped := int(float64(good) * min(2, 0.98/max(cores, 0.01))); good > 0 && hoped < failed {
		next = max(hoped, good+step)
	}
	next = next / step * step
	if next >= failed || next <= good || failed-good <= max(step, good/25) {
		return good
	}
	return next
}

// hall is rooms that fill up one after the other.
type hall struct {
	*crowd
	open    int // rooms with a publisher
	holds   int // so far
	viewers []*load.Viewer
}

// fill brings viewers in, or sends some home.
func (h *hall) fill(n int) error {
	for len(h.viewers) > n {
		h.viewers[len(h.viewers)-1].Hangup()
		h.viewers = h.viewers[:len(h.viewers)-1]
	}
	for len(h.viewers) < n {
		room := len(h.viewers) / perRoom
		if room == h.open {
			h.publish(h.server.rooms[room])
			h.open++
		}
		more := min(n-len(h.viewers), (room+1)*perRoom-len(h.viewers), step)
		viewers, err := h.receive(h.enter(h.server.rooms[room], more), doors, true)
		h.viewers = append(h.viewers, viewers...)
		if err != nil {
			return err
		}
	}
	return nil
}

// alone keeps this process to one core, and tells how to undo that.
func alone(b *testing.B) (undo func()) {
	b.Helper()
	self := strconv.Itoa(os.Getpid())
	out, err := exec.Command("taskset", "-p", self).CombinedOutput()
	if err != nil {
		b.Fatalf("taskset: %v %s", err, out)
	}
	mask := strings.TrimSpace(string(out[strings.LastIndexByte(string(out), ':')+1:]))
	pin := func(arguments ...string) {
		if out, err := exec.Command("taskset", arguments...).CombinedOutput(); err != nil {
			b.Fatalf("taskset: %v %s", err, out)
		}
	}
	pin("-a", "-c", "-p", strconv.Itoa(loadCore), self)
	return func() { pin("-a", "-p", mask, self) }
}

func TestFurther(t *testing.T) {
	for _, c := range []struct {
		good, failed int
		cores        float64
		want         int
	}{
		{300, 3025, 0.5, 575}, {300, 3025, 0.1, 600}, {0, 300, 0, 150}, {600, 3025, 0.99, 625},
		{600, 700, 0.9, 650}, {600, 625, 0.9, 600}, {1000, 1040, 0.9, 1000}, {25, 50, 0.9, 25},
	} {
		if got := further(c.good, c.failed, c.cores); got != c.want {
			t.Errorf("further(%d, %d, %v) = %d, want %d", c.good, c.failed, c.cores, got, c.want)
		}
	}
}

//go:build linux

// Package fanout prints what one packet costs on its way out: thread CPU per packet and viewer, for the real node of this
// program and for pion's PeerConnections under the same load, in turns within one run.
//
// Every side has fifty viewers who came by real ICE and DTLS. Then the viewers' network is turned into a device that
// drops, so that nobody's receiving is counted, in a network namespace of this process's own: loopback would charge the
// sender with waking the receivers, and would cut up again what segmentation put together.
//
// A frame is handed to a side on one locked thread, whose CPU (user and system) is what is counted; the bytes that came
// to the device are checked, so that no side is cheap because it does nothing.
package fanout

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"foyer/e2e/figure"
	"foyer/media/socket"
)

// All runs together take 25 s of the camera's time: after 30 s a node would forget viewers who are not heard any more.
const (
	viewers = 50
	runs    = 7
	frames  = 100 // of one run
	warming = 30  // before the first run
)

// apartEnv marks the process that has a network of its own.
const apartEnv = "FOYER_FANOUT_APART"

// BenchmarkFanout runs itself in a network namespace and passes on what that prints.
func BenchmarkFanout(b *testing.B) {
	if os.Getenv(apartEnv) != "" {
		measureAll(b)
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^$", "-test.bench=^BenchmarkFanout$", "-test.benchtime=1x", "-test.timeout=10m")
	cmd.Env = append(os.Environ(), apartEnv+"=1")
	cmd.SysProcAttr = ownNetwork()
	out, err := cmd.CombinedOutput()
	fmt.Println() // the benchmark's name stands on this line already
	said, rest := false, ""
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		line := lines.Text()
		if strings.HasPrefix(line, "figure ") || strings.HasPrefix(line, "note ") {
			fmt.Println(line)
		} else {
			rest += line + "\n"
		}
		said = said || strings.HasPrefix(line, "figure fanout_cpu ")
	}
	if !said {
		figure.Missing(fmt.Sprintf("not measured in a network namespace of its own: %v", err), figures...)
	}
	if err != nil {
		b.Fatalf("%v\n%s", err, rest)
	}
}

// figures are those that must be there, with a number or with a reason.
var figures = []string{"fanout_cpu", "fanout_ratio", "fanout_ratio_default", "fanout_floor"}

// side is one way of sending, set up with all viewers.
type side struct {
	name string
	step func(*frame) // sends a frame to everybody; done when it returns
	cost []float64    // µs of its thread per packet and viewer, one for each run
	all  []float64    // the same of the whole process
}

func measureAll(b *testing.B) {
	w := newWorld(b)
	floor, plain, standard := newFloor(b, w), newPlain(b, w, "plain", false), newPlain(b, w, "default", true)
	our := newOurs(b, w, "ours", socket.Best)
	messages, single := newOurs(b, w, "ours by sendmmsg", socket.Messages), newOurs(b, w, "ours by sendto", socket.Single)
	sides := []*side{floor, plain, standard, our, messages, single}
	w.cut(b)
	fmt.Printf("\nnote load average %s; fanout: %d viewers, %d runs of %d frames in turns, GOMAXPROCS %d, device %s\n",
		figure.LoadAverage(), viewers, runs, frames, runtime.GOMAXPROCS(0), w.kind)
	for _, s := range sides {
		s.run(b, w, warming)
	}
	for range runs {
		for _, s := range sides {
			own, all := s.run(b, w, frames)
			s.cost, s.all = append(s.cost, own), append(s.all, all)
		}
	}
	for _, s := range sides { // a side that handed work to other threads would look cheap
		fmt.Printf("note fanout: %s: with all threads of the process, runtime and idle connections included, %.3g µs\n", s.name, figure.Median(s.all))
	}
	n := runs * packets(frames) * viewers
	figure.Spread("fanout_floor", floor.cost, "µs", n)
	figure.Spread("fanout_plain_cpu", plain.cost, "µs", n)
	figure.Spread("fanout_default_cpu", standard.cost, "µs", n)
	figure.Spread("fanout_cpu", our.cost, "µs", n)
	figure.Spread("fanout_sendmmsg_cpu", messages.cost, "µs", n)
	figure.Spread("fanout_sendto_cpu", single.cost, "µs", n)
	figure.Spread("fanout_ratio", figure.Over(plain.cost, our.cost), "times", n)
	figure.Spread("fanout_ratio_default", figure.Over(standard.cost, our.cost), "times", n)
}

// run sends frames and gives the CPU of the thread and of the process for each packet and viewer, in µs.
func (s *side) run(b *testing.B, w *world, frames int) (own, all float64) {
	b.Helper()
	runtime.GC() // what one side left behind is not the next one's to clear up
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	bytes := w.dropped(b)
	process, thread := cpu(b, syscall.RUSAGE_SELF), cpu(b, rusageThread)
	for i := range frames {
		s.step(w.frame(i))
	}
	thread, process = cpu(b, rusageThread)-thread, cpu(b, syscall.RUSAGE_SELF)-process
	n := packets(frames) * viewers
	if got, want := w.dropped(b)-bytes, int64(n*(rtpHeader+payload+tag)); got < want {
		b.Fatalf("%s: %d bytes came to the device, want %d at least", s.name, got, want)
	}
	return float64(thread) / 1e3 / float64(n), float64(process) / 1e3 / float64(n)
}

const rusageThread = 1 // RUSAGE_THREAD of getrusage(2), which package syscall does not name

// cpu is user and system time in ns.
func cpu(b *testing.B, who int) int64 {
	b.Helper()
	var r syscall.Rusage
	if err := syscall.Getrusage(who, &r); err != nil {
		b.Fatal(err)
	}
	return r.Utime.Nano() + r.Stime.Nano()
}

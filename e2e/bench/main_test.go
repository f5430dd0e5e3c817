// Package bench prints the figures of the running program: lines `figure NAME VALUE UNIT n=N`, as `make bench` shows
// them. Nothing here runs with `go test ./...` except the arithmetic; the figures are Go benchmarks, each run once, so
// that they can use what tests use: real browsers, Echo as a baseline, the built program in a process of its own.
//
// Two rules keep a figure from flattering. The load runs in this process and the server in another, so that only the
// server's CPU is counted, user and system. And every figure that is a ratio is measured beside its baseline, in turns
// within one run, with the load average of the machine in the notes, because the machine may not be quiet.
//
// Memory is the resident set as the kernel counts it, without asking the program to collect garbage first.
package bench

import (
	"os"
	"testing"

	"foyer/e2e/browser"
)

// TestMain is also the door to the baselines: this program called with the name of one is that server.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		if serve := baselines[os.Args[1]]; serve != nil {
			serve()
		}
	}
	os.Exit(browser.Main(m))
}

// baselines are what figures are compared with. Each ends its process by itself.
var baselines = map[string]func(){"hello": hello, "rows": rows}

// runs is how often each figure is measured; it is the median that counts.
const runs = 3

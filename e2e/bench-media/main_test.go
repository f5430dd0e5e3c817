// Package benchmedia prints the figures of sound and pictures, as `make bench` shows them: what a delivered packet, a
// viewer and a join cost the server, and how soon a newcomer hears and sees. The figures are Go benchmarks, each run once.
//
// The server is the built program in a process of its own; the load is this process. Everybody enters as browsers do and
// speaks docs/protocol.md (package load). The page's stream is not held open, it has figures of its own; the people stay
// because their media flows. The baseline is a plain Pion server under the same load, in turns with ours within one run:
// this program again, called with "plain".
//
// Beside every cost stands the loss at which it was bought: packets that were missing after repair or never came.
package benchmedia

import (
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "plain" {
		plain(os.Args[2])
	}
	os.Exit(m.Run())
}

// runs is how often each figure is measured; it is the median that counts.
const runs = 3

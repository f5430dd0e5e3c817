// Command chaos breaks a running Foyer on purpose and then asks it for everything it had promised. It starts the built
// program (FOYER_BINARY, else one built here), and people with browsers of their own (person.go) make rooms, rename them and
// come in as guests, all at once and all the time (load.go). What was answered with the redirect of a success is written
// down as acknowledged; what was in flight when the program died is unknown and is sent again, with the same hidden `once`,
// when the program is back (ledger.go). After every start the promises are checked over HTTP (check.go), at the end all.
//
//	kill    kill -9 at random moments, also while it starts, always on the same data folder
//	disk    kill -9, the data folder is gone, foyer restore from the off-site copy and a copy of data/secret
//	stock   stock Litestream, built from its own module, restores what a killed Foyer left behind, without any Foyer
//
// make chaos runs all of it; a short run is part of go test. go run ./e2e/chaos -only disk -disks 5 -seed 7 is one drill
// by hand. It needs Linux: every person has a loopback address of their own, so that limits by network see a crowd.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"strings"
	"time"
)

// plan says how hard and how often.
type plan struct {
	Kills, Disks, Stocks int
	Clients, Accounts    int
	Load                 time.Duration // longest time under load before a kill
	Seed                 uint64
	Only                 string
	Keep                 bool
}

func flags() (p plan) {
	flag.IntVar(&p.Kills, "kills", 200, "kills of the kill drill")
	flag.IntVar(&p.Disks, "disks", 50, "lost data folders of the disk drill")
	flag.IntVar(&p.Stocks, "stocks", 3, "kills after which stock Litestream restores")
	flag.IntVar(&p.Clients, "clients", 16, "people at work at once")
	flag.IntVar(&p.Accounts, "accounts", 4, "accounts that they share")
	flag.DurationVar(&p.Load, "load", 600*time.Millisecond, "longest time under load before a kill; it is random below that")
	flag.Uint64Var(&p.Seed, "seed", rand.Uint64(), "seed of the moments and choices")
	flag.StringVar(&p.Only, "only", "", "one drill: kill, disk or stock")
	flag.BoolVar(&p.Keep, "keep", false, "keep the folder of the drill")
	flag.Parse()
	return p
}

var drills = []struct {
	name string
	run  func(context.Context, plan) error
}{{"kill", killDrill}, {"disk", diskDrill}, {"stock", stockDrill}}

func main() {
	p := flags()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	fmt.Println("chaos: seed", p.Seed, "load average", loadAverage())
	failed, ran := false, false
	for _, d := range drills {
		if p.Only != "" && p.Only != d.name {
			continue
		}
		ran = true
		if err := d.run(ctx, p); err != nil {
			fmt.Fprintf(os.Stderr, "chaos %s: %v\n", d.name, err)
			failed = true
		}
		if ctx.Err() != nil {
			break
		}
	}
	if !ran {
		fmt.Fprintln(os.Stderr, "chaos: no drill is called", p.Only)
	}
	if failed || !ran {
		os.Exit(1)
	}
}

// loadAverage is the machine's over one minute, for whoever reads the times.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}

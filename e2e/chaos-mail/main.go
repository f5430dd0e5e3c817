// Command chaos-mail asks for the one promise of mail: nothing lost, doubled or out of order, whatever dies. It starts the
// built program (FOYER_BINARY) with a mail server of its own in this process (sink.go), which answers every third letter
// badly: for now, not at all, or with a hang-up before or behind its 250. People register through the program's socket, the
// host moves the event in the middle, and the program is killed with kill -9 at moments spread over all of it, always on the
// same data folder. What was acknowledged is sent again with the same key when its answer never came.
//
// In the end the mail server is well, the program runs until nothing is owed, and rows are compared with what arrived
// (verdict.go). figures.md says what each figure means; any but mail_duplicates above zero is a failure, and so are more
// duplicates than kills times connections.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"sync/atomic"
	"time"

	"foyer/e2e/figure"
)

// plan says how much and how hard.
type plan struct {
	People, Kills, Connections, Faults int
	Seed                               uint64
}

func main() {
	var p plan
	flag.IntVar(&p.People, "people", 2000, "registrations")
	flag.IntVar(&p.Kills, "kills", 6, "kill -9")
	flag.IntVar(&p.Connections, "connections", 4, "connections to the mail server")
	flag.IntVar(&p.Faults, "faults", 30, "letters in a hundred that the mail server answers badly")
	flag.Uint64Var(&p.Seed, "seed", rand.Uint64(), "seed of moments and faults")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, p); err != nil {
		fmt.Fprintln(os.Stderr, "chaos-mail:", err)
		os.Exit(1)
	}
}

// drill is one data folder, its mail server and the people around it.
type drill struct {
	plan
	sink *sink
	node *node
	host *person
	dice *rand.Rand

	count atomic.Int64
	event event
	acked []string  // addresses whose registration was answered
	moved time.Time // when the change was acknowledged
}

func run(ctx context.Context, p plan) (err error) {
	fmt.Println("chaos-mail: seed", p.Seed, "load average", figure.LoadAverage())
	d := &drill{plan: p, dice: rand.New(rand.NewPCG(p.Seed, 1))}
	if d.sink, err = newSink(p.Seed, p.Faults); err != nil {
		return err
	}
	defer d.sink.close()
	if d.node, err = newNode(d.sink.address, p.Connections); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.node.close()) }()
	if err := d.node.start(ctx); err != nil {
		return err
	}
	if err := d.prepare(ctx); err != nil {
		return err
	}
	if err := d.storm(ctx); err != nil {
		return err
	}
	if err := d.settle(ctx); err != nil {
		return err
	}
	return d.verdict(ctx)
}

// storm is the drill itself. Half of the kills come while people register, then the event moves, and the other half comes
// while letters go out.
func (d *drill) storm(ctx context.Context) error {
	done, failed := make(chan struct{}), make(chan error, 1)
	go func() {
		defer close(done)
		if err := d.crowd(ctx); err != nil {
			failed <- err
		}
	}()
	half := d.Kills / 2
	for kill := range d.Kills {
		var err error
		if kill < half { // while people register
			err = d.reach(ctx, (kill+1)*d.People/(half+1), done)
		} else { // while letters go out
			err = d.arrive(ctx, (kill-half+1)*d.People/(d.Kills-half))
		}
		if err != nil {
			return err
		}
		pause(ctx, time.Duration(d.dice.IntN(300))*time.Millisecond)
		if err := errors.Join(d.node.kill(), d.node.start(ctx)); err != nil {
			return err
		}
		if kill == half-1 {
			pause(ctx, 1500*time.Millisecond) // letters that died in somebody's hand are tried again by now
			if err := d.move(ctx); err != nil {
				return err
			}
		}
	}
	<-done
	select {
	case err := <-failed:
		return err
	default:
		return ctx.Err()
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

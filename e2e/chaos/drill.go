package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// drill is one data folder, the people on it, and what became of their promises.
type drill struct {
	*findings
	plan     plan
	node     *node
	line     *http.Transport // of those who check
	accounts []account
	clients  []*client
	dice     *rand.Rand
	promised atomic.Int64 // acknowledged forms of all clients
	starts   int
	restarts []time.Duration // kill → ready
	unknown  int             // forms whose answer never came
	kept     int             // of those: done all the same
	early    int             // kills while it started
}

// newDrill starts a program on an empty folder and signs everybody in.
func newDrill(ctx context.Context, p plan) (d *drill, err error) {
	d = &drill{findings: newFindings(), plan: p, line: connection(0), dice: rand.New(rand.NewPCG(p.Seed, 0))}
	if d.node, err = newNode(); err != nil {
		return nil, err
	}
	if err := d.open(ctx); err != nil {
		return nil, errors.Join(err, d.node.close(p.Keep))
	}
	return d, nil
}

func (d *drill) open(ctx context.Context) error {
	if err := d.node.start(ctx); err != nil {
		return err
	}
	if err := d.node.copySecret(); err != nil {
		return err
	}
	for i := range d.plan.Accounts {
		a := account{fmt.Sprintf("owner%d@example.org", i), fmt.Sprintf("Owner %d", i), fmt.Sprintf("the lantern number %d", i)}
		if _, err := d.node.command(ctx, a.password+"\n", "account", "add", a.email, "--name", a.name); err != nil {
			return err
		}
		d.accounts = append(d.accounts, a)
	}
	for i := range d.plan.Clients {
		c := &client{number: i, acked: &d.promised, account: d.accounts[i%len(d.accounts)], line: connection(i + 1), dice: rand.New(rand.NewPCG(d.plan.Seed, uint64(i+1)))}
		c.owner = visitor(c.line, d.node.url)
		if err := c.owner.signIn(ctx, c.account.email, c.account.password); err != nil {
			return err
		}
		d.clients = append(d.clients, c)
	}
	return nil
}

// close ends the program.
func (d *drill) close() error { return d.node.close(d.plan.Keep) }

// round lets everybody work for a random while, kills, hurts what lies on the disk, starts again and checks.
func (d *drill) round(ctx context.Context, hurt func(context.Context) error) error {
	killed, err := d.strike(ctx)
	if err != nil {
		return err
	}
	if err := hurt(ctx); err != nil {
		return err
	}
	if d.dice.IntN(8) == 0 {
		if killed, err = d.strikeEarly(ctx); err != nil {
			return err
		}
	}
	if err := d.node.start(ctx); err != nil {
		return err
	}
	d.restarts = append(d.restarts, time.Since(killed))
	d.starts++
	return errors.Join(d.count(ctx), d.check(ctx, false))
}

// rounds are many of them. Now and then a line tells whoever waits how far it is.
func (d *drill) rounds(ctx context.Context, name string, n int, hurt func(context.Context) error) error {
	for i := range n {
		if err := d.round(ctx, hurt); err != nil {
			return fmt.Errorf("%s %d: %w", name, i+1, err)
		}
		if (i+1)%50 == 0 && i+1 < n {
			fmt.Fprintf(os.Stderr, "chaos %s: %d of %d, %d acknowledged, %d lost\n", name, i+1, n, d.acked(), len(d.lost))
		}
	}
	return d.finish(ctx)
}

// strike is a while under load and then kill -9. The moment of the kill is returned.
func (d *drill) strike(ctx context.Context) (killed time.Time, err error) {
	errs := make([]error, len(d.clients))
	var stop atomic.Bool
	var wg sync.WaitGroup
	for i, c := range d.clients {
		wg.Go(func() { errs[i] = c.work(ctx, &stop) })
	}
	pause(ctx, d.some(d.plan.Load))
	d.somethingPromised(ctx)
	killed = time.Now()
	err = d.node.kill()
	stop.Store(true)
	wg.Wait()
	d.hangUp()
	return killed, errors.Join(append(errs, err)...)
}

// somethingPromised waits for the very first acknowledgement: on a slow machine a short drill would end without any.
func (d *drill) somethingPromised(ctx context.Context) {
	for deadline := time.Now().Add(patience); d.acked() == 0 && ctx.Err() == nil && time.Now().Before(deadline); {
		pause(ctx, 5*time.Millisecond)
	}
}

// strikeEarly kills a program that is just starting.
func (d *drill) strikeEarly(ctx context.Context) (killed time.Time, err error) {
	if err := d.node.launch(); err != nil {
		return killed, err
	}
	pause(ctx, d.some(100*time.Millisecond))
	d.early++
	killed = time.Now()
	return killed, d.node.kill()
}

// some is a random time below most.
func (d *drill) some(most time.Duration) time.Duration {
	return time.Duration(d.dice.Int64N(int64(most)))
}

// hangUp forgets connections to a program that is no more.
func (d *drill) hangUp() {
	d.line.CloseIdleConnections()
	for _, c := range d.clients {
		c.line.CloseIdleConnections()
	}
}

// count looks at the forms whose outcome is unknown before they are sent again.
func (d *drill) count(ctx context.Context) error {
	var errs []error
	for _, c := range d.clients {
		if c.pending == nil {
			continue
		}
		d.unknown++
		done, err := c.happened(ctx, c.pending)
		if done {
			d.kept++
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// finish sends the last unknown forms again and checks every promise.
func (d *drill) finish(ctx context.Context) error {
	var errs []error
	for _, c := range d.clients {
		errs = append(errs, c.settle(ctx))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return d.check(ctx, true)
}

func (d *drill) acked() int { return int(d.promised.Load()) }

// verdict prints what was found; a broken promise is an error.
func (d *drill) verdict(name string, n int) error {
	fmt.Printf("chaos %s: %d acknowledged; %d answers never came, of those %d were done; %d more kills while starting; load average %s\n",
		name, d.acked(), d.unknown, d.kept, d.early, loadAverage())
	fmt.Printf("figure writes_lost_%s %d rows n=%d\n", name, len(d.lost), n)
	if len(d.lost)+len(d.doubled) > 0 {
		return fmt.Errorf("%d promises lost, %d kept twice:%s", len(d.lost), len(d.doubled), d.findings.some())
	}
	if d.acked() == 0 {
		return errors.New("nothing was acknowledged, so nothing was shown")
	}
	return nil
}

// times prints the three percentiles of kill → ready.
func (d *drill) times(name string) {
	sorted := slices.Sorted(slices.Values(d.restarts))
	for _, p := range []struct {
		name string
		at   int // percent
	}{{"p50", 50}, {"p95", 95}, {"max", 100}} {
		if n := len(sorted); n > 0 {
			fmt.Printf("figure %s_%s %d ms n=%d\n", name, p.name, sorted[max(0, (n*p.at+99)/100-1)].Milliseconds(), n)
		}
	}
}

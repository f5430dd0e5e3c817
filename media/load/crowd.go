package load

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"
)

// Plan is who goes where and for how long.
type Plan struct {
	Options
	Rooms      []string // addresses, http://host/r/slug
	Publishers int      // per room
	Viewers    int      // per room, besides publishers
	All        bool     // publishers receive, too
	Light      bool     // viewers count packets and do not decrypt them
	For        time.Duration
	Settle     time.Duration // between the last join and the measured time
	AtOnce     int           // joins at the same time, 1 at least
	PID        int           // of the server when it runs on this machine; 0 = its CPU is not asked for
}

// Milliseconds is the distribution of something that happened n times.
type Milliseconds struct {
	N   int     `json:"n"`
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	Max float64 `json:"max"`
}

// Report is how a plan went.
type Report struct {
	Rooms      int     `json:"rooms"`
	Publishers int     `json:"publishers"`
	Viewers    int     `json:"viewers"`
	Light      bool    `json:"light"`
	Cipher     string  `json:"cipher"` // of one of the viewers
	Seconds    float64 `json:"seconds"`

	Joined int    `json:"joined"`
	Failed int    `json:"failed"`
	Ended  int    `json:"ended"`           // connections that the server ended
	Error  string `json:"error,omitempty"` // of the first join that failed

	Connected  Milliseconds `json:"connected_ms"`
	FirstMedia Milliseconds `json:"first_media_ms"`
	FirstKey   Milliseconds `json:"first_key_ms"`

	Sent      uint64  `json:"sent"`
	Delivered uint64  `json:"delivered"`
	PerSecond float64 `json:"delivered_per_s"`
	Loss      float64 `json:"loss"`  // share, after repair
	Short     uint64  `json:"short"` // packets of what was wanted
	Asked     uint64  `json:"asked"` // for again
	Repaired  uint64  `json:"repaired"`
	Keys      uint64  `json:"key_frames"`

	LatencyP50 float64 `json:"latency_ms_p50"`
	LatencyP95 float64 `json:"latency_ms_p95"`
	LatencyP99 float64 `json:"latency_ms_p99"`

	ServerUser   float64 `json:"server_user_us,omitempty"`   // µs per delivered packet
	ServerSystem float64 `json:"server_system_us,omitempty"` // likewise
	ServerCores  float64 `json:"server_cores,omitempty"`
	LoadCores    float64 `json:"load_cores,omitempty"` // what this process used itself
}

// Run puts everybody in, waits, measures and tells. An error means that there is nothing to tell: nobody could publish, or
// ctx ended. Joins that fail are in the report.
func Run(ctx context.Context, p Plan) (Report, error) {
	f, err := Open(p.Options)
	if err != nil {
		return Report{}, err
	}
	defer f.Close()
	c := &crowd{Plan: p, field: f}
	if err := c.publish(ctx); err != nil {
		return Report{}, err
	}
	if err := c.view(ctx); err != nil {
		return Report{}, err
	}
	if err := rest(ctx, p.Settle); err != nil {
		return Report{}, err
	}
	return c.measure(ctx)
}

// crowd is a plan at work.
type crowd struct {
	Plan
	field *Field

	mu     sync.Mutex
	both   []*Guest // publishers who will receive, too
	joined int
	failed int
	first  error
}

func rest(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// publish brings in those who are seen; one who cannot come ends the run.
func (c *crowd) publish(ctx context.Context) error {
	for _, room := range c.Rooms {
		for n := range c.Publishers {
			g, err := c.field.Enter(ctx, room, fmt.Sprintf("Publisher %d", n+1))
			if err != nil {
				return err
			}
			if _, err := g.Publish(ctx); err != nil {
				return err
			}
			c.joined++
			if c.All {
				c.both = append(c.both, g)
			}
		}
	}
	return nil
}

// view brings in those who watch, several at once.
func (c *crowd) view(ctx context.Context) error {
	var all sync.WaitGroup
	turns := make(chan struct{}, max(c.AtOnce, 1))
	join := func(enter func() (*Guest, error)) {
		turns <- struct{}{}
		all.Go(func() {
			defer func() { <-turns }()
			g, err := enter()
			if err == nil {
				_, err = g.Receive(ctx, c.Light)
			}
			c.note(err)
		})
	}
	for _, g := range c.both {
		join(func() (*Guest, error) { return g, nil })
	}
	for _, room := range c.Rooms {
		for n := range c.Viewers {
			join(func() (*Guest, error) { return c.field.Enter(ctx, room, fmt.Sprintf("Viewer %d", n+1)) })
		}
	}
	all.Wait()
	return ctx.Err()
}

func (c *crowd) note(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		c.joined++
		return
	}
	if c.failed++; c.first == nil {
		c.first = err
	}
}

// measure looks at everybody for as long as the plan says.
func (c *crowd) measure(ctx context.Context) (Report, error) {
	before := c.field.Still()
	c.field.latency.clear()
	server, own, err := c.cpu()
	if err != nil {
		return Report{}, err
	}
	if err := rest(ctx, c.For); err != nil {
		return Report{}, err
	}
	after := c.field.Still()
	serverAfter, ownAfter, err := c.cpu()
	if err != nil {
		return Report{}, err
	}
	s := after.Since(before)
	r := Report{Rooms: len(c.Rooms), Publishers: after.Publishers, Viewers: after.Viewers, Light: c.Light, Seconds: s.Seconds,
		Joined: c.joined, Failed: c.failed, Ended: after.Ended,
		Sent: s.Sent, Delivered: s.Delivered, PerSecond: s.PerSecond(), Loss: s.Loss(), Short: s.Short, Asked: s.Asked, Repaired: s.Repaired, Keys: s.Keys}
	if c.first != nil {
		r.Error = c.first.Error()
	}
	r.LatencyP50, r.LatencyP95, r.LatencyP99 = c.latency(50), c.latency(95), c.latency(99)
	r.Connected, r.FirstMedia, r.FirstKey, r.Cipher = c.field.firsts()
	used := serverAfter.Sub(server)
	if c.PID != 0 && s.Delivered > 0 {
		r.ServerUser = float64(used.User.Microseconds()) / float64(s.Delivered)
		r.ServerSystem = float64(used.System.Microseconds()) / float64(s.Delivered)
		r.ServerCores = used.Total().Seconds() / s.Seconds
	}
	r.LoadCores = ownAfter.Sub(own).Total().Seconds() / s.Seconds
	return r, nil
}

func (c *crowd) latency(p float64) float64 {
	return float64(c.field.latency.percentile(p)) / float64(time.Millisecond)
}

// cpu is what the server and this process used so far. Only the server's is worth failing for.
func (c *crowd) cpu() (server, own CPU, err error) {
	own, _ = CPUOf(os.Getpid())
	if c.PID != 0 {
		server, err = CPUOf(c.PID)
	}
	return server, own, err
}

// firsts are the distributions of what viewers waited for, and what their media is encrypted with.
func (f *Field) firsts() (connected, media, key Milliseconds, cipher string) {
	f.mu.Lock()
	viewers := append([]*Viewer(nil), f.viewers...)
	f.mu.Unlock()
	var all [3][]time.Duration
	for _, v := range viewers {
		t := v.Times()
		cipher = v.Cipher()
		for i, d := range []time.Duration{t.Connected, t.Media, t.Key} {
			if d > 0 {
				all[i] = append(all[i], d)
			}
		}
	}
	return distribution(all[0]), distribution(all[1]), distribution(all[2]), cipher
}

// distribution takes the nearest rank: values that occurred.
func distribution(all []time.Duration) Milliseconds {
	if len(all) == 0 {
		return Milliseconds{}
	}
	slices.Sort(all)
	rank := func(p int) float64 {
		return float64(all[max(0, (len(all)*p+99)/100-1)]) / float64(time.Millisecond)
	}
	return Milliseconds{len(all), rank(50), rank(95), rank(100)}
}

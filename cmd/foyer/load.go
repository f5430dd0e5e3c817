package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"foyer/media/load"
)

type loadCommand struct {
	Data
	Rooms      []string      `arg:"" name:"url" help:"Addresses of rooms, like http://127.0.0.1:8080/r/office."`
	Publishers int           `help:"People per room who are seen and heard." default:"1"`
	Viewers    int           `help:"People per room who only watch." default:"50"`
	Seconds    float64       `help:"How long to measure." default:"20"`
	Settle     time.Duration `help:"Rest between the last join and that." default:"3s"`
	All        bool          `help:"Those who are seen watch, too."`
	Light      bool          `help:"Watchers count packets and do not decrypt them."`
	AtOnce     int           `help:"Joins at the same time." default:"8"`
	KeyEvery   time.Duration `help:"Between key frames that nobody asked for, at most 10s." default:"2s"`
	Uneven     bool          `help:"Packets of one frame differ by a byte."`
	Lose       int           `help:"Lose every so many packets on purpose. 0 loses none." default:"0"`
	PID        int           `name:"pid" help:"Process id of the server, on this machine, to tell what it uses."`
	JSON       bool          `name:"json" help:"Print one JSON object."`
}

// Run is foyer load. It fails when somebody could not come in or the server ended a connection.
func (c *loadCommand) Run(ctx context.Context) error {
	if err := c.check(); err != nil {
		return err
	}
	p := load.Plan{Rooms: c.Rooms, Publishers: c.Publishers, Viewers: c.Viewers, All: c.All, Light: c.Light, AtOnce: c.AtOnce,
		For: time.Duration(c.Seconds * float64(time.Second)), Settle: c.Settle, PID: c.PID,
		Options: load.Options{Now: time.Now, KeyEvery: c.KeyEvery, Uneven: c.Uneven, Lose: c.Lose}}
	if c.Light {
		p.Sweep = time.Millisecond
	}
	r, err := load.Run(ctx, p)
	if err != nil {
		return err
	}
	if c.JSON {
		err = json.NewEncoder(os.Stdout).Encode(r)
	} else {
		tell(os.Stdout, r)
	}
	if err == nil && r.Failed+r.Ended > 0 {
		err = fmt.Errorf("%d joins failed and %d connections ended; %s", r.Failed, r.Ended, r.Error)
	}
	return err
}

func (c *loadCommand) check() error {
	for _, room := range c.Rooms {
		u, err := url.Parse(room)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || !strings.HasPrefix(u.Path, "/r/") && !strings.HasPrefix(u.Path, "/h/") {
			return usage("%q is not the address of a room, which looks like http://127.0.0.1:8080/r/office", room)
		}
	}
	switch {
	case c.Publishers < 0 || c.Viewers < 0 || c.AtOnce < 1 || c.Lose < 0 || c.PID < 0:
		return usage("--publishers, --viewers, --lose and --pid are not negative, and --at-once is at least 1")
	case c.Publishers+c.Viewers == 0:
		return usage("somebody has to come: give --publishers or --viewers")
	case !(c.Seconds > 0 && c.Seconds <= 86_400):
		return usage("--seconds is more than 0 and at most a day")
	case c.PID != 0:
		if _, err := load.CPUOf(c.PID); err != nil {
			return usage("--pid: %v", err)
		}
	}
	return nil
}

func tell(w io.Writer, r load.Report) {
	fmt.Fprintf(w, "%d rooms, %d publishers, %d viewers, %.1f s, %s\n", r.Rooms, r.Publishers, r.Viewers, r.Seconds, r.Cipher)
	fmt.Fprintf(w, "joined       %d, failed %d, ended by the server %d\n", r.Joined, r.Failed, r.Ended)
	for _, row := range []struct {
		name string
		of   load.Milliseconds
	}{{"connected", r.Connected}, {"first media", r.FirstMedia}, {"first key", r.FirstKey}} {
		if row.of.N > 0 {
			fmt.Fprintf(w, "%-12s p50 %.1f ms, p95 %.1f ms, longest %.1f ms, n=%d\n", row.name, row.of.P50, row.of.P95, row.of.Max, row.of.N)
		}
	}
	fmt.Fprintf(w, "delivered    %d packets, %.0f a second\n", r.Delivered, r.PerSecond)
	fmt.Fprintf(w, "loss         %.3f %% after repair; %d of what was sent never came, %d asked for again, %d repaired\n", 100*r.Loss, r.Short, r.Asked, r.Repaired)
	if r.LatencyP50 > 0 {
		fmt.Fprintf(w, "latency      p50 %.2f ms, p95 %.2f ms, p99 %.2f ms\n", r.LatencyP50, r.LatencyP95, r.LatencyP99)
	}
	if r.ServerCores > 0 {
		fmt.Fprintf(w, "server       %.2f µs per delivered packet (%.2f user, %.2f system), %.2f cores\n",
			r.ServerUser+r.ServerSystem, r.ServerUser, r.ServerSystem, r.ServerCores)
	}
	fmt.Fprintf(w, "this load    %.2f cores\n", r.LoadCores)
}

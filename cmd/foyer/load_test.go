package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"foyer/media/load"
)

// A crowd in a real room: everybody sees and hears, and nothing is missing.
func TestLoad(t *testing.T) {
	t.Parallel()
	h := start(t)
	room := h.url + "/r/" + h.host("ada", false).room("Office", "meeting").Slug
	f := field(t, load.Options{})
	publisher := enter(t, f, room, "Publisher")
	if _, err := publisher.Publish(t.Context()); err != nil {
		t.Fatal(err)
	}
	var viewers []*load.Viewer
	for i := range 6 {
		v, err := enter(t, f, room, "Viewer").Receive(t.Context(), i%2 == 1)
		if err != nil {
			t.Fatal(err)
		}
		viewers = append(viewers, v)
	}
	for i, v := range viewers {
		until(t, "media", func() bool { a, p := v.Packets(); return a > 10 && p > 10 })
		if i%2 == 0 {
			until(t, "a key frame", func() bool { return v.Times().Key > 0 })
		}
		if at := v.Times(); at.Media == 0 || at.Connected == 0 || at.Key > 0 && at.Key < at.Media {
			t.Errorf("viewer %d: %+v", i, at)
		}
	}
	before := f.Still()
	time.Sleep(2 * time.Second)
	after := f.Still()
	s := after.Since(before)
	if s.Missing > 0 || after.Refused > 0 || after.Ended > 0 || s.Sent < 200 || s.Delivered < 5*s.Sent {
		t.Errorf("%+v, %+v", s, after)
	}
	viewers[0].Hangup()
	if left := f.Count().Viewers; left != 5 {
		t.Errorf("%d viewers after one went", left)
	}
}

// Packets of pictures that a viewer loses come again.
func TestLoadRepairs(t *testing.T) {
	t.Parallel()
	h := start(t)
	room := h.url + "/r/" + h.host("ada", false).room("Office", "meeting").Slug
	f := field(t, load.Options{Lose: 25})
	both := enter(t, f, room, "Both")
	if _, err := both.Publish(t.Context()); err != nil {
		t.Fatal(err)
	}
	v, err := enter(t, f, room, "Viewer").Receive(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	until(t, "ten repairs", func() bool { return f.Count().Repaired >= 10 })
	v.Steady()
	until(t, "everything mended", func() bool { _, missing := v.Gaps(); return missing == 0 })
	if c := f.Count(); c.Asked < c.Repaired {
		t.Errorf("%+v", c)
	}
}

func field(t *testing.T, o load.Options) *load.Field {
	t.Helper()
	o.Now = time.Now
	f, err := load.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

func enter(t *testing.T, f *load.Field, room, name string) *load.Guest {
	t.Helper()
	g, err := f.Enter(context.Background(), room, name)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("never: ", what)
		}
	}
}

func TestLoadCommand(t *testing.T) {
	t.Parallel()
	h := start(t)
	room := h.url + "/r/" + h.host("ada", false).room("Office", "meeting").Slug
	for _, c := range []struct {
		code int
		says string
		args string
	}{
		{2, "expected", ""}, {2, "not the address of a room", "http://127.0.0.1:8080"}, {2, "not the address of a room", "office"},
		{2, "--seconds is", room + " --seconds 0"}, {2, "--seconds is", room + " --seconds=-1"}, {2, "somebody has to come", room + " --publishers 0 --viewers 0"},
		{2, "at least 1", room + " --at-once 0"}, {2, "not negative", room + " --viewers=-1"}, {2, "--pid", room + " --pid 999999999"},
		{1, "not the address of a room", h.url + "/r/no-such-room"},
		{0, "delivered", room + " --seconds 0.5 --settle 1s --viewers 1 --all"},
	} {
		out, code := command(t, "", append([]string{"load"}, strings.Fields(c.args)...)...)
		if code != c.code || !strings.Contains(out, c.says) {
			t.Errorf("foyer load %s: %d, want %d with %q\n%s", c.args, code, c.code, c.says, out)
		}
		if code == 2 && strings.Count(strings.TrimSpace(out), "\n") > 0 {
			t.Errorf("foyer load %s: more than one line:\n%s", c.args, out)
		}
	}
	out, code := command(t, "", "load", room, "--light", "--viewers", "2", "--seconds", "0.5", "--settle", "1s", "--json")
	var r load.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != 0 || r.Viewers != 2 || r.Joined != 3 || r.Delivered == 0 || !r.Light {
		t.Errorf("%d %v\n%s", code, err, out)
	}
}

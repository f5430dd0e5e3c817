package mail_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"foyer/mail"
)

func files(t *testing.T, folder string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func drop(t *testing.T, folder string, now func() time.Time) *mail.Drop {
	t.Helper()
	d, err := mail.NewDrop(folder, nil, now)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDrop(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "data", "mail")
	clock := day
	d := drop(t, folder, func() time.Time { return clock })
	for i, step := range []time.Duration{0, 0, time.Microsecond, time.Hour, -2 * time.Hour, 0} { // also back
		clock = clock.Add(step)
		l := inviteLetter()
		l.Subject = fmt.Sprintf("letter %d", i)
		got := d.Send(t.Context(), l)
		if got.Outcome != mail.Delivered || got.Stage != mail.Content || filepath.Dir(got.Text) != folder {
			t.Fatalf("%+v", got)
		}
	}
	names := files(t, folder)
	want := []string{"101500.000000Z-0000", "101500.000000Z-0001", "101500.000001Z-0000", "111500.000001Z-0000", "111500.000001Z-0001", "111500.000001Z-0002"}
	for i := range want {
		want[i] = "20261122T" + want[i] + ".eml"
	}
	if !slices.Equal(names, want) {
		t.Errorf("%q", names)
	}
	for i, name := range names {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil || !bytes.Contains(text, fmt.Appendf(nil, "Subject: letter %d\r\n", i)) {
			t.Errorf("%s: %v\n%.300s", name, err, text)
		}
		if info, _ := os.Stat(filepath.Join(folder, name)); info.Mode().Perm() != 0o600 {
			t.Error(info.Mode())
		}
	}
	if info, _ := os.Stat(folder); info.Mode().Perm() != 0o700 {
		t.Error(info.Mode())
	}
}

// Two processes and an unfinished file in one folder, at the same moment by their clocks: nothing is written over.
func TestDropOverwritesNothing(t *testing.T) {
	folder := t.TempDir()
	still := func() time.Time { return day }
	for name, text := range map[string]string{"20261122T101500.000000Z-0000.eml": "mine", ".20261122T101500.000000Z-0001.eml.part": "half"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var all sync.WaitGroup
	for process := range 3 {
		d := drop(t, folder, still)
		for i := range 20 {
			all.Go(func() {
				l := plainLetter()
				l.Subject = fmt.Sprintf("letter %d of %d", i, process)
				if got := d.Send(context.Background(), l); got.Outcome != mail.Delivered {
					t.Errorf("%+v", got)
				}
			})
		}
	}
	all.Wait()
	subjects := map[string]bool{}
	for _, name := range files(t, folder) {
		text, _ := os.ReadFile(filepath.Join(folder, name))
		if _, rest, found := strings.Cut(string(text), "Subject: "); found {
			subject, _, _ := strings.Cut(rest, "\r\n")
			subjects[subject] = true
		} else if string(text) != "mine" && string(text) != "half" {
			t.Errorf("%s: %q", name, text)
		}
	}
	if n := len(files(t, folder)); len(subjects) != 60 || n != 62 {
		t.Errorf("%d different letters in %d files, want 60 in 62", len(subjects), n)
	}
}

func TestDropRefuses(t *testing.T) {
	folder := t.TempDir()
	d := drop(t, folder, time.Now)
	if got := d.Send(t.Context(), to(plainLetter(), "nobody")); got.Outcome != mail.Permanent || got.Stage != mail.Compose {
		t.Errorf("%+v", got)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if got := d.Send(ended, plainLetter()); got.Outcome != mail.Temporary || got.Stage != mail.Wait {
		t.Errorf("%+v", got)
	}
	if err := os.Remove(folder); err != nil { // still empty
		t.Fatal(err)
	}
	if got := d.Send(t.Context(), plainLetter()); got.Outcome != mail.Temporary || got.Stage != mail.Content {
		t.Errorf("%+v", got)
	}
}

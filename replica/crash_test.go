package replica

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestMain lets the test binary be its own victim: with FOYER_VICTIM set it writes until it is killed.
func TestMain(m *testing.M) {
	if base := os.Getenv("FOYER_VICTIM"); base != "" {
		victim(base, os.Getenv("FOYER_ROUND"))
		return
	}
	os.Exit(m.Run())
}

// victim writes from eight goroutines and prints each id once it is acknowledged.
func victim(base, round string) {
	r, err := Open(context.Background(), options(base))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("open")
	var mu sync.Mutex
	var wg sync.WaitGroup
	wg.Go(func() { // fold all the time, so that kills hit that too
		for {
			if err := r.tidy(context.Background(), 4); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			time.Sleep(10 * time.Millisecond)
		}
	})
	for w := range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%s-%d-%06d", round, w, i)
				if err := r.Write(context.Background(), insert(id)); err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				mu.Lock()
				fmt.Println(id)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

// murder starts a victim, kills it after the given time, and returns what it had acknowledged.
func murder(t *testing.T, base, round string, after time.Duration) (acked []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "FOYER_VICTIM="+base, "FOYER_ROUND="+round)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := bufio.NewScanner(out)
	if !s.Scan() || s.Text() != "open" {
		t.Fatal("the victim did not start: ", stderr.String())
	}
	timer := time.AfterFunc(after, func() { cmd.Process.Kill() })
	defer timer.Stop()
	for s.Scan() {
		if id := s.Text(); len(id) == len(round)+9 { // a line that the kill cut short is no acknowledgement
			acked = append(acked, id)
		}
	}
	cmd.Wait()
	if stderr.Len() > 0 {
		t.Fatal(stderr.String())
	}
	return acked
}

func missing(acked, have []string) (gone []string) {
	for _, id := range acked {
		if _, ok := slices.BinarySearch(have, id); !ok {
			gone = append(gone, id)
		}
	}
	return gone
}

// Acknowledged rows survive kill -9, also when app.db or its log is lost on top of it: committed/ alone is enough.
func TestAcknowledgedSurvivesKill(t *testing.T) {
	base := t.TempDir()
	data := filepath.Join(base, "data")
	var acked []string
	hurt := []func(){
		func() {},
		func() { os.Remove(filepath.Join(data, "app.db-wal")) },
		func() { os.Truncate(filepath.Join(data, "app.db-wal"), 5000) },
		func() { os.Remove(filepath.Join(data, "app.db")) },
		func() { os.RemoveAll(filepath.Join(data, ".app.db-litestream")) },
	}
	for round := range 12 {
		got := murder(t, base, fmt.Sprintf("%02d", round), time.Duration(20+rand.IntN(150))*time.Millisecond)
		acked = append(acked, got...)
		hurt[round%len(hurt)]()
		if round%3 == 2 {
			r := mustOpen(t, options(base))
			if gone := missing(acked, ids(t, r.Read())); len(gone) > 0 {
				t.Fatalf("round %d: %d of %d acknowledged rows are lost: %v", round, len(gone), len(acked), gone[:1])
			}
			integrity(t, r.Read())
			mustClose(t, r)
		}
	}
	if len(acked) < 100 {
		t.Fatal("only", len(acked), "acknowledged")
	}
	t.Log(len(acked), "acknowledged rows, 12 kills, none lost")
}

// A destroyed data folder comes back from the off-site copy, and a start in its place is refused before that.
func TestRestoreAfterLossOfTheDataFolder(t *testing.T) {
	base := t.TempDir()
	o := options(base)
	acked := murder(t, base, "00", 300*time.Millisecond)
	if err := os.RemoveAll(o.Dir); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), o); err == nil || !strings.Contains(err.Error(), "foyer restore") {
		t.Fatal("an empty folder started beside a full off-site copy:", err)
	}
	if _, err := Restore(context.Background(), RestoreOptions{Dir: o.Dir, Config: o.Config}); err == nil {
		t.Fatal("restored into a folder that is not empty")
	}
	os.RemoveAll(o.Dir)
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	os.WriteFile(filepath.Join(o.Dir, "secret"), []byte("x"), 0o600)
	rep, err := Restore(context.Background(), RestoreOptions{Dir: o.Dir, Config: o.Config})
	if err != nil {
		t.Fatal(err)
	}
	if rep.TXID == 0 || time.Since(rep.At) > time.Minute || rep.Files == 0 {
		t.Fatalf("%+v", rep)
	}
	r := mustOpen(t, o)
	if gone := missing(acked, ids(t, r.Read())); len(gone) > 0 {
		t.Fatalf("%d of %d acknowledged rows are lost", len(gone), len(acked))
	}
	integrity(t, r.Read())
	mustWrite(t, r, insert("life goes on"))
}

// newestL0 returns the path of the last L0 file of a copy.
func newestL0(t *testing.T, copy string) string {
	t.Helper()
	a, err := filepath.Glob(filepath.Join(copy, "ltx", "0", "*.ltx"))
	if err != nil || len(a) == 0 {
		t.Fatal(a, err)
	}
	return a[len(a)-1] // Glob sorts, and the names have a fixed width
}

func TestTornTailIsCut(t *testing.T) {
	o := options(t.TempDir())
	o.Config = Config{}
	r := mustOpen(t, o)
	mustWrite(t, r, insert("a"))
	mustWrite(t, r, insert("b"))
	torn := newestL0(t, r.store.Path())
	mustClose(t, r)
	if err := os.Remove(markerPath(o.Dir)); err != nil { // as after a crash
		t.Fatal(err)
	}
	if err := os.Truncate(torn, 200); err != nil {
		t.Fatal(err)
	}
	r = mustOpen(t, o)
	if got := ids(t, r.Read()); !slices.Equal(got, []string{"a"}) {
		t.Fatal(got)
	}
	integrity(t, r.Read())
	mustWrite(t, r, insert("c"))
	if size(torn+".bad") != 200 {
		t.Fatal("the torn file was not set aside")
	}
}

// With an off-site folder the torn file is not even lost, on either side.
func TestTornTailIsTakenFromTheOtherCopy(t *testing.T) {
	for _, side := range []string{"data/committed", "data-replica"} {
		base := t.TempDir()
		o := options(base)
		r := mustOpen(t, o)
		mustWrite(t, r, insert("a"))
		mustWrite(t, r, insert("b"))
		torn := newestL0(t, filepath.Join(base, side))
		mustClose(t, r)
		if err := os.Remove(markerPath(o.Dir)); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(torn, 200); err != nil {
			t.Fatal(err)
		}
		r = mustOpen(t, o)
		if got := ids(t, r.Read()); !slices.Equal(got, []string{"a", "b"}) {
			t.Fatal(side, got)
		}
		mustClose(t, r)
		if size(torn) <= 200 {
			t.Fatal(side, "was not mended")
		}
	}
}

func TestForeignOffsiteFolderIsRefused(t *testing.T) {
	a, b := options(t.TempDir()), options(t.TempDir())
	for _, o := range []Options{a, b} {
		r := mustOpen(t, o)
		mustWrite(t, r, insert(o.Dir))
		mustClose(t, r)
	}
	a.Config = b.Config
	if _, err := Open(context.Background(), a); err == nil || !strings.Contains(err.Error(), "another history") {
		t.Fatal(err)
	}
	a.Config = Config{Folder: filepath.Join(a.Dir, "replica")}
	if _, err := Open(context.Background(), a); err == nil || !strings.Contains(err.Error(), "inside the data folder") {
		t.Fatal(err)
	}
}

// An off-site folder that is named later, or was away for a while, gets everything at the next start.
func TestOffsiteFolderIsCaughtUp(t *testing.T) {
	o := options(t.TempDir())
	with := o.Config
	o.Config = Config{}
	r := mustOpen(t, o)
	mustWrite(t, r, insert("a"))
	mustClose(t, r)
	for _, id := range []string{"b", "c"} {
		o.Config = with
		mustClose(t, mustOpen(t, o))
		o.Config = Config{}
		r = mustOpen(t, o)
		mustWrite(t, r, insert(id))
		mustClose(t, r)
	}
	o.Config = with
	mustClose(t, mustOpen(t, o))
	o.Dir += "-again"
	if _, err := Restore(context.Background(), RestoreOptions{Dir: o.Dir, Config: with}); err != nil {
		t.Fatal(err)
	}
	r = mustOpen(t, o)
	if got := ids(t, r.Read()); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Fatal(got)
	}
}

func TestAppWithoutCommittedIsNotOverwritten(t *testing.T) {
	o := options(t.TempDir())
	o.Config = Config{}
	r := mustOpen(t, o)
	mustWrite(t, r, insert("a"))
	mustClose(t, r)
	away := filepath.Join(o.Dir, "committed")
	if err := os.Rename(away, away+"-gone"); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), o); err == nil || !strings.Contains(err.Error(), "committed/ is empty") {
		t.Fatal(err)
	}
	os.RemoveAll(away)
	if err := os.Rename(away+"-gone", away); err != nil {
		t.Fatal(err)
	}
	r = mustOpen(t, o)
	if got := ids(t, r.Read()); !slices.Equal(got, []string{"a"}) {
		t.Fatal(got)
	}
}

func TestRestoreFromNothing(t *testing.T) {
	o := options(t.TempDir())
	_, err := Restore(context.Background(), RestoreOptions{Dir: o.Dir, Config: o.Config})
	if err == nil || !strings.Contains(err.Error(), "nothing in it") {
		t.Fatal(err)
	}
	if _, err = Restore(context.Background(), RestoreOptions{Dir: o.Dir}); err == nil {
		t.Fatal("no replica, no error")
	}
}

// A damaged snapshot is not a torn tail: the start refuses instead of going on with less.
func TestDamagedSnapshotIsRefused(t *testing.T) {
	o := options(t.TempDir())
	o.Config = Config{}
	r := mustOpen(t, o)
	mustWrite(t, r, insert("a"))
	if err := r.tidy(context.Background(), 1); err != nil {
		t.Fatal(err)
	}
	mustClose(t, r)
	a, err := filepath.Glob(filepath.Join(o.Dir, "committed", "ltx", "9", "*.ltx"))
	if err != nil || len(a) != 1 {
		t.Fatal(a, err)
	}
	if err := os.Truncate(a[0], size(a[0])-10); err != nil {
		t.Fatal(err)
	}
	mustClose(t, mustOpen(t, o)) // a clean start does not read it
	if err := os.Remove(markerPath(o.Dir)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), o); err == nil || !strings.Contains(err.Error(), "is damaged") {
		t.Fatal(err)
	}
}

package replica

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/superfly/ltx"
)

// bucketOptions put a file:// client where the bucket goes: the uploader only sees Litestream's client interface.
func bucketOptions(base string) Options {
	o := options(base)
	o.Config = Config{URL: "file://" + filepath.Join(base, "bucket"), Durability: DurableLocal}
	return o
}

func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !f(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("never: ", what)
		}
	}
}

func TestBucketFollows(t *testing.T) {
	base := t.TempDir()
	o := bucketOptions(base)
	r := mustOpen(t, o)
	for i := range 200 {
		mustWrite(t, r, insert(fmt.Sprintf("%03d", i)))
	}
	if r.Lag() == 0 {
		t.Fatal("no lag right after a write")
	}
	eventually(t, "the bucket has it all", func() bool { return r.away.pos.Load() == r.TXID() && r.Lag() == 0 })
	if n, _ := countFiles(t, filepath.Join(base, "bucket")); n > 20 {
		t.Fatal(n, "objects for 200 writes")
	}
	mustWrite(t, r, insert("at the end"))
	want := ids(t, r.Read())
	mustClose(t, r) // uploads the rest

	if err := os.RemoveAll(o.Dir); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), o); !errors.Is(err, ErrAhead) {
		t.Fatal(err)
	}
	os.RemoveAll(o.Dir)
	rep, err := Restore(context.Background(), RestoreOptions{Dir: o.Dir, Config: o.Config})
	if err != nil {
		t.Fatal(err)
	}
	r = mustOpen(t, o)
	if got := ids(t, r.Read()); !slices.Equal(got, want) || rep.TXID == 0 {
		t.Fatal(got, rep)
	}
	mustWrite(t, r, insert("again"))
}

func TestDurabilityReplicaWaitsForTheBucket(t *testing.T) {
	o := bucketOptions(t.TempDir())
	o.Config.Durability = DurableReplica
	r := mustOpen(t, o)
	for i := range 3 {
		mustWrite(t, r, insert(fmt.Sprint(i)))
		if last, err := newest(context.Background(), r.away.c); err != nil || last < ltx.TXID(r.TXID()) {
			t.Fatal(last, r.TXID(), err)
		}
	}
}

// A bucket that is away does not stop anybody; when it is back it gets everything, even what was folded meanwhile.
func TestBucketComesBack(t *testing.T) {
	base := t.TempDir()
	o := bucketOptions(base)
	if err := os.WriteFile(filepath.Join(base, "bucket"), nil, 0o600); err != nil { // a file where a folder should be
		t.Fatal(err)
	}
	r := mustOpen(t, o)
	for i := range 100 {
		mustWrite(t, r, insert(fmt.Sprintf("%03d", i)))
		if i == 50 {
			r.away.pos.Store(r.TXID()) // as if it had been uploaded: the keeper may fold it away
			if err := r.tidy(context.Background(), 1); err != nil {
				t.Fatal(err)
			}
			r.away.pos.Store(0)
		}
	}
	if err := os.Remove(filepath.Join(base, "bucket")); err != nil {
		t.Fatal(err)
	}
	want := ids(t, r.Read())
	eventually(t, "the bucket has it all", func() bool { return r.away.pos.Load() == r.TXID() })
	mustClose(t, r)
	again := o
	again.Dir, again.Config = o.Dir+"-again", Config{}
	if _, err := Restore(context.Background(), RestoreOptions{Dir: again.Dir, Config: o.Config}); err != nil {
		t.Fatal(err)
	}
	r = mustOpen(t, again)
	if got := ids(t, r.Read()); !slices.Equal(got, want) {
		t.Fatal(len(got), len(want))
	}
}

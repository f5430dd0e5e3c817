package replica

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/benbjohnson/litestream"
	"github.com/benbjohnson/litestream/file"
)

// fill writes about n MB.
func fill(t testing.TB, r *Replica, n int) {
	t.Helper()
	for range n {
		mustWrite(t, r, func(ctx context.Context, tx *Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO note(id, body) WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c WHERE x<100)
				SELECT ? || '-' || x, randomblob(10000) FROM c`, fmt.Sprint("big", r.TXID()))
			return err
		})
	}
}

// A clean restart writes no full-database file and is quick.
func TestCleanRestart(t *testing.T) {
	o := options(t.TempDir())
	r := mustOpen(t, o)
	fill(t, r, 20)
	for range 3 {
		mustClose(t, r)
		before := r.TXID()
		start := time.Now()
		r = mustOpen(t, o)
		took := time.Since(start)
		mustWrite(t, r, insert(fmt.Sprint(r.Epoch())))
		for x := before + 1; x <= r.TXID(); x++ {
			name := filepath.Join(o.Dir, "committed", "ltx", "0", fmt.Sprintf("%016x-%016x.ltx", x, x))
			if n := size(name); n > 64<<10 {
				t.Fatalf("%s has %d bytes after a clean restart", name, n)
			}
		}
		t.Log("start took", took)
		if took > 2*time.Second {
			t.Fatal("start took", took)
		}
	}
	integrity(t, r.Read())
}

// Neither a rebuild may write a full-database file: the off-site link may be slow.
func TestRebuildWritesNoBigFile(t *testing.T) {
	o := options(t.TempDir())
	r := mustOpen(t, o)
	fill(t, r, 5)
	mustClose(t, r)
	before := r.TXID()
	if err := os.Remove(markerPath(o.Dir)); err != nil {
		t.Fatal(err)
	}
	r = mustOpen(t, o)
	if n := len(ids(t, r.Read())); n != 500 {
		t.Fatal(n)
	}
	for x := before + 1; x <= r.TXID(); x++ {
		if n := size(filepath.Join(o.Dir, "committed", "ltx", "0", fmt.Sprintf("%016x-%016x.ltx", x, x))); n > 64<<10 {
			t.Fatal(x, n)
		}
	}
}

func countFiles(t testing.TB, dir string) (n int, bytes int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		fi, err := d.Info()
		switch {
		case errors.Is(err, fs.ErrNotExist): // folded away between the listing and this look
			return nil
		case err == nil:
			n, bytes = n+1, bytes+fi.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n, bytes
}

// Hundreds of batches leave a bounded number of files behind, and both copies still hold everything.
func TestFoldersStayBounded(t *testing.T) {
	base := t.TempDir()
	o := options(base)
	r := mustOpen(t, o)
	for i := range 400 {
		mustWrite(t, r, insert(fmt.Sprintf("%05d", i)))
	}
	if err := r.tidy(context.Background(), foldAt); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{filepath.Join(o.Dir, "committed"), o.Config.Folder, r.ls.MetaPath()} {
		n, bytes := countFiles(t, dir)
		t.Log(dir, n, "files", bytes, "bytes")
		if n > foldAt+keepL0+manyL1+4 {
			t.Fatal(dir, "holds", n, "files")
		}
	}
	mustClose(t, r)
	for _, copy := range []string{filepath.Join(o.Dir, "committed"), o.Config.Folder} {
		again := o
		again.Dir, again.Config = copy+"-restored", Config{}
		if _, err := Restore(context.Background(), RestoreOptions{Dir: again.Dir, Config: Config{Folder: copy}}); err != nil {
			t.Fatal(err)
		}
		r := mustOpen(t, again)
		if n := len(ids(t, r.Read())); n != 400 {
			t.Fatal(copy, n)
		}
		integrity(t, r.Read())
	}
}

// Many rounds of folding, with growth, deletion and VACUUM-sized files between, stay restorable at each step.
func TestFoldingKeepsEverything(t *testing.T) {
	o := options(t.TempDir())
	r := mustOpen(t, o)
	want := 0
	for round := range 6 {
		fill(t, r, 2)
		if want += 200; round == 3 {
			mustWrite(t, r, func(ctx context.Context, tx *Tx) error { _, err := tx.Exec(ctx, `DELETE FROM note`); return err })
			want = 0
		}
		if err := r.tidy(context.Background(), 1); err != nil {
			t.Fatal(err)
		}
		if round == 3 {
			fill(t, r, 1)
			mustWrite(t, r, func(ctx context.Context, tx *Tx) error { _, err := tx.Exec(ctx, `DELETE FROM note`); return err })
			want = 0
		}
		opt := litestream.NewRestoreOptions()
		opt.OutputPath, opt.IntegrityCheck = filepath.Join(t.TempDir(), "out.db"), litestream.IntegrityCheckFull
		if err := litestream.NewReplicaWithClient(nil, file.NewReplicaClient(o.Config.Folder)).Restore(context.Background(), opt); err != nil {
			t.Fatal(err)
		}
		if n := len(ids(t, r.Read())); n != want {
			t.Fatal(n, want)
		}
	}
	n, bytes := countFiles(t, filepath.Join(o.Dir, "committed"))
	t.Log(n, "files", bytes, "bytes")
	mustClose(t, r)
	if err := os.Remove(markerPath(o.Dir)); err != nil {
		t.Fatal(err)
	}
	r = mustOpen(t, o)
	if n := len(ids(t, r.Read())); n != want {
		t.Fatal(n, want)
	}
	integrity(t, r.Read())
}

// A program that never lives long enough to count to foldAt folds what its earlier lives left.
func TestShortLivesAreFolded(t *testing.T) {
	o := options(t.TempDir())
	for life := range 3 {
		r := mustOpen(t, o)
		for i := range foldAt / 2 {
			mustWrite(t, r, insert(fmt.Sprintf("%d-%05d", life, i)))
		}
		mustClose(t, r)
	}
	r := mustOpen(t, o)
	deadline := time.Now().Add(10 * time.Second)
	for _, dir := range []string{filepath.Join(o.Dir, "committed", "ltx", "0"), filepath.Join(o.Config.Folder, "ltx", "0")} {
		for n, _ := countFiles(t, dir); n > foldAt; n, _ = countFiles(t, dir) {
			if time.Now().After(deadline) {
				t.Fatal(dir, "holds", n, "files")
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	if n := len(ids(t, r.Read())); n != 3*(foldAt/2) {
		t.Fatal(n)
	}
	mustClose(t, r)
	if err := os.Remove(markerPath(o.Dir)); err != nil {
		t.Fatal(err)
	}
	r = mustOpen(t, o)
	if n := len(ids(t, r.Read())); n != 3*(foldAt/2) {
		t.Fatal(n)
	}
	integrity(t, r.Read())
}

// Stock Litestream, built from its own module, restores both copies.
func TestStockLitestreamRestores(t *testing.T) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/benbjohnson/litestream").Output()
	if err != nil {
		t.Fatal(err)
	}
	stock := filepath.Join(t.TempDir(), "litestream")
	build := exec.Command("go", "build", "-o", stock, "./cmd/litestream") // with its own go.mod: ours lacks the command's modules
	build.Dir = strings.TrimSpace(string(dir))
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build stock litestream: %v\n%s", err, out)
	}
	o := options(t.TempDir())
	r := mustOpen(t, o)
	for i := range 300 {
		mustWrite(t, r, insert(fmt.Sprintf("%05d", i)))
	}
	if err := r.tidy(context.Background(), 1); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, r, insert("the last"))
	want := ids(t, r.Read()) // while it runs: a copy needs no stop
	for _, copy := range []string{filepath.Join(o.Dir, "committed"), o.Config.Folder} {
		out := filepath.Join(t.TempDir(), "out.db")
		text, err := exec.Command(stock, "restore", "-integrity-check", "full", "-o", out, "file://"+copy).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		again := &Replica{o: Options{Dir: filepath.Dir(out)}}
		if err := os.Rename(out, again.database()); err != nil {
			t.Fatal(err)
		}
		if err := again.openPools(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got := ids(t, again.read); !slices.Equal(got, want) {
			t.Fatal(copy, len(got), len(want))
		}
		again.closePools()
	}
}

package replica

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"
)

const firstMigration = `
CREATE TABLE changed(seq INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE TABLE node(only INTEGER PRIMARY KEY CHECK(only=1), epoch INTEGER NOT NULL) STRICT;
CREATE TABLE note(id TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE answer(note TEXT NOT NULL REFERENCES note(id)) STRICT;`

func migrations(more ...string) fstest.MapFS {
	m := fstest.MapFS{"0001_first.sql": {Data: []byte(firstMigration)}}
	for i, s := range more {
		m[fmt.Sprintf("%04d_more.sql", i+2)] = &fstest.MapFile{Data: []byte(s)}
	}
	return m
}

// options for a data folder <base>/data with an off-site folder beside it.
func options(base string) Options {
	o := Options{Dir: filepath.Join(base, "data"), Migrations: migrations(), Clock: time.Now,
		Config: Config{Folder: filepath.Join(base, "data-replica"), Durability: DurableLocal}}
	if os.Getenv("FOYER_TEST_LOG") != "" {
		o.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	return o
}

func mustOpen(t testing.TB, o Options) *Replica {
	t.Helper()
	r, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(context.Background()) })
	return r
}

func mustClose(t testing.TB, r *Replica) {
	t.Helper()
	if err := r.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func insert(id string) func(context.Context, *Tx) error {
	return func(ctx context.Context, tx *Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO note(id, body) VALUES(?, ?)`, id, make([]byte, 100))
		return err
	}
}

func mustWrite(t testing.TB, r *Replica, f func(context.Context, *Tx) error) {
	t.Helper()
	if err := r.Write(context.Background(), f); err != nil {
		t.Fatal(err)
	}
}

func ids(t testing.TB, db *sql.DB) (a []string) {
	t.Helper()
	rows, err := db.Query(`SELECT id FROM note ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		a = append(a, id)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return a
}

func integrity(t testing.TB, db *sql.DB) {
	t.Helper()
	var s string
	if err := db.QueryRow(`PRAGMA integrity_check`).Scan(&s); err != nil || s != "ok" {
		t.Fatal("integrity_check:", s, err)
	}
}

// held keeps the queue busy until the returned function is called, so that what is written meanwhile is one batch.
func held(t testing.TB, r *Replica) (free func()) {
	t.Helper()
	begun, gate := make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- r.Write(context.Background(), func(context.Context, *Tx) error { close(begun); <-gate; return nil })
	}()
	<-begun
	return func() {
		close(gate)
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// together runs the requests as one batch, in order, and returns their outcomes.
func together(t testing.TB, r *Replica, fs ...func(context.Context, *Tx) error) []error {
	t.Helper()
	free := held(t, r)
	errs := make([]error, len(fs))
	var wg sync.WaitGroup
	for i, f := range fs {
		wg.Go(func() { errs[i] = r.Write(context.Background(), f) })
		for len(r.queue) != i+1 {
			time.Sleep(50 * time.Microsecond)
		}
	}
	free()
	wg.Wait()
	return errs
}

func TestOneFailingRequestLeavesItsBatchAlone(t *testing.T) {
	var mu sync.Mutex
	var heard [][]string
	o := options(t.TempDir())
	o.OnChange = func(topics []string) { mu.Lock(); heard = append(heard, topics); mu.Unlock() }
	r := mustOpen(t, o)
	refused := errors.New("refused")
	before := r.TXID()
	topic := func(id string, err error) func(context.Context, *Tx) error {
		return func(ctx context.Context, tx *Tx) error {
			if e := insert(id)(ctx, tx); e != nil {
				return e
			}
			if e := tx.Changed("room/"+id, "room/"+id+"/chat"); e != nil {
				return e
			}
			if id == "panics" {
				panic("at the disco")
			}
			return err
		}
	}
	errs := together(t, r, topic("a", nil), topic("b", refused), topic("panics", nil), topic("c", nil), topic("a", nil))
	if errs[0] != nil || errs[3] != nil {
		t.Fatal(errs)
	}
	if !errors.Is(errs[1], refused) || errs[2] == nil || !strings.Contains(errs[2].Error(), "at the disco") || errs[4] == nil {
		t.Fatal(errs)
	}
	if got := ids(t, r.Read()); !slices.Equal(got, []string{"a", "c"}) {
		t.Fatal(got)
	}
	if n := r.TXID() - before; n != 1 {
		t.Fatalf("%d LTX files for one batch", n)
	}
	want := []string{"room/a", "room/a/chat", "room/c", "room/c/chat"}
	mu.Lock()
	defer mu.Unlock()
	if len(heard) != 1 || !slices.Equal(heard[0], want) {
		t.Fatal(heard)
	}
	var rows int
	if err := r.Read().QueryRow(`SELECT count(*) FROM changed`).Scan(&rows); err != nil || rows != 4 {
		t.Fatal(rows, err)
	}
}

func TestWhoLeavesTheQueueIsNotWritten(t *testing.T) {
	r := mustOpen(t, options(t.TempDir()))
	free := held(t, r)
	ctx, cancel := context.WithCancel(context.Background())
	left := make(chan error)
	go func() { left <- r.Write(ctx, insert("left")) }()
	for len(r.queue) != 1 {
		time.Sleep(50 * time.Microsecond)
	}
	cancel()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	free()
	begun, ctx2 := make(chan struct{}), context.Background()
	ctx2, cancel = context.WithCancel(ctx2)
	go func() { <-begun; cancel() }()
	err := r.Write(ctx2, func(ctx context.Context, tx *Tx) error {
		close(begun)
		<-ctx2.Done()
		return insert("stayed")(ctx, tx)
	})
	if err != nil {
		t.Fatal("a request that had begun must wait for its outcome:", err)
	}
	if got := ids(t, r.Read()); !slices.Equal(got, []string{"stayed"}) {
		t.Fatal(got)
	}
}

func TestWriteInsideWriteIsRefused(t *testing.T) {
	r := mustOpen(t, options(t.TempDir()))
	err := r.Write(context.Background(), func(ctx context.Context, tx *Tx) error { return r.Write(ctx, insert("x")) })
	if err == nil {
		t.Fatal("no error")
	}
}

func TestStatementsInUse(t *testing.T) {
	r := mustOpen(t, options(t.TempDir()))
	var kept *Tx
	mustWrite(t, r, func(ctx context.Context, tx *Tx) error {
		kept = tx
		for i := range 3 {
			if err := insert(fmt.Sprint(i))(ctx, tx); err != nil {
				return err
			}
		}
		const q = `SELECT id FROM note ORDER BY id`
		n := 0
		rows, err := tx.Query(ctx, q)
		if err != nil {
			return err
		}
		for rows.Next() {
			inner, err := tx.Query(ctx, q) // the same text while the first is still open
			if err != nil {
				return err
			}
			for inner.Next() {
				n++
			}
		}
		if n != 9 {
			return fmt.Errorf("%d rows seen", n)
		}
		rows, err = tx.Query(ctx, q) // left open on purpose
		rows.Next()
		return err
	})
	if _, err := kept.Exec(context.Background(), `DELETE FROM note`); !errors.Is(err, errOver) {
		t.Fatal("a transaction that is over was used:", err)
	}
	mustWrite(t, r, insert("after"))
	if n := len(ids(t, r.Read())); n != 4 {
		t.Fatal(n)
	}
}

func TestReadersCannotWrite(t *testing.T) {
	r := mustOpen(t, options(t.TempDir()))
	if _, err := r.Read().Exec(`INSERT INTO note VALUES('x', x'00')`); err == nil {
		t.Fatal("a reader wrote")
	}
}

func TestForeignKeysHold(t *testing.T) {
	r := mustOpen(t, options(t.TempDir()))
	err := r.Write(context.Background(), func(ctx context.Context, tx *Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO answer VALUES('nobody')`)
		return err
	})
	if err == nil {
		t.Fatal("no error")
	}
}

func TestOneProcessOwnsTheData(t *testing.T) {
	o := options(t.TempDir())
	mustOpen(t, o)
	if _, err := Open(context.Background(), o); !errors.Is(err, ErrLocked) {
		t.Fatal(err)
	}
	if _, err := Restore(context.Background(), RestoreOptions{Dir: o.Dir, Config: o.Config}); !errors.Is(err, ErrLocked) {
		t.Fatal(err)
	}
}

func TestNewerFileIsRefused(t *testing.T) {
	o := options(t.TempDir())
	o.Migrations = migrations(`CREATE TABLE later(x INTEGER) STRICT`)
	r := mustOpen(t, o)
	mustWrite(t, r, insert("a"))
	mustClose(t, r)
	o.Migrations = migrations()
	if _, err := Open(context.Background(), o); !errors.Is(err, ErrNewer) {
		t.Fatal(err)
	}
	o.Migrations = migrations(`CREATE TABLE later(x INTEGER) STRICT`, `ALTER TABLE later ADD COLUMN y TEXT`, `bad sql`)
	if _, err := Open(context.Background(), o); err == nil || !strings.Contains(err.Error(), "0004_more.sql") {
		t.Fatal(err)
	}
	o.Migrations = migrations(`CREATE TABLE later(x INTEGER) STRICT`, `ALTER TABLE later ADD COLUMN y TEXT`)
	r = mustOpen(t, o)
	if got := ids(t, r.Read()); !slices.Equal(got, []string{"a"}) {
		t.Fatal(got)
	}
}

func TestEpochRisesAtEachStart(t *testing.T) {
	o := options(t.TempDir())
	for want := int64(1); want < 4; want++ {
		r := mustOpen(t, o)
		if r.Epoch() != want || r.Ready() != nil {
			t.Fatal(r.Epoch(), r.Ready())
		}
		mustClose(t, r)
		if err := r.Write(context.Background(), insert("late")); !errors.Is(err, ErrReadOnly) || !errors.Is(r.Ready(), ErrReadOnly) {
			t.Fatal(err)
		}
	}
}

func TestChangedIsPruned(t *testing.T) {
	var mu sync.Mutex
	ahead := time.Duration(0)
	o := options(t.TempDir())
	o.Clock = func() time.Time { mu.Lock(); defer mu.Unlock(); return time.Now().Add(ahead) }
	r := mustOpen(t, o)
	say := func(ctx context.Context, tx *Tx) error { return tx.Changed("old") }
	mustWrite(t, r, say)
	for _, d := range []time.Duration{9 * time.Minute, 20 * time.Minute} {
		mu.Lock()
		ahead = d
		mu.Unlock()
		mustWrite(t, r, func(ctx context.Context, tx *Tx) error { return tx.Changed("new") })
	}
	var n int
	if err := r.Read().QueryRow(`SELECT count(*) FROM changed`).Scan(&n); err != nil || n != 1 {
		t.Fatal(n, err)
	}
}

// A sync that fails ends the writing: the caller hears "unknown", those after it "surely not".
func TestFailedSyncStopsWriting(t *testing.T) {
	o := options(t.TempDir())
	r := mustOpen(t, o)
	mustWrite(t, r, insert("a"))
	level0 := filepath.Join(o.Config.Folder, "ltx", "0")
	if err := os.Rename(level0, level0+"-gone"); err != nil {
		t.Fatal(err)
	}
	if err := r.Write(context.Background(), insert("b")); !errors.Is(err, ErrUnknownOutcome) {
		t.Fatal(err)
	}
	if err := os.Rename(level0+"-gone", level0); err != nil {
		t.Fatal(err)
	}
	if err := r.Write(context.Background(), insert("c")); !errors.Is(err, ErrReadOnly) || r.Ready() == nil {
		t.Fatal(err, r.Ready())
	}
	r.Close(context.Background())
	r = mustOpen(t, o) // committed got b, so the off-site folder is caught up with it
	mustWrite(t, r, insert("d"))
	if got := ids(t, r.Read()); !slices.Equal(got, []string{"a", "b", "d"}) {
		t.Fatal(got)
	}
	integrity(t, r.Read())
}

// Writers that meet a Close hear either "done" or "surely not", and the next start agrees with them.
func TestCloseAmongWriters(t *testing.T) {
	o := options(t.TempDir())
	r := mustOpen(t, o)
	var mu sync.Mutex
	var done []string
	var wg sync.WaitGroup
	for w := range 16 {
		wg.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%02d-%05d", w, i)
				err := r.Write(context.Background(), insert(id))
				if errors.Is(err, ErrReadOnly) {
					return
				} else if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				done = append(done, id)
				mu.Unlock()
			}
		})
	}
	for r.TXID() < 20 {
		time.Sleep(time.Millisecond)
	}
	mustClose(t, r)
	wg.Wait()
	if _, ok := readMarker(o.Dir); !ok {
		t.Fatal("no mark of a clean stop")
	}
	r = mustOpen(t, o)
	slices.Sort(done)
	if got := ids(t, r.Read()); !slices.Equal(got, done) {
		t.Fatalf("%d rows, %d were acknowledged", len(got), len(done))
	}
}

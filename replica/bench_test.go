package replica

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
)

const benchInsert = `INSERT INTO note(id, body) VALUES(?, ?)`

// crowd runs b.N writes by n writers in a closed loop and reports the rate.
func crowd(b *testing.B, n int, write func(i int64) error) {
	b.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for range n {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				if err := write(i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "writes/s")
}

func benchAck(b *testing.B, n int) {
	o := options(b.TempDir())
	if dir := os.Getenv("FOYER_BENCH_SCRATCH"); dir != "" { // e.g. /dev/shm
		o.Scratch = filepath.Join(dir, filepath.Base(b.TempDir()))
		defer os.RemoveAll(o.Scratch)
	}
	r := mustOpen(b, o)
	body := make([]byte, 100)
	before := r.TXID()
	crowd(b, n, func(i int64) error {
		return r.Write(context.Background(), func(ctx context.Context, tx *Tx) error {
			_, err := tx.Exec(ctx, benchInsert, fmt.Sprint(i), body)
			return err
		})
	})
	b.ReportMetric(float64(b.N)/float64(r.TXID()-before), "writes/file")
}

func BenchmarkAck1(b *testing.B)  { benchAck(b, 1) }
func BenchmarkAck64(b *testing.B) { benchAck(b, 64) }

// plain is SQLite alone with synchronous=FULL behind the same kind of queue: what durability costs without Litestream.
func benchPlain(b *testing.B, n int) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "plain.db")+
		"?_txlock=immediate&_pragma=journal_mode(wal)&_pragma=synchronous(FULL)")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(firstMigration); err != nil {
		b.Fatal(err)
	}
	conn, err := db.Conn(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	r := &Replica{queue: make(chan *request, queueLen)}
	r.tx = &Tx{r: r, conn: conn, cached: map[string]*statement{}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for q := range r.queue {
			batch := r.drain(q)
			err := plainBatch(r, batch)
			answer(batch, err)
		}
	}()
	body := make([]byte, 100)
	crowd(b, n, func(i int64) error {
		return r.Write(context.Background(), func(ctx context.Context, tx *Tx) error {
			_, err := tx.Exec(ctx, benchInsert, fmt.Sprint(i), body)
			return err
		})
	})
	close(r.queue)
	<-done
}

func plainBatch(r *Replica, batch []*request) error {
	if err := r.tx.run("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	for _, q := range batch {
		if _, err := r.one(q); err != nil {
			return err
		}
	}
	return r.tx.run("COMMIT")
}

func BenchmarkPlainFull1(b *testing.B)  { benchPlain(b, 1) }
func BenchmarkPlainFull64(b *testing.B) { benchPlain(b, 64) }

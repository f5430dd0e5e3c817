package bench

import (
	"context"
	"crypto/rand"
	"database/sql"
	"io/fs"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"foyer"
	"foyer/e2e/figure"
	"foyer/replica"
	"foyer/store"
)

const (
	crowd      = 64              // writers, each waiting for its acknowledgement before the next
	writesTake = 3 * time.Second // of one run
	writesRuns = 5
)

// The row of both sides: a browser's first POST.
const insertBrowser = `INSERT INTO browser (id, token, name, created_at) VALUES (?, ?, ?, ?)`

func browserRow() []any {
	return []any{rand.Text()[:16], []byte(rand.Text() + rand.Text())[:32], "Ada Lindqvist", time.Now().UnixMilli()}
}

// BenchmarkWrites prints what an acknowledged write takes: through the product's queue, durable in committed/ and in the
// folder of the built-in litestream.yml, and through one plain connection with the same batching and synchronous=FULL,
// which is durable in its write-ahead log.
func BenchmarkWrites(b *testing.B) {
	keep := openReplica(b, filepath.Join(b.TempDir(), "data"))
	ours := func() error {
		row := browserRow()
		return keep.Write(context.Background(), func(ctx context.Context, tx *replica.Tx) error {
			_, err := tx.Exec(ctx, insertBrowser, row...)
			return err
		})
	}
	plain := openPlain(b, filepath.Join(b.TempDir(), "plain.db"))
	var acks, plainAcks, rates, plainRates, batches []float64
	figure.Note("writes: %d runs of %s in turns, files on one disk", writesRuns, writesTake)
	for range writesRuns {
		acks = append(acks, writers(b, 1, ours)...)
		plainAcks = append(plainAcks, writers(b, 1, plain.write)...)
		before := keep.TXID()
		n := len(writers(b, crowd, ours))
		rates = append(rates, float64(n)/writesTake.Seconds())
		batches = append(batches, float64(n)/float64(keep.TXID()-before))
		plainRates = append(plainRates, float64(len(writers(b, crowd, plain.write)))/writesTake.Seconds())
	}
	figure.Note("writes: after it")
	figure.Percentiles("write_ack_ms", acks, "ms")
	figure.Percentiles("write_ack_baseline_ms", plainAcks, "ms")
	n := int(figure.Median(rates) * writesTake.Seconds() * writesRuns)
	figure.Spread("writes_per_s_64", rates, "1/s", n)
	figure.Spread("writes_baseline_per_s_64", plainRates, "1/s", n)
	figure.Spread("writes_ratio", figure.Over(rates, plainRates), "rate", n)
	figure.Spread("writes_per_batch_64", batches, "writes", n)
}

// writers write in closed loops for the time of a run and give the time of each acknowledgement, in ms.
func writers(b *testing.B, n int, write func() error) (took []float64) {
	b.Helper()
	var mu sync.Mutex
	var all sync.WaitGroup
	var over atomic.Bool
	stop := time.AfterFunc(writesTake, func() { over.Store(true) })
	defer stop.Stop()
	for range n {
		all.Go(func() {
			var mine []float64
			for !over.Load() {
				sent := time.Now()
				if err := write(); err != nil {
					b.Error(err)
					return
				}
				mine = append(mine, figure.Millis(time.Since(sent)))
			}
			mu.Lock()
			took = append(took, mine...)
			mu.Unlock()
		})
	}
	all.Wait()
	return took
}

// openReplica opens a data folder as the product does, with the off-site folder that is built in.
func openReplica(b *testing.B, data string) *replica.Replica {
	b.Helper()
	conf, err := replica.ParseConfig(foyer.Litestream, func(string) string { return data })
	if err != nil {
		b.Fatal(err)
	}
	keep, err := replica.Open(context.Background(), replica.Options{Dir: data, Config: conf, Migrations: store.Migrations(), Clock: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := keep.Close(context.Background()); err != nil {
			b.Error(err)
		}
	})
	return keep
}

// plainQueue is SQLite alone behind the same kind of queue as replica/queue.go.
type plainQueue struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
	queue chan *plainWrite
}

type plainWrite struct {
	row  []any
	err  error
	done chan struct{}
}

func openPlain(b *testing.B, file string) *plainQueue {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+file+"?_txlock=immediate&_pragma=journal_mode(wal)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)")
	if err != nil {
		b.Fatal(err)
	}
	conn, err := db.Conn(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	names, err := fs.Glob(store.Migrations(), "*.sql")
	if err != nil {
		b.Fatal(err)
	}
	p := &plainQueue{conn: conn, stmts: map[string]*sql.Stmt{}, queue: make(chan *plainWrite, 1024)}
	for _, name := range names {
		script, err := fs.ReadFile(store.Migrations(), name)
		if err == nil {
			_, err = conn.ExecContext(context.Background(), string(script))
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	ended := make(chan struct{})
	go func() { defer close(ended); p.loop() }()
	b.Cleanup(func() { close(p.queue); <-ended; conn.Close(); db.Close() })
	return p
}

func (p *plainQueue) write() error {
	q := &plainWrite{row: browserRow(), done: make(chan struct{})}
	p.queue <- q
	<-q.done
	return q.err
}

func (p *plainQueue) loop() {
	for first := range p.queue {
		batch := p.drain(first)
		err := p.batch(batch)
		for _, q := range batch {
			if err != nil {
				q.err = err
			}
			close(q.done)
		}
	}
}

// drain waits for those who are about to ask, as the product does.
func (p *plainQueue) drain(first *plainWrite) []*plainWrite {
	for range 8 {
		n := len(p.queue)
		if runtime.Gosched(); len(p.queue) == n {
			break
		}
	}
	batch := []*plainWrite{first}
	for len(batch) < 256 {
		select {
		case q, ok := <-p.queue:
			if !ok {
				return batch
			}
			batch = append(batch, q)
		default:
			return batch
		}
	}
	return batch
}

func (p *plainQueue) batch(batch []*plainWrite) error {
	if err := p.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	for _, q := range batch {
		if err := p.exec("SAVEPOINT request"); err != nil {
			return err
		}
		if q.err = p.exec(insertBrowser, q.row...); q.err != nil {
			if err := p.exec("ROLLBACK TO request"); err != nil {
				return err
			}
		}
		if err := p.exec("RELEASE request"); err != nil {
			return err
		}
	}
	return p.exec("COMMIT")
}

func (p *plainQueue) exec(query string, args ...any) (err error) {
	s := p.stmts[query]
	if s == nil {
		if s, err = p.conn.PrepareContext(context.Background(), query); err != nil {
			return err
		}
		p.stmts[query] = s
	}
	_, err = s.ExecContext(context.Background(), args...)
	return err
}

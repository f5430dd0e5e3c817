// Package replica keeps what is known.
//
// There is one SQLite file, one connection that writes it, and one queue before that connection. What waits in the
// queue is written together: one transaction for the batch, a savepoint for each request, one commit, one Litestream
// sync, and only then does anybody hear "done". Acknowledged means: the pages are in data/committed, on disk, and
// also in the folder that litestream.yml names when that is a local one. A bucket follows a second later.
//
// data/app.db itself is only a working copy. It may be torn, stale or gone: committed/ is what is trusted, and after
// anything but a clean stop app.db is built again from it. The layout of committed/ and of the off-site copy is stock
// Litestream's, so `litestream restore file://…/data/committed` works without this program.
//
// Whatever goes wrong while a batch is made durable ends the writing until the next start: after a failed fsync nobody
// knows what the disk holds, and asking it again would only produce a more confident wrong answer.
package replica

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/benbjohnson/litestream"
	"github.com/superfly/ltx"
)

// Options say where the data lives and whom to tell. Dir, Migrations and Clock are required.
type Options struct {
	Dir        string                // the data folder; made with mode 0700 if it is missing
	Config     Config                // the parsed litestream.yml; its zero value means no off-site copy
	Migrations fs.FS                 // NNNN_name.sql at its root, applied in order; PRAGMA user_version becomes NNNN
	Clock      func() time.Time      // the injected clock
	Log        *slog.Logger          // nil discards
	Scratch    string                // Litestream's own folder, wiped at each start; empty: <Dir>/.app.db-litestream. A roomy tmpfs saves two fsyncs per batch, but a full one stops the writing
	OnChange   func(topics []string) // after each acknowledged batch, in commit order; nil topics: anything may have changed. It runs on the queue: it must not block or call Write
}

// Replica owns one data folder from Open to Close.
type Replica struct {
	o     Options
	lock  *lock
	store folder  // data/committed
	copy  *folder // the local off-site folder, nil if there is none
	away  *bucket // the bucket, nil if there is none
	ls    *litestream.DB
	pool  *sql.DB // the pool of one that holds the writer connection
	read  *sql.DB
	tx    *Tx // the writer connection with its cached statements

	last  atomic.Uint64 // newest TXID that is acknowledged or about to be
	epoch int64

	gate     sync.RWMutex // held for reading while a request enters the queue, for writing to close it
	closed   bool
	queue    chan *request
	loopDone chan struct{}
	failed   atomic.Pointer[error]
	pruned   time.Time

	keep keeper
}

// Open takes the lock, makes sure that app.db holds what was acknowledged, starts the queue, migrates and raises the
// epoch. Errors: ErrLocked, ErrNewer, ErrAhead, or what the disk said.
func Open(ctx context.Context, o Options) (r *Replica, err error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Dir, err = dataFolder(o.Dir); err != nil {
		return nil, err
	}
	r = &Replica{o: o, queue: make(chan *request, queueLen), loopDone: make(chan struct{})}
	if r.lock, err = takeLock(o.Dir); err != nil {
		return nil, err
	}
	if err = r.open(ctx); err != nil {
		r.abandon()
		return nil, fmt.Errorf("open %s: %w", o.Dir, err)
	}
	r.keep.start(r)
	go r.loop()
	if err = r.begin(ctx); err != nil {
		r.abandon()
		return nil, fmt.Errorf("open %s: %w", o.Dir, err)
	}
	return r, nil
}

// open brings files and connections up; nothing is written by the application yet.
func (r *Replica) open(ctx context.Context) error {
	r.store = newFolder(filepath.Join(r.o.Dir, "committed"), r.o.Log)
	if err := r.connectOffsite(); err != nil {
		return err
	}
	clean, last, err := r.trust(ctx)
	if err != nil {
		return err
	}
	if last, err = r.reconcile(ctx, last); err != nil {
		return err
	}
	if !clean || !r.markerHolds(last) {
		if err := r.rebuild(ctx, last); err != nil {
			return err
		}
	}
	r.last.Store(uint64(last))
	if err := r.openPools(ctx); err != nil {
		return err
	}
	if err := r.refuseNewer(ctx); err != nil {
		return err
	}
	if err := dropMarker(r.o.Dir); err != nil { // from here on only a clean Close may vouch for app.db
		return err
	}
	return r.startLitestream(ctx, last)
}

// begin is what every start writes, through the queue like everything else.
func (r *Replica) begin(ctx context.Context) error {
	if err := r.migrate(ctx); err != nil {
		return err
	}
	return r.Write(ctx, func(ctx context.Context, tx *Tx) error {
		return tx.QueryRow(ctx, `INSERT INTO node(only, epoch) VALUES(1, 1)
			ON CONFLICT(only) DO UPDATE SET epoch = epoch + 1 RETURNING epoch`).Scan(&r.epoch)
	})
}

// Read returns the pool of readers. Its connections are query_only; keep a read transaction under one second, because
// the write-ahead log cannot be cut while it lasts.
func (r *Replica) Read() *sql.DB { return r.read }

// Epoch returns a durable counter that is raised at each start; claims made in an older epoch are void.
func (r *Replica) Epoch() int64 { return r.epoch }

// TXID returns the newest Litestream transaction number that is in committed/.
func (r *Replica) TXID() uint64 { return r.last.Load() }

// Ready returns nil while writes are accepted, else why not.
func (r *Replica) Ready() error {
	if p := r.failed.Load(); p != nil {
		return *p
	}
	r.gate.RLock()
	defer r.gate.RUnlock()
	if r.closed {
		return fmt.Errorf("%w: closed", ErrReadOnly)
	}
	return nil
}

// Lag returns by how much the off-site copy is behind: 0 for a local folder, which is written before each
// acknowledgement, else the age of the oldest write that is not in the bucket.
func (r *Replica) Lag() time.Duration {
	if r.away == nil {
		return 0
	}
	return r.away.lag()
}

// Close stops the queue, closes the pools, then Litestream, then writes the mark that lets the next start trust app.db.
// The order matters: with Litestream closed first the next start would write the whole database into one L0 file.
func (r *Replica) Close(ctx context.Context) error {
	r.gate.Lock()
	if r.closed {
		r.gate.Unlock()
		return nil
	}
	r.closed = true
	close(r.queue)
	r.gate.Unlock()
	<-r.loopDone
	r.keep.stop()
	err := r.closePools()
	if r.ls != nil {
		err = errors.Join(err, r.ls.Close(ctx))
	}
	if r.away != nil {
		err = errors.Join(err, r.away.stop(ctx))
	}
	if r.failed.Load() == nil && err == nil {
		err = r.writeMarker()
	}
	return errors.Join(err, r.lock.release())
}

// abandon lets go of everything after a failed Open, without vouching for app.db.
func (r *Replica) abandon() {
	if r.ls != nil {
		r.fail(errors.New("start failed"))
		if err := r.Close(context.Background()); err != nil {
			r.o.Log.Warn("close after a failed start", "err", err)
		}
		return
	}
	if err := errors.Join(r.closePools(), r.lock.release()); err != nil {
		r.o.Log.Warn("close after a failed start", "err", err)
	}
}

// fail ends the writing until the next start. The first reason stays.
func (r *Replica) fail(err error) {
	if r.failed.CompareAndSwap(nil, &err) {
		r.o.Log.Error("writing has stopped until the next start", "err", err)
	}
}

func (r *Replica) position() ltx.TXID { return ltx.TXID(r.last.Load()) }

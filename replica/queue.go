package replica

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"
)

const (
	queueLen  = 1024             // requests that may wait; more wait in Write, each with its own context
	maxBatch  = 256              // requests in one transaction
	keepTopic = 10 * time.Minute // how long rows of changed stay (decision 11)
	farWait   = 30 * time.Second // x-foyer durability: replica waits this long for the bucket
	pruneGap  = 5 * time.Second  // between two prunings
	pruneRows = 5000             // at most so many rows per pruning, so that no batch is slow because of it
)

// request is one call of Write on its way through the queue.
type request struct {
	f     func(context.Context, *Tx) error
	ctx   context.Context
	state atomic.Int32 // waiting, then taken or left, whoever is first
	err   error
	done  chan struct{}
}

const (
	waiting int32 = iota
	taken
	left
)

type insideKey struct{} // marks the context that f gets

// Write runs f in the next batch and returns when its outcome is durable: nil, the error of f (whose effects are then
// rolled back alone), ErrReadOnly (surely not done) or ErrUnknownOutcome (ask again with the same key). When ctx ends
// before f has begun, the request leaves the queue; once f runs, Write waits for the outcome. f runs on the queue's
// goroutine, so it must be short, must not call Write, and must not do anything outside tx that a rollback cannot undo.
func (r *Replica) Write(ctx context.Context, f func(ctx context.Context, tx *Tx) error) error {
	if ctx.Value(insideKey{}) == r {
		return errors.New("replica: Write inside Write would wait for itself")
	}
	q := &request{f: f, ctx: ctx, done: make(chan struct{})}
	if err := r.enter(q); err != nil {
		return err
	}
	select {
	case <-q.done:
		return q.err
	case <-ctx.Done():
		if q.state.CompareAndSwap(waiting, left) {
			return ctx.Err()
		}
		<-q.done
		return q.err
	}
}

func (r *Replica) enter(q *request) error {
	r.gate.RLock()
	defer r.gate.RUnlock()
	if r.closed {
		return fmt.Errorf("%w: closed", ErrReadOnly)
	}
	if err := q.ctx.Err(); err != nil {
		return err
	}
	select {
	case r.queue <- q:
		return nil
	case <-q.ctx.Done():
		return q.ctx.Err()
	}
}

// loop is the only goroutine that writes.
func (r *Replica) loop() {
	defer close(r.loopDone)
	for q := range r.queue {
		if b := r.drain(q); len(b) > 0 {
			r.batch(b)
		}
	}
}

// drain takes what waits. Those who were just acknowledged are often about to ask again: yielding a few times while the
// queue still grows makes one batch of 64 instead of a small and a large one in turns, which halves the fsyncs.
func (r *Replica) drain(first *request) []*request {
	for range 8 {
		n := len(r.queue)
		if runtime.Gosched(); len(r.queue) == n {
			break
		}
	}
	b := take(nil, first)
	for len(b) < maxBatch {
		select {
		case q, ok := <-r.queue:
			if !ok {
				return b
			}
			b = take(b, q)
		default:
			return b
		}
	}
	return b
}

func take(b []*request, q *request) []*request {
	if q.state.CompareAndSwap(waiting, taken) {
		b = append(b, q)
	}
	return b
}

// batch executes, makes durable, acknowledges, announces, in this order.
func (r *Replica) batch(b []*request) {
	if p := r.failed.Load(); p != nil {
		answer(b, fmt.Errorf("%w: %w", ErrReadOnly, *p))
		return
	}
	topics, err := r.execute(b)
	if err != nil {
		r.o.Log.Error("a batch was rolled back", "requests", len(b), "err", err)
		answer(b, fmt.Errorf("%w: the batch was rolled back: %w", ErrReadOnly, err))
		return
	}
	if err := r.sync(); err != nil {
		answer(b, fmt.Errorf("%w: %w", ErrUnknownOutcome, err))
		return
	}
	answer(b, nil)
	if len(topics) > 0 && r.o.OnChange != nil {
		r.o.OnChange(topics)
	}
	r.keep.synced()
}

// answer wakes the callers; a common error replaces their own, because a refusal that was decided on rows that may be
// lost is not worth more than those rows.
func answer(b []*request, err error) {
	for _, q := range b {
		if err != nil {
			q.err = err
		}
		close(q.done)
	}
}

// execute runs the requests in one transaction. Its error means that nothing of the batch was committed.
func (r *Replica) execute(b []*request) (topics []string, err error) {
	if err := r.tx.run("BEGIN IMMEDIATE"); err != nil {
		return nil, err
	}
	for _, q := range b {
		kept, err := r.one(q)
		if err != nil {
			return nil, errors.Join(err, r.rollback())
		}
		topics = append(topics, kept...)
	}
	if err := r.prune(); err != nil {
		return nil, errors.Join(err, r.rollback())
	}
	if err := r.tx.run("COMMIT"); err != nil {
		return nil, errors.Join(err, r.rollback())
	}
	return topics, nil
}

// one runs a request inside its savepoint. The returned error is the batch's: SQLite itself throws the whole
// transaction away on a full disk or an I/O error (lang_transaction.html), and then no savepoint is left to go back to.
func (r *Replica) one(q *request) (topics []string, err error) {
	if err := r.tx.run("SAVEPOINT request"); err != nil {
		return nil, err
	}
	r.tx.begin()
	q.err = guarded(context.WithValue(context.WithoutCancel(q.ctx), insideKey{}, r), q.f, r.tx)
	topics = r.tx.end()
	if q.err != nil {
		topics = nil
		if err := r.tx.run("ROLLBACK TO request"); err != nil {
			return nil, fmt.Errorf("%w (after %w)", err, q.err)
		}
	}
	return topics, r.tx.run("RELEASE request")
}

// guarded turns a panic into the caller's error: one broken verb must not stop everybody's writes.
func guarded(ctx context.Context, f func(context.Context, *Tx) error, tx *Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("replica: panic in a write: %v\n%s", p, debug.Stack())
		}
	}()
	return f(ctx, tx)
}

// rollback ends the transaction if SQLite has not already done so. If the connection cannot be cleared, nothing more
// may be written on it.
func (r *Replica) rollback() error {
	_ = r.tx.run("ROLLBACK") // fails when SQLite has rolled back by itself
	if err := r.tx.run("BEGIN IMMEDIATE"); err != nil {
		r.fail(fmt.Errorf("the writer connection is stuck: %w", err))
		return err
	}
	return r.tx.run("ROLLBACK")
}

// sync makes the batch durable, wherever an acknowledgement promises it to be.
func (r *Replica) sync() error {
	if err := r.ls.SyncAndWait(context.Background()); err != nil {
		r.fail(err)
		return err
	}
	if r.away == nil {
		return nil
	}
	r.away.note()
	if r.o.Config.Durability != DurableReplica {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), farWait)
	defer cancel()
	return r.away.wait(ctx, r.position()) // committed/ has it: a late bucket is unknown, but no reason to stop
}

// prune forgets what changed long ago, in a batch that runs anyway.
func (r *Replica) prune() error {
	now := r.o.Clock()
	if d := now.Sub(r.pruned); d >= 0 && d < pruneGap {
		return nil
	}
	first := r.pruned.IsZero()
	r.pruned = now
	if first {
		return nil // the first batch of a start may come before the migration that makes the table
	}
	_, err := r.tx.exec(`DELETE FROM changed WHERE at < ? AND seq < (SELECT min(seq) FROM changed) + ?`,
		now.Add(-keepTopic).UnixMilli(), pruneRows)
	return err
}

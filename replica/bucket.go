package replica

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/benbjohnson/litestream"
	"github.com/superfly/ltx"
)

const (
	bucketEvery = time.Second // one merged object; one per write cannot keep up and costs 100 PUT/s
	bucketFold  = 64          // objects that make an L1
	bucketStop  = 5 * time.Second
)

// bucket copies committed/ to an object store, behind the acknowledgements. Only files that are durable here are
// copied, so the bucket can be late but never wrong.
type bucket struct {
	r       *Replica
	c       litestream.ReplicaClient
	pos     atomic.Uint64 // newest TXID in the bucket
	since   atomic.Int64  // Unix ms of the oldest write that is not, 0 for none
	kick    chan struct{}
	mu      sync.Mutex
	moved   chan struct{} // closed when pos moves
	cancel  context.CancelFunc
	done    sync.WaitGroup
	objects int
}

func newBucket(r *Replica, c litestream.ReplicaClient) *bucket {
	return &bucket{r: r, c: c, kick: make(chan struct{}, 1), moved: make(chan struct{})}
}

// meet asks the bucket where it is. An unreachable bucket does not keep the server from starting, unless
// acknowledgements are to wait for it.
func (b *bucket) meet(ctx context.Context, last ltx.TXID) error {
	ctx, cancel := context.WithTimeout(ctx, farWait)
	defer cancel()
	there, err := newest(ctx, b.c)
	if err != nil && b.r.o.Config.Durability == DurableReplica {
		return fmt.Errorf("the bucket does not answer: %w", err)
	} else if err != nil {
		b.r.o.Log.Warn("the bucket does not answer; trying on", "err", err)
		return nil
	}
	if there > last {
		return aheadError(b.r.o.Config.Offsite(), there, last)
	}
	b.pos.Store(uint64(there))
	return nil
}

// note starts the lag's clock, after a batch.
func (b *bucket) note() {
	if b.pos.Load() < uint64(b.r.position()) {
		b.since.CompareAndSwap(0, b.r.o.Clock().UnixMilli())
	}
}

func (b *bucket) lag() time.Duration {
	since := b.since.Load()
	if since == 0 {
		return 0
	}
	return max(0, b.r.o.Clock().Sub(time.UnixMilli(since)))
}

// wait returns when the bucket has txid, for x-foyer durability: replica.
func (b *bucket) wait(ctx context.Context, txid ltx.TXID) error {
	select {
	case b.kick <- struct{}{}:
	default:
	}
	for {
		b.mu.Lock()
		moved := b.moved
		b.mu.Unlock()
		if b.pos.Load() >= uint64(txid) {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return fmt.Errorf("the bucket did not confirm: %w", ctx.Err())
		}
	}
}

func (b *bucket) start() {
	var ctx context.Context
	ctx, b.cancel = context.WithCancel(context.Background())
	b.note()
	b.done.Go(func() { b.run(ctx) })
}

// stop uploads the rest, for a few seconds at most: what is missing follows at the next start.
func (b *bucket) stop(ctx context.Context) error {
	if b.cancel == nil {
		return nil
	}
	b.cancel()
	b.done.Wait()
	ctx, cancel := context.WithTimeout(ctx, bucketStop)
	defer cancel()
	if err := b.upload(ctx); err != nil {
		b.r.o.Log.Warn("the bucket is behind; the next start goes on", "err", err)
	}
	return nil
}

func (b *bucket) run(ctx context.Context) {
	t := time.NewTicker(bucketEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.kick:
		case <-t.C:
		}
		err := b.upload(ctx)
		if err == nil && b.objects >= bucketFold {
			b.objects = 0
			at := ltx.TXID(b.pos.Load())
			err = folding{c: b.c, upTo: at, least: 2, keepFrom: at, snapshots: 2}.fold(ctx)
		}
		if err != nil && ctx.Err() == nil {
			b.r.o.Log.Warn("off-site copy", "err", err, "lag", b.lag())
		}
	}
}

// upload sends what is committed when it begins, merged into few objects; what comes meanwhile waits for the next round,
// else a busy server would put one object per batch.
func (b *bucket) upload(ctx context.Context) error {
	if b.pos.Load() == 0 { // not met yet, or really empty
		if err := b.meet(ctx, b.r.position()); err != nil {
			return err
		}
	}
	last, at := b.r.position(), b.r.o.Clock().UnixMilli()
	for from := ltx.TXID(b.pos.Load()) + 1; from <= last; {
		to, err := b.send(ctx, from, min(last, from+foldMost-1))
		if err != nil {
			return err
		}
		b.objects++
		b.advance(to)
		from = to + 1
	}
	b.since.Store(0)
	if b.r.position() > last { // whatever is left was written after this round began
		b.since.CompareAndSwap(0, at)
	}
	return nil
}

func (b *bucket) advance(to ltx.TXID) {
	b.pos.Store(uint64(to))
	b.mu.Lock()
	close(b.moved)
	b.moved = make(chan struct{})
	b.mu.Unlock()
}

// send merges the L0 files from..to into one object. If committed/ no longer has them all, the bucket gets a whole
// snapshot, and the newest L0 file beside it.
func (b *bucket) send(ctx context.Context, from, to ltx.TXID) (ltx.TXID, error) {
	var parts []*ltx.FileInfo
	for x := from; x <= to; x++ {
		if size(b.r.store.LTXFilePath(0, x, x)) < 0 {
			return b.snapshot(ctx)
		}
		parts = append(parts, &ltx.FileInfo{MinTXID: x, MaxTXID: x})
	}
	return to, b.merge(ctx, 0, from, to, parts)
}

func (b *bucket) snapshot(ctx context.Context) (ltx.TXID, error) {
	last := b.r.position()
	parts, err := litestream.CalcRestorePlan(ctx, b.r.store, last, time.Time{}, b.r.o.Log)
	if err != nil {
		return 0, err
	}
	if err := b.merge(ctx, snapshotLevel, 1, last, parts); err != nil {
		return 0, err
	}
	return last, b.merge(ctx, 0, last, last, []*ltx.FileInfo{{MinTXID: last, MaxTXID: last}})
}

func (b *bucket) merge(ctx context.Context, level int, lo, hi ltx.TXID, parts []*ltx.FileInfo) error {
	var in []io.Reader
	for _, i := range parts {
		f, err := b.r.store.OpenLTXFile(ctx, i.Level, i.MinTXID, i.MaxTXID, 0, 0)
		if err != nil {
			return err
		}
		defer f.Close()
		in = append(in, bufio.NewReaderSize(f, 8<<10))
	}
	return mergeInto(ctx, b.c, level, lo, hi, in)
}

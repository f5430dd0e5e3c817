package replica

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/superfly/ltx"
)

const (
	keeperEvery  = time.Minute
	keeperLeast  = 32    // L0 files that the quiet round folds
	scratchKeep  = 8     // Litestream reads only its newest own L0 file
	waitForCloud = 20000 // L0 files that committed/ keeps for an unreachable bucket; then it gets a snapshot instead
)

// keeper is the goroutine that keeps committed/, the off-site folder and Litestream's scratch folder from growing
// without bound. Without Litestream's Store nobody else does: 38 000 files in five minutes, measured.
type keeper struct {
	r      *Replica
	count  int
	kick   chan struct{}
	cancel context.CancelFunc
	done   sync.WaitGroup
}

func (k *keeper) start(r *Replica) {
	k.r = r
	k.kick = make(chan struct{}, 1)
	k.kick <- struct{}{} // a program that keeps dying young never counts to foldAt: look at what earlier lives left
	var ctx context.Context
	ctx, k.cancel = context.WithCancel(context.Background())
	k.done.Go(func() { k.run(ctx) })
	if r.away != nil {
		r.away.start()
	}
}

// synced counts batches, on the queue's goroutine.
func (k *keeper) synced() {
	if k.count++; k.count < foldAt {
		return
	}
	k.count = 0
	select {
	case k.kick <- struct{}{}:
	default:
	}
}

func (k *keeper) stop() {
	if k.cancel != nil {
		k.cancel()
		k.done.Wait()
	}
}

func (k *keeper) run(ctx context.Context) {
	t := time.NewTicker(keeperEvery)
	defer t.Stop()
	for {
		least := keeperLeast
		select {
		case <-ctx.Done():
			return
		case <-k.kick:
			least = foldAt
		case <-t.C:
		}
		if err := k.r.tidy(ctx, least); err != nil && ctx.Err() == nil {
			k.r.o.Log.Warn("could not fold old files", "err", err)
		}
	}
}

// tidy folds each copy by itself, one after the other, and trims the scratch folder.
func (r *Replica) tidy(ctx context.Context, least int) error {
	last := r.position()
	f := folding{c: r.store, upTo: last, least: least, keepFrom: last, snapshots: 1}
	if r.away != nil {
		f.keepFrom = min(last, ltx.TXID(r.away.pos.Load())+1)
		if last > waitForCloud {
			f.keepFrom = max(f.keepFrom, last-waitForCloud)
		}
	}
	if err := f.fold(ctx); err != nil {
		return err
	}
	if r.copy != nil {
		if err := (folding{c: r.copy, upTo: last, least: least, keepFrom: last, snapshots: 2}).fold(ctx); err != nil {
			return err
		}
	}
	return r.trimScratch(last)
}

func (r *Replica) trimScratch(last ltx.TXID) error {
	dir := filepath.Dir(r.ls.LTXPath(0, 1, 1))
	names, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, n := range names {
		if _, hi, err := ltx.ParseFilename(n.Name()); err == nil && hi+scratchKeep < last {
			if err := os.Remove(filepath.Join(dir, n.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

package replica

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/benbjohnson/litestream"
	"github.com/superfly/ltx"
)

// connectOffsite opens the copy that litestream.yml names.
func (r *Replica) connectOffsite() error {
	c := r.o.Config
	switch {
	case c.Folder != "":
		if rel, err := filepath.Rel(r.o.Dir, c.Folder); err == nil && rel != ".." && !strings.HasPrefix(rel, "../") {
			return fmt.Errorf("the off-site folder %s lies inside the data folder and would be lost with it", c.Folder)
		}
		f := newFolder(c.Folder, r.o.Log)
		r.copy = &f
		return f.prepare()
	case c.URL != "":
		client, err := c.bucketClient()
		if err != nil {
			return err
		}
		client.SetLogger(r.o.Log)
		r.away = newBucket(r, client)
	}
	return nil
}

// reconcile brings committed/ and the off-site copy to the same TXID before anything is written. A crash between the
// two writes leaves either of them one file ahead; more than that, or another past, is refused.
func (r *Replica) reconcile(ctx context.Context, last ltx.TXID) (ltx.TXID, error) {
	switch {
	case r.away != nil:
		return last, r.away.meet(ctx, last)
	case r.copy == nil:
		return last, nil
	}
	there, err := newest(ctx, r.copy)
	if err != nil {
		return 0, err
	}
	if last == 0 && there > 0 {
		return 0, aheadError(r.o.Config.Offsite(), there, last)
	}
	if there > 0 {
		if there, err = r.recognise(ctx, last, there); err != nil {
			return 0, err
		}
	}
	if there > last {
		if last, err = r.adopt(ctx, last, there); err != nil {
			return 0, err
		}
	}
	if last > there {
		return last, r.catchUp(ctx, there, last)
	}
	return last, nil
}

func aheadError(offsite string, there, last ltx.TXID) error {
	return fmt.Errorf("%w: %s is at %d, this folder at %d. If the data folder was lost, run `foyer restore` into an empty one; "+
		"if this is meant to be a new start, name another off-site folder in litestream.yml", ErrAhead, offsite, there, last)
}

// recognise checks that both copies tell the same past, by the newest L0 file that both have, and returns how far the
// off-site one is whole: a torn newest file there is set aside and written again.
func (r *Replica) recognise(ctx context.Context, last, there ltx.TXID) (ltx.TXID, error) {
	ours, err := files(ctx, r.store, 0)
	if err != nil {
		return 0, err
	}
	for i := len(ours) - 1; i >= 0; i-- {
		f := ours[i]
		if f.MaxTXID > last || f.MaxTXID > there || size(r.copy.LTXFilePath(0, f.MinTXID, f.MaxTXID)) < 0 {
			continue
		}
		if _, err := verify(ctx, r.copy, f); err != nil && there <= last {
			name := r.copy.LTXFilePath(0, f.MinTXID, f.MaxTXID)
			r.o.Log.Warn("a damaged off-site file is written again", "file", name, "err", err)
			if err := os.Rename(name, name+".bad"); err != nil {
				return 0, err
			}
			there = min(there, f.MinTXID-1)
			continue
		}
		same, err := sameFile(ctx, r.store, r.copy, f)
		if err == nil && !same {
			err = fmt.Errorf("%w: %s holds another history (file %s differs); name another folder in litestream.yml",
				ErrAhead, r.o.Config.Offsite(), ltx.FormatFilename(f.MinTXID, f.MaxTXID))
		}
		return there, err
	}
	return 0, fmt.Errorf("%w: %s has nothing in common with this data folder; empty it or name another one in litestream.yml",
		ErrAhead, r.o.Config.Offsite())
}

// adopt takes the L0 files that only the off-site folder got.
func (r *Replica) adopt(ctx context.Context, last, there ltx.TXID) (ltx.TXID, error) {
	for next := last + 1; next <= there; next++ {
		name := r.copy.LTXFilePath(0, next, next)
		if size(name) < 0 {
			return 0, aheadError(r.o.Config.Offsite(), there, last)
		}
		if _, err := verify(ctx, r.copy, &ltx.FileInfo{MinTXID: next, MaxTXID: next}); err != nil {
			for bad := next; bad <= there; bad++ { // never acknowledged, or it would be whole in both places
				name := r.copy.LTXFilePath(0, bad, bad)
				if err := os.Rename(name, name+".bad"); err != nil {
					return 0, err
				}
			}
			return next - 1, nil
		}
		if err := r.store.copyFrom(name, 0, next, next); err != nil {
			return 0, err
		}
	}
	r.o.Log.Info("committed took what only the off-site folder had", "from", uint64(last+1), "to", uint64(there))
	return there, nil
}

// catchUp writes to the off-site folder what only committed/ has: the L0 files if they are all still there, else
// everything that a rebuild would read.
func (r *Replica) catchUp(ctx context.Context, there, last ltx.TXID) error {
	var missing []*ltx.FileInfo
	for next := there + 1; next <= last; next++ {
		if size(r.store.LTXFilePath(0, next, next)) < 0 {
			missing = nil
			break
		}
		missing = append(missing, &ltx.FileInfo{MinTXID: next, MaxTXID: next})
	}
	if missing == nil {
		var err error
		if missing, err = plan(ctx, r.store, last, r.o.Log); err != nil {
			return err
		}
	}
	for _, i := range missing {
		name := r.store.LTXFilePath(i.Level, i.MinTXID, i.MaxTXID)
		if size(name) == size(r.copy.LTXFilePath(i.Level, i.MinTXID, i.MaxTXID)) {
			continue
		}
		if err := r.copy.copyFrom(name, i.Level, i.MinTXID, i.MaxTXID); err != nil {
			return err
		}
	}
	r.o.Log.Info("the off-site folder was caught up", "from", uint64(there+1), "to", uint64(last))
	return nil
}

// plan lists the files that together make the database at TXID last, plus the newest L0 file: Litestream looks for its
// position in level 0 only (replica.go:274), so a copy must never be without one.
func plan(ctx context.Context, c litestream.ReplicaClient, last ltx.TXID, log *slog.Logger) ([]*ltx.FileInfo, error) {
	a, err := litestream.CalcRestorePlan(ctx, c, last, time.Time{}, log)
	if err != nil {
		return nil, err
	}
	if n := a[len(a)-1]; n.Level == 0 {
		return a, nil
	}
	l0, err := files(ctx, c, 0)
	if err != nil || len(l0) == 0 {
		return a, err
	}
	return append(a, l0[len(l0)-1]), nil
}

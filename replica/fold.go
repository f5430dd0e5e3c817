package replica

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/benbjohnson/litestream"
	"github.com/superfly/ltx"
)

const (
	foldAt   = 256     // L0 files that make an L1 worth writing
	foldMost = 512     // files merged at once: each is an open file
	keepL0   = 16      // newest L0 files that stay although they are folded
	manyL1   = 32      // L1 files that make one
	smallL9  = 4 << 20 // bytes of L1 below which a new snapshot is not worth it
)

// folding says how one copy is kept small. It works on any ReplicaClient, one step after the other: upstream runs
// snapshots and compaction side by side and runs out of memory on large databases (#1477).
type folding struct {
	c         litestream.ReplicaClient
	upTo      ltx.TXID // fold nothing newer
	least     int      // fold only when so many L0 files wait
	keepFrom  ltx.TXID // L0 files from here on stay (a bucket still wants them)
	snapshots int      // L9 files to keep
}

// fold merges L0 files into L1, L1 into L9, and deletes what is then held twice.
func (f folding) fold(ctx context.Context) error {
	for {
		more, err := f.foldL0(ctx)
		if err != nil {
			return fmt.Errorf("fold level 0: %w", err)
		}
		if !more {
			break
		}
	}
	if err := f.foldL1(ctx); err != nil {
		return fmt.Errorf("fold level 1: %w", err)
	}
	return f.sweep(ctx)
}

// covered returns the live L1 files above the newest snapshot and how far they reach.
func (f folding) covered(ctx context.Context) (snap *ltx.FileInfo, l1 []*ltx.FileInfo, last ltx.TXID, err error) {
	a, err := files(ctx, f.c, snapshotLevel)
	if err != nil {
		return nil, nil, 0, err
	}
	for _, i := range a {
		if i.MaxTXID > last {
			snap, last = i, i.MaxTXID
		}
	}
	if a, err = files(ctx, f.c, 1); err != nil {
		return nil, nil, 0, err
	}
	for _, i := range a {
		if i.MaxTXID > last && i.MinTXID <= last+1 {
			l1, last = append(l1, i), i.MaxTXID
		}
	}
	return snap, l1, last, nil
}

func (f folding) foldL0(ctx context.Context) (more bool, err error) {
	_, _, last, err := f.covered(ctx)
	if err != nil {
		return false, err
	}
	a, err := files(ctx, f.c, 0)
	if err != nil {
		return false, err
	}
	var fresh []*ltx.FileInfo
	for _, i := range a {
		if i.MaxTXID > last && i.MinTXID <= last+1 && i.MaxTXID <= f.upTo && len(fresh) < foldMost {
			fresh, last = append(fresh, i), i.MaxTXID
		}
	}
	if len(fresh) == 0 || len(fresh) < f.least {
		return false, nil
	}
	return len(fresh) == foldMost, f.merge(ctx, fresh, 1)
}

func (f folding) foldL1(ctx context.Context) error {
	snap, l1, _, err := f.covered(ctx)
	if err != nil || len(l1) == 0 {
		return err
	}
	var bytes int64
	for _, i := range l1 {
		bytes += i.Size
	}
	switch {
	case snap == nil:
		return f.merge(ctx, l1, snapshotLevel)
	case bytes > smallL9 && bytes > snap.Size/2:
		return f.merge(ctx, append([]*ltx.FileInfo{snap}, l1...), snapshotLevel)
	case len(l1) > manyL1:
		return f.merge(ctx, l1, 1)
	}
	return nil
}

// merge writes one file that holds the newest page of each of the given ones. The inputs' checksums are checked on
// the way; the output appears under its name only when it is whole.
func (f folding) merge(ctx context.Context, a []*ltx.FileInfo, level int) error {
	var in []io.Reader
	for _, i := range a {
		rc, err := f.c.OpenLTXFile(ctx, i.Level, i.MinTXID, i.MaxTXID, 0, 0)
		if err != nil {
			return err
		}
		defer rc.Close()
		in = append(in, bufio.NewReaderSize(rc, 8<<10))
	}
	return mergeInto(ctx, f.c, level, a[0].MinTXID, a[len(a)-1].MaxTXID, in)
}

func mergeInto(ctx context.Context, c litestream.ReplicaClient, level int, lo, hi ltx.TXID, in []io.Reader) error {
	pr, pw := io.Pipe()
	m, err := ltx.NewCompactor(pw, in)
	if err != nil {
		return err
	}
	m.HeaderFlags = ltx.HeaderFlagNoChecksum
	done := make(chan struct{})
	go func() { defer close(done); pw.CloseWithError(m.Compact(ctx)) }()
	_, err = c.WriteLTXFile(ctx, level, lo, hi, pr)
	pr.CloseWithError(errors.New("the merged file is closed"))
	<-done // the inputs may be closed only after the last read
	return err
}

// sweep deletes what is contained in something that stays.
func (f folding) sweep(ctx context.Context) error {
	_, live, last, err := f.covered(ctx)
	if err != nil {
		return err
	}
	snaps, err := files(ctx, f.c, snapshotLevel)
	if err != nil || len(snaps) == 0 {
		return err
	}
	var drop []*ltx.FileInfo
	if n := len(snaps) - f.snapshots; n > 0 {
		drop, snaps = append(drop, snaps[:n]...), snaps[n:]
	}
	l1, err := files(ctx, f.c, 1)
	if err != nil {
		return err
	}
	for _, i := range l1 {
		if i.MaxTXID <= snaps[0].MaxTXID || inside(i, live) {
			drop = append(drop, i)
		}
	}
	l0, err := files(ctx, f.c, 0)
	if err != nil {
		return err
	}
	for n, i := range l0 {
		if i.MaxTXID <= last && i.MaxTXID < f.keepFrom && n < len(l0)-keepL0 {
			drop = append(drop, i)
		}
	}
	if len(drop) == 0 {
		return nil
	}
	return f.c.DeleteLTXFiles(ctx, drop)
}

func inside(i *ltx.FileInfo, a []*ltx.FileInfo) bool {
	for _, x := range a {
		if x.MinTXID <= i.MinTXID && x.MaxTXID >= i.MaxTXID && x.MaxTXID-x.MinTXID > i.MaxTXID-i.MinTXID {
			return true
		}
	}
	return false
}

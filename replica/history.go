package replica

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/benbjohnson/litestream"
	"github.com/superfly/ltx"
)

const snapshotLevel = litestream.SnapshotLevel // 9, the level of whole copies

// files lists one level of a copy, sorted by first, then last TXID.
func files(ctx context.Context, c litestream.ReplicaClient, level int) ([]*ltx.FileInfo, error) {
	it, err := c.LTXFiles(ctx, level, 0, false)
	if err != nil {
		return nil, fmt.Errorf("list level %d: %w", level, err)
	}
	var a []*ltx.FileInfo
	for it.Next() {
		i := *it.Item()
		i.Level = level
		a = append(a, &i)
	}
	if err := it.Close(); err != nil {
		return nil, fmt.Errorf("list level %d: %w", level, err)
	}
	slices.SortFunc(a, func(x, y *ltx.FileInfo) int {
		return cmp.Or(cmp.Compare(x.MinTXID, y.MinTXID), cmp.Compare(x.MaxTXID, y.MaxTXID))
	})
	return a, nil
}

// newest returns the highest TXID that any level of a copy names; 0 for an empty one.
func newest(ctx context.Context, c litestream.ReplicaClient) (last ltx.TXID, err error) {
	for level := 0; level <= snapshotLevel; level++ {
		a, err := files(ctx, c, level)
		if err != nil {
			return 0, err
		}
		for _, i := range a {
			last = max(last, i.MaxTXID)
		}
	}
	return last, nil
}

// verify reads a whole file and compares its checksums.
func verify(ctx context.Context, c litestream.ReplicaClient, i *ltx.FileInfo) (ltx.Header, error) {
	f, err := c.OpenLTXFile(ctx, i.Level, i.MinTXID, i.MaxTXID, 0, 0)
	if err != nil {
		return ltx.Header{}, err
	}
	defer f.Close()
	dec := ltx.NewDecoder(bufio.NewReaderSize(f, 256<<10))
	if err := dec.Verify(); err != nil {
		return ltx.Header{}, err
	}
	h := dec.Header()
	if h.MinTXID != i.MinTXID || h.MaxTXID != i.MaxTXID {
		return h, fmt.Errorf("the file says %s-%s", h.MinTXID, h.MaxTXID)
	}
	return h, nil
}

// trusted walks a folder from its snapshot to its newest L0 file, checks every file that a rebuild would read, and
// returns the TXID up to which it is whole. A bad L0 file and all after it are set aside as *.bad (a torn tail cannot
// have been acknowledged on a disk that keeps its promises). Anything older that is bad is an error: that is damage,
// not a crash, and the off-site copy is the way back.
func trusted(ctx context.Context, f folder) (last ltx.TXID, err error) {
	var levels [3][]*ltx.FileInfo
	for n, level := range []int{snapshotLevel, 1, 0} {
		if levels[n], err = files(ctx, f, level); err != nil {
			return 0, err
		}
	}
	for _, i := range levels[0] { // a rebuild begins with the newest; the older ones nobody reads
		last = max(last, i.MaxTXID)
	}
	for _, i := range levels[0] {
		if i.MaxTXID == last {
			if err := undamaged(ctx, f, i); err != nil {
				return 0, err
			}
		}
	}
	for _, i := range levels[1] {
		if i.MaxTXID <= last || i.MinTXID > last+1 {
			continue
		}
		if err := undamaged(ctx, f, i); err != nil {
			return 0, err
		}
		last = i.MaxTXID
	}
	return cut(ctx, f, levels[2], last)
}

func undamaged(ctx context.Context, f folder, i *ltx.FileInfo) error {
	if _, err := verify(ctx, f, i); err != nil {
		return fmt.Errorf("%s is damaged (%w); keep it and run `foyer restore` into a new folder",
			f.LTXFilePath(i.Level, i.MinTXID, i.MaxTXID), err)
	}
	return nil
}

// cut follows the L0 files that continue last and sets the rest aside from the first bad one on.
func cut(ctx context.Context, f folder, a []*ltx.FileInfo, last ltx.TXID) (ltx.TXID, error) {
	for n, i := range a {
		if i.MaxTXID <= last {
			continue
		}
		_, err := verify(ctx, f, i)
		if err == nil && i.MinTXID <= last+1 {
			last = i.MaxTXID
			continue
		}
		for _, bad := range a[n:] {
			name := f.LTXFilePath(0, bad.MinTXID, bad.MaxTXID)
			if err := os.Rename(name, name+".bad"); err != nil {
				return 0, err
			}
		}
		return last, syncDir(f.LTXLevelDir(0))
	}
	return last, nil
}

// sameFile says whether two copies hold the same bytes under the same name.
func sameFile(ctx context.Context, a, b litestream.ReplicaClient, i *ltx.FileInfo) (bool, error) {
	x, err := digest(ctx, a, i)
	if err != nil {
		return false, err
	}
	y, err := digest(ctx, b, i)
	return err == nil && bytes.Equal(x, y), err
}

func digest(ctx context.Context, c litestream.ReplicaClient, i *ltx.FileInfo) ([]byte, error) {
	f, err := c.OpenLTXFile(ctx, i.Level, i.MinTXID, i.MaxTXID, 0, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return h.Sum(nil), err
}

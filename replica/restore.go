package replica

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/benbjohnson/litestream"
	"github.com/superfly/ltx"
)

// RestoreOptions say from where and whither.
type RestoreOptions struct {
	Dir    string // the data folder; missing, or empty but for lock and secret
	Config Config // names the off-site copy
	Log    *slog.Logger
}

// Report says what a restore brought back.
type Report struct {
	TXID  uint64    // newest Litestream transaction number
	At    time.Time // when it was written, by the writer's clock
	Files int       // LTX files copied
	Bytes int64
}

// Restore copies what makes up the newest state from the off-site copy into data/committed of an empty folder; the next
// Open builds app.db from it. Every file is read back and its checksums compared. Errors: ErrLocked, ErrNotEmpty, or
// that the off-site copy is empty or damaged.
func Restore(ctx context.Context, o RestoreOptions) (rep Report, err error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Dir, err = dataFolder(o.Dir); err != nil {
		return rep, err
	}
	l, err := takeLock(o.Dir)
	if err != nil {
		return rep, err
	}
	defer func() { err = errors.Join(err, l.release()) }()
	if err := refuseFull(o.Dir); err != nil {
		return rep, err
	}
	from, err := o.source()
	if err != nil {
		return rep, err
	}
	part := filepath.Join(o.Dir, "committed.part")
	if rep, err = fetch(ctx, from, newFolder(part, o.Log), o.Log); err != nil {
		return rep, errors.Join(fmt.Errorf("restore from %s: %w", o.Config.Offsite(), err), os.RemoveAll(part))
	}
	if err := os.Rename(part, filepath.Join(o.Dir, "committed")); err != nil {
		return rep, err
	}
	return rep, syncDir(o.Dir)
}

func (o RestoreOptions) source() (litestream.ReplicaClient, error) {
	switch {
	case o.Config.Folder != "":
		return newFolder(o.Config.Folder, o.Log), nil
	case o.Config.URL != "":
		return o.Config.bucketClient()
	}
	return nil, errors.New("litestream.yml names no replica to restore from")
}

// refuseFull lets only those files be there that a folder before its first start may have.
func refuseFull(dir string) error {
	names, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, n := range names {
		switch n.Name() {
		case "lock", "secret":
		case "committed.part": // the rest of a restore that was interrupted
			if err := os.RemoveAll(filepath.Join(dir, n.Name())); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%w: %s is in %s", ErrNotEmpty, n.Name(), dir)
		}
	}
	return nil
}

func fetch(ctx context.Context, from litestream.ReplicaClient, to folder, log *slog.Logger) (rep Report, err error) {
	if err := to.prepare(); err != nil {
		return rep, err
	}
	a, err := plan(ctx, from, 0, log)
	if errors.Is(err, litestream.ErrTxNotAvailable) {
		return rep, errors.New("there is nothing in it")
	} else if err != nil {
		return rep, err
	}
	for _, i := range a {
		h, err := fetchFile(ctx, from, to, i)
		if err != nil && i.Level == 0 && rep.Files > 0 && i == a[len(a)-1] {
			log.Warn("the newest off-site file is torn and was left out", "err", err)
			break
		} else if err != nil {
			return rep, err
		}
		if t := uint64(i.MaxTXID); t >= rep.TXID {
			rep.TXID, rep.At = t, time.UnixMilli(h.Timestamp)
		}
		rep.Files++
		rep.Bytes += i.Size
	}
	return rep, nil
}

func fetchFile(ctx context.Context, from litestream.ReplicaClient, to folder, i *ltx.FileInfo) (ltx.Header, error) {
	rc, err := from.OpenLTXFile(ctx, i.Level, i.MinTXID, i.MaxTXID, 0, 0)
	if err != nil {
		return ltx.Header{}, err
	}
	defer rc.Close()
	level := min(i.Level, 1)
	if i.Level == snapshotLevel {
		level = snapshotLevel
	}
	if err := to.put(io.Reader(bufio.NewReaderSize(rc, 256<<10)), i.CreatedAt, level, i.MinTXID, i.MaxTXID); err != nil {
		return ltx.Header{}, err
	}
	h, err := verify(ctx, to, &ltx.FileInfo{Level: level, MinTXID: i.MinTXID, MaxTXID: i.MaxTXID})
	if err != nil {
		err = errors.Join(fmt.Errorf("level %d %s-%s: %w", i.Level, i.MinTXID, i.MaxTXID, err),
			os.Remove(to.LTXFilePath(level, i.MinTXID, i.MaxTXID)))
	}
	return h, err
}

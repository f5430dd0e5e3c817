package replica

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/benbjohnson/litestream/file"
	"github.com/superfly/ltx"
)

// folder is a stock Litestream file replica (ltx/0, ltx/1, ltx/9) with writes that know about fsync.
type folder struct{ *file.ReplicaClient }

func newFolder(path string, log *slog.Logger) folder {
	f := folder{file.NewReplicaClient(path)}
	f.SetLogger(log)
	return f
}

// prepare makes the level folders durable and sweeps what an earlier crash left half written.
func (f folder) prepare() error {
	for _, level := range []int{0, 1, snapshotLevel} {
		dir := f.LTXLevelDir(level)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		names, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, n := range names {
			if strings.HasSuffix(n.Name(), ".tmp") {
				if err := os.Remove(filepath.Join(dir, n.Name())); err != nil {
					return err
				}
			}
		}
	}
	for dir := f.LTXLevelDir(0); dir != filepath.Dir(filepath.Dir(f.Path())); dir = filepath.Dir(dir) {
		if err := syncDir(dir); err != nil {
			return err
		}
	}
	return nil
}

// link gives an L0 file that Litestream has already synced its second name here: one directory fsync instead of a
// whole copy. Nobody ever writes into an LTX file again, so two names for one inode are safe. Where that cannot be (the
// scratch folder is elsewhere, perhaps in memory), it copies.
func (f folder) link(from string, txid ltx.TXID) error {
	to := f.LTXFilePath(0, txid, txid)
	err := os.Link(from, to)
	if errors.Is(err, os.ErrExist) {
		return err
	} else if err != nil {
		return f.copyFrom(from, 0, txid, txid)
	}
	return syncDir(filepath.Dir(to))
}

// copyFrom makes an independent, durable copy of an LTX file here.
func (f folder) copyFrom(from string, level int, lo, hi ltx.TXID) error {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	fi, err := src.Stat()
	if err != nil {
		return err
	}
	return f.put(src, fi.ModTime(), level, lo, hi)
}

// put writes beside, syncs, renames, syncs the folder: after it returns, the whole file is there under its name, and
// before that nothing is. The file keeps the time it was made at, which stock Litestream reads for -timestamp.
func (f folder) put(src io.Reader, made time.Time, level int, lo, hi ltx.TXID) (err error) {
	to := f.LTXFilePath(level, lo, hi)
	tmp, err := os.OpenFile(to+".tmp", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(tmp, src)
	if err == nil {
		err = os.Chtimes(tmp.Name(), made, made)
	}
	if err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err != nil {
		os.Remove(tmp.Name())
		return err
	}
	if err := os.Rename(tmp.Name(), to); err != nil {
		return err
	}
	return syncDir(filepath.Dir(to))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

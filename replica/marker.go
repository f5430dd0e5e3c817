package replica

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"github.com/superfly/ltx"
)

// marker is data/clean: the word of a clean Close that app.db, at these sizes, holds committed/ up to TXID.
type marker struct {
	TXID     ltx.TXID
	Database int64 // bytes of app.db
	Log      int64 // bytes of app.db-wal, -1 if there is none
}

func markerPath(dir string) string { return filepath.Join(dir, "clean") }

// now measures the files as they are.
func (r *Replica) now() (m marker) {
	m.TXID, m.Database, m.Log = r.position(), size(r.database()), size(r.database()+"-wal")
	return m
}

func size(name string) int64 {
	fi, err := os.Stat(name)
	if err != nil {
		return -1
	}
	return fi.Size()
}

func readMarker(dir string) (m marker, ok bool) {
	b, err := os.ReadFile(markerPath(dir))
	return m, err == nil && json.Unmarshal(b, &m) == nil && m.TXID > 0
}

func (r *Replica) writeMarker() error {
	b, err := json.Marshal(r.now())
	if err != nil {
		return err
	}
	f, err := os.OpenFile(markerPath(r.o.Dir), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return syncDir(r.o.Dir)
}

func dropMarker(dir string) error {
	if err := os.Remove(markerPath(dir)); errors.Is(err, os.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	return syncDir(dir)
}

// trust returns how far committed/ can be believed. After a clean stop its names are enough; else every file that a
// rebuild would read is read now, and a torn tail is cut.
func (r *Replica) trust(ctx context.Context) (clean bool, last ltx.TXID, err error) {
	if err := r.store.prepare(); err != nil {
		return false, 0, err
	}
	if m, ok := readMarker(r.o.Dir); ok {
		if last, err = newest(ctx, r.store); err != nil || last == m.TXID {
			return err == nil, last, err
		}
	}
	last, err = trusted(ctx, r.store)
	return false, last, err
}

// markerHolds says whether app.db is still what the last Close left, and still all there is.
func (r *Replica) markerHolds(last ltx.TXID) bool {
	m, ok := readMarker(r.o.Dir)
	return ok && m.TXID == last && m.Database == size(r.database()) && m.Log == size(r.database()+"-wal")
}

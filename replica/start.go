package replica

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/benbjohnson/litestream"
	"github.com/superfly/ltx"
)

// rebuild makes app.db anew from committed/, so that it holds exactly what was acknowledged (or the unacknowledged
// batch that still reached the disk). What was in the old file and not in committed/ was never acknowledged.
func (r *Replica) rebuild(ctx context.Context, last ltx.TXID) error {
	if last == 0 {
		if err := r.refuseOrphan(ctx); err != nil {
			return err
		}
	}
	for _, suffix := range []string{"", "-wal", "-shm", "-txid", ".tmp"} {
		if err := os.Remove(r.database() + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	if last == 0 {
		return nil
	}
	opt := litestream.NewRestoreOptions()
	opt.OutputPath, opt.TXID = r.database(), last
	if err := litestream.NewReplicaWithClient(nil, r.store).Restore(ctx, opt); err != nil {
		return fmt.Errorf("rebuild app.db from committed: %w", err)
	}
	r.o.Log.Info("app.db was built from committed", "txid", uint64(last))
	return nil
}

// refuseOrphan protects an app.db whose committed/ has been removed: it may be the only copy. The first sync of a new
// folder comes before its first migration, so a migrated file without committed/ cannot be the rest of a crash.
func (r *Replica) refuseOrphan(ctx context.Context) error {
	if _, err := os.Stat(r.database()); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	var version int
	if err := r.openPools(ctx); err != nil {
		return err
	}
	err := r.tx.conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version)
	err = errors.Join(err, r.closePools())
	r.pool, r.read, r.tx = nil, nil, nil
	if err == nil && version > 0 {
		err = errors.New("app.db is there but committed/ is empty: move app.db away, or bring committed/ back")
	}
	return err
}

// startLitestream connects Litestream to app.db at TXID last and does the first sync.
func (r *Replica) startLitestream(ctx context.Context, last ltx.TXID) error {
	ls := litestream.NewDB(r.database())
	ls.MonitorInterval, ls.ShutdownSyncTimeout = 0, 0 // we drive it; and a stopped writer must not retry on its way out
	if r.o.Scratch != "" {
		ls.SetMetaPath(filepath.Join(r.o.Scratch, ".app.db-litestream")) // never the folder itself: it is wiped
	}
	if err := os.RemoveAll(ls.MetaPath()); err != nil {
		return err
	}
	if last > 0 {
		if err := r.craft(ctx, ls, last); err != nil {
			return fmt.Errorf("continue at %s: %w", last, err)
		}
	}
	repl := litestream.NewReplicaWithClient(ls, &ackClient{folder: r.store, r: r})
	repl.MonitorEnabled = false
	ls.Replica = repl
	ls.SetLogger(r.o.Log)
	if err := ls.Open(); err != nil {
		return err
	}
	repl.SetPos(ltx.Pos{TXID: last}) // else litestream would count level 0 only (replica.go:274)
	if err := ls.SyncAndWait(ctx); err != nil {
		return errors.Join(fmt.Errorf("first sync: %w", err), r.closePools(), ls.Close(ctx))
	}
	r.ls = ls
	return nil
}

// craft lets Litestream continue at TXID last+1 without its full-database L0 file. It empties the write-ahead log,
// writes one bookkeeping frame (which also covers a frame of Litestream's own that its last Close may have left out),
// and leaves an L0 file for last in Litestream's folder whose header says "synced up to the start of this log":
// WALOffset 32, WALSize 0, the log's salts. DB.verify accepts that (db.go:1860, upstream #900). It relies on
// internals, so the version of Litestream is pinned and TestCleanRestart watches the size of the next file.
func (r *Replica) craft(ctx context.Context, ls *litestream.DB, last ltx.TXID) error {
	var busy, frames, done int
	if err := r.tx.conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &done); err != nil {
		return err
	} else if busy != 0 {
		return errors.New("the write-ahead log is in use")
	}
	h := ltx.Header{Version: ltx.Version, Flags: ltx.HeaderFlagNoChecksum, MinTXID: last, MaxTXID: last,
		Timestamp: r.o.Clock().UnixMilli(), WALOffset: litestream.WALHeaderSize}
	var page1 []byte
	for _, q := range []struct {
		sql string
		to  any
	}{
		{"PRAGMA page_size", &h.PageSize}, {"PRAGMA page_count", &h.Commit},
		{"SELECT data FROM sqlite_dbpage WHERE pgno = 1", &page1},
		{`INSERT INTO _litestream_seq(id, seq) VALUES(1, 1) ON CONFLICT(id) DO UPDATE SET seq = seq + 1 RETURNING id`, new(int)},
	} {
		if err := r.tx.conn.QueryRowContext(ctx, q.sql).Scan(q.to); err != nil {
			return fmt.Errorf("%s: %w", q.sql, err)
		}
	}
	if err := salts(r.database()+"-wal", &h); err != nil {
		return err
	}
	return writeCrafted(ls.LTXPath(0, last, last), h, page1)
}

// salts reads the log's two salts (fileformat2.html#walformat). Opening the -wal file is harmless; app.db itself must
// never be opened here: closing it would drop every POSIX lock this process holds on it (howtocorrupt.html 2.2).
func salts(wal string, h *ltx.Header) error {
	f, err := os.Open(wal)
	if err != nil {
		return err
	}
	defer f.Close()
	b := make([]byte, litestream.WALHeaderSize)
	if _, err := io.ReadFull(f, b); err != nil {
		return fmt.Errorf("header of the write-ahead log: %w", err)
	}
	h.WALSalt1, h.WALSalt2 = binary.BigEndian.Uint32(b[16:]), binary.BigEndian.Uint32(b[20:])
	return nil
}

func writeCrafted(name string, h ltx.Header, page1 []byte) error {
	var out bytes.Buffer
	enc, err := ltx.NewEncoder(&out)
	if err != nil {
		return err
	}
	if err := enc.EncodeHeader(h); err != nil {
		return err
	}
	if err := enc.EncodePage(ltx.PageHeader{Pgno: 1}, page1); err != nil {
		return err
	}
	if err := enc.Close(); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	return os.WriteFile(name, out.Bytes(), 0o600)
}

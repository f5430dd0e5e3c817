package replica

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"

	_ "modernc.org/sqlite" // the one SQLite in this process; litestream uses it too
)

// dsn in modernc's own spelling; it silently ignores the mattn one (?_journal_mode=…).
const dsn = "file:%s?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=journal_mode(wal)&_pragma=synchronous(NORMAL)" +
	"&_pragma=wal_autocheckpoint(0)&_pragma=foreign_keys(1)"

func (r *Replica) database() string { return filepath.Join(r.o.Dir, "app.db") }

// openPools opens the one connection that writes and the pool that reads. Only Litestream checkpoints, so that no page
// leaves the write-ahead log before it is in an LTX file. synchronous=NORMAL is enough: what is durable is committed/.
func (r *Replica) openPools(ctx context.Context) (err error) {
	if r.pool, err = sql.Open("sqlite", fmt.Sprintf(dsn, r.database())); err != nil {
		return err
	}
	r.pool.SetMaxOpenConns(1)
	conn, err := r.pool.Conn(ctx)
	if err != nil {
		return fmt.Errorf("open app.db: %w", err)
	}
	r.tx = &Tx{r: r, conn: conn, cached: map[string]*statement{}}
	if r.read, err = sql.Open("sqlite", fmt.Sprintf(dsn+"&_pragma=query_only(1)", r.database())); err != nil {
		return err
	}
	n := 4 * runtime.NumCPU()
	r.read.SetMaxOpenConns(n)
	r.read.SetMaxIdleConns(n)
	return nil
}

// closePools lets go of app.db. It comes before Litestream's Close, see Close.
func (r *Replica) closePools() (err error) {
	if r.tx != nil {
		for _, s := range r.tx.cached {
			err = errors.Join(err, s.Close())
		}
		err = errors.Join(err, r.tx.conn.Close())
	}
	for _, p := range []*sql.DB{r.pool, r.read} {
		if p != nil {
			err = errors.Join(err, p.Close())
		}
	}
	return err
}

// Package store is what Foyer knows: every question that can be asked of the database, and every change that can be
// made to it. A change is a verb (verb.go): a name, one struct in, one struct out, one transaction. It checks, asks the
// permission table, writes rows and names what changed; it is acknowledged when the keeper below says that it survives.
//
// The files are named after nouns: account.go, room.go, pass.go, call.go, presence.go. A verb never trusts its caller:
// the input carries no role, and who is asking is read from rows inside the same transaction.
package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"errors"
	"io/fs"
	"sync"
	"time"

	"foyer/meet"
	"foyer/replica"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the numbered steps from nothing to today's schema (schema.sql shows the sum).
func Migrations() fs.FS {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is compiled in
	}
	return sub
}

// Store asks and changes.
type Store struct {
	keep   *replica.Replica
	now    func() time.Time
	secret []byte // the instance secret: mints the tokens of links

	mu    sync.RWMutex
	asked map[string]*sql.Stmt // prepared once per question
}

// New makes a store over an open replica. secret is the instance secret (decision 2), at least 32 bytes.
func New(keep *replica.Replica, secret []byte, clock func() time.Time) *Store {
	return &Store{keep: keep, now: clock, secret: secret, asked: map[string]*sql.Stmt{}}
}

// Ready tells whether writes are accepted.
func (s *Store) Ready() error { return s.keep.Ready() }

// Readable tells whether questions are answered.
func (s *Store) Readable(ctx context.Context) error {
	var one int
	return s.row(ctx, `SELECT 1`).Scan(&one)
}

func (s *Store) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	s.mu.RLock()
	st := s.asked[query]
	s.mu.RUnlock()
	if st != nil {
		return st, nil
	}
	st, err := s.keep.Read().PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.asked[query]; old != nil {
		st.Close()
		return old, nil
	}
	s.asked[query] = st
	return st, nil
}

func (s *Store) row(ctx context.Context, query string, args ...any) scanner {
	st, err := s.stmt(ctx, query)
	if err != nil {
		return failed{err}
	}
	return st.QueryRowContext(ctx, args...)
}

func (s *Store) rows(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	st, err := s.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	return st.QueryContext(ctx, args...)
}

// scanner is a row of either side: the read pool or a verb's transaction.
type scanner interface{ Scan(dest ...any) error }

type failed struct{ err error }

func (f failed) Scan(...any) error { return f.err }

// each calls f for every row and closes them.
func each(rows *sql.Rows, err error, f func(scanner) error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// collect reads all rows before anything else is done: a verb that writes while it reads would walk over its own steps.
func collect[T any](rows *sql.Rows, err error, f func(scanner) (T, error)) ([]T, error) {
	var list []T
	err = each(rows, err, func(r scanner) error {
		one, err := f(r)
		list = append(list, one)
		return err
	})
	return list, err
}

// id reads rows of one id.
func id(r scanner) (id meet.ID, err error) { return id, r.Scan(&id) }

// newID makes a random id: 80 bits in base32, 16 characters.
func newID() meet.ID { return meet.ID(random(10)) }

func random(bytes int) string {
	b := make([]byte, bytes)
	rand.Read(b) // never fails (crypto/rand, Go 1.24)
	return meet.Base32.EncodeToString(b)
}

func none(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// Times are stored as Unix milliseconds, zero time as NULL.

func ms(t time.Time) int64 { return t.UnixMilli() }

func when(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return time.UnixMilli(n.Int64)
}

package replica

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

const maxStatements = 512 // cached on the writer connection; more than the product has

// Tx is a request's view of the transaction that its batch shares. It is valid only until the request's function
// returns. Contexts do not interrupt it: SQLite answers an interrupt inside a transaction by rolling all of it back,
// which would throw away the neighbours' work too.
type Tx struct {
	r      *Replica
	conn   *sql.Conn
	cached map[string]*statement
	open   []*sql.Rows
	topics []string
	live   bool
}

type statement struct {
	*sql.Stmt
	rows *sql.Rows // of its last Query
}

var errOver = errors.New("replica: the transaction is over")

// Exec runs a statement. Its text is the key under which it stays prepared, so pass values as arguments.
func (tx *Tx) Exec(_ context.Context, query string, args ...any) (sql.Result, error) {
	if !tx.live {
		return nil, errOver
	}
	return tx.exec(query, args...)
}

// Query runs a statement that returns rows. Rows that are left open are closed when the request ends.
func (tx *Tx) Query(_ context.Context, query string, args ...any) (*sql.Rows, error) {
	if !tx.live {
		return nil, errOver
	}
	s, err := tx.prepare(query)
	if err != nil {
		return nil, err
	}
	var rows *sql.Rows
	if s != nil {
		rows, err = s.QueryContext(context.Background(), args...)
	} else {
		rows, err = tx.conn.QueryContext(context.Background(), query, args...)
	}
	if err != nil {
		return nil, err
	}
	if s != nil {
		s.rows = rows
	}
	tx.open = append(tx.open, rows)
	return rows, nil
}

// QueryRow runs a statement of which one row is wanted; Scan it at once. Its error comes with Scan.
func (tx *Tx) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	if !tx.live {
		ended, cancel := context.WithCancelCause(ctx)
		cancel(errOver)
		return tx.conn.QueryRowContext(ended, query, args...)
	}
	s, err := tx.prepare(query)
	if s == nil || err != nil {
		return tx.conn.QueryRowContext(context.Background(), query, args...)
	}
	return s.QueryRowContext(context.Background(), args...)
}

// Changed names what this request changes. The topics become rows of the table changed, and OnChange hears them after
// the acknowledgement if the request was kept.
func (tx *Tx) Changed(topics ...string) error {
	if !tx.live {
		return errOver
	}
	at := tx.r.o.Clock().UnixMilli()
	for _, t := range topics {
		if _, err := tx.exec(`INSERT INTO changed(topic, at) VALUES(?, ?)`, t, at); err != nil {
			return fmt.Errorf("name what changed: %w", err)
		}
	}
	tx.topics = append(tx.topics, topics...)
	return nil
}

func (tx *Tx) begin() { tx.live, tx.topics = true, nil }

func (tx *Tx) end() []string {
	for _, rows := range tx.open {
		_ = rows.Close() // an open reader would hold the write-ahead log; its error was the request's to see
	}
	tx.open, tx.live = tx.open[:0], false
	return tx.topics
}

func (tx *Tx) run(query string) error {
	_, err := tx.exec(query)
	return err
}

func (tx *Tx) exec(query string, args ...any) (sql.Result, error) {
	s, err := tx.prepare(query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return tx.conn.ExecContext(context.Background(), query, args...)
	}
	return s.ExecContext(context.Background(), args...)
}

// script runs several statements at once, uncached (migrations).
func (tx *Tx) script(query string) error {
	_, err := tx.conn.ExecContext(context.Background(), query)
	return err
}

// prepare returns the cached statement, or nil if it is still delivering the rows of an earlier Query: modernc resets
// a prepared statement in use (stmt.go), so that the second caller needs one of its own.
func (tx *Tx) prepare(query string) (*statement, error) {
	if s := tx.cached[query]; s != nil {
		if s.rows != nil {
			if _, err := s.rows.Columns(); err == nil { // Columns fails once rows are closed
				return nil, nil
			}
			s.rows = nil
		}
		return s, nil
	}
	if len(tx.cached) >= maxStatements {
		return nil, nil
	}
	p, err := tx.conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, err
	}
	s := &statement{Stmt: p}
	tx.cached[query] = s
	return s, nil
}

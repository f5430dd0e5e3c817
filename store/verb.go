package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"foyer/meet"
	"foyer/replica"
)

// Verb is one thing that can be done: a name, a plain struct in, a plain struct out, one transaction. It stands in a
// table, so that any node can forward it to the one that writes without a handler knowing (decision 10).
type Verb[In, Out any] struct {
	Name string
	act  func(*act, In) (Out, error)
}

// By says on whose behalf a verb runs: the browser by the hash of its cookie's token, never a role. Machine is set by
// commands of the person who owns the data folder, and by the house's own ticks; it never comes from a request.
type By struct {
	Token   []byte
	Once    string // idempotency key of the form, "" = none
	Machine bool
}

// verbs by name, for calls that arrive as bytes.
var verbs = map[string]func(context.Context, *Store, By, []byte) ([]byte, error){}

func verb[In, Out any](name string, f func(*act, In) (Out, error)) Verb[In, Out] {
	v := Verb[In, Out]{name, f}
	verbs[name] = func(ctx context.Context, s *Store, by By, body []byte) ([]byte, error) {
		var in In
		d := json.NewDecoder(bytes.NewReader(body))
		d.DisallowUnknownFields()
		if err := d.Decode(&in); err != nil {
			return nil, err
		}
		out, err := v.Do(ctx, s, by, in)
		if err != nil {
			return nil, err
		}
		return json.Marshal(out)
	}
	return v
}

// Run runs a verb by name with JSON in and out: how a command beside a running server reaches the one write queue.
func (s *Store) Run(ctx context.Context, name string, by By, in []byte) ([]byte, error) {
	f, ok := verbs[name]
	if !ok {
		return nil, errors.New("store: no verb " + name)
	}
	return f(ctx, s, by, in)
}

// Do runs the verb in one transaction and returns when its outcome is durable. The same key with the same body gives
// the stored outcome; the same key with another body is a new act. A refusal is a *meet.Error and leaves nothing.
func (v Verb[In, Out]) Do(ctx context.Context, s *Store, by By, in In) (Out, error) {
	var out Out
	err := s.keep.Write(ctx, func(ctx context.Context, tx *replica.Tx) error {
		a := &act{ctx: ctx, tx: tx, s: s, by: by, now: s.now().Truncate(time.Millisecond)}
		body, stored, err := a.before(v.Name, in)
		if err != nil || stored != nil {
			return errors.Join(err, decode(stored, &out))
		}
		if out, err = v.act(a, in); err != nil {
			return err
		}
		return a.after(v.Name, body, out)
	})
	switch {
	case errors.Is(err, replica.ErrReadOnly), errors.Is(err, replica.ErrUnknownOutcome):
		return out, errors.Join(meet.Refuse(meet.Busy, "Foyer cannot save anything at this moment. What you typed is still here; try again shortly."), err)
	case err != nil:
		var none Out
		return none, err
	}
	return out, nil
}

func decode(stored []byte, out any) error {
	if stored == nil {
		return nil
	}
	return json.Unmarshal(stored, out)
}

// act is a verb at work: its transaction, its time, and who is asking.
type act struct {
	ctx context.Context
	tx  *replica.Tx
	s   *Store
	by  By
	now time.Time

	said map[string]bool // topics
}

// before looks for the stored outcome of the same act.
func (a *act) before(name string, in any) (body, stored []byte, err error) {
	if a.by.Once == "" || a.by.Machine {
		return nil, nil, nil
	}
	if s, ok := in.(interface{ Same() any }); ok {
		in = s.Same()
	}
	typed, err := json.Marshal(in)
	if err != nil {
		return nil, nil, err
	}
	sum := sha256.Sum256(typed)
	err = a.row(`SELECT outcome FROM once WHERE browser = ? AND verb = ? AND key = ? AND body = ?`, a.by.Token, name, a.by.Once, sum[:]).Scan(&stored)
	if none(err) {
		return sum[:], nil, nil
	}
	return nil, stored, err
}

func (a *act) after(name string, body []byte, out any) error {
	if body == nil {
		return nil
	}
	outcome, err := json.Marshal(out)
	if err != nil {
		return err
	}
	return a.do(`INSERT INTO once (browser, verb, key, body, outcome, at) VALUES (?, ?, ?, ?, ?, ?)`, a.by.Token, name, a.by.Once, body, string(outcome), ms(a.now))
}

func (a *act) do(query string, args ...any) error {
	_, err := a.tx.Exec(a.ctx, query, args...)
	return err
}

// count runs a statement and tells how many rows it touched.
func (a *act) count(query string, args ...any) (int64, error) {
	res, err := a.tx.Exec(a.ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (a *act) row(query string, args ...any) scanner { return a.tx.QueryRow(a.ctx, query, args...) }

func (a *act) rows(query string, args ...any) (*sql.Rows, error) {
	return a.tx.Query(a.ctx, query, args...)
}

// changed names topics, each once; they are announced after the acknowledgement.
func (a *act) changed(topics ...string) error {
	for _, t := range topics {
		if a.said[t] {
			continue
		}
		if err := a.tx.Changed(t); err != nil {
			return err
		}
		if a.said == nil {
			a.said = map[string]bool{}
		}
		a.said[t] = true
	}
	return nil
}

// mayMachine refuses a verb that only the owner of the data folder may run.
func (a *act) mayMachine() error {
	if !a.by.Machine {
		return meet.Refuse(meet.Forbidden, "This is done on the machine itself, with the foyer command.")
	}
	return nil
}

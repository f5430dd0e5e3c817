package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"foyer/e2e/figure"
	"foyer/mail"
	"foyer/replica"
	"foyer/store"
)

// rows are the program's, read while it does not run.
type rows struct{ *sql.DB }

func (d *drill) rows(ctx context.Context, look func(*rows) error) error {
	keep, err := replica.Open(ctx, replica.Options{Dir: d.node.data, Migrations: store.Migrations(), Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	return errors.Join(look(&rows{keep.Read()}), keep.Close(ctx))
}

// settle waits while the mail server is bad until little comes any more; then it lets it be well and the program run until
// that owes nothing.
func (d *drill) settle(ctx context.Context) error {
	for d.sink.quiet() < 5*time.Second && ctx.Err() == nil {
		pause(ctx, 100*time.Millisecond)
	}
	d.sink.heal()
	for deadline := time.Now().Add(6 * time.Minute); ; {
		for d.sink.quiet() < 3*time.Second && ctx.Err() == nil {
			pause(ctx, 100*time.Millisecond)
		}
		if err := d.node.stop(); err != nil {
			return err
		}
		var open int
		var wait int64
		err := d.rows(ctx, func(r *rows) error {
			return r.QueryRowContext(ctx, `SELECT count(*), coalesce(max(next_at), 0) FROM letter WHERE state IN ('queued', 'sending')`).Scan(&open, &wait)
		})
		if err != nil || open == 0 || time.Now().After(deadline) || ctx.Err() != nil {
			return err // what is still owed is counted as lost
		}
		if err := d.node.start(ctx); err != nil {
			return err
		}
		pause(ctx, min(max(time.Until(time.UnixMilli(wait)), 0)+3*time.Second, time.Minute))
	}
}

// letterRow is a row of the outbox.
type letterRow struct {
	id, lane, kind, state, to string
	sequence, attempts        int
}

func (d *drill) letters(ctx context.Context) (list []letterRow, err error) {
	secret, err := os.ReadFile(filepath.Join(d.node.data, "secret"))
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("names of letters"))
	key := mac.Sum(nil)
	return list, d.rows(ctx, func(r *rows) error {
		all, err := r.QueryContext(ctx, `SELECT dedup, lane, kind, state, rcpt, sequence, attempts FROM letter ORDER BY id`)
		if err != nil {
			return err
		}
		defer all.Close()
		for all.Next() {
			var l letterRow
			if err := all.Scan(&l.id, &l.lane, &l.kind, &l.state, &l.to, &l.sequence, &l.attempts); err != nil {
				return err
			}
			l.id = mail.MessageID(key, l.id, mail.Address{Address: from})
			list = append(list, l)
		}
		return all.Err()
	})
}

// findings are the figures.
type findings struct{ lost, disorder, stale, otherID, doubled, superseded, letters int }

func (d *drill) verdict(ctx context.Context) error {
	list, err := d.letters(ctx)
	if err != nil {
		return err
	}
	d.sink.mutex.Lock()
	f := d.compare(list)
	bad := d.sink.bad
	d.sink.mutex.Unlock()
	bound := d.Kills * d.Connections
	fmt.Printf("chaos-mail: %d acknowledged, %d letters arrived, %d superseded, %d answered badly, at most %d duplicates allowed; load average %s\n",
		len(d.acked), f.letters, f.superseded, bad, bound, figure.LoadAverage())
	figure.Print("mail_lost", float64(f.lost), "letters", len(list))
	figure.Print("mail_out_of_order", float64(f.disorder), "letters", f.letters)
	figure.Print("mail_stale", float64(f.stale), "letters", f.letters)
	figure.Print("mail_duplicates_other_id", float64(f.otherID), "letters", f.letters)
	figure.Print("mail_duplicates", float64(f.doubled), "letters", f.letters)
	switch {
	case f.lost+f.disorder+f.stale+f.otherID > 0 || f.doubled > bound:
		return errors.New("a promise about mail is broken")
	case len(d.acked) != d.People || f.letters < d.People || d.Faults > 0 && bad == 0:
		return fmt.Errorf("only %d of %d people registered, so nothing was shown", len(d.acked), d.People)
	}
	return nil
}

// compare holds rows against what arrived.
func (d *drill) compare(list []letterRow) (f findings) {
	times, entries, newest := map[string]int{}, map[string]string{}, map[string]int{}
	reached, old := map[string]bool{}, map[string]bool{}
	for _, a := range d.sink.box {
		f.letters++
		times[a.id]++
		if times[a.id] > 1 {
			f.doubled++
		}
		reached[a.to] = true
		entry := a.uid + "/" + a.method + "/" + a.sequence
		if other, known := entries[entry]; known && other != a.id {
			f.otherID++
		}
		entries[entry] = a.id
		n, err := strconv.Atoi(a.sequence)
		if err != nil || n < newest[a.uid] {
			f.disorder++
		}
		newest[a.uid] = max(newest[a.uid], n)
		if n == 0 && d.sink.first[a.to].After(d.moved.Add(time.Second)) {
			old[a.uid] = true // first named to the server well behind the change, and told of what was before it
		}
	}
	for _, address := range d.acked {
		if !reached[address] {
			f.lost++
		}
	}
	for i, l := range list {
		switch {
		case l.state == "superseded":
			f.superseded++
		case times[l.id] == 0 || l.state != "sent":
			f.lost++
		}
		for _, next := range list[i+1:] { // an invite that follows means that nothing had been tried before the change
			if l.state == "sent" && next.lane == l.lane && next.kind == "invite" && next.sequence > l.sequence {
				old[l.lane] = true
			}
		}
	}
	f.stale = len(old)
	return f
}

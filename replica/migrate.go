package replica

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

type migration struct {
	version int
	name    string
}

// migrations lists NNNN_name.sql in order of number.
func (r *Replica) migrations() (a []migration, err error) {
	names, err := fs.Glob(r.o.Migrations, "*.sql")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		number, _, _ := strings.Cut(name, "_")
		v, err := strconv.Atoi(number)
		if err != nil || v <= 0 {
			return nil, fmt.Errorf("migration %s: the name must begin with a number above 0", name)
		}
		a = append(a, migration{v, name})
	}
	slices.SortFunc(a, func(x, y migration) int { return x.version - y.version })
	for i := 1; i < len(a); i++ {
		if a[i].version == a[i-1].version {
			return nil, fmt.Errorf("migrations %s and %s have the same number", a[i-1].name, a[i].name)
		}
	}
	return a, nil
}

// refuseNewer keeps an older program from writing into a newer file.
func (r *Replica) refuseNewer(ctx context.Context) error {
	a, err := r.migrations()
	if err != nil {
		return err
	}
	var have, know int
	if err := r.tx.conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil {
		return err
	}
	if len(a) > 0 {
		know = a[len(a)-1].version
	}
	if have > know {
		return fmt.Errorf("%w: it is at migration %d, this program knows %d", ErrNewer, have, know)
	}
	return nil
}

// migrate applies what is missing, each file in a batch of its own together with its number: the pragma rolls back
// with the transaction, so a half-applied migration cannot be.
func (r *Replica) migrate(ctx context.Context) error {
	a, err := r.migrations()
	if err != nil {
		return err
	}
	var have int
	if err := r.read.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil {
		return err
	}
	for _, m := range a {
		if m.version <= have {
			continue
		}
		if err := r.apply(ctx, m); err != nil {
			return fmt.Errorf("migration %s: %w", m.name, err)
		}
		r.o.Log.Info("migrated", "to", m.name)
	}
	return nil
}

func (r *Replica) apply(ctx context.Context, m migration) error {
	text, err := fs.ReadFile(r.o.Migrations, m.name)
	if err != nil {
		return err
	}
	return r.Write(ctx, func(_ context.Context, tx *Tx) error {
		if err := tx.script(string(text)); err != nil {
			return err
		}
		return tx.script(fmt.Sprintf("PRAGMA user_version = %d", m.version))
	})
}

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	_ "foyer/replica" // brings the SQLite driver
)

// stockDrill kills a Foyer and lets stock Litestream bring both copies back, in all the ways that operators may.
func stockDrill(ctx context.Context, p plan) error {
	d, err := newDrill(ctx, p)
	if err != nil {
		return err
	}
	return errors.Join(d.stock(ctx), d.close())
}

func (d *drill) stock(ctx context.Context) error {
	litestream, yml, err := stockLitestream(ctx, d.node.base)
	if err != nil {
		fmt.Println("figure writes_lost_stock - - n=0 stock Litestream does not build here")
		return err
	}
	ways := [][]string{
		{"file://" + d.node.committed()},
		{"file://" + d.node.offsite()},
		{"-config", yml, filepath.Join(d.node.data, "app.db")},
	}
	for i := range d.plan.Stocks {
		if _, err := d.strike(ctx); err != nil {
			return err
		}
		for j, way := range ways {
			if err := d.restoreStock(ctx, litestream, filepath.Join(d.node.base, fmt.Sprintf("stock-%d-%d.db", i, j)), way); err != nil {
				return err
			}
		}
		if err := d.node.start(ctx); err != nil {
			return err
		}
		if err := d.count(ctx); err != nil {
			return err
		}
	}
	return d.verdict("stock", d.plan.Stocks*len(ways))
}

// stockLitestream builds the command with its own go.mod, because ours lacks its modules, and finds the shipped
// litestream.yml.
func stockLitestream(ctx context.Context, into string) (command, yml string, err error) {
	list := func(format, module string) string {
		out, lerr := exec.CommandContext(ctx, "go", "list", "-m", "-f", format, module).Output()
		err = errors.Join(err, lerr)
		return strings.TrimSpace(string(out))
	}
	command, yml = filepath.Join(into, "litestream"), filepath.Join(list("{{.Dir}}", "foyer"), "litestream.yml")
	dir := list("{{.Dir}}", "github.com/benbjohnson/litestream")
	if err != nil {
		return "", "", fmt.Errorf("find Litestream's module: %w", err)
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", command, "./cmd/litestream")
	build.Dir, build.Env = dir, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", "", fmt.Errorf("build stock Litestream: %w\n%s", err, out)
	}
	return command, yml, nil
}

// restoreStock restores in one way and reads the promises from the file that came out.
func (d *drill) restoreStock(ctx context.Context, litestream, into string, way []string) error {
	run := exec.CommandContext(ctx, litestream, append([]string{"restore", "-o", into}, way...)...)
	run.Env = append(os.Environ(), "FOYER_DATA="+d.node.data)
	if out, err := run.CombinedOutput(); err != nil {
		return fmt.Errorf("litestream restore %s: %w\n%s", strings.Join(way, " "), err, out)
	}
	db, err := sql.Open("sqlite", "file:"+into+"?mode=ro")
	if err != nil {
		return err
	}
	defer db.Close()
	var sound string
	if err := db.QueryRowContext(ctx, `PRAGMA integrity_check`).Scan(&sound); err != nil || sound != "ok" {
		return errors.Join(err, fmt.Errorf("%s: integrity_check: %s", strings.Join(way, " "), sound))
	}
	names, err := column(ctx, db, `SELECT id, name FROM room`)
	if err != nil {
		return err
	}
	passes, err := column(ctx, db, `SELECT name, id FROM pass`)
	if err == nil {
		d.compareStock(names, passes, strings.Join(way, " "))
	}
	return err
}

func (d *drill) compareStock(names, passes map[string]string, way string) {
	for _, c := range d.clients {
		for _, r := range c.rooms {
			if !r.called(names[r.id]) {
				d.lose("room "+r.serial, "%s: it is called %q and not %q", way, names[r.id], r.name)
			}
		}
		for _, g := range c.guests {
			if passes[g.name] == "" {
				d.lose(g.name, "%s: no pass", way)
			}
		}
	}
}

// column is a query of two columns as a map.
func column(ctx context.Context, db *sql.DB, query string) (map[string]string, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	m := map[string]string{}
	for rows.Next() {
		var key, value string
		if err := rows.Scan(&key, &value); err != nil {
			return nil, err
		}
		m[key] = value
	}
	return m, rows.Err()
}

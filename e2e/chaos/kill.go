package main

import (
	"context"
	"errors"
	"fmt"
)

// killDrill kills the program again and again on one data folder.
func killDrill(ctx context.Context, p plan) error {
	d, err := newDrill(ctx, p)
	if err != nil {
		return err
	}
	return errors.Join(d.kills(ctx), d.close())
}

func (d *drill) kills(ctx context.Context) error {
	unharmed := func(context.Context) error { return nil }
	for i := range d.plan.Kills {
		if err := d.round(ctx, unharmed); err != nil {
			return fmt.Errorf("kill %d: %w", i+1, err)
		}
	}
	if err := d.finish(ctx); err != nil {
		return err
	}
	err := d.verdict("kill", d.plan.Kills)
	fmt.Printf("figure writes_doubled %d rows n=%d\n", len(d.doubled), d.unknown)
	fmt.Printf("figure writes_acked %d rows n=%d\n", d.acked(), d.plan.Kills)
	d.times("restart_ms")
	return err
}

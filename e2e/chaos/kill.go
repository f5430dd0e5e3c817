package main

import (
	"context"
	"errors"
	"fmt"
)

// unharmed leaves the disk as the kill left it.
func unharmed(context.Context) error { return nil }

// killDrill kills the program again and again on one data folder.
func killDrill(ctx context.Context, p plan) error {
	d, err := newDrill(ctx, p)
	if err != nil {
		return err
	}
	return errors.Join(d.kills(ctx), d.close())
}

func (d *drill) kills(ctx context.Context) error {
	if err := d.rounds(ctx, "kill", d.plan.Kills, unharmed); err != nil {
		return err
	}
	err := d.verdict("kill", d.plan.Kills)
	fmt.Printf("figure writes_doubled %d rows n=%d\n", len(d.doubled), d.unknown)
	fmt.Printf("figure writes_acked %d rows n=%d\n", d.acked(), d.plan.Kills)
	d.times("restart_ms")
	return err
}

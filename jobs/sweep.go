// Package jobs is what moves without a request: ticks that look whether something is due and then run one verb. A job is
// a func(ctx) that returns when ctx ends. Jobs run where the writer is.
package jobs

import (
	"context"
	"log/slog"
	"time"

	"foyer/store"
)

// Forget drops once an hour what was kept long enough (store.Forget).
func Forget(s *store.Store, log *slog.Logger) func(context.Context) {
	return func(ctx context.Context) {
		tick := time.NewTicker(time.Hour)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if _, err := store.Forget.Do(ctx, s, store.By{Machine: true}, store.Done{}); err != nil && ctx.Err() == nil {
				log.Warn("forget", "err", err)
			}
		}
	}
}

// Sweep draws, once a second, the conclusions that only time brings (store.Sweep). A quiet house is asked one cheap
// question and writes nothing.
func Sweep(s *store.Store, log *slog.Logger) func(context.Context) {
	return func(ctx context.Context) {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			due, err := s.SweepDue(ctx)
			if err == nil && due {
				_, err = store.Sweep.Do(ctx, s, store.By{Machine: true}, store.Done{})
			}
			if err != nil && ctx.Err() == nil {
				log.Warn("sweep", "err", err)
			}
		}
	}
}

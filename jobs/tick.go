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
	return each(time.Hour, log, s, always, store.Forget)
}

// Sweep draws, once a second, the conclusions that only time brings (store.Sweep).
func Sweep(s *store.Store, log *slog.Logger) func(context.Context) {
	return each(time.Second, log, s, s.SweepDue, store.Sweep)
}

// Remind looks once a second whether an event begins within half an hour, and queues its reminders (store.Remind).
func Remind(s *store.Store, log *slog.Logger) func(context.Context) {
	return each(time.Second, log, s, s.RemindDue, store.Remind)
}

func always(context.Context) (bool, error) { return true, nil }

// each runs a verb in the machine's name every so often, where it is due: a quiet house is asked one cheap question and
// writes nothing.
func each[Out any](every time.Duration, log *slog.Logger, s *store.Store, due func(context.Context) (bool, error), verb store.Verb[store.Done, Out]) func(context.Context) {
	return func(ctx context.Context) {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			now, err := due(ctx)
			if err == nil && now {
				_, err = verb.Do(ctx, s, store.By{Machine: true}, store.Done{})
			}
			if err != nil && ctx.Err() == nil {
				log.Warn(verb.Name, "err", err)
			}
		}
	}
}

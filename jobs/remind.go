package jobs

import (
	"context"
	"log/slog"
	"time"

	"foyer/store"
)

// Remind looks once a second whether an event begins within half an hour, and queues its reminders (store.Remind).
func Remind(s *store.Store, log *slog.Logger) func(context.Context) {
	return func(ctx context.Context) {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			due, err := s.RemindDue(ctx)
			if err == nil && due {
				_, err = store.Remind.Do(ctx, s, store.By{Machine: true}, store.Done{})
			}
			if err != nil && ctx.Err() == nil {
				log.Warn("remind", "err", err)
			}
		}
	}
}

package mail

import (
	"context"
	"sync"
	"time"
)

// How long no letter is begun: after weather on the line or a server that sent us away (421), and after what an operator
// has to mend. Doubled each time, and forgotten with the first letter that the server deals with. Letters wait meanwhile
// where they are, so that an outbox does not spend their tries.
const (
	shortestRest, longestRest   = time.Second, 30 * time.Second
	shortestPause, longestPause = 5 * time.Second, 5 * time.Minute
)

// rest is shared by all connections to one server: what is wrong with it is nobody's letter's fault.
type rest struct {
	now   func() time.Time
	mutex sync.Mutex
	step  time.Duration
	until time.Time
}

// learn makes everybody wait after trouble. Several connections that see the same trouble count once.
func (r *rest) learn(result Result) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	now := r.now()
	switch {
	case result.Through():
		r.step, r.until = 0, time.Time{}
	case result.Trouble() && !now.Before(r.until):
		shortest, longest := shortestRest, longestRest
		if result.Outcome == Pause {
			shortest, longest = shortestPause, longestPause
		}
		r.step = min(max(2*r.step, shortest), longest)
		r.until = now.Add(r.step)
	}
}

// left is how long still. A clock that goes back makes it no longer than it was.
func (r *rest) left() time.Duration {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return min(max(r.until.Sub(r.now()), 0), r.step)
}

// wait looks every second, because a letter that went over another line may have ended the rest.
func (r *rest) wait(ctx context.Context) error {
	for left := r.left(); left > 0; left = r.left() {
		timer := time.NewTimer(min(left, time.Second))
		select {
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		case <-timer.C:
		}
	}
	return nil
}

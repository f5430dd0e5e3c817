package mail

import (
	"sync"
	"time"
)

// How long no connection is opened after the server sent us away (421) or could not be reached: doubled each time, and
// forgotten with the first letter it takes. While it lasts letters wait, so that an outbox does not spend its tries.
const (
	shortestRest = time.Second
	longestRest  = 30 * time.Second
)

// rest is shared by all connections to one server.
type rest struct {
	now   func() time.Time
	mutex sync.Mutex
	step  time.Duration
	until time.Time
}

// trouble makes the next dial wait. Several connections that are sent away in the same moment count once.
func (r *rest) trouble() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	now := r.now()
	if now.Before(r.until) {
		return
	}
	r.step = min(max(2*r.step, shortestRest), longestRest)
	r.until = now.Add(r.step)
}

func (r *rest) calm() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.step, r.until = 0, time.Time{}
}

// left is how long still.
func (r *rest) left() time.Duration {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return min(max(r.until.Sub(r.now()), 0), longestRest)
}

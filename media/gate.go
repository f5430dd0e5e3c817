package media

import (
	"context"
	"runtime"
	"time"
)

const (
	gateWait = 2 * time.Second // how long an offer waits for its turn before the client is told to come back
	gateHold = time.Second     // a handshake that dawdles gives its place to the next one and goes on without it
)

// gate lets as many joins do their arithmetic at once as there are processors: in a storm of rejoins the first people
// are back at once instead of everybody at the end.
type gate chan struct{}

func newGate() gate { return make(gate, runtime.NumCPU()) }

func (g gate) enter(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, gateWait)
	defer cancel()
	select {
	case g <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ErrBusy
	}
}

func (g gate) leave() { <-g }

// handshake is asked around each DTLS handshake. The place is held for at most gateHold, so that peers who never
// answer cannot keep others out; the handshake itself may take ten seconds (lossy networks retransmit).
func (g gate) handshake() (context.Context, func()) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	if g.enter(ctx) != nil {
		cancel() // an expired context fails the handshake; the client joins anew
		return ctx, cancel
	}
	timer := time.AfterFunc(gateHold, g.leave)
	return ctx, func() {
		cancel()
		if timer.Stop() {
			g.leave()
		}
	}
}

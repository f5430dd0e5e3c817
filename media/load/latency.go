package load

import (
	"sync"
	"time"
)

const (
	latencyStep = 20 * time.Microsecond
	latencyMost = 10_000 // steps; what takes longer than 200 ms counts as that
)

// latencies is how long packets of pictures were under way, from a publisher's send call to a viewer's read.
type latencies struct {
	mu    sync.Mutex
	count [latencyMost + 1]uint64
	all   uint64
}

func (l *latencies) add(d time.Duration) {
	l.mu.Lock()
	l.count[min(max(d/latencyStep, 0), latencyMost)]++
	l.all++
	l.mu.Unlock()
}

func (l *latencies) clear() {
	l.mu.Lock()
	l.count, l.all = [latencyMost + 1]uint64{}, 0
	l.mu.Unlock()
}

// percentile is the upper end of the step that holds it; 0 when nothing was measured.
func (l *latencies) percentile(p float64) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	left := uint64(float64(l.all) * p / 100)
	for i, n := range l.count {
		if n > left {
			return time.Duration(i+1) * latencyStep
		}
		left -= n
	}
	return 0
}

package media

import (
	"sync"
	"sync/atomic"
	"time"

	"foyer/media/socket"
)

const (
	inlineSinks = 96  // listeners of a layer up to whom its packet loop serves everybody itself
	shardQueue  = 256 // bursts that may wait for a shard; beyond it they are dropped, and NACKs repair what can be repaired
)

// shard serves a share of a node's receivers: whatever touches one of them, a burst, a report, a change of seats, does so
// under its lock, so that a packet on its way to a receiver needs none. There are as many shards as processors.
//
// A burst for few is served on the publisher's own goroutine, since waking another one costs as much as a dozen packets.
// A burst for many goes to the shards' goroutines, which work side by side.
type shard struct {
	index   int
	queue   chan burst
	pending atomic.Int32 // bursts in the queue or at work

	mu      sync.Mutex
	batches []*socket.Batch // one per socket, made when a receiver comes by it
	of      []*socket.Socket
	paced   []*receiver // whose pictures are spread over time, and who are filled by a probe
	turns   *time.Timer
}

func newShard(index int) *shard { return &shard{index: index, queue: make(chan burst, shardQueue)} }

// serve works off the queue until the node closes.
func (s *shard) serve(quit <-chan struct{}) {
	for {
		select {
		case b := <-s.queue:
			s.run(&b)
			s.pending.Add(-1)
		case <-quit:
			return
		}
	}
}

// take serves a burst, inline when it is small and nothing waits that came before it.
func (s *shard) take(b *burst, inline bool) {
	if inline && s.pending.Load() == 0 {
		s.run(b)
		return
	}
	s.pending.Add(1)
	select {
	case s.queue <- *b:
	default:
		s.pending.Add(-1)
	}
}

// run sends one burst to every listener of this shard, and lets the kernel have all of it at once.
func (s *shard) run(b *burst) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := b.layer.ring
	r.mu.RLock()
	for _, o := range b.layer.sinks[s.index].list {
		o.serve(b)
	}
	r.mu.RUnlock()
	s.flush()
}

// batch is the one for a socket. Called with mu held.
func (s *shard) batch(k *socket.Socket) *socket.Batch {
	for i, have := range s.of {
		if have == k {
			return s.batches[i]
		}
	}
	s.of, s.batches = append(s.of, k), append(s.batches, k.NewBatch())
	return s.batches[len(s.batches)-1]
}

// flush is called with mu held, after whatever wrote into the batches.
func (s *shard) flush() {
	for _, b := range s.batches {
		b.Flush()
	}
}

package impair

import (
	"container/heap"
	"sync"
	"time"
)

// idle is how long the post sleeps when nothing is under way; what comes wakes it.
const idle = time.Hour

// post delivers packets when their time has come, one after the other. Those of the same time keep their order.
type post struct {
	mu      sync.Mutex
	bag     bag
	sent    uint64
	changed chan struct{}
	ended   chan struct{}
}

type letter struct {
	due     time.Time
	number  uint64
	deliver func()
}

func newPost() *post {
	p := &post{changed: make(chan struct{}, 1), ended: make(chan struct{})}
	go p.work()
	return p
}

func (p *post) send(due time.Time, deliver func()) {
	p.mu.Lock()
	p.sent++
	heap.Push(&p.bag, letter{due, p.sent, deliver})
	first := p.bag[0].number == p.sent
	p.mu.Unlock()
	if first {
		select {
		case p.changed <- struct{}{}:
		default:
		}
	}
}

// end stops it; what is under way is lost.
func (p *post) end() { close(p.ended) }

func (p *post) work() {
	timer := time.NewTimer(idle)
	defer timer.Stop()
	for {
		deliver, wait := p.next(time.Now())
		if deliver != nil {
			deliver()
			continue
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-p.changed:
		case <-p.ended:
			return
		}
	}
}

// next takes out the first letter when it is due, and else says how long that takes.
func (p *post) next(now time.Time) (deliver func(), wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.bag) == 0 {
		return nil, idle
	}
	if wait = p.bag[0].due.Sub(now); wait > 0 {
		return nil, wait
	}
	return heap.Pop(&p.bag).(letter).deliver, 0
}

type bag []letter

func (b bag) Len() int { return len(b) }
func (b bag) Less(i, j int) bool {
	return b[i].due.Before(b[j].due) || b[i].due.Equal(b[j].due) && b[i].number < b[j].number
}
func (b bag) Swap(i, j int) { b[i], b[j] = b[j], b[i] }
func (b *bag) Push(x any)   { *b = append(*b, x.(letter)) }
func (b *bag) Pop() any {
	old := *b
	last := old[len(old)-1]
	*b = old[:len(old)-1]
	return last
}

package handlers

import (
	"context"
	"sync"
	"time"
)

// How many pictures lie in memory at once on this node, each of up to picture.MostBytes, and how many of them may come
// from one network: whoever sends slowly on purpose holds up their own.
const (
	shelfPlaces = 12
	shelfShare  = 4
	shelfWait   = 10 * time.Second // for a place; then the form is told to come back
)

// shelf is where files lie that forms brought, until they have been looked at. Reading a form costs its sender nothing,
// so without a limit a few dozen connections would fill the memory of a small machine.
type shelf struct {
	places chan struct{}
	mu     sync.Mutex
	shares map[string]*share // by network, while somebody there has a file here or waits
}

type share struct {
	places chan struct{}
	users  int
}

func newShelf() *shelf {
	return &shelf{places: make(chan struct{}, shelfPlaces), shares: map[string]*share{}}
}

// take waits for a place for one file of a network; leave gives it back. Without a place leave is nil.
func (s *shelf) take(ctx context.Context, network string) (leave func()) {
	ctx, cancel := context.WithTimeout(ctx, shelfWait)
	defer cancel()
	own := s.come(network)
	if !enter(ctx, own.places) {
		s.forget(network)
		return nil
	}
	if !enter(ctx, s.places) {
		<-own.places
		s.forget(network)
		return nil
	}
	return func() {
		<-s.places
		<-own.places
		s.forget(network)
	}
}

func enter(ctx context.Context, places chan struct{}) bool {
	select {
	case places <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (s *shelf) come(network string) *share {
	s.mu.Lock()
	defer s.mu.Unlock()
	own := s.shares[network]
	if own == nil {
		own = &share{places: make(chan struct{}, shelfShare)}
		s.shares[network] = own
	}
	own.users++
	return own
}

func (s *shelf) forget(network string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shares[network].users--; s.shares[network].users == 0 {
		delete(s.shares, network)
	}
}

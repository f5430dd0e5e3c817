package handlers

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"foyer/meet"
	"foyer/store"
)

// Presence counts the open room streams of this node and reports what changed, at once after a quiet second and at most
// once a second otherwise, however many come and go (decision 14).
type Presence struct {
	store *store.Store
	log   *slog.Logger
	wake  chan struct{}

	mu      sync.Mutex
	streams map[meet.ID]int
	waits   map[meet.ID]int      // pages before a door: they keep a place, and make nobody In
	flowing map[meet.ID]struct{} // have media up, with or without a stream
	moved   map[meet.ID]struct{} // went from none to some or back since the last report
	started bool                 // the store knows that this node has just started
}

func newPresence(s *store.Store, log *slog.Logger) *Presence {
	return &Presence{store: s, log: log, wake: make(chan struct{}, 1), streams: map[meet.ID]int{}, waits: map[meet.ID]int{},
		flowing: map[meet.ID]struct{}{}, moved: map[meet.ID]struct{}{}}
}

// Open counts one more stream of a pass in its room; the answer counts it off again.
func (p *Presence) Open(pass meet.ID) (closed func()) { return p.hold(p.streams, pass) }

// Wait counts one more open page of a pass before the door. A host may let its person in before this is reported.
func (p *Presence) Wait(pass meet.ID) (closed func()) { return p.hold(p.waits, pass) }

func (p *Presence) hold(in map[meet.ID]int, pass meet.ID) (closed func()) {
	p.count(in, pass, 1)
	return func() { p.count(in, pass, -1) }
}

func (p *Presence) count(in map[meet.ID]int, pass meet.ID, n int) {
	p.mu.Lock()
	before := in[pass]
	in[pass] = before + n
	if in[pass] == 0 {
		delete(in, pass)
	}
	if before == 0 || before+n == 0 {
		p.moved[pass] = struct{}{}
	}
	p.mu.Unlock()
	p.ring()
}

// Media notes whether somebody's media is up. Whoever lost the stream alone keeps rights while it is (decision 14).
func (p *Presence) Media(pass meet.ID, up bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if up {
		p.flowing[pass] = struct{}{}
	} else {
		delete(p.flowing, pass)
	}
}

// Again reports a pass whose stream was open all along.
func (p *Presence) Again(pass meet.ID) {
	p.mu.Lock()
	p.moved[pass] = struct{}{}
	p.mu.Unlock()
	p.ring()
}

func (p *Presence) ring() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// Run reports until ctx ends. Its first report says that the node has just started.
func (p *Presence) Run(ctx context.Context) {
	p.ring()
	look := time.NewTicker(meet.RightsLinger / 3)
	defer look.Stop()
	for {
		var seen store.Seen
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			seen.Flowing = p.silent()
		case <-p.wake:
			seen = p.take()
		}
		p.report(ctx, seen)
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Second):
		}
	}
}

// silent are those whose media is up and whose stream is not.
func (p *Presence) silent() (list []meet.ID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for pass := range p.flowing {
		if p.streams[pass] == 0 {
			list = append(list, pass)
		}
	}
	return list
}

func (p *Presence) take() (seen store.Seen) {
	p.mu.Lock()
	defer p.mu.Unlock()
	seen.Started = !p.started
	for pass := range p.moved {
		switch {
		case p.streams[pass] > 0:
			seen.Opened = append(seen.Opened, pass)
		case p.waits[pass] > 0:
			seen.Waiting = append(seen.Waiting, pass)
		default:
			seen.Closed = append(seen.Closed, pass)
		}
	}
	clear(p.moved)
	return seen
}

// report tells the store; what could not be told is told again.
func (p *Presence) report(ctx context.Context, seen store.Seen) {
	if !seen.Started && len(seen.Opened)+len(seen.Waiting)+len(seen.Closed)+len(seen.Flowing) == 0 {
		return
	}
	_, err := store.ReportPresence.Do(ctx, p.store, store.By{Machine: true}, seen)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil {
		p.started = p.started || seen.Started
		return
	}
	if ctx.Err() != nil {
		return
	}
	p.log.Warn("presence not reported", "err", err)
	for _, id := range slices.Concat(seen.Opened, seen.Waiting, seen.Closed) {
		p.moved[id] = struct{}{}
	}
	p.ring()
}

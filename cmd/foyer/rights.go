package main

import (
	"context"
	"sync"
	"time"

	"foyer/meet"
	"foyer/store"
)

// rights remembers in which rooms rights may have moved, until the media were told. They are a level, not an edge: the
// whole snapshot of a room is handed over, and what could not be read is tried again (decision 15).
type rights struct {
	mu    sync.Mutex
	rooms map[meet.ID]struct{}
	all   bool
	wake  chan struct{}
}

func newRights() *rights { return &rights{rooms: map[meet.ID]struct{}{}, wake: make(chan struct{}, 1)} }

// moved takes topics; none at all means that everything may have moved.
func (r *rights) moved(topics []string) {
	r.mu.Lock()
	r.all = r.all || len(topics) == 0
	for _, t := range topics {
		if id, ok := store.RightsRoom(t); ok {
			r.rooms[id] = struct{}{}
		}
	}
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

func (r *rights) take() (rooms map[meet.ID]struct{}, all bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	rooms, all = r.rooms, r.all
	r.rooms, r.all = map[meet.ID]struct{}{}, false
	return rooms, all
}

func (r *rights) failed(room meet.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rooms[room] = struct{}{}
}

// healEvery is how often every room's rights are handed over whether or not anything moved.
const healEvery = 10 * time.Second

// pumpRights hands over each room's rights whenever its doors or people moved. What could not be read is tried again a
// second later.
func (a *App) pumpRights(ctx context.Context) {
	retry, heal := time.NewTicker(time.Second), time.NewTicker(healEvery)
	defer retry.Stop()
	defer heal.Stop()
	a.rights.moved(nil)
	a.rights.pump(ctx, retry.C, heal.C, a.pushRights)
}

// pump pushes once for whatever moved meanwhile, until ctx ends. To heal is to say that everything moved, which wakes this
// loop by itself: said in every turn it would never sleep.
func (r *rights) pump(ctx context.Context, retry, heal <-chan time.Time, push func(context.Context)) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-heal:
			r.moved(nil)
			continue
		case <-r.wake:
		case <-retry:
		}
		push(ctx)
	}
}

func (a *App) pushRights(ctx context.Context) {
	rooms, all := a.rights.take()
	if all {
		occupied, err := a.store.Occupied(ctx)
		if err != nil {
			a.rights.moved(nil)
		}
		for _, id := range occupied {
			rooms[id] = struct{}{}
		}
		for _, id := range a.media.Rooms() { // where nobody has a right any more
			rooms[meet.ID(id)] = struct{}{}
		}
	}
	for id := range rooms {
		if err := a.handler.Rights(ctx, id); err != nil && ctx.Err() == nil {
			a.log.Error("rights", "room", id, "err", err)
			a.rights.failed(id)
		}
	}
}

package jobs

import (
	"context"
	"sync/atomic"
	"time"

	"foyer/store"
)

// clerk is the one who writes for all connections: a note waits a moment for the others' to come along, because one
// acknowledged write costs about as much as composing and sending a letter.
type clerk struct {
	notes   chan note
	serving atomic.Int32 // connections that are at work, and will have something to note
}

// note is what became of a connection's letter, and whether it wants another one (0 or 1).
type note struct {
	done  []store.Posted
	want  int
	given chan []store.Posting
}

// write writes until nobody is left who could have something to note.
func (o *Outbox) write(ctx context.Context) {
	for first := range o.notes {
		batch := o.collect(first)
		var done []store.Posted
		want := 0
		for _, n := range batch {
			done, want = append(done, n.done...), want+n.want
		}
		list := o.put(ctx, done, want)
		for _, n := range batch {
			give := min(n.want, len(list))
			n.given <- list[:give]
			list = list[give:]
		}
	}
}

// collect waits for the notes of those who are at work, but not long: one of them may have a server that is slow.
func (o *Outbox) collect(first note) []note {
	batch := []note{first}
	enough := time.NewTimer(company)
	defer enough.Stop()
	for len(batch) < int(o.serving.Load()) {
		select {
		case n, more := <-o.notes:
			if !more {
				return batch
			}
			batch = append(batch, n)
		case <-enough.C:
			return batch
		}
	}
	return batch
}

// put notes what became of letters and claims the next ones. What is noted must not be lost, so it is tried again while
// the house runs, and once when it ends.
func (o *Outbox) put(ctx context.Context, done []store.Posted, want int) []store.Posting {
	for {
		if ctx.Err() != nil {
			want = 0
		}
		list, err := store.Post.Do(context.WithoutCancel(ctx), o.Store, store.By{Machine: true}, store.Postal{Done: done, Want: want, Lease: lease})
		if err == nil {
			return list
		}
		if ctx.Err() != nil {
			return nil
		}
		o.Log.Warn("outbox", "err", err)
		wait(ctx, storeAgain)
	}
}

package picture

import (
	"context"
	"runtime"
)

// deskMemory is what one desk holds. A photograph of 20 megapixels sits at one desk, a heavier picture at several.
const deskMemory = 64 << 20

// everyDesk is the desks of this node: one for each CPU it may use.
var everyDesk = newDesks(runtime.GOMAXPROCS(0))

// desks limit how much is opened at once: no more files than desks, and no more memory than all desks have, or one
// picture has that takes them all.
type desks struct {
	next  chan struct{} // held by the one that is gathering desks, so that two never wait for each other
	taken chan struct{} // one for each desk that is
}

func newDesks(n int) *desks {
	return &desks{next: make(chan struct{}, 1), taken: make(chan struct{}, n)}
}

// take waits until there are desks for need bytes and takes them. It gives how many, or ctx's error.
func (d *desks) take(ctx context.Context, need int) (taken int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	select {
	case d.next <- struct{}{}:
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	defer func() { <-d.next }()
	for wanted := min(1+need/deskMemory, cap(d.taken)); taken < wanted; taken++ {
		select {
		case d.taken <- struct{}{}:
		case <-ctx.Done():
			d.leave(taken)
			return 0, ctx.Err()
		}
	}
	return taken, nil
}

func (d *desks) leave(taken int) {
	for range taken {
		<-d.taken
	}
}

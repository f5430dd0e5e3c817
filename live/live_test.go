package live

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
)

func TestListenersHearTheirTopics(t *testing.T) {
	h := NewHub()
	a, b := h.Listen("home/1", "room/2/people"), h.Listen("home/9")
	defer a.Close()
	defer b.Close()
	h.Announce([]string{"home/1#r7", "home/1#r8", "room/2/people", "nobody/here"})
	<-a.C
	topics, all := a.Take()
	slices.Sort(topics)
	if all || !slices.Equal(topics, []string{"home/1#r7", "home/1#r8", "room/2/people"}) {
		t.Error(topics, all)
	}
	select {
	case <-b.C:
		t.Error("woken by a stranger's topic")
	default:
	}
	h.Announce(nil)
	<-b.C
	if _, all := b.Take(); !all {
		t.Error("not told that everything may have changed")
	}
}

func TestManyChangesAreOneWake(t *testing.T) {
	h := NewHub()
	l := h.Listen("t")
	defer l.Close()
	for range 1000 {
		h.Announce([]string{"t"})
	}
	<-l.C
	if topics, _ := l.Take(); len(topics) != 1 {
		t.Error(topics)
	}
	select {
	case <-l.C:
		t.Error("woken twice")
	default:
	}
}

func TestClosedListenersLeaveNothing(t *testing.T) {
	h := NewHub()
	h.Listen("a", "b").Close()
	if len(h.listeners)+len(h.seen) != 0 {
		t.Error(h.listeners, h.seen)
	}
}

func TestDrawnOncePerChange(t *testing.T) {
	h := NewHub()
	d := NewDrawn(h)
	l := h.Listen("t")
	var drawings atomic.Int32
	ask := func() []byte {
		b, _ := d.Bytes("t", "region|host", func() ([]byte, error) { drawings.Add(1); return []byte("x"), nil })
		return b
	}
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() { ask() })
	}
	wg.Wait()
	if n := drawings.Load(); n != 1 {
		t.Errorf("drawn %d times", n)
	}
	h.Announce([]string{"t"})
	ask()
	if n := drawings.Load(); n != 2 {
		t.Errorf("drawn %d times after a change", n)
	}
	for i := range 1000 { // lines of a chat have a key each
		h.Announce([]string{"t"})
		if _, err := d.Bytes("t", fmt.Sprint("line ", i), func() ([]byte, error) { return []byte("x"), nil }); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(d.by["t"].by); n != 1 {
		t.Errorf("%d pictures are kept of a topic that moved on", n)
	}
	l.Close()
	if len(d.by) != 0 {
		t.Error("pictures of a topic that nobody listens to:", d.by)
	}
}

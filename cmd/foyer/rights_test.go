package main

import (
	"context"
	"testing"
	"time"
)

// Healing hands everything over once and not for as long as it lasts: the loop used to feed itself, and kept a core busy for
// a second in ten.
func TestHealingPushesOnce(t *testing.T) {
	r := newRights()
	heal, pushed := make(chan time.Time), make(chan bool)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.pump(ctx, nil, heal, func(ctx context.Context) {
			_, all := r.take()
			select {
			case pushed <- all:
			case <-ctx.Done():
			}
		})
	}()
	for range 3 {
		heal <- time.Time{}
		if all := <-pushed; !all {
			t.Fatal("a part was handed over instead of everything")
		}
	}
	select {
	case <-pushed:
		t.Fatal("pushed again although nothing moved")
	case heal <- time.Time{}: // the loop is back at its rest, or it could not take this
	}
	<-pushed
	cancel()
	<-done
}

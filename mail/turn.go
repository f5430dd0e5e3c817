package mail

import (
	"context"
	"errors"
	"time"
)

// Turn is the right to send one letter at once: the pace allows it, and a line to the server stands open. Whoever has
// many letters takes a turn first and then decides which letter it is for, so that none grows old while it waits.
type Turn interface {
	// Send uses the turn for a letter. It does not wait; what stands in its way is Temporary, at a stage before Recipient.
	Send(ctx context.Context, letter Letter) Result
	// Again takes the next turn on the same line, if there is one right now; if not, the turn is given back. Behind Send.
	Again() bool
	// GiveBack ends a turn that was not used, or that Again did not renew. Twice is once.
	GiveBack()
}

// errResting ends a try that would have to wait with a letter in its hand.
var errResting = errors.New("the mail server sent us away a moment ago")

// Turn waits for the pace, for a line that carries nothing, and for the end of a rest, and opens the line. Without a turn
// the result says why: never Delivered, at the stage Wait or Connect.
func (s *SMTP) Turn(ctx context.Context) (Turn, Result) {
	c, err := s.line(ctx)
	if err != nil {
		return nil, failed(Wait, err)
	}
	if result, open := c.ready(ctx); !open {
		s.give(c)
		return nil, result
	}
	return &turn{s: s, c: c}, Result{}
}

// line waits for a line that carries nothing, for the end of a rest, and for the pace.
func (s *SMTP) line(ctx context.Context) (*connection, error) {
	ctx, done := alsoUntil(ctx, s.ended)
	defer done()
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-s.turns:
	}
	c := s.take()
	err := s.rest.wait(ctx)
	if err == nil {
		err = s.limit.Wait(ctx)
	}
	if err != nil {
		s.give(c)
		return nil, err
	}
	return c, nil
}

// alsoUntil is ctx that ends with the sender, too.
func alsoUntil(ctx, ended context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(ended, func() { cancel(errClosed) })
	return ctx, func() {
		stop()
		cancel(nil)
	}
}

type turn struct {
	s *SMTP
	c *connection // nil = given back
}

func (t *turn) Send(ctx context.Context, letter Letter) Result {
	if t.c == nil {
		return failed(Wait, errors.New("this turn was given back"))
	}
	text, err := letter.MIME(t.s.key)
	if err != nil {
		result := failed(Compose, err)
		t.s.rest.learn(result)
		return result
	}
	return t.c.carry(ctx, letter, text)
}

func (t *turn) Again() bool {
	if t.c != nil && t.s.rest.left() == 0 && t.c.open() && t.s.limit.Allow() {
		return true
	}
	t.GiveBack()
	return false
}

func (t *turn) GiveBack() {
	if c := t.c; c != nil {
		t.c = nil
		t.s.give(c)
	}
}

// Cut ends the sender like Close, and what is under way with it: those letters are Temporary, although the server may
// have taken them.
func (s *SMTP) Cut() {
	s.end()
	for _, c := range s.all {
		c.cutOff()
	}
}

// ready opens the line, or makes sure that the one kept since a while still stands: a server may have hung up meanwhile.
func (c *connection) ready(ctx context.Context) (Result, bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if !c.wake() {
		return failed(Wait, errClosed), false
	}
	if c.line != nil && c.rest.now().Sub(c.used) > time.Second && (c.line.UpdateDeadline(goodbyeTime) != nil || c.line.Noop() != nil) {
		c.hangUp(false)
	}
	if c.line == nil {
		if stage, err := c.dialIn(ctx); err != nil {
			result := refused(stage, err, c.tell)
			if ctx.Err() == nil {
				c.rest.learn(result)
			}
			return result, false
		}
	}
	c.keep()
	return Result{}, true
}

// open tells whether another letter may go over the same line.
func (c *connection) open() bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.ended.Err() == nil && c.line != nil && c.sent < c.most
}

// keep gives the line back when nothing goes over it for a while.
func (c *connection) keep() {
	if c.line != nil {
		c.used, c.idle = c.rest.now(), time.AfterFunc(idleTime, c.goodbye)
	}
}

// Turn waits for the end of a rest, and for the pace if there is one.
func (d *Drop) Turn(ctx context.Context) (Turn, Result) {
	err := errors.Join(d.rest.wait(ctx), ctx.Err())
	if err == nil && d.limit != nil {
		err = d.limit.Wait(ctx)
	}
	if err != nil {
		return nil, failed(Wait, err)
	}
	return fileTurn{d}, Result{}
}

// Cut has nothing to cut: a file is written in a moment.
func (d *Drop) Cut() {}

func (d *Drop) String() string { return d.folder }

type fileTurn struct{ *Drop }

func (t fileTurn) Again() bool {
	return t.rest.left() == 0 && (t.limit == nil || t.limit.Allow())
}
func (fileTurn) GiveBack() {}

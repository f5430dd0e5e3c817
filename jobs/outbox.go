package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"foyer/mail"
	"foyer/store"
)

// The outbox carries letters from their rows to the mail server. What is owed, in which order, and what became untrue is
// the store's; what a server's answer means is mail's. Here is only the walk between the two, once for each connection:
//
//	take a turn → claim one letter (its try is counted in the same transaction) → send it → note what became of it
//
// The note and the next claim are one transaction, so a connection never has more than one letter whose 250 is not noted.
// A process that dies between two steps loses nothing: the letter is still claimed by an epoch that is over, and the next
// process sends it again under the same Message-ID.

// OutboxOptions are what an outbox stands on.
type OutboxOptions struct {
	Store   *store.Store
	Sender  mail.Sender
	Workers int            // connections of the sender
	From    mail.Address   // of all letters; events put their host's name before it
	Base    string         // the address of this Foyer without a slash at its end: https://meet.example.org
	Key     []byte         // names letters; the same for ever
	Grace   time.Duration  // for letters under way when it ends
	Chance  func() float64 // 0 to 1
	Log     *slog.Logger
}

// Outbox sends letters while Run runs.
type Outbox struct {
	OutboxOptions
	woken chan struct{} // somebody queued a letter
	work  chan struct{} // there may be a letter for one more connection
	clerk
	ill     atomic.Bool // the mail server is not there for us at all; the operator knows
	refused atomic.Bool // for somebody's rules; the operator knows
}

// NewOutbox makes an outbox; nothing is sent before Run.
func NewOutbox(o OutboxOptions) *Outbox {
	return &Outbox{OutboxOptions: o, woken: make(chan struct{}, 1), work: make(chan struct{}, 1), clerk: clerk{notes: make(chan note)}}
}

// How an outbox waits.
const (
	glance       = 500 * time.Millisecond // between two looks for due letters when nobody wakes it
	lease        = 5 * time.Minute        // longer than any letter takes
	longestAgain = 30 * time.Minute
	refusedFor   = 72 * time.Hour // until somebody's rules are taken for final
	storeAgain   = time.Second    // when rows cannot be written
	company      = 3 * time.Millisecond
)

// Wake tells that a letter may have been queued.
func (o *Outbox) Wake() { tell(o.woken) }

func tell(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Run sends until ctx ends, and then lets letters under way finish for the time of grace.
func (o *Outbox) Run(ctx context.Context) {
	var all sync.WaitGroup
	all.Go(func() { o.watch(ctx) })
	for range o.Workers {
		all.Go(func() { o.connection(ctx) })
	}
	ended := make(chan struct{})
	go func() {
		all.Wait()
		close(o.notes)
	}()
	go func() {
		o.write(ctx)
		close(ended)
	}()
	<-ctx.Done()
	grace := time.NewTimer(o.Grace)
	defer grace.Stop()
	select {
	case <-ended:
	case <-grace.C:
		o.Sender.Cut()
		<-ended
	}
}

// watch asks one cheap question now and then, and at once when somebody queued a letter.
func (o *Outbox) watch(ctx context.Context) {
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-o.woken:
		case <-tick.C:
		}
		if o.due(ctx) {
			tell(o.work)
		}
	}
}

func (o *Outbox) due(ctx context.Context) bool {
	due, err := o.Store.PostDue(ctx)
	if err != nil && ctx.Err() == nil {
		o.Log.Warn("outbox", "err", err)
	}
	return due
}

// connection is what one of them does all day.
func (o *Outbox) connection(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-o.work:
		}
		for ctx.Err() == nil && o.due(ctx) {
			turn, why := o.Sender.Turn(ctx)
			if turn == nil {
				o.hear(ctx, why)
				break
			}
			o.serve(ctx, turn)
			turn.GiveBack()
		}
	}
}

// serve uses a turn, and those that follow at once on the same line, for what is due.
func (o *Outbox) serve(ctx context.Context, turn mail.Turn) {
	o.serving.Add(1)
	defer o.serving.Add(-1)
	var done []store.Posted
	for want := 1; ; {
		list := o.post(done, want)
		if len(list) == 0 {
			return
		}
		tell(o.work) // where there was one, there may be another
		p := list[0]
		result := o.send(ctx, turn, p)
		done = []store.Posted{o.judge(p, result)}
		o.hear(ctx, result)
		if ctx.Err() != nil || !turn.Again() {
			want = 0
		}
	}
}

// post hands what became of letters to the clerk, with the wish for another one.
func (o *Outbox) post(done []store.Posted, want int) []store.Posting {
	if want == 0 && len(done) == 0 {
		return nil
	}
	n := note{done, want, make(chan []store.Posting)}
	o.notes <- n
	return <-n.given
}

// send composes and sends one letter. One that cannot be composed dies alone.
func (o *Outbox) send(ctx context.Context, turn mail.Turn, p store.Posting) mail.Result {
	l, err := o.compose(p)
	if err != nil {
		return mail.Result{Outcome: mail.Permanent, Stage: mail.Compose, Text: err.Error()}
	}
	return turn.Send(context.WithoutCancel(ctx), l)
}

func (o *Outbox) compose(p store.Posting) (l mail.Letter, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return Compose(p, o.From, o.Base, o.Key)
}

// judge says what to note of a letter.
func (o *Outbox) judge(p store.Posting, r mail.Result) store.Posted {
	d := store.Posted{ID: p.ID, Epoch: p.Epoch, Code: r.Code, Text: r.Text, Outcome: store.PostAgain}
	switch {
	case r.Outcome == mail.Delivered:
		d.Outcome, d.Text = store.PostSent, ""
	case r.Outcome == mail.Permanent && r.Stage == mail.Compose:
		o.Log.Error("a letter cannot be written", "kind", p.Kind, "err", r.Text)
		d.Outcome, d.Text = store.PostDead, "This mail could not be written."
	case r.Outcome == mail.Permanent:
		d.Outcome, d.Bad = store.PostDead, r.Stage == mail.Recipient
	case r.Stage < mail.Recipient, r.Stage == mail.Recipient && r.Trouble(): // nothing was said about this letter
		d.Untried = true
	case r.Code >= 500 && p.Age > refusedFor: // somebody's rules, and they stay
		d.Outcome = store.PostDead
	default:
		d.Again = again(p.Attempts, o.Chance())
	}
	switch {
	case r.Outcome == mail.Delivered:
		o.refused.Store(false)
	case r.Outcome == mail.Temporary && r.Code >= 500 && p.Attempts == 1 && !o.refused.Swap(true): // of thousands it is said once
		o.Log.Warn("the mail server refuses recipients for a reason that may be ours; such mails are tried again for three days", "server", fmt.Sprint(o.Sender), "code", r.Code, "said", r.Text)
	}
	return d
}

// again is how long to wait after so many tries: 2^n s, half as much up to half as much again, at most 30 minutes.
func again(tries int, chance float64) time.Duration {
	d := time.Second << min(max(tries, 0), 12)
	return min(time.Duration(float64(d)*(0.5+chance)), longestAgain)
}

// hear tells the operator once that mail is held up, and once that it goes out again. The waiting is the sender's.
func (o *Outbox) hear(ctx context.Context, r mail.Result) {
	switch {
	case r.Through():
		if o.ill.Swap(false) {
			o.Log.Info("mail goes out again")
		}
	case r.Trouble() && ctx.Err() == nil && !o.ill.Swap(true):
		o.Log.Warn("mail is held up; what is queued goes out when the mail server takes it again", "server", fmt.Sprint(o.Sender), "code", r.Code, "said", r.Text)
	}
}

func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

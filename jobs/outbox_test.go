package jobs_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"foyer/jobs"
	"foyer/mail"
	"foyer/meet"
	"foyer/replica"
	"foyer/store"
)

func always(mail.Stage, string, int) fault { return fine }

// A burst goes out over all connections, each letter once, and the host sees it.
func TestABurst(t *testing.T) {
	h, p := open(t), serve(t, always)
	e := h.event(48 * time.Hour)
	for i := range 40 {
		h.registers(e, local(i))
	}
	h.outbox(p.sender(t, func(o *mail.SMTPOptions) { o.Connections = 3 }), 3)
	h.eventually("all arrive", func() bool { return len(p.arrived()) >= 40 })
	h.eventually("all are noted", func() bool {
		for _, r := range h.mails(e) {
			if r.Mail != meet.MailDelivered {
				return false
			}
		}
		return true
	})
	if n, c := len(p.arrived()), p.opened.Load(); n != 40 || c > 3 {
		t.Errorf("%d letters over %d connections", n, c)
	}
	a := p.arrived()[0]
	if s := a.head.Get("Subject"); s != "You're in: Talk, Tue 24 Nov 07:00 EST" || !strings.Contains(a.body, "method=REQUEST") || a.head.Get("Reply-To") == "" {
		t.Errorf("%s\n%v", s, a.head)
	}
}

// What the server says of one letter is that letter's alone: later, never, taken and hung up, taken and silent.
func TestWhatBecomesOfLetters(t *testing.T) {
	h := open(t)
	p := serve(t, func(stage mail.Stage, to string, turn int) fault {
		switch {
		case to == "grey" && stage == mail.Recipient && turn < 4:
			return later
		case to == "gone" && stage == mail.Recipient:
			return never
		case to == "cut" && stage == mail.Content:
			return drop
		case to == "slow" && stage == mail.Content && turn == 1:
			return hang
		case to == "busy" && stage == mail.Content && turn < 3:
			return later
		}
		return fine
	})
	e := h.event(48 * time.Hour)
	people := []string{"grey", "gone", "cut", "slow", "busy", "fine"}
	for _, who := range people {
		h.registers(e, who)
	}
	h.outbox(p.sender(t), 2)
	h.eventually("nothing is owed", func() bool {
		for _, r := range h.mails(e) {
			if r.Mail == meet.MailSending {
				return false
			}
		}
		return true
	})
	mails := h.mails(e)
	for _, who := range people {
		want, n := meet.MailDelivered, 1
		if who == "gone" {
			want, n = meet.MailFailed, 0
		}
		if got := len(p.arrived(who)); mails[who].Mail != want || got != n {
			t.Errorf("%s: %s, arrived %d times", who, mails[who].Mail, got)
		}
	}
	if r := mails["gone"].Reason; !strings.Contains(r, "550 5.1.1 no such user") {
		t.Errorf("the host reads %q", r)
	}
	if p.turns["grey"] != 4 || p.turns["slow"] != 2 || p.turns["gone"] != 1 {
		t.Errorf("tried %v", p.turns)
	}
}

// An event that moves while its letters wait: who was told first gets both, in order, in one thread; who was not is told once.
func TestMovedWhileQueued(t *testing.T) {
	h := open(t)
	p := serve(t, func(stage mail.Stage, to string, turn int) fault {
		if to == "first" && stage == mail.Recipient && turn < 3 {
			return later
		}
		return fine
	})
	e := h.event(48 * time.Hour)
	h.registers(e, "first")
	stop := h.outbox(p.sender(t), 2)
	h.eventually("the first one is tried", func() bool { p.mu.Lock(); defer p.mu.Unlock(); return p.turns["first"] > 0 })
	stop()
	h.registers(e, "second")
	h.moves(e, 72*time.Hour)
	h.outbox(p.sender(t), 2)
	h.eventually("all arrive", func() bool { return len(p.arrived()) >= 3 })
	first, second := p.arrived("first"), p.arrived("second")
	if len(first) != 2 || len(second) != 1 {
		t.Fatalf("%d and %d letters", len(first), len(second))
	}
	if s := first[1].head.Get("Subject"); !strings.HasPrefix(s, "Moved: Talk, ") || first[1].head.Get("In-Reply-To") != first[0].id() {
		t.Errorf("%s answers %s", s, first[1].head.Get("In-Reply-To"))
	}
	for i, a := range []arrival{first[0], first[1], second[0]} {
		if want := fmt.Sprintf("SEQUENCE:%d\r\n", min(i, 1)); !strings.Contains(a.body, want) {
			t.Errorf("letter %d holds no %q", i, want)
		}
	}
	if s := second[0].head.Get("Subject"); !strings.HasPrefix(s, "You're in: Talk, ") {
		t.Error(s)
	}
}

// A server that refuses the sender kills no letter and counts no try, whenever it says so. The operator is told once, and
// everything goes out when it is mended.
func TestARefusedSender(t *testing.T) {
	t.Run("at MAIL", func(t *testing.T) { refusedSender(t, mail.Envelope, refuseSender, "550 5.7.1 not from you") })
	t.Run("at RCPT", func(t *testing.T) { refusedSender(t, mail.Recipient, refusePlain, "530 5.7.0 STARTTLS first") })
}

func refusedSender(t *testing.T, at mail.Stage, how fault, said string) {
	h := open(t)
	mended := make(chan struct{})
	var refused atomic.Int32
	p := serve(t, func(stage mail.Stage, _ string, _ int) fault {
		select {
		case <-mended:
			return fine
		default:
		}
		if stage == at {
			refused.Add(1)
			return how
		}
		return fine
	})
	e := h.event(48 * time.Hour)
	for i := range 5 {
		h.registers(e, local(i))
	}
	h.outbox(p.sender(t, func(o *mail.SMTPOptions) { o.Now = h.clock }), 2)
	h.eventually("the operator is told", func() bool { return strings.Contains(h.said(), said) })
	h.eventually("it is tried again", func() bool { return refused.Load() > 4 })
	close(mended)
	h.eventually("all arrive", func() bool { return len(p.arrived()) == 5 })
	if n := strings.Count(h.said(), "mail is held up"); n != 1 {
		t.Errorf("told %d times:\n%s", n, h.said())
	}
	h.must(h.keep.Write(t.Context(), func(ctx context.Context, tx *replica.Tx) error {
		tries := 0
		if err := tx.QueryRow(ctx, `SELECT max(attempts) FROM letter`).Scan(&tries); err != nil || tries != 1 {
			t.Errorf("%d tries of a letter are counted, %v", tries, err)
		}
		return nil
	}))
}

// A server that refuses everybody with words about each recipient kills no letter and makes no address bad. The operator is
// told once, and everything goes out when it is mended. One recipient's own rules stop nobody else.
func TestRefusedRecipients(t *testing.T) {
	h := open(t)
	var mended atomic.Bool
	p := serve(t, func(stage mail.Stage, to string, _ int) fault {
		if stage == mail.Recipient && (to == "strict" || !mended.Load()) {
			return refuseRelay
		}
		return fine
	})
	e := h.event(30 * 24 * time.Hour)
	for i := range 5 {
		h.registers(e, local(i))
	}
	h.registers(e, "strict")
	h.outbox(p.sender(t), 2)
	h.eventually("all are tried twice", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.turns["strict"] > 1 && p.turns[local(0)] > 1 && p.turns[local(4)] > 1
	})
	if n := strings.Count(h.said(), "554 5.7.1 Relay access denied"); n != 1 {
		t.Errorf("told %d times:\n%s", n, h.said())
	}
	mended.Store(true)
	h.eventually("all but one arrive", func() bool { return len(p.arrived()) == 5 })
	h.eventually("noted", func() bool {
		n := 0
		for _, m := range h.mails(e) {
			if m.Mail == meet.MailDelivered {
				n++
			}
		}
		return n == 5
	})
	if m := h.mails(e)["strict"]; m.Mail != meet.MailSending {
		t.Errorf("%+v", m)
	}
	h.later(72*time.Hour + time.Minute)
	h.eventually("it is taken for final", func() bool { return h.mails(e)["strict"].Mail == meet.MailFailed })
	if h.mails(e)["strict"].Bad {
		t.Error("the address is called bad")
	}
}

// claims takes one letter as a process does that dies before it goes on.
func (h *house) claims() store.Posting {
	h.t.Helper()
	list, err := store.Post.Do(h.t.Context(), h.Store, machine, store.Postal{Want: 1, Lease: time.Minute})
	if err != nil || len(list) != 1 {
		h.t.Fatalf("%v, %v", list, err)
	}
	return list[0]
}

// A process that dies between any two steps loses nothing, and what it sends twice has the same name.
func TestDeathBetweenSteps(t *testing.T) {
	for _, died := range []string{"before", "behind"} {
		t.Run(died+" sending", func(t *testing.T) {
			h, p := open(t), serve(t, always)
			e := h.event(48 * time.Hour)
			h.registers(e, "zoe")
			l, err := jobs.Compose(h.claims(), service, "https://meet.example.org", []byte("key"))
			h.must(err)
			want := 1
			if died == "behind" {
				want = 2
				if got := send(t.Context(), p.sender(t), l); got.Outcome != mail.Delivered {
					t.Fatalf("%+v", got)
				}
			}
			h.end()
			h.begin()
			h.outbox(p.sender(t), 2)
			h.eventually("noted", func() bool { return h.mails(e)["zoe"].Mail == meet.MailDelivered })
			got := p.arrived()
			if len(got) != want {
				t.Fatalf("%d letters, want %d", len(got), want)
			}
			for _, a := range got {
				if a.id() != "<"+l.MessageID+">" {
					t.Errorf("%s, want %s", a.id(), l.MessageID)
				}
			}
		})
	}
}

// A letter that cannot be written dies alone, whoever finds that out, and the operator reads why.
func TestUnwritableLetters(t *testing.T) {
	h, p := open(t), serve(t, always)
	h.registers(h.event(48*time.Hour), "zoe")
	_, err := store.AskReset.Do(t.Context(), h.Store, h.by(), "ada@example.org")
	h.must(err)
	h.outbox(p.sender(t), 2, func(o *jobs.OutboxOptions) { o.From.Address = "events of ours@webinars.example" })
	// The calendar refuses the sender as organizer of an entry, and the mail as its sender.
	for _, why := range []string{"kind=invite", "kind=reset", "is not a bare address", "an address in this letter is none"} {
		h.eventually("the log says "+why, func() bool { return strings.Contains(h.said(), why) })
	}
	if n := strings.Count(h.said(), "cannot be written"); n != 2 || strings.Contains(h.said(), "held up") || len(p.arrived()) != 0 {
		t.Errorf("told %d times:\n%s", n, h.said())
	}
}

// At the end letters under way are finished and noted; what hangs is cut off and stays owed.
func TestStopping(t *testing.T) {
	h := open(t)
	p := serve(t, func(stage mail.Stage, to string, _ int) fault {
		if stage == mail.Content && to == "hangs" {
			return hang
		}
		return fine
	})
	e := h.event(48 * time.Hour)
	h.registers(e, "hangs")
	stop := h.outbox(p.sender(t, func(o *mail.SMTPOptions) { o.Timeout = time.Hour }), 2, func(o *jobs.OutboxOptions) { o.Grace = 100 * time.Millisecond })
	h.eventually("it hangs", func() bool { return p.hangs.Load() > 0 })
	stop()
	if m := h.mails(e)["hangs"]; m.Mail != meet.MailSending {
		t.Errorf("%+v", m)
	}
	if due := h.claimable(); due != 0 {
		t.Errorf("%d letters at once again, want them after a while", due)
	}
	h.later(time.Minute)
	if due := h.claimable(); due != 1 {
		t.Errorf("%d letters are owed", due)
	}
}

func (h *house) claimable() int {
	h.t.Helper()
	list, err := store.Post.Do(context.Background(), h.Store, machine, store.Postal{Want: 10, Lease: time.Minute})
	h.must(err)
	return len(list)
}

// Reminders leave once, half an hour before, with a way to stop them and without a calendar entry; a new time earns a new one.
func TestReminders(t *testing.T) {
	h, p := open(t), serve(t, always)
	e := h.event(2 * time.Hour)
	h.registers(e, "zoe")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { jobs.Remind(h.Store, nil)(ctx); close(ended) }()
	defer func() { cancel(); <-ended }()
	h.outbox(p.sender(t), 2)
	h.eventually("the invite arrives", func() bool { return len(p.arrived()) == 1 })
	h.later(e.Starts.Sub(h.clock()) - 31*time.Minute)
	h.eventually("the reminder arrives", func() bool { return len(p.arrived()) == 2 })
	r := p.arrived()[1]
	york, err := meet.Zone("America/New_York")
	h.must(err)
	if s, want := r.head.Get("Subject"), "Starts at "+e.Starts.In(york).Format("15:04")+" EST: Talk"; s != want || strings.Contains(r.body, "minutes") {
		t.Errorf("%s, want %s\n%s", s, want, r.body) // a number of minutes would be wrong by the time the last of many leaves
	}
	if u := r.head.Get("List-Unsubscribe"); !strings.HasPrefix(u, "<https://meet.example.org/u/") || strings.Contains(r.body, "calendar") || r.head.Get("List-Unsubscribe-Post") == "" {
		t.Errorf("%s\n%s", u, r.body)
	}
	h.moves(e, 3*time.Hour)
	h.eventually("the change arrives", func() bool { return len(p.arrived()) == 3 })
	h.later(h.again(e.ID).Starts.Sub(h.clock()) - 30*time.Minute)
	h.eventually("a second reminder arrives", func() bool { return len(p.arrived()) == 4 })
}

// Without a mail server letters are files.
func TestFiles(t *testing.T) {
	h := open(t)
	dir := filepath.Join(h.dir, "mail")
	d, err := mail.NewDrop(dir, nil, time.Now)
	h.must(err)
	e := h.event(48 * time.Hour)
	h.registers(e, "zoe")
	h.outbox(d, 1)
	h.eventually("noted", func() bool { return h.mails(e)["zoe"].Mail == meet.MailDelivered })
	list, err := os.ReadDir(dir)
	if err != nil || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
}

package store_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"foyer/meet"
	"foyer/store"
)

func (p *person) says(r meet.Room, once, text string) (int, error) {
	return do(p.h, p.by(once), store.Say, store.Saying{Slug: r.Slug, Text: text})
}

func (p *person) deletes(r meet.Room, n int) error {
	return second(do(p.h, p.by(""), store.DeleteLine, store.Deleting{Slug: r.Slug, N: n}))
}

func (h *house) chat(r meet.Room, shown store.Chat) store.Chat {
	h.t.Helper()
	c, err := h.Chat(h.t.Context(), r.ID, shown)
	h.must(nil, err)
	return c
}

// told is lines as a page shows them.
func told(c store.Chat) (lines []string) {
	for _, l := range c.Lines {
		lines = append(lines, fmt.Sprintf("%d %s: %s%s", l.N, l.Name, l.Text, map[bool]string{true: "(deleted)"}[l.Deleted]))
	}
	return lines
}

// tells checks what is new for a page that shows up to a cursor.
func (h *house) tells(r meet.Room, shown store.Chat, want ...string) store.Chat {
	h.t.Helper()
	c := h.chat(r, store.Chat{Call: shown.Call, Rev: shown.Rev})
	if got := told(c); !slices.Equal(got, want) {
		h.t.Errorf("new are %q, want %q", got, want)
	}
	return c
}

// A hundred lines at once have the numbers 1 to 100 and no gap: a page can see that it missed one.
func TestLinesAreNumberedWithoutGaps(t *testing.T) {
	t.Parallel()
	h := open(t)
	ada, bob := h.host("ada"), h.guest()
	r := ada.room("Office", meet.Meeting)
	ada.mustEnter(r, "Ada")
	bob.mustEnter(r, "Bob")
	var group sync.WaitGroup
	var mu sync.Mutex
	var numbers []int
	for i := range 100 {
		group.Go(func() {
			n, err := []*person{ada, bob}[i%2].says(r, fmt.Sprint("once ", i), fmt.Sprint("line ", i))
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			numbers = append(numbers, n)
		})
	}
	group.Wait()
	slices.Sort(numbers)
	for i, n := range numbers {
		if n != i+1 {
			t.Fatalf("numbers %v", numbers)
		}
	}
	c := h.chat(r, store.Chat{})
	if !c.Whole || len(c.Lines) != meet.LinesShown || c.Lines[0].N != 51 || c.Lines[49].N != 100 || c.Rev != 100 {
		t.Errorf("%d lines from %d, rev %d", len(c.Lines), c.Lines[0].N, c.Rev)
	}
	calls, _ := h.Calls(t.Context(), ada.id, time.Time{}, 1)
	if past, _ := h.Call(t.Context(), ada.who(), calls[0].ID); len(past.Said) != 100 || past.Said[0].N != 1 {
		t.Errorf("history keeps %d lines", len(past.Said))
	}
}

// A line sent twice is said once, whatever the network did; another line with the same key is another line.
func TestALineSentTwiceIsSaidOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	ada, bob := h.host("ada"), h.guest()
	r := ada.room("Office", meet.Meeting)
	ada.mustEnter(r, "Ada")
	bob.mustEnter(r, "Bob")
	for i, c := range []struct {
		who        *person
		once, text string
		want       int
	}{
		{bob, "k", "hello", 1}, {bob, "k", "hello", 1}, {ada, "k", "hello", 2}, {bob, "k", "hello!", 3}, {bob, "l", "hello", 4}, {bob, "k", "hello", 1}, {bob, "", "hello", 5}, {bob, "", "hello", 6},
	} {
		if n, err := c.who.says(r, c.once, c.text); n != c.want || err != nil {
			t.Errorf("%d: line %d, %v; want %d", i, n, err, c.want)
		}
	}
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if n, err := bob.says(r, "at once", "again"); n != 7 || err != nil {
				t.Error(n, err)
			}
		})
	}
	group.Wait()
	if c := h.chat(r, store.Chat{}); len(c.Lines) != 7 {
		t.Errorf("%q", told(c))
	}
	h.later(23 * time.Hour)
	h.sweep()
	bob.mustEnter(r, "Bob")
	if n, err := bob.says(r, "k", "hello"); n != 1 || err != nil {
		t.Error("kept for 24 hours:", n, err)
	}
}

// A page that says what it shows is told exactly what is new: lines, and lines that were deleted.
func TestChatTellsWhatIsNew(t *testing.T) {
	t.Parallel()
	h := open(t)
	ada, bob := h.host("ada"), h.guest()
	r := ada.room("Office", meet.Meeting)
	if c := h.chat(r, store.Chat{}); c.Whole || c.Call != "" || c.Lines != nil {
		t.Errorf("no call: %+v", c)
	}
	ada.mustEnter(r, "Ada")
	b := bob.mustEnter(r, "Bob")
	c := h.tells(r, store.Chat{})
	if !c.Whole || c.Call == "" {
		t.Errorf("%+v", c)
	}
	h.said()
	h.must(bob.says(r, "", " hello \r\nthere\u202e"))
	h.hears(store.ChatTopic(r.ID))
	c = h.tells(r, c, "1 Bob:  hello\nthere")
	if l := c.Lines[0]; c.Whole || l.Pass != b.Pass || !l.At.Equal(h.clock()) || l.Rev != 1 {
		t.Errorf("%+v", c)
	}
	c = h.tells(r, c)
	h.must(ada.says(r, "", "two"))
	h.must(bob.says(r, "", "three"))
	c = h.tells(r, c, "2 Ada: two", "3 Bob: three")
	h.must(nil, ada.deletes(r, 2))
	h.must(bob.says(r, "", "four"))
	older := c
	c = h.tells(r, c, "2 Ada: (deleted)", "4 Bob: four")
	h.tells(r, older, "2 Ada: (deleted)", "4 Bob: four")
	c = h.tells(r, c)
	whole := h.tells(r, store.Chat{}, "1 Bob:  hello\nthere", "2 Ada: (deleted)", "3 Bob: three", "4 Bob: four")
	if whole.Rev != c.Rev || whole.Call != c.Call {
		t.Errorf("%+v, %+v", whole, c)
	}
	if again := h.chat(r, store.Chat{Call: c.Call, Rev: c.Rev, Whole: true}); !again.Whole || !slices.Equal(told(again), told(whole)) { // after a gap
		t.Errorf("%q", told(again))
	}
}

// A new name is the name of new lines; old lines keep theirs.
func TestLinesKeepTheNameOfTheirTime(t *testing.T) {
	t.Parallel()
	h := open(t)
	r, bob := h.host("ada").room("Office", meet.Meeting), h.guest()
	bob.mustEnter(r, "Bob")
	h.must(bob.says(r, "", "one"))
	bob.mustEnter(r, "Robert")
	h.must(bob.says(r, "", "two"))
	h.tells(r, store.Chat{}, "1 Bob: one", "2 Robert: two")
}

// C47: hosts and moderators take words away for good; others do not, not even their own; the number stays.
func TestDeletingLines(t *testing.T) {
	t.Parallel()
	f := fullRoom(t)
	for _, p := range []*person{f.bob, f.cleo, f.ada} {
		f.must(p.says(f.r, "", "a secret"))
	}
	c := f.chat(f.r, store.Chat{})
	for p, want := range map[*person]meet.Code{f.bob: meet.Forbidden, f.cleo: meet.Forbidden, f.guest(): meet.NotHere, f.host2(): meet.NotHere} {
		f.refused(want, p.deletes(f.r, 1))
	}
	f.tells(f.r, c)
	f.said()
	f.must(nil, f.mod.deletes(f.r, 1))
	f.hears(store.ChatTopic(f.r.ID))
	c = f.tells(f.r, c, "1 Bob: (deleted)")
	f.must(nil, f.mod.deletes(f.r, 3)) // a host's too
	c = f.tells(f.r, c, "3 Ada: (deleted)")
	f.must(nil, f.ada.deletes(f.r, 1)) // deleted already: nothing new
	f.must(nil, f.ada.deletes(f.r, 99))
	f.must(nil, f.ada.deletes(f.r, -1))
	f.tells(f.r, c)
	if n, err := f.bob.says(f.r, "", "next"); n != 4 || err != nil {
		t.Error(n, err)
	}
	calls, _ := f.Calls(t.Context(), f.ada.id, time.Time{}, 1)
	past, _ := f.Call(t.Context(), f.ada.who(), calls[0].ID)
	if len(past.Said) != 4 || !past.Said[0].Deleted || past.Said[0].Text != "" || past.Said[1].Text != "a secret" {
		t.Errorf("%+v", past.Said)
	}
	var n int
	f.must(nil, f.keep.Read().QueryRow(`SELECT count(*) FROM line WHERE text = 'a secret'`).Scan(&n))
	if n != 1 {
		t.Error("deleted words are still in the rows:", n)
	}
}

// A page that came late shows the last fifty, and is told nothing about lines that it never showed.
func TestADeletionBeforeTheLastFifty(t *testing.T) {
	t.Parallel()
	h := open(t)
	ada := h.host("ada")
	r := ada.room("Office", meet.Meeting)
	ada.mustEnter(r, "Ada")
	for i := range 60 {
		h.must(ada.says(r, "", fmt.Sprint(i)))
	}
	h.must(nil, ada.deletes(r, 1))
	c := h.chat(r, store.Chat{})
	if len(c.Lines) != 50 || c.Rev != 61 {
		t.Errorf("%d lines, rev %d", len(c.Lines), c.Rev)
	}
	h.tells(r, c)
}

// Another call has another chat: whoever looks at the old one gets the new one whole, or nothing between the two.
func TestANewCallHasAnEmptyChat(t *testing.T) {
	t.Parallel()
	h := open(t)
	ada := h.host("ada")
	r := ada.room("Office", meet.Meeting)
	ada.mustEnter(r, "Ada")
	h.must(ada.says(r, "", "old"))
	old := h.chat(r, store.Chat{})
	h.must(do(h, ada.by(""), store.LeaveRoom, store.Leaving{Slug: r.Slug}))
	h.refused(meet.Forbidden, second(ada.says(r, "", "from outside")))
	h.tells(r, old) // a minute's absence is the same call
	h.later(meet.CallEndAfter)
	h.sweep()
	if c := h.chat(r, old); !c.Whole || c.Call != "" || len(c.Lines) != 0 {
		t.Errorf("after the call: %+v", c)
	}
	ada.mustEnter(r, "Ada")
	if c := h.chat(r, old); !c.Whole || c.Call == old.Call || len(c.Lines) != 0 || c.Rev != 0 {
		t.Errorf("in the next call: %+v", c)
	}
	if n, err := ada.says(r, "", "new"); n != 1 || err != nil {
		t.Error(n, err)
	}
	h.tells(r, old, "1 Ada: new")
	calls, _ := h.Calls(t.Context(), ada.id, time.Time{}, 9)
	if past, _ := h.Call(t.Context(), ada.who(), calls[1].ID); len(past.Said) != 1 || past.Said[0].Text != "old" {
		t.Errorf("%+v", past.Said)
	}
	_, err := h.Call(t.Context(), h.host("other").who(), calls[1].ID) // C46: others' chats
	h.refused(meet.NotHere, err)
}

// Somebody who was admitted and has not come yet, in a room that stands empty, has nobody to talk to.
func TestSayingWithoutACall(t *testing.T) {
	t.Parallel()
	h := open(t)
	ada, bob := h.host("ada"), h.guest()
	r := ada.room("Office", meet.Meeting)
	ada.locks(r, true)
	e := bob.mustAsk(r, "Bob")
	h.must(nil, ada.decides(r, true, e.Pass))
	h.refused(meet.Conflict, second(bob.says(r, "", "anybody?")))
}

func TestWhatCannotBeSaid(t *testing.T) {
	t.Parallel()
	h := open(t)
	ada, bob := h.host("ada"), h.guest()
	r := ada.room("Office", meet.Meeting)
	bob.mustEnter(r, "Bob")
	for _, text := range []string{"", " \n ", "\u202e\u200b", strings.Repeat("x", 2001)} {
		h.refused(meet.Invalid, second(bob.says(r, "", text)))
	}
	h.must(bob.says(r, "", strings.Repeat("ä", 2000)))
	h.refused(meet.Forbidden, second(h.guest().says(r, "", "from outside")))
	h.refused(meet.Forbidden, second(h.host("other").says(r, "", "from outside")))
	h.refused(meet.Forbidden, second(ada.says(r, "", "the owner, outside")))
	h.refused(meet.NotHere, second(bob.says(meet.Room{Slug: "never"}, "", "x")))
	h.said()
	h.must(do(h, ada.by(""), store.SetLook, store.RoomLook{Room: r.ID, Features: meet.Features{Reactions: true, Hands: true}}))
	h.hears(store.ChatTopic(r.ID), store.RoomTopic(r.ID))
	h.refused(meet.Forbidden, second(bob.says(r, "", "chat is off")))
	h.must(nil, ada.deletes(r, 1)) // hosts still can
	if c := h.chat(r, store.Chat{}); len(c.Lines) != 1 || !c.Lines[0].Deleted {
		t.Errorf("%q", told(c))
	}
}

// What a page says of itself does not decide how much is read: far behind, or ahead of what was said, it gets the end.
func TestAPageFarBehindGetsTheEnd(t *testing.T) {
	t.Parallel()
	h := open(t)
	ada := h.host("ada")
	r := ada.room("Office", meet.Meeting)
	ada.mustEnter(r, "Ada")
	for i := range meet.LinesShown + 10 {
		h.must(ada.says(r, "", fmt.Sprint("line ", i)))
	}
	now := h.chat(r, store.Chat{Whole: true})
	for rev, whole := range map[int]bool{0: true, 9: true, 10: false, now.Rev: false, now.Rev + 1: true} {
		c := h.chat(r, store.Chat{Call: now.Call, Rev: rev})
		if c.Whole != whole || len(c.Lines) > meet.LinesShown || c.Rev != now.Rev {
			t.Errorf("from %d: whole %v, %d lines, rev %d", rev, c.Whole, len(c.Lines), c.Rev)
		}
	}
	for n := 1; n <= meet.LinesShown+5; n++ { // a page that shows them all must take the words of each away
		h.must(nil, ada.deletes(r, n))
	}
	if c := h.chat(r, store.Chat{Call: now.Call, Rev: now.Rev}); c.Whole || len(c.Lines) != meet.LinesShown+5 || !c.Lines[0].Deleted {
		t.Errorf("whole %v, %d lines", c.Whole, len(c.Lines))
	}
}

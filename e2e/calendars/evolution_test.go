//go:build calendars

package calendars

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"foyer/calendar"
	"foyer/e2e/calendars/reader"
	"foyer/mail"
)

// held is what a calendar keeps of an entry: not the METHOD of the message.
func held(entries ...reader.Entry) []reader.Entry {
	entries = slices.Clone(entries)
	for i := range entries {
		entries[i].Method = ""
	}
	slices.SortFunc(entries, func(a, b reader.Entry) int { return cmp.Compare(a.UID, b.UID) })
	return entries
}

// story is a mailbox and what its owner's calendar should hold after each letter.
type story struct {
	letters []mail.Letter
	files   [][]byte
	then    [][]reader.Entry
}

func (s *story) tell(l mail.Letter, now ...reader.Entry) {
	s.letters, s.then = append(s.letters, l), append(s.then, held(now...))
}

// check runs the stories through all readers, and compares Evolution's calendar after each letter with what was meant.
func check(t *testing.T, stories ...*story) {
	t.Helper()
	var mailboxes [][][]byte
	for _, s := range stories {
		s.files = posted(t, s.letters...)
		mailboxes = append(mailboxes, s.files)
	}
	for i, states := range reader.Mailboxes(t, mailboxes) {
		for j, state := range states {
			if wrong := reader.Differences(state, stories[i].then[j]); wrong != "" {
				t.Errorf("story %d, after letter %d, %q: %s", i, j, stories[i].letters[j].Subject, wrong)
			}
		}
	}
}

// Invite, new time, new title, cancel: one entry, moved, renamed, gone. Who registers again gets another entry.
func TestOneEntryMovedRenamedGone(t *testing.T) {
	s, all := taken("r-01jd7z6m3q8k@webinars.example", zoe), &story{}
	l, e := s.request(t)
	all.tell(l, e)

	s.change()
	s.entry.Start, s.entry.Duration = at("2027-03-28T02:30:00+02:00"), 90*time.Minute
	l, moved := s.request(t)
	all.tell(l, moved)
	if !moved.Start.Equal(at("2027-03-28T00:30:00Z")) || moved.Summary != e.Summary || moved.UID != e.UID || moved.Sequence != 1 {
		t.Errorf("%+v", moved)
	}

	s.change()
	s.says(same(`Größe, Tiefe; und "Übersicht" 🎈`), plain("Another text"))
	l, renamed := s.request(t)
	all.tell(l, renamed)
	if renamed.Start != moved.Start || renamed.Summary == moved.Summary || renamed.Sequence != 2 {
		t.Errorf("%+v", renamed)
	}

	s.change()
	l, _ = s.cancel(t)
	all.tell(l)

	again := taken("r-77jd7z6m3q8k@webinars.example", zoe)
	l, e = again.request(t)
	all.tell(l, e)

	reminder := l
	reminder.Subject, reminder.Calendar, reminder.Unsubscribe = "Starts in 30 minutes", nil, "https://webinars.example/u/abcdef"
	reminder.MessageID = mail.MessageID([]byte("key"), "reminder", service)
	all.tell(reminder, e)

	check(t, all)
	for i, entries := range []int{1, 1, 1, 0, 1, 1} {
		if len(all.then[i]) != entries {
			t.Errorf("letter %d: %d entries were meant", i, len(all.then[i]))
		}
	}
	if got := reader.Evolution(t, all.files[:3]...); len(got) != 1 || got[0].UID != s.entry.UID || got[0].Summary != renamed.Summary || !got[0].Start.Equal(moved.Start) {
		t.Errorf("%+v", got)
	}
}

// Two registrations in one mailbox, of which everything is random, changed in any order: each entry follows its own letters.
func TestAnythingHappens(t *testing.T) {
	r := rand.New(rand.NewPCG(20, 26))
	var stories []*story
	for i := range 20 {
		one := &story{}
		seats := []*seat{anybody(r, 2*i), anybody(r, 2*i+1)}
		now, gone := map[*seat]reader.Entry{}, map[*seat]bool{}
		for range 3 + r.IntN(8) {
			s := seats[r.IntN(2)]
			_, there := now[s]
			if gone[s] {
				continue
			}
			l, e := happens(t, r, s, there)
			if now[s] = e; e.Method == "CANCEL" {
				delete(now, s)
				gone[s] = true
			}
			var both []reader.Entry
			for _, e := range now {
				both = append(both, e)
			}
			one.tell(l, both...)
		}
		stories = append(stories, one)
	}
	check(t, stories...)
}

// happens is the next letter of a registration.
func happens(t *testing.T, r *rand.Rand, s *seat, invited bool) (mail.Letter, reader.Entry) {
	if !invited {
		return s.request(t)
	}
	s.change()
	switch r.IntN(5) {
	case 0:
		return s.cancel(t)
	case 1:
		s.says(some(r, 12), some(r, 40))
	case 2:
		s.entry.Sequence += r.IntN(5) // changes in between that never left the house
		s.moves(moments[r.IntN(len(moments))], time.Duration(1+r.IntN(600))*time.Minute)
	default:
		s.moves(moments[r.IntN(len(moments))], s.entry.Duration)
	}
	return s.request(t)
}

// Letters that somebody else wrote, of all recipients in one folder: FOYER_LETTERS, or else those of three people here.
func TestFolder(t *testing.T) {
	folder := os.Getenv("FOYER_LETTERS")
	if folder == "" {
		folder = threePeople(t)
	}
	if !filepath.IsAbs(folder) {
		t.Fatalf("FOYER_LETTERS=%s: give a path from the root; tests run in their own folder", folder)
	}
	found, err := reader.Folder(folder)
	if err != nil {
		t.Fatal(err)
	}
	var mailboxes [][][]byte
	for _, to := range reader.Recipients(found) {
		mailboxes = append(mailboxes, found[to])
	}
	if len(mailboxes) == 0 {
		t.Fatalf("no letters in %s", folder)
	}
	for i, states := range reader.Mailboxes(t, mailboxes) {
		var titles []string
		entries := states[len(states)-1]
		for _, e := range entries {
			titles = append(titles, fmt.Sprintf("%s %q (%d)", e.Start.Format(time.RFC3339), e.Summary, e.Sequence))
		}
		t.Logf("%s: %d letters, %d entries: %s", reader.Recipients(found)[i], len(mailboxes[i]), len(entries), strings.Join(titles, ", "))
	}
}

// threePeople's letters go out turn by turn; the last person's seat is cancelled.
func threePeople(t *testing.T) string {
	var letters []mail.Letter
	var seats []*seat
	for i := range 3 {
		s := taken(fmt.Sprintf("r-%d@webinars.example", i), calendar.Person{Name: "Zoë", Address: fmt.Sprintf("zoe%d@attendee.example", i)})
		l, _ := s.request(t)
		seats, letters = append(seats, s), append(letters, l)
	}
	for i, s := range seats {
		s.change()
		s.entry.Start = s.entry.Start.Add(time.Hour)
		l, _ := s.request(t)
		if letters = append(letters, l); i == 2 {
			s.change()
			l, _ = s.cancel(t)
			letters = append(letters, l)
		}
	}
	return post(t, letters...)
}

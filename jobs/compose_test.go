package jobs_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"foyer/calendar"
	"foyer/jobs"
	"foyer/mail"
	"foyer/meet"
	"foyer/store"
)

var written = time.Date(2027, 3, 2, 9, 0, 0, 0, time.UTC)

func talk(sequence int, starts time.Time) *meet.Edition {
	return &meet.Edition{Sequence: sequence, Title: "Größe, Tiefe; und «Übersicht»", Description: "First line.\nSecond line.", Starts: starts, Length: time.Hour, Zone: "Europe/Berlin",
		Host: `Jane "JD" Host (Acme, Inc.)`, ReplyTo: "jane@acme.example", At: written.Add(-time.Hour)}
}

func seatPosting(kind meet.LetterKind, change ...func(*store.Posting)) store.Posting {
	p := store.Posting{ID: 7, Kind: kind, Dedup: "r-abc/" + string(kind), Lane: "r-abcdefghijklmnop", Created: written, To: "zoe@attendee.example", Token: "seat-token", Quiet: "quiet-token",
		Seat:    &meet.Registration{Name: "Zoë Quick", Email: "zoe@attendee.example", Zone: "America/New_York", UID: "r-another", State: meet.Registered, Created: written.Add(-24 * time.Hour)},
		Room:    meet.Room{Name: "Größe, Tiefe; und «Übersicht»", Event: true},
		Edition: talk(0, time.Date(2027, 3, 3, 14, 0, 0, 0, time.UTC))}
	for _, c := range change {
		c(&p)
	}
	return p
}

func told(p *store.Posting) {
	p.Before, p.Entry, p.Was = []string{"r-abc/invite"}, true, p.Edition
	p.Edition = talk(1, p.Edition.Starts.Add(24*time.Hour))
	p.Edition.Message = "The room was taken."
	p.Reason = "moved"
}

func invited(role meet.Role) func(*store.Posting) {
	return func(p *store.Posting) {
		p.Seat, p.Quiet, p.Lane, p.Token = nil, "", "i-abcdefghijklmnop", "invite-token"
		p.Invitation = &meet.Invitation{Name: "Bob", Role: role, By: "Jane Host", Created: written.Add(-24 * time.Hour)}
	}
}

func ticket(kind meet.TokenKind) func(*store.Posting) {
	return func(p *store.Posting) {
		*p = store.Posting{ID: 7, Kind: p.Kind, Dedup: p.Dedup, Created: written, To: p.To, Token: "ticket-token", Reason: "Ada",
			Ticket: &store.Ticket{Kind: kind, Email: p.To, Name: "Zoë Quick", Expires: written.Add(time.Hour)}}
	}
}

func postings() map[string]store.Posting {
	cancel := func(reason string) func(*store.Posting) {
		return func(p *store.Posting) { p.Reason = reason }
	}
	off := func(p *store.Posting) { p.Edition.Cancelled, p.Edition.Message = true, "I am ill." }
	return map[string]store.Posting{
		"invite":         seatPosting(meet.LetterInvite),
		"freed":          seatPosting(meet.LetterFreed),
		"waitlist":       seatPosting(meet.LetterWaitlist, func(p *store.Posting) { p.Seat.State = meet.SeatWaiting }),
		"update":         seatPosting(meet.LetterUpdate, told),
		"update-untold":  seatPosting(meet.LetterUpdate, func(p *store.Posting) { p.Reason = "moved" }),
		"cancel":         seatPosting(meet.LetterCancel, told, cancel("event"), off),
		"cancel-seat":    seatPosting(meet.LetterCancel, told, cancel("seat")),
		"cancel-waiting": seatPosting(meet.LetterCancel, told, cancel("seat"), func(p *store.Posting) { p.Entry = false }),
		"reminder":       seatPosting(meet.LetterReminder, told, func(p *store.Posting) { p.Created = p.Edition.Starts.Add(-30 * time.Minute) }),
		"link":           seatPosting(meet.LetterLink),
		"invitation":     seatPosting(meet.LetterInvitation, invited(meet.Speaker)),
		"revoked":        seatPosting(meet.LetterCancel, told, invited(meet.Speaker), cancel("revoked")),
		"room":           seatPosting(meet.LetterInvitation, invited(meet.Moderator), func(p *store.Posting) { p.Edition, p.Room = nil, meet.Room{Name: "Office"} }),
		"reset":          seatPosting(meet.LetterReset, ticket(meet.ResetLink)),
		"account":        seatPosting(meet.LetterAccount, ticket(meet.AccountLink)),
	}
}

var boundary = regexp.MustCompile(`[0-9a-f]{50,70}`)

func compose(t *testing.T, p store.Posting) (mail.Letter, []byte) {
	t.Helper()
	l, err := jobs.Compose(p, service, "https://meet.example.org", []byte("key"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := l.MIME(nil)
	if err != nil {
		t.Fatal(err)
	}
	return l, text
}

func TestGolden(t *testing.T) {
	for name, p := range postings() {
		_, text := compose(t, p)
		numbers := map[string]string{}
		text = boundary.ReplaceAllFunc(text, func(b []byte) []byte {
			if numbers[string(b)] == "" {
				numbers[string(b)] = strings.Repeat(string(rune('a'+len(numbers))), 8)
			}
			return []byte(numbers[string(b)])
		})
		file := filepath.Join("testdata", name+".eml")
		if os.Getenv("FOYER_GOLDEN") == "write" {
			if err := os.WriteFile(file, text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil || !bytes.Equal(want, text) {
			t.Errorf("%s is not what is written (%v): run make golden and look at the difference. Now:\n%s", file, err, text)
		}
	}
}

// What calendars go by: UID of the lane, SEQUENCE of the edition, one more where the seat alone is gone.
func TestCalendarParts(t *testing.T) {
	for name, want := range map[string][2]string{
		"invite": {"REQUEST", "0"}, "freed": {"REQUEST", "0"}, "update": {"REQUEST", "1"}, "update-untold": {"REQUEST", "0"}, "cancel": {"CANCEL", "1"}, "cancel-seat": {"CANCEL", "2"},
		"invitation": {"REQUEST", "0"}, "revoked": {"CANCEL", "2"}, "waitlist": {}, "cancel-waiting": {}, "reminder": {}, "link": {}, "room": {}, "reset": {}, "account": {},
	} {
		p := postings()[name]
		l, _ := compose(t, p)
		if l.Calendar == nil {
			if want[0] != "" {
				t.Errorf("%s has no entry", name)
			}
			continue
		}
		text := string(l.Calendar.Bytes)
		for _, line := range []string{"METHOD:" + want[0], "SEQUENCE:" + want[1], "UID:" + p.Lane + "@foyer", "DTSTAMP:20270302T090000Z", ":mailto:events@webinars.example"} {
			if !strings.Contains(text, line+"\r\n") && !strings.Contains(text, line) {
				t.Errorf("%s has no %s:\n%s", name, line, text)
			}
		}
		if want[0] == "CANCEL" && strings.Contains(text, "token") {
			t.Errorf("%s holds a link", name)
		}
	}
}

// An entry is the same one for life: under whatever address mails leave, its letters move it and take it away, and its file
// is another copy of it.
func TestEntriesOutliveTheSendersAddress(t *testing.T) {
	var uids []string
	for i, name := range []string{"invite", "update", "cancel"} {
		from := []mail.Address{service, {Address: "mail@elsewhere.example"}, {Address: "foyer@localhost.localdomain"}}[i]
		l, err := jobs.Compose(postings()[name], from, "https://meet.example.org", []byte("key"))
		if err != nil {
			t.Fatal(err)
		}
		uids = append(uids, regexp.MustCompile(`UID:[^\r]+`).FindString(string(l.Calendar.Bytes)))
	}
	if uids[0] != "UID:"+calendar.SeatUID("r-abcdefghijklmnop") || uids[1] != uids[0] || uids[2] != uids[0] {
		t.Error(uids)
	}
}

// A letter names itself by its row, and the letters before it by theirs.
func TestThreads(t *testing.T) {
	p := seatPosting(meet.LetterUpdate, told)
	p.Before = nil
	for i := range 30 {
		p.Before = append(p.Before, strings.Repeat("x", i+1))
	}
	l, _ := compose(t, p)
	if n := len(l.References); n != 10 || l.References[0] != mail.MessageID([]byte("key"), "x", service) || l.References[9] != mail.MessageID([]byte("key"), p.Before[29], service) {
		t.Errorf("%d references: %v", n, l.References)
	}
	if l.MessageID != mail.MessageID([]byte("key"), p.Dedup, service) {
		t.Error(l.MessageID)
	}
}

// The entry of a letter whose zone is unknown to this machine, or to the reader, is told on the organiser's clock.
func TestUnknownZones(t *testing.T) {
	p := seatPosting(meet.LetterInvite, func(p *store.Posting) { p.Seat.Zone = "Moon/Crater" })
	l, _ := compose(t, p)
	if !strings.Contains(l.Text, "Organiser's time: Wednesday 3 March 2027, 15:00") || strings.Contains(l.Text, "Your time") || !strings.HasSuffix(l.Subject, "15:00 CET") {
		t.Errorf("%s\n%s", l.Subject, l.Text)
	}
}

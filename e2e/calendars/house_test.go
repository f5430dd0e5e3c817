//go:build calendars

// Package calendars shows our invitations to the programs that will get them: every letter here is made by packages
// calendar and mail, and read or applied by other people's programs (package reader, decision 39). It has a build tag
// because `make test` does without those programs; `make accept` installs them with scripts/calendars.
//
// FOYER_LETTERS=/folder runs TestFolder on letters that somebody else wrote, such as a --mail-dir of the running program.
package calendars

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
	_ "time/tzdata"

	"foyer/calendar"
	"foyer/e2e/calendars/reader"
	"foyer/mail"
)

const link = "https://webinars.example/j/9f2c7m3kq5w8x4t6z2b9d1h7pa"

var service = mail.Address{Name: "Foyer", Address: "events@webinars.example"}

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

// seat is somebody's registration: what they get by mail, one letter after the other.
type seat struct {
	entry    calendar.Entry // as the last letter said
	meant    reader.Entry   // what a reader should understand of it
	host     string         // description as it should be read
	sent     int
	previous []string // message ids
}

// taken is an ordinary registration before its first letter.
func taken(uid string, attendee calendar.Person) *seat {
	s := &seat{}
	s.entry = calendar.Entry{
		UID: uid, Stamp: at("2026-11-22T09:00:05Z"), Created: at("2026-11-22T09:00:00Z"), Modified: at("2026-11-20T15:30:00Z"),
		Start: at("2027-03-10T14:00:00+01:00"), Duration: time.Hour, Link: link,
		HostTime:  "Organiser's time: Wednesday 10 March 2027, 14:00–15:00 (Europe/Berlin, UTC+01:00)",
		Organizer: calendar.Person{Name: "Jane Host", Address: service.Address}, Attendee: attendee,
	}
	s.meant.Organizer = []reader.Person{{Name: "Jane Host", Address: "mailto:" + service.Address}}
	s.meant.Attendees = []reader.Person{{Name: attendee.Name, Address: "mailto:" + attendee.Address}}
	s.says(plain("A quiet hour"), plain("What we look at"))
	return s
}

func plain(s string) typed { return typed{s, s, s, s} }

// says changes title and description.
func (s *seat) says(title, about typed) {
	s.entry.Title, s.meant.Summary = title.typed, title.line
	s.entry.Description, s.host = about.typed, about.prose
}

// change makes the next message another one than the last: a step in SEQUENCE, a later stamp.
func (s *seat) change() {
	s.entry.Sequence++
	s.entry.Stamp, s.entry.Modified = s.entry.Stamp.Add(time.Hour), s.entry.Stamp
}

// request is the letter with the invite or an update, and what a reader should understand of it.
func (s *seat) request(t testing.TB) (mail.Letter, reader.Entry) {
	t.Helper()
	file, err := calendar.Invite(s.entry)
	if err != nil {
		t.Fatal(err)
	}
	e := s.understood("REQUEST", "CONFIRMED")
	e.Location, e.URL = link, link
	e.Description = "Join: " + link + "\n\nThis link is yours alone; do not forward it.\n" + s.entry.HostTime
	if s.host != "" {
		e.Description += "\n\n" + s.host
	}
	return s.letter("Invitation", "REQUEST", file), e
}

// cancel is the letter that takes the entry away.
func (s *seat) cancel(t testing.TB) (mail.Letter, reader.Entry) {
	t.Helper()
	s.entry.Notice = "Jane Host cancelled this webinar."
	file, err := calendar.Cancel(s.entry)
	if err != nil {
		t.Fatal(err)
	}
	e := s.understood("CANCEL", "CANCELLED")
	e.Location, e.Description = "Cancelled", s.entry.Notice
	if s.host != "" {
		e.Description += "\n\n" + s.host
	}
	return s.letter("Cancelled", "CANCEL", file), e
}

func (s *seat) understood(method, status string) reader.Entry {
	e := s.meant
	e.Method, e.Status, e.UID, e.Sequence = method, status, s.entry.UID, s.entry.Sequence
	e.Stamp, e.Start, e.End = s.entry.Stamp.UTC(), s.entry.Start.UTC(), s.entry.Start.Add(s.entry.Duration).UTC()
	return e
}

func (s *seat) letter(what, method string, file []byte) mail.Letter {
	s.sent++
	l := mail.Letter{
		From: mail.Address{Name: s.entry.Organizer.Name, Address: service.Address}, ReplyTo: mail.Address{Address: "jane@acme.example"},
		To:      mail.Address{Name: s.entry.Attendee.Name, Address: s.entry.Attendee.Address},
		Subject: what + ": " + s.entry.Title, Text: "Hello,\n\n" + s.entry.Title + "\n", HTML: "<p>Hello</p>\n",
		Calendar:   &mail.Calendar{Method: method, Bytes: file},
		MessageID:  mail.MessageID([]byte("key"), fmt.Sprint(s.entry.UID, s.sent), service),
		References: slices.Clone(s.previous), Date: s.entry.Stamp,
	}
	s.previous = append(s.previous, l.MessageID)
	return l
}

// composed is the letter as it travels, unsigned.
func composed(t testing.TB, l mail.Letter, _ ...reader.Entry) []byte {
	t.Helper()
	text, err := l.MIME(nil)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// post sends letters into a folder and gives that.
func post(t testing.TB, letters ...mail.Letter) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "mail")
	drop, err := mail.NewDrop(folder, nil, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range letters {
		if got := drop.Send(context.Background(), l); got.Outcome != mail.Delivered {
			t.Fatalf("%+v", got)
		}
	}
	return folder
}

// posted is what the letters are as files, in the order in which they were sent.
func posted(t testing.TB, letters ...mail.Letter) (files [][]byte) {
	t.Helper()
	folder := post(t, letters...)
	names, err := os.ReadDir(folder)
	if err != nil || len(names) != len(letters) {
		t.Fatal(len(names), err)
	}
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(folder, name.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, text)
	}
	return files
}

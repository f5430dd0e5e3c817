package reader

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Mailboxes hands the letters of several people, each in the order in which they arrived, to every reader: both parsers must
// understand each invitation alike, the row must follow the rules, and after each letter Evolution must hold what the
// letters so far say. It gives what each calendar holds after each letter, in the order of UIDs.
func Mailboxes(t testing.TB, mailboxes [][][]byte) [][][]Entry {
	t.Helper()
	rows := understood(t, slices.Concat(mailboxes...))
	states := Evolutions(t, mailboxes)
	for i, letters := range mailboxes {
		row := rows[:len(letters)]
		rows = rows[len(letters):]
		var invitations []Received
		for j, r := range row {
			if r.Calendar != nil {
				invitations = append(invitations, r)
			}
			if wrong := Differences(states[i][j], After(invitations)); wrong != "" {
				t.Errorf("mailbox %d: Evolution after letter %d, %q: %s", i, j, r.Letter.Subject, wrong)
			}
		}
		for _, rule := range Follow(invitations) {
			t.Errorf("mailbox %d: %s", i, rule)
		}
	}
	return states
}

// Mailbox is Mailboxes for one, and gives what its calendar holds at the end.
func Mailbox(t testing.TB, letters ...[]byte) []Entry {
	t.Helper()
	return end(Mailboxes(t, [][][]byte{letters})[0])
}

// end is the last of several states of a calendar.
func end(states [][]Entry) []Entry {
	if len(states) == 0 {
		return nil
	}
	return states[len(states)-1]
}

// understood reads letters by both parsers.
func understood(t testing.TB, letters [][]byte) []Received {
	t.Helper()
	byPython, byJS := Python(t, letters...), ICALJS(t, letters...)
	all := make([]Received, len(letters))
	for i, letter := range letters {
		l, err := Open(letter)
		if err != nil {
			t.Fatalf("letter %d: %v", i, err)
		}
		all[i].Letter = l
		if l.Calendar == nil {
			continue
		}
		if wrong := byPython[i].Differs(byJS[i].Entries...); byJS[i].Trouble != "" || wrong != "" || len(byJS[i].Entries) != 1 {
			t.Fatalf("letter %d, %q: %d events; ical.js: %s; icalendar beside ical.js: %s\n%s", i, l.Subject, len(byJS[i].Entries), byJS[i].Trouble, wrong, l.Calendar)
		}
		all[i].Entry = byJS[i].Entries[0]
	}
	return all
}

// Folder reads the .eml files of a folder, in the order of their names, as mail.Drop writes them, and in folders below it:
// the letters of each recipient.
func Folder(dir string) (map[string][][]byte, error) {
	found := map[string][][]byte{}
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".eml" || strings.HasPrefix(entry.Name(), ".") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		l, err := Open(text)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		found[l.To] = append(found[l.To], text)
		return nil
	})
	return found, err
}

// Recipients are those of a Folder, in order.
func Recipients(folder map[string][][]byte) []string { return slices.Sorted(maps.Keys(folder)) }

package reader

import (
	"fmt"
	"slices"
	"strings"
)

// Received is a letter with what a program understood of its invitation.
type Received struct {
	Letter
	Entry
}

// Follow keeps the rules for messages that one mailbox gets in a row (RFC 5546 2.1, RFC 6047 2): what lax calendars
// forgive, and strict ones drop without a word. It gives one line for each broken rule.
func Follow(row []Received) (broken []string) {
	last, told := map[string]Received{}, func(r Received, format string, values ...any) {
		broken = append(broken, fmt.Sprintf("%s/%d %q: ", r.UID, r.Sequence, r.Letter.Subject)+fmt.Sprintf(format, values...))
	}
	for _, r := range row {
		before, known := last[r.UID]
		if last[r.UID] = r; r.Entry.Method != r.Letter.Method {
			told(r, "METHOD:%s in a letter with method=%s", r.Entry.Method, r.Letter.Method)
		}
		switch status := map[string]string{"REQUEST": "CONFIRMED", "CANCEL": "CANCELLED"}[r.Entry.Method]; {
		case status == "":
			told(r, "METHOD:%s by mail", r.Entry.Method)
		case status != r.Status:
			told(r, "METHOD:%s with STATUS:%s", r.Entry.Method, r.Status)
		}
		if len(r.Organizer) != 1 || r.Organizer[0].Mail() != r.From {
			told(r, "ORGANIZER is %q, the letter is from %s", r.Organizer, r.From)
		}
		if len(r.Attendees) != 1 || r.Attendees[0].Mail() != r.To {
			told(r, "ATTENDEE is %q, the letter is to %s", r.Attendees, r.To)
		}
		if !r.End.After(r.Start) {
			told(r, "from %s to %s", utc(r.Start), utc(r.End))
		}
		if !known {
			continue
		}
		if r.Sequence <= before.Sequence {
			told(r, "comes after %d of the same UID", before.Sequence)
		}
		if r.Stamp.Before(before.Stamp) {
			told(r, "DTSTAMP goes back, %s after %s", utc(r.Stamp), utc(before.Stamp))
		}
		if before.Entry.Method == "CANCEL" {
			told(r, "comes after the cancellation")
		}
		if fmt.Sprint(r.Organizer[:min(1, len(r.Organizer))]) != fmt.Sprint(before.Organizer[:min(1, len(before.Organizer))]) {
			told(r, "ORGANIZER was %q, is %q", before.Organizer, r.Organizer)
		}
	}
	return broken
}

// After is what a calendar should hold after these messages, in the order of UIDs: the last word about each one that is not
// cancelled.
func After(row []Received) []Entry {
	last := map[string]Entry{}
	for _, r := range row {
		e := r.Entry
		if e.Method = ""; r.Entry.Method == "CANCEL" {
			delete(last, e.UID)
			continue
		}
		last[e.UID] = e
	}
	held := []Entry{}
	for _, e := range last {
		held = append(held, e)
	}
	slices.SortFunc(held, func(a, b Entry) int { return strings.Compare(a.UID, b.UID) })
	return held
}

package reader

import (
	"bytes"
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
// forgive, and strict ones drop without a word. It gives one line for each broken rule. The last letter may come once more
// as it was, since whoever sends does not always learn that a letter has arrived.
func Follow(row []Received) (broken []string) {
	last, thread := map[string]Received{}, map[string]string{} // by UID; the UID of each message id
	for _, r := range row {
		rules := r.alone()
		for _, id := range r.References {
			if uid := thread[id]; uid != "" && uid != r.UID {
				rules = append(rules, "answers a letter about "+uid)
			}
		}
		if before, known := last[r.UID]; known {
			rules = append(rules, r.after(before)...)
		}
		for _, rule := range rules {
			broken = append(broken, fmt.Sprintf("%s/%d %q: %s", r.UID, r.Sequence, r.Subject, rule))
		}
		last[r.UID] = r
		if r.MessageID != "" {
			thread[r.MessageID] = r.UID
		}
	}
	return broken
}

// alone are the rules for one message.
func (r Received) alone() (broken []string) {
	told := func(format string, values ...any) { broken = append(broken, fmt.Sprintf(format, values...)) }
	if r.Entry.Method != r.Letter.Method {
		told("METHOD:%s in a letter with method=%s", r.Entry.Method, r.Letter.Method)
	}
	switch status := map[string]string{"REQUEST": "CONFIRMED", "CANCEL": "CANCELLED"}[r.Entry.Method]; {
	case status == "":
		told("METHOD:%s by mail", r.Entry.Method)
	case status != r.Status:
		told("METHOD:%s with STATUS:%s", r.Entry.Method, r.Status)
	}
	if len(r.Organizer) != 1 || r.Organizer[0].Mail() != r.From {
		told("ORGANIZER is %q, the letter is from %s", r.Organizer, r.From)
	}
	if len(r.Attendees) != 1 || r.Attendees[0].Mail() != r.To {
		told("ATTENDEE is %q, the letter is to %s", r.Attendees, r.To)
	}
	if !r.End.After(r.Start) {
		told("from %s to %s", utc(r.Start), utc(r.End))
	}
	return broken
}

// after are the rules for a message about an entry of which there was one before.
func (r Received) after(before Received) (broken []string) {
	if r.MessageID != "" && r.MessageID == before.MessageID && bytes.Equal(r.Calendar, before.Calendar) {
		return nil
	}
	if r.Sequence <= before.Sequence {
		broken = append(broken, fmt.Sprintf("comes after %d of the same UID", before.Sequence))
	}
	if r.Stamp.Before(before.Stamp) {
		broken = append(broken, fmt.Sprintf("DTSTAMP goes back, %s after %s", utc(r.Stamp), utc(before.Stamp)))
	}
	if before.Entry.Method == "CANCEL" {
		broken = append(broken, "comes after the cancellation")
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

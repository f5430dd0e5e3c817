//go:build calendars

package calendars

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"foyer/e2e/calendars/reader"
	"foyer/mail"
)

// spoilt changes bytes of a calendar file; what is to be changed must be there.
func spoilt(t *testing.T, file []byte, changes ...string) []byte {
	t.Helper()
	for i := 0; i+1 < len(changes); i += 2 {
		file = replaced(t, file, changes[i], changes[i+1])
	}
	return file
}

// received reads bare calendar files as if each had come in a letter of the right sender, without a thread.
func received(t *testing.T, files ...[]byte) (row []reader.Received) {
	t.Helper()
	for i, r := range reader.ICALJS(t, files...) {
		if r.Trouble != "" || len(r.Entries) != 1 {
			t.Fatalf("file %d: %+v", i, r)
		}
		row = append(row, reader.Received{Letter: reader.Letter{From: service.Address, To: zoe.Address, Method: r.Entries[0].Method}, Entry: r.Entries[0]})
	}
	return row
}

// What must not leave the house does not pass here either: these are the mistakes that others made, and each is noticed by
// the rules, and where Evolution is not lax, by it.
func TestMistakesAreNoticed(t *testing.T) {
	s := taken("r-01jd7z6m3q8k@webinars.example", zoe)
	invite, _ := s.request(t)
	s.change()
	s.says(same("Renamed"), plain("Another text"))
	update, _ := s.request(t)
	s.change()
	cancel, _ := s.cancel(t)
	first, second, third := invite.Calendar.Bytes, update.Calendar.Bytes, cancel.Calendar.Bytes
	all := map[string]struct {
		files [][]byte
		rule  string // of Follow
		left  int    // entries in Evolution's calendar
	}{
		"nothing wrong":            {[][]byte{first, second, third}, "", 0},
		"a lower SEQUENCE":         {[][]byte{spoilt(t, first, "SEQUENCE:0", "SEQUENCE:4"), second}, "comes after 4", 1},
		"the same SEQUENCE":        {[][]byte{spoilt(t, first, "SEQUENCE:0", "SEQUENCE:1"), second}, "comes after 1", 1},
		"another UID":              {[][]byte{first, spoilt(t, second, "UID:r-01", "UID:r-02")}, "", 2},
		"another UID to cancel":    {[][]byte{first, spoilt(t, second, "UID:r-01", "UID:r-02"), third}, "", 1},
		"PUBLISH":                  {[][]byte{first, spoilt(t, second, "METHOD:REQUEST", "METHOD:PUBLISH")}, "METHOD:PUBLISH by mail", 1},
		"a request that cancels":   {[][]byte{first, spoilt(t, third, "METHOD:CANCEL", "METHOD:REQUEST")}, "METHOD:REQUEST with STATUS:CANCELLED", 1},
		"a cancel that confirms":   {[][]byte{first, spoilt(t, third, "STATUS:CANCELLED", "STATUS:CONFIRMED")}, "METHOD:CANCEL with STATUS:CONFIRMED", 0},
		"another organizer":        {[][]byte{first, spoilt(t, second, "mailto:events@", "mailto:jane@")}, "ORGANIZER", 1},
		"another attendee":         {[][]byte{first, spoilt(t, second, "mailto:zoe", "mailto:eve")}, "ATTENDEE", 1},
		"two attendees":            {[][]byte{first, spoilt(t, second, "BEGIN:VEVENT\r\n", "BEGIN:VEVENT\r\nATTENDEE:mailto:eve@evil.example\r\n")}, "ATTENDEE", 1},
		"an older stamp":           {[][]byte{first, spoilt(t, second, "DTSTAMP:20261122T10", "DTSTAMP:20261122T08")}, "DTSTAMP goes back", 1},
		"a request after the end":  {[][]byte{first, spoilt(t, third, "SEQUENCE:2", "SEQUENCE:1"), spoilt(t, second, "SEQUENCE:1", "SEQUENCE:3")}, "comes after the cancellation", 1},
		"an end before the start":  {[][]byte{spoilt(t, first, "DTEND:2027", "DTEND:2026")}, "from 2027-03-10", 1},
		"cancelled twice":          {[][]byte{first, third, third}, "comes after 2", 0},
		"never invited":            {[][]byte{third}, "", 0},
		"nothing but a stale copy": {[][]byte{second, first}, "comes after 1", 1},
	}
	var names []string
	var mailboxes [][][]byte
	for name, c := range all {
		names, mailboxes = append(names, name), append(mailboxes, c.files)
	}
	rows := received(t, slices.Concat(mailboxes...)...)
	for i, states := range reader.Evolutions(t, mailboxes) {
		name, c := names[i], all[names[i]]
		broken := strings.Join(reader.Follow(rows[:len(c.files)]), "\n")
		rows = rows[len(c.files):]
		if (c.rule == "") != (broken == "") || !strings.Contains(broken, c.rule) {
			t.Errorf("%s: %q is not among the broken rules: %q", name, c.rule, broken)
		}
		if left := len(states[len(states)-1]); left != c.left {
			t.Errorf("%s: Evolution has %d entries, want %d", name, left, c.left)
		}
	}
}

// What letters tell beside their invitations: which one they follow, and that they are the same once more.
func TestThreads(t *testing.T) {
	s := taken("r-01jd7z6m3q8k@webinars.example", zoe)
	invite, first := s.request(t)
	s.change()
	update, second := s.request(t)
	row := func(letters []mail.Letter, entries ...reader.Entry) (row []reader.Received) {
		for i, l := range letters {
			opened, err := reader.Open(composed(t, l))
			if err != nil {
				t.Fatal(err)
			}
			row = append(row, reader.Received{Letter: opened, Entry: entries[i]})
		}
		return row
	}
	elsewhere := second
	elsewhere.UID = "r-02@webinars.example"
	resent := update
	resent.MessageID = invite.MessageID
	for name, c := range map[string]struct {
		row  []reader.Received
		rule string
	}{
		"in order":                 {row([]mail.Letter{invite, update}, first, second), ""},
		"the last one twice":       {row([]mail.Letter{invite, update, update}, first, second, second), ""},
		"an earlier one once more": {row([]mail.Letter{invite, update, invite}, first, second, first), "comes after 1"},
		"another UID in a thread":  {row([]mail.Letter{invite, update}, first, elsewhere), "answers a letter about r-01"},
		"one id for two":           {row([]mail.Letter{invite, resent}, first, first), "comes after 0"},
	} {
		broken := strings.Join(reader.Follow(c.row), "\n")
		if (c.rule == "") != (broken == "") || !strings.Contains(broken, c.rule) {
			t.Errorf("%s: %q is not among the broken rules: %q", name, c.rule, broken)
		}
	}
}

// Letters whose invitation mail programs would not find, or take for something else.
func TestMisplacedInvitationsAreNoticed(t *testing.T) {
	s := taken("r-01jd7z6m3q8k@webinars.example", zoe)
	s.says(long300, plain("About"))
	l, _ := s.request(t)
	good := composed(t, l)
	if _, err := reader.Open(good); err != nil {
		t.Fatal(err)
	}
	long := l
	long.Calendar.Bytes = bytes.ReplaceAll(bytes.Clone(l.Calendar.Bytes), []byte("\r\n "), nil)
	unfolded := composed(t, long)
	for name, c := range map[string]struct {
		letter []byte
		want   string
	}{
		"no method":         {spoilt(t, good, "text/calendar; method=REQUEST;", "text/calendar;"), "method="},
		"a small method":    {spoilt(t, good, "method=REQUEST", "method=request"), "method="},
		"another method":    {spoilt(t, good, "method=REQUEST", "method=CANCEL"), "method="},
		"no charset":        {spoilt(t, good, "method=REQUEST; charset=UTF-8", "method=REQUEST"), "charset"},
		"a disposition":     {spoilt(t, good, "text/calendar; method", "text/x-none\r\nContent-Disposition: attachment\r\nContent-Type: text/calendar; method"), ""},
		"only a file":       {spoilt(t, good, "Content-Type: text/calendar", "Content-Type: text/x-none"), "0 times among"},
		"no file":           {spoilt(t, good, "application/ics", "application/x-none"), "0 times a file"},
		"not an attachment": {spoilt(t, good, "Content-Disposition: attachment", "Content-Disposition: inline"), "disposition"},
		"different copies":  {spoilt(t, good, "SEQUENCE:0", "SEQUENCE:1"), "copies"},
		"no fold":           {unfolded, "octets"},
	} {
		_, err := reader.Open(c.letter)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if name != "no fold" && name != "not an attachment" {
			if r := reader.Python(t, c.letter)[0]; r.Trouble == "" {
				t.Errorf("%s: no trouble for Python", name)
			}
		}
	}
}

// Files that a parser must not take.
func TestBrokenFilesAreNoticed(t *testing.T) {
	s := taken("r-01jd7z6m3q8k@webinars.example", zoe)
	s.says(long300, plain("About"))
	l, meant := s.request(t)
	good := l.Calendar.Bytes
	half := bytes.Replace(good, []byte("🎈"), []byte("\xf0\x9f\r\n \x8e\x88"), 1)
	for name, file := range map[string][]byte{
		"a floating time":    spoilt(t, good, "DTSTART:20270310T130000Z", "DTSTART:20270310T130000"),
		"an unknown zone":    spoilt(t, good, "DTSTART:20270310T130000Z", "DTSTART;TZID=Europe/Berlin:20270310T140000"),
		"an injected line":   spoilt(t, good, "SUMMARY:", "ATTENDEE:mailto:eve@evil.example\r\nSUMMARY:"),
		"no end":             spoilt(t, good, "END:VCALENDAR\r\n", ""),
		"an unescaped comma": spoilt(t, good, "DESCRIPTION:Join", "DESCRIPTION:One\\,,Join"),
		"a line of nothing":  spoilt(t, good, "SUMMARY:", "SUMMARY"),
		"another hour":       spoilt(t, good, "DTEND:20270310T14", "DTEND:20270310T15"),
	} {
		if reader.ICALJS(t, file)[0].Differs(meant) == "" && reader.Python(t, file)[0].Differs(meant) == "" {
			t.Errorf("%s: nobody noticed", name)
		}
	}
	if reader.Lines(half) == nil || bytes.Equal(half, good) {
		t.Error("a fold within a character is not noticed")
	}
	if wrong := reader.ICALJS(t, good)[0].Differs(meant); wrong != "" {
		t.Error(wrong)
	}
}

var long300 = same(strings.Repeat("Größe 🎈 ", 37) + "end")

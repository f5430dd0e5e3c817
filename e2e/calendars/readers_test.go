//go:build calendars

package calendars

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"foyer/calendar"
	"foyer/e2e/calendars/reader"
	"foyer/mail"
	"foyer/meet"
)

// shown is one file and what should be read in it.
type shown struct {
	name  string
	file  []byte
	meant []reader.Entry
}

// both hands all to both parsers and compares what they understood with what was meant.
func both(t *testing.T, all []shown) {
	t.Helper()
	var files [][]byte
	for _, c := range all {
		files = append(files, c.file)
	}
	for program, readings := range map[string][]reader.Reading{"icalendar": reader.Python(t, files...), "ical.js": reader.ICALJS(t, files...)} {
		for i, r := range readings {
			if wrong := r.Differs(all[i].meant...); wrong != "" {
				t.Errorf("%s, %s: %s", program, all[i].name, wrong)
			}
		}
	}
}

func letterOf(t *testing.T, name string) func(mail.Letter, reader.Entry) shown {
	return func(l mail.Letter, meant reader.Entry) shown {
		t.Helper()
		return shown{name, composed(t, l), []reader.Entry{meant}}
	}
}

var zoe = calendar.Person{Name: "Zoë Quick", Address: "zoe+talks@attendee.example"}

// Texts that calendars are known to trip over.
func TestTexts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var all []shown
	for name, title := range map[string]typed{
		"plain":             same("A quiet hour"),
		"separators":        same("Größe, Tiefe; und «Übersicht»: 1,2;3"),
		"quotes":            {`"Quotes" and 'more' \"`, `"Quotes" and 'more' \"`, `"Quotes" and 'more' \"`, `'Quotes' and 'more' /'`},
		"line breaks":       {"One\r\nTwo\nThree\rFour", "One\nTwo\nThree\nFour", "One Two Three Four", "One Two Three Four"},
		"an injected line":  {"One\r\nATTENDEE:mailto:evil@evil.example", "One\nATTENDEE:mailto:evil@evil.example", "One ATTENDEE:mailto:evil@evil.example", "One ATTENDEE:mailto:evil@evil.example"},
		"emoji":             same("🎈👩‍👩‍👧🏳️‍🌈 party 🎈"),
		"Hebrew and Arabic": same("שלום 12 مرحبا"),
		"direction marks":   {"\u200fשלום\u200e abc\u202ecba\u202c \u2067x\u2069", "\u200fשלום\u200e abccba x", "\u200fשלום\u200e abccba x", "שלום abccba x"},
		"controls":          {"a\x00b\x1bc\x7fd\u0085e", "abcd\ne", "abcd e", "abcd e"},
		"a Windows path":    {`C:\new\Notes; C:\, and \\server`, `C:\new\Notes; C:\, and \\server`, `C:\new\Notes; C:\, and \\server`, `C:/new/Notes; C:/, and //server`},
		"percents":          same("100 % %2C %3A %0D%0A"),
		"circumflexes":      {"^n ^^ ^'", "^n ^^ ^'", "^n ^^ ^'", "ˆn ˆˆ ˆ'"},
		"300 letters":       same(strings.Repeat("abcdefghi ", 29) + "abcdefghij"),
		"300 characters":    long(r, 300),
		"300 emoji":         same(strings.Repeat("🎈", 300)),
		"a line of colons":  same(":;,=\u201c"),
	} {
		s := taken("r-"+strings.ReplaceAll(name, " ", "-")+"@webinars.example", calendar.Person{Name: title.typed, Address: zoe.Address})
		s.meant.Attendees[0].Name = title.name
		s.entry.Organizer.Name, s.meant.Organizer[0].Name = title.typed, title.name
		s.says(title, title)
		all = append(all, letterOf(t, name)(s.request(t)))
		s.change()
		all = append(all, letterOf(t, name+", cancelled")(s.cancel(t)))
	}
	both(t, all)
}

// Whatever is typed, wherever and whenever: 200 invites, updates and cancellations.
func TestAnything(t *testing.T) {
	r := rand.New(rand.NewPCG(2026, 11))
	var all []shown
	for i := range 200 {
		s := anybody(r, i)
		name := fmt.Sprintf("%d, %q", i, s.entry.Title)
		if i%3 == 2 {
			s.change()
			all = append(all, letterOf(t, name)(s.cancel(t)))
		} else {
			all = append(all, letterOf(t, name)(s.request(t)))
		}
	}
	both(t, all)
}

var addresses = []string{"zoe@attendee.example", "o'neil+x=1@mail.attendee.example", "a_b-c.d@xn--bcher-kva.example", "q%y&z/w?v@attendee.example", "{curly}|pipe~`^$#!*@attendee.example"}

// percent-encoded as RFC 6068 2 has it, written down by hand
var mailtos = []string{"zoe@attendee.example", "o'neil+x%3D1@mail.attendee.example", "a_b-c.d@xn--bcher-kva.example", "q%25y%26z%2Fw%3Fv@attendee.example", "%7Bcurly%7D%7Cpipe~%60%5E$%23!*@attendee.example"}

// anybody is a registration of which everything is random.
func anybody(r *rand.Rand, i int) *seat {
	who, host, a := some(r, 8), some(r, 8), r.IntN(len(addresses))
	if r.IntN(10) == 0 {
		who, host = long(r, 300), long(r, 300)
	}
	s := taken(fmt.Sprintf("r-%d.%x@webinars.example", i, r.Uint64()), calendar.Person{Name: who.typed, Address: addresses[a]})
	s.meant.Attendees = []reader.Person{{Name: who.name, Address: "mailto:" + mailtos[a]}}
	s.entry.Organizer.Name, s.meant.Organizer[0].Name = host.typed, host.name
	title, about := some(r, 12), some(r, 60)
	if r.IntN(5) == 0 {
		title = long(r, 300)
	}
	if r.IntN(10) == 0 {
		about = typed{"\r\n\t ", "", "", ""}
	}
	s.says(title, about)
	s.entry.Sequence = r.IntN(1000)
	s.moves(moments[r.IntN(len(moments))], time.Duration(1+r.IntN(48*60))*time.Minute)
	return s
}

// moves changes the time.
func (s *seat) moves(m moment, length time.Duration) {
	zone, err := meet.Zone(m.zone)
	if err != nil {
		panic(err)
	}
	s.entry.Start, s.entry.Duration, s.entry.HostTime = m.at.In(zone), length, calendar.HostTime(m.at, length, zone)
}

// What is not a letter: the file behind Download, and the host's feed.
func TestFiles(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	var all []shown
	for i := range 20 {
		s := anybody(r, i)
		_, meant := s.request(t)
		file, err := calendar.Download(s.entry)
		if err != nil {
			t.Fatal(err)
		}
		meant.Method, meant.Attendees = "PUBLISH", nil
		all = append(all, shown{"download", file, []reader.Entry{meant}})
	}
	var entries []calendar.FeedEntry
	var meant []reader.Entry
	organizer := calendar.Person{Name: "Jane Host", Address: service.Address}
	for i := range 20 {
		s := anybody(r, i)
		f := calendar.FeedEntry{UID: fmt.Sprintf("s-%d@webinars.example", i), Sequence: i, Stamp: s.entry.Stamp, Created: s.entry.Created, Modified: s.entry.Modified,
			Start: s.entry.Start, Duration: s.entry.Duration, Title: s.entry.Title, Description: s.entry.Description, Link: "https://webinars.example/events/k4m2p7q9", Cancelled: i%4 == 3}
		e := s.understood("PUBLISH", map[bool]string{false: "CONFIRMED", true: "CANCELLED"}[f.Cancelled])
		e.UID, e.Sequence, e.Location, e.URL, e.Attendees = f.UID, i, f.Link, f.Link, nil
		e.Organizer = []reader.Person{{Name: organizer.Name, Address: "mailto:" + organizer.Address}}
		if e.Description = f.Link; s.host != "" {
			e.Description += "\n\n" + s.host
		}
		entries, meant = append(entries, f), append(meant, e)
	}
	feed, err := calendar.Feed("Webinars of Jane, Host; and \"friends\"", organizer, entries)
	if err != nil {
		t.Fatal(err)
	}
	empty, err := calendar.Feed("Nothing", organizer, nil)
	if err != nil {
		t.Fatal(err)
	}
	both(t, append(all, shown{"feed", feed, meant}, shown{"empty feed", empty, nil}))
	for _, c := range append(all, shown{"feed", feed, nil}, shown{"empty feed", empty, nil}) {
		if err := reader.Lines(c.file); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

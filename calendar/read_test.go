package calendar_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"foyer/calendar"

	"github.com/emersion/go-ical"
)

const token = "9f2c7m3kq5w8x4t6z2b9d1h7pa"

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

// invite is an ordinary one; tests change what they are about.
func invite() calendar.Entry {
	return calendar.Entry{
		UID:         "r-01jd7z6m3q8k@webinars.example",
		Stamp:       at("2026-11-22T09:00:05Z"),
		Created:     at("2026-11-22T09:00:00Z"),
		Modified:    at("2026-11-20T16:30:00+01:00"),
		Start:       at("2027-03-10T14:00:00+01:00"),
		Duration:    time.Hour,
		Title:       "Größe, Tiefe; und «Übersicht»",
		Description: "What we look at:\r\n\r\n– slides, then questions\r\n– C:\\new; and so on 🎈\r\n",
		HostTime:    "Organiser's time: Wednesday 10 March 2027, 14:00–15:00 (Europe/Berlin, UTC+01:00)",
		Link:        "https://webinars.example/j/" + token,
		Organizer:   calendar.Person{Name: `Jane "JD" Host (Acme, Inc.)`, Address: "events@webinars.example"},
		Attendee:    calendar.Person{Name: "Zoë Quick", Address: "zoe+talks@attendee.example"},
	}
}

// allowed has every property of each component, and nothing else may be in a file.
var allowed = map[string]string{
	"VCALENDAR": " BEGIN END CALSCALE METHOD PRODID VERSION NAME X-WR-CALNAME REFRESH-INTERVAL X-PUBLISHED-TTL ",
	"VEVENT": " BEGIN END ATTENDEE CLASS CONFERENCE CREATED DESCRIPTION DTEND DTSTAMP DTSTART LAST-MODIFIED LOCATION ORGANIZER " +
		"SEQUENCE STATUS SUMMARY TRANSP UID URL X-MICROSOFT-CDO-BUSYSTATUS X-MICROSOFT-DISALLOW-COUNTER ",
	"VALARM":    " BEGIN END ACTION DESCRIPTION TRIGGER ",
	"VTIMEZONE": " BEGIN END TZID ",
	"STANDARD":  " BEGIN END DTSTART TZOFFSETFROM TZOFFSETTO ",
}

var head = regexp.MustCompile(`^([A-Z-]+)((?:;[A-Z-]+=(?:"[^"]*"|[^";:,]*))*):(.*)$`)

// check reads a file as RFC 5545 3.1 wants it, octet by octet and without go-ical: CRLF, short lines of whole characters,
// known properties, each once in its component. It gives the unfolded lines.
func check(t testing.TB, raw []byte) (lines []string) {
	t.Helper()
	body, ended := bytes.CutSuffix(raw, []byte("\r\n"))
	if !ended || !utf8.Valid(raw) {
		t.Fatalf("no CRLF at the end, or no UTF-8: %q", raw)
	}
	for _, physical := range strings.Split(string(body), "\r\n") {
		if len(physical) > 75 || physical == "" || !utf8.ValidString(physical) || strings.ContainsFunc(physical, unfit) {
			t.Errorf("%d octets, or broken within a character, or with a control: %q", len(physical), physical)
		}
		if rest, continued := strings.CutPrefix(physical, " "); continued && len(lines) > 0 {
			lines[len(lines)-1] += rest
		} else {
			lines = append(lines, physical)
		}
	}
	var open []string
	once := map[string]bool{}
	for _, l := range lines {
		m := head.FindStringSubmatch(l)
		if m == nil {
			t.Fatalf("not a content line: %q", l)
		}
		name, value := m[1], m[3]
		if name == "BEGIN" {
			open, once = append(open, value), map[string]bool{}
		}
		if inside := open[len(open)-1]; !strings.Contains(allowed[inside], " "+name+" ") || once[inside+name] {
			t.Errorf("%s in %s is unknown or there twice: %q", name, inside, l)
		}
		once[open[len(open)-1]+name] = true
		if name == "END" {
			if value != open[len(open)-1] {
				t.Fatalf("%s ends within %v", value, open)
			}
			open = open[:len(open)-1]
		}
	}
	return lines
}

// unfit characters are the end of a line for some reader, or turn what follows.
func unfit(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || '\u202a' <= r && r <= '\u202e' || '\u2066' <= r && r <= '\u2069'
}

// parse reads a checked file with go-ical and gives its events.
func parse(t testing.TB, raw []byte) []ical.Event {
	t.Helper()
	check(t, raw)
	c, err := ical.NewDecoder(bytes.NewReader(raw)).Decode()
	if err != nil {
		t.Fatalf("%v in\n%s", err, raw)
	}
	return c.Events()
}

func made(raw []byte, err error) func(testing.TB) []byte {
	return func(t testing.TB) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
}

// value gives a property as a reader understands it, "" when there is none.
func value(t testing.TB, c *ical.Component, name string) string {
	t.Helper()
	p := c.Props.Get(name)
	if p == nil {
		return ""
	}
	if name == ical.PropSummary || name == ical.PropDescription || name == ical.PropLocation {
		s, err := p.TextList()
		if err != nil || len(s) != 1 {
			t.Fatal(name, s, err)
		}
		return s[0]
	}
	return p.Value
}

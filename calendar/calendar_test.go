package calendar_test

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"foyer/calendar"
)

// same compares with a golden file.
func same(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if os.Getenv("FOYER_GOLDEN") == "write" {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not what is made (%v): run make golden and look at the difference\n%s", file, err, got)
	}
}

// moved is what the registrant of invite gets when the event is on another day.
func moved() calendar.Entry {
	e := invite()
	e.Sequence, e.Stamp, e.Modified = 1, at("2026-11-23T18:01:00Z"), at("2026-11-23T18:00:00Z")
	e.Start, e.Duration = at("2027-03-11T15:30:00+01:00"), 90*time.Minute
	e.HostTime = "Organiser's time: Thursday 11 March 2027, 15:30–17:00 (Europe/Berlin, UTC+01:00)"
	return e
}

func cancelled() calendar.Entry {
	e := moved()
	e.Sequence, e.Stamp, e.Modified = 2, at("2026-11-24T07:00:01Z"), at("2026-11-24T07:00:00Z")
	e.Notice = "Jane Host cancelled this webinar."
	return e
}

func TestGolden(t *testing.T) {
	for name, raw := range map[string][]byte{
		"invite.ics":   made(calendar.Invite(invite()))(t),
		"update.ics":   made(calendar.Invite(moved()))(t),
		"cancel.ics":   made(calendar.Cancel(cancelled()))(t),
		"download.ics": made(calendar.Download(moved()))(t),
		"feed.ics":     made(calendar.Feed("Webinars of Jane Host", host, shown()))(t),
		"empty.ics":    made(calendar.Feed("Webinars of Jane Host", host, nil))(t),
	} {
		t.Run(name, func(t *testing.T) {
			check(t, raw)
			same(t, name, raw)
		})
	}
}

// Written down from the design, section 13, and RFC 5546 3.2.2, not from the golden file.
func TestInviteHasEveryField(t *testing.T) {
	lines := check(t, made(calendar.Invite(moved()))(t))
	for _, want := range []string{
		"METHOD:REQUEST", "CALSCALE:GREGORIAN", "VERSION:2.0", "PRODID:-//Foyer//Foyer//EN",
		"UID:r-01jd7z6m3q8k@webinars.example", "SEQUENCE:1", "STATUS:CONFIRMED", "TRANSP:OPAQUE", "CLASS:PRIVATE",
		"CREATED:20261122T090000Z", "DTSTAMP:20261123T180100Z", "LAST-MODIFIED:20261123T180000Z",
		"DTSTART:20270311T143000Z", "DTEND:20270311T160000Z",
		`SUMMARY:Größe\, Tiefe\; und «Übersicht»`,
		"LOCATION:https://webinars.example/j/" + token, "URL:https://webinars.example/j/" + token,
		"CONFERENCE;FEATURE=VIDEO;LABEL=Join;VALUE=URI:https://webinars.example/j/" + token,
		`ORGANIZER;CN="Jane 'JD' Host (Acme, Inc.)":mailto:events@webinars.example`,
		"ATTENDEE;CN=Zoë Quick;CUTYPE=INDIVIDUAL;PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTICIPANT;RSVP=TRUE:mailto:zoe+talks@attendee.example",
		"DESCRIPTION:Join: https://webinars.example/j/" + token + `\n\nThis link is yours alone\; do not forward it.` +
			`\nOrganiser's time: Thursday 11 March 2027\, 15:30–17:00 (Europe/Berlin\, UTC+01:00)` +
			`\n\nWhat we look at:\n\n– slides\, then questions\n– C:\\new\; and so on 🎈`,
		"X-MICROSOFT-CDO-BUSYSTATUS:BUSY", "X-MICROSOFT-DISALLOW-COUNTER:TRUE",
		"BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT10M", `DESCRIPTION:Größe\, Tiefe\; und «Übersicht»`,
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("no line %s in\n%s", want, strings.Join(lines, "\n"))
		}
	}
}

// Lines that are not there leave no gaps.
func TestShortestDescription(t *testing.T) {
	e := invite()
	start := "Join: " + e.Link + "\n\nThis link is yours alone; do not forward it."
	for _, c := range []struct{ host, typed, want string }{
		{"", " \r\n", start}, {"", "About", start + "\n\nAbout"}, {"Noon", "", start + "\nNoon"}, {"Noon", "About", start + "\nNoon\n\nAbout"},
	} {
		e.HostTime, e.Description = c.host, c.typed
		if got := value(t, parse(t, made(calendar.Invite(e))(t))[0].Component, "DESCRIPTION"); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestCancelHoldsNoSecret(t *testing.T) {
	raw := made(calendar.Cancel(cancelled()))(t)
	lines := check(t, raw)
	whole := strings.Join(lines, "\n")
	for _, secret := range []string{token, "/j/", "\nURL", "CONFERENCE", "VALARM"} {
		if strings.Contains(whole, secret) {
			t.Errorf("%q is in\n%s", secret, whole)
		}
	}
	before := check(t, made(calendar.Invite(moved()))(t))
	for _, l := range before { // who and which are byte for byte those of the invite
		if name := strings.FieldsFunc(l, func(r rune) bool { return r == ':' || r == ';' })[0]; name == "UID" || name == "ORGANIZER" || name == "ATTENDEE" {
			if !slices.Contains(lines, l) {
				t.Errorf("the cancellation has another %s", l)
			}
		}
	}
	for _, want := range []string{"METHOD:CANCEL", "STATUS:CANCELLED", "SEQUENCE:2", "LOCATION:Cancelled", "X-MICROSOFT-CDO-BUSYSTATUS:FREE"} {
		if !slices.Contains(lines, want) {
			t.Errorf("no %s in\n%s", want, whole)
		}
	}
	bare := cancelled()
	bare.Link, bare.Notice, bare.Description = "", " \r\n", ""
	if got := value(t, parse(t, made(calendar.Cancel(bare))(t))[0].Component, "DESCRIPTION"); got != "Cancelled" {
		t.Errorf("%q", got)
	}
}

func TestDownloadIsTheSameEntry(t *testing.T) {
	e := moved()
	invited := check(t, made(calendar.Invite(e))(t))
	e.Attendee = calendar.Person{}
	var want []string
	for _, l := range invited {
		if !strings.HasPrefix(l, "ATTENDEE") {
			want = append(want, strings.Replace(l, "METHOD:REQUEST", "METHOD:PUBLISH", 1))
		}
	}
	if got := check(t, made(calendar.Download(e))(t)); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A letter that is sent again carries the same bytes, whichever zone its times are told in.
func TestSameValuesSameBytes(t *testing.T) {
	first := made(calendar.Invite(invite()))(t)
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	for _, zone := range []*time.Location{time.Local, time.FixedZone("CET", 3600), tokyo} {
		e := invite()
		for _, when := range []*time.Time{&e.Start, &e.Stamp, &e.Created, &e.Modified} {
			*when = when.In(zone).Add(300 * time.Millisecond)
		}
		if got := made(calendar.Invite(e))(t); !bytes.Equal(got, first) {
			t.Errorf("%v:\n%s", zone, got)
		}
	}
}

// What must not be written: each of these is a slip of the program, and none leaves half a file.
func TestRefused(t *testing.T) {
	type entry = calendar.Entry
	all := []func(entry) ([]byte, error){calendar.Invite, calendar.Cancel, calendar.Download}
	mails, links := all[:2], []func(entry) ([]byte, error){calendar.Invite, calendar.Download}
	cases := []struct {
		name  string
		by    []func(entry) ([]byte, error)
		wrong func(*entry)
	}{
		{"no UID", all, func(e *entry) { e.UID = "" }},
		{"UID with a line break", all, func(e *entry) { e.UID = "a\r\nATTENDEE:mailto:x@y" }},
		{"UID with a space", all, func(e *entry) { e.UID = "a b" }},
		{"UID too long", all, func(e *entry) { e.UID = strings.Repeat("a", 256) }},
		{"UID of a feed", all, func(e *entry) { e.UID = "s-1@webinars.example" }},
		{"negative sequence", all, func(e *entry) { e.Sequence = -1 }},
		{"sequence beyond 32 bits", all, func(e *entry) { e.Sequence = math.MaxInt32 + 1 }},
		{"no start", all, func(e *entry) { e.Start = time.Time{} }},
		{"no stamp", all, func(e *entry) { e.Stamp = time.Time{} }},
		{"no creation", all, func(e *entry) { e.Created = time.Time{} }},
		{"no change", all, func(e *entry) { e.Modified = time.Time{} }},
		{"year 10000", all, func(e *entry) { e.Start = time.Date(9999, 12, 31, 23, 30, 0, 0, time.UTC) }},
		{"no duration", all, func(e *entry) { e.Duration = 0 }},
		{"negative duration", all, func(e *entry) { e.Duration = -time.Hour }},
		{"duration below a second", all, func(e *entry) { e.Duration = time.Second - 1 }},
		{"no title", all, func(e *entry) { e.Title = " \r\n\u202e" }},
		{"no organizer", all, func(e *entry) { e.Organizer.Address = "" }},
		{"organizer with a name", all, func(e *entry) { e.Organizer.Address = "Ada <ada@a.example>" }},
		{"no attendee", mails, func(e *entry) { e.Attendee.Address = "" }},
		{"attendee with a line break", mails, func(e *entry) { e.Attendee.Address = "a@b.example\r\nX:y" }},
		{"two attendees", mails, func(e *entry) { e.Attendee.Address = "a@b.example, c@d.example" }},
		{"attendee in brackets", mails, func(e *entry) { e.Attendee.Address = "<a@b.example>" }},
		{"attendee beyond ASCII", mails, func(e *entry) { e.Attendee.Address = "zoë@b.example" }},
		{"quoted attendee", mails, func(e *entry) { e.Attendee.Address = `"a b"@b.example` }},
		{"no link", links, func(e *entry) { e.Link = "" }},
		{"link of a script", links, func(e *entry) { e.Link = "javascript:alert(1)//a.example" }},
		{"link without a host", links, func(e *entry) { e.Link = "https:///j/1" }},
		{"link with a path only", links, func(e *entry) { e.Link = "/j/1" }},
		{"link with a line break", links, func(e *entry) { e.Link = "https://a.example/\r\nX:y" }},
		{"link with a space", links, func(e *entry) { e.Link = "https://a.example/a b" }},
		{"link beyond ASCII", links, func(e *entry) { e.Link = "https://a.example/ä" }},
		{"link with a user", links, func(e *entry) { e.Link = "https://bank.example@a.example/" }},
	}
	for _, c := range cases {
		for i, by := range c.by {
			t.Run(fmt.Sprint(c.name, " ", i), func(t *testing.T) {
				e := invite()
				c.wrong(&e)
				if raw, err := by(e); err == nil || raw != nil || strings.Contains(err.Error(), token) {
					t.Errorf("%v, %s", err, raw)
				}
			})
		}
	}
}

// Addresses are URIs here: what means something in one is encoded, and a plus-tag stays readable.
func TestAddressesAsURIs(t *testing.T) {
	for address, want := range map[string]string{
		"zoe+talks@a.example":    "mailto:zoe+talks@a.example",
		"o'brien@a-b.example":    "mailto:o'brien@a-b.example",
		"a?cc=x%y#z&w@a.example": "mailto:a%3Fcc%3Dx%25y%23z%26w@a.example",
		"ada@localhost":          "mailto:ada@localhost",
	} {
		e := invite()
		e.Attendee = calendar.Person{Address: address}
		p := parse(t, made(calendar.Invite(e))(t))[0].Props.Get("ATTENDEE")
		if p.Value != want || p.Params.Get("CN") != address {
			t.Errorf("%+v, want %s", p, want)
		}
	}
}

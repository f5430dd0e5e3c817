// Package calendar turns what somebody signed up for into entries that calendars take: the invite, its updates and its
// cancellation that travel by mail, the file behind "Download", the host's private feed, and the links that open a
// calendar's own form. It also knows zones: which instant a date and a time on somebody's clock mean, and how to say it.
//
// An entry is one VEVENT in UTC: the instant is all that matters, every calendar shows it in its owner's time, and there
// is no VTIMEZONE for anybody to misread. Its UID belongs to one registration and never changes; its SEQUENCE grows with
// every change that is mailed. That is how an update moves an entry instead of adding a second one (RFC 5546 2.1.5).
//
// Everything here is a pure function: the same values give the same bytes, so a letter that is sent again carries the
// same entry and a feed has a lasting ETag. Texts may come from strangers. text.go takes out of them what calendars trip
// over, write.go is the only place that touches go-ical, and nothing else in Foyer writes iCalendar.
//
// The program imports time/tzdata for machines without zone files (cmd/foyer/main.go); a library should not.
package calendar

import (
	"errors"
	"fmt"
	"math"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-ical"
)

// Entry is one person's entry for one event. Times are instants, in whichever zone; they are written in UTC and whole
// seconds. Names are those of RFC 5545, whose sections are given.
type Entry struct {
	UID      string // 3.8.4.7: random, one for each registration, not its link's token; 1 to 255 of A–Z a–z 0–9 . @ _ - +
	Sequence int    // 3.8.7.4: 0 for the invite, one more for each change that is mailed, the cancellation included

	Stamp    time.Time // 3.8.7.2 DTSTAMP: when this message was made, so that one sent again has the same bytes
	Created  time.Time // 3.8.7.1: when the seat was claimed
	Modified time.Time // 3.8.7.3 LAST-MODIFIED: when the event was changed last

	Start    time.Time     // 3.8.2.4 DTSTART
	Duration time.Duration // at least a second; written as DTEND, which every calendar understands

	Title       string // 3.8.1.12 SUMMARY: one line; must not be empty
	Description string // as the host typed it, several lines, may be ""
	HostTime    string // a line with the organiser's time, as the function HostTime gives it; "" = no such line
	Link        string // the personal link, http or https. Cancel neither needs nor writes it
	Notice      string // what Cancel writes instead of the link, "Ada Lovelace cancelled this webinar."; "" = "Cancelled"

	// Organizer has the name of the host and the address in the mail's From, exactly: calendars refuse changes from
	// anybody else. Attendee is who the mail goes to; Download ignores it.
	Organizer, Attendee Person
}

// SeatUID names the entry of one lane of letters for life, wherever it is written. The lane is random, which makes it unique
// without a host (RFC 7986 5.3 advises against one); with the address that mails come from in it, an operator who chooses
// another address would give everybody a second entry (decision 51).
func SeatUID(lane string) string { return lane + "@foyer" }

// Person is a name, which may be "", and a bare address, ASCII, without a name or brackets around it.
type Person struct{ Name, Address string }

// Words that calendars show. They stand here because views and calendar are neighbours that never meet.
const (
	wordJoin      = "Join"
	wordPrivate   = "This link is yours alone; do not forward it."
	wordCancelled = "Cancelled"
)

// Invite is the calendar part of a confirmation and, with the same UID and a higher Sequence, of an update: METHOD:REQUEST
// (RFC 5546 3.2.2), UTF-8, lines of at most 75 octets that end in CRLF. Errors tell what was wrong with e; odd characters
// in texts are never an error.
func Invite(e Entry) ([]byte, error) {
	event, err := e.event("CONFIRMED")
	if err == nil {
		err = errors.Join(e.place(event), e.attendee(event))
	}
	if err != nil {
		return nil, err
	}
	alarm(event)
	return write("REQUEST", event)
}

// Cancel takes the entry away again: METHOD:CANCEL and STATUS:CANCELLED (RFC 5546 3.2.5). Organizer, Attendee and UID
// must be those of the invite and Sequence one higher than the last. The link is nowhere in it: a calendar may keep the
// cancelled entry for years.
func Cancel(e Entry) ([]byte, error) {
	event, err := e.event("CANCELLED")
	if err == nil {
		err = e.attendee(event)
	}
	if err != nil {
		return nil, err
	}
	notice := line(e.Notice)
	if notice == "" {
		notice = wordCancelled
	}
	text(event.Props, ical.PropLocation, wordCancelled)
	text(event.Props, ical.PropDescription, prose(notice+"\n\n"+prose(e.Description)))
	set(event.Props, propBusy, "FREE")
	return write("CANCEL", event)
}

// Download is the same entry as a file for people to import: METHOD:PUBLISH without an attendee (RFC 5546 3.2.1), with
// the UID and Sequence of the mails, so that it and an invite are one entry. Never send it by mail: Outlook then makes
// a second entry of every update.
func Download(e Entry) ([]byte, error) {
	event, err := e.event("CONFIRMED")
	if err == nil {
		err = e.place(event)
	}
	if err != nil {
		return nil, err
	}
	alarm(event)
	return write("PUBLISH", event)
}

// event is the VEVENT with what every kind of message has.
func (e Entry) event(status string) (*ical.Component, error) {
	if strings.HasPrefix(e.UID, FeedPrefix) {
		return nil, fmt.Errorf("calendar: entry %q: UIDs with %q are those of the host's feed", e.UID, FeedPrefix)
	}
	event, err := e.common(status)
	if err != nil {
		return nil, err
	}
	set(event.Props, ical.PropTransparency, "OPAQUE")
	set(event.Props, propBusy, "BUSY")
	set(event.Props, "X-MICROSOFT-DISALLOW-COUNTER", "TRUE") // no "propose new time": nobody would read it
	return event, nil
}

// common is what entries and feed entries share.
func (e Entry) common(status string) (*ical.Component, error) {
	if err := e.check(); err != nil {
		return nil, fmt.Errorf("calendar: entry %q: %w", e.UID, err)
	}
	organizer, err := mailto(e.Organizer.Address)
	if err != nil {
		return nil, fmt.Errorf("calendar: entry %q: organizer: %w", e.UID, err)
	}
	c := ical.NewComponent(ical.CompEvent)
	set(c.Props, ical.PropUID, e.UID)
	set(c.Props, ical.PropSequence, strconv.Itoa(e.Sequence))
	set(c.Props, ical.PropDateTimeStamp, utc(e.Stamp))
	set(c.Props, ical.PropCreated, utc(e.Created))
	set(c.Props, ical.PropLastModified, utc(e.Modified))
	set(c.Props, ical.PropDateTimeStart, utc(e.Start))
	set(c.Props, ical.PropDateTimeEnd, utc(e.Start.Add(e.Duration)))
	text(c.Props, ical.PropSummary, line(e.Title))
	set(c.Props, ical.PropStatus, status)
	set(c.Props, ical.PropClass, "PRIVATE")
	set(c.Props, ical.PropOrganizer, organizer, "CN", e.Organizer.shown())
	return c, nil
}

// check refuses what is a slip of the program; people's input was checked where they typed it.
func (e Entry) check() error {
	for _, t := range []time.Time{e.Stamp, e.Created, e.Modified, e.Start, e.Start.Add(e.Duration)} {
		if y := t.UTC().Year(); y < 1970 || y > 9999 {
			return fmt.Errorf("a time is missing or out of range: %v", t)
		}
	}
	switch {
	case !isUID(e.UID):
		return errors.New("this is not a UID")
	case e.Sequence < 0 || e.Sequence > math.MaxInt32:
		return fmt.Errorf("sequence %d", e.Sequence)
	case e.Duration < time.Second:
		return fmt.Errorf("a duration of %v", e.Duration)
	case line(e.Title) == "":
		return errors.New("no title")
	}
	return nil
}

func isUID(s string) bool {
	odd := func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune(".@_-+", r))
	}
	return s != "" && len(s) <= 255 && !strings.ContainsFunc(s, odd) // RFC 7986 5.3: at most 255 octets
}

// place says where it is: the personal link, in each of the fields in which some calendar shows it.
func (e Entry) place(event *ical.Component) error {
	if err := checkLink(e.Link); err != nil {
		return fmt.Errorf("calendar: entry %q: %w", e.UID, err)
	}
	link(event.Props, e.Link)
	text(event.Props, ical.PropDescription, e.words())
	return nil
}

// words is the description: the link first, because some calendars show two lines only.
func (e Entry) words() string {
	about := wordPrivate + "\n" + line(e.HostTime)
	return prose(wordJoin + ": " + e.Link + "\n\n" + prose(about) + "\n\n" + prose(e.Description))
}

func (e Entry) attendee(event *ical.Component) error {
	to, err := mailto(e.Attendee.Address)
	if err != nil {
		return fmt.Errorf("calendar: entry %q: attendee: %w", e.UID, err)
	}
	// Without an attendee who still needs to act Gmail shows no buttons.
	set(event.Props, ical.PropAttendee, to, "CN", e.Attendee.shown(), "CUTYPE", "INDIVIDUAL", "ROLE", "REQ-PARTICIPANT",
		"PARTSTAT", "NEEDS-ACTION", "RSVP", "TRUE")
	return nil
}

// shown is what calendars call p: the name, else the address.
func (p Person) shown() string {
	if name := param(p.Name); name != "" {
		return name
	}
	return param(p.Address)
}

// alarm adds the one reminder, ten minutes ahead (RFC 5545 3.6.6).
func alarm(event *ical.Component) {
	c := ical.NewComponent(ical.CompAlarm)
	set(c.Props, ical.PropAction, "DISPLAY")
	set(c.Props, ical.PropDescription, event.Props.Get(ical.PropSummary).Value)
	set(c.Props, ical.PropTrigger, "-PT10M")
	event.Children = append(event.Children, c)
}

// mailto is the address as a URI (RFC 6068 section 2): only a bare ASCII address, which is what RFC 5545 3.3.3 asks for.
func mailto(address string) (string, error) {
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Name != "" || parsed.Address != address {
		return "", fmt.Errorf("%q is not a bare address", address)
	}
	var b strings.Builder
	b.WriteString("mailto:")
	for i := 0; i < len(address); i++ {
		switch c := address[i]; {
		case c <= ' ' || c > '~':
			return "", fmt.Errorf("%q is not ASCII", address)
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("@-._~!$'*+", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String(), nil
}

// checkLink takes absolute web addresses of plain ASCII, which need no cleaning anywhere.
func checkLink(s string) error {
	u, err := url.Parse(s)
	odd := func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\"<>\\^`{|}", r) }
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || strings.ContainsFunc(s, odd) {
		return errors.New("the link is not a web address") // not shown: it may be a secret
	}
	return nil
}

func utc(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

package meet

import (
	"errors"
	"strings"
	"time"
	"unicode/utf8"
)

// Event is something with a date in a calendar. It owns a room, and everything that rooms have hangs on that: doors,
// links, looks, calls. People see its title, never the noun.
type Event struct {
	Room                     // Name is the title
	Description string       // several lines, may be ""
	Speakers    []SpeakerWho // as the page names them
	When
	Registration bool      // has a page on which one registers
	Capacity     int       // seats, 0 = no end of them
	Closes       time.Time // no registration from then on; zero = as long as it goes on
	Note         string    // what the host says to those who wait
	Sequence     int       // grows with each change that calendars must show
	Changed      time.Time
	Started      time.Time // zero while it has not begun
	Ended        time.Time
	Cancelled    time.Time
	Deleted      time.Time // cancelled and hidden until its letters are out
}

// When is a time on somebody's clock, and the instant that it means.
type When struct {
	Date, Clock, Zone string // 2027-03-10, 15:00, Europe/Berlin
	Starts            time.Time
	Length            time.Duration // whole minutes
}

// Ends is the planned end.
func (w When) Ends() time.Time { return w.Starts.Add(w.Length) }

// SpeakerWho is a speaker as the registration page names them.
type SpeakerWho struct{ Name, Headline string }

// Phase is where an event stands.
type Phase string

// The phases.
const (
	Planned   Phase = "planned"
	Live      Phase = "live"
	Over      Phase = "over"
	Missed    Phase = "missed" // nobody started it, and its planned end is past
	CalledOff Phase = "cancelled"
)

// Phase tells where an event stands now.
func (e Event) Phase(now time.Time) Phase {
	switch {
	case !e.Cancelled.IsZero():
		return CalledOff
	case !e.Ended.IsZero():
		return Over
	case !e.Started.IsZero():
		return Live
	case !now.Before(e.Ends()):
		return Missed
	}
	return Planned
}

// How events go (product.md).
const (
	EmptyEventEnds = 15 * time.Minute // a live event without anybody inside this long is over
	MissedShown    = 24 * time.Hour   // on the dashboard, behind the planned end; it can still be started so long
	EarlyStart     = 30 * time.Minute // starting earlier than this before the time is asked about once more
	RemindBefore   = 30 * time.Minute
)

// MayStart refuses to start what is not to be started any more. Starting a live event changes nothing and is no error.
func (e Event) MayStart(now time.Time) error {
	switch phase := e.Phase(now); {
	case phase == CalledOff:
		return Refuse(Conflict, "This webinar was cancelled.")
	case phase == Over:
		return Refuse(Conflict, "This webinar is over. Duplicate it to hold it again.")
	case phase == Missed && now.Sub(e.Ends()) > MissedShown:
		return Refuse(Conflict, "The time of this webinar is long past. Move it to another date first.")
	}
	return nil
}

// MayRegister tells why nobody can register now, or nil.
func (e Event) MayRegister(now time.Time) error {
	switch phase := e.Phase(now); {
	case phase == CalledOff:
		return Refuse(Conflict, "This webinar was cancelled.")
	case phase == Over || phase == Missed:
		return Refuse(Conflict, "This webinar is over.")
	case !e.Registration:
		return ErrNotHere
	case !e.Closes.IsZero() && !now.Before(e.Closes):
		return Refuse(Conflict, "Registration is closed.")
	}
	return nil
}

// MayEdit refuses changes to what has begun or will not be.
func (e Event) MayEdit(now time.Time) error {
	switch e.Phase(now) {
	case CalledOff:
		return Refuse(Conflict, "This webinar was cancelled. Duplicate it to plan it again.")
	case Over:
		return Refuse(Conflict, "This webinar is over. Duplicate it to hold it again.")
	}
	return nil
}

// Bounds of an event.
const (
	LongestDescription = 4000 // characters
	LongestNote        = 500
	MostSpeakers       = 20
	ShortestEvent      = 5 * time.Minute
	LongestEvent       = 24 * time.Hour
	MostSeats          = 100_000
	FarthestEvent      = 5 * 366 * 24 * time.Hour // ahead
)

// EventTitle cleans and checks a title: what a room's name may be.
func EventTitle(typed string) (string, error) {
	name := squeeze(typed)
	switch n := utf8.RuneCountInString(name); {
	case n == 0:
		return "", Wrong("title", "Give the webinar a title.")
	case n > LongestRoomName:
		return "", Wrong("title", "A title has at most 80 characters; this one is longer. Shorten it a little.")
	}
	return name, nil
}

// Prose cleans a text of several lines that may be empty: control and direction-changing characters go, line breaks stay.
// What is longer than so many characters is refused as tooLong says.
func Prose(typed string, longest int, tooLong *Error) (string, error) {
	lines := strings.Split(strings.ReplaceAll(strings.ReplaceAll(typed, "\r\n", "\n"), "\r", "\n"), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(strings.Map(visible, strings.ToValidUTF8(l, "")), " ")
	}
	text := strings.Trim(strings.Join(lines, "\n"), "\n")
	if !strings.ContainsFunc(text, seen) {
		return "", nil
	}
	if utf8.RuneCountInString(text) > longest {
		return "", tooLong
	}
	return text, nil
}

// Description cleans and checks what a host writes about an event.
func Description(typed string) (string, error) {
	return Prose(typed, LongestDescription, Wrong("description", "A description has at most 4,000 characters; this one is longer."))
}

// HostNote cleans and checks what a host says to those who wait.
func HostNote(typed string) (string, error) {
	return Prose(typed, LongestNote, Wrong("note", "A note has at most 500 characters; this one is longer."))
}

// HostMessage cleans and checks the words that go with a change or a cancellation.
func HostMessage(typed string) (string, error) {
	return Prose(typed, LongestNote, Wrong("message", "A message has at most 500 characters; this one is longer."))
}

// SpeakersOf reads speakers as they are typed: one in a line, a name and, behind a comma, what they are.
func SpeakersOf(typed string) (list []SpeakerWho, err error) {
	text, err := Prose(typed, LongestDescription, Wrong("speakers", "This list of speakers is too long."))
	for line := range strings.SplitSeq(text, "\n") {
		name, headline, _ := strings.Cut(line, ",")
		if squeeze(line) == "" {
			continue
		}
		l, no := LabelOf(Label{Name: name, Headline: headline})
		var why *Error
		if errors.As(no, &why) {
			return nil, Wrong("speakers", why.Message)
		}
		list = append(list, SpeakerWho{l.Name, l.Headline})
	}
	if len(list) > MostSpeakers {
		return nil, Wrong("speakers", "At most 20 speakers can be named.")
	}
	return list, err
}

// SpeakersText is the list as it is typed.
func SpeakersText(list []SpeakerWho) string {
	var lines []string
	for _, s := range list {
		if s.Headline != "" {
			lines = append(lines, s.Name+", "+s.Headline)
			continue
		}
		lines = append(lines, s.Name)
	}
	return strings.Join(lines, "\n")
}

// Check refuses a time that is past, too far ahead, or of a length that no calendar shows well.
func (w When) Check(now time.Time) error {
	switch {
	case w.Length < ShortestEvent:
		return Wrong("duration", "A webinar lasts at least 5 minutes.")
	case w.Length > LongestEvent:
		return Wrong("duration", "A webinar lasts at most 24 hours.")
	case !now.Before(w.Starts):
		return Wrong("date", "This time is past. Choose one that is still to come.")
	case w.Starts.Sub(now) > FarthestEvent:
		return Wrong("date", "This is more than five years ahead.")
	}
	return nil
}

// CheckSeats refuses a number of seats that is none.
func CheckSeats(n int) error {
	if n < 0 || n > MostSeats {
		return Wrong("capacity", "Seats are a number from 1 to 100,000; leave it empty for no end of them.")
	}
	return nil
}

// EventTile is an event as its owner's dashboard shows it.
type EventTile struct {
	Event
	People     int // inside
	Registered int
}

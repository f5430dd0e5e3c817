package calendar

import (
	"fmt"
	"time"
)

const longDate = "Monday 2 January 2006, 15:04"

// Span is when something is on the clocks of a zone.
type Span struct {
	Words    string // Wednesday 10 March 2027, 08:00–09:00; an end on another day is given with its date
	Zone     string // America/New_York
	From, To string // distances from UTC at the start and at the end: UTC−05:00
}

// On is when something is on the clocks of a zone.
func On(start time.Time, length time.Duration, zone *time.Location) Span {
	from, to := start.In(zone), start.Add(length).In(zone)
	until := "–" + to.Format("15:04")
	if to.Format(time.DateOnly) != from.Format(time.DateOnly) {
		until = " – " + to.Format(longDate)
	}
	return Span{Words: from.Format(longDate) + until, Zone: zone.String(), From: distance(from), To: distance(to)}
}

// Same tells whether the clocks of two zones show the same from start to end.
func (s Span) Same(other Span) bool { return s.From == other.From && s.To == other.To }

// Distances are those from UTC as people read them. When clocks change in between both are given: otherwise 01:30–02:30
// could be two hours. UTC itself has none to tell.
func (s Span) Distances() string {
	switch {
	case s.Zone == "UTC":
		return ""
	case s.From != s.To:
		return s.From + ", then " + s.To
	}
	return s.From
}

// When is all of it in one line: "Wednesday 10 March 2027, 08:00–09:00 (America/New_York, UTC−05:00)".
func When(start time.Time, length time.Duration, zone *time.Location) string {
	return On(start, length, zone).line()
}

func (s Span) line() string {
	place := s.Zone
	if d := s.Distances(); d != "" {
		place += ", " + d
	}
	return s.Words + " (" + place + ")"
}

// HostTime is the line for Entry.HostTime, in the organiser's zone.
func HostTime(start time.Time, length time.Duration, organiser *time.Location) string {
	return "Organiser's time: " + When(start, length, organiser)
}

// Times are the lines for pages and mails: the reader's own time and the organiser's; one line only while the clocks of
// both show the same from start to end. Without knowing the reader's zone, nil, nobody can say "your time": then it is the
// organiser's alone.
func Times(start time.Time, length time.Duration, reader, organiser *time.Location) []string {
	if reader == nil {
		return []string{HostTime(start, length, organiser)}
	}
	own := On(start, length, reader)
	lines := []string{"Your time: " + own.line()}
	if !own.Same(On(start, length, organiser)) {
		lines = append(lines, HostTime(start, length, organiser))
	}
	return lines
}

// Short is for subjects: "Tue 3 Mar 15:00 CET".
func Short(start time.Time, zone *time.Location) string {
	return start.In(zone).Format("Mon 2 Jan ") + Clock(start, zone)
}

// Clock is for subjects of the same day: "15:00 CET", or with the distance from UTC where a zone has no letters for itself.
func Clock(start time.Time, zone *time.Location) string {
	t := start.In(zone)
	name, _ := t.Zone()
	if name == "" || name[0] == '+' || name[0] == '-' {
		name = distance(t)
	}
	return t.Format("15:04 ") + name
}

// distance from UTC as people write it, with a real minus.
func distance(t time.Time) string {
	_, s := t.Zone()
	sign := "+"
	if s < 0 {
		sign, s = "−", -s
	}
	if s%60 != 0 { // before about 1970
		return fmt.Sprintf("UTC%s%02d:%02d:%02d", sign, s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("UTC%s%02d:%02d", sign, s/3600, s/60%60)
}

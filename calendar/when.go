package calendar

import (
	"fmt"
	"time"
)

const longDate = "Monday 2 January 2006, 15:04"

// When says when something is on the clocks of a zone, with its name and its distance from UTC:
// "Wednesday 10 March 2027, 08:00–09:00 (America/New_York, UTC−05:00)". An end on another day is given with its date. When
// clocks change in between, both distances are: otherwise 01:30–02:30 could be two hours.
func When(start time.Time, length time.Duration, zone *time.Location) string {
	from, to := start.In(zone), start.Add(length).In(zone)
	until := "–" + to.Format("15:04")
	if to.Format(time.DateOnly) != from.Format(time.DateOnly) {
		until = " – " + to.Format(longDate)
	}
	name := zone.String()
	if name != "UTC" {
		name += ", " + distance(from)
	}
	if distance(from) != distance(to) {
		name += ", then " + distance(to)
	}
	return from.Format(longDate) + until + " (" + name + ")"
}

// HostTime is the line for Entry.HostTime, in the organiser's zone.
func HostTime(start time.Time, length time.Duration, organiser *time.Location) string {
	return "Organiser's time: " + When(start, length, organiser)
}

// Times are the lines for pages and mails: the reader's own time and the organiser's; one line only while the clocks of
// both show the same from start to end.
func Times(start time.Time, length time.Duration, reader, organiser *time.Location) []string {
	lines := []string{"Your time: " + When(start, length, reader)}
	end := start.Add(length)
	if offsetAt(start, reader) != offsetAt(start, organiser) || offsetAt(end, reader) != offsetAt(end, organiser) {
		lines = append(lines, HostTime(start, length, organiser))
	}
	return lines
}

// Short is for subjects: "Tue 3 Mar 15:00 CET", or with the distance from UTC where a zone has no letters for itself.
func Short(start time.Time, zone *time.Location) string {
	t := start.In(zone)
	name, _ := t.Zone()
	if name == "" || name[0] == '+' || name[0] == '-' {
		name = distance(t)
	}
	return t.Format("Mon 2 Jan 15:04 ") + name
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

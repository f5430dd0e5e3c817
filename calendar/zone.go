package calendar

import (
	_ "embed"
	"sort"
	"strings"
	"time"

	"foyer/meet"
)

//go:embed zones.txt
var zonesText string

// Zones lists the zones a form offers: UTC, then every zone of tzdata's zone.tab in alphabetical order. meet.Zone takes more:
// also the older names that browsers still send, such as Asia/Calcutta.
func Zones() []string { return strings.Fields(zonesText) }

// Kind says how often the clocks of a zone show a date and time.
type Kind int

// The kinds. Most days have only Once; when clocks go forward some times are Never, when they go back some are Twice.
const (
	Once Kind = iota
	Never
	Twice
)

// Reading is what a date and a time on the clocks of a zone mean.
type Reading struct {
	Kind Kind

	// At has the instants, in UTC and in order: one for Once, both for Twice. For Never it has the two that may have been
	// meant: as if the clocks had changed already, then as if they had not yet. 02:30, skipped when 02:00 becomes 03:00, is
	// read as 01:30 or as 03:30. (The second is how RFC 5545 3.3.5 reads it.)
	At []time.Time

	Change time.Time // Never and Twice: the instant at which the clocks change, in UTC
}

// around is more than any two zones ever differed, in both directions.
const around = 48 * time.Hour

// Local reads a date as 2027-03-10 and a time as 08:00, the values of a form's date and time fields, on the clocks of
// zone. Refusals are *meet.Error of code Invalid at the fields "date", "time" and "zone". Years are 1970 to 9998.
func Local(date, clock, zone string) (Reading, error) {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil || day.Year() < 1970 || day.Year() > 9998 {
		return Reading{}, meet.Wrong("date", "Enter a date, such as 2027-03-10.")
	}
	hours, err := time.Parse("15:04", clock)
	if err != nil {
		return Reading{}, meet.Wrong("time", "Enter a time between 00:00 and 23:59, such as 09:30.")
	}
	loc, err := meet.Zone(zone)
	if err != nil {
		return Reading{}, err
	}
	wall := day.Add(time.Duration(hours.Hour())*time.Hour + time.Duration(hours.Minute())*time.Minute)
	return read(wall, loc), nil
}

// read looks at every stretch of constant offset near wall, a reading written as if it were UTC.
func read(wall time.Time, loc *time.Location) Reading {
	var r, gap Reading
	var last time.Duration // the offset of the stretch before
	end := wall.Add(around)
	for from := wall.Add(-around); from.Before(end); {
		offset, until := offsetAt(from, loc), nextChange(from, end, loc)
		at := wall.Add(-offset)
		inside := !at.Before(from) && at.Before(until)
		switch {
		case inside && len(r.At) > 0:
			r = Reading{Twice, append(r.At, at), from}
		case inside:
			r.At = append(r.At, at)
		case at.Before(from) && !wall.Add(-last).Before(from): // too late for the last stretch, too early for this one
			gap = Reading{Never, []time.Time{at, wall.Add(-last)}, from}
		}
		from, last = until, offset
	}
	if len(r.At) == 0 {
		return gap
	}
	return r
}

// nextChange is the first whole second after t at which loc's clocks change, or end if there is none before. It asks for
// offsets only: Time.ZoneBounds ends stretches at New Year, in leap years even a day early, so that walking along its
// bounds never gets past 31 December 2028 (golang/go#81583, #70633; Go 1.26).
func nextChange(t, end time.Time, loc *time.Location) time.Time {
	offset := offsetAt(t, loc)
	for ; t.Before(end); t = t.Add(time.Hour) {
		if offsetAt(t.Add(time.Hour), loc) != offset {
			seconds := sort.Search(3600, func(n int) bool { return offsetAt(t.Add(time.Duration(n)*time.Second), loc) != offset })
			return t.Add(time.Duration(seconds) * time.Second)
		}
	}
	return end
}

func offsetAt(t time.Time, loc *time.Location) time.Duration {
	_, seconds := t.In(loc).Zone()
	return time.Duration(seconds) * time.Second
}

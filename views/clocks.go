package views

import "time"

// Clocks is when an event is: on the clocks of its host and, where their zone is known, on the reader's.
type Clocks struct {
	Starts, Ends time.Time
	Own, Host    Moment
	Zone         string // the reader's, an IANA name; "" = not known yet, a script will tell
	Same         bool   // both show the same from start to end
}

// Moment is an event's time on the clocks of one zone.
type Moment struct {
	Words   string // Tuesday 1 December 2026, 14:00–15:00
	Zone    string // Lisbon (UTC+00:00)
	Offsets string // at its start and at its end: UTC+00:00 UTC+00:00
	Month   string // Dec
	Day     string // 1
}

// Known tells whether the reader's zone is known.
func (c Clocks) Known() bool { return c.Zone != "" }

// first is the time that the page names above everything else.
func (c Clocks) first() Moment {
	if c.Known() {
		return c.Own
	}
	return c.Host
}

// whose is what stands below the reader's own time.
func (c Clocks) whose() string {
	if c.Same {
		return "Your time and the host’s, " + c.Own.Zone
	}
	return "Your time, " + c.Own.Zone
}

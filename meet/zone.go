package meet

import (
	"path"
	"strings"
	"time"
)

// Zone gives the zone of an IANA name. Names have a slash, or are UTC (decision 6): what has none, such as EST or Local,
// is a fixed offset or depends on the machine. An unknown name is an *Error of code Invalid at the field "zone".
func Zone(name string) (*time.Location, error) {
	area, _, slash := strings.Cut(name, "/")
	// The machine's own files are looked at first: right/… counts leap seconds, posix/… is the same zone once more.
	if name == "UTC" || slash && area != "right" && area != "posix" && path.Clean(name) == name {
		if zone, err := time.LoadLocation(name); err == nil {
			return zone, nil
		}
	}
	return nil, Wrong("zone", "Choose a time zone from the list, such as Europe/Berlin or UTC.")
}

// ZoneOrUTC is for showing what is kept already: a zone that this machine does not know is read as UTC, which at least is
// a clock.
func ZoneOrUTC(name string) *time.Location {
	if zone, err := Zone(name); err == nil {
		return zone
	}
	return time.UTC
}

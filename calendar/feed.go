package calendar

import (
	"fmt"
	"strings"
	"time"

	"github.com/emersion/go-ical"
)

// FeedPrefix begins every UID of a feed and none of an invite's: a host who also registers has two entries, and the one
// never overwrites the other.
const FeedPrefix = "s-"

// FeedEntry is one event in its host's feed. The fields are those of Entry.
type FeedEntry struct {
	UID                      string // begins with FeedPrefix
	Sequence                 int
	Stamp, Created, Modified time.Time // Stamp changes with the event only, or the feed's ETag is new each time
	Start                    time.Time
	Duration                 time.Duration
	Title, Description       string
	Link                     string // the event's page, for which one signs in: never a host's or somebody's personal link
	Cancelled                bool   // kept for 30 days, so that calendars which look once a day learn of it
}

// Feed is the calendar a host subscribes to: METHOD:PUBLISH, nothing about who registered, to be asked for again every
// hour. name is what calendars call it; organizer is the host's name and the service's address. Which entries are still
// in it, and in which order, is the caller's choice. The address of the feed is a secret and is not written into it.
func Feed(name string, organizer Person, entries []FeedEntry) ([]byte, error) {
	calendar := ical.NewCalendar()
	set(calendar.Props, ical.PropMethod, "PUBLISH")
	text(calendar.Props, ical.PropName, line(name)) // RFC 7986 5.1
	text(calendar.Props, propCalendarName, line(name))
	set(calendar.Props, ical.PropRefreshInterval, "PT1H", "VALUE", "DURATION") // RFC 7986 5.7
	set(calendar.Props, propPublishedTTL, "PT1H")
	seen := map[string]bool{}
	for _, e := range entries {
		if !strings.HasPrefix(e.UID, FeedPrefix) || seen[e.UID] {
			return nil, fmt.Errorf("calendar: feed entry %q: its UID must begin with %q and occur once", e.UID, FeedPrefix)
		}
		seen[e.UID] = true
		event, err := e.event(organizer)
		if err != nil {
			return nil, err
		}
		calendar.Children = append(calendar.Children, event)
	}
	if len(entries) == 0 {
		calendar.Children = []*ical.Component{nothing()}
	}
	return encode(calendar)
}

// event has no alarm: a subscribed calendar has its owner's own setting for that.
func (f FeedEntry) event(organizer Person) (*ical.Component, error) {
	status, transparency, busy := "CONFIRMED", "OPAQUE", "BUSY"
	if f.Cancelled {
		status, transparency, busy = "CANCELLED", "TRANSPARENT", "FREE" // where it stays visible, it takes no time
	}
	e := Entry{UID: f.UID, Sequence: f.Sequence, Stamp: f.Stamp, Created: f.Created, Modified: f.Modified,
		Start: f.Start, Duration: f.Duration, Title: f.Title, Organizer: organizer}
	event, err := e.common(status)
	if err != nil {
		return nil, err
	}
	if err := checkLink(f.Link); err != nil {
		return nil, fmt.Errorf("calendar: feed entry %q: %w", f.UID, err)
	}
	text(event.Props, ical.PropLocation, f.Link)
	set(event.Props, ical.PropURL, f.Link)
	text(event.Props, ical.PropDescription, prose(f.Link+"\n\n"+prose(f.Description)))
	set(event.Props, ical.PropTransparency, transparency)
	set(event.Props, propBusy, busy)
	return event, nil
}

// nothing fills a feed without events: a calendar must have a component (RFC 5545 3.6), and this one shows nothing.
func nothing() *ical.Component {
	standard := ical.NewComponent(ical.CompTimezoneStandard)
	set(standard.Props, ical.PropDateTimeStart, "19700101T000000")
	set(standard.Props, ical.PropTimezoneOffsetFrom, "+0000")
	set(standard.Props, ical.PropTimezoneOffsetTo, "+0000")
	zone := ical.NewComponent(ical.CompTimezone)
	set(zone.Props, ical.PropTimezoneID, "UTC")
	zone.Children = []*ical.Component{standard}
	return zone
}

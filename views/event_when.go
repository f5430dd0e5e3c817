package views

import (
	"fmt"
	"math"
	"strings"
	"time"

	"foyer/meet"
)

// ZoneName is what people call a zone's clock at a moment: "Amsterdam (CET)", "São Paulo (UTC-3)", "UTC".
func ZoneName(t time.Time, zone *time.Location) string {
	if zone == time.UTC || zone.String() == "UTC" {
		return "UTC"
	}
	return Place(zone.String(), zoneLetters(t.In(zone)))
}

// Place is a zone by its city: "Sao Paulo (UTC−03:00)" of America/Sao_Paulo; UTC has nothing beside its name.
func Place(zone, beside string) string {
	city := strings.ReplaceAll(zone[strings.LastIndexByte(zone, '/')+1:], "_", " ")
	if beside == "" {
		return city
	}
	return city + " (" + beside + ")"
}

// zoneLetters are a zone's own where it has some, else its distance from UTC: "CET", "UTC-3", "UTC+5:30".
func zoneLetters(t time.Time) string {
	name, seconds := t.Zone()
	if !strings.HasPrefix(name, "+") && !strings.HasPrefix(name, "-") {
		return name
	}
	sign := "+"
	if seconds < 0 {
		sign, seconds = "-", -seconds
	}
	if minutes := seconds / 60 % 60; minutes != 0 {
		return fmt.Sprintf("UTC%s%d:%02d", sign, seconds/3600, minutes)
	}
	return fmt.Sprintf("UTC%s%d", sign, seconds/3600)
}

// span is when an event is, on the clocks of a zone: "Tue 1 Dec 2026, 15:00–16:00". Without year, the year shows only where
// it is not this one.
func (p Page) span(w meet.When, zone *time.Location, year bool) string {
	from, to := w.Starts.In(zone), w.Ends().In(zone)
	day := "Mon 2 Jan"
	if year || from.Year() != p.Now.In(zone).Year() {
		day = "Mon 2 Jan 2006"
	}
	if sameDay(from, to) {
		return from.Format(day+", 15:04") + "–" + to.Format("15:04")
	}
	return from.Format(day+", 15:04") + " – " + to.Format("Mon 2 Jan, 15:04")
}

// Start is an event's time on the reader's own clock, with the clock's name.
func (p Page) Start(w meet.When) string {
	return p.span(w, p.Zone, false) + " " + zoneLetters(w.Starts.In(p.Zone))
}

// There is an event's time on the clock of its own zone, whole.
func (p Page) There(w meet.When) string {
	zone := meet.ZoneOrUTC(w.Zone)
	return p.span(w, zone, true) + ", " + ZoneName(w.Starts, zone)
}

// here is the same on the reader's clock, "" where that shows the same or is not known.
func (p Page) here(w meet.When) string {
	zone := meet.ZoneOrUTC(w.Zone)
	if p.Zone == time.UTC || p.span(w, zone, true) == p.span(w, p.Zone, true) {
		return ""
	}
	return p.span(w, p.Zone, true) + ", " + ZoneName(w.Starts, p.Zone)
}

// secondsTo is how long it is to a moment, for a page that counts on from there: whole seconds, rounded up.
func (p Page) secondsTo(t time.Time) int {
	return int(math.Ceil(t.Sub(p.Now).Seconds()))
}

// until is how long it is to a moment, in whole minutes rounded up: "In 7 days", "In 3 h 5 min", "In 5 minutes", "Begins
// now". From two days on the days are those of the reader's calendar. Scripts that keep the words true know them as well:
// static/js/until.js.
func (p Page) until(t time.Time) string {
	seconds := p.secondsTo(t)
	switch minutes := (seconds + 59) / 60; {
	case seconds <= -60:
		return "Should begin any moment"
	case seconds <= 0:
		return "Begins now"
	case minutes == 1:
		return "In a minute"
	case minutes < 60:
		return fmt.Sprintf("In %d minutes", minutes)
	case minutes < 48*60:
		return "In " + hours(minutes)
	}
	midnight := func(t time.Time) time.Time {
		t = t.In(p.Zone)
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	}
	return fmt.Sprintf("In %d days", max(2, int(midnight(t).Sub(midnight(p.Now))/(24*time.Hour))))
}

// standing says in words where an event stands, before the time it was planned for: "In 7 days:", "Live since 15:02,
// planned for", "Cancelled, planned for".
func (p Page) standing(e meet.Event) string {
	const planned = ", planned for"
	switch e.Phase(p.Now) {
	case meet.Live:
		return "Live since " + p.Hour(e.Started) + planned
	case meet.Over:
		return "Over" + planned
	case meet.Missed:
		return "Nobody started it" + planned
	case meet.CalledOff:
		return "Cancelled" + planned
	}
	return p.until(e.Starts) + ":"
}

// minutes is a length as the form takes it and as people say it.
func minutes(d time.Duration) string { return fmt.Sprint(int(d / time.Minute)) }

// counted is the line about who registered: "42 registered · 3 on the wait list · 40 mails delivered · 2 failed".
func counted(c meet.SeatCounts, capacity int) string {
	line := fmt.Sprintf("%d registered", c.Registered)
	if capacity > 0 {
		line = fmt.Sprintf("%d registered of %s", c.Registered, Count(capacity, "seat", "seats"))
	}
	if c.Waiting > 0 {
		line += fmt.Sprintf(" · %d on the wait list", c.Waiting)
	}
	if c.Registered+c.Waiting == 0 {
		return line
	}
	line += " · " + Count(c.Delivered, "mail", "mails") + " delivered"
	if c.Sending > 0 {
		line += fmt.Sprintf(" · %d on their way", c.Sending)
	}
	if c.Failed > 0 {
		line += fmt.Sprintf(" · %d failed", c.Failed)
	}
	return line
}

// taken is the short one on a tile.
func taken(t meet.EventTile) string {
	switch {
	case !t.Registration && t.Registered == 0:
		return "No registration page"
	case t.Capacity > 0:
		return fmt.Sprintf("%d of %s taken", t.Registered, Count(t.Capacity, "seat", "seats"))
	}
	return fmt.Sprintf("%d registered", t.Registered)
}

// fieldKindName is how a question is answered, for organisers.
func fieldKindName(k meet.FieldKind) string {
	return map[meet.FieldKind]string{meet.FieldText: "Text", meet.FieldLong: "Long text", meet.FieldChoice: "Choice",
		meet.FieldCheckbox: "Checkbox", meet.FieldConsent: "Consent"}[k]
}

func fieldKindHint(k meet.FieldKind) string {
	return map[meet.FieldKind]string{meet.FieldText: "One line.", meet.FieldLong: "Several lines.", meet.FieldChoice: "One of the answers below.",
		meet.FieldCheckbox: "A box that one may tick.", meet.FieldConsent: "A box that everybody must tick."}[k]
}

// fieldFacts are the words below a question: "Choice, optional".
func fieldFacts(f meet.Field) string {
	if f.Required {
		return fieldKindName(f.Kind) + ", required"
	}
	return fieldKindName(f.Kind) + ", optional"
}

// day is a moment that may be in another year, with its clock's name.
func (p Page) day(t time.Time) string {
	return t.In(p.Zone).Format("Mon 2 Jan 2006, 15:04 ") + zoneLetters(t.In(p.Zone))
}

// lower begins a phrase in the middle of a sentence.
func lower(s string) string { return strings.ToLower(s[:1]) + s[1:] }

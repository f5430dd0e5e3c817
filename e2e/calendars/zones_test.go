//go:build calendars

package calendars

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"foyer/calendar"
	"foyer/e2e/calendars/reader"
	"foyer/meet"
)

// moment is an instant that somebody chose as a date and a time on the clocks of a zone.
type moment struct {
	zone, date, clock string
	kind              calendar.Kind
	at                time.Time
}

// moments are half on days on which clocks change, near that change, and half anywhere.
var moments = func() (all []moment) {
	r, zones := rand.New(rand.NewPCG(7, 7)), calendar.Zones()
	for len(all) < 300 {
		zone := zones[r.IntN(len(zones))]
		loc, err := meet.Zone(zone)
		if err != nil {
			panic(err)
		}
		day := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(r.IntN(4*365)) * 24 * time.Hour)
		wall := day.Add(time.Duration(r.IntN(96)) * 15 * time.Minute)
		if change := nextChange(day, loc); len(all)%2 == 0 {
			if change.IsZero() {
				continue
			}
			wall = change.Add(offsetAt(change.Add(-time.Second), loc) + time.Duration(r.IntN(13)-6)*15*time.Minute)
		}
		m := moment{zone: zone, date: wall.Format(time.DateOnly), clock: wall.Format("15:04")}
		read, err := calendar.Local(m.date, m.clock, zone)
		if err != nil {
			panic(err)
		}
		m.kind, m.at = read.Kind, read.At[r.IntN(len(read.At))]
		all = append(all, m)
	}
	return all
}()

// nextChange of a zone's clocks after a day, to the quarter of an hour; zero if there is none within a year.
func nextChange(day time.Time, loc *time.Location) time.Time {
	before := offsetAt(day, loc)
	for t := day; t.Before(day.AddDate(1, 0, 0)); t = t.AddDate(0, 0, 1) {
		if offsetAt(t.AddDate(0, 0, 1), loc) != before {
			for ; offsetAt(t, loc) == before; t = t.Add(15 * time.Minute) {
			}
			return t
		}
	}
	return time.Time{}
}

func offsetAt(t time.Time, loc *time.Location) time.Duration {
	_, seconds := t.In(loc).Zone()
	return time.Duration(seconds) * time.Second
}

// What the readers understood is, on the clocks of the zone in which it was typed and by another program's reckoning, what
// was typed; unless those clocks never showed it.
func TestClocks(t *testing.T) {
	var all []shown
	var files [][]byte
	kinds := map[calendar.Kind]int{}
	for i, m := range moments {
		s := taken(fmt.Sprintf("r-%d@webinars.example", i), zoe)
		s.moves(m, time.Hour)
		c := letterOf(t, fmt.Sprintf("%s %s %s", m.date, m.clock, m.zone))(s.request(t))
		all, files = append(all, c), append(files, c.file)
		kinds[m.kind]++
	}
	if kinds[calendar.Once] < 100 || kinds[calendar.Twice] < 20 || kinds[calendar.Never] < 10 {
		t.Errorf("%v: too few days on which clocks change", kinds)
	}
	both(t, all)
	var clocks []reader.Clock
	for i, r := range reader.ICALJS(t, files...) {
		if len(r.Entries) != 1 {
			t.Fatalf("%s: %+v", all[i].name, r)
		}
		clocks = append(clocks, reader.Clock{At: r.Entries[0].Start, Zone: moments[i].zone})
	}
	for i, shows := range reader.Clocks(t, clocks...) {
		if m := moments[i]; (shows == m.date+" "+m.clock) != (m.kind != calendar.Never) {
			t.Errorf("%s (%d): clocks there show %s", all[i].name, m.kind, shows)
		}
	}
}

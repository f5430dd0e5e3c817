package calendar_test

import (
	"slices"
	"testing"
	"time"

	"foyer/calendar"
	"foyer/meet"
)

func TestZonesAreAccepted(t *testing.T) {
	all := calendar.Zones()
	if len(all) < 400 || all[0] != "UTC" || !slices.IsSorted(all[1:]) || len(slices.Compact(slices.Clone(all))) != len(all) {
		t.Fatalf("%d zones, from %s", len(all), all[0])
	}
	for _, name := range all {
		if _, err := meet.Zone(name); err != nil {
			t.Error(name, err)
		}
	}
}

func TestLocal(t *testing.T) {
	cases := []struct {
		date, clock, zone string
		kind              calendar.Kind
		at                []string
		change            string
	}{
		{"2027-03-10", "08:00", "America/New_York", calendar.Once, []string{"2027-03-10T13:00:00Z"}, ""},
		{"2027-03-10", "08:00", "UTC", calendar.Once, []string{"2027-03-10T08:00:00Z"}, ""},
		{"2027-03-28", "01:59", "Europe/Berlin", calendar.Once, []string{"2027-03-28T00:59:00Z"}, ""},
		{"2027-03-28", "02:00", "Europe/Berlin", calendar.Never, []string{"2027-03-28T00:00:00Z", "2027-03-28T01:00:00Z"}, "2027-03-28T01:00:00Z"},
		{"2027-03-28", "02:30", "Europe/Berlin", calendar.Never, []string{"2027-03-28T00:30:00Z", "2027-03-28T01:30:00Z"}, "2027-03-28T01:00:00Z"},
		{"2027-03-28", "03:00", "Europe/Berlin", calendar.Once, []string{"2027-03-28T01:00:00Z"}, ""},
		{"2027-10-31", "01:59", "Europe/Berlin", calendar.Once, []string{"2027-10-30T23:59:00Z"}, ""},
		{"2027-10-31", "02:00", "Europe/Berlin", calendar.Twice, []string{"2027-10-31T00:00:00Z", "2027-10-31T01:00:00Z"}, "2027-10-31T01:00:00Z"},
		{"2027-10-31", "02:59", "Europe/Berlin", calendar.Twice, []string{"2027-10-31T00:59:00Z", "2027-10-31T01:59:00Z"}, "2027-10-31T01:00:00Z"},
		{"2027-10-31", "03:00", "Europe/Berlin", calendar.Once, []string{"2027-10-31T02:00:00Z"}, ""},
		{"2027-04-04", "01:45", "Australia/Lord_Howe", calendar.Twice, []string{"2027-04-03T14:45:00Z", "2027-04-03T15:15:00Z"}, "2027-04-03T15:00:00Z"},
		{"2011-12-30", "12:00", "Pacific/Apia", calendar.Never, []string{"2011-12-29T22:00:00Z", "2011-12-30T22:00:00Z"}, "2011-12-30T10:00:00Z"}, // a day that never was
		{"2028-12-31", "12:00", "Europe/Berlin", calendar.Once, []string{"2028-12-31T11:00:00Z"}, ""},                                             // golang/go#81583
		{"2048-12-31", "12:00", "Europe/Berlin", calendar.Once, []string{"2048-12-31T11:00:00Z"}, ""},                                             // the same beyond the tables
		{"2049-01-01", "00:00", "Australia/Sydney", calendar.Once, []string{"2048-12-31T13:00:00Z"}, ""},
		{"9998-12-31", "23:59", "Pacific/Kiritimati", calendar.Once, []string{"9998-12-31T09:59:00Z"}, ""},
	}
	for _, c := range cases {
		t.Run(c.date+" "+c.clock+" "+c.zone, func(t *testing.T) {
			got, err := calendar.Local(c.date, c.clock, c.zone)
			if err != nil {
				t.Fatal(err)
			}
			want := calendar.Reading{Kind: c.kind}
			for _, s := range c.at {
				want.At = append(want.At, at(s))
			}
			if c.change != "" {
				want.Change = at(c.change)
			}
			if got.Kind != want.Kind || !slices.Equal(got.At, want.At) || got.Change != want.Change {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func TestLocalRefuses(t *testing.T) {
	for _, c := range []struct{ date, clock, zone, field string }{
		{"2027-02-29", "08:00", "UTC", "date"},
		{"10.03.2027", "08:00", "UTC", "date"},
		{"", "08:00", "UTC", "date"},
		{"1969-12-31", "08:00", "UTC", "date"},
		{"9999-12-31", "08:00", "UTC", "date"},
		{"2027-03-10", "24:00", "UTC", "time"},
		{"2027-03-10", "8 pm", "UTC", "time"},
		{"2027-03-10", "", "UTC", "time"},
		{"2027-03-10", "08:00", "Local", "zone"},
	} {
		_, err := calendar.Local(c.date, c.clock, c.zone)
		if e, is := err.(*meet.Error); !is || e.Field != c.field || e.Code != meet.Invalid {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// TestLocalEverywhere compares with what clocks show: around every change of the coming years, and of some that only the
// rule at the end of a zone's file knows, in every zone, all instants near are asked what the clocks say then.
func TestLocalEverywhere(t *testing.T) {
	kinds := map[calendar.Kind]int{}
	for _, name := range calendar.Zones() {
		loc := zone(t, name)
		near := append(changes(at("2026-11-22T00:00:00Z"), loc), changes(at("2047-01-01T00:00:00Z"), loc)...)
		for _, t := range []string{"2028-12-31T00:00:00Z", "2048-12-31T00:00:00Z", "2049-01-01T00:00:00Z"} { // New Year after a leap year
			near = append(near, at(t))
		}
		for _, instant := range near {
			for minutes := -150; minutes <= 150; minutes += 15 {
				wall := shows(instant, loc).Add(time.Duration(minutes) * time.Minute)
				got, err := calendar.Local(wall.Format(time.DateOnly), wall.Format("15:04"), name)
				if err != nil {
					t.Fatal(err)
				}
				kinds[got.Kind]++
				compare(t, name, wall, loc, got)
			}
		}
	}
	if kinds[calendar.Never] < 100 || kinds[calendar.Twice] < 100 {
		t.Errorf("only %v were seen", kinds)
	}
}

// changes of loc's clocks in the 25 months after from: days first, then quarters of an hour.
func changes(from time.Time, loc *time.Location) (all []time.Time) {
	ahead := func(t time.Time) time.Duration { return shows(t, loc).Sub(t) }
	for day := from; day.Before(from.AddDate(2, 1, 0)); day = day.AddDate(0, 0, 1) {
		if next := day.AddDate(0, 0, 1); ahead(next) != ahead(day) {
			change := next
			for ahead(change.Add(-15*time.Minute)) == ahead(next) {
				change = change.Add(-15 * time.Minute)
			}
			all = append(all, change)
		}
	}
	return all
}

// shows is the reading of loc's clocks at t, written as if it were UTC.
func shows(t time.Time, loc *time.Location) time.Time {
	_, seconds := t.In(loc).Zone()
	return t.UTC().Add(time.Duration(seconds) * time.Second)
}

func compare(t *testing.T, name string, wall time.Time, loc *time.Location, got calendar.Reading) {
	t.Helper()
	var want []time.Time
	for u := wall.Add(-15 * time.Hour); u.Before(wall.Add(15 * time.Hour)); u = u.Add(15 * time.Minute) {
		if shows(u, loc).Equal(wall) {
			want = append(want, u)
		}
	}
	if len(want) > 0 {
		if kind := calendar.Kind(2 * (len(want) - 1)); got.Kind != kind || !slices.Equal(got.At, want) {
			t.Errorf("%s at %v: got %+v, want %v", name, wall, got, want)
		}
		return
	}
	if got.Kind != calendar.Never || len(got.At) != 2 {
		t.Fatalf("%s at %v: got %+v, want never", name, wall, got)
	}
	before, after := shows(got.At[0], loc), shows(got.At[1], loc)
	gap := shows(got.Change, loc).Sub(shows(got.Change.Add(-1), loc)) - 1
	if !got.At[0].Before(got.Change) || got.At[1].Before(got.Change) || wall.Sub(before) != gap || after.Sub(wall) != gap {
		t.Errorf("%s at %v: %v and %v around a gap of %v at %v", name, wall, before, after, gap, got.Change)
	}
}

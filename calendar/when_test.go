package calendar_test

import (
	"slices"
	"testing"
	"time"

	"foyer/calendar"
	"foyer/meet"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := meet.Zone(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestWhen(t *testing.T) {
	for _, c := range []struct {
		start  string
		length time.Duration
		zone   string
		want   string
	}{
		{"2027-03-10T13:00:00Z", time.Hour, "America/New_York", "Wednesday 10 March 2027, 08:00–09:00 (America/New_York, UTC−05:00)"},
		{"2027-03-10T13:00:00Z", time.Hour, "Asia/Kathmandu", "Wednesday 10 March 2027, 18:45–19:45 (Asia/Kathmandu, UTC+05:45)"},
		{"2027-03-10T13:00:00Z", time.Hour, "UTC", "Wednesday 10 March 2027, 13:00–14:00 (UTC)"},
		{"2027-03-10T13:00:00Z", time.Hour, "Europe/London", "Wednesday 10 March 2027, 13:00–14:00 (Europe/London, UTC+00:00)"},
		{"2027-03-10T22:30:00Z", time.Hour, "Europe/Berlin", "Wednesday 10 March 2027, 23:30 – Thursday 11 March 2027, 00:30 (Europe/Berlin, UTC+01:00)"},
		{"2027-03-10T13:00:00Z", 24 * time.Hour, "UTC", "Wednesday 10 March 2027, 13:00 – Thursday 11 March 2027, 13:00 (UTC)"},
		{"2027-10-30T23:30:00Z", 2 * time.Hour, "Europe/Berlin", "Sunday 31 October 2027, 01:30–02:30 (Europe/Berlin, UTC+02:00, then UTC+01:00)"},
		{"1971-01-01T12:00:00Z", time.Hour, "Africa/Monrovia", "Friday 1 January 1971, 11:15–12:15 (Africa/Monrovia, UTC−00:44:30)"},
	} {
		if got := calendar.When(at(c.start), c.length, zone(t, c.zone)); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

// Pages need the parts of a line: they name the city instead of the zone, and compare distances.
func TestOn(t *testing.T) {
	for name, want := range map[string]calendar.Span{
		"Europe/Berlin": {"Sunday 31 October 2027, 01:30–02:30", "Europe/Berlin", "UTC+02:00", "UTC+01:00"},
		"UTC":           {"Saturday 30 October 2027, 23:30 – Sunday 31 October 2027, 01:30", "UTC", "UTC+00:00", "UTC+00:00"},
		"Asia/Kolkata":  {"Sunday 31 October 2027, 05:00–07:00", "Asia/Kolkata", "UTC+05:30", "UTC+05:30"},
	} {
		got := calendar.On(at("2027-10-30T23:30:00Z"), 2*time.Hour, zone(t, name))
		if got != want {
			t.Errorf("got  %v\nwant %v", got, want)
		}
		if said := map[string]string{"Europe/Berlin": "UTC+02:00, then UTC+01:00", "UTC": "", "Asia/Kolkata": "UTC+05:30"}[name]; got.Distances() != said {
			t.Errorf("%s is %q from UTC", name, got.Distances())
		}
	}
}

func TestTimes(t *testing.T) {
	berlin, york := zone(t, "Europe/Berlin"), zone(t, "America/New_York")
	start := at("2027-03-10T13:00:00Z")
	if got := calendar.Times(start, time.Hour, york, berlin); !slices.Equal(got, []string{
		"Your time: Wednesday 10 March 2027, 08:00–09:00 (America/New_York, UTC−05:00)",
		"Organiser's time: Wednesday 10 March 2027, 14:00–15:00 (Europe/Berlin, UTC+01:00)",
	}) {
		t.Error(got)
	}
	if got := calendar.Times(start, time.Hour, zone(t, "Europe/Oslo"), berlin); !slices.Equal(got, []string{
		"Your time: Wednesday 10 March 2027, 14:00–15:00 (Europe/Oslo, UTC+01:00)",
	}) {
		t.Error(got)
	}
	if got := calendar.Times(start, time.Hour, nil, berlin); !slices.Equal(got, []string{calendar.HostTime(start, time.Hour, berlin)}) {
		t.Error("for nobody in particular:", got)
	}
	// Algiers and Berlin agree in winter only, and until clocks change in the middle of a night.
	for start, lines := range map[string]int{"2027-03-10T13:00:00Z": 1, "2027-07-10T13:00:00Z": 2, "2027-03-28T00:30:00Z": 2} {
		if got := calendar.Times(at(start), time.Hour, zone(t, "Africa/Algiers"), berlin); len(got) != lines {
			t.Error(start, got)
		}
	}
}

func TestShort(t *testing.T) {
	for name, want := range map[string]string{
		"Europe/Berlin":     "Tue 3 Mar 15:00 CET",
		"America/Sao_Paulo": "Tue 3 Mar 11:00 UTC−03:00",
		"Asia/Dubai":        "Tue 3 Mar 18:00 UTC+04:00",
		"UTC":               "Tue 3 Mar 14:00 UTC",
	} {
		if got := calendar.Short(at("2026-03-03T14:00:00Z"), zone(t, name)); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
		if got := calendar.Clock(at("2026-03-03T14:00:00Z"), zone(t, name)); "Tue 3 Mar "+got != want {
			t.Errorf("%s: %s of %s", name, got, want)
		}
	}
}

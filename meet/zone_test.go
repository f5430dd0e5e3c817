package meet_test

import (
	"testing"
	"time"

	"foyer/meet"
)

func TestZoneNames(t *testing.T) {
	for _, name := range []string{"UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "Asia/Calcutta", "US/Eastern"} {
		if zone, err := meet.Zone(name); err != nil || zone.String() != name {
			t.Error(name, zone, err)
		}
	}
	for _, name := range []string{"", "Local", "EST", "CET", "GMT", "utc", "Berlin", "Europe/Nowhere", "Europe/", "/Europe/Berlin", "Europe//Berlin",
		"Europe/./Berlin", "../zoneinfo/Europe/Berlin", "Europe/../Europe/Berlin", "posix/Europe/Berlin", "right/Europe/Berlin",
		"Europe/Berlin\x00", "Europe/Berlin ", `Europe\Berlin`, "Europe/Berlin\r\nX", "/etc/localtime"} {
		if zone, err := meet.Zone(name); zone != nil || meet.CodeOf(err) != meet.Invalid {
			t.Errorf("%q: %v, %v", name, zone, err)
		}
		if zone := meet.ZoneOrUTC(name); zone != time.UTC {
			t.Errorf("%q is read as %v", name, zone)
		}
	}
}

package calendar

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/emersion/go-ical"
)

// Properties that go-ical has no name for.
const (
	propBusy         = "X-MICROSOFT-CDO-BUSYSTATUS"
	propCalendarName = "X-WR-CALNAME"
	propPublishedTTL = "X-PUBLISHED-TTL"
)

// longestLine is how many octets a line may have without its CRLF (RFC 5545 3.1).
const longestLine = 75

// set adds a property whose value is not TEXT. Pairs of a parameter's name and value follow; values that people typed
// have gone through param.
func set(p ical.Props, name, value string, params ...string) {
	prop := ical.NewProp(name)
	prop.Value = value
	for i := 0; i+1 < len(params); i += 2 {
		prop.Params.Set(params[i], params[i+1])
	}
	p.Set(prop)
}

// text adds a property of type TEXT, escaped (RFC 5545 3.3.11). value has gone through line or prose.
func text(p ical.Props, name, value string) {
	prop := ical.NewProp(name)
	prop.SetText(value)
	prop.Params.Del(ical.ParamValue) // go-ical writes VALUE=TEXT wherever it does not know the name
	p.Set(prop)
}

// link writes a checked web address in every field that some calendar makes clickable.
func link(p ical.Props, address string) {
	text(p, ical.PropLocation, address)
	set(p, ical.PropURL, address)
	set(p, ical.PropConference, address, "VALUE", "URI", "FEATURE", "VIDEO", "LABEL", wordJoin) // RFC 7986 5.11
}

// write gives a VCALENDAR with these components in their order.
func write(method string, components ...*ical.Component) ([]byte, error) {
	calendar := ical.NewCalendar()
	set(calendar.Props, ical.PropMethod, method)
	calendar.Children = components
	return encode(calendar)
}

// encode writes what go-ical leaves to us: the fixed properties and lines that are short enough.
func encode(calendar *ical.Calendar) ([]byte, error) {
	set(calendar.Props, ical.PropVersion, "2.0")
	set(calendar.Props, ical.PropProductID, "-//Foyer//Foyer//EN")
	set(calendar.Props, ical.PropCalendarScale, "GREGORIAN")
	var b bytes.Buffer
	if err := ical.NewEncoder(&b).Encode(calendar); err != nil {
		return nil, fmt.Errorf("calendar: %w", err)
	}
	return fold(b.Bytes()), nil
}

// fold breaks lines that are longer than 75 octets, never within a character: some readers look at a line before they
// put it together again (RFC 5545 3.1). unfolded is UTF-8 and every line of it ends in CRLF.
func fold(unfolded []byte) []byte {
	var out bytes.Buffer
	for line := range bytes.SplitSeq(bytes.TrimSuffix(unfolded, []byte("\r\n")), []byte("\r\n")) {
		for room := longestLine; len(line) > room; room = longestLine - 1 { // the space counts
			cut := room
			for !utf8.RuneStart(line[cut]) {
				cut--
			}
			out.Write(line[:cut])
			out.WriteString("\r\n ")
			line = line[cut:]
		}
		out.Write(line)
		out.WriteString("\r\n")
	}
	return out.Bytes()
}

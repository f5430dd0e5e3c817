// Package reader lets other people's programs read our invitations: icalendar of Python, ical.js, and Evolution Data
// Server, which keeps a calendar and applies what comes by mail to it. dkimpy verifies signatures and Python's zoneinfo
// says what clocks show. scripts/calendars installs them.
//
// Every program is started once for a whole batch, with a small script of ours that hands it one file after the other and
// prints what it understood (decision 39). Nothing is looked up in any network.
//
// Go reads the letters a second time (letter.go) and keeps the rules that a lax calendar forgives and a strict one does not
// (itip.go).
package reader

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Entry is what a program understood of one VEVENT. Names are those of RFC 5545.
type Entry struct {
	Method      string    `json:"method"` // of the calendar around it; "" in what Evolution keeps
	UID         string    `json:"uid"`
	Sequence    int       `json:"sequence"`
	Stamp       time.Time `json:"stamp"` // times are UTC: a program that read anything else has not understood it
	Start       time.Time `json:"start"`
	End         time.Time `json:"end"`
	Summary     string    `json:"summary"`
	Description string    `json:"description"`
	Location    string    `json:"location"`
	URL         string    `json:"url"`
	Status      string    `json:"status"`
	Organizer   []Person  `json:"organizer"` // there should be one
	Attendees   []Person  `json:"attendees"`
}

// Person is a CN and the URI behind it.
type Person struct {
	Name    string `json:"name"`
	Address string `json:"address"` // mailto:…, as it stands there
}

// Mail is the bare address, "" if the URI is another kind.
func (p Person) Mail() string {
	address, err := url.PathUnescape(strings.TrimPrefix(p.Address, "mailto:"))
	if err != nil || !strings.HasPrefix(p.Address, "mailto:") {
		return ""
	}
	return address
}

// Reading is what a program understood of one file.
type Reading struct {
	Entries []Entry
	Trouble string // why it could not read the file; "" = it could

	twice, percent bool // habits of older versions of Python's icalendar, see read_icalendar.py
}

// Differs compares with what was meant. It gives "" or one line for each difference. Known habits of the program are taken
// into account: each changes a text in one way only, which is applied to what was meant.
func (r Reading) Differs(meant ...Entry) string {
	if r.Trouble != "" {
		return r.Trouble
	}
	asRead := slices.Clone(meant)
	for i := range asRead {
		asRead[i] = r.habits(asRead[i])
	}
	return Differences(r.Entries, asRead)
}

func (r Reading) habits(e Entry) Entry {
	for _, text := range []*string{&e.Summary, &e.Description, &e.Location} {
		if r.percent {
			*text = percents.Replace(*text)
		}
		if r.twice {
			*text = unescape(*text)
		}
	}
	e.Organizer, e.Attendees = slices.Clone(e.Organizer), slices.Clone(e.Attendees)
	if r.percent {
		e.URL = percents.Replace(e.URL)
		for _, p := range append(slices.Clone(pointers(e.Organizer)), pointers(e.Attendees)...) {
			p.Name, p.Address = percents.Replace(p.Name), percents.Replace(p.Address)
		}
	}
	return e
}

func pointers(people []Person) (all []*Person) {
	for i := range people {
		all = append(all, &people[i])
	}
	return all
}

var percents = strings.NewReplacer("%2C", ",", "%3A", ":", "%3B", ";", "%5C", `\`)

// unescape is icalendar's own, one replacement after the other, on a text that has its line breaks still escaped.
func unescape(s string) string {
	for _, step := range [][2]string{{"\n", `\n`}, {`\N`, `\n`}, {`\n`, "\n"}, {`\,`, ","}, {`\;`, ";"}, {`\\`, `\`}} {
		s = strings.ReplaceAll(s, step[0], step[1])
	}
	return s
}

// Differences compares two lists of entries field by field, in their order.
func Differences(got, want []Entry) string {
	if len(got) != len(want) {
		return fmt.Sprintf("%d entries, want %d:\n got %s\nwant %s", len(got), len(want), brief(got), brief(want))
	}
	var all []string
	for i := range got {
		g, w := got[i].fields(), want[i].fields()
		for j := range g {
			if g[j] != w[j] {
				all = append(all, fmt.Sprintf("%s:\n got %s\nwant %s", got[i].UID, g[j], w[j]))
			}
		}
	}
	return strings.Join(all, "\n")
}

func (e Entry) fields() []string {
	return []string{
		"METHOD " + e.Method, "UID " + e.UID, fmt.Sprint("SEQUENCE ", e.Sequence), "STATUS " + e.Status, "DTSTAMP " + utc(e.Stamp), "DTSTART " + utc(e.Start), "DTEND " + utc(e.End),
		fmt.Sprintf("SUMMARY %q", e.Summary), fmt.Sprintf("DESCRIPTION %q", e.Description), fmt.Sprintf("LOCATION %q", e.Location), "URL " + e.URL,
		fmt.Sprintf("ORGANIZER %q", e.Organizer), fmt.Sprintf("ATTENDEE %q", e.Attendees),
	}
}

func brief(entries []Entry) string {
	var all []string
	for _, e := range entries {
		all = append(all, fmt.Sprintf("%s/%d %s %q", e.UID, e.Sequence, utc(e.Start), e.Summary))
	}
	return strings.Join(all, ", ")
}

func utc(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

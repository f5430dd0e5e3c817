// Package views is how Foyer looks: one typed template per noun, the page frame around them, and the addresses they lead
// to. A view takes plain values and draws them. It asks nobody anything, so a page and the fragment that is pushed to it
// later are the same component. HTML is escaped by templ; nothing here builds markup or an address by hand.
package views

import (
	"fmt"
	"strings"
	"time"

	"github.com/a-h/templ"

	"foyer/meet"
	"foyer/static"
)

// Page is what every page needs to know besides its own subject.
type Page struct {
	Title   string
	Assets  *static.Files
	Account meet.Account // zero for a guest
	Here    string       // which entry of the navigation is current: "home", "history" or ""
	Once    string       // idempotency key for the forms of this page
	Zone    *time.Location
	Now     time.Time
	Modules []string // names below static/js that this page runs
	Live    bool     // loads htmx, for pages with a stream
	Room    bool     // loads the second style sheet: lobby, waiting screen, room
	Contact string   // address that door and error pages name, "" = none

	Head templ.Component // what else stands in the head, nil = nothing
}

// SignedIn tells whether the page has an account menu.
func (p Page) SignedIn() bool { return p.Account.ID != "" }

func (p Page) icon(name string) string { return p.Assets.Path("icons.svg") + "#" + name }

// Form is what a form shows again after a refusal: what was typed, and the message beside its field.
type Form struct {
	Typed   map[string]string
	Field   string // the field the message belongs to, "" = the form as a whole
	Message string
}

// Value is what was typed into a field, or was there before.
func (f Form) Value(field, before string) string {
	if v, ok := f.Typed[field]; ok {
		return v
	}
	return before
}

// On tells whether a checkbox was ticked, or was before. A browser leaves an empty one out of the form, and then what was
// typed into it is "".
func (f Form) On(field string, before bool) bool {
	if v, ok := f.Typed[field]; ok {
		return v != ""
	}
	return before
}

// Error is the message of one field.
func (f Form) Error(field string) string {
	if f.Field == field {
		return f.Message
	}
	return ""
}

// Clock is a moment for people: today and yesterday by name, the year only when it is another one. The zone is named
// when it is not the reader's own, which is unknown before a script told it once.
func (p Page) Clock(t time.Time) string {
	t, now := t.In(p.Zone), p.Now.In(p.Zone)
	day := t.Format("Mon 2 Jan")
	switch {
	case sameDay(t, now):
		day = "Today"
	case sameDay(t, now.AddDate(0, 0, -1)):
		day = "Yesterday"
	case t.Year() != now.Year():
		day = t.Format("2 Jan 2006")
	}
	clock := day + ", " + t.Format("15:04")
	if p.Zone == time.UTC {
		clock += " UTC"
	}
	return clock
}

// Hour is a moment of today for people.
func (p Page) Hour(t time.Time) string { return t.In(p.Zone).Format("15:04") }

func sameDay(a, b time.Time) bool { return a.Format(time.DateOnly) == b.Format(time.DateOnly) }

// stamp is a moment for machines.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Lasting is a length for people: whole minutes, and seconds only below one.
func Lasting(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%d s", int(d.Seconds()))
	}
	return hours(int(d.Minutes()))
}

// hours is so many minutes: "5 min", "1 h", "3 h 5 min".
func hours(minutes int) string {
	switch h, min := minutes/60, minutes%60; {
	case h == 0:
		return fmt.Sprintf("%d min", min)
	case min == 0:
		return fmt.Sprintf("%d h", h)
	default:
		return fmt.Sprintf("%d h %d min", h, min)
	}
}

// Count joins a number and its noun: "1 person", "5 people".
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func swatch(id meet.ID) string { return colour(meet.Swatch(id)) }

// colour is the classes of one of the 12 swatches; the style sheet knows what they look like.
func colour(n int) string { return fmt.Sprintf("sw sw%d", n) }

func themeName(t meet.Theme) string {
	if t == meet.Webinar {
		return "Webinar"
	}
	return "Meeting"
}

func themeHint(t meet.Theme) string {
	if t == meet.Webinar {
		return "Hosts and speakers are on stage; the audience watches."
	}
	return "Everybody has camera and microphone."
}

func roleName(r meet.Role) string {
	s := string(r)
	return strings.ToUpper(s[:1]) + s[1:]
}

// ordinal is a place in an order: 1st, 2nd, 3rd, 4th.
func ordinal(n int) string {
	switch {
	case n%100 >= 11 && n%100 <= 13:
		return fmt.Sprintf("%dth", n)
	case n%10 == 1:
		return fmt.Sprintf("%dst", n)
	case n%10 == 2:
		return fmt.Sprintf("%dnd", n)
	case n%10 == 3:
		return fmt.Sprintf("%drd", n)
	}
	return fmt.Sprintf("%dth", n)
}

func first(name string) string {
	word, _, _ := strings.Cut(name, " ")
	return word
}

package calendar_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"foyer/calendar"

	"github.com/emersion/go-ical"
)

const injected = "ATTENDEE:mailto:evil@x.example"

// Each text with what a reader must find of it: in a description, on one line, and as a name.
var texts = []struct{ name, typed, prose, line, person string }{
	{"plain", "Ada", "Ada", "Ada", "Ada"},
	{"delimiters", `a, b; c: d\n e`, `a, b; c: d\n e`, `a, b; c: d\n e`, `a, b; c: d/n e`},
	{"quotes", `Jane "JD" Host`, `Jane "JD" Host`, `Jane "JD" Host`, `Jane 'JD' Host`},
	{"a quote and a semicolon", `x";RSVP=FALSE:mailto:e@x.example`, `x";RSVP=FALSE:mailto:e@x.example`, `x";RSVP=FALSE:mailto:e@x.example`, `x';RSVP=FALSE:mailto:e@x.example`},
	{"a backslash at the end", `Ada, \`, `Ada, \`, `Ada, \`, `Ada, /`},
	{"circumflexes", `a^nb^'c^^d`, `a^nb^'c^^d`, `a^nb^'c^^d`, `aˆnbˆ'cˆˆd`},
	{"CRLF", "Eve\r\n" + injected, "Eve\n" + injected, "Eve " + injected, "Eve " + injected},
	{"LF", "Eve\n" + injected, "Eve\n" + injected, "Eve " + injected, "Eve " + injected},
	{"CR", "Eve\r" + injected, "Eve\n" + injected, "Eve " + injected, "Eve " + injected},
	{"folded", "Eve\r\n " + injected, "Eve\n " + injected, "Eve  " + injected, "Eve  " + injected},
	{"vertical tab and form feed", "a\vb\fc", "a\nb\nc", "a b c", "a b c"},
	{"NEL and separators", "a\u0085b\u2028c\u2029d", "a\nb\nc\nd", "a b c d", "a b c d"},
	{"controls", "a\x00b\x07c\x1bd\x7fe\u009bf\tg", "abcdef g", "abcdef g", "abcdef g"},
	{"emoji", "👩‍👩‍👧‍👦 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f ❤️", "👩‍👩‍👧‍👦 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f ❤️", "👩‍👩‍👧‍👦 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f ❤️", "👩‍👩‍👧‍👦 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f ❤️"},
	{"Hebrew with marks", "שלום \u200fABC\u200e 12", "שלום \u200fABC\u200e 12", "שלום \u200fABC\u200e 12", "שלום ABC 12"},
	{"overrides", "\u202egnp.\u202c exe\u2066x\u2069\u202ay", "gnp. exexy", "gnp. exexy", "gnp. exexy"},
	{"no UTF-8", "a\xff\xfe\xfdb\xc3", "a\ufffdb\ufffd", "a\ufffdb\ufffd", "a\ufffdb\ufffd"},
	{"no characters", "\ufeffa\uffff\ufdd0b", "ab", "ab", "ab"},
	{"300 letters", strings.Repeat("x", 300), strings.Repeat("x", 300), strings.Repeat("x", 300), strings.Repeat("x", 300)},
	{"300 of two octets", strings.Repeat("é", 300), strings.Repeat("é", 300), strings.Repeat("é", 300), strings.Repeat("é", 300)},
	{"300 of three", strings.Repeat("好", 300), strings.Repeat("好", 300), strings.Repeat("好", 300), strings.Repeat("好", 300)},
	{"300 of four", strings.Repeat("🎈", 300), strings.Repeat("🎈", 300), strings.Repeat("🎈", 300), strings.Repeat("🎈", 300)},
	{"escapes at a fold", strings.Repeat("ab,;\\", 60), strings.Repeat("ab,;\\", 60), strings.Repeat("ab,;\\", 60), strings.Repeat("ab,;/", 60)},
	{"spaces at a fold", strings.Repeat("a   ", 99) + "z", strings.Repeat("a   ", 99) + "z", strings.Repeat("a   ", 99) + "z", strings.Repeat("a   ", 99) + "z"},
	{"blank ends", " \r\n a b \r\n ", "a b", "a b", "a b"},
}

func TestTextsSurvive(t *testing.T) {
	for _, c := range texts {
		t.Run(c.name, func(t *testing.T) {
			found(t, c.typed, c.prose, c.line, c.person)
		})
	}
}

// Every length once, so that a fold falls on every place of a character and of an escape.
func TestEveryFold(t *testing.T) {
	for _, unit := range []string{"x", "é", "好", "🎈", ",", " y"} {
		for n := 1; n <= 160; n++ {
			s := strings.Repeat("z", n%5+1) + strings.Repeat(unit, n)
			found(t, s, s, s, s)
		}
	}
}

// found writes typed into every place for texts, by every function, and looks for what a reader must see.
func found(t testing.TB, typed, prose, line, person string) {
	t.Helper()
	e := invite()
	e.Title, e.Description, e.HostTime, e.Notice = typed, typed, typed, typed
	e.Organizer.Name, e.Attendee.Name = typed, typed
	told := "Join: " + e.Link + "\n\nThis link is yours alone; do not forward it.\n" + line + "\n\n" + prose
	for method, raw := range map[string][]byte{
		"invite":   made(calendar.Invite(e))(t),
		"cancel":   made(calendar.Cancel(e))(t),
		"download": made(calendar.Download(e))(t),
	} {
		events := parse(t, raw)
		if len(events) != 1 {
			t.Fatalf("%d events in\n%s", len(events), raw)
		}
		if method == "cancel" {
			sees(t, events[0], line, line+"\n\n"+prose, person)
			continue
		}
		sees(t, events[0], line, told, person)
		if alarm := events[0].Children[0]; value(t, alarm, "DESCRIPTION") != line {
			t.Errorf("alarm %+v", alarm)
		}
	}
	f := shown()[:1]
	f[0].Title, f[0].Description = typed, typed
	raw := made(calendar.Feed(typed, calendar.Person{Name: typed, Address: host.Address}, f))(t)
	sees(t, parse(t, raw)[0], line, f[0].Link+"\n\n"+prose, person)
}

func sees(t testing.TB, e ical.Event, title, description, person string) {
	t.Helper()
	if got := value(t, e.Component, "SUMMARY"); got != title {
		t.Errorf("title %q, want %q", got, title)
	}
	if got := value(t, e.Component, "DESCRIPTION"); got != description {
		t.Errorf("description %q, want %q", got, description)
	}
	for _, name := range []string{"ORGANIZER", "ATTENDEE"} {
		p := e.Props.Get(name)
		if p == nil {
			continue
		}
		if person == "" {
			person = strings.TrimPrefix(p.Value, "mailto:")
		}
		if got := p.Params["CN"]; !slices.Equal(got, []string{person}) {
			t.Errorf("%s is called %q, want %q", name, got, person)
		}
	}
}

// FuzzTexts: no text gets out of its place, and what is no text is all that it loses.
func FuzzTexts(f *testing.F) {
	for _, c := range texts {
		f.Add(c.typed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		prose := reference(typed)
		line := strings.ReplaceAll(prose, "\n", " ")
		e := invite()
		e.Title = typed
		if _, err := calendar.Invite(e); err != nil && line == "" {
			return // nothing to call it by
		}
		found(t, typed, prose, line, personal(line))
	})
}

// reference is what prose must do, character by character.
func reference(typed string) string {
	var out []rune
	bad := false
	for i := 0; i < len(typed); {
		r, n := utf8.DecodeRuneInString(typed[i:])
		i += n
		if r == utf8.RuneError && n == 1 {
			if !bad { // a run of bad bytes is one mark
				out = append(out, r)
			}
			bad = true
			continue
		}
		bad = false
		switch {
		case r == '\r' && strings.HasPrefix(typed[i:], "\n"):
		case strings.ContainsRune("\r\n\v\f\u0085\u2028\u2029", r):
			out = append(out, '\n')
		case r == '\t':
			out = append(out, ' ')
		case unfit(r), r == '\ufeff', r&0xfffe == 0xfffe, unicode.Is(unicode.Noncharacter_Code_Point, r):
		default:
			out = append(out, r)
		}
	}
	return strings.TrimFunc(string(out), unicode.IsSpace)
}

func personal(line string) string {
	for _, mark := range []string{"\u200e", "\u200f", "\u061c"} {
		line = strings.ReplaceAll(line, mark, "")
	}
	return strings.TrimSpace(strings.NewReplacer(`"`, "'", `\`, "/", "^", "ˆ").Replace(line))
}

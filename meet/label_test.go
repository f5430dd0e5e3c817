package meet

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// drawsNothing names the first character of s that is not seen but changes what is, other than those in but: controls,
// direction marks, zero-width characters, variation selectors, fillers (Unicode's Default_Ignorable_Code_Point).
func drawsNothing(s, but string) string {
	for _, r := range s {
		if strings.ContainsRune(but, r) {
			continue
		}
		if r == '\u2800' || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) {
			return fmt.Sprintf("%U", r)
		}
	}
	return ""
}

func TestLabels(t *testing.T) {
	long := strings.Repeat("ü", 80)
	for _, c := range []struct{ typed, want Label }{
		{Label{Name: " Ada  L ", Headline: "  Engine\n room ", Colour: 12, Image: "x"}, Label{Name: "Ada L", Headline: "Engine room", Colour: 12, Image: "x"}},
		{Label{Name: long, Headline: long}, Label{Name: long, Headline: long}},
		{Label{Name: "李 雷", Headline: "\u202e\u200b"}, Label{Name: "李 雷"}},
		{Label{Name: "O'Neil & <b>", Headline: "{{.}} javascript:alert(1)"}, Label{Name: "O'Neil & <b>", Headline: "{{.}} javascript:alert(1)"}}, // templates escape
	} {
		if got, err := LabelOf(c.typed); err != nil || got != c.want {
			t.Errorf("%+v: %+v, %v", c.typed, got, err)
		}
	}
	for field, typed := range map[string]Label{
		"name":     {Name: " \u200b "},
		"headline": {Name: "Ada", Headline: long + "x"},
		"colour":   {Name: "Ada", Colour: 13},
	} {
		refusedAt(t, field, typed)
	}
	refusedAt(t, "name", Label{Name: "see http://x"})
	refusedAt(t, "name", Label{Name: long + "x"})
	refusedAt(t, "headline", Label{Name: "Ada", Headline: "x :\u200b// y://z"})
	refusedAt(t, "colour", Label{Name: "Ada", Colour: -1})
	for n := range Swatches + 1 {
		if got, err := LabelOf(Label{Name: "Ada", Colour: n}); err != nil || got.Colour != n {
			t.Errorf("colour %d: %+v, %v", n, got, err)
		}
	}
}

func refusedAt(t *testing.T, field string, typed Label) {
	t.Helper()
	_, err := LabelOf(typed)
	if e, ok := err.(*Error); !ok || e.Code != Invalid || e.Field != field {
		t.Errorf("%+v: %v, want a refusal at %s", typed, err, field)
	}
}

// hostile are pieces that names are made of by people who want to pass for somebody else, or for nobody.
var hostile = []string{"a", "Ada", " ", "\n", "\t", "ä", "é", "李", "ش", "👩", "🏽", "^", "☕", "\u200d", "\u200c", "\ufe0f", "\ufe00", "\U000e0100", "\u202e", "\u2066", "\u2069", "\u200f",
	"\u200b", "\ufeff", "\u2060", "\u00ad", "\u034f", "\u115f", "\u1160", "\u17b4", "\u180b", "\u180e", "\u2800", "\u3164", "\uffa0", "\u0000", "\u001b", "\u0085", "\u2028", "\u2029",
	"\U000e0041", "\U000e0001", "\xff", "<script>", "\"'>", "{{", "%s", "'; --"}

// Nothing of three hundred random strings that could hide or turn survives: not in a name, not in a headline. Joiners may
// stay behind a picture only, never behind a letter.
func TestNothingHiddenSurvivesInALabel(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var b strings.Builder
		for range 1 + rnd.IntN(12) {
			b.WriteString(hostile[rnd.IntN(len(hostile))])
		}
		l, err := LabelOf(Label{Name: "x" + b.String(), Headline: b.String()})
		if err != nil {
			t.Errorf("%q: %v", b.String(), err)
		}
		for _, got := range []string{l.Name, l.Headline} {
			if bad := drawsNothing(got, "\u200d\ufe0f"); bad != "" || !utf8.ValidString(got) || strings.TrimSpace(got) != got || strings.Contains(got, "  ") {
				t.Errorf("%q → %q keeps %s", b.String(), got, bad)
			}
			joinersAreBehindPictures(t, got)
		}
		if again, err := LabelOf(l); err != nil || again != l {
			t.Errorf("cleaned twice, %+v is %+v, %v", l, again, err)
		}
	}
}

func joinersAreBehindPictures(t *testing.T, s string) {
	t.Helper()
	last := 'x'
	for _, r := range s {
		if (r == '\u200d' || r == '\ufe0f') && (unicode.IsLetter(last) || unicode.IsSpace(last)) {
			t.Errorf("%q has a joiner behind %q", s, last)
		}
		last = r
	}
}

func TestLobbyTexts(t *testing.T) {
	title, message, err := LobbyTexts("  Open   day ", " \n Come in.\r\nBring tea.\n\n")
	if title != "Open day" || message != " \n Come in.\nBring tea." && message != " Come in.\nBring tea." || err != nil {
		t.Errorf("%q, %q, %v", title, message, err)
	}
	if title, message, err = LobbyTexts(" ", " \n "); title != "" || message != "" || err != nil {
		t.Errorf("%q, %q, %v", title, message, err)
	}
	if _, _, err = LobbyTexts(strings.Repeat("ö", 80), strings.Repeat("ö", 500)); err != nil {
		t.Error(err)
	}
	for field, typed := range map[string][2]string{"title": {strings.Repeat("x", 81), ""}, "message": {"", strings.Repeat("x", 501)}} {
		_, _, err := LobbyTexts(typed[0], typed[1])
		if e, ok := err.(*Error); !ok || e.Code != Invalid || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// Who was denied asks again half a minute later, and after three times not any more, however long ago that was.
func TestAskingAgain(t *testing.T) {
	for _, c := range []struct {
		denials int
		ago     time.Duration
		want    Code
	}{
		{0, 0, ""}, {1, 0, TooMany}, {1, 29999 * time.Millisecond, TooMany}, {1, 30 * time.Second, ""},
		{2, 29 * time.Second, TooMany}, {2, time.Minute, ""}, {3, time.Minute, TooMany}, {3, 1000 * time.Hour, TooMany}, {4, time.Hour, TooMany},
	} {
		err := Pass{Denials: c.denials, Denied: noon.Add(-c.ago)}.MayAsk(noon)
		if c.want == "" && err != nil || c.want != "" && CodeOf(err) != c.want {
			t.Errorf("%d denials, %v ago: %v", c.denials, c.ago, err)
		}
	}
}

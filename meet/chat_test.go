package meet

import (
	"strings"
	"testing"
	"unicode"
)

func TestLinesAreCleaned(t *testing.T) {
	for _, c := range []struct{ typed, want string }{
		{"hello", "hello"},
		{"  indented\n\tcode  ", "  indented\n code"},
		{"one\r\ntwo\rthree\n\n", "one\ntwo\nthree"},
		{"\n\n  \nfirst\n\nlast\n \n", "first\n\nlast"},
		{"a\u0000b\u0007c\u001b[31md\u007fe\u0085f", "abc[31mdef"},
		{"\u202ereversed\u202c \u2066x\u2069 \u200fy\u200e \u061cz", "reversed x y z"},
		{"zero\u200bwidth\ufeff \u2060\u00ad", "zerowidth"},
		{"<script>alert(1)</script> &amp; <img src=x onerror=y>", "<script>alert(1)</script> &amp; <img src=x onerror=y>"}, // templates escape
		{"👩\u200d🚀 👍🏽 ❤️ 🇸🇪", "👩\u200d🚀 👍🏽 ❤️ 🇸🇪"},
		{"می\u200cخواهم", "می\u200cخواهم"}, // a zero-width non-joiner is Persian spelling
		{"क्\u200dष", "क्\u200dष"},         // and a joiner Hindi
		{"https://example.org/?q=1 is fine here", "https://example.org/?q=1 is fine here"},
		{"葛󠄀 ⠓⠀⠽", "葛󠄀 ⠓⠀⠽"}, // this very character; Braille
		{"broken \xff\xfe utf-8", "broken  utf-8"},
		{strings.Repeat("ä", 2000), strings.Repeat("ä", 2000)},
		{strings.Repeat("👍", 2000) + "  \u202e\n", strings.Repeat("👍", 2000)},
	} {
		got, err := LineText(c.typed)
		if err != nil || got != c.want {
			t.Errorf("LineText(%.40q) = %.60q, %v; want %.60q", c.typed, got, err, c.want)
		}
		if again, err := LineText(got); err != nil || again != got {
			t.Errorf("cleaned twice, %.40q is %.60q, %v", got, again, err)
		}
	}
	for _, typed := range []string{"", "   ", "\r\n\r\n", "\u202e", "\u200b\ufeff", "\x00", "\u00a0\u2003", "\u200d", "\u200c \ufe0f", "\u2800\u3164", "\U000e0100", "\xff",
		strings.Repeat("x", 2001), strings.Repeat("👍", 2001)} {
		if got, err := LineText(typed); CodeOf(err) != Invalid {
			t.Errorf("LineText(%.40q) = %.60q, %v; want a refusal", typed, got, err)
		}
	}
}

func TestReactionsAreTheSixOnly(t *testing.T) {
	if len(Reactions) != 6 {
		t.Errorf("%d reactions", len(Reactions))
	}
	for _, r := range Reactions {
		if got, err := ReactionOf(r); got != r || err != nil {
			t.Errorf("%s: %q, %v", r, got, err)
		}
	}
	for _, s := range []string{"", "x", "👍👍", " 👍", "<b>", "👎", "❤"} {
		if got, err := ReactionOf(s); CodeOf(err) != Invalid {
			t.Errorf("%q flies as %q", s, got)
		}
	}
}

func FuzzLines(f *testing.F) {
	f.Add("a\u202e\r\n\u200d\x00 b")
	f.Fuzz(func(t *testing.T, s string) {
		text, err := LineText(s)
		if err != nil {
			return
		}
		if again, err := LineText(text); err != nil || again != text {
			t.Errorf("%q → %q → %q %v", s, text, again, err)
		}
		spelling := func(r rune) rune { // joiners, line breaks and chosen pictures of a character belong to what is said
			if strings.ContainsRune("\n\u200c\u200d\u2028\u2029\u2800", r) || unicode.Is(unicode.Variation_Selector, r) {
				return -1
			}
			return r
		}
		if bad := drawsNothing(strings.Map(spelling, text), ""); bad != "" {
			t.Errorf("%q keeps %s", s, bad)
		}
	})
}

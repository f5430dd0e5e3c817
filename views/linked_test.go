package views

import (
	"strings"
	"testing"
)

// In each case what becomes a link stands between ‹ and ›.
func TestLinked(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "",
		"no address":                      "no address",
		"see https://example.org/a.":      "see ‹https://example.org/a›.",
		"(https://example.org)":           "(‹https://example.org›)",
		"https://example.org/a_(b)?x=1&y": "‹https://example.org/a_(b)?x=1&y›",
		"http://a.b, https://c.d!":        "‹http://a.b›, ‹https://c.d›!",
		"one\nhttps://example.org\ntwo":   "one\n‹https://example.org›\ntwo",
		"https://":                        "https://",
		"javascript:alert(1)":             "javascript:alert(1)",
		"data:text/html,x":                "data:text/html,x",
		"ftp://example.org":               "ftp://example.org",
		"xhttps://example.org":            "x‹https://example.org›",
		`https://e.org/"onclick="x`:       `‹https://e.org/›"onclick="x`,
		"https://e.org/<b>":               "‹https://e.org/›<b>",
		"https://e.org/ü/日本":              "‹https://e.org/ü/日本›",
	} {
		var got strings.Builder
		for _, p := range linked(text) {
			if p.link {
				got.WriteString("‹" + p.text + "›")
			} else {
				got.WriteString(p.text)
			}
		}
		if got.String() != want {
			t.Errorf("%q became %q, want %q", text, got.String(), want)
		}
	}
}

// Whatever is written, nothing of it is lost, and what can be followed is a web address.
func FuzzLinked(f *testing.F) {
	for _, s := range []string{"", "see https://example.org.", "https://https://", "javascript:https://x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var all strings.Builder
		for _, p := range linked(text) {
			all.WriteString(p.text)
			if p.link && !strings.HasPrefix(p.text, "http://") && !strings.HasPrefix(p.text, "https://") {
				t.Errorf("%q can be followed", p.text)
			}
		}
		if all.String() != text {
			t.Errorf("%q became %q", text, all.String())
		}
	})
}

//go:build calendars

package calendars

import (
	"math/rand/v2"
	"strings"
)

// typed is what somebody entered, and what of it should be read in several lines, in one line, and in the name of a person.
type typed struct{ typed, prose, line, name string }

func same(s string) typed { return typed{s, s, s, s} }

// pieces are put together at random. Each says by itself what becomes of it. None begins or ends in what the piece beside it
// would change: a lone \r has a letter behind it, and so has a broken byte.
var pieces = []typed{
	same("Größe"), same("word"), same(" "), same("  "), same(","), same(";"), same(":"), same("'"), same("="), same("%"), same("%2C"), same("%0D%0A"), same("<b>&amp;</b>"),
	same("BEGIN:VEVENT"), same("END:VCALENDAR"), same("mailto:evil@evil.example"), same("ATTENDEE:"), same("{}[]()|~`!@#$*?"), same("\u00a0."), same("\u200b"), same("\u00ad"),
	same("名前"), same("שלום"), same("مرحبا 12"), same("हिन्दी"), same("e\u0301"), same("🎈"), same("👩‍👩‍👧"), same("🏳️‍🌈"), same("«Übersicht»"), same("– — …"), same("\U0001F469\U0001F3FD"),
	{`"`, `"`, `"`, `'`}, {`\`, `\`, `\`, `/`}, {`\n`, `\n`, `\n`, `/n`}, {`\N`, `\N`, `\N`, `/N`}, {`\,`, `\,`, `\,`, `/,`}, {`\;`, `\;`, `\;`, `/;`}, {`\\`, `\\`, `\\`, `//`}, {`C:\new`, `C:\new`, `C:\new`, `C:/new`},
	{"^n", "^n", "^n", "ˆn"}, {"^'", "^'", "^'", "ˆ'"}, {"\u200e", "\u200e", "\u200e", ""}, {"\u200f", "\u200f", "\u200f", ""}, {"\u061c", "\u061c", "\u061c", ""},
	{"\r\n", "\n", " ", " "}, {"\n", "\n", " ", " "}, {"\rx", "\nx", " x", " x"}, {"\n\n", "\n\n", "  ", "  "}, {"\r\n ", "\n ", "  ", "  "}, {"\r\nMETHOD:PUBLISH\r\n", "\nMETHOD:PUBLISH\n", " METHOD:PUBLISH ", " METHOD:PUBLISH "},
	{"\v", "\n", " ", " "}, {"\f", "\n", " ", " "}, {"\u0085", "\n", " ", " "}, {"\u2028", "\n", " ", " "}, {"\u2029", "\n", " ", " "}, {"\t", " ", " ", " "},
	{"\x00", "", "", ""}, {"\x1b[31m", "[31m", "[31m", "[31m"}, {"\x7f", "", "", ""}, {"\u202e", "", "", ""}, {"\u202d", "", "", ""}, {"\u2066", "", "", ""}, {"\u2069", "", "", ""}, {"\ufeff", "", "", ""}, {"\uffff", "", "", ""},
	{"\xff.", "\ufffd.", "\ufffd.", "\ufffd."}, {"\xe2\x82.", "\ufffd.", "\ufffd.", "\ufffd."},
}

// joined puts pieces together; nothing is left at either end.
func joined(parts ...typed) (all typed) {
	for _, p := range parts {
		all.typed, all.prose, all.line, all.name = all.typed+p.typed, all.prose+p.prose, all.line+p.line, all.name+p.name
	}
	all.prose, all.line, all.name = strings.TrimSpace(all.prose), strings.TrimSpace(all.line), strings.TrimSpace(all.name)
	return all
}

// some is a text of at most n pieces with a word in it, so that there is something to see.
func some(r *rand.Rand, n int) typed {
	var parts []typed
	for range r.IntN(n) {
		parts = append(parts, pieces[r.IntN(len(pieces))])
	}
	at := r.IntN(len(parts) + 1)
	return joined(append(parts[:at:at], append([]typed{same("Hour")}, parts[at:]...)...)...)
}

// long is a text of exactly so many characters, whichever these are.
func long(r *rand.Rand, characters int) typed {
	alphabet := []rune("aé名🎈,;ש ")
	text := []rune("A")
	for len(text) < characters-1 {
		text = append(text, alphabet[r.IntN(len(alphabet))])
	}
	return same(string(text) + "Z")
}

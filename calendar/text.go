package calendar

import (
	"strings"
	"unicode"
)

// lineBreaks are all that some reader takes for the end of a line; a file in which one is left may read as another file.
var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\v", "\n", "\f", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

// prose makes text of several lines fit for a calendar: valid UTF-8, lines that end in \n, tabs as spaces, nothing at
// either end, and no character that is not text (see drawn). What is left is written as typed.
func prose(typed string) string {
	s := lineBreaks.Replace(strings.ToValidUTF8(typed, "\uFFFD"))
	return strings.TrimSpace(strings.Map(drawn, s))
}

// line is prose on one line.
func line(typed string) string { return strings.ReplaceAll(prose(typed), "\n", " ") }

// drawn drops controls, the byte order mark, what Unicode calls no character, and the bidi controls that reach over what
// follows: they would turn the words around a title. The marks that act at their own place only (LRM, RLM, ALM) stay,
// since Hebrew and Arabic texts need them beside digits and Latin words.
func drawn(r rune) rune {
	switch {
	case r == '\n':
		return r
	case r == '\t':
		return ' '
	case unicode.IsControl(r), r == '\ufeff', r&0xfffe == 0xfffe, '\ufdd0' <= r && r <= '\ufdef',
		'\u202a' <= r && r <= '\u202e', '\u2066' <= r && r <= '\u2069':
		return -1
	}
	return r
}

// param makes a name fit for a parameter, where nothing can be escaped (RFC 5545 3.2): a quote would end it, go-ical
// lets a line break through, a reader that knows RFC 6868 makes line breaks and quotes out of circumflexes, and careless
// readers do so with backslashes. A name has no use for any direction mark (decision 28).
func param(typed string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '"':
			return '\''
		case r == '\\':
			return '/'
		case r == '^':
			return 'ˆ'
		case unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, line(typed)))
}

package meet

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Line is one thing said in a call's chat.
type Line struct {
	N       int // 1, 2, 3 … within the call, without gaps
	Rev     int // grows with every line and every deletion of the call
	Pass    ID
	Name    string
	Colour  int
	Image   string
	Text    string // "" when Deleted
	At      time.Time
	Deleted bool
}

// How much of a chat there is.
const (
	LongestLine = 2000 // characters
	LinesShown  = 50   // a page that comes in sees this many
)

// LineText cleans and checks what somebody says: line breaks stay, control and direction-changing characters go.
func LineText(typed string) (string, error) {
	lines := strings.Split(strings.ReplaceAll(strings.ReplaceAll(typed, "\r\n", "\n"), "\r", "\n"), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRightFunc(strings.Map(visible, strings.ToValidUTF8(l, "")), unicode.IsSpace)
	}
	text := strings.Trim(strings.Join(lines, "\n"), "\n")
	switch n := utf8.RuneCountInString(text); {
	case !strings.ContainsFunc(text, seen):
		return "", Wrong("text", "Write something first.")
	case n > LongestLine:
		return "", Wrong("text", "A message has at most 2,000 characters; this one is longer.")
	}
	return text, nil
}

// seen tells a character that leaves something on the screen.
func seen(r rune) bool {
	return !unicode.IsSpace(r) && r != blankBraille && r != '\u200c' && !joins(r) && !unicode.Is(unicode.Variation_Selector, r)
}

// visible drops what draws nothing or turns the direction of what follows; joiners stay, because emoji and several
// scripts are written with them.
func visible(r rune) rune {
	switch {
	case r == '\t':
		return ' '
	case r == '\u200c', joins(r):
		return r
	case unicode.IsControl(r), hidden(r):
		return -1
	}
	return r
}

package meet

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Longest texts, in characters (Unicode code points).
const (
	LongestRoomName = 80
	LongestName     = 80
	LongestEmail    = 254 // RFC 5321 4.5.3.1.3
	ShortestSecret  = 12
	LongestSecret   = 200
)

// RoomName cleans and checks the name of a room: any script and emoji, no control characters, 1 to 80 characters.
func RoomName(typed string) (string, error) {
	name := squeeze(typed)
	switch n := utf8.RuneCountInString(name); {
	case n == 0:
		return "", Wrong("name", "Give the room a name.")
	case n > LongestRoomName:
		return "", Wrong("name", "A room's name has at most 80 characters; this one is longer. Shorten it a little.")
	}
	return name, nil
}

// PersonName cleans and checks a display name. It is attacker's text in mails and calendars, so it holds no address, no
// control and no direction-changing characters (decision 28).
func PersonName(typed string) (string, error) {
	name := squeeze(typed)
	switch n := utf8.RuneCountInString(name); {
	case n == 0:
		return "", Wrong("name", "Enter the name that others should see.")
	case n > LongestName:
		return "", Wrong("name", "A name has at most 80 characters; this one is longer.")
	case strings.Contains(name, "://"):
		return "", Wrong("name", "A name cannot hold a web address. Leave out the part with “://”.")
	}
	return name, nil
}

// Secret checks a new password: at least 12 characters, any characters.
func Secret(typed string) error {
	switch n := utf8.RuneCountInString(typed); {
	case n < ShortestSecret:
		return Wrong("password", "A password needs at least 12 characters. Three or four words are easy to keep in mind.")
	case n > LongestSecret:
		return Wrong("password", "A password has at most 200 characters.")
	}
	return nil
}

// squeeze drops control, bidi, zero-width and variation characters, makes every run of white space one space and trims
// the ends. Joiners stay after emoji, which are made with them; between letters they would make two names that look the
// same.
func squeeze(s string) string {
	var b strings.Builder
	space, emoji := false, false
	for _, r := range strings.ToValidUTF8(s, "") {
		switch {
		case unicode.IsSpace(r), r == blankBraille:
			space, emoji = b.Len() > 0, false
		case joins(r) && !emoji, !joins(r) && (!unicode.IsGraphic(r) || hidden(r) || unicode.Is(unicode.Variation_Selector, r)):
			continue
		default:
			if space {
				b.WriteByte(' ')
				space = false
			}
			b.WriteRune(r)
			emoji = joins(r) || unicode.Is(unicode.So, r) || unicode.Is(unicode.Sk, r)
		}
	}
	return b.String()
}

// hidden characters draw nothing or turn the direction of what follows (Unicode's Default_Ignorable_Code_Point, without
// what chooses between pictures of one character).
func hidden(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point)
}

const blankBraille = '\u2800' // a picture of nothing

// joins tells the two characters that make one picture of several.
func joins(r rune) bool { return r == '\u200d' || r == '\ufe0f' }

// Initials are the one or two letters on an avatar, "?" for a name without letters.
func Initials(name string) string {
	var first, last rune
	for _, word := range strings.Fields(name) {
		for _, r := range word {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				if first == 0 {
					first = r
				} else {
					last = r
				}
				break
			}
		}
	}
	switch {
	case first == 0:
		return "?"
	case last == 0:
		return string(unicode.ToUpper(first))
	}
	return string(unicode.ToUpper(first)) + string(unicode.ToUpper(last))
}

// SwatchOf is the chosen colour, or the one that belongs to the id.
func SwatchOf(colour int, id ID) int {
	if colour >= 1 && colour <= Swatches {
		return colour
	}
	return Swatch(id)
}

// Swatch is the label colour, 1 to 12, of somebody who chose none: always the same for the same id.
func Swatch(id ID) int {
	h := uint32(2166136261) // FNV-1a
	for i := 0; i < len(id); i++ {
		h = (h ^ uint32(id[i])) * 16777619
	}
	return int(h%12) + 1
}

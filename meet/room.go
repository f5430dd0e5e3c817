package meet

import (
	"strings"
	"time"
	"unicode"
)

// Theme decides what people can do in a room.
type Theme string

// The themes that can be chosen today. Workshop comes with the stage.
const (
	Meeting Theme = "meeting" // everybody on camera
	Webinar Theme = "webinar" // the audience has no microphone or camera; the stage is by invitation
)

// Themes lists what Create new offers, in this order.
var Themes = []Theme{Meeting, Webinar}

// ThemeOf checks a theme that came from a form.
func ThemeOf(s string) (Theme, error) {
	for _, t := range Themes {
		if s == string(t) {
			return t, nil
		}
	}
	return "", Wrong("theme", "Choose one of the themes.")
}

// Everyone tells whether entering puts everybody on stage.
func (t Theme) Everyone() bool { return t == Meeting }

// Room is a lasting place with an address, owned by one account.
type Room struct {
	ID       ID
	Owner    ID
	Name     string
	Slug     string // the path of its participant link, byte-identical for ever unless renewed
	Theme    Theme
	Locked   bool
	HostLink int // generation of the host link
	Created  time.Time
	LastUsed time.Time // zero when never used
}

// Door is what the permission table needs to know of a room.
func (r Room) Door() Door { return Door{Locked: r.Locked} }

// SlugName is the readable half of a room's address, made of the name given at creation: lower-case ASCII letters and
// digits joined by hyphens, at most 40 bytes, "room" when nothing remains. 16 random base32 characters (80 bits)
// follow it in the slug, so the name can be known and the address still not guessed.
func SlugName(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		if plain, ok := unaccented[r]; ok {
			b.WriteString(plain)
		} else if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			b.WriteRune(r)
		} else if b.Len() > 0 && !strings.HasSuffix(b.String(), "-") {
			b.WriteByte('-')
		}
		if b.Len() >= 40 {
			break
		}
	}
	if s := strings.Trim(b.String(), "-"); s != "" {
		return s
	}
	return "room"
}

// unaccented holds the letters that European names are full of; others are left out of an address.
var unaccented = map[rune]string{
	'à': "a", 'á': "a", 'â': "a", 'ã': "a", 'ä': "a", 'å': "a", 'æ': "ae", 'ç': "c", 'č': "c", 'ć': "c", 'è': "e",
	'é': "e", 'ê': "e", 'ë': "e", 'ě': "e", 'ì': "i", 'í': "i", 'î': "i", 'ï': "i", 'ł': "l", 'ñ': "n", 'ń': "n",
	'ò': "o", 'ó': "o", 'ô': "o", 'õ': "o", 'ö': "o", 'ø': "o", 'ß': "ss", 'š': "s", 'ś': "s", 'ù': "u", 'ú': "u",
	'û': "u", 'ü': "u", 'ů': "u", 'ý': "y", 'ÿ': "y", 'ž': "z", 'ź': "z", 'ż': "z", 'ř': "r", 'ď': "d", 'ť': "t",
}

package meet

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
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
	Look
	Lobby LobbyLook

	// Of an event's room; all false for another one.
	Event  bool
	Seats  bool // one registers before one may come
	Early  bool // not started
	Closed bool // over, or called off
}

// Look is how a room looks and what one can do inside.
type Look struct {
	Colour int    // 1 to Swatches, 0 = by id
	Image  string // hash of the background, "" = the theme's own
	Tile   string // hash of the same for the dashboard
	Features
}

// Features are what a host can switch off inside a room.
type Features struct{ Chat, Reactions, Hands bool }

// LobbyLook is how a room's lobby differs from the room.
type LobbyLook struct{ Image, Title, Message string }

// Heading is what the lobby says above everything else.
func (r Room) Heading() string {
	if r.Lobby.Title != "" {
		return r.Lobby.Title
	}
	return r.Name
}

// LobbyImage is the hash of the picture over the lobby, "" = the theme's own.
func (r Room) LobbyImage() string {
	if r.Lobby.Image != "" {
		return r.Lobby.Image
	}
	return r.Image
}

// Swatch is the room's colour, 1 to Swatches.
func (r Room) Swatch() int { return SwatchOf(r.Colour, r.ID) }

// Door is what the permission table needs to know of a room.
func (r Room) Door() Door {
	return Door{Locked: r.Locked, Seats: r.Seats, Early: r.Early, Closed: r.Closed, Features: r.Features}
}

// Longest texts over a lobby, in characters.
const (
	LongestTitle   = 80
	LongestMessage = 500
)

// LobbyTexts cleans and checks what a host writes over a lobby; both may be empty.
func LobbyTexts(title, message string) (string, string, error) {
	if title = squeeze(title); utf8.RuneCountInString(title) > LongestTitle {
		return title, message, Wrong("title", "A title has at most 80 characters; this one is longer.")
	}
	if strings.TrimSpace(message) == "" {
		return title, "", nil
	}
	text, err := LineText(message)
	if err != nil || utf8.RuneCountInString(text) > LongestMessage {
		return title, message, Wrong("message", "A message has at most 500 characters; this one is longer.")
	}
	return title, text, nil
}

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

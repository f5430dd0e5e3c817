package meet

import (
	"strings"
	"unicode/utf8"
)

// Longest texts of a label, in characters.
const LongestHeadline = 80

// Swatches is how many colours there are for labels and rooms, 1 to Swatches.
const Swatches = 12

// Label is how a person shows themselves in a room.
type Label struct {
	Name     string
	Headline string // anything, "" = none
	Colour   int    // 1 to Swatches, 0 = by id
	Image    string // hash of a picture, "" = initials
}

// LabelOf cleans and checks what a lobby's form said. Image is not part of the form and is left alone.
func LabelOf(typed Label) (Label, error) {
	l := typed
	var err error
	if l.Name, err = PersonName(typed.Name); err != nil {
		return l, err
	}
	if l.Headline = squeeze(typed.Headline); utf8.RuneCountInString(l.Headline) > LongestHeadline {
		return l, Wrong("headline", "A headline has at most 80 characters; this one is longer.")
	}
	if strings.Contains(l.Headline, "://") {
		return l, Wrong("headline", "A headline cannot hold a web address. Leave out the part with “://”.")
	}
	return l, CheckColour(l.Colour)
}

// CheckColour refuses a colour that is none of the swatches.
func CheckColour(n int) error {
	if n < 0 || n > Swatches {
		return Wrong("colour", "Choose one of the colours.")
	}
	return nil
}

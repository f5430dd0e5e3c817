package views

import "regexp"

// part of a text: plain words, or an address that can be followed.
type part struct {
	text string
	link bool
}

// address finds web addresses in what people write. Only http and https are followed; nothing is ever loaded from there
// by itself.
var address = regexp.MustCompile(`https?://[^\s<>"']*[^\s<>"'.,;:!?)\]}]`)

func linked(text string) (parts []part) {
	at := 0
	for _, m := range address.FindAllStringIndex(text, -1) {
		if m[0] > at {
			parts = append(parts, part{text: text[at:m[0]]})
		}
		parts = append(parts, part{text: text[m[0]:m[1]], link: true})
		at = m[1]
	}
	if at < len(text) {
		parts = append(parts, part{text: text[at:]})
	}
	return parts
}

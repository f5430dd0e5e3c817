package mail

import (
	"errors"
	netmail "net/mail"
	"strings"
	"unicode"

	"foyer/meet"
)

// longestSubject is in characters; inboxes show 40 to 70.
const longestSubject = 200

// ParseFrom reads the service address as an operator writes it: events@example.org, or Foyer <events@example.org>.
func ParseFrom(typed string) (Address, error) {
	parsed, err := netmail.ParseAddress(typed)
	if err != nil {
		return Address{}, errors.New("the sender of mails is not an address; it looks like Foyer <events@example.org>")
	}
	return person(*parsed)
}

// person gives an address whose name may stand in a header. The name is cleaned rather than refused, because a letter
// that cannot be sent is worse than one that greets nobody; the address must be one that meet.Email takes.
func person(a Address) (Address, error) {
	address, _, err := meet.Email(a.Address)
	if err != nil || address != a.Address {
		return Address{}, errors.New("an address in this letter is none")
	}
	return Address{Name: personName(a.Name), Address: address}, nil
}

// personName is a stranger's text as others may read it in their inbox (decision 28): no web address, no control or
// direction-changing characters, at most 80 characters. "" if nothing is left.
func personName(typed string) string {
	// net/mail writes a backslash beside other than ASCII letters into an encoded word as it is, where RFC 2047 5 (3)
	// allows none, and readers refuse the address.
	typed = strings.ReplaceAll(typed, `\`, "/")
	for strings.Contains(typed, "://") {
		typed = strings.ReplaceAll(typed, "://", " ")
	}
	name, err := meet.PersonName(cut(oneLine(typed), meet.LongestName))
	if err != nil {
		return ""
	}
	return unencoded(name)
}

// oneLine makes text that stays in its line: white space becomes one space; control, bidi and other characters that
// draw nothing go. The joiner stays, emoji are made with it.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r != '\u200d' && !unicode.IsGraphic(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return unencoded(strings.Join(strings.Fields(s), " "))
}

// unencoded breaks what a mail program would take for an encoded word (RFC 2047) and decode into all that was cleaned.
func unencoded(s string) string { return strings.ReplaceAll(s, "=?", "= ?") }

// cut keeps at most n characters; what is longer ends in an ellipsis.
func cut(s string, n int) string {
	if runes := []rune(s); len(runes) > n {
		return strings.TrimSpace(string(runes[:n-1])) + "…"
	}
	return s
}

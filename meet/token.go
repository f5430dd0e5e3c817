package meet

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strconv"
)

// TokenKind says what a link in the world opens.
type TokenKind string

// The kinds.
const (
	HostLink    TokenKind = "host"    // a room, with the powers of a host; its id is the room's
	SeatLink    TokenKind = "seat"    // an event, as the one who registered; the registration's
	InviteLink  TokenKind = "invite"  // a room or event, with the role of an invitation; the invitation's
	EntryLink   TokenKind = "entry"   // an event that goes on, for the browser that registered just now; see EntryID
	QuietLink   TokenKind = "quiet"   // stops the reminders of a registration
	FeedLink    TokenKind = "feed"    // an account's calendar
	ResetLink   TokenKind = "reset"   // sets a password; the ticket's
	AccountLink TokenKind = "account" // begins an account; the ticket's
)

// EntryID names one browser at one room, for an EntryLink.
func EntryID(room, browser ID) ID { return room + "|" + browser }

// Base32 is the alphabet of everything random that a person may have to read aloud: lower case, no padding.
var Base32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Mint makes the token of a link: 130 bits of HMAC-SHA256(secret, kind | id | generation) in base32, 26 characters.
// A link must be shown and mailed again, so it is not random and forgotten; whoever has the database but not the
// secret cannot make it (decision 2). Renewing a link is generation + 1.
func Mint(secret []byte, kind TokenKind, id ID, generation int) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(string(kind) + "|" + string(id) + "|" + strconv.Itoa(generation)))
	return Base32.EncodeToString(mac.Sum(nil)[:17])[:26]
}

// HashToken is what a row keeps of a token.
func HashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

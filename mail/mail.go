// Package mail carries a letter out of the house. A Letter is what the templates have rendered; MIME lays it out as the
// inboxes of the world expect it, with the invitation in the two places where they look for one (compose.go), cleans
// what strangers typed (clean.go) and signs it (dkim.go). A Sender takes it away: SMTP over a few kept connections
// (smtp.go, connection.go), or Drop, which writes .eml files for development and for houses without a mail server.
//
// Whatever happens is a Result of four outcomes (result.go): the outbox keeps no knowledge of codes. Ordering, retries
// and what is owed to whom belong to the outbox; this package holds nothing that must survive.
package mail

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	netmail "net/mail"
	"strings"
	"time"

	"foyer/meet"
)

// Address is a name that people see and the address behind it.
type Address = netmail.Address

// Letter is one mail to one person, rendered. Copies do not exist: each letter carries a link of its reader's own.
type Letter struct {
	From        Address // the service address; also the envelope sender and the ORGANIZER of the invitation
	ReplyTo     Address // the host; may be empty
	To          Address
	Subject     string // one line; longer than 200 characters is cut
	Text        string // plain text, always there
	HTML        string // the same in HTML; may be empty
	Calendar    *Calendar
	MessageID   string    // without <>: MessageID makes it, the same for every try
	References  []string  // without <>, oldest first; the last one is answered (In-Reply-To)
	Unsubscribe string    // link that stops letters of this kind at one POST (RFC 8058); reminders only
	Date        time.Time // when the letter was first due, so that a retry says the same
}

// Calendar is the invitation inside a letter: iTIP over mail (RFC 6047).
type Calendar struct {
	Method string // REQUEST or CANCEL, as the METHOD line in Bytes says; never PUBLISH, which updates nothing
	Bytes  []byte // the whole VCALENDAR: CRLF, folded
}

// Sender takes letters away. It may be called by several at once and never panics on what a letter holds. The context
// ends the waiting for a turn and the dialling; a letter begun is finished, within the sender's own time limit.
type Sender interface {
	Turn(ctx context.Context) (Turn, Result) // the right to send one letter at once (turn.go)
	Cut()                                    // ends it, and what is under way with it
}

// MessageID names a letter for ever: base32 of HMAC-SHA256(key, dedup key) at the domain of from. A second try, also by
// another node, has the same, so that receivers may drop it; nobody can guess it or read a secret from it.
func MessageID(key []byte, dedup string, from Address) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(dedup))
	return meet.Base32.EncodeToString(mac.Sum(nil)[:20]) + "@" + domain(from)
}

// domain is what stands behind the @, in lower case.
func domain(a Address) string {
	return strings.ToLower(a.Address[strings.LastIndexByte(a.Address, '@')+1:])
}

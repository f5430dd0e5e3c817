package meet

import "time"

// Ticket is a link by mail that sets a password: of an account that exists, or of one that begins with it. It works once.
type Ticket struct {
	ID      ID
	Kind    TokenKind
	Account ID // of a reset
	Email   string
	Name    string
	Admin   bool
	Expires time.Time
	Used    bool      // or taken back
	Mail    MailState // what became of its letter; only in lists
	Reason  string
	Bad     bool // see Registrant
}

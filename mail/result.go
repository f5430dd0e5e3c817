package mail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"regexp"
	"strings"
	"syscall"
)

// Outcome is what the outbox does next.
type Outcome int

// The outcomes. A letter with no outcome was not delivered, so the zero value is the harmless one.
const (
	Temporary Outcome = iota // try this letter again later
	Delivered                // the server has taken it: never send it again
	Permanent                // this letter will never be taken; at Recipient: the address is no good
	Pause                    // nothing is wrong with this letter: stop sending for a while and tell the operator Text
)

func (o Outcome) String() string {
	return [...]string{"temporary", "delivered", "permanent", "pause"}[o]
}

// Stage is how far a letter came.
type Stage int

// The stages. What fails before Recipient would have failed for any letter, so no try need be counted for it.
const (
	Compose   Stage = iota // its MIME form
	Wait                   // for a turn
	Connect                // dialling, TLS, signing in
	Envelope               // MAIL FROM
	Recipient              // RCPT TO
	Content                // DATA and its answer
)

func (s Stage) String() string {
	return [...]string{"compose", "wait", "connect", "envelope", "recipient", "content"}[s]
}

// Result is what became of one letter.
type Result struct {
	Outcome  Outcome
	Stage    Stage
	Code     int    // of the server (RFC 5321 4.2.3); 0 if it said nothing
	Enhanced string // as 5.1.1 (RFC 3463); "" if it gave none
	Text     string // for operators and hosts: one line of the server's or ours, without passwords; or the file
}

// Trouble tells what is no letter's own: the server is not there for us, and no other letter would fare better now.
func (r Result) Trouble() bool {
	return r.Outcome == Pause || r.Code == 421 || r.Outcome == Temporary && (r.Stage == Connect || r.Stage == Envelope)
}

// Through tells that the server dealt with this very letter, whatever it made of it.
func (r Result) Through() bool { return r.Stage >= Recipient && !r.Trouble() }

// longestText is in characters: a server may say much.
const longestText = 300

var enhancedCode = regexp.MustCompile(`(?m)^[245]\.\d{1,3}\.\d{1,3}\b`)

// told is text of others as it may stand in a page or a log.
func told(text string) string { return cut(oneLine(text), longestText) }

// failed makes the result of an error at a stage. Only what a server said in words of RFC 5321 can be final.
func failed(stage Stage, err error) Result { return refused(stage, err, told) }

// refused is failed for what may hold a server's words; tell makes a text of them.
func refused(stage Stage, err error, tell func(string) string) Result {
	r := Result{Stage: stage, Text: tell(err.Error())}
	var said *textproto.Error
	var key *KeyError
	switch {
	case errors.As(err, &said):
		r.Code, r.Enhanced = said.Code, enhancedCode.FindString(said.Msg)
		r.Text = tell(fmt.Sprintf("%d %s", said.Code, said.Msg)) // its Error puts Msg in Go's quotes
		r.Outcome = judge(stage, r.Code, r.Enhanced)
	case errors.As(err, &key):
		r.Outcome = Pause
	case stage == Compose:
		r.Outcome = Permanent
	case stage == Connect && !passing(err):
		r.Outcome = Pause
	}
	return r
}

// judge reads a server's answer. 4xx is for now and 5xx for ever, as RFC 5321 4.2.1 says, except for what is not about
// this letter: ten thousand letters must not die because the sender's own account ran into its quota. And except for
// what a stranger could bring about: one full mailbox must not stop everybody's mail.
func judge(stage Stage, code int, enhanced string) Outcome {
	about := enhanced
	if len(about) > 2 {
		about = about[2:]
	}
	quota := code == 452 || code == 552
	switch {
	case code == 421: // the server closes this connection (RFC 5321 3.8)
		return Temporary
	case stage <= Envelope && (code >= 500 || quota): // before the recipient is named it is about the sender: 5.7.x, quota, a wrong password
		return Pause
	case enhanced == "5.4.5": // Gmail's "daily sending quota exceeded", at any stage
		return Pause
	case quota && (about == "3.1" || about == "4.5" || about == "5.3"): // the system's, not the mailbox's
		return Pause
	case stage == Recipient && (code == 530 || code == 535): // sign in first, or behind STARTTLS
		return Pause
	case stage == Recipient && code >= 500 && (about == "1.7" || about == "1.8"): // the sender's address (RFC 3463 3.2)
		return Pause
	case stage == Recipient && strings.HasPrefix(enhanced, "5.7."): // somebody's rules
		return Temporary
	case quota && enhanced == "": // nobody knows whose
		return Temporary
	case code >= 500 && code < 600:
		return Permanent
	}
	return Temporary
}

// passing tells weather on the line from what an operator has to mend: a certificate, TLS or sign-in that is not offered.
func passing(err error) bool {
	var network net.Error
	var number syscall.Errno
	return errors.As(err, &network) || errors.As(err, &number) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, context.Canceled)
}

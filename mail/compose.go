package mail

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// MIME gives the letter as it travels: CRLF lines in ASCII, signed if there is a key. An error of kind *KeyError is the
// key's; every other one says that this letter can never be sent as it is.
//
//	multipart/mixed                                   (only with an invitation)
//	  multipart/alternative
//	    text/plain · text/html · text/calendar; method=…    quoted-printable; the last without Content-Disposition
//	  application/ics; name="invite.ics"                    base64, the same bytes
//
// Outlook takes an invitation from the alternatives only, some others from attachments only, and both draw their buttons
// by the method in the content type (RFC 6047 2.4; MS-STANOICAL 2.2.168).
func (l Letter) MIME(key *Key) ([]byte, error) {
	m, err := l.message()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if _, err := m.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("compose letter: %w", err)
	}
	if key == nil {
		return b.Bytes(), nil
	}
	return key.sign(b.Bytes(), domain(l.From))
}

func (l Letter) message() (*gomail.Msg, error) {
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	for _, part := range []func(*gomail.Msg) error{l.addresses, l.thread, l.manners, l.bodies, l.invitation} {
		if err := part(m); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (l Letter) addresses(m *gomail.Msg) error {
	from, err := person(l.From)
	if err != nil {
		return err
	}
	to, err := person(l.To)
	if err != nil {
		return err
	}
	m.FromMailAddress(&from) // net/mail quotes the names; FromFormat does not
	m.AddToMailAddress(&to)
	if l.ReplyTo.Address == "" {
		return nil
	}
	host, err := person(l.ReplyTo)
	if err != nil {
		return err
	}
	m.ReplyToMailAddress(&host)
	return nil
}

// thread says which letter this is and which one it follows. Both ids and the date are given, never made here: go-mail
// would name this machine in the one and make every try another in the other.
func (l Letter) thread(m *gomail.Msg) error {
	for _, id := range append([]string{l.MessageID}, l.References...) {
		if !isMessageID(id) {
			return errors.New("a message id of this letter is none")
		}
	}
	if l.Date.IsZero() {
		return errors.New("this letter has no date")
	}
	m.Subject(cut(oneLine(l.Subject), longestSubject))
	m.SetMessageIDWithValue(l.MessageID)
	m.SetDateWithValue(l.Date.UTC().Truncate(time.Second))
	if n := len(l.References); n > 0 {
		m.SetGenHeader(gomail.HeaderInReplyTo, "<"+l.References[n-1]+">")
		m.SetGenHeader(gomail.HeaderReferences, "<"+strings.Join(l.References, "> <")+">")
	}
	return nil
}

// manners keep automatic answers away: RFC 3834 5 for the well-behaved, and Exchange's own word for the others. Not
// "All", which would stop the answers to an invitation, and no Precedence: bulk.
func (l Letter) manners(m *gomail.Msg) error {
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetGenHeader(gomail.HeaderXAutoResponseSuppress, "OOF, AutoReply")
	if l.Unsubscribe == "" {
		return nil
	}
	u, err := url.Parse(l.Unsubscribe)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || !printable(l.Unsubscribe) || strings.ContainsAny(l.Unsubscribe, "<>,\"") {
		return errors.New("the link to unsubscribe is none")
	}
	m.SetGenHeader(gomail.HeaderListUnsubscribe, "<"+l.Unsubscribe+">")
	if u.Scheme == "https" { // RFC 8058 3.1 allows one click over https only; a server on a desk has http
		m.SetGenHeader(gomail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
	}
	return nil
}

func (l Letter) bodies(m *gomail.Msg) error {
	if strings.TrimSpace(l.Text) == "" {
		return errors.New("this letter has no text")
	}
	m.SetBodyString(gomail.TypeTextPlain, l.Text)
	if l.HTML != "" {
		m.AddAlternativeString(gomail.TypeTextHTML, l.HTML)
	}
	return nil
}

func (l Letter) invitation(m *gomail.Msg) error {
	c := l.Calendar
	if c == nil {
		return nil
	}
	name, known := map[string]string{"REQUEST": "invite.ics", "CANCEL": "cancel.ics"}[c.Method]
	if !known || !bytes.Contains(c.Bytes, []byte("\r\nMETHOD:"+c.Method+"\r\n")) {
		return fmt.Errorf("the invitation does not hold METHOD:%s, or it is not one for mail", cut(oneLine(c.Method), 20))
	}
	m.AddAlternativeString(gomail.ContentType("text/calendar; method="+c.Method), string(c.Bytes), gomail.WithPartEncoding(gomail.EncodingQP))
	// The type is given, because go-mail would ask this machine's table of types.
	if err := m.AttachReader(name, bytes.NewReader(c.Bytes), gomail.WithFileContentType("application/ics")); err != nil {
		return fmt.Errorf("attach invitation: %w", err)
	}
	return nil
}

// isMessageID takes what MessageID makes and ids of the same plain form: RFC 5322 3.6.4 without its old corners.
func isMessageID(id string) bool {
	at := strings.IndexByte(id, '@')
	return at > 0 && at == strings.LastIndexByte(id, '@') && at < len(id)-1 && len(id) <= 250 && printable(id) && !strings.ContainsAny(id, "<>(),;:\\\"[]")
}

// printable is ASCII without white space and control characters.
func printable(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

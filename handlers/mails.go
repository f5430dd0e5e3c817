package handlers

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/http"
	netmail "net/mail"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"foyer/meet"
	"foyer/views"
)

// Where mails become files instead of leaving this machine, somebody has to see them: whoever tries Foyer out, and whoever
// runs one house without a mail server. Mails hold links that open doors, so only admins may, and only there.

func (s *Server) mailRoutes() []route {
	get := http.MethodGet
	return []route{
		{get, "/mails", meet.SeeMails, s.mails, page},
		{get, "/mails/:file", meet.SeeMails, s.mail, page},
		{get, "/mails/:file/html", meet.SeeMails, s.mailHTML, page},
	}
}

// mailsShown is how many mails one page lists.
const mailsShown = 50

// mailFile is a name that mail.Drop gives: time, then turn.
var mailFile = regexp.MustCompile(`^\d{8}T\d{6}\.\d{6}Z-\d{4,}\.eml$`)

func (v *visit) mayMails() error {
	if err := v.allow(meet.SeeMails); err != nil {
		return err
	}
	if v.s.Mails == "" {
		return meet.ErrNotHere
	}
	return nil
}

func (s *Server) mails(v *visit) error {
	if err := v.mayMails(); err != nil {
		return err
	}
	all, err := filepath.Glob(filepath.Join(s.Mails, "*.eml"))
	if err != nil {
		return err
	}
	slices.Sort(all)
	slices.Reverse(all)
	before, list, more := v.QueryParam("before"), []views.MailLine{}, ""
	for _, path := range all {
		file := filepath.Base(path)
		if !mailFile.MatchString(file) || before != "" && file >= before {
			continue
		}
		if len(list) == mailsShown {
			more = views.Mails + "?" + url.Values{"before": {list[len(list)-1].File}}.Encode()
			break
		}
		m, err := readMail(path)
		if err != nil {
			continue // taken away, or not a mail
		}
		list = append(list, views.MailLine{File: file, Subject: m.header("Subject"), To: m.header("To"), At: writtenAt(file)})
	}
	return v.html(http.StatusOK, views.MailsPage(v.page("Mails"), s.Mails, list, more))
}

// writtenAt is when a file was written, by its name.
func writtenAt(file string) time.Time {
	stamp, _, _ := strings.Cut(file, "-")
	t, _ := time.Parse("20060102T150405.000000Z", stamp) // the zero time of a name that lies is shown as it is
	return t
}

func (v *visit) oneMail() (m eml, file string, err error) {
	if err := v.mayMails(); err != nil {
		return m, "", err
	}
	file = v.Param("file")
	if !mailFile.MatchString(file) {
		return m, "", meet.ErrNotHere
	}
	m, err = readMail(filepath.Join(v.s.Mails, file))
	if errors.Is(err, fs.ErrNotExist) {
		err = meet.ErrNotHere
	}
	return m, file, err
}

func (s *Server) mail(v *visit) error {
	m, file, err := v.oneMail()
	if err != nil {
		return err
	}
	shown := views.MailShown{File: file, Text: m.parts["text/plain"], HTML: m.parts["text/html"] != "", Entry: m.parts["text/calendar"]}
	for _, name := range []string{"From", "To", "Reply-To", "Date", "Message-ID", "In-Reply-To", "List-Unsubscribe", "Dkim-Signature"} {
		if value := m.header(name); value != "" {
			shown.Headers = append(shown.Headers, [2]string{name, value})
		}
	}
	return v.html(http.StatusOK, views.MailPage(v.page(m.header("Subject")), shown))
}

// mailHTML shows the HTML as a mail program would: no scripts, no forms, nothing loaded from anywhere, and an origin of its
// own, so that whatever stands in it cannot speak to Foyer.
func (s *Server) mailHTML(v *visit) error {
	m, _, err := v.oneMail()
	if err != nil {
		return err
	}
	text := m.parts["text/html"]
	if text == "" {
		return meet.ErrNotHere
	}
	h := v.Response().Header()
	h.Set("Content-Security-Policy", "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	return v.HTMLBlob(http.StatusOK, []byte(text))
}

// eml is a mail read back.
type eml struct {
	head  netmail.Header
	parts map[string]string // by type, the first of each
}

func (m eml) header(name string) string {
	text, err := new(mime.WordDecoder).DecodeHeader(m.head.Get(name))
	if err != nil {
		return m.head.Get(name)
	}
	return text
}

func readMail(path string) (m eml, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return m, err
	}
	read, err := netmail.ReadMessage(bytes.NewReader(text))
	if err != nil {
		return m, err
	}
	m = eml{head: read.Header, parts: map[string]string{}}
	return m, m.take(read.Header.Get("Content-Type"), read.Header.Get("Content-Transfer-Encoding"), read.Body)
}

// take reads a part and those in it; attachments are left out, since the calendar entry stands among the alternatives too.
func (m eml) take(contentType, encoding string, body io.Reader) error {
	kind, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		return err
	}
	if strings.HasPrefix(kind, "multipart/") {
		for parts := multipart.NewReader(body, parameters["boundary"]); ; {
			part, err := parts.NextRawPart()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err == nil {
				err = m.take(part.Header.Get("Content-Type"), part.Header.Get("Content-Transfer-Encoding"), part)
			}
			if err != nil {
				return err
			}
		}
	}
	if strings.EqualFold(encoding, "quoted-printable") {
		body = quotedprintable.NewReader(body)
	}
	text, err := io.ReadAll(body)
	if _, known := m.parts[kind]; !known && strings.HasPrefix(kind, "text/") {
		m.parts[kind] = string(text)
	}
	return err
}

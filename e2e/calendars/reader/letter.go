package reader

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Letter is a mail as the standard library reads it.
type Letter struct {
	From, To   string // bare addresses
	Subject    string
	MessageID  string   // without <>
	References []string // without <>, oldest first
	Text       string   // the plain part
	Method     string   // of the calendar part's content type
	Calendar   []byte   // the invitation, the same in both of its places; nil in a letter without one
}

// part is a leaf of a letter.
type part struct {
	above       []string // the types around it
	place       int      // among its siblings
	last        bool     // of its siblings
	kind        string
	parameters  map[string]string
	disposition string
	body        []byte
}

// Open reads a letter. An invitation must be where programs look for it: as the last of the alternatives, with a method and
// a charset and without Content-Disposition, and once more as a file; both of the same bytes, in lines as RFC 5545 3.1
// wants them. A letter with none is no error.
func Open(file []byte) (Letter, error) {
	m, err := netmail.ReadMessage(bytes.NewReader(file))
	if err != nil {
		return Letter{}, err
	}
	l := Letter{MessageID: strings.Trim(m.Header.Get("Message-ID"), "<>")}
	for _, id := range strings.Fields(m.Header.Get("References")) {
		l.References = append(l.References, strings.Trim(id, "<>"))
	}
	if l.Subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		return Letter{}, fmt.Errorf("subject: %w", err)
	}
	for name, address := range map[string]*string{"From": &l.From, "To": &l.To} {
		list, err := m.Header.AddressList(name)
		if err != nil || len(list) != 1 {
			return Letter{}, fmt.Errorf("%s is %q, not one address: %w", name, m.Header.Get(name), err)
		}
		*address = list[0].Address
	}
	parts, err := leaves(nil, m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), "", m.Body)
	if err != nil {
		return Letter{}, err
	}
	for _, p := range parts {
		if p.kind == "text/plain" {
			l.Text = strings.ReplaceAll(string(p.body), "\r\n", "\n")
		}
	}
	return l, l.invitation(parts)
}

func (l *Letter) invitation(parts []part) error {
	var inside, attached []part
	for _, p := range parts {
		switch p.kind {
		case "text/calendar":
			inside = append(inside, p)
		case "application/ics":
			attached = append(attached, p)
		}
	}
	if len(inside) == 0 && len(attached) == 0 {
		return nil
	}
	if len(inside) != 1 || len(attached) != 1 {
		return fmt.Errorf("the invitation is %d times among the alternatives and %d times a file, want once each", len(inside), len(attached))
	}
	a, b := inside[0], attached[0]
	l.Method, l.Calendar = a.parameters["method"], a.body
	switch {
	case len(a.above) == 0 || a.above[len(a.above)-1] != "multipart/alternative" || !a.last || a.place == 0:
		return errors.New("the invitation is not the last of several alternatives")
	case a.disposition != "":
		return fmt.Errorf("the invitation among the alternatives has the disposition %s", a.disposition)
	case !strings.EqualFold(a.parameters["charset"], "UTF-8"):
		return fmt.Errorf("the invitation's charset is %q", a.parameters["charset"])
	case !strings.HasPrefix(b.disposition, "attachment"):
		return fmt.Errorf("the invitation's file has the disposition %q", b.disposition)
	case !bytes.Equal(a.body, b.body):
		return errors.New("the two copies of the invitation differ")
	}
	if found := methodLine.FindSubmatch(a.body); found == nil || string(found[1]) != l.Method || l.Method == "" {
		return fmt.Errorf("the content type says method=%s, the invitation %q", l.Method, found)
	}
	return Lines(a.body)
}

var methodLine = regexp.MustCompile(`(?m)^METHOD:(.*)\r$`)

// Lines looks at the lines of a calendar file before anybody puts them together: CRLF, at most 75 octets, whole characters.
func Lines(file []byte) error {
	body, ended := bytes.CutSuffix(file, []byte("\r\n"))
	if !ended {
		return errors.New("the file does not end in CRLF")
	}
	for i, line := range strings.Split(string(body), "\r\n") {
		if len(line) > 75 || strings.ContainsAny(line, "\r\n") || !utf8.ValidString(line) || strings.TrimSpace(line) == "" {
			return fmt.Errorf("line %d has %d octets, a bare line break, half a character or nothing: %.90q", i+1, len(line), line)
		}
	}
	return nil
}

func leaves(above []string, contentType, encoding, disposition string, body io.Reader) (found []part, err error) {
	kind, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, fmt.Errorf("content type %q: %w", contentType, err)
	}
	if !strings.HasPrefix(kind, "multipart/") {
		content, err := decode(encoding, body)
		return []part{{above: above, kind: kind, parameters: parameters, disposition: disposition, body: content}}, err
	}
	inner := append(append([]string{}, above...), kind)
	place, lastLeaf := 0, -1
	for reader := multipart.NewReader(body, parameters["boundary"]); ; place++ {
		p, err := reader.NextRawPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		h := p.Header
		below, err := leaves(inner, h.Get("Content-Type"), h.Get("Content-Transfer-Encoding"), h.Get("Content-Disposition"), p)
		if err != nil {
			return nil, err
		}
		lastLeaf = -1
		if len(below) == 1 && len(below[0].above) == len(inner) {
			below[0].place, lastLeaf = place, len(found)
		}
		found = append(found, below...)
	}
	if lastLeaf >= 0 {
		found[lastLeaf].last = true
	}
	return found, nil
}

func decode(encoding string, body io.Reader) ([]byte, error) {
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "", "7bit", "8bit":
	default:
		return nil, fmt.Errorf("encoding %q", encoding)
	}
	return io.ReadAll(body)
}

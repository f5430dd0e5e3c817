package mail_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"foyer/mail"
)

var boundary = regexp.MustCompile(`[0-9a-f]{60}`)

// boundaries gives the random boundaries of a letter the names one, two, … in their order.
func boundaries(text []byte) []byte {
	names := map[string]string{}
	return boundary.ReplaceAllFunc(text, func(found []byte) []byte {
		if names[string(found)] == "" {
			names[string(found)] = "boundary-" + string(rune('1'+len(names)))
		}
		return []byte(names[string(found)])
	})
}

func compose(t *testing.T, l mail.Letter) []byte {
	t.Helper()
	text, err := l.MIME(nil)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestGolden(t *testing.T) {
	for name, l := range map[string]mail.Letter{"invite": inviteLetter(), "cancel": cancelLetter(), "plain": plainLetter(), "reminder": reminder()} {
		file := filepath.Join("testdata", name+".eml")
		text := boundaries(compose(t, l))
		if os.Getenv("FOYER_GOLDEN") == "write" {
			if err := os.WriteFile(file, text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil || !bytes.Equal(want, text) {
			t.Errorf("%s is not what %s letters look like (%v): run make golden and look at the difference. Now:\n%s", file, name, err, text)
		}
	}
}

// leaf is a part of a letter without parts of its own; path are the types above it.
type leaf struct {
	path                  string
	kind                  string
	parameters            map[string]string
	encoding, disposition string
	body                  []byte
}

// leaves reads a letter back with the standard library alone.
func leaves(t *testing.T, path, contentType, encoding, disposition string, body io.Reader) (found []leaf) {
	t.Helper()
	kind, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(kind, "multipart/") {
		for parts := multipart.NewReader(body, parameters["boundary"]); ; {
			part, err := parts.NextRawPart()
			if err == io.EOF {
				return found
			}
			if err != nil {
				t.Fatal(err)
			}
			h := part.Header
			found = append(found, leaves(t, path+kind+" > ", h.Get("Content-Type"), h.Get("Content-Transfer-Encoding"), h.Get("Content-Disposition"), part)...)
		}
	}
	switch encoding {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	default:
		t.Fatalf("part %s is encoded as %q", kind, encoding)
	}
	content, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return []leaf{{path, kind, parameters, encoding, disposition, content}}
}

func parse(t *testing.T, text []byte) (netmail.Header, []leaf) {
	t.Helper()
	m, err := netmail.ReadMessage(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return m.Header, leaves(t, "", m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), "", m.Body)
}

func TestShape(t *testing.T) {
	for _, l := range []mail.Letter{inviteLetter(), cancelLetter()} {
		_, parts := parse(t, compose(t, l))
		alternative := "multipart/mixed > multipart/alternative > "
		want := []leaf{
			{alternative, "text/plain", map[string]string{"charset": "UTF-8"}, "quoted-printable", "", []byte(strings.ReplaceAll(l.Text, "\n", "\r\n"))},
			{alternative, "text/html", map[string]string{"charset": "UTF-8"}, "quoted-printable", "", []byte(strings.ReplaceAll(l.HTML, "\n", "\r\n"))},
			{alternative, "text/calendar", map[string]string{"charset": "UTF-8", "method": l.Calendar.Method}, "quoted-printable", "", l.Calendar.Bytes},
			{"multipart/mixed > ", "application/ics", map[string]string{"name": map[string]string{"REQUEST": "invite.ics", "CANCEL": "cancel.ics"}[l.Calendar.Method]}, "base64", "", l.Calendar.Bytes},
		}
		want[3].disposition = `attachment; filename="` + want[3].parameters["name"] + `"`
		if len(parts) != len(want) {
			t.Fatalf("%d parts, want %d: %+v", len(parts), len(want), parts)
		}
		for i := range want {
			got := parts[i]
			same := got.path == want[i].path && got.kind == want[i].kind && got.encoding == want[i].encoding && got.disposition == want[i].disposition && bytes.Equal(got.body, want[i].body) && len(got.parameters) == len(want[i].parameters)
			for name, value := range want[i].parameters {
				same = same && got.parameters[name] == value
			}
			if !same {
				t.Errorf("part %d\n got %+v\nwant %+v", i, got, want[i])
			}
		}
	}
	if _, parts := parse(t, compose(t, plainLetter())); len(parts) != 2 || parts[0].path != "multipart/alternative > " || parts[1].kind != "text/html" {
		t.Errorf("%+v", parts)
	}
	bare := plainLetter()
	bare.HTML = ""
	if _, parts := parse(t, compose(t, bare)); len(parts) != 1 || parts[0].kind != "text/plain" || parts[0].path != "" {
		t.Errorf("%+v", parts)
	}
}

func TestHeaders(t *testing.T) {
	h, _ := parse(t, compose(t, inviteLetter()))
	for name, want := range map[string]string{
		"From": `"Jane \"JD\" Host (Acme, Inc.)" <events@webinars.example>`, "To": `=?utf-8?q?Zo=C3=AB_Quick?= <zoe@attendee.example>`, "Reply-To": "<jane@acme.example>",
		"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "OOF, AutoReply", "Date": "Sun, 22 Nov 2026 10:15:00 +0000", "Mime-Version": "1.0",
		"In-Reply-To": "<" + inviteLetter().References[0] + ">", "References": "<" + inviteLetter().References[0] + ">", "Message-Id": "<" + inviteLetter().MessageID + ">",
		"List-Unsubscribe": "", "List-Unsubscribe-Post": "", "User-Agent": "", "X-Mailer": "", "Precedence": "", "Sender": "", "Bcc": "", "Cc": "",
	} {
		if got := h.Get(name); got != want || len(h[name]) > 1 {
			t.Errorf("%s: %q, want %q", name, h[name], want)
		}
	}
	here, _ := os.Hostname()
	text := compose(t, plainLetter())
	if here != "" && bytes.Contains(text, []byte(here)) || bytes.Contains(bytes.ToLower(text), []byte("go-mail")) {
		t.Errorf("the letter names this machine or its tools:\n%s", text)
	}
	h, _ = parse(t, compose(t, reminder()))
	if h.Get("List-Unsubscribe") != "<https://webinars.example/u/abcdef>" || h.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
		t.Error(h)
	}
	local := reminder()
	local.Unsubscribe = "http://127.0.0.1:8080/u/abcdef"
	h, _ = parse(t, compose(t, local))
	if h.Get("List-Unsubscribe") != "<http://127.0.0.1:8080/u/abcdef>" || h.Get("List-Unsubscribe-Post") != "" {
		t.Error(h)
	}
	thread := inviteLetter()
	thread.References = []string{"a@x.example", "b@x.example"}
	h, _ = parse(t, compose(t, thread))
	if h.Get("References") != "<a@x.example> <b@x.example>" || h.Get("In-Reply-To") != "<b@x.example>" {
		t.Error(h)
	}
}

func TestMessageID(t *testing.T) {
	from := mail.Address{Name: "x", Address: "events@Webinars.example"}
	a := mail.MessageID([]byte("key"), "reg:42/invite/0", from)
	if a != "xldnt3xqwer725hpsdiolfhisvmugm2n@webinars.example" {
		t.Errorf("%s: an id that changes makes a retry another letter", a)
	}
	if a == mail.MessageID([]byte("other"), "reg:42/invite/0", from) || a == mail.MessageID([]byte("key"), "reg:42/invite/1", from) {
		t.Error("ids do not differ")
	}
}

var hostile = []string{
	"Eve\r\nBcc: evil@evil.example", "Eve\nBcc: evil@evil.example\n\nbody", "Eve\rBcc: evil", "=?utf-8?q?Eve=0D=0ABcc:_evil?=", "=\u200d?utf-8?q?Eve?=", `"Eve" <boss@bank.example>`, `Eve\`, `"`, `<>`, ",", ";:,()[]@",
	"\u202eevE", "Eve\u2066\u200b\ufeff", "Eve \x00\x0b\x1b[31m", "\xff\xfe", strings.Repeat("名", 300), strings.Repeat("a", 300), strings.Repeat("👩‍👩‍👧 ", 100),
	"https://evil.example/now", "::////", "Zoë", "Иван", `Zoë\`, `https:\/evil.example`, "", "   ", "\u2028\u2029\u0085", strings.Repeat("a ", 3000),
}

// Whatever a stranger calls themselves, the letter has one reader, the headers it should have, and lines that mail allows.
func TestHostileNamesAndSubjects(t *testing.T) {
	for _, evil := range hostile {
		l := inviteLetter()
		l.From.Name, l.To.Name, l.ReplyTo.Name, l.Subject = evil, evil, evil, evil
		checkHostile(t, evil, compose(t, l))
	}
}

func checkHostile(t *testing.T, evil string, text []byte) {
	t.Helper()
	for i, line := range strings.Split(string(text), "\r\n") {
		if len(line) > 998 || strings.ContainsAny(line, "\r\n") || strings.IndexFunc(line, func(r rune) bool { return r > 126 || r < ' ' && r != '\t' }) >= 0 {
			t.Fatalf("%q: line %d is %q", evil, i, line)
		}
	}
	h, parts := parse(t, text)
	known := []string{"Auto-Submitted", "Content-Type", "Date", "From", "In-Reply-To", "Message-Id", "Mime-Version", "References", "Reply-To", "Subject", "To", "X-Auto-Response-Suppress"}
	for name, values := range h {
		if !slices.Contains(known, name) || len(values) != 1 {
			t.Errorf("%q made the header %s: %q", evil, name, values)
		}
	}
	for name, address := range map[string]string{"From": "events@webinars.example", "To": "zoe@attendee.example", "Reply-To": "jane@acme.example"} {
		list, err := h.AddressList(name)
		if err != nil || len(list) != 1 || list[0].Address != address {
			t.Errorf("%q: %s is %q: %v %v", evil, name, h.Get(name), list, err)
			continue
		}
		if got := list[0].Name; strings.Contains(got, "://") || strings.Contains(got, "=?") || utf8.RuneCountInString(got) > 80 || strings.IndexFunc(got, unprintable) >= 0 {
			t.Errorf("%q: %s says %q", evil, name, got)
		}
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(h.Get("Subject"))
	if err != nil || strings.Contains(subject, "=?") || utf8.RuneCountInString(subject) > 200 || strings.IndexFunc(subject, unprintable) >= 0 {
		t.Errorf("%q: subject %q, %v", evil, subject, err)
	}
	if len(parts) != 4 {
		t.Errorf("%q: %d parts", evil, len(parts))
	}
}

func unprintable(r rune) bool { return r != '\u200d' && !unicode.IsGraphic(r) }

func FuzzNames(f *testing.F) {
	for _, evil := range hostile {
		f.Add(evil)
	}
	f.Fuzz(func(t *testing.T, evil string) {
		l := inviteLetter()
		l.From.Name, l.To.Name, l.ReplyTo.Name, l.Subject, l.Text, l.HTML = evil, evil, evil, evil, "x"+evil, "<p>"+evil
		checkHostile(t, evil, compose(t, l))
	})
}

func TestLettersThatCannotBeSent(t *testing.T) {
	for name, spoil := range map[string]func(*mail.Letter){
		"no reader":                 func(l *mail.Letter) { l.To.Address = "" },
		"two readers":               func(l *mail.Letter) { l.To.Address = "a@x.example, b@x.example" },
		"line break in the address": func(l *mail.Letter) { l.To.Address = "a@x.example\r\nBcc: b@x.example" },
		"space in the address":      func(l *mail.Letter) { l.To.Address = " a@x.example" },
		"command in the address":    func(l *mail.Letter) { l.To.Address = "a@x.example> NOTIFY=NEVER" },
		"sender":                    func(l *mail.Letter) { l.From.Address = "events" },
		"answer to nobody":          func(l *mail.Letter) { l.ReplyTo.Address = "jane@acme.example\nBcc: b@x.example" },
		"no id":                     func(l *mail.Letter) { l.MessageID = "" },
		"line break in the id":      func(l *mail.Letter) { l.MessageID = "a@b\r\nBcc:c@d" },
		"no reference":              func(l *mail.Letter) { l.References = []string{"a> <b@c"} },
		"no date":                   func(l *mail.Letter) { l.Date = time.Time{} },
		"no text":                   func(l *mail.Letter) { l.Text = "\n" },
		"unsubscribe by script":     func(l *mail.Letter) { l.Unsubscribe = "javascript:alert(1)" },
		"two unsubscribe links":     func(l *mail.Letter) { l.Unsubscribe = "https://a.example/>,<https://b.example" },
		"unsubscribe in two lines":  func(l *mail.Letter) { l.Unsubscribe = "https://a.example/\r\nBcc: x" },
		"published": func(l *mail.Letter) {
			l.Calendar = &mail.Calendar{Method: "PUBLISH", Bytes: []byte("\r\nMETHOD:PUBLISH\r\n")}
		},
		"cancel that is none": func(l *mail.Letter) { l.Calendar = &mail.Calendar{Method: "CANCEL", Bytes: []byte(invitation)} },
		"small letters":       func(l *mail.Letter) { l.Calendar = &mail.Calendar{Method: "request", Bytes: []byte(invitation)} },
	} {
		l := inviteLetter()
		spoil(&l)
		if text, err := l.MIME(nil); err == nil {
			t.Errorf("%s: no error, but\n%.600s", name, text)
		} else if strings.ContainsAny(err.Error(), "\r\n") {
			t.Errorf("%s: %q", name, err)
		}
	}
}

func TestParseFrom(t *testing.T) {
	for typed, want := range map[string]mail.Address{
		"events@foyer.example":                {Address: "events@foyer.example"},
		"Foyer at Acme <events@acme.example>": {Name: "Foyer at Acme", Address: "events@acme.example"},
		`"Acme, Inc." <events@acme.example>`:  {Name: "Acme, Inc.", Address: "events@acme.example"},
	} {
		if got, err := mail.ParseFrom(typed); err != nil || got != want {
			t.Errorf("%s: %+v %v", typed, got, err)
		}
	}
	for _, typed := range []string{"", "events", "a@b.example, c@d.example", "events@acme"} {
		if got, err := mail.ParseFrom(typed); err == nil {
			t.Errorf("%s: %+v", typed, got)
		}
	}
}

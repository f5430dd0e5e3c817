//go:build calendars

package calendars

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"strings"
	"testing"

	"foyer/e2e/calendars/reader"
	"foyer/mail"
)

// kept are the headers that must be under the signature; RFC 8058 4 asks for the last two.
var kept = []string{"from", "to", "subject", "date", "message-id", "reply-to", "mime-version", "content-type", "list-unsubscribe", "list-unsubscribe-post"}

// Signatures hold for dkimpy, an implementation that shares nothing with ours, and break with every change.
func TestSignatures(t *testing.T) {
	_, small, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	large, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for kind, private := range map[string]crypto.PrivateKey{"Ed25519": small, "RSA": large} {
		t.Run(kind, func(t *testing.T) {
			der, err := x509.MarshalPKCS8PrivateKey(private)
			if err != nil {
				t.Fatal(err)
			}
			key, err := mail.ParseKey(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), "foyer2026")
			if err != nil {
				t.Fatal(err)
			}
			signatures(t, key)
		})
	}
}

func signatures(t *testing.T, key *mail.Key) {
	t.Helper()
	s := taken("r-01jd7z6m3q8k@webinars.example", zoe)
	invite, _ := s.request(t)
	s.change()
	s.says(same(strings.Repeat("名🎈 ", 100)+"!"), plain("line\r\n.\r\n..\r\n  spaces  "))
	update, _ := s.request(t)
	s.change()
	cancel, _ := s.cancel(t)
	reminder := invite
	reminder.Subject, reminder.Calendar, reminder.Unsubscribe = "Starts in 30 minutes", nil, "https://webinars.example/u/"+strings.Repeat("abcdef", 12)
	var texts [][]byte
	for _, l := range []mail.Letter{invite, update, cancel, reminder} {
		text, err := l.MIME(key)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	good := len(texts)
	for i := range good {
		texts = append(texts, tampered(t, texts[i])...)
	}
	texts = append(texts, unsubscribeElsewhere(t, texts[3])...)
	name, record, err := key.Record("webinars.example")
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range reader.DKIM(t, name, record, texts...) {
		invalid := !v.Valid && (v.Trouble == "" || strings.HasPrefix(v.Trouble, "ValidationError: "))
		if i < good && (!v.Valid || v.Domain != "webinars.example" || v.Selector != "foyer2026") || i >= good && !invalid {
			t.Errorf("%d: %+v\n%.1500s", i, v, texts[i])
		}
		for _, header := range kept {
			if i < good && !slices.Contains(v.Signed, header) {
				t.Errorf("%d: %s is not signed, only %v", i, header, v.Signed)
			}
		}
	}
	if v := reader.DKIM(t, name, strings.Replace(record, "p=", "p=AAAA", 1), texts[0])[0]; v.Valid {
		t.Errorf("valid with another key: %+v", v)
	}
	unsigned := composed(t, invite)
	if v := reader.DKIM(t, name, record, unsigned)[0]; v.Valid {
		t.Errorf("valid without a signature: %+v", v)
	}
}

// tampered is a letter with one thing changed, in each of several ways.
func tampered(t *testing.T, text []byte) (all [][]byte) {
	t.Helper()
	for _, change := range [][2]string{
		{"\r\nTo: ", "\r\nTo: eve@evil.example, "}, {"\r\nSubject:", "\r\nSubject: Free"}, {"\r\nReply-To: <jane@", "\r\nReply-To: <eve@"}, {"Hello", "Hallo"},
		{"\r\nFrom: ", "\r\nFrom: eve@evil.example\r\nFrom: "}, {"\r\nSubject:", "\r\nSubject: Free\r\nSubject:"}, {"\r\nContent-Type: ", "\r\nContent-Type: text/plain; x="},
	} {
		all = append(all, replaced(t, text, change[0], change[1]))
	}
	return all
}

func unsubscribeElsewhere(t *testing.T, text []byte) [][]byte {
	t.Helper()
	lone := bytes.Replace(text, []byte("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"), nil, 1)
	if bytes.Equal(lone, text) {
		t.Fatal("no List-Unsubscribe-Post")
	}
	return [][]byte{
		lone, replaced(t, text, "<https://webinars.example/u/", "<https://evil.example/u/"),
		replaced(t, text, "List-Unsubscribe=One-Click", "List-Unsubscribe=Two-Click"), replaced(t, text, "https://webinars.example/u/", "https://webinars.example/v/"),
	}
}

func replaced(t *testing.T, text []byte, old, now string) []byte {
	t.Helper()
	changed := bytes.Replace(text, []byte(old), []byte(now), 1)
	if bytes.Equal(changed, text) {
		t.Fatalf("no %q in\n%.900s", old, text)
	}
	return changed
}

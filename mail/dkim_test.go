package mail_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"foyer/mail"
)

func keyFile(t *testing.T, kind string, key crypto.PrivateKey) []byte {
	t.Helper()
	if k, ok := key.(*rsa.PrivateKey); ok && kind == "RSA PRIVATE KEY" {
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: x509.MarshalPKCS1PrivateKey(k)})
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func keys(t *testing.T) map[string][]byte {
	t.Helper()
	_, small, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	large, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{"Ed25519": keyFile(t, "PRIVATE KEY", small), "RSA": keyFile(t, "PRIVATE KEY", large), "RSA as openssl genrsa": keyFile(t, "RSA PRIVATE KEY", large)}
}

// verify checks a letter's one signature against the record that the operator was given.
func verify(t *testing.T, key *mail.Key, text []byte) (*dkim.Verification, error) {
	t.Helper()
	name, record, err := key.Record("webinars.example")
	if err != nil || name != "foyer2026._domainkey.webinars.example" {
		t.Fatal(name, err)
	}
	found, err := dkim.VerifyWithOptions(bytes.NewReader(text), &dkim.VerifyOptions{LookupTXT: func(asked string) ([]string, error) {
		if asked != name {
			return nil, errors.New("no record " + asked)
		}
		return []string{record}, nil
	}})
	if err != nil || len(found) != 1 {
		t.Fatalf("%d signatures, %v in\n%.900s", len(found), err, text)
	}
	return found[0], found[0].Err
}

// Signatures hold at the other end of a real connection, for every kind of letter, and break with every change.
func TestSignedLetters(t *testing.T) {
	for kind, file := range keys(t) {
		t.Run(kind, func(t *testing.T) {
			key, err := mail.ParseKey(file, "foyer2026")
			if err != nil {
				t.Fatal(err)
			}
			p := start(t, &post{})
			s := sender(t, mail.SMTPOptions{URL: "smtp://" + p.address, Key: key})
			for i, l := range []mail.Letter{inviteLetter(), cancelLetter(), plainLetter(), reminder()} {
				if got := send(t.Context(), s, l); got.Outcome != mail.Delivered {
					t.Fatalf("%+v", got)
				}
				text := p.arrived()[i].text
				found, err := verify(t, key, text)
				if err != nil || found.Domain != "webinars.example" {
					t.Errorf("%s: %v for %s in\n%.1200s", l.Subject, err, found.Domain, text)
				}
				header := strings.ToLower(strings.Join(found.HeaderKeys, ":"))
				if header != "from:from:to:subject:subject:date:message-id:reply-to:in-reply-to:references:mime-version:content-type:auto-submitted:list-unsubscribe:list-unsubscribe-post" {
					t.Error(header)
				}
			}
			breakIt(t, key, p.arrived()[3].text)
		})
	}
}

func breakIt(t *testing.T, key *mail.Key, text []byte) {
	t.Helper()
	for _, change := range [][2]string{
		{"u/abcdef", "u/abcdeg"}, {"One-Click", "Two-Click"}, {"Starts in", "Ended at"}, {"reads", "reads"}, {"Hello Zo", "Hallo Zo"},
		{"From: ", "From: evil@evil.example\r\nFrom: "}, {"Subject: ", "Subject: free\r\nSubject: "}, {"Reply-To: <jane", "Reply-To: <eve"}, {"To: ", "References: <x@y.example>\r\nTo: "},
	} {
		changed := bytes.Replace(text, []byte(change[0]), []byte(change[1]), 1)
		_, err := verify(t, key, changed)
		if same := bytes.Equal(changed, text); same != (change[0] == change[1]) || (err == nil) != same {
			t.Errorf("%q for %q: %v", change[1], change[0], err)
		}
	}
}

func TestKeysThatAreNone(t *testing.T) {
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := keys(t)["Ed25519"]
	for name, c := range map[string]struct {
		file     []byte
		selector string
	}{
		"empty": {nil, "a"}, "text": {[]byte("secret words"), "a"}, "another curve": {keyFile(t, "PRIVATE KEY", curve), "a"},
		"broken":      {pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("secret words")}), "a"},
		"no selector": {good, ""}, "two tags": {good, "a; d=evil.example"}, "line break": {good, "a\r\nb"},
	} {
		if _, err := mail.ParseKey(c.file, c.selector); err == nil || strings.Contains(err.Error(), "secret words") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

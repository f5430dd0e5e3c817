package mail_test

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"

	"foyer/mail"
)

// desk is a server that wants a password, and may say odd things about it. One connection, one letter.
type desk struct {
	greeting string // instead of 220
	ways     string // of signing in
	secure   *tls.Config
	refusal  string // to AUTH; ECHO in it is the line that the client sent

	mutex sync.Mutex
	heard strings.Builder
}

func (d *desk) open(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go d.serve(c)
		}
	}()
	return listener.Addr().String()
}

func (d *desk) serve(c net.Conn) {
	defer func() { c.Close() }()
	say := func(text string) { fmt.Fprintf(c, "%s\r\n", text) }
	if d.greeting != "" {
		say(d.greeting)
		return
	}
	say("220 desk.example")
	lines := bufio.NewScanner(c)
	hidden := false
	for lines.Scan() {
		line := lines.Text()
		d.mutex.Lock()
		d.heard.WriteString(line + "\n")
		d.mutex.Unlock()
		switch verb, _, _ := strings.Cut(line, " "); {
		case verb == "EHLO" && d.secure != nil && !hidden:
			say("250-desk\r\n250 STARTTLS")
		case verb == "EHLO":
			say("250-desk\r\n250 AUTH " + d.ways)
		case verb == "STARTTLS":
			say("220 go on")
			c, hidden = tls.Server(c, d.secure), true
			lines = bufio.NewScanner(c)
		case verb == "AUTH" && d.refusal != "":
			say(strings.ReplaceAll(d.refusal, "ECHO", line))
		case line == "AUTH LOGIN":
			say("334 VXNlcm5hbWU6")
		case line == base64.StdEncoding.EncodeToString([]byte("ada")):
			say("334 UGFzc3dvcmQ6")
		case verb == "AUTH" || line == base64.StdEncoding.EncodeToString([]byte(password)):
			say("235 welcome")
		case verb == "DATA":
			say("354 go on")
		case line == ".", verb == "MAIL", verb == "RCPT":
			say("250 ok")
		case line == "QUIT":
			say("221 bye")
			return
		case line == "*":
			say("501 as you like")
		}
	}
}

const password = "geheim  wörd@/1"

func TestSigningIn(t *testing.T) {
	secure, roots := authority(t)
	user := url.UserPassword("ada", password).String() + "@"
	sent := base64.StdEncoding.EncodeToString([]byte("\x00ada\x00" + password))
	cases := []struct {
		name, scheme, query string
		desk                *desk
		want                mail.Outcome
		code                int
		heard               string
	}{
		{"PLAIN behind STARTTLS", "smtp", "?tls=starttls", &desk{ways: "LOGIN PLAIN", secure: secure}, mail.Delivered, 250, "AUTH PLAIN " + sent},
		{"LOGIN behind STARTTLS", "smtp", "?tls=starttls", &desk{ways: "LOGIN", secure: secure}, mail.Delivered, 250, "AUTH LOGIN"},
		{"PLAIN on this machine", "smtp", "", &desk{ways: "PLAIN"}, mail.Delivered, 250, "AUTH PLAIN " + sent},
		{"a wrong password", "smtp", "", &desk{ways: "PLAIN", refusal: "535 5.7.8 bad credentials"}, mail.Pause, 535, ""},
		{"not now", "smtp", "", &desk{ways: "PLAIN", refusal: "454 4.7.0 later"}, mail.Temporary, 454, ""},
		{"a server that repeats", "smtp", "", &desk{ways: "PLAIN", refusal: "500 what is ECHO, " + password + "?"}, mail.Pause, 500, ""},
		{"a server that repeats half", "smtp", "", &desk{ways: "PLAIN", refusal: "500 what is " + sent[:len(sent)-6] + "?"}, mail.Pause, 500, ""},
		{"a server that repeats at length", "smtp", "", &desk{ways: "PLAIN", refusal: "500 " + strings.Repeat("what ", 57) + password}, mail.Pause, 500, ""},
		{"no way we know", "smtp", "", &desk{ways: "GSSAPI"}, mail.Pause, 0, ""},
		{"sent away", "smtp", "", &desk{greeting: "421 4.3.2 too busy"}, mail.Temporary, 421, ""},
		{"shut out", "smtp", "", &desk{greeting: "554 5.7.1 listed"}, mail.Pause, 554, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := sender(t, mail.SMTPOptions{URL: c.scheme + "://" + user + c.desk.open(t) + c.query, Roots: roots, Connections: 1})
			got := send(t.Context(), s, plainLetter())
			if got.Outcome != c.want || got.Code != c.code {
				t.Errorf("%+v", got)
			}
			for _, said := range []string{got.Text, s.String(), fmt.Sprintf("%v %+v %#v", s, s, s)} {
				if strings.Contains(said, password[:6]) || strings.Contains(said, sent[:10]) || strings.Contains(said, "geheim%20") {
					t.Errorf("the password is in %q", said)
				}
			}
			c.desk.mutex.Lock()
			defer c.desk.mutex.Unlock()
			if heard := c.desk.heard.String(); !strings.Contains(heard, c.heard) {
				t.Errorf("the server heard\n%s", heard)
			}
		})
	}
}

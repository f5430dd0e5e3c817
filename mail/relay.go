package mail

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// relay is the mail server that takes our letters, as --smtp names it.
type relay struct {
	host           string
	port           int
	security       security
	user, password string
}

type security int

const (
	startTLS    security = iota // TLS is asked for and must come, before anything of ours is said
	implicitTLS                 // TLS from the first byte (RFC 8314)
	plain                       // no TLS
)

// parseRelay reads smtp://user:password@host:port (STARTTLS, which the server must offer; port 587) or smtps://… (TLS
// from the first byte; port 465). Without TLS goes what never leaves this machine, smtp://localhost:25, and what an
// operator asks for with smtp://host:port?tls=none, then without a password; ?tls=starttls wants it on this machine too.
// Certificates are always checked. Errors never hold the address, which holds the password.
func parseRelay(address string) (relay, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Opaque != "" || u.Path != "" && u.Path != "/" || u.Fragment != "" {
		return relay{}, errors.New("the mail server's address cannot be read; it looks like smtp://user:password@mail.example.org:587, with odd characters of the password as %40")
	}
	r := relay{host: u.Hostname()}
	if err := r.takeSecurity(u); err != nil {
		return relay{}, err
	}
	if typed := u.Port(); typed != "" {
		if r.port, err = strconv.Atoi(typed); err != nil || r.port < 1 || r.port > 65535 {
			return relay{}, errors.New("the mail server's port is not a number from 1 to 65535")
		}
	}
	if u.User != nil {
		r.user = u.User.Username()
		r.password, _ = u.User.Password()
		if r.user == "" || r.password == "" {
			return relay{}, errors.New("the mail server's address needs both user and password, or neither")
		}
		if r.security == plain && !loopback(r.host) {
			return relay{}, errors.New("a password does not travel without TLS: leave out tls=none, or the user")
		}
	}
	return r, nil
}

func (r *relay) takeSecurity(u *url.URL) error {
	wish := u.Query().Get("tls")
	for name := range u.Query() {
		if name != "tls" {
			return errors.New("the mail server's address knows one setting only, tls")
		}
	}
	switch {
	case u.Scheme == "smtps" && wish == "":
		r.security, r.port = implicitTLS, 465
	case u.Scheme == "smtp" && (wish == "starttls" || wish == "" && !loopback(r.host)):
		r.security, r.port = startTLS, 587
	case u.Scheme == "smtp" && (wish == "none" || wish == ""):
		r.security, r.port = plain, 587
	case u.Scheme != "smtp" && u.Scheme != "smtps":
		return errors.New("the mail server's address begins with smtp:// or smtps://")
	default:
		return errors.New("tls is none or starttls, and stands behind smtp:// only")
	}
	return nil
}

func (r relay) address() string { return net.JoinHostPort(r.host, strconv.Itoa(r.port)) }

// String names the server without user and password.
func (r relay) String() string {
	return fmt.Sprintf("%s://%s", map[security]string{startTLS: "smtp", implicitTLS: "smtps", plain: "smtp"}[r.security], r.address())
}

// redact takes the password out of what a server said: some repeat a line that they did not understand, and some only
// the beginning of it.
func (r relay) redact(text string) string {
	if r.password == "" {
		return text
	}
	text = strings.ReplaceAll(text, r.password, "…")
	for _, sent := range []string{"\x00" + r.user + "\x00" + r.password, r.password} { // AUTH PLAIN and AUTH LOGIN
		line := base64.StdEncoding.EncodeToString([]byte(sent))
		for n := len(line); n >= min(8, len(line)); n-- {
			text = strings.ReplaceAll(text, line[:n], "…")
		}
	}
	return text
}

// loopback names this machine: nothing said to it passes a wire.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"
	"golang.org/x/time/rate"
)

// What relays bear when nobody says otherwise: Amazon starts accounts at 14 letters a second, and most close a
// connection after some hundred.
const (
	UsualConnections   = 2 // and what SMTPOptions takes 0 for
	usualRate          = 10.0
	usualPerConnection = 100
	usualTimeout       = 45 * time.Second
	idleTime           = 20 * time.Second // then a connection is given back; many servers close it after 30 s or more
)

// SMTPOptions are the settings of an SMTP sender. Zero values take the usual.
type SMTPOptions struct {
	URL           string         // as parseRelay reads it
	From          Address        // the service address: its domain is the name we say to the server
	Rate          float64        // letters a second at most, all connections together; 10
	Connections   int            // kept at most; 2
	PerConnection int            // letters on one connection, then a new one; 100
	Timeout       time.Duration  // for one letter, or for one dial; 45 s
	Key           *Key           // signs letters; nil leaves that to the relay
	Roots         *x509.CertPool // who may vouch for the server; nil = this machine's
	Now           func() time.Time
}

// SMTP gives letters to a relay, over a few connections that are kept while there is something to send.
type SMTP struct {
	relay relay
	key   *Key
	limit *rate.Limiter
	turns chan struct{} // one for each connection that carries no letter now
	rest  *rest
	all   []*connection
	ended context.Context // when it is closed
	end   context.CancelFunc

	mutex sync.Mutex
	free  []*connection // the last used on top, so that few letters keep one connection warm
}

// NewSMTP reads the settings; it does not dial. Errors are sentences for the operator and hold no password.
func NewSMTP(o SMTPOptions) (*SMTP, error) {
	server, err := parseRelay(o.URL)
	if err != nil {
		return nil, err
	}
	if _, err := person(o.From); err != nil {
		return nil, errors.New("mails need a sender: --mail-from 'Foyer <events@example.org>'")
	}
	o = o.usual()
	if o.Now == nil {
		return nil, errors.New("a sender of mails needs a clock")
	}
	if o.Rate < 0 || o.Connections < 0 || o.PerConnection < 0 || o.Timeout < 0 {
		return nil, errors.New("rate, connections and time limits of mail are not below zero")
	}
	s := &SMTP{
		relay: server, key: o.Key, limit: rate.NewLimiter(rate.Limit(o.Rate), 1), rest: &rest{now: o.Now}, turns: make(chan struct{}, o.Connections),
	}
	s.ended, s.end = context.WithCancel(context.Background())
	for range o.Connections {
		c := &connection{relay: server, timeout: o.Timeout, most: o.PerConnection, rest: s.rest, ended: s.ended}
		if c.client, err = newClient(server, o, c.dial); err != nil {
			return nil, errors.New(told(server.redact(err.Error())))
		}
		s.all = append(s.all, c)
		s.give(c)
	}
	return s, nil
}

func (o SMTPOptions) usual() SMTPOptions {
	if o.Rate == 0 {
		o.Rate = usualRate
	}
	if o.Connections == 0 {
		o.Connections = UsualConnections
	}
	if o.PerConnection == 0 {
		o.PerConnection = usualPerConnection
	}
	if o.Timeout == 0 {
		o.Timeout = usualTimeout
	}
	return o
}

// newClient makes the part of go-mail that greets, asks for TLS and signs in: one for each connection. SMTPUTF8 is never
// asked for: our addresses are ASCII, and a next server without it would have to send the letter back.
func newClient(r relay, o SMTPOptions, dial gomail.DialContextFunc) (*gomail.Client, error) {
	options := []gomail.Option{
		gomail.WithPort(r.port), gomail.WithTimeout(o.Timeout), gomail.WithHELO(domain(o.From)), gomail.WithoutSMTPUTF8(),
		gomail.WithTLSConfig(&tls.Config{ServerName: r.host, RootCAs: o.Roots, MinVersion: tls.VersionTLS12}), gomail.WithDialContextFunc(dialer(r, o.Roots, dial)),
	}
	ways := []gomail.SMTPAuthType{gomail.SMTPAuthPlain, gomail.SMTPAuthLogin, gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1, gomail.SMTPAuthCramMD5}
	switch r.security {
	case startTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case implicitTLS:
		options = append(options, gomail.WithSSL())
	case plain: // to this machine, or without a password: parseRelay has seen to that
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
		ways = append([]gomail.SMTPAuthType{gomail.SMTPAuthPlainNoEnc, gomail.SMTPAuthLoginNoEnc}, ways[2:]...)
	}
	if r.user != "" {
		options = append(options, gomail.WithUsername(r.user), gomail.WithPassword(r.password), gomail.WithOpportunisticSMTPAuth(ways...))
	}
	return gomail.NewClient(r.host, options...)
}

// take gives the connection used last; who has a turn finds one.
func (s *SMTP) take() *connection {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	c := s.free[len(s.free)-1]
	s.free = s.free[:len(s.free)-1]
	return c
}

func (s *SMTP) give(c *connection) {
	s.mutex.Lock()
	s.free = append(s.free, c)
	s.mutex.Unlock()
	s.turns <- struct{}{}
}

var errClosed = errors.New("the mail sender is closed")

// Close lets letters under way finish and gives the connections back; it waits for no server that does not answer a dial.
// What comes later is Temporary, at Wait.
func (s *SMTP) Close() {
	s.end()
	for _, c := range s.all {
		c.goodbye()
	}
}

// String names the server, never the password.
func (s *SMTP) String() string   { return s.relay.String() }
func (s *SMTP) GoString() string { return s.relay.String() }

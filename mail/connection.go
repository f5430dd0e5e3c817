package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// goodbyeTime is how long a server may take to answer QUIT.
const goodbyeTime = 5 * time.Second

// connection is one line to the relay: open while there is something to send, and dialled anew after so many letters,
// after a while without any, and after anything that leaves its state in doubt.
//
// The letter is given as finished bytes over go-mail's SMTP commands rather than by its Client.Send: that renders while
// the server already listens (a letter that fails there arrives cut off), reports a letter as failed when the server
// hangs up right after taking it, and asks twice more per letter (NOOP, RSET).
type connection struct {
	relay   relay
	client  *gomail.Client
	timeout time.Duration
	most    int
	rest    *rest
	ended   context.Context // of the sender

	mutex sync.Mutex // held while a letter is carried
	line  *smtp.Client
	used  time.Time                // when it last was
	wire  atomic.Pointer[net.Conn] // under line; may be closed from outside
	sent  int
	idle  *time.Timer
}

// carry takes one letter to the server. It does not wait for the end of a rest.
func (c *connection) carry(ctx context.Context, letter Letter, text []byte) Result {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if !c.wake() {
		return failed(Wait, errClosed)
	}
	reused := c.line != nil
	result := c.try(ctx, letter, text)
	if reused && result.Stage == Envelope && (result.Code == 0 || result.Code == 421) {
		result = c.try(ctx, letter, text) // the server had closed it meanwhile; nothing was said about this letter
	}
	c.rest.learn(result)
	c.keep()
	return result
}

// wake takes the connection out of its rest. A line that has carried its share is hung up, and so is that of a sender that
// was closed, which sends no more.
func (c *connection) wake() (open bool) {
	if c.idle != nil {
		c.idle.Stop()
	}
	open = c.ended.Err() == nil
	if !open || c.sent >= c.most {
		c.hangUp(true)
	}
	return open
}

// try carries the letter on the open line, or on a new one. What leaves the line in doubt ends it.
func (c *connection) try(ctx context.Context, letter Letter, text []byte) Result {
	if c.line == nil {
		if stage, err := c.dialIn(ctx); err != nil {
			return refused(stage, err, c.tell)
		}
	}
	c.sent++
	answer, stage, err := c.transact(letter, text)
	if err == nil {
		return Result{Outcome: Delivered, Stage: Content, Code: 250, Enhanced: enhancedCode.FindString(answer), Text: c.tell(answer)}
	}
	result := refused(stage, err, c.tell)
	if result.Code == 0 || result.Code == 421 {
		c.hangUp(false) // without QUIT: nobody may be there, or in the middle of a letter
	} else if stage != Content && c.line.Reset() != nil {
		c.hangUp(false)
	}
	return result
}

// tell makes a text of what the server said: without the password before it is cut, or half of it would stay.
func (c *connection) tell(text string) string { return told(c.relay.redact(text)) }

// transact says the letter. A nil error means that the server has answered 250 to its end: from then on it is the
// server's, whatever comes after. The answer names it in the server's own log.
func (c *connection) transact(letter Letter, text []byte) (answer string, stage Stage, err error) {
	if err := c.line.UpdateDeadline(c.timeout); err != nil {
		return "", Envelope, err
	}
	if err := c.line.Mail(bare(letter.From)); err != nil {
		return "", Envelope, err
	}
	if err := c.line.Rcpt(bare(letter.To)); err != nil {
		return "", Recipient, err
	}
	w, err := c.line.Data()
	if err != nil {
		return "", Content, err
	}
	if _, err := w.Write(text); err != nil {
		return "", Content, err
	}
	if err := w.Close(); err != nil {
		return "", Content, err
	}
	if said, ok := w.(*smtp.DataCloser); ok {
		answer = said.ServerResponse()
	}
	return answer, Content, nil
}

// bare is the address as MAIL and RCPT want it.
func bare(a Address) string { return (&Address{Address: a.Address}).String() }

// dialIn dials, asks for TLS and signs in. A sender that is closed stops dialling.
func (c *connection) dialIn(ctx context.Context) (Stage, error) {
	if c.rest.left() > 0 {
		return Wait, errResting
	}
	ctx, done := alsoUntil(ctx, c.ended)
	defer done()
	stop := context.AfterFunc(ctx, c.cutOff) // go-mail itself would sit out a server that does not greet
	defer stop()
	line, err := c.client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		c.hangUp(false) // go-mail leaves the line open when TLS or signing in fails
		return Connect, err
	}
	c.line = line
	return Connect, nil
}

// dial keeps hold of the wire, so that it can be closed whatever state go-mail's client is in.
func (c *connection) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{}
	wire, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c.wire.Store(&wire)
	return wire, errors.Join(ctx.Err(), c.ended.Err()) // ended meanwhile, by somebody who saw no wire: hangUp closes it
}

// cutOff closes the wire under whatever is going on.
func (c *connection) cutOff() {
	if wire := c.wire.Load(); wire != nil {
		_ = (*wire).Close()
	}
}

// dialer dials the relay: go-mail puts its addresses together in a way that IPv6 does not bear, and does not speak TLS
// on a line that we dialled.
func dialer(r relay, roots *x509.CertPool, dial gomail.DialContextFunc) gomail.DialContextFunc {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		wire, err := dial(ctx, network, r.address())
		if err != nil || r.security != implicitTLS {
			return wire, err
		}
		secure := tls.Client(wire, &tls.Config{ServerName: r.host, RootCAs: roots, MinVersion: tls.VersionTLS12})
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, errors.Join(err, wire.Close())
		}
		return secure, nil
	}
}

// goodbye gives the connection back, politely; it waits for a letter under way.
func (c *connection) goodbye() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.hangUp(true)
}

// hangUp ends the line. Only between two letters it may be polite.
func (c *connection) hangUp(politely bool) {
	if politely && c.line != nil && c.line.UpdateDeadline(goodbyeTime) == nil {
		_ = c.line.Quit() // whatever it answers, we go
	}
	c.cutOff()
	c.wire.Store(nil)
	c.line, c.sent = nil, 0
}

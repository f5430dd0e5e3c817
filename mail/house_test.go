package mail_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"foyer/mail"
)

var day = time.Date(2026, 11, 22, 10, 15, 0, 0, time.UTC)

const invitation = "BEGIN:VCALENDAR\r\nCALSCALE:GREGORIAN\r\nMETHOD:REQUEST\r\nPRODID:-//Foyer//Foyer//EN\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\n" +
	"ATTENDEE;CN=\"Zoë Quick\";PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:zoe@attendee.exam\r\n ple\r\nDTEND:20270311T153000Z\r\nDTSTAMP:20261121T180100Z\r\n" +
	"DTSTART:20270311T143000Z\r\nORGANIZER;CN=\"Jane\":mailto:events@webinars.example\r\nSEQUENCE:1\r\nSUMMARY:Größe\\, Tiefe\\; und «Übersicht»\r\n" +
	"UID:r-01JD7Z6M3Q8K@webinars.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

// plainLetter, inviteLetter, cancelLetter and reminder are the kinds of letters that leave the house.
func plainLetter() mail.Letter {
	from := mail.Address{Name: `Jane "JD" Host (Acme, Inc.)`, Address: "events@webinars.example"}
	return mail.Letter{
		From: from, ReplyTo: mail.Address{Address: "jane@acme.example"}, To: mail.Address{Name: "Zoë Quick", Address: "zoe@attendee.example"},
		Subject: "Your way in: Größe, Tiefe und «Übersicht»", Text: "Hello Zoë,\n\nhttps://webinars.example/a/abcdefghijklmnopqrstuvwxyz?with=a&long=line-that-goes-on-and-on\n",
		HTML: "<p>Hello Zoë,</p>\n<p><a href=\"https://webinars.example/a/abc\">Continue</a></p>\n", MessageID: mail.MessageID([]byte("key"), "reg:42/access/1", from), Date: day,
	}
}

func inviteLetter() mail.Letter {
	l := plainLetter()
	l.Subject, l.Calendar = "Changed: Größe, Tiefe", &mail.Calendar{Method: "REQUEST", Bytes: []byte(invitation)}
	l.MessageID, l.References = mail.MessageID([]byte("key"), "reg:42/update/1", l.From), []string{mail.MessageID([]byte("key"), "reg:42/invite/0", l.From)}
	return l
}

func cancelLetter() mail.Letter {
	l := inviteLetter()
	l.Subject, l.MessageID = "Cancelled: Größe, Tiefe", mail.MessageID([]byte("key"), "reg:42/cancel/2", l.From)
	l.Calendar = &mail.Calendar{Method: "CANCEL", Bytes: bytes.ReplaceAll([]byte(invitation), []byte("METHOD:REQUEST"), []byte("METHOD:CANCEL"))}
	return l
}

func reminder() mail.Letter {
	l := plainLetter()
	l.Subject, l.Unsubscribe, l.MessageID = "Starts in 30 minutes", "https://webinars.example/u/abcdef", mail.MessageID([]byte("key"), "reg:42/reminder/1", l.From)
	return l
}

func to(l mail.Letter, address string) mail.Letter {
	l.To.Address = address
	return l
}

// post is a real mail server in this process. What it answers hangs on the local part of the recipient.
type post struct {
	address string
	secure  *tls.Config // set before start: STARTTLS is offered
	always  bool        // TLS from the first byte

	mutex     sync.Mutex
	letters   []arrival
	connected atomic.Int32 // connections accepted
	from      atomic.Pointer[smtp.SMTPError]
	hang      chan struct{}
}

type arrival struct {
	from, to, helo string
	tls            bool
	text           []byte
}

func start(t *testing.T, p *post) *post {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.address, p.hang = listener.Addr().String(), make(chan struct{})
	s := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{post: p, conn: c}, nil }))
	s.Domain, s.TLSConfig, s.EnableSMTPUTF8 = "relay.example", p.secure, true
	s.ErrorLog = log.New(io.Discard, "", 0)
	if p.always {
		s.TLSConfig = nil
	}
	go func() { _ = s.Serve(&counting{listener, p}) }()
	t.Cleanup(func() {
		close(p.hang)
		_ = s.Close()
	})
	return p
}

func (p *post) arrived() []arrival {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return append([]arrival(nil), p.letters...)
}

// counting counts connections and gives them a wire that can be cut right after the next answer.
type counting struct {
	net.Listener
	post *post
}

func (l *counting) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.post.connected.Add(1)
	if l.post.always {
		return tls.Server(c, l.post.secure), nil
	}
	return &cuttable{Conn: c}, nil
}

type cuttable struct {
	net.Conn
	last atomic.Bool
}

func (c *cuttable) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	if c.last.Load() {
		_ = c.Conn.Close()
	}
	return n, err
}

type session struct {
	post *post
	conn *smtp.Conn
	arrival
}

func (s *session) Mail(from string, o *smtp.MailOptions) error {
	if refusal := s.post.from.Load(); refusal != nil {
		return refusal
	}
	if o.UTF8 {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 6, 7}, Message: "SMTPUTF8 was asked for"}
	}
	if s.from != "" { // as many servers do; this one alone would not mind
		return &smtp.SMTPError{Code: 503, EnhancedCode: smtp.EnhancedCode{5, 5, 1}, Message: "nested MAIL"}
	}
	s.from, s.helo = from, s.conn.Hostname()
	_, s.tls = s.conn.TLSConnectionState()
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	answer := func(code int, enhanced smtp.EnhancedCode, text string) error {
		return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: text}
	}
	switch local, _, _ := strings.Cut(to, "@"); local {
	case "grey":
		return answer(451, smtp.EnhancedCode{4, 7, 1}, "greylisted, come back")
	case "gone":
		return answer(550, smtp.EnhancedCode{5, 1, 1}, "no such user")
	case "full":
		return answer(552, smtp.EnhancedCode{5, 2, 2}, "mailbox full")
	case "busy":
		return answer(421, smtp.EnhancedCode{4, 3, 2}, "too much today")
	}
	return nil
}

func (s *session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	wire, _ := s.conn.Conn().(*cuttable)
	switch local, _, _ := strings.Cut(s.to, "@"); local {
	case "hang":
		<-s.post.hang
	case "cut":
		wire.last.Store(true) // right after the 250
	case "lost":
		_ = wire.Close() // without an answer
		return nil
	case "spam":
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "looks like\nspam"}
	}
	s.text = text
	s.post.mutex.Lock()
	s.post.letters = append(s.post.letters, s.arrival)
	s.post.mutex.Unlock()
	return nil
}

func (s *session) Reset()        { s.arrival = arrival{} }
func (s *session) Logout() error { return nil }

// authority vouches for 127.0.0.1 and relay.example.
func authority(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"relay.example"},
	}
	der, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	root, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(root)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, pool
}

// sender is an SMTP sender with a quick pace.
func sender(t *testing.T, o mail.SMTPOptions) *mail.SMTP {
	t.Helper()
	if o.From.Address == "" {
		o.From = plainLetter().From
	}
	if o.Rate == 0 {
		o.Rate = 1e9 // no pace at all
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s, err := mail.NewSMTP(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// send takes a turn for one letter.
func send(ctx context.Context, s mail.Sender, l mail.Letter) mail.Result {
	turn, why := s.Turn(ctx)
	if turn == nil {
		return why
	}
	defer turn.GiveBack()
	return turn.Send(ctx, l)
}

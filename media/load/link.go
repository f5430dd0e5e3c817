package load

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/rtcp"
	"github.com/pion/srtp/v3"
	"github.com/pion/transport/v4/packetio"
)

const (
	longestDatagram = 1600
	mostEarly       = 512 // packets that came before the keys and are kept for them
	connectWait     = 20 * time.Second
)

var errClosed = errors.New("load: the connection is closed")

// party is what the packets of a link mean to its owner. All methods are called with the link's lock held.
type party interface {
	media(packet []byte, now time.Time) // RTP: in the clear, or as it came when the link is light
	control(packets []rtcp.Packet, now time.Time)
	flush(now time.Time) // after a batch of datagrams
	tick(now time.Time)  // about a hundred times a second
}

// link is one connection: a socket, the checks, the keys.
type link struct {
	field *Field
	party party
	light bool // media is not decrypted
	lose  int  // every so many packets of media are lost on purpose; 0 = none
	to    answer
	up    chan struct{} // closed with the first answered check
	ended atomic.Bool   // by the other end

	mu      sync.Mutex
	sock    *socket
	closed  bool
	checks  checks
	hello   *packetio.Buffer // DTLS that came in
	dtls    *dtls.Conn
	suite   srtp.ProtectionProfile
	out, in *srtp.Context
	early   []earlyPacket
	plain   []byte // scratch for what goes out
	cipher  []byte
	came    int // packets of media, for lose
}

// earlyPacket came while the handshake was not quite over on our side.
type earlyPacket struct {
	b  []byte
	at time.Time
}

func newLink(f *Field, p party, own credentials, to answer) (*link, error) {
	l := &link{field: f, party: p, to: to, up: make(chan struct{}), hello: packetio.NewBuffer()}
	l.checks = checks{local: own, remote: credentials{ufrag: to.ufrag, password: to.password}}
	l.plain, l.cipher = make([]byte, 0, longestDatagram), make([]byte, 0, longestDatagram)
	sock, err := openSocket(to.at)
	if err != nil {
		return nil, fmt.Errorf("load: a socket to %s: %w", to.at, err)
	}
	l.sock = sock
	return l, nil
}

// connect takes the link up: the check, the handshake, the keys. The field reads for it from now on.
func (l *link) connect(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, connectWait)
	defer cancel()
	if err := l.field.loop.add(l); err != nil {
		return err
	}
	l.mu.Lock()
	l.check(l.field.Now())
	l.mu.Unlock()
	select {
	case <-l.up:
	case <-ctx.Done():
		return fmt.Errorf("load: no answer to connectivity checks from %s: %w", l.to.at, ctx.Err())
	}
	conn, err := dtls.ClientWithOptions(tunnel{l}, net.UDPAddrFromAddrPort(l.to.at), l.field.identity.options(l.to.fingerprint)...)
	if err != nil {
		return err
	}
	if err := conn.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("load: handshake with %s: %w", l.to.at, err)
	}
	if err := l.key(conn); err != nil {
		return err
	}
	go l.untilEnd(conn)
	return nil
}

// key takes the keys out of the handshake (RFC 5764 section 4.2) and opens what came too early for them.
func (l *link) key(conn *dtls.Conn) error {
	profile, ok := conn.SelectedSRTPProtectionProfile()
	state, sok := conn.ConnectionState()
	if !ok || !sok {
		return errors.New("load: the handshake gave no SRTP profile")
	}
	c := &srtp.Config{Profile: srtp.ProtectionProfile(profile)}
	if err := c.ExtractSessionKeysFromDTLS(&state, true); err != nil {
		return err
	}
	out, err := srtp.CreateContext(c.Keys.LocalMasterKey, c.Keys.LocalMasterSalt, c.Profile)
	if err != nil {
		return err
	}
	in, err := srtp.CreateContext(c.Keys.RemoteMasterKey, c.Keys.RemoteMasterSalt, c.Profile)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return errClosed
	}
	l.dtls, l.out, l.in, l.suite = conn, out, in, c.Profile
	early := l.early
	l.early = nil
	for _, p := range early {
		l.open(p.b, p.at, make([]byte, 0, longestDatagram))
	}
	return nil
}

// untilEnd waits for the other end's farewell.
func (l *link) untilEnd(conn *dtls.Conn) {
	b := make([]byte, 64)
	for {
		if _, err := conn.Read(b); err != nil {
			l.ended.Store(true)
			return
		}
	}
}

// datagram sorts one datagram (RFC 7983). The caller holds the lock; opened is scratch.
func (l *link) datagram(b []byte, now time.Time, opened []byte) {
	switch {
	case len(b) == 0:
	case b[0] < 4:
		if l.checks.answered(b) {
			close(l.up)
		}
	case b[0] >= 20 && b[0] < 64:
		_, _ = l.hello.Write(b) // a full buffer is a lost packet, and the handshake repeats itself
	case b[0] >= 128 && b[0] < 192 && len(b) >= 12:
		if l.in == nil && !l.light {
			if len(l.early) < mostEarly {
				l.early = append(l.early, earlyPacket{append([]byte(nil), b...), now})
			}
			return
		}
		l.open(b, now, opened)
	}
}

// open takes RTP and RTCP apart (RFC 5761 section 4).
func (l *link) open(b []byte, now time.Time, opened []byte) {
	if b[1] >= 192 && b[1] <= 223 {
		if l.in == nil || l.light {
			return
		}
		plain, err := l.in.DecryptRTCP(opened[:0], b, nil)
		if err != nil {
			return
		}
		if packets, err := rtcp.Unmarshal(plain); err == nil {
			l.party.control(packets, now)
		}
		return
	}
	if l.lose > 0 {
		if l.came++; l.came%l.lose == 0 {
			return
		}
	}
	if l.light {
		l.party.media(b, now)
		return
	}
	plain, err := l.in.DecryptRTP(opened[:0], b, nil)
	if err == nil {
		l.party.media(plain, now)
	}
}

// tick does what is due. The caller holds the lock.
func (l *link) tick(now time.Time) {
	if !now.Before(l.checks.next) {
		l.check(now)
	}
	if l.out != nil {
		l.party.tick(now)
	}
}

func (l *link) check(now time.Time) {
	if b, err := l.checks.request(now); err == nil {
		l.write(b)
	}
}

// write sends a datagram; one that does not fit into the socket's buffer is lost. The caller holds the lock.
func (l *link) write(b []byte) {
	if !l.closed {
		l.sock.write(b)
	}
}

// report sends RTCP. The caller holds the lock.
func (l *link) report(packets ...rtcp.Packet) {
	plain, err := rtcp.Marshal(packets)
	if err != nil || l.out == nil {
		return
	}
	if sealed, err := l.out.EncryptRTCP(l.cipher[:0], plain, nil); err == nil {
		l.write(sealed)
	}
}

// send encrypts and sends one RTP packet. The caller holds the lock.
func (l *link) send(plain []byte) {
	if l.out == nil {
		return
	}
	if sealed, err := l.out.EncryptRTP(l.cipher[:0], plain, nil); err == nil {
		l.write(sealed)
	}
}

// close says farewell and lets go of the socket. It may be called more than once.
func (l *link) close() {
	l.mu.Lock()
	conn := l.dtls
	done := l.closed
	l.mu.Unlock()
	if done {
		return
	}
	if conn != nil {
		_ = conn.Close()
	}
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return
	}
	l.closed = true
	l.mu.Unlock()
	_ = l.hello.Close()
	l.field.loop.drop(l)
}

// tunnel is the link as DTLS sees it.
type tunnel struct{ l *link }

func (t tunnel) ReadFrom(b []byte) (int, net.Addr, error) {
	n, err := t.l.hello.Read(b)
	return n, net.UDPAddrFromAddrPort(t.l.to.at), err
}

func (t tunnel) WriteTo(b []byte, _ net.Addr) (int, error) {
	t.l.mu.Lock()
	defer t.l.mu.Unlock()
	if t.l.closed {
		return 0, errClosed
	}
	t.l.write(b)
	return len(b), nil
}

func (t tunnel) Close() error        { return t.l.hello.Close() }
func (t tunnel) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(netip.AddrPort{}) }

func (t tunnel) SetDeadline(at time.Time) error     { return t.l.hello.SetReadDeadline(at) }
func (t tunnel) SetReadDeadline(at time.Time) error { return t.l.hello.SetReadDeadline(at) }
func (t tunnel) SetWriteDeadline(time.Time) error   { return nil }

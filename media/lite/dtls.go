package lite

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/crypto/elliptic"
	"github.com/pion/srtp/v3"
)

const (
	// settleWait is how long pion's session lives on after the handshake to send its last flight again. It ends sooner
	// when SRTCP or SRTP arrives: who can encrypt that has seen the flight.
	settleWait = 10 * time.Second
	// askEvery bounds how often the session is woken for a record that may be a goodbye.
	askEvery = time.Second
	askWait  = 5 * time.Second

	byClient = "closed by the client"
)

// Content types of DTLS records, RFC 5246 section 6.2.1, and the length of their header, RFC 6347 section 4.1.
const (
	typeChangeCipherSpec = 20
	typeAlert            = 21
	typeHandshake        = 22
	recordHeader         = 13
)

// association is a connection's DTLS; Conn.mu guards it. Measured with 200 connections, pion's session costs three
// goroutines and 25 KiB each, twice as much as everything else here, for a protocol that is over once the keys are there
// but for two things: repeating the last flight, and the goodbyes. So the session is ended without a word when the first
// is over, and for the goodbyes it is resumed from its state.
type association struct {
	wire    *wire
	cancel  context.CancelFunc // ends a handshake
	session *dtls.Conn         // from the handshake until it is retired
	since   time.Time          // when the session was established
	proven  bool               // the client has sent SRTCP or SRTP
	up      bool               // there were keys; no second handshake
	state   *dtls.State        // after the session
	asking  bool
	asked   time.Time
}

var errFingerprint = errors.New("the certificate is not the one in the offer")

// matches compares a certificate with the fingerprint of the offer (RFC 8122 section 5).
func (r Remote) matches(certificate []byte) bool {
	algorithm, sum, _ := strings.Cut(strings.TrimSpace(r.Fingerprint), " ")
	want, err := hex.DecodeString(strings.ReplaceAll(strings.TrimSpace(sum), ":", ""))
	if err != nil {
		return false
	}
	switch strings.ToLower(algorithm) {
	case "sha-256":
		is := sha256.Sum256(certificate)
		return bytes.Equal(is[:], want)
	case "sha-384":
		is := sha512.Sum384(certificate)
		return bytes.Equal(is[:], want)
	case "sha-512":
		is := sha512.Sum512(certificate)
		return bytes.Equal(is[:], want)
	}
	return false
}

// options are those of pion's PeerConnection, apart from our order of profiles. The hello verification is left out
// because only places with a checked STUN request get this far.
func (c *Conn) options() []dtls.ServerOption {
	return []dtls.ServerOption{
		dtls.WithCertificates(c.host.config.Certificate),
		dtls.WithSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80),
		dtls.WithExtendedMasterSecret(dtls.RequireExtendedMasterSecret),
		dtls.WithEllipticCurves(elliptic.X25519, elliptic.P256, elliptic.P384),
		dtls.WithClientAuth(dtls.RequireAnyClientCert),
		dtls.WithInsecureSkipVerify(true), // there is no authority; the fingerprint is all
		dtls.WithVerifyPeerCertificate(func(raw [][]byte, _ [][]*x509.Certificate) error {
			if len(raw) == 0 || !c.remote.matches(raw[0]) {
				return errFingerprint
			}
			return nil
		}),
		dtls.WithInsecureSkipVerifyHello(true),
		dtls.WithLoggerFactory(pionLog{Log: c.host.config.Log}),
	}
}

// record takes one datagram of DTLS records.
func (c *Conn) record(at place, b []byte, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	d := &c.dtls
	switch {
	case c.ended.Load() || d.up && !settled(b) || !d.up && premature(b):
	case d.wire != nil:
		d.wire.push(b)
	case !d.up && b[0] == typeHandshake:
		d.wire = newWire(net.UDPAddrFromAddrPort(at.address()), c.send, c.closed)
		d.wire.push(b)
		go c.handshake(d.wire)
	case d.state != nil && b[0] == typeAlert && !d.asking && now.Sub(d.asked) >= askEvery:
		d.asking, d.asked = true, now
		go c.ask(d.state, append([]byte(nil), b...))
	}
}

// settled tells whether a datagram makes sense once there are keys: encrypted records, and the client's last flight
// again. Anything else in the clear is not the client's; pion would believe a goodbye that anybody could have sent.
func settled(b []byte) bool {
	for len(b) > 0 {
		if len(b) < recordHeader {
			return false
		}
		clear := binary.BigEndian.Uint16(b[3:]) == 0
		if clear && b[0] != typeHandshake && b[0] != typeChangeCipherSpec {
			return false
		}
		n := recordHeader + int(binary.BigEndian.Uint16(b[11:]))
		if n > len(b) {
			return false
		}
		b = b[n:]
	}
	return true
}

// premature tells whether a datagram before the keys starts with an encrypted record that is no handshake. No client sends
// it, and pion would queue it without copying it out of a buffer that the next read overwrites.
func premature(b []byte) bool {
	return len(b) >= recordHeader && binary.BigEndian.Uint16(b[3:]) != 0 && b[0] != typeHandshake
}

// send gives one packet to the path.
func (c *Conn) send(b []byte) { c.path.Load().place().write(b) }

// handshake runs on a goroutine of its own, from the client's first record to the keys.
func (c *Conn) handshake(w *wire) {
	defer c.contain()
	limit, done := c.host.config.Handshake()
	ctx, cancel := context.WithCancel(limit)
	defer cancel()
	c.mu.Lock()
	c.dtls.cancel = cancel
	c.mu.Unlock()
	if c.ended.Load() {
		cancel()
	}
	session, err := dtls.ServerWithOptions(w, w.addr, c.options()...)
	if err == nil {
		err = session.HandshakeContext(ctx)
	}
	if done != nil {
		done()
	}
	if err != nil {
		c.fail(fmt.Sprintf("handshake: %v", err))
		return
	}
	if err := c.establish(session, w); err != nil {
		c.fail(fmt.Sprintf("keys: %v", err))
		session.Close()
	}
}

// establish takes the keys out of a session. From then on it belongs to the connection.
func (c *Conn) establish(session *dtls.Conn, w *wire) error {
	profile, ok := session.SelectedSRTPProtectionProfile()
	if !ok {
		return errors.New("no SRTP")
	}
	state, ok := session.ConnectionState()
	if !ok {
		return errors.New("no DTLS state")
	}
	keys := srtp.Config{Profile: srtp.ProtectionProfile(profile)}
	if err := keys.ExtractSessionKeysFromDTLS(&state, false); err != nil {
		return err
	}
	k := keys.Keys
	sealer, err := newSealer(keys.Profile, k.LocalMasterKey, k.LocalMasterSalt)
	if err != nil {
		return err
	}
	out, err := srtp.CreateContext(k.LocalMasterKey, k.LocalMasterSalt, keys.Profile)
	if err != nil {
		return err
	}
	in, err := srtp.CreateContext(k.RemoteMasterKey, k.RemoteMasterSalt, keys.Profile,
		srtp.SRTCPReplayProtection(replayWindow), srtp.SRTPReplayProtection(replayWindow))
	if err != nil {
		return err
	}
	c.mu.Lock()
	if c.ended.Load() {
		c.mu.Unlock()
		return session.Close()
	}
	c.dtls.session, c.dtls.up, c.dtls.since, c.dtls.cancel = session, true, c.host.config.Clock(), nil
	c.mu.Unlock()
	c.installed(sealer, in, out)
	if w.closed.Load() { // so soon that closed had nothing to end yet
		c.fail(byClient)
	}
	return nil
}

// closed is pion's word that the session ended. A handshake has its own way to say so.
func (c *Conn) closed() {
	c.mu.Lock()
	up := c.dtls.up
	c.mu.Unlock()
	if up {
		c.fail(byClient)
	}
}

func (c *Conn) installed(sealer *Sealer, in, out *srtp.Context) {
	c.outMu.Lock()
	c.out = out
	c.outMu.Unlock()
	c.inMu.Lock()
	c.in = in
	c.inMu.Unlock()
	c.sealer.Store(sealer)
	if c.events.Up != nil && !c.ended.Load() {
		c.events.Up()
	}
	if c.events.RTP != nil {
		c.admit(&opener{context: in})
	}
}

// retire ends pion's session when it is of no more use, without telling the client.
func (c *Conn) retire(now time.Time) {
	c.mu.Lock()
	d := &c.dtls
	session, w := d.session, d.wire
	if session == nil || !d.proven && now.Sub(d.since) < settleWait {
		c.mu.Unlock()
		return
	}
	d.session, d.wire = nil, nil
	c.mu.Unlock()
	w.quiet.Store(true)
	session.Close()
	state, ok := session.ConnectionState() // after Close, whose alert used up a sequence number
	if !ok {
		return
	}
	state.PeerCertificates = nil
	c.mu.Lock()
	d.state = &state
	c.mu.Unlock()
}

// ask wakes the session to learn whether an encrypted alert is the client's goodbye.
func (c *Conn) ask(state *dtls.State, b []byte) {
	defer c.contain()
	closed := make(chan struct{})
	w := newWire(&net.UDPAddr{}, func([]byte) {}, func() { close(closed) })
	drained := make(chan struct{})
	w.drained = drained
	w.push(b)
	goodbye := false
	// What the record did to the session may come back as the handshake's error, so that one says nothing.
	if session, _ := c.resume(state, w, askWait); session != nil {
		limit := time.NewTimer(askWait)
		defer limit.Stop()
		select {
		case <-closed:
			goodbye = true
		case <-drained:
		case <-limit.C:
		}
		w.quiet.Store(true)
		session.Close()
	}
	c.mu.Lock()
	c.dtls.asking = false
	if goodbye {
		c.dtls.state = nil // nobody is there to be told
	}
	c.mu.Unlock()
	if goodbye {
		c.fail(byClient)
	}
}

// resume makes a session out of its state.
func (c *Conn) resume(state *dtls.State, w *wire, wait time.Duration) (*dtls.Conn, error) {
	session, err := dtls.ResumeWithOptions(state, w, w.addr,
		dtls.WithCertificates(c.host.config.Certificate), dtls.WithLoggerFactory(pionLog{Log: c.host.config.Log}))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	return session, session.HandshakeContext(ctx)
}

// goodbye ends the session, whatever stage it is in, with a close_notify once there are keys.
func (c *Conn) goodbye() {
	c.mu.Lock()
	d := c.dtls
	c.dtls.session, c.dtls.wire, c.dtls.state, c.dtls.cancel = nil, nil, nil, nil
	c.mu.Unlock()
	switch {
	case d.session != nil:
		d.session.Close()
	case d.state != nil:
		w := newWire(&net.UDPAddr{}, c.send, nil)
		if session, err := c.resume(d.state, w, askWait); err == nil {
			session.Close()
		}
	case d.wire != nil:
		if d.cancel != nil {
			d.cancel()
		}
		d.wire.stop()
	}
}

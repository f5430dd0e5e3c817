package lite

import (
	"context"
	"crypto/tls"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
)

// Connections come up, talk, and are ended from all sides at the same time; nothing stays behind.
func TestEverythingAtOnce(t *testing.T) {
	s := newSite(t, 1)
	certificate := testCertificate(t)
	remote := Remote{Ufrag: "them", Fingerprint: fingerprintOf(certificate)}
	before := runtime.NumGoroutine()
	var clients, others sync.WaitGroup
	var stop atomic.Bool
	for i := range 24 {
		var up, down atomic.Int32
		c := s.Open(remote, Events{
			Up: func() { up.Add(1) }, RTCP: func([]byte) {}, Down: func(string) { down.Add(1) },
		})
		p := newPhone(t, s)
		clients.Go(func() {
			p.send(checkFor(t, c, useCandidate))
			p.receive()
			_ = p.SetReadDeadline(time.Time{})
			p.handshakeMayFail(certificate)
			switch i % 4 {
			case 0:
				c.Close()
			case 1:
				c.fail("test")
			case 2:
				c.tick(s.now().Add(time.Hour))
			}
			c.Close()
			if up.Load() > 1 || down.Load() > 1 {
				t.Errorf("up %d times, down %d times", up.Load(), down.Load())
			}
		})
		others.Go(func() {
			for n := 0; !stop.Load(); n++ {
				s.Packet(s.sockets[0], p.addr(), checkFor(t, c, useCandidate), s.now())
				s.Packet(s.sockets[0], p.addr(), []byte{typeAlert, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 9, 0, 2, 1, 0}, s.now())
				s.Packet(s.sockets[0], p.addr(), append([]byte{0x80, 200}, make([]byte, 40)...), s.now())
				_ = c.WriteRTCP([]byte{0x80, 201, 0, 1, 0, 0, 0, 5})
				if path := c.Path(); path != nil {
					path.place().write([]byte{0x80, 96})
				}
				s.Tick(s.now())
				if n == i*10 && i%2 == 1 {
					c.Close()
				}
				runtime.Gosched()
			}
		})
	}
	clients.Wait()
	stop.Store(true)
	others.Wait()
	if s.known() != 0 || len(s.all()) != 0 {
		t.Errorf("%d addresses and %d connections are left", s.known(), len(s.all()))
	}
	eventually(t, "the goroutines end", func() bool { return runtime.NumGoroutine() <= before })
}

// handshakeMayFail is a handshake with an end that may vanish at any moment.
func (p *phone) handshakeMayFail(certificate tls.Certificate) {
	session, err := dtls.ClientWithOptions(p.UDPConn, net.UDPAddrFromAddrPort(p.to), dtls.WithCertificates(certificate),
		dtls.WithSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM), dtls.WithInsecureSkipVerify(true))
	if err != nil {
		p.t.Error(err)
		return
	}
	ctx, cancel := context.WithTimeout(p.t.Context(), 2*time.Second)
	defer cancel()
	if session.HandshakeContext(ctx) == nil {
		p.reports(session)
	}
	session.Close()
}

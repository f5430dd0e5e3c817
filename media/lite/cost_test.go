package lite

import (
	"context"
	"crypto/tls"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/rtcp"
	"github.com/pion/srtp/v3"
)

// dial is a client of the smallest kind: a check, a handshake, one report.
func (p *phone) dial(c *Conn, certificate tls.Certificate) *dtls.Conn {
	p.t.Helper()
	p.send(checkFor(p.t, c, useCandidate))
	p.receive()
	_ = p.SetReadDeadline(time.Time{})
	session, err := dtls.ClientWithOptions(p.UDPConn, net.UDPAddrFromAddrPort(p.to), dtls.WithCertificates(certificate),
		dtls.WithSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM), dtls.WithInsecureSkipVerify(true),
		dtls.WithExtendedMasterSecret(dtls.RequireExtendedMasterSecret))
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(p.t.Context(), 20*time.Second)
	defer cancel()
	if err := session.HandshakeContext(ctx); err != nil {
		p.t.Fatal(err)
	}
	eventually(p.t, "up", func() bool { return c.Sealer() != nil })
	p.reports(session)
	return session
}

// ring is dial by one who leaves nothing behind in this process, and says no goodbye.
func (p *phone) ring(c *Conn, certificate tls.Certificate) {
	p.t.Helper()
	session := p.dial(c, certificate)
	p.UDPConn.Close()
	session.Close()
}

func (p *phone) reports(session *dtls.Conn) {
	p.t.Helper()
	state, _ := session.ConnectionState()
	keys := srtp.Config{Profile: srtp.ProtectionProfileAeadAes128Gcm}
	if err := keys.ExtractSessionKeysFromDTLS(&state, true); err != nil {
		p.t.Fatal(err)
	}
	out, err := srtp.CreateContext(keys.Keys.LocalMasterKey, keys.Keys.LocalMasterSalt, keys.Profile)
	if err != nil {
		p.t.Fatal(err)
	}
	b, err := rtcp.Marshal([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: 5}})
	if err != nil {
		p.t.Fatal(err)
	}
	sealed, err := out.EncryptRTCP(nil, b, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	p.send(sealed)
}

type usage struct {
	goroutines int
	bytes      uint64
}

func measure() usage {
	var m runtime.MemStats
	for range 3 {
		runtime.GC()
		time.Sleep(20 * time.Millisecond)
	}
	runtime.ReadMemStats(&m)
	return usage{runtime.NumGoroutine(), m.HeapAlloc + m.StackInuse}
}

// What a connection that is up costs: three goroutines and 37 KiB while the session of its handshake lives, no goroutine
// and 12 KiB after that. The bound leaves room for what the race detector adds.
func TestCostPerConnection(t *testing.T) {
	const count = 200
	s := newSite(t, 1)
	certificate := testCertificate(t)
	remote := Remote{Ufrag: "them", Fingerprint: fingerprintOf(certificate)}
	newPhone(t, s).ring(s.Open(remote, Events{}), certificate) // what is made once
	before := measure()
	all := make([]*Conn, count)
	for i := range all {
		all[i] = s.Open(remote, Events{})
		newPhone(t, s).ring(all[i], certificate)
	}
	eventually(t, "every report", func() bool {
		n := 0
		for _, c := range all {
			c.mu.Lock()
			if c.dtls.proven {
				n++
			}
			c.mu.Unlock()
		}
		return n == count
	})
	during := measure()
	s.Tick(s.now())
	eventually(t, "the sessions end", func() bool { return runtime.NumGoroutine() <= before.goroutines })
	after := measure()
	t.Logf("with the session: %.1f goroutines and %.1f KiB, without %.1f and %.1f KiB",
		float64(during.goroutines-before.goroutines)/count, float64(during.bytes-before.bytes)/count/1024,
		float64(after.goroutines-before.goroutines)/count, float64(int64(after.bytes-before.bytes))/count/1024)
	if per := int64(after.bytes-before.bytes) / count; per > 40<<10 {
		t.Errorf("%d bytes per connection", per)
	}
	runtime.KeepAlive(all)
}

func fingerprintOf(c tls.Certificate) string {
	h, _ := NewHost(Config{Certificate: c})
	return h.Fingerprint()
}

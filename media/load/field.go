package load

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/pion/dtls/v3"
)

// studioEvery is how often the publishers look at the clock.
const studioEvery = 5 * time.Millisecond

// Options are what a Field is told.
type Options struct {
	Now      func() time.Time
	KeyEvery time.Duration // between key frames that nobody asked for; 0 = two seconds, at most ten
	Uneven   bool          // packets of one frame differ by a byte, as those of browsers do
	Lose     int           // full viewers lose every so many packets before they look at them; 0 = none
	// Sweep is how long the reader rests after each round, so that a sender on the same machine does not pay for waking
	// it up. It blurs dates by as much. 0 = it reads at once.
	Sweep time.Duration
}

// Field is where everybody is: one reader of all sockets, one studio for all publishers, one certificate.
type Field struct {
	Options
	identity identity
	loop     *loop
	web      *http.Transport
	latency  latencies

	mu         sync.Mutex
	publishers []*Publisher
	viewers    []*Viewer
	breath     sync.Mutex // held while publishers send, and while they must not
	stop       chan struct{}
	studio     sync.WaitGroup
}

// Open makes a field. Errors: of the system alone.
func Open(o Options) (*Field, error) {
	id, err := newIdentity(o.Now())
	if err != nil {
		return nil, err
	}
	web := &http.Transport{MaxIdleConnsPerHost: 256, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} // its own certificate
	f := &Field{Options: o, identity: id, web: web, stop: make(chan struct{})}
	if f.loop, err = newLoop(f); err != nil {
		return nil, err
	}
	f.studio.Go(f.perform)
	return f, nil
}

// Close hangs everybody up.
func (f *Field) Close() {
	close(f.stop)
	f.studio.Wait()
	f.mu.Lock()
	links := make([]*link, 0, len(f.publishers)+len(f.viewers))
	for _, p := range f.publishers {
		links = append(links, p.link)
	}
	for _, v := range f.viewers {
		links = append(links, v.link)
	}
	f.mu.Unlock()
	for _, l := range links {
		l.close()
	}
	f.loop.close()
	f.web.CloseIdleConnections()
}

func (f *Field) keyEvery() time.Duration {
	if f.KeyEvery <= 0 {
		return keyEvery
	}
	return min(f.KeyEvery, 10*time.Second)
}

// perform is the studio: everything that is due is sent, and then nothing for five milliseconds.
func (f *Field) perform() {
	tick := time.NewTicker(studioEvery)
	defer tick.Stop()
	var all []*Publisher
	for {
		select {
		case <-f.stop:
			return
		case <-tick.C:
		}
		f.mu.Lock()
		all = append(all[:0], f.publishers...)
		f.mu.Unlock()
		f.breath.Lock()
		for _, p := range all {
			p.perform(f.Now())
		}
		f.breath.Unlock()
	}
}

// identity is the certificate that all links show.
type identity struct {
	certificate tls.Certificate
	fingerprint string
}

func newIdentity(now time.Time) (id identity, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return id, err
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "load"}, NotBefore: now.AddDate(0, 0, -1), NotAfter: now.AddDate(0, 1, 0)}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key)
	if err != nil {
		return id, err
	}
	return identity{tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, fingerprint(der)}, nil
}

// fingerprint is a certificate as descriptions name it (RFC 8122 section 5).
func fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	pairs := make([]string, len(sum))
	for i, b := range sum {
		pairs[i] = strings.ToUpper(hex.EncodeToString([]byte{b}))
	}
	return strings.Join(pairs, ":")
}

// options are a handshake with a server whose certificate has a fingerprint. Browsers that prefer another cipher take
// this one when the server does.
func (id identity) options(theirs string) []dtls.ClientOption {
	_, want, _ := strings.Cut(theirs, " ")
	return []dtls.ClientOption{
		dtls.WithCertificates(id.certificate),
		dtls.WithSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80),
		dtls.WithExtendedMasterSecret(dtls.RequireExtendedMasterSecret),
		dtls.WithInsecureSkipVerify(true), // the fingerprint is the proof
		dtls.WithVerifyPeerCertificate(func(raw [][]byte, _ [][]*x509.Certificate) error {
			if len(raw) == 0 || !strings.EqualFold(fingerprint(raw[0]), want) {
				return errors.New("load: the server's certificate is not the one in its answer")
			}
			return nil
		}),
	}
}

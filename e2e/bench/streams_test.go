package bench

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"html"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"foyer/e2e/figure"
)

const (
	streams   = 2_000
	perSocket = 200 // streams on one connection, in the second figure; Go's server allows 250
	settling  = 10 * time.Second
)

var streamAddress = regexp.MustCompile(`hx-sse:connect="([^"]+)"`)

// BenchmarkStreams prints what an open dashboard that nothing happens on costs in memory, over HTTP/2 and TLS. Each is a
// connection of its own, as each is another person's browser, and loads the dashboard before its stream, as a browser
// does; all carry the cookie of one account. stream_kib_shared is the same with 200 streams on each connection.
func BenchmarkStreams(b *testing.B) {
	cert, key := selfSigned(b)
	figure.Note("streams: %d, one account, RSS %s after the last was opened, no forced collection", streams, settling)
	for _, way := range []struct {
		name      string
		perSocket int
	}{{"stream_kib", 1}, {"stream_kib_shared", perSocket}} {
		var kib []float64
		for range runs {
			kib = append(kib, streamsOnce(b, way.perSocket, cert, key))
		}
		figure.Spread(way.name, kib, "KiB", streams)
	}
}

func streamsOnce(b *testing.B, perSocket int, cert, key string) float64 {
	product := serve(b, fresh(b), "--tls-cert", cert, "--tls-key", key)
	defer product.stop()
	ada := signIn(b, product.url)
	ada.furnish(tiles)
	for range 20 { // what the first pages leave behind is not the streams'
		ada.home()
	}
	time.Sleep(settling)
	before := product.rss()
	ctx, cancel := context.WithCancel(context.Background())
	var open sync.WaitGroup
	defer open.Wait()
	defer cancel()
	address := html.UnescapeString(streamAddress.FindStringSubmatch(ada.home())[1])
	for range streams / perSocket {
		socket := &http.Transport{TLSClientConfig: trusting(), ForceAttemptHTTP2: true}
		defer socket.CloseIdleConnections()
		for range perSocket {
			listen(ctx, b, socket, &open, product.url, address, ada.cookie())
		}
	}
	time.Sleep(settling)
	return (product.rss() - before) / streams
}

// listen loads the dashboard and opens its stream, and returns once the stream has said something.
func listen(ctx context.Context, b *testing.B, socket *http.Transport, open *sync.WaitGroup, at, address, cookie string) {
	b.Helper()
	page := request(ctx, b, socket, at+"/", cookie)
	if _, err := io.Copy(io.Discard, page.Body); err != nil {
		b.Fatal(err)
	}
	page.Body.Close()
	stream := request(ctx, b, socket, at+address, cookie)
	if stream.ProtoMajor != 2 || stream.TLS == nil {
		b.Fatal("the stream is not HTTP/2 over TLS")
	}
	first := make([]byte, 512)
	n, err := stream.Body.Read(first)
	if err != nil || !bytes.Contains(first[:n], []byte("event: ping")) {
		b.Fatalf("the stream began with %q, %v", first[:n], err)
	}
	open.Go(func() {
		defer stream.Body.Close()
		if _, err := io.Copy(io.Discard, stream.Body); ctx.Err() == nil {
			b.Errorf("a stream ended: %v", err)
		}
	})
}

func request(ctx context.Context, b *testing.B, socket *http.Transport, address, cookie string) *http.Response {
	b.Helper()
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		b.Fatal(err)
	}
	q.Header.Set("Cookie", cookie)
	q.Header.Set("Accept-Encoding", "gzip, deflate, br, zstd")
	answer, err := socket.RoundTrip(q)
	if err != nil {
		b.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		b.Fatalf("GET %s: %s", address, answer.Status)
	}
	return answer
}

// selfSigned makes a certificate for this machine, of the kind that ACME gives: ECDSA P-256.
func selfSigned(b *testing.B) (cert, key string) {
	b.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	public, err := x509.CreateCertificate(rand.Reader, form, form, &private.PublicKey, private)
	if err != nil {
		b.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		b.Fatal(err)
	}
	cert, key = filepath.Join(b.TempDir(), "cert.pem"), filepath.Join(b.TempDir(), "key.pem")
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: public}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	return cert, key
}

package main

import (
	"context"
	"crypto/tls"
	"path/filepath"
	"strings"

	"github.com/caddyserver/certmagic"
)

// tlsConfig is nil when Foyer speaks plain http: on localhost, or behind a proxy that speaks https.
func tlsConfig(c Config) (*tls.Config, error) {
	switch {
	case c.TLSCert != "":
		pair, err := tls.LoadX509KeyPair(c.TLSCert, strings.TrimPrefix(c.TLSKey, "@"))
		if err != nil {
			return nil, usage("--tls-cert, --tls-key: %v", err)
		}
		return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}, nil
	case c.TLSACME:
		return acme(c)
	}
	return nil, nil
}

// acme gets a certificate for the public name by TLS-ALPN-01 on our own listener, and renews it.
func acme(c Config) (*tls.Config, error) {
	public, err := c.public()
	if err != nil {
		return nil, err
	}
	certmagic.DefaultACME.Agreed = true
	certmagic.DefaultACME.Email = c.Contact
	certmagic.DefaultACME.DisableHTTPChallenge = true
	certmagic.Default.Storage = &certmagic.FileStorage{Path: filepath.Join(c.Data.Data, "acme")}
	magic := certmagic.NewDefault()
	if err := magic.ManageAsync(context.Background(), []string{public.Hostname()}); err != nil {
		return nil, err
	}
	conf := magic.TLSConfig()
	conf.NextProtos = append([]string{"h2", "http/1.1"}, conf.NextProtos...)
	return conf, nil
}

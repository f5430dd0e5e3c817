package mail

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/emersion/go-msgauth/dkim"
)

// signed are the headers under the signature. A name stands twice where nobody may add another (RFC 6376 8.15). What
// RFC 8058 4 wants signed is in it; a header that the letter does not have may not be added either. go-mail's own signer
// stays unused: as of v0.8.1 it folds a list of this length inside a name, and the signature is invalid.
var signed = []string{
	"From", "From", "To", "Subject", "Subject", "Date", "Message-ID", "Reply-To", "In-Reply-To", "References",
	"MIME-Version", "Content-Type", "Auto-Submitted", "List-Unsubscribe", "List-Unsubscribe-Post",
}

// weakest is the shortest RSA key in bits that receivers accept (RFC 8301 3.2).
const weakest = 1024

// Key signs letters for the domain of their sender (DKIM, RFC 6376; Ed25519 by RFC 8463).
type Key struct {
	selector string
	signer   crypto.Signer
}

// KeyError says that a letter could not be signed. It is not sent without: whoever is told by DMARC to refuse unsigned
// letters would refuse it.
type KeyError struct{ err error }

func (e *KeyError) Error() string { return "sign letter: " + e.err.Error() }
func (e *KeyError) Unwrap() error { return e.err }

// ParseKey reads a private key in PEM, RSA or Ed25519, as openssl genpkey and openssl genrsa write it. The selector is
// the name of the DNS record: selector._domainkey.example.org. Errors hold nothing of the key.
func ParseKey(text []byte, selector string) (*Key, error) {
	if !isSelector(selector) {
		return nil, errors.New("the DKIM selector is a name such as foyer2026: letters, digits, hyphens and dots")
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("the DKIM key is not a PEM file")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		if key, err = x509.ParsePKCS1PrivateKey(block.Bytes); err != nil {
			return nil, errors.New("the DKIM key is no private key that can be read: make one with openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:2048")
		}
	}
	switch k := key.(type) {
	case *rsa.PrivateKey:
		if k.N.BitLen() < weakest {
			return nil, fmt.Errorf("the DKIM key has %d bits; receivers want %d, better 2048", k.N.BitLen(), weakest)
		}
		return &Key{selector, k}, nil
	case ed25519.PrivateKey:
		return &Key{selector, k}, nil
	}
	return nil, errors.New("the DKIM key is neither RSA nor Ed25519")
}

// Record is the DNS record that receivers check against: its name below domain, and the text of type TXT.
func (k *Key) Record(domain string) (name, text string, err error) {
	kind, public := "rsa", []byte(nil)
	switch p := k.signer.Public().(type) {
	case ed25519.PublicKey:
		kind, public = "ed25519", p // the bare 32 bytes, RFC 8463 4
	default:
		if public, err = x509.MarshalPKIXPublicKey(p); err != nil {
			return "", "", fmt.Errorf("public half of the DKIM key: %w", err)
		}
	}
	return k.selector + "._domainkey." + domain, "v=DKIM1; k=" + kind + "; p=" + base64.StdEncoding.EncodeToString(public), nil
}

// sign gives the letter with its signature in front. Both are relaxed, because relays fold headers anew.
func (k *Key) sign(letter []byte, domain string) ([]byte, error) {
	var b bytes.Buffer
	err := dkim.Sign(&b, bytes.NewReader(letter), &dkim.SignOptions{
		Domain: domain, Selector: k.selector, Signer: k.signer, Hash: crypto.SHA256, HeaderKeys: signed,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
	})
	if err != nil {
		return nil, &KeyError{err}
	}
	return b.Bytes(), nil
}

// isSelector takes names of DNS records in the letters that people use for them.
func isSelector(name string) bool {
	return name != "" && len(name) <= 60 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == "" && name[0] != '.'
}

package handlers

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"foyer/meet"
)

// seal keeps what a cookie says from being read or changed: AES-256-GCM under a key of its own.
type seal struct{ aead cipher.AEAD }

func newSeal(secret []byte) seal {
	block, err := aes.NewCipher(derive(secret, "foyer door cookie"))
	if err != nil {
		panic(err) // the key has the right length
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return seal{aead}
}

func derive(secret []byte, use string) []byte {
	key, err := hkdf.Key(sha256.New, secret, nil, use, 32)
	if err != nil {
		panic(err) // 32 bytes are never too many
	}
	return key
}

func (s seal) close(what any) (string, error) {
	plain, err := json.Marshal(what)
	if err != nil {
		return "", err
	}
	nonce := make([]byte, s.aead.NonceSize())
	rand.Read(nonce)
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nonce, nonce, plain, nil)), nil
}

func (s seal) open(sealed string, into any) bool {
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil || len(raw) < s.aead.NonceSize() {
		return false
	}
	plain, err := s.aead.Open(nil, raw[:s.aead.NonceSize()], raw[s.aead.NonceSize():], nil)
	return err == nil && json.Unmarshal(plain, into) == nil
}

// ticketKey signs tickets: what lets one pass open its stream and its media, on this node or on another one, for two
// minutes. The stream renews it.
type ticketKey []byte

const (
	ticketLasts   = 2 * time.Minute
	ticketRenewed = time.Minute
)

func newTicketKey(secret []byte) ticketKey { return derive(secret, "foyer pass ticket") }

// ticket says which pass in which room until when, and a MAC over that.
func (k ticketKey) ticket(room, pass meet.ID, now time.Time) string {
	said := string(room) + "." + string(pass) + "." + strconv.FormatInt(now.Add(ticketLasts).Unix(), 36)
	return said + "." + k.mac(said)
}

// read gives the pass and room of a ticket that is genuine and not over.
func (k ticketKey) read(ticket string, now time.Time) (room, pass meet.ID, ok bool) {
	cut := strings.LastIndexByte(ticket, '.')
	if cut < 0 || len(ticket) > 200 || !hmac.Equal([]byte(ticket[cut+1:]), []byte(k.mac(ticket[:cut]))) {
		return "", "", false
	}
	part := strings.Split(ticket[:cut], ".")
	if len(part) != 3 {
		return "", "", false
	}
	until, err := strconv.ParseInt(part[2], 36, 64)
	return meet.ID(part[0]), meet.ID(part[1]), err == nil && now.Unix() < until
}

func (k ticketKey) mac(said string) string {
	m := hmac.New(sha256.New, k)
	m.Write([]byte(said))
	return meet.Base32.EncodeToString(m.Sum(nil)[:20])
}

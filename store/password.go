package store

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"

	"golang.org/x/crypto/argon2"
)

// Argon2id with 19 MiB, two passes and one lane: OWASP's first choice, 31 ms of CPU here. Not more than one hash per
// core at a time, so that a flood of sign-ins cannot starve the packets.
const (
	argonMemory = 19 * 1024 // KiB
	argonPasses = 2
	argonLanes  = 1
)

var hashing = make(chan struct{}, runtime.GOMAXPROCS(0))

// HashPassword gives the PHC string of a password (RFC 9106; the PHC string format). It waits for a free core.
func HashPassword(ctx context.Context, password string) (string, error) {
	salt := make([]byte, 16)
	rand.Read(salt)
	key, err := argon(ctx, password, salt, argonMemory, argonPasses, argonLanes)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonPasses, argonLanes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key)), nil
}

// CheckPassword tells whether password made phc. An empty phc (an unknown address) costs the same time and is false.
func CheckPassword(ctx context.Context, phc, password string) (bool, error) {
	known := phc != ""
	if !known {
		phc = nobody
	}
	var version, memory, passes, lanes int
	var salt64, key64 string
	n, err := fmt.Sscanf(phc, "$argon2id$v=%d$m=%d,t=%d,p=%d$", &version, &memory, &passes, &lanes)
	if err != nil || n != 4 {
		return false, fmt.Errorf("password hash of an unknown form")
	}
	if salt64, key64, err = lastTwo(phc); err != nil {
		return false, err
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(salt64)
	want, err2 := base64.RawStdEncoding.DecodeString(key64)
	if err1 != nil || err2 != nil || version != argon2.Version {
		return false, fmt.Errorf("password hash of an unknown form")
	}
	got, err := argon(ctx, password, salt, uint32(memory), uint32(passes), uint8(lanes))
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1 && known, nil
}

// nobody is a hash that no password makes.
const nobody = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

func lastTwo(phc string) (salt, key string, err error) {
	end := len(phc)
	for i := len(phc) - 1; i >= 0; i-- {
		if phc[i] != '$' {
			continue
		}
		if key == "" {
			key, end = phc[i+1:end], i
			continue
		}
		return phc[i+1 : end], key, nil
	}
	return "", "", fmt.Errorf("password hash of an unknown form")
}

func argon(ctx context.Context, password string, salt []byte, memory, passes uint32, lanes uint8) ([]byte, error) {
	select {
	case hashing <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-hashing }()
	return argon2.IDKey([]byte(password), salt, passes, memory, lanes, 32), nil
}

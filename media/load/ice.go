package load

import (
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/stun/v4"
)

const (
	firstCheck   = 50 * time.Millisecond // until an unanswered check is repeated; doubles
	slowestCheck = 500 * time.Millisecond
	consentEvery = 2500 * time.Millisecond // half of what RFC 7675 section 5.1 asks for, as browsers do
)

// checks is our half of ICE towards a lite peer: one pair, nominated at once (RFC 8445 sections 7.2 and 8.1.1).
type checks struct {
	remote, local credentials
	id            [stun.TransactionIDSize]byte // of the last one
	next          time.Time
	tries         int
	nominated     bool
	consented     uint64 // answers so far
}

// request is the next check.
func (c *checks) request(now time.Time) ([]byte, error) {
	m, err := stun.Build(stun.TransactionID, stun.BindingRequest, stun.NewUsername(c.remote.ufrag+":"+c.local.ufrag),
		ice.UseCandidate(), ice.AttrControlling(1), ice.PriorityAttr(110<<24|65535<<8|255),
		stun.NewShortTermIntegrity(c.remote.password), stun.Fingerprint)
	if err != nil {
		return nil, err
	}
	c.id = m.TransactionID
	wait := consentEvery
	if !c.nominated {
		wait = min(firstCheck<<min(c.tries, 10), slowestCheck)
	}
	c.tries++
	c.next = now.Add(wait)
	return m.Raw, nil
}

// answered tells whether b is the first good answer that makes the pair usable. What is none is ignored; the message
// that consents again is only compared by its number.
func (c *checks) answered(b []byte) (first bool) {
	m := &stun.Message{Raw: b}
	if m.Decode() != nil || m.Type != stun.BindingSuccess || m.TransactionID != c.id {
		return false
	}
	if !c.nominated && stun.NewShortTermIntegrity(c.remote.password).Check(m) != nil {
		return false
	}
	c.consented++
	if c.nominated {
		return false
	}
	c.nominated, c.tries = true, 0
	return true
}

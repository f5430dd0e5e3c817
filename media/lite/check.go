package lite

import (
	"bytes"
	"net/netip"
	"time"

	"github.com/pion/stun/v4"
)

// checkName decodes b into m and gives the local half of the name in a binding request that claims to be signed. The
// decoder leaves out what follows the signature (RFC 8489 section 14.5), so that nobody else can add to it.
func checkName(m *stun.Message, b []byte) ([]byte, bool) {
	if !stun.IsMessage(b) {
		return nil, false
	}
	m.Raw = append(m.Raw[:0], b...)
	if m.Decode() != nil || m.Type != stun.BindingRequest || !m.Contains(stun.AttrMessageIntegrity) {
		return nil, false
	}
	if m.Contains(stun.AttrFingerprint) && stun.Fingerprint.Check(m) != nil {
		return nil, false
	}
	user, err := m.Get(stun.AttrUsername)
	name, _, ok := bytes.Cut(user, []byte(":"))
	return name, err == nil && ok
}

// check answers one connectivity check (RFC 8445 section 7.3). One that its own client did not make gets no answer:
// RFC 8489 section 9.1.3 would say 401, but whoever does not know the password has no business here.
func (c *Conn) check(m *stun.Message, at place, now time.Time) {
	defer c.contain()
	user, err := m.Get(stun.AttrUsername)
	if err != nil {
		return
	}
	_, peer, _ := bytes.Cut(user, []byte(":"))
	if string(peer) != c.remote.Ufrag || c.integrity.Check(m) != nil || c.ended.Load() {
		return
	}
	if m.Contains(stun.AttrICEControlled) { // we are lite and therefore never the controlling side
		c.answer(m, at, stun.BindingError, stun.CodeRoleConflict)
		return
	}
	kind := checkHeard
	if m.Contains(stun.AttrUseCandidate) {
		kind = nominationHeard
	}
	c.visit(at, kind, now)
	c.answer(m, at, stun.BindingSuccess, mapped(at.address()))
}

func mapped(a netip.AddrPort) stun.Setter {
	return &stun.XORMappedAddress{IP: a.Addr().AsSlice(), Port: int(a.Port())}
}

func (c *Conn) answer(m *stun.Message, at place, kind stun.MessageType, what stun.Setter) {
	r, err := stun.Build(m, kind, what, c.integrity, stun.Fingerprint)
	if err != nil {
		c.host.config.Log.Debug("media: answer to a check", "error", err)
		return
	}
	at.write(r.Raw)
}

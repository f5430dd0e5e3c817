package lite

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

func report(t testing.TB) ([]rtcp.Packet, []byte) {
	t.Helper()
	all := []rtcp.Packet{
		&rtcp.ReceiverReport{SSRC: 5}, &rtcp.PictureLossIndication{SenderSSRC: 5, MediaSSRC: testSSRC},
	}
	b, err := rtcp.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return all, b
}

// exchange sends media to the client and feedback back.
func exchange(t testing.TB, v *viewer) {
	t.Helper()
	for i := range 3 {
		text := fmt.Sprint("frame ", i)
		v.play(text)
		v.expect(text)
	}
	packets, b := report(t)
	if err := v.pc.WriteRTCP(packets); err != nil {
		t.Fatal(err)
	}
	eventually(t, "feedback", func() bool { return v.heardRTCP(b) })
}

func TestMediaOverUDP(t *testing.T) {
	s := newSite(t, 1)
	v := s.connect(clientAPI(t, nil))
	exchange(t, v)
	if p := v.Path(); p.Socket != s.sockets[0] || p.Stream != nil || !p.Addr.IsValid() {
		t.Errorf("path %+v", p)
	}
	if v.Sealer().aead == nil {
		t.Error("the client's order of ciphers was followed instead of ours")
	}
}

func TestMediaOverTCP(t *testing.T) {
	s := newSite(t, 1)
	v := s.invite(clientAPI(t, func(e *webrtc.SettingEngine) { e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4}) }), nil)
	s.join(v, s.tcp())
	v.waitUp()
	exchange(t, v)
	if p := v.Path(); p.Socket != nil || p.Stream == nil {
		t.Errorf("path %+v", p)
	}
}

func TestSecondCipher(t *testing.T) {
	s := newSite(t, 1)
	v := s.connect(clientAPI(t, func(e *webrtc.SettingEngine) { e.SetSRTPProtectionProfiles(0x0001) }))
	exchange(t, v)
	if v.Sealer().aead != nil {
		t.Error("a cipher was used that the client does not have")
	}
}

func TestOurReportsReachTheClient(t *testing.T) {
	s := newSite(t, 1)
	v := s.invite(clientAPI(t, nil), nil)
	if err := v.WriteRTCP(make([]byte, 8)); err != ErrNotUp {
		t.Errorf("before it is up: %v", err)
	}
	s.join(v, s.udp())
	v.waitUp()
	exchange(t, v) // the client reads reports of a source it knows
	sr := &rtcp.SenderReport{SSRC: testSSRC, NTPTime: 77}
	b, err := rtcp.Marshal([]rtcp.Packet{sr})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.WriteRTCP(b); err != nil {
		t.Fatal(err)
	}
	got, _, err := v.pc.GetReceivers()[0].ReadRTCP()
	if err != nil || len(got) != 1 || got[0].(*rtcp.SenderReport).NTPTime != 77 {
		t.Errorf("got %v, %v", got, err)
	}
	v.Close()
	if err := v.WriteRTCP(b); err != ErrNotUp {
		t.Errorf("after the end: %v", err)
	}
}

func TestWrongFingerprint(t *testing.T) {
	s := newSite(t, 1)
	v := s.invite(clientAPI(t, nil), func(r *Remote) { r.Fingerprint = "sha-256 " + strings.Repeat("00:", 31) + "00" })
	s.join(v, s.udp())
	eventually(t, "down", func() bool { return len(v.ends()) == 1 })
	if why := v.ends()[0]; !strings.HasPrefix(why, "handshake: ") || v.up.Load() != 0 || v.Sealer() != nil {
		t.Errorf("ended with %q, up %d times", why, v.up.Load())
	}
	if s.claims(v.Ufrag()) || s.known() != 0 {
		t.Error("something of it is left")
	}
}

// known counts addresses in the host's table.
func (s *site) known() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.byPlace)
}

func (s *site) claims(ufrag string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.byUfrag[ufrag] != nil
}

func TestFingerprintForms(t *testing.T) {
	certificate := []byte("abc") // the examples of FIPS 180-4
	for form, want := range map[string]bool{
		"sha-256 BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:AD":                                                                                                 true,
		"SHA-256 ba:78:16:bf:8f:01:cf:ea:41:41:40:de:5d:ae:22:23:b0:03:61:a3:96:17:7a:9c:b4:10:ff:61:f2:00:15:ad":                                                                                                 true,
		"sha-256 BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:AE":                                                                                                 false,
		"sha-384 CB:00:75:3F:45:A3:5E:8B:B5:A0:3D:69:9A:C6:50:07:27:2C:32:AB:0E:DE:D1:63:1A:8B:60:5A:43:FF:5B:ED:80:86:07:2B:A1:E7:CC:23:58:BA:EC:A1:34:C8:25:A7":                                                 true,
		"sha-512 DD:AF:35:A1:93:61:7A:BA:CC:41:73:49:AE:20:41:31:12:E6:FA:4E:89:A9:7E:A2:0A:9E:EE:E6:4B:55:D3:9A:21:92:99:2A:27:4F:C1:A8:36:BA:3C:23:A3:FE:EB:BD:45:4D:44:23:64:3C:E8:0E:2A:9A:C9:4F:A5:4C:A4:9F": true,
		"sha-1 A9:99:3E:36:47:06:81:6A:BA:3E:25:71:78:50:C2:6C:9C:D0:D8:9D":                                                                                                                                       false,
		"sha-256":         false,
		"sha-256 BA:78":   false,
		"sha-256 nothing": false,
		"":                false,
	} {
		if got := (Remote{Fingerprint: form}).matches(certificate); got != want {
			t.Errorf("%q: %v", form, got)
		}
	}
}

// settle lets the session of the handshake be retired, which needs proof that the client is up.
func settle(t testing.TB, s *site, v *viewer) {
	t.Helper()
	eventually(t, "retired", func() bool {
		s.Tick(s.now())
		v.Conn.mu.Lock()
		defer v.Conn.mu.Unlock()
		return v.Conn.dtls.state != nil
	})
}

func TestClientSaysGoodbye(t *testing.T) {
	for name, after := range map[string]func(*site, *viewer){
		"at once":           func(*site, *viewer) {},
		"after the session": func(s *site, v *viewer) { exchange(t, v); settle(t, s, v) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, 1)
			v := s.connect(clientAPI(t, nil))
			after(s, v)
			v.pc.Close()
			eventually(t, "down", func() bool { return len(v.ends()) == 1 })
			if why := v.ends()[0]; why != byClient {
				t.Errorf("ended with %q", why)
			}
			if s.claims(v.Ufrag()) || s.known() != 0 {
				t.Error("something of it is left")
			}
		})
	}
}

// The session that is woken for it must understand every goodbye: it is said once.
func TestManyGoodbyes(t *testing.T) {
	s := newSite(t, 1)
	certificate := testCertificate(t)
	for range 50 {
		v := &viewer{t: t}
		v.Conn = s.Open(Remote{Ufrag: "them", Fingerprint: fingerprintOf(certificate)}, v.events())
		session := newPhone(t, s).dial(v.Conn, certificate)
		settle(t, s, v)
		session.Close()
		eventually(t, "down", func() bool { return len(v.ends()) == 1 })
		if why := v.ends()[0]; why != byClient {
			t.Fatalf("ended with %q", why)
		}
	}
}

func TestWeSayGoodbye(t *testing.T) {
	for name, after := range map[string]func(*site, *viewer){
		"at once":           func(*site, *viewer) {},
		"after the session": func(s *site, v *viewer) { exchange(t, v); settle(t, s, v) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, 1)
			v := s.connect(clientAPI(t, nil))
			after(s, v)
			v.Conn.Close()
			eventually(t, "the client is told", func() bool {
				return v.pc.ConnectionState() == webrtc.PeerConnectionStateClosed
			})
			if ends := v.ends(); len(ends) != 0 {
				t.Errorf("closing it brought down %q", ends)
			}
		})
	}
}

// A session that is over must not be woken to death, nor believe what anybody can write.
func TestForgedGoodbyes(t *testing.T) {
	s := newSite(t, 1)
	v := s.connect(clientAPI(t, nil))
	from := v.Path().Addr
	clear := []byte{typeAlert, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 1, 0}
	encrypted := slices.Concat([]byte{typeAlert, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 9, 0, 26}, make([]byte, 26))
	s.Packet(s.sockets[0], from, clear, s.now())
	s.Packet(s.sockets[0], from, encrypted, s.now())
	exchange(t, v)
	settle(t, s, v)
	for range 5 {
		s.Packet(s.sockets[0], from, clear, s.now())
		s.Packet(s.sockets[0], from, encrypted, s.now())
		s.ahead.Add(int64(askEvery))
		eventually(t, "asked", func() bool {
			v.Conn.mu.Lock()
			defer v.Conn.mu.Unlock()
			return !v.Conn.dtls.asking
		})
	}
	exchange(t, v)
	if ends := v.ends(); len(ends) != 0 {
		t.Errorf("ended with %q", ends)
	}
}

func TestSilence(t *testing.T) {
	s := newSite(t, 1)
	v := s.connect(clientAPI(t, nil))
	idle := s.invite(clientAPI(t, nil), nil)
	// The client is taken off the network and not closed: that would be a goodbye.
	s.sockets[0].Close()
	heard := v.LastHeard()
	s.Tick(heard.Add(silence - time.Millisecond))
	if ends := v.ends(); len(ends) != 0 {
		t.Errorf("too soon: %q", ends)
	}
	if want := []string{"not connected in time"}; !slices.Equal(idle.ends(), want) {
		t.Errorf("the one who never came: %q", idle.ends())
	}
	eventually(t, "silent", func() bool { s.Tick(v.LastHeard().Add(silence)); return len(v.ends()) > 0 })
	s.Tick(heard.Add(2 * silence))
	if want := []string{"silent"}; !slices.Equal(v.ends(), want) {
		t.Errorf("ended with %q", v.ends())
	}
}

func TestHostClose(t *testing.T) {
	s := newSite(t, 1)
	v := s.connect(clientAPI(t, nil))
	s.Host.Close()
	if s.claims(v.Ufrag()) || s.known() != 0 || len(v.ends()) != 0 {
		t.Error("something is left, or the node told itself")
	}
	late := s.Open(Remote{}, Events{})
	if s.claims(late.Ufrag()) {
		t.Error("a closed host took somebody in")
	}
	late.Close()
}

// What is let through to the DTLS session before there are keys, and after.
func TestRecordsByTime(t *testing.T) {
	record := func(kind, epoch byte, length int) []byte {
		return append([]byte{kind, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 0, 1, 0, byte(length)}, make([]byte, length)...)
	}
	for _, x := range []struct {
		what          string
		b             []byte
		before, after bool
	}{
		{"handshake", record(typeHandshake, 0, 20), true, true},
		{"last flight", slices.Concat(record(typeHandshake, 0, 20), record(typeChangeCipherSpec, 0, 1), record(typeHandshake, 1, 40)), true, true},
		{"finished alone", record(typeHandshake, 1, 40), true, true},
		{"clear alert", record(typeAlert, 0, 2), true, false},
		{"encrypted alert", record(typeAlert, 1, 26), false, true},
		{"clear alert behind another record", slices.Concat(record(typeHandshake, 1, 40), record(typeAlert, 0, 2)), true, false},
		{"clear data", record(23, 0, 9), true, false},
		{"encrypted data", record(23, 1, 9), false, true},
		{"cut off", record(typeHandshake, 1, 40)[:30], true, false},
		{"too short", []byte{typeHandshake, 0xfe}, true, false},
	} {
		if before := !premature(x.b); before != x.before {
			t.Errorf("%s before the keys: %v", x.what, before)
		}
		if after := settled(x.b); after != x.after {
			t.Errorf("%s after the keys: %v", x.what, after)
		}
	}
}

//go:build firefox

package firefox

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"foyer/e2e/browser"
	"foyer/e2e/impair"
	"foyer/e2e/impair/duo"
)

// redirect sends a page's packets to a relay on another port of the server's address. Firefox does not pair its addresses
// with those of loopback, and all others of a machine are the server's, so that a relay cannot have the same port.
const redirect = `() => {
  const describe = RTCPeerConnection.prototype.setRemoteDescription
  RTCPeerConnection.prototype.setRemoteDescription = function(it) {
    const lines = it.sdp.split('\r\n').filter(l => !/^a=candidate:.* tcp /.test(l))
    return describe.call(this, {type: it.type, sdp: lines.map(l => l.replace(/^(a=candidate:\S+ 1 udp \d+ \S+) \d+/, '$1 %d')).join('\r\n')})
  }
}`

// between opens a relay before a server that is not started yet, and gives the server's flags.
func between(t *testing.T) (*impair.Relay, []string) {
	t.Helper()
	port, err := impair.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	here := ownAddress(t)
	relay, err := impair.Listen(netip.AddrPortFrom(here, 0), netip.AddrPortFrom(here, port), 3)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := relay.Close(); err != nil {
			t.Error(err)
		}
	})
	return relay, []string{"--media-port", strconv.Itoa(int(port)), "--media-address", here.String()}
}

func ownAddress(t *testing.T) netip.Addr {
	t.Helper()
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && !n.IP.IsLoopback() && !n.IP.IsLinkLocalUnicast() {
			return netip.AddrFrom4([4]byte(n.IP.To4()))
		}
	}
	t.Fatal("this machine has no address but loopback")
	return netip.Addr{}
}

// before runs a function on every page that this person opens from now on, before the page's own scripts.
func (p *person) before(function string) {
	p.t.Helper()
	p.must("script.addPreloadScript", object{"functionDeclaration": function, "userContexts": []string{p.user}}, nil)
}

// watches is what is seen in a time.
func (p *person) watches(for_ time.Duration) (seen duo.Seen) {
	p.t.Helper()
	if _, err := value[any](p, `line.begin(200)`); err != nil {
		p.t.Fatal(err)
	}
	time.Sleep(for_)
	seen, err := value[duo.Seen](p, `line.end()`)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Logf("%s, %s: %s", p.called, seen.Over(), seen)
	return seen
}

// Five per cent of what Firefox gets and sends is lost. It sees somebody in Chromium, and is seen there, as if nothing was.
func TestFirefoxOnALineWithLosses(t *testing.T) {
	relay, flags := between(t)
	s := browser.Serve(t, flags...)
	ada := visit(t, willing, "rgb(220,0,0)")
	ada.before("() => {" + duo.Watch + "}")
	ada.before(fmt.Sprintf(redirect, relay.Addr().Port()))
	link := ada.makesRoom(s, "Studio")
	ada.enters(link, "")
	cleo := browser.Visit(t, browser.Look{})
	cleo.Before(duo.Watch)
	cleo.Before(duo.Small.Script())
	cleo.Open(link)
	cleo.Field("Display name").Fill("Cleo Brandt")
	cleo.Role("button", "Join room").Click()
	cleo.Role("heading", "Participants").Wait()
	sees(cleo, browser.Name, "red")
	ada.Until("a picture of Cleo, and sound", `line.read().then(r => r.frames > 20 && r.energy > 0)`)
	ada.Until("AES-128-GCM in both directions", `line.ways().then(all => all.length === 2 && all.every(w => w.cipher === 'SRTP_AEAD_AES_128_GCM'))`)

	adasControl, cleosControl := both(ada, cleo, 4*time.Second)
	line := onTheLine(t, relay, ada)
	line.Set(impair.Trouble{Loss: 0.05}, impair.Trouble{Loss: 0.05})
	adas, cleos := both(ada, cleo, 8*time.Second)
	goesOn(t, "Firefox", adas, adasControl)
	goesOn(t, "Chromium, which watches Firefox,", cleos, cleosControl)
	if adas.Last().Nacks == adas.First().Nacks {
		t.Error("Firefox asked for nothing again")
	}
	if sent, got := line.Counts(); sent.Lost == 0 || got.Lost == 0 {
		t.Errorf("nothing was lost, so nothing is tested: %+v %+v", sent, got)
	}
}

// both is what one sees in Firefox and the other, at the same time, in Chromium.
func both(ada *person, cleo *browser.Page, for_ time.Duration) (adas, cleos duo.Seen) {
	ada.t.Helper()
	browser.Value[any](cleo, `line.begin(200)`)
	adas = ada.watches(for_)
	cleos = browser.Value[duo.Seen](cleo, `line.end()`)
	ada.t.Logf("Cleo, %s: %s", cleos.Over(), cleos)
	return adas, cleos
}

func onTheLine(t *testing.T, relay *impair.Relay, p *person) *impair.Line {
	t.Helper()
	ways, err := value[[]duo.Way](p, `line.ways()`)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, w := range ways {
		names = append(names, w.Name)
	}
	line, err := relay.Person(names...)
	if err != nil {
		t.Fatalf("%v, of %+v", err, ways)
	}
	return line
}

// goesOn says that pictures and sound went on. What this machine does to a call on good lines is not the line's doing.
func goesOn(t *testing.T, who string, s, control duo.Seen) {
	t.Helper()
	if s.Longest > 1000+control.Longest {
		t.Errorf("%s saw a picture stand still for %.0f ms", who, s.Longest)
	}
	if s.Frozen() > 0.3+2*control.Frozen() {
		t.Errorf("%s saw pictures stand still for %.2f of the time", who, s.Frozen())
	}
	if s.Slowest() <= 0 {
		t.Errorf("%s decoded no picture for two seconds", who)
	}
	if s.Quiet() || s.Concealed() > 0.15+2*control.Concealed() {
		t.Errorf("%s heard broken sound: %.3f of it was made up; a silent second: %v", who, s.Concealed(), s.Quiet())
	}
}

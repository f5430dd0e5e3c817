// Package duo is a call of two in Chromium over lines that can be made bad: a host with a camera and somebody who only
// watches. The built program runs as always and is only told the address of the relay; the browsers open the real pages.
//
// A line belongs to a person: both connections share it. Signalling goes around the relay, over HTTP.
package duo

import (
	_ "embed"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"foyer/e2e/browser"
	"foyer/e2e/impair"
)

// Watch is a script for the page, to run before its own: window.line reads the figures of its connections.
//
//go:embed watch.js
var Watch string

//go:embed camera.js
var camera string

// Camera is what a camera gives: pixels, and pictures a second.
type Camera struct{ Width, Height, Rate int }

// Small is worth half a megabit a second and costs little to encode and to show; Usual is what many laptops send.
var (
	Small = Camera{640, 360, 15}
	Usual = Camera{960, 540, 20}
)

// Script gives a page this camera and a microphone that hums.
func (c Camera) Script() string {
	return fmt.Sprintf("(%s)(%d, %d, %d)", camera, c.Width, c.Height, c.Rate)
}

// relayAddress is one of this machine where the server listens to no packets: it takes those of its interfaces only.
const relayAddress = "127.0.0.9"

// Call is two people in a room.
type Call struct {
	Server        *browser.Server
	Host, Watcher *Person
	t             testing.TB
}

// Person is one of them; Line is all that travels between their browser and the server.
type Person struct {
	*browser.Page
	Line *impair.Line
	t    testing.TB
}

// Open starts the program behind a relay and brings both into a room, until the watcher sees and hears the host over
// good lines and the picture has become worth more than enough bits a second. The seed decides which packets are hit later.
func Open(t testing.TB, seed uint64, camera Camera, enough int) *Call {
	t.Helper()
	relay, port := between(t, seed)
	c := &Call{t: t, Server: browser.Serve(t, "--media-address", relayAddress, "--media-port", port)}
	host := browser.Visit(t, browser.Look{})
	host.Before(camera.Script())
	host.Before(Watch)
	link := c.room(host)
	watcher := browser.Visit(t, browser.Look{})
	watcher.Without("camera", "microphone")
	watcher.Before(Watch)
	watcher.Open(link)
	watcher.Field("Display name").Fill("Bob Marsh")
	watcher.Role("button", "Join room").Click()
	watcher.Role("heading", "Participants").Wait()
	c.Host, c.Watcher = c.person(relay, host, 2), c.person(relay, watcher, 1)
	c.Watcher.Until("sound of the host", `line.read().then(r => r.energy > 0)`)
	c.Watcher.Until(fmt.Sprintf("a picture of %d kbit/s", enough/1000), fmt.Sprintf(`line.rate(1000).then(r => r > %d)`, enough))
	return c
}

// room signs the host in, makes a room, enters it and gives the link for others.
func (c *Call) room(host *browser.Page) (link string) {
	host.Open(c.Server.URL + "/")
	host.Field("Email").Fill(browser.Email)
	host.Field("Password").Fill(browser.Password)
	host.Role("button", "Sign in").Click()
	host.Role("button", "Create new").Click()
	host.Role("link", "Room").Click()
	host.Field("Name").Fill("On a bad line")
	host.Role("button", "Create room").Click()
	host.Role("link", "On a bad line").Wait()
	link = browser.Value[string](host, `document.querySelector('.made a').href`)
	host.Role("button", "Join, On a bad line").Click()
	host.Role("button", "Join room").Click()
	host.Role("heading", "Participants").Wait()
	return link
}

// Way is how one connection of a page goes.
type Way struct {
	Cipher   string // as getStats names it
	Name     string // ice-ufrag of the browser
	To       string
	Protocol string
}

// person waits for all connections of a page and makes one line of them.
func (c *Call) person(relay *impair.Relay, page *browser.Page, connections int) *Person {
	c.t.Helper()
	c.t.Cleanup(func() {
		if c.t.Failed() {
			c.t.Logf("connections of the page: %v", browser.Value[[]string](page, `line.states()`))
		}
	})
	page.Until("all connections", fmt.Sprintf(`line.ways().then(all => all.filter(w => w.to && w.cipher).length === %d)`, connections))
	var names []string
	for _, w := range browser.Value[[]Way](page, `line.ways()`) {
		if w.Protocol != "udp" || !strings.HasPrefix(w.To, relayAddress) {
			c.t.Fatalf("a connection goes around the relay: %+v", w)
		}
		names = append(names, w.Name)
	}
	line, err := relay.Person(names...)
	if err != nil {
		c.t.Fatal(err)
	}
	return &Person{page, line, c.t}
}

// Ways are the connections of the page as they are now.
func (p *Person) Ways() []Way { p.t.Helper(); return browser.Value[[]Way](p.Page, `line.ways()`) }

// Out are the figures of the camera that the page sends.
func (p *Person) Out() Out { p.t.Helper(); return browser.Value[Out](p.Page, `line.out()`) }

// Begin takes samples every so often from now on; those before are forgotten.
func (p *Person) Begin(every time.Duration) {
	p.t.Helper()
	browser.Value[any](p.Page, fmt.Sprintf(`line.begin(%d)`, every.Milliseconds()))
}

// So is what was seen since Begin.
func (p *Person) So() Seen { p.t.Helper(); return browser.Value[Seen](p.Page, `line.so()`) }

// End is So for the last time.
func (p *Person) End() Seen { p.t.Helper(); return browser.Value[Seen](p.Page, `line.end()`) }

// Watches is what is seen in a time.
func (p *Person) Watches(for_ time.Duration) Seen {
	p.t.Helper()
	p.Begin(200 * time.Millisecond)
	time.Sleep(for_)
	return p.End()
}

// between opens a relay on a port that is free for the server too, at its own addresses, and names the port.
func between(t testing.TB, seed uint64) (*impair.Relay, string) {
	t.Helper()
	port, err := impair.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	relay, err := impair.Listen(netip.AddrPortFrom(netip.MustParseAddr(relayAddress), port), netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port), seed)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := relay.Close(); err != nil {
			t.Errorf("close the relay: %v", err)
		}
	})
	return relay, strconv.Itoa(int(port))
}

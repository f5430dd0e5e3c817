package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"foyer/e2e/browser"
)

// come is a guest's way in: link, name, button.
func come(p *browser.Page, link, name string) {
	p.Open(link)
	p.Field("Display name").Fill(name)
	p.Role("button", "Join room").Click()
	p.Role("heading", "Participants").Wait()
	p.SeesText("Connected")
}

// tiles waits until the page shows these people and nobody else, each once.
func tiles(p *browser.Page, names ...string) {
	p.Until("the tiles of "+strings.Join(names, ", "), fmt.Sprintf(`[...document.querySelectorAll('#people>li')].map(t => t.querySelector('b').firstChild.textContent.trim()).sort().join('|') === %q.split('|').sort().join('|')`, strings.Join(names, "|")))
}

func TestNamesAtTheDoor(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Open house", "meeting")
	bob := browser.Visit(t, wide)
	bob.Open(room.link)
	for _, c := range [][2]string{{"   ", "Enter the name that others should see."}, {"Look at http://evil.example", "cannot hold a web address"}, {strings.Repeat("x", 81), "at most 80 characters"}} {
		bob.Field("Display name").Fill(c[0])
		bob.Role("button", "Join room").Click()
		bob.Until("the message beside the field", fmt.Sprintf(`(f => f.getAttribute('aria-invalid') === 'true' && document.getElementById(f.getAttribute('aria-describedby')).innerText.includes(%q))(document.getElementById('f-name'))`, c[1]))
		if kept := bob.Field("Display name").Text(); kept != c[0] {
			t.Errorf("typed %q, kept %q", c[0], kept)
		}
	}
	bob.Field("Display name").Fill("  Bob \t Marsh ")
	bob.Role("button", "Join room").Click()
	tiles(bob, "Bob Marsh")

	mimic := browser.Visit(t, wide)
	come(mimic, room.link, "ada lindqvist")
	tiles(bob, "Bob Marsh", "ada lindqvist (guest)")

	bob.Role("button", "Leave").Click()
	bob.SeesText("You left")
	tiles(mimic, "ada lindqvist (guest)")
	bob.Open(room.link)
	if name := bob.Field("Display name").Text(); name != "Bob Marsh" {
		t.Errorf("the lobby remembers %q", name)
	}
	bob.Open(owner(t, s).room("Another", "meeting").link)
	if name := bob.Field("Display name").Text(); strings.Join(strings.Fields(name), " ") != "Bob Marsh" {
		t.Errorf("another room's lobby remembers %q", name)
	}
}

func TestTabsAndReloads(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Open house", "meeting")
	call(t, s).enter(room.link, "Cleo")
	bob := browser.Visit(t, wide)
	come(bob, room.link, "Bob")
	tiles(bob, "Bob", "Cleo")
	bob.Reload() // waits for the load event, which silent media must not hold up
	bob.SeesText("Connected")
	tiles(bob, "Bob", "Cleo")

	second := bob.Another()
	second.Open(bob.URL())
	second.SeesText("You are inside in another tab")
	inspect(t, second, "tabs", wide)
	if bob.Role("heading", "You continued elsewhere").There() {
		t.Error("the older tab has gone before anybody answered")
	}
	second.Role("button", "Continue here").Click()
	second.SeesText("Connected")
	bob.SeesText("You continued elsewhere")
	tiles(second, "Bob", "Cleo")
	second.Reload() // never asks
	second.SeesText("Connected")
	tiles(second, "Bob", "Cleo")

	third := bob.Another() // goes away instead
	third.Open(second.URL())
	third.Role("link", "Not now").Click()
	third.Role("button", "Continue here").Wait() // the lobby's
	if second.Role("heading", "You continued elsewhere").There() {
		t.Error("somebody who would not continue has taken over")
	}
	third.Role("button", "Continue here").Click() // asked once is enough
	third.SeesText("Connected")
	second.SeesText("You continued elsewhere")
	third.Close()

	bob.Role("link", "Join again").Click()
	bob.Role("button", "Join room").Click()
	bob.SeesText("Connected")
	tiles(bob, "Bob", "Cleo")

	bob.Role("button", "Leave").Click()
	bob.SeesText("You left")
	bob.Back()
	bob.At("/r/")
	bob.Role("button", "Join room").Wait()
	if inside := call(t, s).get(room.link).body; strings.Contains(inside, "2 people") {
		t.Error("going back after leaving entered the room again")
	}
	if name := bob.Field("Display name").Text(); name != "Bob" {
		t.Errorf("the lobby behind Back remembers %q", name)
	}
}

// Whatever a browser lacks or refuses, its person comes in, is told why, and looks right to the others.
func TestMissingDevices(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Open house", "meeting")
	cleo := browser.Visit(t, wide)
	come(cleo, room.link, "Cleo")
	off := `!!document.querySelector('#people>.off:not(.mine)') === %v && !!document.querySelector('#people>:not(.mine) em') === %v && document.querySelectorAll('#people>li').length === 2`
	const denied, absent = "is not allowed for this page. Allow it beside the address and reload.", "was not found."
	for _, c := range []struct {
		name            string
		camera, mic     string // "" works, else what the page says of it
		cameraOff, mute bool
		arrange         func(p *browser.Page)
	}{
		{"both denied", denied, denied, true, true, func(p *browser.Page) { p.Permit("camera", false); p.Permit("microphone", false) }},
		{"camera denied", denied, "", true, false, func(p *browser.Page) { p.Permit("camera", false); p.Permit("microphone", true) }},
		{"no camera", absent, "", true, false, func(p *browser.Page) { p.Camera("rgb(0,0,220)", 660); p.Without("camera") }},
		{"no microphone", "", absent, false, true, func(p *browser.Page) { p.Camera("rgb(0,0,220)", 660); p.Without("microphone") }},
		{"nothing at all", absent, absent, true, true, func(p *browser.Page) { p.Without("camera", "microphone") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			bob := browser.Visit(t, browser.Look{Asks: true})
			c.arrange(bob)
			bob.Open(room.link)
			told := func() { // at the door, and inside again
				for device, said := range map[string]string{"camera": c.camera, "microphone": c.mic} {
					if said != "" {
						bob.SeesText("Your " + device + " " + said)
					}
				}
			}
			told()
			bob.Field("Display name").Fill("Bob")
			bob.Role("button", "Join room").Click()
			bob.Role("heading", "Participants").Wait()
			told()
			tiles(bob, "Bob", "Cleo")
			cleo.Until("Bob as he is", fmt.Sprintf(off, c.cameraOff, c.mute))
			if c.camera == "" {
				seesColour(cleo, "Bob", "blue")
			}
			if c.camera == absent && c.mic == "" { // Chromium's own microphone only beeps now and then
				hears(cleo)
			}
			bob.Until("only working controls to be live", fmt.Sprintf(`document.getElementById('ctl-camera').disabled === %v && document.getElementById('ctl-mic').disabled === %v`, c.camera != "", c.mic != ""))
			bob.Role("button", "Leave").Click()
			bob.SeesText("You left")
			tiles(cleo, "Cleo")
		})
	}
}

func TestLockedRoom(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	ada := owner(t, s)
	room := ada.room("Board", "meeting")
	early := browser.Visit(t, wide)
	come(early, room.link, "Early")
	ada.must(room.page+"/privacy", "locked", "yes")
	early.Until("the padlock inside", `document.querySelector('#head').innerText.includes('Locked')`)

	late := browser.Visit(t, wide)
	late.Open(room.link)
	late.Role("button", "Ask to join").Wait()
	late.SeesText("Somebody is inside.")
	if late.Role("button", "Join room").There() || strings.Contains(late.Text(), "Early") || strings.Contains(late.Text(), "1 person") {
		t.Error("a locked lobby offers a way in, or tells who is inside")
	}
	forger := call(t, s)
	if got := forger.post(room.link, "name", "Forger"); got.status != http.StatusForbidden || !strings.Contains(got.body, "This room is locked.") {
		t.Errorf("a forged entry: %d", got.status)
	}
	for path, want := range map[string]int{"/live": http.StatusSeeOther, "/stream?tab=1": http.StatusNotFound} {
		if got := forger.get(room.link + path).status; got != want {
			t.Errorf("the forger's GET %s: %d", path, got)
		}
	}
	host := browser.Visit(t, wide)
	come(host, room.host, "Host by link")
	tiles(early, "Early", "Host by link")
	early.Reload() // those inside stay, also through a reload
	early.SeesText("Connected")
	tiles(early, "Early", "Host by link")
	ada.must(room.page+"/privacy", "locked", "no")
	late.Field("Display name").Fill("Late")
	late.Role("button", "Join room").Click() // without loading the page again
	tiles(early, "Early", "Host by link", "Late")
}

// The audience of a webinar is asked for nothing, sends nothing, and sees and hears the host.
func TestWebinarAudience(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	ada := browser.Visit(t, wide)
	ada.Camera("rgb(220,0,0)", 440)
	signIn(s, ada)
	link := createRoom(ada, "Open day", "Webinar")
	ada.Role("button", "Join, Open day").Click()
	ada.Role("button", "Join room").Click()
	ada.SeesText("Connected")
	viewer := browser.Visit(t, browser.Look{Asks: true})
	viewer.Without() // notes only that the page asks
	viewer.Open(link)
	viewer.SeesText("your camera and microphone stay off")
	come(viewer, link, "Viewer")
	seesColour(viewer, "Ada Lindqvist", "red")
	hears(viewer)
	for _, name := range []string{"Mute", "Unmute", "Stop camera", "Start camera"} {
		if viewer.Role("button", name).There() {
			t.Errorf("the audience has a button %q", name)
		}
	}
	if browser.Value[bool](viewer, "'devicesAsked' in window") {
		t.Error("the page asked for devices")
	}
	ada.Until("the viewer to be named as one who watches", `[...document.querySelectorAll('#people>li')].some(t => t.innerText.includes('Viewer') && t.innerText.includes('Watching'))`)
	status := browser.Value[int](viewer, `fetch('/media/' + document.querySelector('main').dataset.room + '/send', {method: 'POST', body: 'v=0',
  headers: {Authorization: 'Bearer ' + document.querySelector('main').dataset.ticket, 'Content-Type': 'application/sdp'}}).then(r => r.status)`)
	if status != http.StatusForbidden {
		t.Errorf("a forged offer to send: %d", status)
	}
}

// A server that dies in the middle of a talk is told and forgotten: the talk goes on by itself.
func TestTalkGoesOn(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Standing", "meeting")
	ada, bob := browser.Visit(t, wide), browser.Visit(t, wide)
	ada.Camera("rgb(220,0,0)", 440)
	bob.Camera("rgb(0,0,220)", 660)
	come(ada, room.link, "Anna")
	come(bob, room.link, "Bob")
	seesColour(ada, "Bob", "blue")
	bob.Role("button", "Mute").Click()
	ada.SeesText("Muted")
	for _, p := range []*browser.Page{ada, bob} {
		p.Expect("ERR_")
		p.Expect("404 for") // the connections that ended with the server are hung up
	}
	s.Kill()
	for _, p := range []*browser.Page{ada, bob} {
		p.SeesText("Connection lost. Coming back…")
	}
	s.Start()
	for _, p := range []*browser.Page{ada, bob} {
		p.SeesText("Connected")
		tiles(p, "Anna", "Bob")
	}
	seesColour(ada, "Bob", "blue")
	seesColour(bob, "Anna", "red")
	hears(bob)
	ada.SeesText("Muted")
	bob.Role("button", "Unmute").Click()
	hears(ada)
}

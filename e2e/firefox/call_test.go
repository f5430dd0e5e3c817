//go:build firefox

package firefox

import (
	"testing"

	"foyer/e2e/browser"
)

// Two people in Firefox, from the dashboard to the end: they see and hear each other, mute, stop the camera, leave.
func TestTwoPeopleInFirefox(t *testing.T) {
	s := browser.Serve(t)
	ada := visit(t, willing, "rgb(220,0,0)")
	link := ada.makesRoom(s, "Studio")
	ada.enters(link, "")
	bob := visit(t, willing, "rgb(0,0,220)")
	bob.enters(link, "Bob Marsh")

	sees(ada, "Bob Marsh", "blue")
	sees(bob, browser.Name, "red")
	for _, p := range []*person{ada, bob} {
		hears(p)
		p.Until("frames to go on", `peers.frames().then(n => n > 3)`)
		p.Until("AES-128-GCM in both directions", `peers.ciphers().then(c => c.length === 2 && c.every(n => n === 'SRTP_AEAD_AES_128_GCM'))`)
	}
	ada.shot("firefox")
	switches(bob, ada)
	leaves(bob, ada)
	ada.click("button", "Leave")
	ada.reads("You left")
}

// Firefox and Chromium in one room.
func TestFirefoxMeetsChromium(t *testing.T) {
	s := browser.Serve(t)
	ada := visit(t, willing, "rgb(220,0,0)")
	link := ada.makesRoom(s, "Studio")
	ada.enters(link, "")
	cleo := browser.Visit(t, browser.Look{})
	cleo.Camera("rgb(0,200,0)", 660)
	cleo.Open(link)
	cleo.Field("Display name").Fill("Cleo Brandt")
	cleo.Role("button", "Join room").Click()
	cleo.Role("heading", "Participants").Wait()

	sees(ada, "Cleo Brandt", "green")
	sees(cleo, browser.Name, "red")
	hears(ada)
	hears(cleo)
	switches(ada, cleo)
	cleo.Role("button", "Mute").Click()
	hearsNobody(ada)
	cleo.Role("button", "Leave").Click()
	ada.Until("Cleo to go", `!document.body.innerText.includes('Cleo')`)
	ada.click("button", "Leave")
	ada.reads("You left")
}

// To a page that may not use camera and microphone, Firefox gives fewer of its addresses and no sound without a click.
func TestSomebodyShyInFirefox(t *testing.T) {
	s := browser.Serve(t)
	ada := visit(t, willing, "rgb(220,0,0)")
	link := ada.makesRoom(s, "Studio")
	ada.enters(link, "")
	dora := visit(t, shy, "rgb(0,0,220)")
	dora.enters(link, "Dora Weiss")
	sees(dora, browser.Name, "red")
	dora.click("button", "Listen")
	hears(dora)
	dora.Until("frames to go on", `peers.frames().then(n => n > 3)`)
	dora.Until("nothing of hers to be sent", `!peers.some(p => p.getSenders().some(s => s.track))`)
	leaves(dora, ada)
}

// switches mutes and unmutes one person and stops and starts the camera, as the other notices.
func switches(one *person, other window) {
	one.t.Helper()
	name, colour := one.called, map[string]string{"rgb(220,0,0)": "red", "rgb(0,0,220)": "blue"}[one.colour]
	one.click("button", "Mute")
	hearsNobody(other)
	one.click("button", "Unmute")
	hears(other)
	one.click("button", "Stop camera")
	other.Until(name+"'s picture to go", `!`+pictures(name)+`.length`)
	one.click("button", "Start camera")
	sees(other, name, colour)
}

func leaves(one, other *person) {
	one.t.Helper()
	one.click("button", "Leave")
	one.reads("You left")
	other.Until(one.called+" to go", `!document.body.innerText.includes('`+one.called+`')`)
}

// makesRoom signs in as the owner and gives the link of a new room.
func (p *person) makesRoom(s *browser.Server, name string) (link string) {
	p.t.Helper()
	p.open(s.URL + "/")
	p.fill("Email", browser.Email)
	p.fill("Password", browser.Password)
	p.click("button", "Sign in")
	p.click("button", "Create new")
	p.click("link", "Room")
	p.fill("Name", name)
	p.click("button", "Create room")
	p.sees("link", name)
	p.wait("the room's link", func() (err error) {
		link, err = value[string](p, `document.querySelector('.made a').href`)
		return err
	})
	p.called = browser.Name
	return link
}

// enters opens a link and goes in, under a name unless that is known already.
func (p *person) enters(link, name string) {
	p.t.Helper()
	p.open(link)
	if name != "" {
		p.fill("Display name", name)
		p.called = name
	}
	p.click("button", "Join room")
	p.sees("heading", "Participants")
}

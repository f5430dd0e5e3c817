package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"foyer/e2e/browser"
)

// choose takes another device in the dialog behind Devices.
func choose(p *browser.Page, kind, device string) {
	p.Role("button", "Devices").Click()
	p.Field(kind).Choose(device)
	p.Role("button", "Done").Click()
	p.Role("button", "Done").Gone()
}

func lit(p *browser.Page, devices string) {
	p.Until("only "+devices+" to be in use", fmt.Sprintf(`machine.lit().join() === %q`, devices))
}

func TestDevicesInTheCall(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Studio stand-up", "meeting")
	ada := inside(t, wide, redDesk, room.link, "Anna")
	bob := inside(t, wide, blueDesk, room.link, "Bob")
	seesColour(bob, "Anna", "red")
	pitch(bob, "Anna", voices, 440)

	choose(ada, "Camera", "green")
	seesColour(bob, "Anna", "green")
	choose(ada, "Microphone", "990 Hz")
	pitch(bob, "Anna", voices, 990)
	lit(ada, "990 Hz,green") // the others are let go
	pitch(ada, "Bob", voices, 660)
	choose(ada, "Speakers", "Headset")
	ada.Until("all sound in the headset", `[...document.querySelectorAll('audio')].length >= 5 && [...document.querySelectorAll('audio')].every(a => a.sinkId === 'Headset')`)
	ada.Role("button", "Devices").Click()
	for kind, want := range map[string]string{"Camera": "green", "Microphone": "990 Hz", "Speakers": "Headset"} {
		if got := ada.Field(kind).Text(); got != want {
			t.Errorf("%s shows %q, want %q", kind, got, want)
		}
	}
	inspect(t, ada, "devices", wide)
	ada.Press("\x1b")
	focus(t, ada, "Devices")

	ada.Role("button", "Stop camera").Click() // a choice for later
	lit(ada, "990 Hz")
	choose(ada, "Camera", "red")
	lit(ada, "990 Hz")
	ada.Role("button", "Start camera").Click()
	seesColour(bob, "Anna", "red")
	choose(ada, "Camera", "green")
	seesColour(bob, "Anna", "green")

	ada.Role("button", "Mute").Click()
	ada.Reload() // the same devices, and on what was on
	ada.SeesText("Connected")
	ada.Role("button", "Unmute").Wait()
	seesColour(bob, "Anna", "green")
	ada.Until("all sound in the headset", `[...document.querySelectorAll('audio')].length >= 5 && [...document.querySelectorAll('audio')].every(a => a.sinkId === 'Headset')`)
	choose(ada, "Microphone", "440 Hz") // while muted: nobody hears the change
	silence(bob, voices)
	ada.Role("button", "Unmute").Click()
	pitch(bob, "Anna", voices, 440)
}

func TestUnplugged(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Studio stand-up", "meeting")
	ada := inside(t, wide, redDesk, room.link, "Anna")
	bob := inside(t, wide, blueDesk, room.link, "Bob")
	pull := func(what string) { browser.Value[any](ada, fmt.Sprintf("machine.unplug(%q)", what)) }
	seesColour(bob, "Anna", "red")

	pull("red")
	ada.SeesText("Your camera went away. green is used now.")
	seesColour(bob, "Anna", "green")
	pull("440 Hz")
	ada.SeesText("Your microphone went away. 990 Hz is used now.")
	pitch(bob, "Anna", voices, 990)
	pull("990 Hz")
	ada.SeesText("Your microphone went away, and there is no other. You are muted.")
	bob.SeesText("Muted")
	pull("green")
	ada.SeesText("Your camera went away, and there is no other. Your picture is off.")
	bob.Until("Anna without a picture", `!!document.querySelector('#people>.off:not(.mine)')`)
	ada.Until("both controls to be off", `document.getElementById('ctl-mic').disabled && document.getElementById('ctl-camera').disabled`)
	lit(ada, "")
	inspect(t, ada, "unplugged", wide)

	browser.Value[any](ada, "machine.plug('red')")
	ada.SeesText("There is a camera again. It is off.")
	ada.Role("button", "Start camera").Click()
	seesColour(bob, "Anna", "red")
	browser.Value[any](ada, "machine.plug('440 Hz')")
	ada.Role("button", "Unmute").Click()
	pitch(bob, "Anna", voices, 440)
}

func TestMutedByHost(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	host := owner(t, s)
	room := host.room("Studio stand-up", "meeting")
	ada := inside(t, wide, redDesk, room.link, "Anna")
	bob := inside(t, wide, blueDesk, room.link, "Bob")
	pitch(bob, "Anna at first", voices, 440)
	pass := browser.Value[string](ada, `document.querySelector('main').dataset.pass`)
	mute := func(who string) {
		t.Helper()
		if got := host.post(room.link+"/mute", "pass", who); got.status >= 400 {
			t.Fatalf("mute: %d %.300s", got.status, got.body)
		}
	}
	at := time.Now()
	mute(pass)
	ada.Role("button", "Unmute").Wait()
	ada.SeesText("A host muted you.")
	t.Logf("the muted one knew after %v", time.Since(at)) // how long things take is printed by the benchmarks
	bob.SeesText("Muted")
	silence(bob, voices)
	ada.Role("button", "Unmute").Click()
	pitch(bob, "Anna after one", voices, 440)
	mute("")
	ada.Role("button", "Unmute").Wait()
	bob.Role("button", "Unmute").Wait()
	bob.SeesText("A host muted you.")
	ada.Reload() // muted before, muted after, and nobody did it again
	ada.SeesText("Connected")
	ada.Role("button", "Unmute").Wait()
	ada.MissesText("A host muted you.")
	ada.Role("button", "Unmute").Click()
	pitch(bob, "Anna after all", voices, 440)
}

// Held, the space bar opens a muted microphone; let go, or out of the window, it is muted again.
func TestTalkWhileHeld(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Studio stand-up", "meeting")
	ada := inside(t, wide, redDesk, room.link, "Anna")
	bob := inside(t, wide, blueDesk, room.link, "Bob")
	ada.Role("button", "Mute").Click()
	bob.SeesText("Muted")
	silence(bob, voices)
	key := func(which string) {
		browser.Value[bool](ada, `document.getElementById('main').dispatchEvent(new KeyboardEvent('`+which+`', {key: ' ', bubbles: true, cancelable: true}))`)
	}
	for _, let := range []func(){func() { key("keyup") }, func() { browser.Value[bool](ada, `dispatchEvent(new Event('blur'))`) }} {
		key("keydown")
		ada.Role("button", "Mute").Wait()
		pitch(bob, "Anna", voices, 440)
		bob.MissesText("Muted")
		let()
		ada.Role("button", "Unmute").Wait()
		bob.SeesText("Muted")
		silence(bob, voices)
	}
	ada.Role("button", "Unmute").Click() // open anyway: the key changes nothing
	key("keydown")
	key("keyup")
	ada.Role("button", "Mute").Wait()
	pitch(bob, "Anna", voices, 440)
}

// The one who speaks is large, oneself never; a shared screen is larger still.
func TestSpeakerView(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Studio stand-up", "meeting")
	ada := inside(t, wide, redDesk, room.link, "Anna")
	alone := func(p *browser.Page) bool { return browser.Value[bool](p, `!document.querySelector('.stage')`) }
	ada.Role("button", "Speaker view").Click()
	ada.Until("the button to be pressed", `document.getElementById('ctl-view').ariaPressed === 'true'`)
	if !alone(ada) {
		t.Error("somebody alone is their own speaker")
	}
	bob := inside(t, wide, blueDesk, room.link, "Bob")
	cleo := inside(t, wide, greenDesk, room.link, "Cleo")
	large := func(name string) {
		t.Helper()
		ada.Until(name+" to be large", fmt.Sprintf(`document.querySelector('#people>.big b')?.firstChild.textContent.trim() === %q && document.querySelectorAll('#people>.big').length === 1`, name))
	}
	cleo.Role("button", "Mute").Click()
	large("Bob")
	ada.Until("the large one to be large", `document.querySelector('#people>.big').clientWidth > 2 * document.querySelector('.mine').clientWidth`)
	seesColour(ada, "Bob", "blue")
	inspect(t, ada, "speaker", wide)
	bob.Role("button", "Mute").Click()
	cleo.Role("button", "Unmute").Click()
	large("Cleo") // though oneself speaks all the time
	seesColour(ada, "Cleo", "green")
	ada.Reload()
	ada.SeesText("Connected")
	large("Cleo") // remembered
	ada.Role("button", "Speaker view").Click()
	ada.Until("everybody alike", `!document.querySelector('#people>.big, .stage')`)
	seesColour(ada, "Bob", "blue")

	cleo.Role("button", "Speaker view").Click()
	bob.Role("button", "Share").Click()
	seesScreen(ada, "red")
	ada.Until("the speaker first in the strip", `document.querySelector('.first b')?.firstChild.textContent.trim() === 'Cleo' && Math.min(...[...document.querySelectorAll('#people>li')].map(t => t.getBoundingClientRect().top)) === document.querySelector('.first').getBoundingClientRect().top`)
}

// A server that dies: devices are as they were, and a screen that was shared is shared again.
func TestComesBackAsBefore(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Standing", "meeting")
	ada := inside(t, wide, redDesk, room.link, "Anna")
	bob := inside(t, wide, blueDesk, room.link, "Bob")
	ada.Role("button", "Stop camera").Click()
	ada.Role("button", "Share").Click()
	seesScreen(bob, "green")
	for _, p := range []*browser.Page{ada, bob} {
		p.Expect("ERR_")
		p.Expect("404 for")
	}
	s.Kill()
	ada.SeesText("Connection lost. Coming back…")
	inspect(t, ada, "lost", wide)
	s.Start()
	for _, p := range []*browser.Page{ada, bob} {
		p.SeesText("Connected")
		tiles(p, "Anna", "Bob")
	}
	seesScreen(bob, "green")
	pitch(bob, "Anna's screen", screenSound, 1500)
	pitch(bob, "Anna", voices, 440)
	seesColour(ada, "Bob", "blue")
	pressed(ada, true)
	ada.Role("button", "Start camera").Wait()
	bob.Until("Anna still without a picture", `!!document.querySelector('#people>.off:not(.mine)')`)
	ada.Role("button", "Start camera").Click()
	seesColour(bob, "Anna", "red")
}

func TestHostsHeader(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room(strings.Repeat("Wide ", 16), "meeting")
	host := inside(t, wide, redDesk, room.host, "Hetty")
	host.Role("button", "Lock").Click()
	host.Until("the padlock", `document.querySelector('#head').innerText.includes('Locked')`)
	focus(t, host, "Unlock") // stays where it was
	host.Press("\r")
	host.Role("button", "Lock").Wait()
	host.Until("no padlock", `!document.querySelector('#head').innerText.includes('Locked')`)
	focus(t, host, "Lock")
	host.At("/live")
	guest := inside(t, phone, blueDesk, room.link, "Gus")
	for _, name := range []string{"Lock", "Unlock", "End for all"} {
		if guest.Role("button", name).There() {
			t.Errorf("a guest has %q", name)
		}
	}
	inspect(t, host, "long-name", wide)
	inspect(t, guest, "long-name", phone)
	if browser.Value[bool](host, `document.querySelector('h1').scrollWidth <= document.querySelector('h1').clientWidth`) {
		t.Error("this name was not too long after all")
	}
}

// A browser that plays nothing before a click is asked for one. This page was reached without: by loading it again.
func TestListen(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	hall := owner(t, s).room("Open day", "webinar")
	ada := browser.Visit(t, wide)
	ada.SitAt(redDesk)
	come(ada, hall.host, "Hetty")
	viewer := browser.Visit(t, wide)
	come(viewer, hall.link, "Viewer")
	seesColour(viewer, "Hetty", "red")
	if viewer.Role("button", "Listen").There() {
		t.Error("somebody who pressed Join room is asked to press again")
	}
	viewer.Reload()
	viewer.Role("button", "Listen").Wait()
	seesColour(viewer, "Hetty", "red") // pictures need no click
	inspect(t, viewer, "listen", wide)
	if browser.Value[bool](viewer, `[...document.querySelectorAll('audio')].some(a => !a.paused)`) {
		t.Error("it plays already")
	}
	viewer.Role("button", "Listen").Click()
	viewer.Role("button", "Listen").Gone()
	viewer.Until("everything to play", `[...document.querySelectorAll('audio')].length === 5 && [...document.querySelectorAll('audio')].every(a => !a.paused)`)
	pitch(viewer, "Hetty", voices, 440)
}

// A browser that lets sound out once it gave its microphone needs no click any more: what asks for one goes by itself.
func TestListenGoesByItself(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	bob := browser.Visit(t, wide)
	bob.OnEveryPage(`if (location.pathname.endsWith('/live')) {
  const play = HTMLMediaElement.prototype.play, open = MediaDevices.prototype.getUserMedia
  const given = new Promise(r => { window.give = r })
  let may = false
  HTMLMediaElement.prototype.play = function () { return may || this.muted ? play.call(this) : Promise.reject(new DOMException('', 'NotAllowedError')) }
  MediaDevices.prototype.getUserMedia = async function (wish) { await given; may = true; return open.call(this, wish) }
}`)
	come(bob, owner(t, s).room("Studio", "meeting").link, "Bob")
	bob.Role("button", "Listen").Wait()
	browser.Value[bool](bob, `(give(), true)`)
	bob.Role("button", "Listen").Gone()
}

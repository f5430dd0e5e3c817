package e2e

import (
	"fmt"
	"testing"

	"foyer/e2e/browser"
)

var (
	redDesk   = browser.Machine{Cameras: []string{"red", "green"}, Microphones: []int{440, 990}, Speakers: []string{"Desk", "Headset"}, Screen: "lime", ScreenSound: 1500}
	blueDesk  = browser.Machine{Cameras: []string{"blue"}, Microphones: []int{660}, Speakers: []string{"Desk"}, Screen: "red", ScreenSound: 2400}
	greenDesk = browser.Machine{Cameras: []string{"lime"}, Microphones: []int{550}, Speakers: []string{"Desk"}}
)

// inside brings a guest at a machine into a room.
func inside(t *testing.T, look browser.Look, m browser.Machine, link, name string) *browser.Page {
	t.Helper()
	p := browser.Visit(t, look)
	p.SitAt(m)
	come(p, link, name)
	return p
}

// pitch waits until a voice or the sound of the screen (slot 4) hums at a pitch in hertz.
func pitch(p *browser.Page, what string, slots string, hertz int) {
	p.Until(fmt.Sprintf("%s to hum at %d Hz", what, hertz), fmt.Sprintf(`(async () => {
  for (const slot of %s) {
    const stream = document.getElementById('voice-' + slot)?.srcObject
    if (!stream) continue
    const context = new AudioContext(), ear = new AnalyserNode(context, {fftSize: 4096})
    new MediaStreamAudioSourceNode(context, {mediaStream: stream}).connect(ear)
    await new Promise(r => setTimeout(r, 300))
    const bins = new Float32Array(ear.frequencyBinCount)
    ear.getFloatFrequencyData(bins)
    const top = bins.indexOf(Math.max(...bins)), at = top * context.sampleRate / ear.fftSize
    context.close()
    if (bins[top] > -50 && Math.abs(at - %d) < 25) return true
  }
  return false
})()`, slots, hertz))
}

const voices, screenSound = "[0, 1, 2, 3]", "[4]"

// silence waits until none of these sounds has any energy left.
func silence(p *browser.Page, slots string) {
	p.Until("silence", fmt.Sprintf(`(async () => {
  let sum = 0
  for (const slot of %s) {
    const stream = document.getElementById('voice-' + slot)?.srcObject
    if (!stream) continue
    const context = new AudioContext(), ear = new AnalyserNode(context)
    new MediaStreamAudioSourceNode(context, {mediaStream: stream}).connect(ear)
    await new Promise(r => setTimeout(r, 200))
    const wave = new Float32Array(ear.fftSize)
    ear.getFloatTimeDomainData(wave)
    context.close()
    sum += Math.hypot(...wave)
  }
  return sum < 0.01
})()`, slots))
}

// seesScreen waits until the shared screen has a colour.
func seesScreen(p *browser.Page, colour string) {
	p.Until("a "+colour+" screen", fmt.Sprintf(`(() => {
  const video = document.querySelector('#screen:not([hidden]) video')
  if (!video?.videoWidth) return false
  const canvas = new OffscreenCanvas(16, 16), brush = canvas.getContext('2d')
  brush.drawImage(video, 0, 0, 16, 16)
  const [r, g, b] = brush.getImageData(8, 8, 1, 1).data
  return {red: r > 100 && r > g + b, blue: b > 100 && b > r + g, green: g > 100 && g > r + b}[%q]
})()`, colour))
}

const noScreen = `document.getElementById('screen').hidden && !document.querySelector('.stage')`

// pressed waits until the Share button is pressed, or is not.
func pressed(p *browser.Page, yes bool) {
	p.Until(fmt.Sprintf("Share pressed: %v", yes), fmt.Sprintf(`document.getElementById('ctl-share').getAttribute('aria-pressed') === '%v'`, yes))
}

func TestSharedScreen(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Studio stand-up", "meeting")
	ada := inside(t, wide, redDesk, room.link, "Anna")
	bob := inside(t, wide, blueDesk, room.link, "Bob")
	seesColour(bob, "Anna", "red")

	ada.Role("button", "Share").Click()
	pressed(ada, true)
	ada.SeesText("You are sharing, with sound")
	seesScreen(bob, "green")
	bob.SeesText("Anna is sharing")
	pitch(bob, "Anna's screen", screenSound, 1500)
	pitch(bob, "Anna", voices, 440)
	seesColour(bob, "Anna", "red") // in the strip
	bob.Until("the screen to be the largest", `document.querySelector('#screen').clientWidth > 3 * document.querySelector('#people>li').clientWidth`)
	ada.Until("no large screen at her own", noScreen)
	inspect(t, bob, "share-viewer", wide)
	inspect(t, ada, "share-own", wide)

	late := inside(t, phone, greenDesk, room.link, "Late") // sees what is there already
	seesScreen(late, "green")
	inspect(t, late, "share-viewer", phone)
	if late.Role("button", "More").Click(); late.Role("button", "Share").There() {
		t.Error("a browser that cannot share offers it")
	}

	bob.Role("button", "Share").Click() // the newest wins
	seesScreen(late, "red")
	seesScreen(ada, "red")
	late.SeesText("Bob is sharing")
	pitch(late, "Bob's screen", screenSound, 2400)
	pressed(ada, false)
	ada.SeesText("Bob is sharing now. Your screen is not shared any more.")
	ada.MissesText("You are sharing, with sound")
	bob.Until("Anna's screen to go", noScreen)
	pressed(bob, true)

	browser.Value[any](bob, `machine.stopSharing()`) // the browser's own button
	pressed(bob, false)
	ada.Until("the screen to go", noScreen)
	silence(ada, screenSound)
	ada.Role("button", "Share").Click()
	seesScreen(bob, "green")
	ada.Role("button", "Stop sharing").Click()
	bob.Until("the screen to go", noScreen)
	seesColour(bob, "Anna", "red")
}

// Refusing the browser's question is no trouble, and one can ask again.
func TestShareRefused(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Studio stand-up", "meeting")
	ada := inside(t, wide, redDesk, room.link, "Anna")
	browser.Value[any](ada, `(() => { const real = navigator.mediaDevices.getDisplayMedia
  navigator.mediaDevices.getDisplayMedia = async () => { navigator.mediaDevices.getDisplayMedia = real; throw new DOMException('', 'NotAllowedError') } })()`)
	ada.Role("button", "Share").Click()
	ada.Until("the question to be over", `!navigator.mediaDevices.getDisplayMedia.toString().includes('NotAllowedError')`)
	pressed(ada, false)
	ada.Role("button", "Share").Click()
	pressed(ada, true)
}

// With many people the strip and the grid scroll, and keys can scroll them; who has no picture has a face.
func TestCrowdedStage(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Town hall", "meeting")
	ada := inside(t, wide, redDesk, room.link, "Anna")
	for i := range 18 {
		call(t, s).enter(room.link, fmt.Sprintf("Person %d with a name", i+1))
	}
	ada.Role("button", "Share").Click()
	for _, look := range []browser.Look{wide, night} {
		p := inside(t, look, blueDesk, room.link, "Bob")
		seesScreen(p, "green")
		p.Until("everybody in the strip", `document.querySelectorAll('#people>li').length === 20`)
		p.Until("a strip that keys reach", `document.getElementById('people').tabIndex === 0`)
		p.Until("faces", `[...document.querySelectorAll('#people>:not(.showing) .face')].length === 18 && [...document.querySelectorAll('#people .face')].every(f => f.textContent.trim())`)
		seesColour(p, "Anna", "red")
		inspect(t, p, "crowd-screen", look)
		p.Until("the screen to be the most of it", `document.querySelector('#screen').clientHeight * document.querySelector('#screen').clientWidth > 0.2 * innerWidth * innerHeight`)
		if look.Phone {
			p.Role("button", "More").Click()
		}
		p.Role("button", "Speaker view").Click()
		p.Close()
	}
	bob := inside(t, night, blueDesk, room.link, "Bo")
	ada.Role("button", "Share").Click()
	bob.Until("no screen", noScreen)
	bob.Role("button", "More").Click()
	bob.Role("button", "Speaker view").Click()
	bob.Until("Anna to be large", `document.querySelector('#people>.big b').firstChild.textContent.trim() === 'Anna'`)
	inspect(t, bob, "crowd-speaker", night)
}

package e2e

import (
	"testing"

	"foyer/e2e/browser"
)

// Two people meet: each reads the other's colour from decoded video and hears the other's sound.
func TestTwoPeopleSeeAndHearEachOther(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	ada := browser.Visit(t, wide)
	ada.Camera("rgb(220,0,0)", 440)
	signIn(s, ada)
	link := createRoom(ada, "Studio stand-up", "")
	ada.Role("button", "Join, Studio stand-up").Click()
	ada.Role("button", "Join room").Click()
	ada.Role("heading", "Participants").Wait()

	bob := browser.Visit(t, wide)
	bob.Camera("rgb(0,0,220)", 660)
	bob.Open(link)
	bob.SeesText("Hosted by Ada Lindqvist")
	bob.Field("Display name").Fill("Bob Marsh")
	bob.Role("button", "Join room").Click()
	bob.Role("heading", "Participants").Wait()

	ada.SeesText("Bob Marsh")
	bob.SeesText("Ada Lindqvist")
	seesColour(ada, "Bob Marsh", "blue")
	seesColour(bob, "Ada Lindqvist", "red")
	hears(ada)
	hears(bob)
	ada.Shot("room")
	bob.Role("button", "Mute").Click()
	ada.SeesText("Muted")
	bob.Role("button", "Unmute").Wait()
	bob.Role("button", "Stop camera").Click()
	ada.Until("Bob's picture to be off", `!![...document.querySelectorAll('#people>.off')].find(t => t.textContent.includes('Bob'))`)
	bob.Role("button", "Start camera").Click()
	seesColour(ada, "Bob Marsh", "blue")
	bob.Role("button", "Leave").Click()
	bob.SeesText("You left")
	ada.MissesText("Bob Marsh")
	ada.Role("button", "Leave").Click()
	ada.SeesText("You left")
}

// seesColour waits until the picture in somebody's tile has a colour.
func seesColour(p *browser.Page, name, colour string) {
	want := map[string]string{"red": "r > 100 && r > g + b", "blue": "b > 100 && b > r + g", "green": "g > 100 && g > r + b"}[colour]
	p.Until(name+"'s picture to be "+colour, `(() => {
  const tile = [...document.querySelectorAll('#people>li')].find(t => t.querySelector('b').textContent.includes('`+name+`'))
  const video = tile?.querySelector('video')
  if (!video?.videoWidth) return false
  const canvas = new OffscreenCanvas(16, 16), brush = canvas.getContext('2d')
  brush.drawImage(video, 0, 0, 16, 16)
  const [r, g, b] = brush.getImageData(8, 8, 1, 1).data
  return `+want+`
})()`)
}

// hears waits until sound with energy comes out of one of the voices.
func hears(p *browser.Page) {
	p.Until("sound from the others", `(async () => {
  for (const audio of document.querySelectorAll('audio')) {
    const context = new AudioContext(), ear = new AnalyserNode(context)
    new MediaStreamAudioSourceNode(context, {mediaStream: audio.srcObject}).connect(ear)
    await new Promise(r => setTimeout(r, 300))
    const wave = new Float32Array(ear.fftSize)
    ear.getFloatTimeDomainData(wave)
    context.close()
    if (Math.hypot(...wave) > 0.5) return true
  }
  return false
})()`)
}

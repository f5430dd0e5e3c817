package e2e

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"foyer/e2e/browser"
)

// study is a desk with two cameras, two microphones and two pairs of speakers.
var study = browser.Machine{Cameras: []string{"red", "blue"}, Microphones: []int{440, 660}, Speakers: []string{"Desk", "Headset"}}

// level is how far the ring around the microphone is lit, 0 to 1.
const level = `Number(getComputedStyle(document.querySelector('.meter')).getPropertyValue('--level'))`

// approach opens a lobby as somebody who touched a page of this house before, so that a browser lets sound run.
func approach(s *browser.Server, p *browser.Page, link string) {
	p.Open(s.URL + "/sign-in")
	p.Field("Email").Click()
	browser.Value[any](p, fmt.Sprintf("void setTimeout(() => location.assign(%q))", link))
	p.Field("Display name").Wait()
}

// mirrors waits until the lobby's own picture has a colour, and looks whether it is turned as in a mirror.
func mirrors(t *testing.T, p *browser.Page, colour string, mirrored bool) {
	t.Helper()
	p.Until("a "+colour+" picture of oneself", fmt.Sprintf(`(() => {
  const video = document.querySelector('#preview>video'), canvas = new OffscreenCanvas(16, 16), brush = canvas.getContext('2d')
  if (!video.srcObject || !video.videoWidth) return false
  brush.drawImage(video, 0, 0, 16, 16)
  const [r, g, b] = brush.getImageData(8, 8, 1, 1).data
  return {red: r > 100 && r > g + b, blue: b > 100 && b > r + g}[%q] })()`, colour))
	if got := browser.Value[string](p, `getComputedStyle(document.querySelector('#preview>video')).scale`) == "-1 1"; got != mirrored {
		t.Errorf("the %s picture is mirrored: %v", colour, got)
	}
}

// labelled waits for words on the label over one's own picture, letters on both faces and the colour of both.
func labelled(p *browser.Page, name, headline, letters string, colour int) {
	p.Until("the label "+name+", "+headline, fmt.Sprintf(`(() => { const at = s => document.querySelector(s)
  return at('#preview .label b').textContent === %q && at('#preview .label small').textContent === %q && at('[data-face] b').textContent === %q
    && at('.me>.avatar').textContent.trim() === %q && ['#preview', '#preview .label', '.me>.avatar'].every(s => at(s).classList.contains('sw%d')) })()`, name, headline, letters, letters, colour))
}

// selfie is a picture of one colour in a file.
func selfie(t *testing.T, name string, c color.Color) string {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 300, 200))
	draw.Draw(img, img.Rect, image.NewUniform(c), image.Point{}, draw.Src)
	path := filepath.Join(t.TempDir(), name)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
	return path
}

// big is a file of so many megabytes that is no picture.
func big(t *testing.T, name string, megabytes int64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, megabytes<<20); err != nil {
		t.Fatal(err)
	}
	return path
}

func text(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Journey 2: a guest sets devices and a label, comes in as that, and finds all of it again.
func TestGuestAtAnOpenRoom(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	ada := owner(t, s)
	room := ada.room("Open house", "meeting")
	cleo := browser.Visit(t, wide)
	come(cleo, room.link, "Cleo Park")

	bob := browser.Visit(t, wide)
	bob.SitAt(study)
	approach(s, bob, room.link)
	bob.Role("heading", "Set devices").Wait()
	bob.SeesText("1 person is inside: Cleo Park")
	mirrors(t, bob, "red", true)
	bob.Until("the ring to move with the hum", level+" > 0.5")
	bob.Role("button", "Mute").Click()
	bob.Role("button", "Unmute").Wait()
	bob.Until("silence", level+" < 0.05")
	bob.Role("button", "Unmute").Click()
	bob.Until("the hum again", level+" > 0.5")
	bob.Role("button", "Stop camera").Click()
	bob.Until("the camera's light to go out", `machine.lit().join() === '440 Hz' && !document.querySelector('#preview>video').srcObject`)
	bob.Role("button", "Start camera").Click()
	mirrors(t, bob, "red", true)

	bob.Field("Display name").Fill("Bob")
	bob.Field("Headline").Fill("Choir")
	bob.Role("radio", "Teal").Click()
	labelled(bob, "Bob", "Choir", "B", 10)
	bob.Field("Display name").Fill("  bob  de Marsh ")
	bob.Role("radio", "Rose").Click()
	labelled(bob, "bob  de Marsh", "Choir", "BM", 4)
	bob.Field("Image").Attach(selfie(t, "me.png", color.RGBA{0, 160, 60, 255}))
	bob.Until("the image on both faces", `[...document.querySelectorAll('[data-face] img, .me img')].filter(i => i.src.startsWith('blob:') && i.naturalWidth === 300 && (a => i.offsetHeight >= a.clientHeight && i.offsetTop <= 0)(i.parentElement)).length === 2`) // and over the initials
	bob.Field("Camera").Choose("blue")
	mirrors(t, bob, "blue", true)
	bob.Field("Microphone").Choose("660 Hz")
	bob.Field("Speakers").Choose("Headset")
	bob.Shot("lobby-set")
	bob.Role("button", "Join room").Click()
	bob.Role("heading", "Participants").Wait()
	if kept := browser.Value[string](bob, `(c => [c.camera, c.microphone, c.speakers].join())(JSON.parse(sessionStorage.getItem('foyer-devices')))`); kept != "blue,660 Hz,Headset" {
		t.Errorf("the room is told of %q", kept)
	}
	cleo.SeesText("bob de Marsh")
	seesColour(cleo, "bob de Marsh", "blue")
	hears(cleo)
	cleo.Until("Bob's headline, colour and image", `(() => { const t = [...document.querySelectorAll('#people>li')].find(t => t.textContent.includes('bob'))
  return t.textContent.includes('Choir') && t.classList.contains('sw4') && !!t.querySelector('img')?.src.includes('/image/') })()`)
	bob.Role("button", "Leave").Click()
	bob.SeesText("You left")
	remembered(t, bob, room.link)
	another := ada.room("Another", "meeting")
	remembered(t, bob, another.link)
	bob.Field("No image").Click()
	bob.Until("initials instead", `!document.querySelector('[data-face] img, .me img')`)
	bob.Role("button", "Join room").Click()
	bob.Role("heading", "Participants").Wait()
	bob.Open(room.link)
	bob.Role("button", "Join room").Wait()
	if bob.CSS(".me img").There() || bob.Role("checkbox", "No image").There() {
		t.Error("an image that was taken away is remembered")
	}
}

// remembered looks at what a lobby knows of Bob.
func remembered(t *testing.T, p *browser.Page, link string) {
	t.Helper()
	p.Open(link)
	labelled(p, "bob de Marsh", "Choir", "BM", 4)
	mirrors(t, p, "blue", true)
	p.Until("the devices of last time", `['camera', 'microphone', 'speakers'].map(k => document.getElementById('pick-' + k).value).join() === 'blue,660 Hz,Headset'`)
	if !p.Role("radio", "Rose").Checked() || p.Field("Display name").Text() != "bob de Marsh" || p.Field("Headline").Text() != "Choir" {
		t.Error("the lobby forgot name, headline or colour")
	}
	p.Until("the image", `document.querySelector('[data-face] img')?.naturalWidth > 0 && !!document.querySelector('.me img')`)
}

// Everything that a machine can lack or refuse is named where its control is, and keeps nobody out.
func TestTroublesAtTheDoor(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	ada := owner(t, s)
	const denied, absent, busy = "is not allowed for this page. Allow it beside the address and reload.", "was not found.", "is in use by another program."
	lists := map[string]string{denied: "Not allowed", absent: "None found", busy: "", "": ""}
	for _, c := range []struct {
		name        string
		camera, mic string
		asks        bool
		arrange     func(p *browser.Page)
	}{
		{"both denied", denied, denied, true, func(p *browser.Page) { p.Permit("camera", false); p.Permit("microphone", false) }},
		{"camera denied", denied, "", true, func(p *browser.Page) { p.Permit("camera", false); p.Permit("microphone", true) }},
		{"microphone denied", "", denied, true, func(p *browser.Page) { p.Permit("camera", true); p.Permit("microphone", false) }},
		{"no camera", absent, "", false, func(p *browser.Page) { p.SitAt(browser.Machine{Microphones: []int{440}}) }},
		{"no microphone", "", absent, false, func(p *browser.Page) { p.SitAt(browser.Machine{Cameras: []string{"red"}}) }},
		{"nothing at all", absent, absent, false, func(p *browser.Page) { p.SitAt(browser.Machine{}) }},
		{"busy camera", busy, "", false, func(p *browser.Page) { p.SitAt(study); p.Busy("red") }},
		{"busy microphone", "", busy, false, func(p *browser.Page) { p.SitAt(study); p.Busy("440 Hz") }},
	} {
		room := ada.room("Open house, "+c.name, "meeting") // of one's own, so that nobody has to go before the next one comes
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			bob := browser.Visit(t, browser.Look{Asks: c.asks})
			c.arrange(bob)
			bob.Open(room.link)
			for device, said := range map[string]string{"camera": c.camera, "microphone": c.mic} {
				control := map[string][2]string{"camera": {"Stop camera", "Start camera"}, "microphone": {"Mute", "Unmute"}}[device]
				if said == "" {
					bob.Role("button", control[0]).Wait()
					continue
				}
				bob.SeesText("Your " + device + " " + said)
				toggle := bob.Role("button", control[1])
				if about := toggle.Attribute("aria-describedby"); !strings.Contains(bob.CSS("#"+about).Text(), said) {
					t.Errorf("the control of the %s does not say what is wrong", device)
				}
				if want := lists[said]; want != "" {
					bob.Until("the list to say it, too", fmt.Sprintf(`(l => l.disabled && l.selectedOptions[0].text === %q)(document.getElementById('pick-%s'))`, want, device))
				}
			}
			if strings.Contains(bob.Text(), "asks whether this page may") {
				t.Error("the page still waits for an answer")
			}
			bob.Shot("lobby-" + strings.ReplaceAll(c.name, " ", "-"))
			bob.Axe()
			bob.Field("Display name").Fill("Bob")
			bob.Role("button", "Join room").Click()
			bob.Role("heading", "Participants").Wait()
			tiles(bob, "Bob")
		})
	}
}

// A camera that another program had is free when that one ends, and a press on its control tries again; so does plugging in.
func TestTroublesPass(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Open house", "meeting")
	bob := browser.Visit(t, wide)
	bob.SitAt(study)
	bob.Busy("red")
	bob.Open(room.link)
	bob.SeesText("Your camera is in use by another program.")
	bob.Role("button", "Start camera").Click()
	bob.Until("it to be tried again", `devicesAsked === 4`) // both, each, once more
	bob.SeesText("Your camera is in use by another program.")
	bob.Field("Camera").Choose("blue") // another one works
	mirrors(t, bob, "blue", true)
	bob.MissesText("in use by another program")
	bob.Field("Camera").Choose("red")
	bob.SeesText("Your camera is in use by another program.")
	bob.Free()
	bob.Role("button", "Start camera").Click()
	mirrors(t, bob, "red", true)
	bob.MissesText("in use by another program")

	browser.Value[any](bob, `machine.unplug('red')`)
	bob.SeesText("red is gone. blue takes its place.")
	mirrors(t, bob, "blue", true)
	bob.Until("the list without it", `[...document.getElementById('pick-camera').options].map(o => o.text).join() === 'blue'`)
	browser.Value[any](bob, `machine.unplug('blue')`)
	bob.SeesText("Your camera was not found.")
	browser.Value[any](bob, `machine.unplug('440 Hz')`)
	bob.SeesText("440 Hz is gone. 660 Hz takes its place.")
	browser.Value[any](bob, `machine.plug('red')`)
	mirrors(t, bob, "red", true)
	bob.MissesText("Your camera was not found.")
	bob.Role("button", "Stop camera").Click() // one that is off stays off, whatever is pulled
	bob.Role("button", "Start camera").Wait()
	browser.Value[any](bob, `machine.unplug('red')`)
	browser.Value[any](bob, `machine.plug('blue')`)
	bob.Until("the list to follow", `[...document.getElementById('pick-camera').options].map(o => o.text).join() === 'blue'`)
	if lit := browser.Value[string](bob, `machine.lit().join()`); lit != "660 Hz" {
		t.Errorf("in use: %s", lit)
	}
}

// Devices are let go of with the page, and a tab that nobody sees does not listen.
func TestDevicesAreLetGo(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Open house", "meeting")
	bob := browser.Visit(t, wide)
	bob.SitAt(study)
	approach(s, bob, room.link)
	bob.Until("the ring to move", level+" > 0.5")
	browser.Value[any](bob, `Object.defineProperty(document, 'hidden', {get: () => window.unseen, configurable: true}), window.unseen = true, document.dispatchEvent(new Event('visibilitychange')), document.querySelector('.meter').style.setProperty('--level', '0.001')`)
	browser.Value[any](bob, `new Promise(r => setTimeout(r, 300))`)
	if got := browser.Value[float64](bob, level); got != 0.001 {
		t.Errorf("a hidden page listens: %v", got)
	}
	browser.Value[any](bob, `window.unseen = false, document.dispatchEvent(new Event('visibilitychange'))`)
	bob.Until("the ring to move again", level+" > 0.5")
	browser.Value[any](bob, `addEventListener('pagehide', () => sessionStorage.setItem('lit', machine.lit().join() || 'nothing'))`)
	bob.Open(s.URL + "/sign-in")
	if lit := browser.Value[string](bob, `sessionStorage.getItem('lit')`); lit != "nothing" {
		t.Errorf("still in use behind the page: %q", lit)
	}
}

// A browser that starts no sound before the first touch shows the ring's movement from then on.
func TestMeterWakesWithATouch(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Open house", "meeting")
	bob := browser.Visit(t, wide) // Chromium's own microphone beeps now and then
	bob.Open(room.link)
	bob.Role("button", "Mute").Wait()
	bob.Press("x")
	bob.Until("the ring to move with a beep", level+" > 0.3")
}

func TestSpeakersAreTested(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Open house", "meeting")
	bob := browser.Visit(t, wide)
	bob.SitAt(study)
	bob.Before(`window.played = []; { const play = HTMLMediaElement.prototype.play
HTMLMediaElement.prototype.play = function() { if (this.localName === 'audio') window.played.push(this.sinkId); return window.mayPlay === false ? Promise.reject(new DOMException('', 'NotAllowedError')) : play.call(this) } }`)
	bob.Open(room.link)
	bob.Field("Speakers").Choose("Headset")
	bob.Role("button", "Test speaker").Click()
	bob.Until("the sound on the chosen speakers", `played.join() === 'Headset'`)
	bob.Until("the sound to end", `!document.getElementById('test-speaker').ariaBusy`)
	bob.SeesText("You should hear two soft notes.")
	browser.Value[any](bob, `window.mayPlay = false`)
	bob.Role("button", "Test speaker").Click()
	bob.SeesText("Your browser did not let the sound out.")
	browser.Value[any](bob, `window.mayPlay = true, machine.unplug('Headset')`)
	bob.Until("the list without them", `[...document.getElementById('pick-speakers').options].map(o => o.text).join() === 'Desk'`)
	bob.Role("button", "Test speaker").Click()
	bob.SeesText("These speakers are not there any more. Choose others.")
	bob.Shot("lobby-speakers-gone")
	bob.Field("Speakers").Choose("Desk")
	bob.SeesText("You should hear two soft notes.")

	old := browser.Visit(t, wide)
	old.Before(`delete HTMLMediaElement.prototype.setSinkId`)
	old.Open(room.link)
	old.SeesText("this browser cannot choose others")
	if old.Field("Speakers").There() {
		t.Error("a browser that cannot choose speakers offers to")
	}
	old.Role("button", "Test speaker").Click()
	old.Until("the sound to end", `!document.getElementById('test-speaker').ariaBusy`)
	old.SeesText("You should hear two soft notes.")
}

// Over plain http a browser gives no devices: nothing is asked for, and the page says why.
func TestLobbyOverPlainHTTP(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Open house", "meeting")
	bob := browser.Visit(t, wide)
	bob.SitAt(study)
	bob.Busy()
	bob.Before(`Object.defineProperty(window, 'isSecureContext', {value: false})`)
	bob.Open(room.link)
	bob.SeesText("browsers give camera and microphone only to https")
	for _, name := range []string{"Mute", "Stop camera", "Test speaker"} {
		if bob.Role("button", name).There() {
			t.Errorf("there is a button %s that cannot work", name)
		}
	}
	if bob.Role("heading", "Set devices").There() || browser.Value[int](bob, `devicesAsked`) != 0 {
		t.Error("devices are asked for where there are none")
	}
	bob.Shot("lobby-insecure")
	bob.Field("Display name").Fill("Bob")
	bob.Role("button", "Join room").Click()
	bob.Role("heading", "Participants").Wait()
}

// Journey 11: on a phone the cameras change with one press; the one behind is no mirror.
func TestPhoneSwitchesCameras(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Open house", "meeting")
	bob := browser.Visit(t, phone)
	bob.Before(`{ const real = window.matchMedia; window.matchMedia = q => q === '(pointer: coarse)' ? {matches: true} : real.call(window, q) }`)
	bob.SitAt(study)
	bob.Open(room.link)
	mirrors(t, bob, "red", true)
	bob.Role("button", "Switch camera").Click()
	mirrors(t, bob, "blue", false)
	bob.Until("one camera at a time", `machine.lit().join() === '440 Hz,blue'`)
	if chosen := bob.Field("Camera").Text(); chosen != "blue" {
		t.Errorf("the list shows %s", chosen)
	}
	bob.Shot("lobby-rear")
	bob.Role("button", "Switch camera").Click()
	mirrors(t, bob, "red", true)
	one := browser.Visit(t, phone)
	one.SitAt(browser.Machine{Cameras: []string{"red"}, Microphones: []int{440}})
	one.Open(room.link)
	mirrors(t, one, "red", true)
	if one.Role("button", "Switch camera").There() {
		t.Error("one camera cannot be switched")
	}
}

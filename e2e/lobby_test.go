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
	bob.Until("the image on both faces", `[...document.querySelectorAll('[data-face] img, .me img')].filter(i => i.src.startsWith('blob:') && i.naturalWidth === 300).length === 2`)
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
	s := browser.Serve(t)
	room := owner(t, s).room("Open house", "meeting")
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
		t.Run(c.name, func(t *testing.T) {
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
	s := browser.Serve(t)
	room := owner(t, s).room("Open house", "meeting")
	bob := browser.Visit(t, wide) // Chromium's own microphone beeps now and then
	bob.Open(room.link)
	bob.Role("button", "Mute").Wait()
	bob.Press("x")
	bob.Until("the ring to move with a beep", level+" > 0.3")
}

func TestSpeakersAreTested(t *testing.T) {
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

// What is wrong with a label is said beside its field, and nothing that was typed or set is lost.
func TestLabelMistakes(t *testing.T) {
	s := browser.Serve(t)
	room := owner(t, s).room("Open house", "meeting")
	bob := browser.Visit(t, wide)
	bob.SitAt(study)
	bob.Open(room.link)
	mirrors(t, bob, "red", true)
	said := func(label, message string) {
		t.Helper()
		bob.SeesText(message)
		field := bob.Field(label)
		if field.Attribute("aria-invalid") != "true" || !strings.Contains(bob.CSS("#"+field.Attribute("aria-describedby")).Text(), message) {
			t.Errorf("the field %s does not say %q", label, message)
		}
	}
	for _, c := range [][2]string{
		{big(t, "holiday.png", 20), "This file is larger than 10 MB."},
		{text(t, "logo.svg", `<svg xmlns="http://www.w3.org/2000/svg"/>`), "This is an SVG drawing"},
		{text(t, "IMG_1.HEIC", "ftypheic"), "This is a HEIC photo"},
		{text(t, "notes.txt", "notes"), "This is not a picture that can be taken here."},
	} {
		bob.Field("Image").Attach(c[0])
		said("Image", c[1])
		if held := browser.Value[int](bob, `document.getElementById('f-image').files.length`); held != 0 {
			t.Error("a file that would be refused is still going to be sent:", c[0])
		}
	}
	bob.Shot("lobby-image-error")
	bob.Axe()
	bob.Field("Image").Attach(selfie(t, "me.png", color.RGBA{0, 160, 60, 255}))
	bob.MissesText("This is not a picture")
	if bob.Field("Image").Attribute("aria-invalid") != "" {
		t.Error("the field is still marked")
	}
	for _, c := range []struct{ label, typed, message string }{
		{"Display name", "   ", "Enter the name that others should see."},
		{"Display name", "Look at http://evil.example", "cannot hold a web address"},
		{"Headline", strings.Repeat("x", 81), "at most 80 characters"},
		{"Headline", "see https://evil.example", "cannot hold a web address"},
	} {
		bob.Field("Display name").Fill("Bob")
		bob.Field("Headline").Fill("Choir")
		bob.Role("radio", "Amber").Click()
		bob.Field(c.label).Fill(c.typed)
		bob.Role("button", "Join room").Click()
		said(c.label, c.message)
		if kept := bob.Field(c.label).Text(); kept != c.typed || !bob.Role("radio", "Amber").Checked() {
			t.Errorf("typed %q, kept %q", c.typed, kept)
		}
		bob.Until("the field in focus", fmt.Sprintf(`document.activeElement.labels?.[0].textContent.startsWith(%q)`, c.label))
		if c.typed == "   " && !bob.CSS(".me img").There() {
			t.Error("an empty name costs the image")
		}
	}
	bob.Axe()
	bob.Field("Headline").Fill("Choir")
	bob.Field("Image").Attach(text(t, "broken.png", "no picture at all"))
	bob.Role("button", "Join room").Click()
	said("Image", "This file is not a picture that can be read here.")
	bob.Field("Image").Attach(selfie(t, "me.png", color.RGBA{0, 160, 60, 255}))
	bob.Field("Headline").Fill(strings.Repeat("x", 81))
	bob.Role("button", "Join room").Click()
	said("Headline", "at most 80 characters")
	bob.SeesText("Choose the image again: the browser has let it go meanwhile.")
	bob.Field("Headline").Fill("Choir")
	bob.Role("button", "Join room").Click()
	bob.Role("heading", "Participants").Wait()
}

// Journey 3: signing in from a lobby leads back to it, with the account's label, over which what was typed wins.
func TestSignInFromTheLobby(t *testing.T) {
	s := browser.Serve(t)
	ada := owner(t, s)
	room := ada.room("Open house", "meeting")
	ada.must(room.link, "name", "Ada of the house", "headline", "Doors", "colour", "3")
	for _, c := range []struct {
		look                        browser.Look
		name, headline              string // typed
		wantName, wantLine, wantHue string
	}{
		{wide, "", "", "Ada of the house", "Doors", "Magenta"},
		{wide, "Ada & co", "", "Ada & co", "Doors", "Magenta"},
		{wide, "", "Typed #1?", "Ada of the house", "Typed #1?", "Magenta"},
		{plainHTML, "Ada & co", "", "Ada & co", "Doors", "Magenta"},
	} {
		p := browser.Visit(t, c.look)
		p.Open(room.link)
		if c.name != "" {
			p.Field("Display name").Fill(c.name)
		}
		if c.headline != "" {
			p.Field("Headline").Fill(c.headline)
		}
		p.Role("button", "Sign in").Click()
		p.At("/sign-in")
		p.SeesText("Open house")
		p.Field("Email").Fill(browser.Email)
		p.Field("Password").Fill(browser.Password)
		p.Role("button", "Sign in").Click()
		p.At("/r/")
		if name, line := p.Field("Display name").Text(), p.Field("Headline").Text(); name != c.wantName || line != c.wantLine {
			t.Errorf("typed %q, %q: the lobby has %q, %q", c.name, c.headline, name, line)
		}
		if !p.Role("radio", c.wantHue).Checked() {
			t.Error("the colour is not the account's")
		}
		if p.Role("button", "Sign in").There() {
			t.Error("somebody signed in may sign in")
		}
	}
	eve := browser.Visit(t, wide)
	eve.Open(s.URL + "/sign-in?next=" + "https%3A%2F%2Fevil.example%2Fr%2Fx&name=Eve")
	eve.Field("Email").Fill(browser.Email)
	eve.Field("Password").Fill(browser.Password)
	eve.Role("button", "Sign in").Click()
	eve.Role("button", "Create new").Wait()
}

// A sign-in that ran out while the lobby was open costs nothing that was typed.
func TestSignInRunsOut(t *testing.T) {
	s := browser.Serve(t)
	ada := owner(t, s)
	room := ada.room("Board", "meeting")
	ada.must(room.page+"/privacy", "locked", "yes")
	p := browser.Visit(t, wide)
	signIn(s, p)
	p.Open(room.link)
	p.Field("Display name").Fill("Ada, still here")
	p.Field("Headline").Fill("Typed before")
	p.Role("radio", "Sky").Click()
	p.Role("button", "Join room").Wait() // an owner need not ask
	other := p.Another()
	other.Open(s.URL + "/")
	other.Role("button", "Ada").Click()
	other.Role("button", "Sign out").Click()
	other.At("/sign-in")
	p.Expect("403")
	p.Expect("404")
	p.Role("button", "Join room").Click()
	p.Role("button", "Ask to join").Wait()
	p.SeesText("This room is locked.")
	if p.Field("Display name").Text() != "Ada, still here" || p.Field("Headline").Text() != "Typed before" || !p.Role("radio", "Sky").Checked() {
		t.Error("what was typed is lost")
	}
	p.Role("button", "Sign in").Click()
	p.Field("Email").Fill(browser.Email)
	p.Field("Password").Fill(browser.Password)
	p.Role("button", "Sign in").Click()
	p.Role("button", "Join room").Wait()
	if p.Field("Display name").Text() != "Ada, still here" || p.Field("Headline").Text() != "Typed before" {
		t.Error("what was typed is lost by signing in again")
	}
}

// A lobby stays true while somebody stands in it, and nothing of theirs is touched.
func TestLobbyIsLive(t *testing.T) {
	s := browser.Serve(t)
	ada := owner(t, s)
	room := ada.room("Open house", "meeting")
	bob := browser.Visit(t, wide)
	bob.SitAt(study)
	bob.Open(room.link)
	mirrors(t, bob, "red", true)
	bob.Field("Display name").Fill("Bob")
	bob.Until("the stream", `!!document.querySelector('[data-lobby]')`)
	leave := call(t, s).enter(room.link, "Cleo")
	bob.SeesText("1 person is inside: Cleo")
	bob.Role("button", "Join room").Wait()
	browser.Value[any](bob, `document.querySelector('#way .btn').focus()`)
	ada.must(room.page+"/privacy", "locked", "yes")
	bob.Role("button", "Ask to join").Wait()
	bob.MissesText("Cleo")
	bob.SeesText("Somebody is inside")
	bob.SeesText("Locked")
	if at := bob.Focused(); at != "button Ask to join" {
		t.Errorf("the focus went to %q", at)
	}
	if said := browser.Value[string](bob, `document.getElementById('said').textContent`); said != "Ask to join" {
		t.Errorf("a screen reader hears %q", said)
	}
	leave()
	bob.MissesText("Somebody is inside")
	ada.must(room.page+"/lobby", "title", "The open house", "message", "Bring cake.\nAnd tea.")
	bob.Role("heading", "The open house").Wait()
	bob.SeesText("Bring cake.")
	ada.must(room.page+"/privacy", "locked", "no")
	bob.Role("button", "Join room").Wait()
	if bob.Field("Display name").Text() != "Bob" || browser.Value[string](bob, `machine.lit().join()`) != "440 Hz,red" {
		t.Error("a change of the room touched what is the guest's")
	}
	bob.Expect("ERR_")
	s.Kill()
	s.Start()
	call(t, s).enter(room.link, "Dana")
	bob.SeesText("1 person is inside: Dana")
	bob.Expect("404")
	ada = owner(t, s)
	ada.must(room.page + "/delete")
	bob.SeesText("There is nothing here")
}

// Whoever is inside already is asked once, in the lobby, and not again in the room.
func TestContinueFromTheLobby(t *testing.T) {
	s := browser.Serve(t)
	room := owner(t, s).room("Open house", "meeting")
	bob := browser.Visit(t, wide)
	come(bob, room.link, "Bob")
	second := bob.Another()
	second.Open(room.link)
	second.SeesText("You are inside already, in another tab or window.")
	second.Role("button", "Continue here").Click()
	second.Role("heading", "Participants").Wait()
	second.SeesText("Connected")
	bob.SeesText("You continued elsewhere")
	tiles(second, "Bob")
}

// With nothing but a keyboard: what is first is first, everything can be reached, and Enter in a field goes in.
func TestEnteringByKeyboard(t *testing.T) {
	s := browser.Serve(t)
	room := owner(t, s).room("Open house", "meeting")
	bob := browser.Visit(t, wide)
	bob.SitAt(study)
	bob.Open(room.link)
	mirrors(t, bob, "red", true)
	bob.Until("the name in focus", `document.activeElement.id === 'f-name'`)
	browser.Value[any](bob, `document.activeElement.blur()`)
	var order []string
	bob.Press("\t")
	for range 16 {
		order = append(order, bob.Focused())
		bob.Press("\t")
	}
	reached := strings.Join(order, "\n")
	for _, want := range []string{"Mute", "Stop camera", "Display name", "Headline", "Image", "Join room", "Camera", "Microphone", "Speakers", "Test speaker", "Sign in"} {
		if !strings.Contains(reached, want) {
			t.Errorf("the keyboard does not reach %s:\n%s", want, reached)
		}
	}
	bob.Field("Display name").Fill("Bob")
	bob.Press("\t\tx") // the file field is passed by
	bob.Field("Headline").Fill("By hand")
	bob.Press("\r")
	bob.Role("heading", "Participants").Wait()
	tiles(bob, "Bob")
}

// The whole way in without a script: label, image, mistakes, asking, waiting, being let in.
func TestLobbyWithoutScript(t *testing.T) {
	s := browser.Serve(t)
	ada := owner(t, s)
	room := ada.room("Board", "meeting")
	ada.must(room.page+"/privacy", "locked", "yes")
	bob := browser.Visit(t, plainHTML)
	bob.Open(room.link)
	for _, name := range []string{"Mute", "Stop camera", "Test speaker"} {
		if bob.Role("button", name).There() {
			t.Errorf("without a script there is a button %s", name)
		}
	}
	bob.Field("Display name").Fill("Bob")
	bob.Field("Headline").Fill("By hand")
	bob.Role("radio", "Leaf").Click()
	bob.Field("Image").Attach(big(t, "holiday.png", 20))
	bob.Role("button", "Ask to join").Click()
	refused(t, bob, "Image", "This file is larger than 10 MB.")
	bob.Field("Image").Attach(text(t, "logo.svg", `<svg xmlns="http://www.w3.org/2000/svg"/>`))
	bob.Role("button", "Ask to join").Click()
	refused(t, bob, "Image", "This is an SVG drawing")
	if bob.Field("Headline").Text() != "By hand" || !bob.Role("radio", "Leaf").Checked() {
		t.Error("the lobby forgot what was typed")
	}
	bob.Field("Image").Attach(selfie(t, "me.png", color.RGBA{0, 160, 60, 255}))
	bob.Shot("lobby-plain")
	bob.Role("button", "Ask to join").Click()
	bob.SeesText("Asking to join")
	bob.SeesText("just now")
	bob.At("still=1") // the page loads itself
	ada.admitAll(room)
	bob.SeesText("Picture and sound need JavaScript")
	open := ada.room("Open house", "meeting")
	bob.Open(open.link)
	bob.Role("button", "Join room").Click()
	bob.SeesText("Picture and sound need JavaScript")
	if inside := ada.get(open.link).body; !strings.Contains(inside, "/image/") || !strings.Contains(inside, ": Bob") {
		t.Error("name and image were not remembered")
	}
}

// admitAll is a host who lets in everybody at the door.
func (v *visitor) admitAll(room made) {
	v.t.Helper()
	v.must(strings.TrimPrefix(room.link, v.s.URL)+"/knocks", "answer", "admit")
}

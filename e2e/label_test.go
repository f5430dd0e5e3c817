package e2e

import (
	"fmt"
	"image/color"
	"strings"
	"testing"

	"foyer/e2e/browser"
)

// What is wrong with a label is said beside its field, and nothing that was typed or set is lost.
func TestLabelMistakes(t *testing.T) {
	t.Parallel()
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
		bob.Field(c.label).Fill("Mended")
		if bob.Field(c.label).Attribute("aria-invalid") != "" {
			t.Errorf("%s is complained of while it is mended", c.label)
		}
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
	t.Parallel()
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
		withoutModules(p, c.look)
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
	t.Parallel()
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
	t.Parallel()
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
	t.Parallel()
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
	t.Parallel()
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
	t.Parallel()
	s := browser.Serve(t)
	ada := owner(t, s)
	room := ada.room("Board", "meeting")
	ada.must(room.page+"/privacy", "locked", "yes")
	bob := browser.Visit(t, plainHTML)
	withoutModules(bob, plainHTML)
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

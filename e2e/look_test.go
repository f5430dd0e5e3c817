package e2e

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"foyer/e2e/browser"
)

// photo is a picture of one colour in a file.
func photo(t *testing.T, c color.Color, width, height int) string {
	t.Helper()
	canvas := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(canvas, canvas.Bounds(), image.NewUniform(c), image.Point{}, draw.Src)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, canvas, nil); err != nil {
		t.Fatal(err)
	}
	return inFile(t, "photo.jpg", b.Bytes())
}

func inFile(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// brings is must for a form with a picture from a file.
func (v *visitor) brings(path, file string, pairs ...string) {
	v.t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		v.t.Fatal(err)
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		_ = w.WriteField(pairs[i], pairs[i+1]) // into memory
	}
	part, _ := w.CreateFormFile("image", filepath.Base(file))
	_, _ = part.Write(content)
	w.Close()
	answer, err := v.client.Post(v.s.URL+path, w.FormDataContentType(), &b)
	if err != nil {
		v.t.Fatal(err)
	}
	if answer.Body.Close(); answer.StatusCode != http.StatusSeeOther {
		v.t.Fatalf("POST %s: %d", path, answer.StatusCode)
	}
}

var orange, teal = color.RGBA{230, 120, 40, 255}, color.RGBA{20, 120, 120, 255}

// shows waits for a loaded picture of ours in the place of a selector, of the given width in pixels.
func shows(p *browser.Page, selector string, width int) {
	p.Until(selector+" to show the picture", fmt.Sprintf(`(i => i && new URL(i.src).pathname.startsWith('/image/') && i.complete && i.naturalWidth === %d && i.alt === '')(document.querySelector(%q))`, width, selector+" img.cover"))
}

func bare(p *browser.Page, selector string, swatch int) {
	p.Until(selector+" to show the theme's own picture", fmt.Sprintf(`!!document.querySelector(%q)`, fmt.Sprintf("%s span.cover.sw%d", selector, swatch)))
}

// menu opens a tile's menu and takes an entry.
func menu(p *browser.Page, entry, room string) {
	p.Role("button", "Menu, "+room).Click()
	p.Role("button", entry+", "+room).Click()
}

// What a host changes about a room's look shows at once wherever the room is open: on another dashboard, in front of the
// door, inside.
func TestCustomizeShowsEverywhere(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	ada := browser.Visit(t, wide)
	signIn(s, ada)
	room := owner(t, s).room("Design review", "meeting")
	wall, door, inside := ada.Another().Open(s.URL+"/"), browser.Visit(t, phone).Open(room.link), browser.Visit(t, wide)
	come(inside, room.link, "Bob Marsh")

	ada.Open(s.URL + "/")
	menu(ada, "Customize", "Design review")
	ada.At(room.page + "/customize")
	ada.Field("Background image").Attach(photo(t, orange, 1600, 900))
	ada.Until("the chosen picture to show before it is saved", `document.querySelector('.thumb img')?.src.startsWith('blob:') && document.querySelector('.thumb img').naturalWidth === 1600`)
	ada.Role("radio", "Leaf").Click()
	for _, feature := range []string{"Chat", "Reactions", "Raised hands"} {
		if !ada.Role("switch", feature).Checked() {
			t.Errorf("%s is off in a new room", feature)
		}
	}
	ada.Role("switch", "Chat").Click()
	ada.Role("button", "Save").Click()
	ada.At("/customize?saved=1")
	ada.Role("status", "").Wait()
	ada.SeesText("Saved.")
	shows(ada, ".thumb", 1600)
	if ada.Role("switch", "Chat").Checked() || !ada.Role("switch", "Reactions").Checked() || !ada.Role("radio", "Leaf").Checked() {
		t.Error("the page shows something else than what was saved")
	}
	ada.FullShot("customize-saved")
	shows(wall, ".tile", 480)
	if wall.CSS(".tile img.cover").Attribute("loading") != "lazy" {
		t.Error("the tile's picture is not lazy")
	}
	shows(door, "#cover", 1600)
	inside.Until("the room to know that there is no chat", `(h => !('chat' in h.dataset) && 'reactions' in h.dataset)(document.querySelector('#head'))`)
	ada.Role("link", "Design review").Click()
	ada.Field("Participant link").Wait()
	shows(ada, ".bleed", 480)

	ada.Role("button", "Customize").Click()
	ada.Field("Remove the image").Click()
	ada.Role("button", "Save").Click()
	ada.At("saved=1")
	bare(ada, ".thumb", 8)
	bare(wall, ".tile", 8)
	bare(door, "#cover", 8)
}

// The lobby has a look of its own, with a preview that tells the truth.
func TestCustomizeTheLobby(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	ada := browser.Visit(t, wide)
	signIn(s, ada)
	room := owner(t, s).room("Design review", "meeting")
	door := browser.Visit(t, wide).Open(room.link)
	door.Role("heading", "Design review").Wait()
	ada.Open(s.URL + room.page + "/customize")
	ada.Role("link", "Lobby").Click()
	ada.Field("Title").Fill("Come in for the review")
	ada.Field("Message").Fill("Bring a sketch.\nCoffee is on the left.")
	preview := ada.Role("region", "Preview of the lobby")
	preview.Role("heading", "Come in for the review").Wait()
	preview.Words("Coffee is on the left.").Wait()
	ada.Field("Background image").Attach(photo(t, teal, 800, 450))
	ada.Role("button", "Save").Click()
	ada.At(room.page + "/lobby?saved=1")
	ada.SeesText("Saved.")
	shows(ada, "[data-preview]", 800)
	ada.FullShot("lobby-look-saved")
	door.Role("heading", "Come in for the review").Wait()
	door.SeesText("Coffee is on the left.")
	shows(door, "#cover", 800)
	for field, want := range map[string]string{"Title": "Come in for the review", "Message": "Bring a sketch.\nCoffee is on the left."} {
		if got := ada.Field(field).Text(); got != want {
			t.Errorf("%s holds %q after saving", field, got)
		}
	}
	ada.Field("Title").Fill("")
	preview.Role("heading", "Design review").Wait()
	ada.Field("Title").Fill(strings.Repeat("long ", 40))
	ada.Field("Message").Fill("Kept.")
	ada.Field("Background image").Attach(photo(t, orange, 320, 180))
	ada.Role("button", "Save").Click()
	if kept := refused(t, ada, "Title", "at most 80 characters"); kept != strings.Repeat("long ", 40) {
		t.Errorf("the title kept %q", kept)
	}
	ada.SeesText("Choose the image again")
	if ada.Field("Message").Text() != "Kept." {
		t.Error("the message was forgotten")
	}
	door.Role("heading", "Come in for the review").Wait()
}

// A picture that cannot be taken is named beside its field, and all the rest of the form stays as it was.
func TestPicturesThatAreRefused(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Design review", "meeting")
	large := inFile(t, "large.jpg", append([]byte("\xff\xd8\xff"), make([]byte, 20<<20)...))
	heic, err := filepath.Abs("../picture/testdata/photo.heic")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{
		inFile(t, "a.svg", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`)): "SVG drawing, which can carry scripts",
		heic: "HEIC photo",
		inFile(t, "b.jpg", []byte("\xff\xd8\xff\xe0 broken")): "This picture is damaged",
		inFile(t, "c.png", bomb()):                            "too large to be opened",
		inFile(t, "d.txt", []byte("hello")):                   "not a picture that can be read here",
		large:                                                 "larger than 10 MB",
	}
	for _, look := range []browser.Look{plainHTML, wide} {
		ada := browser.Visit(t, look)
		signIn(s, ada)
		for file, words := range files {
			ada.Open(s.URL + room.page + "/customize")
			ada.Role("radio", "Rose").Click()
			ada.Role("switch", "Reactions").Click()
			ada.Field("Background image").Attach(file)
			if !look.NoScript && file == large {
				ada.Role("button", "Save").Click()
				ada.SeesText(words) // said at once, nothing was sent
				ada.At(room.page + "/customize")
				focus(t, ada, "Background image")
				continue
			}
			ada.Role("button", "Save").Click()
			refused(t, ada, "Background image", words)
			if !ada.Role("radio", "Rose").Checked() || ada.Role("switch", "Reactions").Checked() || !ada.Role("switch", "Chat").Checked() {
				t.Errorf("%s: the form forgot what was chosen", words)
			}
		}
	}
}

// bomb is the start of a PNG that says it is 50,000 pixels wide and high.
func bomb() []byte {
	head := []byte("IHDR\x00\x00\xc3\x50\x00\x00\xc3\x50\x08\x02\x00\x00\x00")
	return binary.BigEndian.AppendUint32(append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), head...), crc32.ChecksumIEEE(head))
}

// Copying a room: new links, no history, and of its settings what was ticked.
func TestDuplicate(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Design review", "webinar")
	owner(t, s).must(room.page+"/privacy", "locked", "yes")
	for _, look := range []browser.Look{wide, plainHTML} {
		ada := browser.Visit(t, look)
		signIn(s, ada)
		menu(ada, "Duplicate", "Design review")
		dialog := ada.Role("dialog", "Duplicate room")
		dialog.Role("heading", "Duplicate Design review").Wait()
		ada.Until("the name to be chosen", `document.activeElement === document.getElementById('f-copy')`)
		if got := dialog.Field("Name of the copy").Text(); got != "Design review, copy" {
			t.Errorf("the copy would be called %q", got)
		}
		for word, want := range map[string]bool{"Theme": true, "Room look": true, "Lobby look": true, "Lock": false} {
			if dialog.Role("checkbox", word).Checked() != want {
				t.Errorf("%s is ticked: %v", word, !want)
			}
		}
		ada.Shot("duplicate")
		dialog.Role("checkbox", "Room look").Click()
		dialog.Role("checkbox", "Lock").Click()
		dialog.Field("Name of the copy").Fill(" ")
		dialog.Role("button", "Duplicate").Click()
		if kept := refused(t, ada, "Name of the copy", "Give the room a name."); kept != " " {
			t.Errorf("the name of the copy kept %q", kept)
		}
		if dialog.Role("checkbox", "Room look").Checked() || !dialog.Role("checkbox", "Lock").Checked() || !dialog.Role("checkbox", "Theme").Checked() {
			t.Error("the dialog forgot its ticks")
		}
		dialog.Field("Name of the copy").Fill("A second one")
		dialog.Role("button", "Duplicate").Click()
		ada.Role("heading", "A second one").Wait()
		ada.At("/rooms/")
		ada.SeesText("Locked")
		ada.SeesText("Webinar")
		if link := ada.Field("Participant link").Text(); link == room.link || !strings.Contains(link, "/r/a-second-one-") {
			t.Errorf("the copy's link is %s", link)
		}
		owner(t, s).must(ada.URL() + "/delete")
	}
}

// Who asks to join is seen and heard on every page of an owner, also in the middle of a form, and can be let in from there.
func TestKnocksReachEveryPageOfAnOwner(t *testing.T) {
	s := browser.Serve(t)
	room := lockedRoom(t, s)
	call(t, s).knocks(room.link, "Early Bird")
	mine := browser.Visit(t, wide)
	mine.Before(spyOnSound)
	signIn(s, mine)
	home := mine.Another().Open(s.URL + "/")
	home.SeesText("1 asks to join")
	var pages []*browser.Page
	for _, path := range []string{room.page, room.page + "/customize", room.page + "/lobby", "/history"} {
		p := mine.Another()
		p.Before(spyOnSound)
		pages = append(pages, p.Open(s.URL+path))
		cards(p, "Early Bird")
		p.Press("\t") // a browser plays nothing before somebody touched the page
		plays(p, 0)   // knocked before: no news
	}
	pages[2].Field("Title").Fill("Half typed")
	hide := func(p *browser.Page, hidden bool) {
		browser.Value[bool](p, fmt.Sprintf(`(Object.defineProperty(document, 'hidden', {value: %v, configurable: true}), document.dispatchEvent(new Event('visibilitychange')))`, hidden))
	}
	bob := asks(t, room.link, "Bob Marsh")
	for _, p := range pages {
		cards(p, "Early Bird", "Bob Marsh")
		p.Until("it to be heard", `window.notes > 0`)
	}
	home.SeesText("2 ask to join")
	home.Shot("home-asking")
	pages[2].Shot("lobby-look-knock")
	hide(pages[1], true) // six tabs take all connections that a browser opens to one host
	pages[2].Role("button", "Admit, Bob Marsh").Click()
	pages[2].Role("button", "Admit, Bob Marsh").Gone()
	bob.At("/live")
	if got := pages[2].Field("Title").Text(); got != "Half typed" {
		t.Errorf("the form held %q after letting somebody in", got)
	}
	pages[0].Role("button", "Deny, Early Bird").Click()
	pages[0].Role("button", "Admit, Early Bird").Gone()
	hide(pages[1], false)
	for _, p := range append(pages, home) {
		p.Role("button", "Admit, Early Bird").Gone()
	}
	home.Until("the tile to say nothing of it", `!document.querySelector('.tile').innerText.includes('to join')`)
}

// The first knock of all is heard on a page that was quiet before, which loads what it takes only then.
func TestTheFirstKnockIsHeard(t *testing.T) {
	s := browser.Serve(t)
	room := lockedRoom(t, s)
	ada := browser.Visit(t, wide)
	ada.Before(spyOnSound)
	signIn(s, ada)
	page := ada.Another()
	page.Before(spyOnSound)
	page.Open(s.URL + room.page)
	page.Until("the stream to be open", `performance.getEntriesByType('resource').some(e => e.name.includes('/js/stream.')) `)
	for _, p := range []*browser.Page{ada, page} {
		p.Press("\t")
		p.Until("nothing of knocks to be loaded", `!performance.getEntriesByType('resource').some(e => e.name.includes('/js/knocks.'))`)
	}
	call(t, s).knocks(room.link, "Bob Marsh")
	for _, p := range []*browser.Page{ada, page} {
		cards(p, "Bob Marsh")
		p.Until("it to be heard", `window.notes > 0`)
	}
}

// A host customizes and copies a room by keys alone.
func TestLooksByKeysAlone(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("By keys", "meeting")
	ada := browser.Visit(t, wide)
	signIn(s, ada)
	tabTo(t, ada, "button Menu, By keys", "\r")
	tabTo(t, ada, "button Customize, By keys", "\r")
	ada.At(room.page + "/customize")
	ada.Role("button", "Save").Wait()
	tabTo(t, ada, "input Background image", "\t")
	ada.Press(kb.ArrowRight)
	chosen := browser.Value[string](ada, `document.querySelector('[name=colour]:checked').value`)
	tabTo(t, ada, "switch Chat", " ")
	tabTo(t, ada, "button Save", "\r")
	ada.At("saved=1")
	if now := browser.Value[string](ada, `document.querySelector('[name=colour]:checked').value`); now != chosen || ada.Role("switch", "Chat").Checked() {
		t.Errorf("colour %s was chosen, %s saved; chat on: %v", chosen, now, ada.Role("switch", "Chat").Checked())
	}
	tabTo(t, ada, "a Lobby", "\r")
	tabTo(t, ada, "input Title", "")
	ada.Press("Come in\r") // Enter in a field saves
	ada.At("/lobby?saved=1")
	tabTo(t, ada, "a By keys", "\r")
	ada.Role("button", "Duplicate").Wait()
	tabTo(t, ada, "button Duplicate", "\r")
	focus(t, ada, "Name of the copy")
	ada.Press("\x1b")
	focus(t, ada, "Duplicate")
	ada.Press("\r")
	focus(t, ada, "Name of the copy")
	tabTo(t, ada, "input Room look", " ")
	tabTo(t, ada, "button Duplicate", "\r")
	ada.Role("heading", "By keys, copy").Wait()
}

// The dialogs of browsers from before 2025, which do not know command and commandfor.
func TestDialogsInOlderBrowsers(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	s.Account("bob@example.org", "Bob Marsh", "another doorway, unlit")
	room := owner(t, s).room("Design review", "meeting")
	ada := browser.Visit(t, wide)
	ada.Before(`delete HTMLButtonElement.prototype.command; delete HTMLButtonElement.prototype.commandForElement
document.addEventListener('command', e => { e.preventDefault(); e.stopImmediatePropagation() }, true)`)
	signIn(s, ada)
	ada.Open(s.URL + room.page)
	for opener, dialog := range map[string]string{"Rename": "Rename room", "Duplicate": "Duplicate room", "Delete": "Delete room"} {
		ada.Role("button", opener).Click()
		ada.Role("dialog", dialog).Wait()
		ada.Until("a real dialog", `document.querySelector('dialog[open]').matches(':modal')`)
		ada.Role("dialog", dialog).Role("button", "Cancel").Click()
		ada.Until("the dialog to close", `!document.querySelector('dialog[open]')`)
		ada.Role("button", opener).Click()
		ada.Role("dialog", dialog).Wait()
		ada.Press("\x1b")
		ada.Until("Escape to close the dialog", `!document.querySelector('dialog[open]')`)
	}
}

// Deactivating asks first, and does it.
func TestDeactivateAsks(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	s.Account("bob@example.org", "Bob Marsh", "another doorway, unlit")
	for _, old := range []bool{false, true} {
		ada := browser.Visit(t, wide)
		if old {
			ada.Before(`delete HTMLButtonElement.prototype.command
document.addEventListener('command', e => e.preventDefault(), true)`)
		}
		signIn(s, ada)
		bob := call(t, s).signIn("bob@example.org", "another doorway, unlit")
		ada.Open(s.URL + "/accounts")
		ada.Role("button", "Deactivate, Bob Marsh").Click()
		ada.Role("dialog", "Deactivate Bob Marsh?").Role("button", "Cancel").Click()
		ada.Until("the dialog to close", `!document.querySelector('dialog[open]')`)
		if got := bob.get("/account").status; got != 200 {
			t.Fatalf("after Cancel Bob's account answers %d", got)
		}
		ada.Role("button", "Deactivate, Bob Marsh").Click()
		ada.Role("button", "Deactivate account").Click()
		ada.Role("button", "Wake, Bob Marsh").Wait()
		if got := bob.get("/account").status; got != 303 {
			t.Errorf("Bob, deactivated, gets %d", got)
		}
		ada.Role("button", "Wake, Bob Marsh").Click()
		ada.Role("button", "Deactivate, Bob Marsh").Wait()
	}
}

// Over plain http from another machine a browser has no clipboard for pages: the link is selected, and the hand copies.
func TestCopyOverPlainHTTP(t *testing.T) {
	t.Parallel()
	s := elsewhere(t)
	room := owner(t, s).room("Design review", "meeting")
	ada := browser.Visit(t, wide)
	ada.Expect("Cross-Origin-Opener-Policy header has been ignored")
	signIn(s, ada)
	ada.Open(s.URL + room.page)
	if browser.Value[bool](ada, "!!navigator.clipboard") {
		t.Fatal("this browser has a clipboard here, so nothing is tested")
	}
	copies := ada.CSS("#links")
	for i, label := range []string{"Participant link", "Host link"} {
		browser.Ask[bool](copies, `function(i) { this.querySelectorAll('button')[i].click(); return true }`, i)
		ada.Until("the link to be selected and the way to be told", fmt.Sprintf(`(f => f.id === %q && f.selectionStart === 0 && f.selectionEnd === f.value.length && f.value)(document.activeElement) && document.getElementById('said').textContent.includes('Ctrl+C')`, "link-"+strings.ToLower(strings.Fields(label)[0])))
		ada.SeesText("Selected. Copy it with Ctrl+C.")
	}
	ada.Open(s.URL + "/")
	menu(ada, "Copy participant link", "Design review") // leads to where the links are
	ada.At(room.page)
	ada.Field("Participant link").Wait()
}

// elsewhere is a server that is reached by the machine's own address, which browsers do not trust as they trust localhost.
func elsewhere(t *testing.T) *browser.Server {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addresses {
		at, ok := a.(*net.IPNet)
		if !ok || at.IP.IsLoopback() || at.IP.To4() == nil {
			continue
		}
		free, err := net.Listen("tcp4", net.JoinHostPort(at.IP.String(), "0"))
		if err != nil {
			t.Fatal(err)
		}
		free.Close()
		s := browser.Prepare(t, "--listen", free.Addr().String())
		s.URL = "http://" + free.Addr().String()
		s.Account(browser.Email, browser.Name, browser.Password, "--admin")
		s.Start()
		return s
	}
	t.Fatal("this machine has no address but loopback: give it one, as with ip link add dummy0 type dummy")
	return nil
}

package e2e

import (
	"strings"
	"testing"

	"foyer/e2e/browser"
)

// fits checks that the bar stands whole within the window and that nothing has to be scrolled sideways.
const barFits = `(() => { const all = [...document.querySelectorAll('.bar button')].filter(b => b.checkVisibility()).map(b => b.getBoundingClientRect())
  return all.every(r => r.left >= 0 && r.right <= innerWidth && r.bottom <= innerHeight && r.width >= 44 && r.height >= 44) && document.documentElement.scrollWidth <= innerWidth })()`

// A whole call on a phone: six controls, the others behind More, the panel below the stage.
func TestRoomOnAPhone(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Studio stand-up with a long name", "meeting")
	bob := inside(t, wide, blueDesk, room.link, "Bob")
	for _, look := range []browser.Look{phone, night} {
		noShare := redDesk
		noShare.Screen = ""
		ada := inside(t, look, noShare, room.host, "Anna")
		for _, name := range []string{"Mute", "Stop camera", "Raise hand", "Chat", "More", "Leave"} {
			ada.RoleLike("button", name).Wait()
		}
		ada.Until("the bar to fit", barFits)
		seesColour(ada, "Bob", "blue")
		seesColour(bob, "Anna", "red")
		inspect(t, ada, "phone", look)

		ada.Role("button", "More").Click()
		for _, name := range []string{"React", "Speaker view", "Devices", "End for all"} {
			ada.Role("button", name).Wait()
		}
		if ada.Role("button", "Share").There() {
			t.Error("a phone that cannot share offers it")
		}
		inspect(t, ada, "phone-more", look)
		ada.Role("button", "React").Click()
		inspect(t, ada, "phone-react", look)
		ada.Role("button", "Thumbs up").Click()
		bob.Until("Anna's thumb", `[...document.querySelectorAll('.flying')].some(f => f.textContent === '👍')`)
		if !ada.Role("button", "Speaker view").There() {
			ada.Role("button", "More").Click()
		}
		ada.Role("button", "Speaker view").Click()
		ada.Role("button", "Speaker view").Gone() // the menu closes
		ada.Until("Bob to be large", `document.querySelector('#people>.big b').firstChild.textContent.trim() === 'Bob'`)
		seesColour(ada, "Bob", "blue")
		inspect(t, ada, "phone-speaker", look)

		ada.Role("button", "More").Click()
		ada.Role("button", "Devices").Click()
		ada.Role("button", "Switch camera").Click()
		seesColour(bob, "Anna", "green")
		ada.Until("no mirror for what lies ahead", `document.querySelector('.mine video').className === ''`)
		lit(ada, "440 Hz,green")
		inspect(t, ada, "phone-devices", look)
		ada.Role("button", "Switch camera").Click()
		seesColour(bob, "Anna", "red")
		ada.Until("a mirror again", `document.querySelector('.mine video').className === 'mirror'`)
		ada.Role("button", "Done").Click()

		bob.Role("button", "Share").Click()
		seesScreen(ada, "red")
		ada.RoleLike("button", "Chat").Click()
		ada.Until("the panel below the stage", `(() => { const panel = document.getElementById('panel').getBoundingClientRect(), stage = document.getElementById('stage').getBoundingClientRect()
  return panel.top >= stage.bottom && panel.height > 200 && document.querySelector('#screen').getBoundingClientRect().height > 150 })()`)
		ada.Until("the bar to fit", barFits)
		inspect(t, ada, "phone-panel", look)
		bob.Role("button", "Share").Click()
		bob.Until("no screen", noScreen)
		ada.Role("button", "Leave").Click()
		ada.SeesText("You left")
		tiles(bob, "Bob")
	}
}

// narrow checks that nothing has to be scrolled sideways; a phone would show such a page smaller than it is.
func narrow(p *browser.Page, what string) {
	p.Until(what+" without scrolling sideways", `innerWidth === document.documentElement.clientWidth && document.documentElement.scrollWidth <= innerWidth`)
}

// A phone turned on its side, names of 80 letters without a space, and the smallest window of WCAG 1.4.10.
func TestSmallScreens(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	long := strings.Repeat("Wolfeschlegelsteinhausen", 4)[:80]
	lady := owner(t, s)
	room := lady.room("Studio", "meeting")
	dora := call(t, s)
	dora.enter(room.link, long)
	bob := browser.Visit(t, phone).Open(room.link)
	bob.SeesText("1 person is inside")
	narrow(bob, "the lobby")
	bob.Resize(320, 256)
	narrow(bob, "the lobby at 320 × 256")

	noShare := redDesk
	noShare.Screen = ""
	ada := inside(t, phone, noShare, room.host, "Anna")
	dora.must(room.link+"/hand", "up", "yes")
	ada.SeesText("raised a hand")
	narrow(ada, "who raised a hand")
	lady.must(room.page+"/privacy", "locked", "yes")
	call(t, s).must(room.link, "name", long, "ask", "yes")
	ada.Role("button", "Deny, "+long).Wait()
	narrow(ada, "the queue")
	ada.Role("button", "Deny, "+long).Click()

	ada.Resize(844, 390)
	ada.Role("button", "Speaker view").Wait() // moved out of the menu
	if ada.Role("button", "Share").There() {
		t.Error("a turned phone that cannot share offers it")
	}
	for _, size := range [][2]int64{{568, 320}, {320, 256}} {
		ada.Resize(size[0], size[1])
		narrow(ada, "the room")
		ada.RoleLike("button", "Chat").Click()
		write(ada, "From a small screen")
		ada.Until("room to read", `document.getElementById('log').clientHeight > 100 && document.querySelector('footer').getBoundingClientRect().top >= document.getElementById('panel').getBoundingClientRect().bottom`)
		narrow(ada, "the chat")
		ada.Role("button", "Close panel").Click()
	}
	ada.RoleLike("button", "Leave").Click()
	ada.At("/ended")
}

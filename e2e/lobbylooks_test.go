package e2e

import (
	"fmt"
	"image/color"
	"testing"

	"foyer/e2e/browser"
)

// Lobby and waiting screen in every state hold what TestLooks holds every page to: WCAG's rules, no overflow, 44 px.
func TestLobbyLooks(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t, "--contact", "help@example.org")
	ada := owner(t, s)
	open, board, hall := ada.room("Studio stand-up", "meeting"), ada.room("Board, quarterly", "meeting"), ada.room("Open day", "webinar")
	ada.must(board.page+"/privacy", "locked", "yes")
	ada.must(board.page+"/lobby", "title", "The board, at last", "message", "Please have the figures of the last quarter at hand.\nWe begin in time.")
	for _, name := range []string{"Ada L", "Noor B", "Tomás R", "Xi", "Yo"} {
		call(t, s).enter(open.link, name)
	}
	me := selfie(t, "me.png", color.RGBA{200, 120, 60, 255})
	for _, look := range []browser.Look{wide, dark, phone, night} {
		t.Run(fmt.Sprintf("phone=%v dark=%v", look.Phone, look.Dark), func(t *testing.T) {
			t.Parallel()
			bob := browser.Visit(t, look)
			bob.SitAt(browser.Machine{Cameras: []string{"rgb(70,90,120)", "rgb(120,90,70)"}, Microphones: []int{440}, Speakers: []string{"Headset"}})
			bob.Open(open.link)
			bob.Until("the devices", `!document.getElementById('pick-camera').disabled`)
			inspect(t, bob, "lobby-new", look)
			bob.Field("Image").Attach(big(t, "holiday.png", 20))
			bob.Role("button", "Join room").Click()
			bob.SeesText("Enter the name that others should see.")
			inspect(t, bob, "lobby-errors", look)
			bob.FullShot("lobby-errors-whole")
			bob.Field("Display name").Fill("Marta Oliveira with a name of quite some length")
			bob.Field("Headline").Fill("Ceramics, Porto, and whatever else fits into a headline of this length")
			bob.Field("Image").Attach(me)
			bob.Role("button", "Stop camera").Click()
			bob.Role("button", "Mute").Click()
			inspect(t, bob, "lobby-off", look)
			bob.FullShot("lobby-off-whole")
			bob.Open(board.link)
			bob.Until("the devices", `!document.getElementById('pick-microphone').disabled`)
			inspect(t, bob, "lobby-ask", look)
			bob.FullShot("lobby-ask-whole")
			bob.Field("Display name").Fill("Marta Oliveira")
			bob.Role("button", "Ask to join").Click()
			bob.Role("heading", "Asking to join").Wait()
			bob.Until("the devices", `!document.getElementById('pick-microphone').disabled`)
			inspect(t, bob, "wait", look)
			bob.FullShot("wait-whole")
			bob.Role("link", "Change").Click()
			bob.SeesText("You are asking already.")
			inspect(t, bob, "lobby-asking-already", look)
			bob.Open(hall.link)
			inspect(t, bob, "lobby-hall", look)

			none := browser.Visit(t, look)
			none.SitAt(browser.Machine{})
			none.Open(open.link)
			none.SeesText("Your microphone was not found.")
			inspect(t, none, "lobby-no-devices", look)
		})
	}
}

package e2e

import (
	"testing"
	"time"

	"foyer/e2e/browser"
)

// asksToSend counts a page's offers to send.
const asksToSend = `performance.getEntriesByType('resource').filter(e => new URL(e.name).pathname.endsWith('/send')).length`

// Who comes in with everything off asks for no connection to send, again and again in vain; the first word makes one.
func TestWhoIsSilentAsksForNothing(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Studio stand-up", "meeting")
	bob := inside(t, wide, blueDesk, room.link, "Bob")
	ada := browser.Visit(t, wide)
	ada.SitAt(redDesk)
	ada.Open(room.link)
	ada.Role("button", "Mute").Click()
	ada.Role("button", "Stop camera").Click()
	ada.Field("Display name").Fill("Anna")
	ada.Role("button", "Join room").Click()
	ada.Role("heading", "Participants").Wait()
	ada.Until("to receive", `performance.getEntriesByType('resource').some(e => new URL(e.name).pathname.endsWith('/receive'))`)
	time.Sleep(2 * time.Second) // what used to come came every few hundred milliseconds at first
	if n := browser.Value[int](ada, asksToSend); n != 0 {
		t.Errorf("%d offers to send nothing", n)
	}
	ada.Role("button", "Unmute").Click()
	pitch(bob, "Anna", voices, 440)
	if n := browser.Value[int](ada, asksToSend); n < 1 {
		t.Error("heard without an offer: the count counts nothing")
	}
}

package e2e

import (
	"testing"

	"foyer/e2e/browser"
)

// The owner copies the links from within the call; nobody else has a button for them, hosts by link included.
func TestLinksAreCopiedInside(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Open house", "meeting")
	ada := browser.Visit(t, wide)
	ada.Permit("clipboard-read", true)
	ada.Permit("clipboard-write", true)
	signIn(s, ada)
	ada.Open(room.link)
	ada.Role("button", "Join room").Click()
	ada.SeesText("Connected")
	ada.Role("button", "People").Click()
	for which, link := range map[string]string{"host": room.host, "participant": room.link} {
		name := "Copy " + which + " link"
		ada.Role("button", name).Click()
		ada.Until("to be told", `document.getElementById('said').textContent === '`+which+` link copied'`)
		if got := ada.Clipboard(); got != link {
			t.Errorf("%s copied %q, want %q", name, got, link)
		}
	}
	ada.SeesText("Connected")
	guest := browser.Visit(t, wide)
	come(guest, room.host, "Host by link")
	guest.Role("button", "People").Click()
	guest.Role("button", "Mute all").Wait()
	if guest.Role("button", "Copy host link").There() {
		t.Error("a host by link copies links")
	}
}

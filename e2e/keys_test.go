package e2e

import (
	"strings"
	"testing"

	"foyer/e2e/browser"
)

// tabTo presses Tab until the focus is on something, as somebody without a mouse does, and presses keys there.
func tabTo(t *testing.T, p *browser.Page, wanted, keys string) {
	t.Helper()
	var seen []string
	for range 60 {
		p.Press("\t")
		at := p.Focused()
		if strings.HasPrefix(at, wanted) {
			if keys != "" {
				p.Press(keys)
			}
			return
		}
		seen = append(seen, at)
	}
	t.Fatalf("Tab never comes to %q; it goes to %q", wanted, seen)
}

func focus(t *testing.T, p *browser.Page, wanted string) {
	t.Helper()
	p.Until("the focus on "+wanted+" (it is on "+p.Focused()+")", `(() => { const e = document.activeElement
  return e && (e.ariaLabel || e.labels?.[0]?.innerText || e.innerText || '').trim().startsWith('`+wanted+`') })()`)
}

// A host does everything of a first room by keys alone.
func TestKeysAlone(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	ada := browser.Visit(t, wide)
	ada.Open(s.URL + "/")
	ada.Open(s.URL + "/")
	focus(t, ada, "Email")
	ada.Press(browser.Email)
	ada.Press("\t")
	ada.Press(browser.Password + "\r")
	ada.Role("button", "Create new").Wait()

	tabTo(t, ada, "a Skip to content", "")
	if first := ada.Focused(); first != "a Skip to content" {
		t.Errorf("the first Tab goes to %q", first)
	}
	ada.Press("\r")
	ada.Until("the content to have the focus", `document.activeElement.id === 'main'`)
	tabTo(t, ada, "button Create new", "\r")
	ada.Role("link", "Room").Wait()
	tabTo(t, ada, "a Room", "\r")
	ada.At("/rooms/new")
	focus(t, ada, "Name")
	ada.Press("By keys\r")
	ada.Role("button", "Menu, By keys").Wait()

	tabTo(t, ada, "button Menu, By keys", "\r")
	ada.Role("button", "Rename, By keys").Wait()
	ada.Press("\x1b")
	ada.Role("button", "Rename, By keys").Gone()
	focus(t, ada, "Menu, By keys")
	ada.Press("\r")
	tabTo(t, ada, "button Rename, By keys", "\r")
	focus(t, ada, "Name")
	ada.Until("the script to have made it a real dialog", `!!document.querySelector('dialog:modal')`)
	ada.Press("\x1b") // the dialog that the address opened closes, too
	ada.Until("the dialog to close", `!document.querySelector('dialog[open]')`)
	tabTo(t, ada, "button Rename", "\r")
	focus(t, ada, "Name")
	ada.Press("\x1b")
	focus(t, ada, "Rename")
	ada.Press("\r")
	focus(t, ada, "Name")
	ada.Press("s\r")
	ada.Role("heading", "s").Gone()
	ada.At("/rooms/")

	tabTo(t, ada, "button Delete", "\r")
	focus(t, ada, "Cancel") // the safe choice
	ada.Press("\x1b")
	focus(t, ada, "Delete")

	ada.Press("\t")
	tabTo(t, ada, "button Join", "\r")
	ada.At("/r/")
	tabTo(t, ada, "button Join room", "\r")
	ada.SeesText("Connected")
	tabTo(t, ada, "button Mute", " ")
	focus(t, ada, "Unmute")
	ada.SeesText("Muted")
	tabTo(t, ada, "button Leave", "\r")
	ada.SeesText("You left")
}

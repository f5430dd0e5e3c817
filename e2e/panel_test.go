package e2e

import (
	"fmt"
	"testing"

	"foyer/e2e/browser"
)

// guest brings somebody new into a room by a link.
func guest(t *testing.T, look browser.Look, link, name string) *browser.Page {
	t.Helper()
	p := browser.Visit(t, look)
	come(p, link, name)
	return p
}

// headings counts what the accessibility tree has as headings of one name.
func headings(p *browser.Page, name string, want int) {
	p.Until(fmt.Sprintf("%d headings %s", want, name), fmt.Sprintf(`[...document.querySelectorAll('h1,h2,h3')].filter(h => h.checkVisibility() && h.textContent.trim() === %q).length === %d`, name, want))
}

// sees the panel's rows of one group, in order.
func group(p *browser.Page, title, names string) {
	p.Until(title+": "+names, fmt.Sprintf(`(s => (s ? [...s.querySelectorAll('li')].filter(l => l.checkVisibility()).map(l => l.querySelector('b').firstChild.textContent).join('|') : '') === %q)([...document.querySelectorAll('#list>section')].find(s => s.querySelector('h3').textContent.startsWith(%q)))`, names, title))
}

// One panel, two tabs: the bar's buttons open and close it, Esc closes it, and the focus comes back.
func TestPanelOpensAndCloses(t *testing.T) {
	s := browser.Serve(t)
	room := owner(t, s).room("Studio", "meeting")
	bob := guest(t, wide, room.link, "Bob")
	headings(bob, "Participants", 1)
	bob.Role("button", "Chat").Click()
	bob.Field("Message").Wait()
	focus(t, bob, "Message")
	bob.Press("\x1b")
	bob.Field("Message").Gone()
	focus(t, bob, "Chat")

	bob.Role("button", "People").Click()
	bob.Role("tab", "People").Wait()
	headings(bob, "Participants", 1)
	group(bob, "On stage", "Bob")
	bob.Until("oneself to be marked", `document.querySelector('#list .me b').textContent === 'Bob (you)'`)
	bob.Role("tab", "People").Wait()
	focus(t, bob, "People")
	bob.Press("\u0302") // arrow to the left
	bob.Field("Message").Wait()
	focus(t, bob, "Chat")
	bob.Role("button", "Chat").Click()
	bob.Field("Message").Gone()
	headings(bob, "Participants", 1)
}

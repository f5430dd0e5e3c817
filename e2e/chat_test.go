package e2e

import (
	"fmt"
	"testing"

	"foyer/e2e/browser"
)

// write says something as a hand would.
func write(p *browser.Page, text string) {
	p.Field("Message").Fill(text)
	p.Press("\r")
	p.Until("the box to be empty", `document.getElementById('say-text').value === ''`)
}

// reads waits until the chat shows these lines and no others, as "Name: words".
func reads(p *browser.Page, lines ...string) {
	for len(lines) == 0 {
		lines = []string{}
		break
	}
	want := "["
	for _, l := range lines {
		want += fmt.Sprintf("%q,", l)
	}
	p.Until(fmt.Sprintf("the chat %q", lines), `JSON.stringify([...document.querySelectorAll('#chat>li')].map(l => l.querySelector('b').firstChild.textContent + ': ' + l.querySelector('p').textContent.trim())) === JSON.stringify(`+want+`])`)
}

// Three people write and read; who comes later reads what was said; a host takes a line away from all of them.
func TestChat(t *testing.T) {
	s := browser.Serve(t)
	room := owner(t, s).room("Studio", "meeting")
	ada, bob := guest(t, wide, room.host, "Ada"), guest(t, wide, room.link, "Bob")
	bob.Role("button", "Chat").Click()
	write(bob, "Who has the drawing?")
	ada.Until("one unread", `document.getElementById('ctl-chat').ariaDescription === '1 unread' && document.querySelector('#ctl-chat .n').textContent === '1'`)
	ada.Role("button", "Chat").Click()
	ada.Until("nothing unread", `!document.querySelector('#ctl-chat .n')`)
	reads(ada, "Bob: Who has the drawing?")
	write(ada, "I do: https://example.org/a_(b)?x=1&y=2.")
	ada.Field("Message").Fill("two")
	reads(bob, "Bob: Who has the drawing?", "Ada: I do: https://example.org/a_(b)?x=1&y=2.")
	cleo := guest(t, wide, room.link, "Cleo")
	cleo.Role("button", "Chat").Click()
	reads(cleo, "Bob: Who has the drawing?", "Ada: I do: https://example.org/a_(b)?x=1&y=2.")
	write(cleo, "Thank you")
	for _, p := range []*browser.Page{ada, bob, cleo} {
		reads(p, "Bob: Who has the drawing?", "Ada: I do: https://example.org/a_(b)?x=1&y=2.", "Cleo: Thank you")
	}
	if cleo.Role("button", "Delete message, Bob").There() {
		t.Error("a guest may delete")
	}
	bob.Shot("chat")
	ada.Role("button", "Delete message, Bob").Click()
	for _, p := range []*browser.Page{ada, bob, cleo} {
		reads(p, "Bob: Deleted by a host", "Ada: I do: https://example.org/a_(b)?x=1&y=2.", "Cleo: Thank you")
		p.Until("the words to be gone from the document", `!document.documentElement.innerHTML.includes('the drawing?')`)
	}
	if draft := ada.Field("Message").Text(); draft != "two" {
		t.Errorf("what is typed became %q", draft)
	}
}

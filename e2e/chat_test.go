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
	t.Parallel()
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

// A line that never came is noticed by the next one's number, and fetched.
func TestChatFillsGaps(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Studio", "meeting")
	bob := guest(t, wide, room.link, "Bob")
	ada := call(t, s)
	ada.enter(room.link, "Ada")
	ada.must(room.link+"/chat", "text", "one")
	bob.Role("button", "Chat").Click()
	reads(bob, "Ada: one")
	// The second line is lost on its way: the page shows the first and then gets the third.
	browser.Value[bool](bob, `(() => { const append = Element.prototype.append
  Element.prototype.append = function (...n) { if (n[0]?.id === 'line-2') { Element.prototype.append = append; window.lost = true; return } return append.apply(this, n) }; return true })()`)
	ada.must(room.link+"/chat", "text", "two")
	bob.Until("the second line to be lost", `window.lost`) // or both come in one piece
	ada.must(room.link+"/chat", "text", "three")
	reads(bob, "Ada: one", "Ada: two", "Ada: three")
}

// A line that could not be sent stays in the box with the reason, and sending it again says it once.
func TestChatSendsOnce(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Studio", "meeting")
	bob := guest(t, wide, room.link, "Bob")
	bob.Expect("ERR_")
	bob.Expect("422")
	bob.Role("button", "Chat").Click()
	bob.Field("Message").Fill(fmt.Sprintf("%02001d", 0))
	bob.Press("\r")
	bob.Until("why it was not sent", `document.getElementById('say-why').innerText.includes('at most 2,000 characters') && document.getElementById('say-text').value.length === 2001`)
	// The answer to the first try is lost: the server has the line, the page does not know.
	browser.Value[bool](bob, `(() => { const real = window.fetch; window.tries = []
  window.fetch = async (to, o) => { const a = await real(to, o); if (o?.body?.get?.('text')) { tries.push(o.body.get('once')); if (tries.length === 1) throw new TypeError('lost') } return a }; return true })()`)
	bob.Field("Message").Fill("Only once")
	bob.Press("\r")
	bob.Until("to be told", `document.getElementById('say-why').innerText.includes('did not reach') && document.getElementById('say-text').value === 'Only once'`)
	bob.Press("\r")
	bob.Until("the box to be empty", `document.getElementById('say-text').value === '' && document.getElementById('say-why').innerText === ''`)
	bob.Until("the same act twice", `tries.length === 2 && tries[0] === tries[1]`)
	write(bob, "Another")
	reads(bob, "Bob: Only once", "Bob: Another")
}

// The end stays in sight unless one reads further up; then a button tells of news. Shift and Enter make a new line.
func TestChatKeepsItsPlace(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Studio", "meeting")
	ada := owner(t, s)
	ada.enter(room.link, "Ada Lindqvist")
	line := func(text string) { ada.must(room.link+"/chat", "text", text) }
	for i := range 10 {
		line(fmt.Sprintf("Line %d\nwith\nfour\nrows", i))
	}
	bob := guest(t, wide, room.link, "Bob")
	bob.Role("button", "Chat").Click()
	atEnd := `(l => l.scrollTop > 100 && l.scrollHeight - l.scrollTop - l.clientHeight < 2)(document.getElementById('log'))`
	bob.Until("the end", atEnd)
	line("Line 10")
	bob.Until("the new end", atEnd+` && document.querySelectorAll('#chat>li').length === 11`)
	browser.Value[bool](bob, `(document.getElementById('log').scrollTop = 0, true)`)
	line("Line 11")
	bob.Role("button", "New messages").Wait()
	bob.Until("the place to be kept", `document.getElementById('log').scrollTop === 0`)
	bob.Role("button", "New messages").Click()
	bob.Until("the end again", atEnd)
	bob.Role("button", "New messages").Gone()

	bob.Field("Message").Fill("first row")
	browser.Value[bool](bob, `(document.getElementById('say-text').dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', shiftKey: true, cancelable: true})))`)
	if kept := bob.Field("Message").Text(); kept != "first row" {
		t.Errorf("Shift and Enter sent; the box holds %q", kept)
	}
}

// What is typed and what was said outlast a lost connection.
func TestChatComesBack(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Studio", "meeting")
	bob := guest(t, wide, room.link, "Bob")
	for _, known := range []string{"ERR_", "404 for", "503"} {
		bob.Expect(known)
	}
	bob.Role("button", "Chat").Click()
	write(bob, "Before")
	bob.Field("Message").Fill("a draft")
	s.Kill()
	bob.SeesText("Coming back")
	s.Start()
	bob.SeesText("Connected")
	reads(bob, "Bob: Before")
	if draft := bob.Field("Message").Text(); draft != "a draft" {
		t.Errorf("the draft became %q", draft)
	}
	bob.Press("\r")
	reads(bob, "Bob: Before", "Bob: a draft")
}

// After hours of talk a connection that comes back costs no more than the lines it brings.
func TestChatOfHours(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	bob := guest(t, wide, owner(t, s).room("Studio", "meeting").link, "Bob")
	bob.Role("button", "Chat").Click()
	write(bob, "one")
	reads(bob, "Bob: one")
	spent := browser.Value[int](bob, `import('foyer/chat.js').then(c => {
  const first = document.querySelector('#chat>li'), all = []
  for (let n = 2; n <= 3000; n++) { const l = first.cloneNode(true); l.id = 'line-' + n; l.dataset.n = n; all.push(l.outerHTML) }
  c.lines(all.join(''))
  const began = performance.now()
  c.whole('<ol id="chat" class="log" aria-label="Chat messages">' + all.slice(-50).join('') + '</ol>')
  return Math.round(performance.now() - began)
})`)
	t.Logf("3,000 lines: %d ms", spent)
	if spent > 3000 { // 140 ms on an idle machine; 13 s when each line was searched for among all
		t.Errorf("the end of 3,000 lines took %d ms", spent)
	}
	if n := browser.Value[int](bob, `document.querySelectorAll('#chat>li').length`); n != 3000 {
		t.Errorf("%d lines are left", n)
	}
}

// A line of text whose request dies with the network is given back after a while, and the next try is heard once.
func TestChatOnADeadLine(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	bob := guest(t, wide, owner(t, s).room("Studio", "meeting").link, "Bob")
	bob.Role("button", "Chat").Click()
	browser.Value[bool](bob, `(() => { const real = fetch; window.fetch = (to, o) => { if (!o?.body?.get?.('text')) return real(to, o); window.fetch = real
  return new Promise((_, no) => o.signal?.addEventListener('abort', () => no(o.signal.reason))) }; return true })()`)
	bob.Field("Message").Fill("Is it me?")
	bob.Press("\r")
	bob.Until("to be told", `document.getElementById('say-why').innerText.includes('did not reach')`)
	bob.Press("\r")
	reads(bob, "Bob: Is it me?")
	bob.Until("the box to be empty", `document.getElementById('say-text').value === ''`)

	// Enter that ends a composition is part of the word, in Safari as well, which sends it after the composition.
	bob.Field("Message").Fill("東京")
	if !browser.Value[bool](bob, `document.getElementById('say-text').dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', keyCode: 229, bubbles: true, cancelable: true}))`) {
		t.Error("it is taken as the end of the message")
	}
}

package e2e

import (
	"fmt"
	"net/http"
	"strings"
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
	t.Parallel()
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

// Who one is is marked once in the list that comes with the page, also while the stream is slow to come.
func TestMarkedOnce(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	bob := guest(t, wide, owner(t, s).room("Studio", "meeting").link, "Bob")
	bob.OnEveryPage(`{const real = fetch; window.fetch = (to, o) => String(to).includes('/stream') ? new Promise(() => {}) : real(to, o)}`)
	bob.Reload()
	bob.Role("button", "People").Click()
	group(bob, "On stage", "Bob")
	if you := browser.Value[string](bob, `document.querySelector('#list .me b').textContent`); you != "Bob (you)" {
		t.Errorf("the list says %q", you)
	}
}

// Hands stand in the order in which they were raised; a host who lowers one lowers it where its owner sees it.
func TestHands(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Studio", "meeting")
	ada, bob := guest(t, wide, room.host, "Ada"), guest(t, wide, room.link, "Bob")
	dora := call(t, s)
	dora.enter(room.link, "Dora")
	ada.Role("button", "People").Click()
	group(ada, "On stage", "Ada|Bob|Dora")
	bob.Role("button", "Raise hand").Click()
	bob.Role("button", "Lower hand").Wait()
	ada.SeesText("Bob raised a hand")
	dora.must(room.link+"/hand", "up", "yes")
	group(ada, "Raised hands", "Bob|Dora")
	ada.Until("places and how long", `/^1st, (just now|\d+ s ago)$/.test(document.querySelector('#list-hands small').innerText)`)
	ada.Until("both places on the tiles", `[...document.querySelectorAll('#people .hand')].map(h => h.innerText.trim()).sort().join() === '1st,2nd'`)
	ada.Shot("people-host")
	bob.Until("no word to who is no host", `document.getElementById('told').textContent === ''`)

	ada.Role("button", "Lower hand, Bob").Click()
	bob.Role("button", "Raise hand").Wait()
	group(ada, "Raised hands", "Dora")
	bob.Role("button", "Raise hand").Click()
	group(ada, "Raised hands", "Dora|Bob")
	ada.Role("button", "Lower all hands").Click()
	group(ada, "Raised hands", "")
	bob.Role("button", "Raise hand").Wait()
	bob.Until("no hand on the tiles", `!document.querySelector('#people .hand')`)
	bob.Role("button", "People").Click()
	for _, name := range []string{"Mute all", "Mute, Ada", "Remove, Ada", "Lower all hands"} {
		if bob.Role("button", name).There() {
			t.Errorf("a guest has a button %q", name)
		}
	}
}

// A reaction flies over its sender for everybody, is said once, and goes by itself.
func TestReactions(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Studio", "meeting")
	ada, bob := guest(t, wide, room.host, "Ada"), guest(t, wide, room.link, "Bob")
	tiles(ada, "Ada", "Bob")
	for _, p := range []*browser.Page{ada, bob} {
		browser.Value[bool](p, `(() => { window.flown = ''; new MutationObserver(all => { for (const m of all) for (const n of m.addedNodes) if (n.className === 'flying')
  window.flown += n.textContent + ' over ' + n.parentElement.querySelector('b').firstChild.textContent.trim() }).observe(document.getElementById('people'), {childList: true, subtree: true}); return true })()`)
	}
	bob.Role("button", "React").Click()
	bob.Role("button", "Applause").Click()
	for _, p := range []*browser.Page{ada, bob} {
		p.Until("applause over Bob", `window.flown === '👏 over Bob'`)
		p.Until("a sentence for who cannot see", `document.getElementById('reacted').textContent === 'Bob reacted 👏'`)
		p.Until("it to go by itself", `!document.querySelector('.flying')`)
	}
	bob.Role("button", "Applause").Gone()
	focus(t, bob, "React")
	most := browser.Value[int](bob, `import('foyer/react.js').then(r => { for (let i = 0; i < 50; i++) r.fly({pass: 'nobody', name: 'N' + i, reaction: '🎉'}); return document.querySelectorAll('main>.flying').length })`)
	if most != 20 {
		t.Errorf("%d reactions at once", most)
	}
	bob.Until("one sentence for many", `document.getElementById('reacted').textContent === 'N0 and 49 others reacted 🎉'`)

	still := guest(t, browser.Look{Still: true}, room.link, "Still")
	browser.Value[bool](still, `import('foyer/react.js').then(r => { r.fly({pass: 'nobody', name: 'N', reaction: '🎉'}); return true })`)
	still.Until("it to stand still", `getComputedStyle(document.querySelector('.flying')).animationName === 'none'`)
}

// Six people have a search, which narrows while one types and stays narrow while the list changes.
func TestPeopleSearch(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Studio", "meeting")
	for _, name := range []string{"Cleo Park", "Dana Wu", "Émile Roux", "Gus"} {
		call(t, s).enter(room.link, name)
	}
	ada := guest(t, wide, room.host, "Ada")
	ada.Role("button", "People").Click()
	group(ada, "On stage", "Cleo Park|Dana Wu|Émile Roux|Gus|Ada")
	if ada.Field("Search").There() {
		t.Error("five people have a search")
	}
	call(t, s).enter(room.link, "Paul Clerk")
	ada.Field("Search").Fill("cle")
	group(ada, "On stage", "Cleo Park|Paul Clerk")
	leave := call(t, s).enter(room.link, "Cleopatra")
	group(ada, "On stage", "Cleo Park|Paul Clerk|Cleopatra")
	focus(t, ada, "Search")
	leave()
	group(ada, "On stage", "Cleo Park|Paul Clerk")
	ada.Field("Search").Fill("nothing like it")
	ada.SeesText("Nobody here is called that.")
	ada.Field("Search").Fill("")
	group(ada, "On stage", "Cleo Park|Dana Wu|Émile Roux|Gus|Ada|Paul Clerk")

	mute := ada.Role("button", "Remove, Gus").Wait()
	browser.Ask[bool](mute, `function() { this.focus(); window.kept = this; return true }`)
	call(t, s).enter(room.link, "Late")
	group(ada, "On stage", "Cleo Park|Dana Wu|Émile Roux|Gus|Ada|Paul Clerk|Late")
	ada.Until("the same control with the focus", `document.activeElement === window.kept`)
}

// Who is removed is out within a second and stays out on every path, until a host allows it.
func TestRemoveAndAllowBack(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Studio", "meeting")
	ada, bob := guest(t, wide, room.host, "Ada"), guest(t, wide, room.link, "Bob")
	bob.Expect("403")
	bob.Expect("404")
	ada.Role("button", "People").Click()
	if ada.Role("button", "Remove, Ada").There() {
		t.Error("one may remove oneself")
	}
	ada.Role("button", "Remove, Bob").Click()
	bob.At("/ended")
	ada.SeesText("Bob was removed. Their browser stays out until you allow it back; anyone with the link can still come from another browser: lock the room to stop that.")
	group(ada, "On stage", "Ada")
	ada.Role("button", "Allow back, Bob").Wait()
	ada.Shot("removed")
	for _, way := range []string{room.link, room.link + "/live", room.host} {
		bob.Open(way)
		if bob.Role("button", "Join room").There() || strings.Contains(bob.URL(), "/live") {
			t.Errorf("the removed browser has a way in by %s", way)
		}
	}
	bob.Reload()
	tiles(ada, "Ada")
	ada.Role("button", "Allow back, Bob").Click()
	ada.Role("button", "Allow back, Bob").Gone()
	come(bob, room.link, "Bob")
	tiles(ada, "Ada", "Bob")
}

// Mute all leaves the host's own microphone alone; End for all sends everybody out.
func TestMuteAllAndEnd(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := owner(t, s).room("Studio", "meeting")
	ada := browser.Visit(t, wide)
	signIn(s, ada)
	come(ada, room.link, "Ada Lindqvist")
	bob, cleo := guest(t, wide, room.link, "Bob"), guest(t, wide, room.link, "Cleo")
	ada.Role("button", "People").Click()
	ada.Role("button", "Mute, Cleo").Click()
	cleo.Role("button", "Unmute").Wait()
	ada.Role("button", "Mute, Cleo").Gone()
	ada.Role("button", "Mute, Bob").Wait()
	ada.Role("button", "Mute all").Click()
	bob.Role("button", "Unmute").Wait()
	ada.Role("button", "Mute").Wait()
	ada.Until("two muted rows", `document.querySelectorAll('#list .quieted').length === 2`)
	cleo.Role("button", "Unmute").Click()
	ada.Role("button", "Mute, Cleo").Wait()

	ada.Role("button", "End for all").Click()
	ada.SeesText("End the call for everybody?")
	browser.Ask[bool](ada.CSS("#d-end .primary"), `function() { this.click(); return true }`)
	for _, p := range []*browser.Page{ada, bob, cleo} {
		p.At("/ended")
		p.SeesText("ended")
	}
}

// What a host switches off is gone for everybody at once, and comes back as well.
func TestFeaturesGoAtOnce(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	ada := owner(t, s)
	room := ada.room("Studio", "meeting")
	bob := guest(t, wide, room.link, "Bob")
	bob.Role("button", "Raise hand").Click()
	bob.CSS("#people .hand").Wait()
	bob.Role("button", "Chat").Click()
	bob.Field("Message").Fill("half a sen")
	ada.must(room.page+"/customize", "colour", "1")
	for _, name := range []string{"Chat", "React", "Raise hand", "Lower hand"} {
		bob.Role("button", name).Gone()
	}
	bob.Field("Message").Gone()
	bob.CSS("#panel[hidden]").Wait()
	bob.Until("no hand to be seen", `![...document.querySelectorAll('#people .hand')].some(h => h.checkVisibility())`)
	forger := call(t, s)
	forger.enter(room.link, "Forger")
	for path, field := range map[string][2]string{"/chat": {"text", "x"}, "/react": {"reaction", "👍"}, "/hand": {"up", "yes"}} {
		if got := forger.post(room.link+path, field[0], field[1]).status; got != http.StatusForbidden {
			t.Errorf("%s answers %d while it is switched off", path, got)
		}
	}
	bob.Role("button", "People").Click()
	if bob.Role("tab", "Chat").There() {
		t.Error("a tab of a chat that is off")
	}
	ada.must(room.page+"/customize", "colour", "1", "chat", "yes", "reactions", "yes", "hands", "yes")
	bob.Role("tab", "Chat").Click()
	if draft := bob.Field("Message").Text(); draft != "half a sen" {
		t.Errorf("the draft became %q", draft)
	}
	bob.Role("button", "React").Wait()
}

// Single keys do what the bar does; they rest in fields, leave combinations alone, and can be switched off for good.
func TestRoomKeys(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := lockedRoom(t, s)
	ada := guest(t, wide, room.host, "Ada")
	bob := call(t, s)
	bob.knocks(room.link, "Bob")
	ada.Role("button", "Admit, Bob").Wait()
	browser.Value[bool](ada, `(document.getElementById('main').focus(), true)`)

	ada.Press("m")
	ada.Role("button", "Unmute").Wait()
	held := func(kind string) {
		browser.Value[bool](ada, fmt.Sprintf(`document.body.dispatchEvent(new KeyboardEvent(%q, {key: ' ', bubbles: true, cancelable: true}))`, kind))
	}
	held("keydown")
	ada.Until("the microphone to be open while Space is held", `!document.querySelector('#people>.mine em')`)
	held("keyup")
	ada.Until("it to be muted again", `!!document.querySelector('#people>.mine em')`)
	ada.Press("M")
	ada.Role("button", "Mute").Wait()
	ada.Press("v")
	ada.Role("button", "Start camera").Wait()
	ada.Press("h")
	ada.Role("button", "Lower hand").Wait()
	ada.Press("h")
	ada.Role("button", "Raise hand").Wait()
	ada.Press("p")
	ada.Role("tab", "People").Wait()
	ada.Press("c")
	focus(t, ada, "Message")
	ada.Field("Message").Fill("")
	ada.Press("mvhpcra?")
	if typed := ada.Field("Message").Text(); typed != "mvhpcra?" {
		t.Errorf("the box holds %q", typed)
	}
	ada.Role("button", "Mute").Wait()
	ada.Role("button", "Admit, Bob").Wait()
	ada.Press("\x1b")
	ada.Field("Message").Gone()
	ada.Press("r")
	ada.Role("button", "Heart").Wait()
	ada.Press("\x1b")
	ada.Role("button", "Heart").Gone()
	for _, mod := range []string{"ctrlKey", "altKey", "metaKey"} {
		browser.Value[bool](ada, fmt.Sprintf(`document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'm', %s: true, bubbles: true}))`, mod))
	}
	ada.Role("button", "Mute").Wait()
	ada.Press("a")
	ada.SeesText("Admitted by Ada")

	ada.Press("?")
	ada.SeesText("Talk while held")
	ada.Press("m") // rests while the list is open
	ada.Role("switch", "Keyboard shortcuts").Click()
	ada.Press("\x1b")
	ada.MissesText("Talk while held")
	ada.Press("m")
	ada.Press("?")
	ada.Role("button", "Mute").Wait()
	ada.Reload()
	ada.SeesText("Connected")
	ada.Press("p")
	if ada.Role("tab", "People").There() {
		t.Error("switched off, a key still works after a reload")
	}
	ada.Role("button", "People").Click()
	ada.Role("button", "Shortcuts").Click()
	ada.Until("the switch to remember", `!document.getElementById('keys-on').checked`)
	ada.Role("switch", "Keyboard shortcuts").Click()
	ada.Press("\x1b")
	ada.Press("c")
	ada.Field("Message").Wait()
}

// By keys alone: admit who knocks, write, lower a hand, and come back to where one was.
func TestPanelByKeysAlone(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := lockedRoom(t, s)
	ada := guest(t, wide, room.host, "Ada")
	bob := call(t, s)
	bob.knocks(room.link, "Bob")
	ada.Role("button", "Admit, Bob").Wait()
	tabTo(t, ada, "button Admit, Bob", "\r")
	ada.SeesText("Admitted by Ada")
	ada.MissesText("Admitted by Ada")
	ada.Until("the focus to be somewhere", `document.activeElement !== document.body`)
	tabTo(t, ada, "button People", "\r")
	focus(t, ada, "People")
	tabTo(t, ada, "button Close panel", "\r")
	focus(t, ada, "People")
	tabTo(t, ada, "button React", "\r")
	ada.Role("button", "Party").Wait()
	tabTo(t, ada, "button Party", " ")
	ada.CSS(".flying").Wait()
	focus(t, ada, "React")
}

func fitsThePhone(p *browser.Page, what string) {
	p.Until(what+" within the window", `[...document.querySelectorAll('#queue button, #reactions button, #panel button, #panel textarea')].every(b => !b.checkVisibility() || b.getBoundingClientRect().right <= 390 && b.getBoundingClientRect().left >= 0)`)
}

// The room with everything open holds WCAG's rules and 44 px targets, wide and on a phone.
func TestPanelLooks(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := lockedRoom(t, s)
	for i, name := range []string{"Bob Marsh", "Cleo Park", "Dana Wu of Somewhere with a name that does not end", "Émile Roux", "Farah Aziz", "Gus"} {
		host := call(t, s)
		host.get(room.host)
		host.enter(room.link, name)
		host.post(room.link+"/chat", "text", []string{"Good morning", "The drawing is at https://example.org/drawings/stair/section-c.pdf, as of today.", "Thank you!\nI look at it after the break."}[i%3])
		if i < 2 {
			host.post(room.link+"/hand", "up", "yes")
		}
	}
	call(t, s).knocks(room.link, "Marta Oliveira")
	asking := call(t, s)
	asking.must(room.link, "name", "Tomás Reyes with a long name", "headline", "Ceramics, Porto, and more words than fit", "ask", "yes")
	for _, look := range []browser.Look{wide, night} {
		t.Run(fmt.Sprintf("phone=%v", look.Phone), func(t *testing.T) {
			ada := guest(t, look, room.host, "Ada")
			ada.Role("button", "Admit, Marta Oliveira").Wait()
			inspect(t, ada, "panel-queue", look)
			ada.Role("button", "Chat").Click()
			ada.Field("Message").Wait()
			inspect(t, ada, "panel-chat", look)
			if look.Phone {
				ada.Role("button", "More").Click()
			}
			ada.Role("button", "People").Click()
			ada.Field("Search").Wait()
			inspect(t, ada, "panel-people", look)
			if look.Phone {
				ada.Role("button", "More").Click()
			}
			ada.Role("button", "React").Click()
			ada.Role("button", "Heart").Wait()
			inspect(t, ada, "panel-react", look)
			if look.Phone {
				fitsThePhone(ada, "all of the room")
			}
			ada.Press("\x1b")
			if !look.Phone {
				ada.Role("button", "Shortcuts").Click()
				ada.SeesText("Talk while held")
				inspect(t, ada, "panel-keys", look)
			}
		})
	}
	for _, look := range []browser.Look{wide, night} {
		t.Run(fmt.Sprintf("dashboard phone=%v", look.Phone), func(t *testing.T) {
			ada := browser.Visit(t, look)
			signIn(s, ada)
			ada.Role("button", "Admit, Marta Oliveira").Wait()
			inspect(t, ada, "panel-dashboard", look)
			if look.Phone {
				fitsThePhone(ada, "the cards")
			}
		})
	}
}

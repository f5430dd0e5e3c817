package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"foyer/e2e/browser"
)

// asks is somebody who asks to join a locked room by a browser.
func asks(t *testing.T, link, name string) *browser.Page {
	t.Helper()
	p := browser.Visit(t, wide)
	p.Open(link)
	p.Field("Display name").Fill(name)
	p.Role("button", "Ask to join").Click()
	p.At("/wait")
	p.SeesText("Asking to join")
	return p
}

// knocks is somebody who asks to join over plain HTTP and keeps the waiting page open until close is called.
func (v *visitor) knocks(link, name string) (close func()) {
	v.t.Helper()
	v.must(link, "name", name, "ask", "yes")
	answer, err := v.client.Get(v.s.URL + strings.TrimPrefix(link, v.s.URL) + "/wait/stream")
	if err != nil {
		v.t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		v.t.Fatalf("the waiting page's stream of %s: %d", name, answer.StatusCode)
	}
	v.t.Cleanup(func() { answer.Body.Close() })
	return func() { answer.Body.Close() }
}

// lockedRoom is a room whose door asks.
func lockedRoom(t *testing.T, s *browser.Server) made {
	t.Helper()
	ada := owner(t, s)
	room := ada.room("Board", "meeting")
	ada.must(room.page+"/privacy", "locked", "yes")
	return room
}

// spyOnSound counts the notes that a page plays. It plays none late: what has no sound after half a second stays silent, so
// tests that count them run by themselves.
const spyOnSound = `(() => { window.notes = 0; const start = OscillatorNode.prototype.start
  OscillatorNode.prototype.start = function (...a) { window.notes++; return start.apply(this, a) }; return true })()`

func plays(p *browser.Page, notes int) {
	p.Until(fmt.Sprintf("%d notes", notes), fmt.Sprintf(`window.notes === %d`, notes))
}

func titled(p *browser.Page, title string) {
	p.Until("the title "+title, fmt.Sprintf(`document.title === %q`, title))
}

// cards waits until these people stand at the door, in their order.
func cards(p *browser.Page, names ...string) {
	p.Until(fmt.Sprintf("the cards %q", names), fmt.Sprintf(`[...document.querySelectorAll('#queue .knock b')].map(b => b.textContent).join('|') === %q`, strings.Join(names, "|")))
}

// Journey 4: two hosts are told, one in the room and one on the dashboard; the guest is in without a click.
func TestKnock(t *testing.T) {
	s := browser.Serve(t)
	room := lockedRoom(t, s)
	wall := browser.Visit(t, wide)
	signIn(s, wall)
	page := wall.Another()
	page.Open(s.URL + room.page)
	cleo := guest(t, wide, room.host, "Cleo Park")
	for _, p := range []*browser.Page{wall, page, cleo} {
		browser.Value[bool](p, spyOnSound)
	}
	bob := asks(t, room.link, "Bob Marsh")
	for _, p := range []*browser.Page{wall, page, cleo} {
		p.Role("button", "Admit, Bob Marsh").Wait()
		p.Role("button", "Deny, Bob Marsh").Wait()
		p.SeesText("just now")
	}
	titled(cleo, "(1) Board · Foyer")
	titled(wall, "(1) Home · Foyer")
	plays(cleo, 2)
	plays(wall, 2)
	cleo.SeesText("1 at the door")
	cleo.Shot("knock-room")
	wall.Shot("knock-dashboard")
	page.Shot("knock-page")

	asked := time.Now()
	cleo.Role("button", "Admit, Bob Marsh").Click()
	bob.At("/live")
	t.Logf("inside %d ms after the click", time.Since(asked).Milliseconds())
	bob.SeesText("Connected")
	for _, p := range []*browser.Page{wall, page, cleo} {
		p.SeesText("Admitted by Cleo Park")
		p.Role("button", "Admit, Bob Marsh").Gone()
	}
	cleo.Shot("knock-admitted")
	for _, p := range []*browser.Page{wall, page, cleo} {
		p.MissesText("Admitted by") // after eight seconds, by itself
	}
	titled(cleo, "Board · Foyer")
	titled(wall, "Home · Foyer")
	plays(cleo, 2)
	tiles(cleo, "Bob Marsh", "Cleo Park")
}

// Two hosts decide at once: the first decision counts, the other reads whose it was, and nothing breaks.
func TestBothDecideAtOnce(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := lockedRoom(t, s)
	ada, cleo := guest(t, wide, room.host, "Ada"), guest(t, wide, room.host, "Cleo")
	cleo.Expect("409")
	call(t, s).knocks(room.link, "Bob")
	cleo.Role("button", "Deny, Bob").Wait()
	// Cleo's stream sleeps, so that her card is stale when she presses.
	browser.Value[bool](cleo, `(() => { const q = document.getElementById('queue'); window.stale = q.cloneNode(true); stale.firstElementChild.id += '-stale'; document.body.append(stale); stale.id = 'stale'; return true })()`)
	ada.Role("button", "Admit, Bob").Click()
	cleo.SeesText("Admitted by Ada")
	browser.Value[bool](cleo, `(() => { const q = document.getElementById('queue'); const c = stale.firstElementChild; q.append(c); stale.remove(); c.querySelector('.btn:not(.primary)').click(); return true })()`)
	cleo.Until("the card to say whose decision it was", `document.querySelector('#queue [id$=stale] .err')?.innerText === 'Admitted by Ada.'`)
	cleo.At("/live")
	tiles(cleo, "Ada", "Cleo")
}

// Who closes the page is shown as away and not counted; a reload keeps one card and its place.
func TestKnockAwayAndBack(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := lockedRoom(t, s)
	bob := asks(t, room.link, "Bob") // nobody is inside
	ada := guest(t, wide, room.host, "Ada")
	cards(ada, "Bob")
	if !strings.Contains(bob.URL(), "/wait") {
		t.Error("a host who arrived let somebody in by that")
	}
	closeDora := call(t, s).knocks(room.link, "Dora")
	cards(ada, "Bob", "Dora")
	bob.Reload()
	bob.SeesText("Asking to join")
	cards(ada, "Bob", "Dora")
	titled(ada, "(2) Board · Foyer")
	closeDora()
	ada.Until("Dora to be away", `document.querySelectorAll('#queue .knock')[1].innerText.includes('away')`)
	titled(ada, "(1) Board · Foyer")
	ada.Role("button", "Admit, Dora").Wait() // may still be let in
	ada.Shot("knock-away")
	bob.Role("button", "Stop asking").Click()
	cards(ada, "Dora")
	titled(ada, "Board · Foyer")
}

// Admit all lets everybody in with one press; unlocking lets in who waits; who is denied reads so.
func TestAdmitAllUnlockDeny(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := lockedRoom(t, s)
	ada := guest(t, wide, room.host, "Ada")
	bob, cleo := asks(t, room.link, "Bob"), asks(t, room.link, "Cleo")
	cards(ada, "Bob", "Cleo")
	ada.SeesText("2 at the door")
	ada.Role("button", "Admit all").Click()
	bob.At("/live")
	cleo.At("/live")
	tiles(ada, "Ada", "Bob", "Cleo")

	dora := asks(t, room.link, "Dora")
	ada.Role("button", "Deny, Dora").Click()
	dora.Until("Dora to be told", `!document.body.innerText.includes('Asking to join')`)
	if strings.Contains(dora.URL(), "/live") {
		t.Error("denied, and inside")
	}
	ada.SeesText("Denied by Ada")

	emil := asks(t, room.link, "Emil")
	ada.Role("button", "Admit, Emil").Wait()
	owner(t, s).must(room.page+"/privacy", "locked", "no")
	emil.At("/live")
	ada.Role("button", "Admit, Emil").Gone()
}

// Above ten people a knock is seen, not heard.
func TestKnockIsQuietInACrowd(t *testing.T) {
	s := browser.Serve(t)
	room := lockedRoom(t, s)
	ada := guest(t, wide, room.host, "Ada")
	browser.Value[bool](ada, spyOnSound)
	call(t, s).knocks(room.link, "First")
	plays(ada, 2)
	for i := range 10 {
		host := call(t, s)
		host.get(room.host)
		host.enter(room.link, fmt.Sprintf("Host %d", i))
	}
	ada.Until("eleven inside", `document.querySelectorAll('#people>li').length === 11`)
	call(t, s).knocks(room.link, "Second")
	cards(ada, "First", "Second")
	titled(ada, "(2) Board · Foyer")
	ada.Until("that no sound should be made", `'quiet' in document.getElementById('queue').dataset`)
	plays(ada, 2)
}

// A push between the two halves of a click does not swallow it, and does not take the focus.
func TestKnocksStayUnderTheHand(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	room := lockedRoom(t, s)
	ada := guest(t, wide, room.host, "Ada")
	call(t, s).knocks(room.link, "First")
	first := ada.Role("button", "Admit, First").Wait()
	browser.Ask[bool](first, `function() { window.first = this; this.focus(); return true }`)
	second := call(t, s)
	second.knocks(room.link, "Second")
	cards(ada, "First", "Second")
	ada.Until("the same button, with the focus", `document.activeElement === window.first && window.first.isConnected`)

	browser.Ask[bool](first, `function() { this.dispatchEvent(new PointerEvent('pointerdown', {bubbles: true})); return true }`)
	second.post(room.link + "/wait/stop")
	call(t, s).knocks(room.link, "Third")
	owner(t, s).get("/") // a moment of the server's
	ada.Until("the queue to stand still while it is pressed", `document.querySelectorAll('#queue .knock').length === 2`)
	browser.Ask[bool](first, `function() { this.dispatchEvent(new PointerEvent('pointerup', {bubbles: true})); this.click(); return true }`)
	ada.SeesText("Admitted by Ada")
	cards(ada, "First", "Third")
}

// The owner who stands in a lobby, of this room or of another, hears who knocks and can answer from there.
func TestKnocksReachTheOwnerInALobby(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	ada := owner(t, s)
	room, other := ada.room("Board", "meeting"), ada.room("Elsewhere", "meeting")
	ada.must(room.page+"/privacy", "locked", "yes")
	host := browser.Visit(t, wide)
	signIn(s, host)
	host.Open(other.link)
	host.Role("button", "Join room").Wait()
	call(t, s).must(room.link, "name", "Bob Marsh", "ask", "yes")
	host.Role("button", "Admit, Bob Marsh").Wait()
	host.SeesText("asks to join Board")
	host.Shot("knock-lobby")
	inspect(t, host, "knock-lobby", wide)
	host.Role("button", "Admit, Bob Marsh").Click()
	host.SeesText("Admitted by Ada Lindqvist")
	stranger := browser.Visit(t, wide)
	stranger.Open(other.link)
	stranger.Role("button", "Join room").Wait()
	if stranger.CSS("#queue").There() {
		t.Error("a guest's lobby has a queue")
	}
}

package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"foyer/e2e/browser"
)

// Journey 1: the first room of a new host, from the empty dashboard to its end.
func TestFirstRoom(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	ada := browser.Visit(t, wide)
	signIn(s, ada)
	ada.SeesText("A room is a link that is always open. Make your first one.")
	ada.Until("one sentence and one button", `document.querySelectorAll('main h1, main p:not(.sr)').length === 1 &&
  [...document.querySelectorAll('main button, main a')].filter(e => e.checkVisibility()).length === 1`)
	wall := ada.Another().Open(s.URL + "/") // a dashboard on a screen that nobody touches
	wall.Role("button", "Create new").Wait()

	link := createRoom(ada, "Design review", "")
	ada.SeesText("Never used")
	wall.Role("link", "Design review").Wait()
	createRoom(ada, "Choir", "")

	renameByPage(t, ada, wall, link)
	lockFromTileAndPage(s, ada, wall)
	hostLinkMakesHosts(t, ada, link)
	customizeChangesTheTile(t, s, ada, wall)
	useMovesFirst(t, s, ada, wall, link)
	duplicateWithoutLock(t, s, ada, wall, link)
	deleteAsks(t, s, ada, wall, link)
}

func renameByPage(t *testing.T, ada, wall *browser.Page, link string) {
	ada.Role("link", "Design review").Click()
	ada.Role("heading", "Design review").Wait()
	if before := ada.Field("Participant link").Text(); before != link {
		t.Errorf("the page's link is %s, the dashboard's %s", before, link)
	}
	ada.Role("button", "Rename").Click()
	ada.Field("Name").Fill("Design critique")
	ada.Role("button", "Save").Click()
	ada.Role("heading", "Design critique").Wait()
	if after := ada.Field("Participant link").Text(); after != link {
		t.Errorf("renaming changed the link from %s to %s", link, after)
	}
	wall.Role("link", "Design critique").Wait()
}

func lockFromTileAndPage(s *browser.Server, ada, wall *browser.Page) {
	ada.Open(s.URL + "/")
	ada.Role("button", "Menu, Design critique").Click()
	ada.Role("button", "Privacy, Design critique").Click()
	for _, p := range []*browser.Page{ada, wall} {
		p.Until("a padlock on one tile", `[...document.querySelectorAll('.tile')].filter(t => t.innerText.includes('Locked')).map(t => t.querySelector('h3').textContent).join() === 'Design critique'`)
	}
	ada.Reload()
	ada.Until("the padlock to be stored", `[...document.querySelectorAll('.tile')].find(t => t.innerText.includes('Design critique')).innerText.includes('Locked')`)
	ada.Role("link", "Design critique").Click()
	ada.SeesText("Locked")
	ada.Role("button", "Rename").Click()
	ada.Role("switch", "Privacy").Click()
	ada.SeesText("Unlocked: anyone with the link comes in.")
	ada.Role("button", "Cancel").Click()
	ada.Until("no padlock on the page", `!document.querySelector('main').innerText.includes('Locked')`)
	wall.Until("no padlock any more", `!document.querySelector('#rooms').innerText.includes('Locked')`)
}

func hostLinkMakesHosts(t *testing.T, ada *browser.Page, link string) {
	host := ada.Field("Host link").Text()
	ada.Until("another link for hosts", fmt.Sprintf(`%q !== %q`, host, link))
	cleo := browser.Visit(t, wide)
	cleo.Open(host)
	cleo.At("/r/") // the link itself left the address bar
	cleo.Field("Display name").Fill("Cleo Park")
	cleo.Role("button", "Join room").Click()
	cleo.Until("Cleo to be a host", `document.querySelector('#people>.mine small')?.innerText === 'Host'`)
	cleo.Role("button", "Leave").Click()
	cleo.SeesText("You left")
}

func useMovesFirst(t *testing.T, s *browser.Server, ada, wall *browser.Page, link string) {
	call(t, s).enter(owner(t, s).room("Newest", "meeting").link, "Somebody")()
	wall.Until("the newest used room first", `document.querySelector('.tile h3').textContent === 'Newest'`)
	ada.Open(link)
	ada.Role("button", "Join room").Click()
	hasInside(wall, "Design critique", 1)
	leave := call(t, s).enter(link, "Bob Marsh")
	hasInside(wall, "Design critique", 2)
	leave()
	hasInside(wall, "Design critique", 1)
	ada.Role("button", "Leave").Click()
	ada.SeesText("You left")
	hasInside(wall, "Design critique", 0)
	wall.Until("it to be first and to say when", `document.querySelector('.tile h3').textContent === 'Design critique' &&
  document.querySelector('.tile').innerText.includes('Last used')`)
	ada.Open(s.URL + "/")
	ada.Until("the same after loading", `document.querySelector('.tile h3').textContent === 'Design critique'`)
}

func customizeChangesTheTile(t *testing.T, s *browser.Server, ada, wall *browser.Page) {
	ada.Open(s.URL + "/")
	menu(ada, "Customize", "Design critique")
	ada.Field("Background image").Attach(photo(t, orange, 960, 540))
	ada.Role("button", "Save").Click()
	ada.SeesText("Saved.")
	wall.Until("the picture on this tile and no other", `[...document.querySelectorAll('.tile')].filter(t => t.querySelector('img.cover')?.naturalWidth === 480).map(t => t.querySelector('h3').textContent).join() === 'Design critique'`)
}

func duplicateWithoutLock(t *testing.T, s *browser.Server, ada, wall *browser.Page, link string) {
	owner(t, s).must(strings.TrimPrefix(roomOf(ada, "Design critique"), s.URL)+"/privacy", "locked", "yes")
	wall.SeesText("Locked")
	ada.Open(s.URL + "/")
	menu(ada, "Duplicate", "Design critique")
	ada.Role("dialog", "Duplicate room").Role("button", "Duplicate").Click()
	ada.Role("heading", "Design critique, copy").Wait()
	ada.Until("the copy to be open", `!document.querySelector('.title').innerText.includes('Locked')`)
	if copied := ada.Field("Participant link").Text(); copied == link {
		t.Error("the copy has the original's link")
	}
	wall.Until("the copy with its picture, never used, and the original locked", `(t => t['Design critique, copy']?.innerText.includes('Never used') && t['Design critique, copy'].querySelector('img.cover') &&
  !t['Design critique, copy'].innerText.includes('Locked') && t['Design critique'].innerText.includes('Locked'))(Object.fromEntries([...document.querySelectorAll('.tile')].map(t => [t.querySelector('h3').textContent, t])))`)
	ada.Role("button", "Delete").Click()
	ada.Role("button", "Delete room").Click()
	wall.Role("link", "Design critique, copy").Gone()
	ada.Role("link", "Design critique").Wait()
}

// roomOf is the address of a room's own page, as its tile on the dashboard leads there.
func roomOf(p *browser.Page, name string) string {
	return browser.Ask[string](p.Role("link", name), `function() { return this.href }`)
}

func deleteAsks(t *testing.T, s *browser.Server, ada, wall *browser.Page, link string) {
	ada.Role("link", "Design critique").Click()
	host := ada.Field("Host link").Text()
	ada.Role("button", "Delete").Click()
	ada.SeesText("Delete Design critique?")
	ada.SeesText("This cannot be undone")
	ada.Role("button", "Cancel").Click()
	ada.Until("the dialog to close", `!document.querySelector('dialog[open]')`)
	if got := call(t, s).get(link).status; got != http.StatusOK {
		t.Fatalf("after Cancel the link answers %d", got)
	}
	ada.Role("button", "Delete").Click()
	ada.Role("button", "Delete room").Click()
	ada.Role("button", "Create new").Wait()
	for _, p := range []*browser.Page{ada, wall} {
		p.MissesText("Design critique")
	}
	ada.Expect("404")
	for _, old := range []string{link, host, link + "/live"} {
		ada.Open(old)
		ada.SeesText("There is nothing here")
		if got := call(t, s).get(old).status; got != http.StatusNotFound {
			t.Errorf("%s answers %d", old, got)
		}
	}
}

// What people type as a name is text, however long or clever.
func TestRoomNames(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	ada := browser.Visit(t, wide)
	signIn(s, ada)
	ada.Open(s.URL + "/rooms/new")
	long := strings.Repeat("a", 200)
	for typed, message := range map[string]string{"": "Give the room a name.", "   ": "Give the room a name.", long: "at most 80 characters"} {
		ada.Field("Name").Fill(typed)
		ada.RoleLike("radio", "Webinar").Click()
		ada.Role("button", "Create room").Click()
		ada.Until("the message beside the field", fmt.Sprintf(`(f => f.getAttribute('aria-invalid') === 'true' && document.getElementById(f.getAttribute('aria-describedby')).innerText.includes(%q) && document.activeElement === f)(document.getElementById('f-name'))`, message))
		if kept := ada.Field("Name").Text(); kept != typed || !ada.RoleLike("radio", "Webinar").Checked() {
			t.Errorf("typed %.20q, but %.20q was kept; theme kept: %v", typed, kept, ada.RoleLike("radio", "Webinar").Checked())
		}
	}
	for _, name := range []string{"🎷 Jazz 🎶", `<script>document.body.dataset.ran='yes'</script>`, `"><img src=x onerror="document.body.dataset.ran='yes'">`, "😀"} {
		ada.Open(s.URL + "/")
		link := createRoom(ada, name, "")
		ada.Until("the name as text on the tile", fmt.Sprintf(`[...document.querySelectorAll('.tile h3')].some(h => h.textContent === %q)`, name))
		browser.Ask[bool](ada.Role("link", name), "function() { this.focus(); return true }") // a long name is cut off in the tile
		ada.Press("\r")
		ada.At("/rooms/")
		ada.Role("heading", name).Wait()
		ada.Open(link)
		ada.Role("heading", name).Wait()
		ada.Role("button", "Join room").Click()
		ada.Until("the name as text inside", fmt.Sprintf(`document.querySelector('#head h1')?.textContent === %q && !document.body.dataset.ran`, name))
		ada.Role("button", "Leave").Click()
		ada.SeesText("You left")
	}
}

// Two tabs rename one room: the last one counts, and every open dashboard shows it without being touched.
func TestTwoTabsRenameAtOnce(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	one := browser.Visit(t, wide)
	signIn(s, one)
	room := owner(t, s).room("Old name", "meeting")
	wall, other := one.Another().Open(s.URL+"/"), one.Another().Open(s.URL+"/")
	two := one.Another()
	for _, p := range []*browser.Page{one, two} {
		p.Open(s.URL + room.page + "?open=rename")
	}
	one.Field("Name").Fill("From the first tab")
	two.Field("Name").Fill("From the second tab")
	one.Role("button", "Save").Click()
	one.Role("heading", "From the first tab").Wait()
	wall.Role("link", "From the first tab").Wait()
	two.Role("button", "Save").Click()
	two.Role("heading", "From the second tab").Wait()
	for _, p := range []*browser.Page{wall, other} {
		p.Role("link", "From the second tab").Wait()
		p.MissesText("From the first tab")
	}
}

// Only its owner manages a room, whatever somebody else sends.
func TestOnlyTheOwnerManages(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	s.Account("bob@example.org", "Bob Marsh", "another doorway, unlit")
	ada := owner(t, s)
	room := ada.room("Board", "meeting")
	guest := call(t, s)
	guest.enter(room.link, "Guest")
	for who, forger := range map[string]*visitor{"nobody": call(t, s), "a guest inside": guest, "another account": call(t, s).signIn("bob@example.org", "another doorway, unlit")} {
		for _, forged := range [][]string{{"/name", "name", "Stolen", "shown", "yes", "locked", "yes"}, {"/privacy", "locked", "yes"}, {"/delete"}} {
			got := forger.post(room.page+forged[0], forged[1:]...)
			if got.status != http.StatusNotFound && !strings.HasPrefix(got.location, "/sign-in") && got.status != http.StatusForbidden {
				t.Errorf("%s: POST %s answers %d to %q", who, forged[0], got.status, got.location)
			}
		}
		for _, path := range []string{"", "/tile", "/links/host"} {
			if got := forger.get(room.page + path); got.status == http.StatusOK || strings.Contains(got.body, "Board") {
				t.Errorf("%s: GET %s answers %d", who, room.page+path, got.status)
			}
		}
	}
	if page := ada.get(room.page); page.status != http.StatusOK || !strings.Contains(page.body, "<h1>Board</h1>") || strings.Contains(page.body, "#lock\"") {
		t.Errorf("the room changed: %d", page.status)
	}
	elsewhere, err := http.NewRequest("POST", s.URL+room.page+"/delete", nil)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere.Header.Set("Origin", "https://evil.example")
	answer, err := ada.client.Do(elsewhere)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusForbidden || ada.get(room.page).status != http.StatusOK {
		t.Errorf("a form of another site: %d", answer.StatusCode)
	}
}

// A room that is deleted lets go of those inside at once, and tells them.
func TestDeleteWhileInside(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	ada := owner(t, s)
	room := ada.room("Short-lived", "meeting")
	bob := browser.Visit(t, wide)
	bob.Open(room.link)
	bob.Field("Display name").Fill("Bob")
	bob.Role("button", "Join room").Click()
	bob.SeesText("Connected")
	bob.Expect("404") // what was on its way to the room
	ada.must(room.page + "/delete")
	bob.At("/ended")
	bob.SeesText("This room is gone")
	if links := bob.Names("link"); slices.Contains(links, "Join again") {
		t.Error("a gone room offers to join again")
	}
}

// A search box comes with the eighth room; typing narrows at once and the order can be chosen.
func TestSearchAndSort(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	mine := owner(t, s)
	for i, name := range []string{"Zebra", "apple", "Mango", "Choir one", "Choir two", "Board", "Kiosk"} {
		room := mine.room(name, "meeting")
		if i == 0 {
			call(t, s).enter(room.link, "Somebody")()
		}
	}
	ada := browser.Visit(t, wide)
	signIn(s, ada)
	if ada.Field("Search").There() {
		t.Error("seven rooms have a search box")
	}
	mine.room("Orchard", "meeting")
	ada.Role("link", "Orchard").Wait()
	ada.Reload()
	names := `[...document.querySelectorAll('.tile')].filter(t => t.checkVisibility()).map(t => t.querySelector('h3').textContent).join()`
	ada.Until("the used room first", names+`.startsWith('Zebra')`)
	ada.Field("Search").Fill("cHOIR")
	ada.Until("two tiles", names+`.split(',').sort().join() === 'Choir one,Choir two'`)
	mine.room("Third choir", "meeting")
	ada.Until("a new one that fits", names+`.split(',').sort().join() === 'Choir one,Choir two,Third choir'`)
	ada.Press("\r")
	ada.At("q=cHOIR")
	ada.Until("the same from the server", names+`.split(',').sort().join() === 'Choir one,Choir two,Third choir'`)
	ada.Field("Search").Fill("nothing like it")
	ada.Press("\r")
	ada.SeesText("No room or webinar is called “nothing like it”.")
	ada.Role("link", "Show all").Click()
	ada.Field("Sort rooms").Choose("Name, A to Z")
	ada.At("sort=name")
	ada.Until("by name", names+` === 'apple,Board,Choir one,Choir two,Kiosk,Mango,Orchard,Third choir,Zebra'`)
	ada.Before(`new MutationObserver((_, watch) => { // a choice that was made before the page's script ran
  const sort = document.querySelector('[name=sort]')
  if (location.search || sort?.options?.length !== 2) return
  sort.value = 'name'
  watch.disconnect()
}).observe(document, {childList: true, subtree: true})`)
	ada.Open(s.URL + "/")
	ada.At("sort=name")
}

// A dashboard whose server dies and comes back goes on by itself, and never shows an error in between.
func TestDashboardComesBack(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	ada := browser.Visit(t, wide)
	for _, expected := range []string{"ERR_", "htmx:sse:error", "Failed to fetch"} {
		ada.Expect(expected)
	}
	room := owner(t, s).room("Lasting", "meeting")
	signIn(s, ada)
	hasInside(ada, "Lasting", 0)
	s.Kill()
	ada.Until("the tile to stay", `document.querySelectorAll('.tile').length === 1 && document.querySelector('.tile').innerText.includes('Lasting')`)
	s.Start()
	leave := call(t, s).enter(room.link, "Bob")
	hasInside(ada, "Lasting", 1)
	leave()
	hasInside(ada, "Lasting", 0)
}

// A stream whose very first answer never comes is asked for again, as one is that ran. Where it is refused then, what the page
// shows is old, and it is loaded anew.
func TestAStreamThatNeverBegan(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	ada := browser.Visit(t, wide)
	for _, expected := range []string{"ERR_", "htmx:sse:error", "Failed to fetch", "404"} {
		ada.Expect(expected)
	}
	room := owner(t, s).room("Lasting", "meeting")
	signIn(s, ada)
	hasInside(ada, "Lasting", 0)
	for n, stream := range []string{"old.getAttribute('hx-sse:connect')", "'/events/none/stream'"} {
		s.Kill()
		browser.Value[bool](ada, `(old => {
  const page = old.cloneNode(true)
  page.setAttribute('hx-sse:connect', `+stream+`)
  window.asked = 0
  document.addEventListener('htmx:error', () => window.asked++)
  old.replaceWith(page)
  htmx.process(page)
  return true
})(document.querySelector('[hx-sse\\:connect]'))`)
		ada.Until("two tries", `window.asked > 1`)
		s.Start()
		if n == 1 {
			ada.Until("a page loaded anew", `window.asked === undefined`)
		}
		leave := call(t, s).enter(room.link, "Bob")
		hasInside(ada, "Lasting", 1)
		leave()
	}
}

// A hidden dashboard lets its stream go. Shown again, it is true again, also when all is as it was when it was loaded.
func TestDashboardSleepsAndWakes(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	ada := browser.Visit(t, wide)
	room := owner(t, s).room("Lasting", "meeting")
	leave := call(t, s).enter(room.link, "Bob")
	leave()
	signIn(s, ada)
	hasInside(ada, "Lasting", 0)
	leave = call(t, s).enter(room.link, "Bob")
	hasInside(ada, "Lasting", 1)
	hide := `(Object.defineProperty(document, 'hidden', {value: %v, configurable: true}), document.dispatchEvent(new Event('visibilitychange')))`
	browser.Value[bool](ada, fmt.Sprintf(hide, true))
	leave()
	browser.Value[bool](ada, fmt.Sprintf(hide, false))
	hasInside(ada, "Lasting", 0)
}

package e2e

import (
	"strings"
	"testing"

	"foyer/e2e/browser"
)

// boardroom is a room that one has to ask for, with a host inside under a name that no stranger may read.
func boardroom(t *testing.T, s *browser.Server, theme string) (*visitor, made) {
	t.Helper()
	ada := owner(t, s)
	room := ada.room("Board", theme)
	ada.must(room.page+"/privacy", "locked", "yes")
	ada.enter(room.link, "Inner Ada")
	return ada, room
}

// askAt brings somebody to the waiting screen of a locked room.
func askAt(p *browser.Page, link, name string) {
	p.Open(link)
	p.Field("Display name").Fill(name)
	p.Role("button", "Ask to join").Click()
	p.Role("heading", "Asking to join").Wait()
}

// Journey 4 as the guest lives it: asks, waits with the devices in hand, and is in without a click.
func TestWaitingToBeLetIn(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	ada, room := boardroom(t, s, "meeting")
	bob := browser.Visit(t, wide)
	bob.SitAt(study)
	bob.Open(room.link)
	mirrors(t, bob, "red", true)
	bob.Field("Camera").Choose("blue")
	mirrors(t, bob, "blue", true)
	bob.Role("button", "Mute").Click()
	bob.Field("Headline").Fill("Choir")
	ask := bob.Role("button", "Ask to join")
	bob.Field("Display name").Fill("Bob Marsh")
	ask.Click()
	bob.Role("heading", "Asking to join").Wait()
	for _, words := range []string{"Hosted by Ada Lindqvist", "Locked", "The hosts can see and hear that you ask.", "just now", "Somebody", "Bob Marsh", "Keep this page open."} {
		bob.SeesText(words)
	}
	if strings.Contains(bob.Text(), "Inner Ada") {
		t.Error("somebody who waits reads who is inside")
	}
	if title := browser.Value[string](bob, `document.title`); !strings.Contains(title, "Asking to join Board") {
		t.Errorf("the tab is called %q", title)
	}
	mirrors(t, bob, "blue", true) // devices as they were set at the door
	bob.Role("button", "Unmute").Wait()
	bob.Until("one's own label", `document.querySelector('#preview .label').innerText.replace(/\s+/g, ' ') === 'Bob Marsh Choir'`)
	bob.Axe()
	bob.Shot("wait")
	bob.Role("button", "Unmute").Click()
	ada.admitAll(room)
	bob.Role("heading", "Participants").Wait()
	bob.SeesText("Inner Ada")
	bob.SeesText("Connected")
	bob.Role("button", "Mute").Wait() // the last word before going in counts
	bob.Back()                        // the waiting screen has left the history
	bob.At("/r/")
	if bob.Role("heading", "Asking to join").There() {
		t.Error("back leads to waiting for what was granted")
	}
}

// Time goes by in words, by this machine's clock from the server's time on.
func TestWaitingIsCounted(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	_, room := boardroom(t, s, "meeting")
	bob := browser.Visit(t, wide)
	bob.Before(`{ const opened = performance.now(); window.later = 0; performance.now = () => opened + window.later * 1000 // moved by hand alone
const every = setInterval; window.setInterval = (f, ms) => every(f, Math.min(ms, 100)) }`)
	askAt(bob, room.link, "Bob")
	for _, c := range []struct {
		later string
		words string
	}{{"0", "just now"}, {"61", "a minute ago"}, {"150", "2 minutes ago"}, {"3599", "59 minutes ago"}, {"3700", "an hour ago"}, {"7300", "2 hours ago"}} {
		browser.Value[any](bob, "window.later = "+c.later+" - document.querySelector('[data-age]').dataset.age")
		bob.SeesText(c.words)
	}
	exact := bob.CSS("time").Attribute("datetime")
	if !strings.HasSuffix(exact, "Z") || len(exact) != len("2026-11-21T23:04:05Z") {
		t.Errorf("the exact time is %q", exact)
	}
}

// The screen follows what happens, keeps the focus, says when it is cut off, and comes back by itself in its place.
func TestWaitingGoesOn(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	ada := owner(t, s)
	room := ada.room("Board", "meeting")
	ada.must(room.page+"/privacy", "locked", "yes")
	bob := browser.Visit(t, wide)
	bob.SitAt(study)
	askAt(bob, room.link, "Bob")
	bob.SeesText("Nobody is inside yet. Your request waits here, and Ada Lindqvist sees it.")
	mirrors(t, bob, "red", true)
	browser.Value[any](bob, `document.getElementById('stop').focus()`)
	ada.enter(room.link, "Inner Ada")
	bob.SeesText("The hosts can see and hear that you ask.")
	if at := bob.Focused(); at != "button Stop asking" {
		t.Errorf("the focus went to %q", at)
	}
	bob.Expect("ERR_")
	s.Kill()
	bob.SeesText("Connection lost.")
	bob.Shot("wait-lost")
	s.Start()
	bob.MissesText("Connection lost.")
	if lit := browser.Value[string](bob, `machine.lit().join()`); lit != "440 Hz,red" {
		t.Errorf("a lost connection touched the devices: %s", lit)
	}
	bob.Reload() // one card, one place
	bob.Role("heading", "Asking to join").Wait()
	ada = owner(t, s)
	if knocks := ada.get(room.link + "/knocks").body; strings.Count(knocks, "data-knock=") != 1 {
		t.Errorf("a reload made another request: %s", knocks)
	}
	ada.must(room.page+"/privacy", "locked", "no") // open doors need no answer
	bob.Role("heading", "Participants").Wait()
}

// Denied is said politely, where one can ask again or reach the host; giving up leads to the lobby, all typed still there.
func TestWaitingEndsOutside(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t, "--contact", "help@example.org")
	ada, room := boardroom(t, s, "meeting")
	bob := browser.Visit(t, wide)
	askAt(bob, room.link, "Bob")
	bob.SeesText("write to help@example.org")
	bob.Role("button", "Stop asking").Click()
	bob.Role("button", "Ask to join").Wait()
	if name := bob.Field("Display name").Text(); name != "Bob" {
		t.Errorf("the lobby has %q", name)
	}
	bob.Role("button", "Ask to join").Click()
	bob.Role("heading", "Asking to join").Wait()
	bob.Role("link", "Change").Click() // keeps the place
	bob.SeesText("You are asking already.")
	bob.Field("Display name").Fill("Robert")
	bob.Role("button", "Ask to join").Click()
	bob.At("/wait") // the lobby's own label says Robert, too
	bob.SeesText("Robert")
	knocks := ada.get(room.link + "/knocks").body
	if strings.Count(knocks, "data-knock=") != 1 || !strings.Contains(knocks, "Robert") {
		t.Errorf("the hosts see %s", knocks)
	}
	_, pass, _ := strings.Cut(knocks, `data-knock="`)
	pass, _, _ = strings.Cut(pass, `"`)
	ada.must(strings.TrimPrefix(room.link, s.URL)+"/knocks", "answer", "deny", "pass", pass)
	bob.SeesText("Nobody could let you in just now. You can ask again in half a minute.")
	if strings.Contains(strings.ToLower(bob.Text()), "denied") {
		t.Error("the lobby is not polite")
	}
	bob.Axe()
	bob.Shot("lobby-denied")
	bob.Expect("429")
	bob.Role("button", "Ask to join").Click()
	bob.SeesText("half a minute")
	if name := bob.Field("Display name").Text(); name != "Robert" {
		t.Errorf("the lobby has %q", name)
	}
	ada.must(room.page + "/delete")
	bob.Expect("404")
	bob.SeesText("There is nothing here")
}

// An audience waits without devices: the card alone, and nothing is asked for.
func TestWaitingForAWebinar(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	ada, room := boardroom(t, s, "webinar")
	bob := browser.Visit(t, wide)
	bob.SitAt(study)
	bob.Busy() // counts
	askAt(bob, room.link, "Bob")
	if bob.Role("heading", "Set devices").There() || bob.CSS("#preview").There() || browser.Value[int](bob, `devicesAsked`) != 0 {
		t.Error("an audience is asked for devices")
	}
	bob.Shot("wait-webinar")
	ada.admitAll(room)
	bob.Role("heading", "Participants").Wait()
}

func TestWaitingFitsItsBytes(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	_, room := boardroom(t, s, "meeting")
	bob := browser.Visit(t, wide)
	askAt(bob, room.link, "Bob")
	bob.Forget()
	fits(t, s, bob, room.link+"/wait", lobbyBytes)
}

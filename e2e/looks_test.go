package e2e

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"foyer/e2e/browser"
)

// scene is a house with all that its pages can show.
type scene struct {
	s                        *browser.Server
	empty                    *browser.Server // before its first account
	used, locked, live, hall made
	painted                  made   // with a picture, a lobby of its own, and somebody who knocks
	broken                   string // a file that is no picture
	call                     string // a past or present call's page
	said                     string // one with a chat
}

// state is a page in one state and how a person gets it on the screen.
type state struct {
	name string
	who  string // "ada" the owner, "bea" another with one room, "new" an account without rooms, "guest" nobody, "first" whoever comes first
	show func(p *browser.Page, c scene)
}

var states = []state{
	{"setup", "first", func(p *browser.Page, c scene) { p.Open(c.empty.URL + "/setup") }},
	{"sign-in", "guest", func(p *browser.Page, c scene) { p.Open(c.s.URL + "/sign-in?next=" + c.used.link[len(c.s.URL):]) }},
	{"sign-in-error", "guest", func(p *browser.Page, c scene) {
		p.Open(c.s.URL + "/sign-in")
		p.Field("Email").Fill("ada@example")
		p.Role("button", "Sign in").Click()
		p.CSS("[aria-invalid], .note.bad").Wait()
	}},
	{"home-empty", "new", func(p *browser.Page, c scene) { p.Open(c.s.URL + "/") }},
	{"home", "ada", func(p *browser.Page, c scene) { p.Open(c.s.URL + "/") }},
	{"home-menu", "ada", func(p *browser.Page, c scene) {
		p.Open(c.s.URL + "/")
		p.Role("button", "Menu, Studio stand-up").Click()
		p.Role("button", "Rename, Studio stand-up").Wait()
	}},
	{"home-create", "ada", func(p *browser.Page, c scene) {
		p.Open(c.s.URL + "/")
		p.Role("button", "Create new").Click()
		p.Role("link", "Room").Wait()
	}},
	{"home-account", "ada", func(p *browser.Page, c scene) {
		p.Open(c.s.URL + "/")
		p.Role("button", "Ada").Click()
		p.Role("button", "Sign out").Wait()
	}},
	{"home-made", "ada", func(p *browser.Page, c scene) {
		p.Open(c.s.URL + "/?made=" + strings.TrimPrefix(c.used.page, "/rooms/"))
	}},
	{"home-nothing-found", "ada", func(p *browser.Page, c scene) { p.Open(c.s.URL + "/?q=nothing+like+it") }},
	{"new-room", "ada", func(p *browser.Page, c scene) { p.Open(c.s.URL + "/rooms/new") }},
	{"new-room-error", "ada", func(p *browser.Page, c scene) {
		p.Open(c.s.URL + "/rooms/new")
		p.Role("button", "Create room").Click()
		p.SeesText("Give the room a name.")
	}},
	{"room-page", "ada", func(p *browser.Page, c scene) { p.Open(c.s.URL + c.used.page) }},
	{"room-page-live", "ada", func(p *browser.Page, c scene) { p.Open(c.s.URL + c.live.page) }},
	{"room-rename", "ada", func(p *browser.Page, c scene) {
		p.Open(c.s.URL + c.used.page)
		p.Role("button", "Rename").Click()
		p.Field("Name").Wait()
	}},
	{"room-rename-error", "ada", func(p *browser.Page, c scene) {
		p.Open(c.s.URL + c.used.page + "?open=rename")
		p.Field("Name").Fill("  ")
		p.Role("button", "Save").Click()
		p.SeesText("Give the room a name.")
	}},
	{"room-delete", "ada", func(p *browser.Page, c scene) {
		p.Open(c.s.URL + c.live.page)
		p.Role("button", "Delete").Click()
		p.SeesText("cannot be undone")
	}},
	{"room-duplicate", "ada", func(p *browser.Page, c scene) {
		p.Open(c.s.URL + c.used.page)
		p.Role("button", "Duplicate").Click()
		p.Field("Name of the copy").Wait()
	}},
	{"room-duplicate-error", "ada", func(p *browser.Page, c scene) {
		p.Open(c.s.URL + c.used.page + "?open=duplicate")
		p.Field("Name of the copy").Fill("  ")
		p.Role("dialog", "Duplicate room").Role("button", "Duplicate").Click()
		p.SeesText("Give the room a name.")
	}},
	{"room-page-picture", "bea", func(p *browser.Page, c scene) { p.Open(c.s.URL + c.painted.page) }},
	{"customize", "ada", func(p *browser.Page, c scene) { p.Open(c.s.URL + c.used.page + "/customize") }},
	{"customize-saved", "bea", func(p *browser.Page, c scene) { p.Open(c.s.URL + c.painted.page + "/customize?saved=1") }},
	{"customize-error", "ada", func(p *browser.Page, c scene) {
		p.Open(c.s.URL + c.used.page + "/customize")
		p.Field("Background image").Attach(c.broken)
		p.Role("button", "Save").Click()
		p.SeesText("This picture is damaged")
	}},
	{"lobby-look", "ada", func(p *browser.Page, c scene) { p.Open(c.s.URL + c.used.page + "/lobby") }},
	{"lobby-look-asking", "bea", func(p *browser.Page, c scene) {
		p.Open(c.s.URL + c.painted.page + "/lobby?saved=1")
		p.Role("button", "Admit, Early Bird").Wait()
	}},
	{"lobby-look-error", "ada", func(p *browser.Page, c scene) {
		p.Open(c.s.URL + c.used.page + "/lobby")
		p.Field("Title").Fill(strings.Repeat("long ", 20))
		p.Field("Message").Fill(strings.Repeat("longer ", 100))
		p.Role("button", "Save").Click()
		p.SeesText("at most 80 characters")
	}},
	{"lobby-painted", "guest", func(p *browser.Page, c scene) { p.Open(c.painted.link) }},
	{"home-asking", "bea", func(p *browser.Page, c scene) {
		p.Open(c.s.URL + "/")
		p.Role("button", "Admit, Early Bird").Wait()
		p.SeesText("asks to join")
	}},
	{"account-deactivate", "ada", func(p *browser.Page, c scene) {
		p.Open(c.s.URL + "/accounts")
		p.Role("button", "Deactivate, Nell New").Click()
		p.SeesText("signed out everywhere")
	}},
	{"history-empty", "new", func(p *browser.Page, c scene) { p.Open(c.s.URL + "/history") }},
	{"history", "ada", func(p *browser.Page, c scene) { p.Open(c.s.URL + "/history") }},
	{"call", "ada", func(p *browser.Page, c scene) { p.Open(c.s.URL + c.call) }},
	{"call-chat", "ada", func(p *browser.Page, c scene) { p.Open(c.s.URL + c.said) }},
	{"account", "ada", func(p *browser.Page, c scene) { p.Open(c.s.URL + "/account") }},
	{"account-done", "ada", func(p *browser.Page, c scene) { p.Open(c.s.URL + "/account?done=name") }},
	{"account-error", "ada", func(p *browser.Page, c scene) {
		p.Open(c.s.URL + "/account")
		p.Field("Present password").Fill("not this one")
		p.Role("button", "Change password").Click()
		p.SeesText("This is not your present password.")
	}},
	{"accounts", "ada", func(p *browser.Page, c scene) { p.Open(c.s.URL + "/accounts") }},
	{"lobby", "guest", func(p *browser.Page, c scene) { p.Open(c.used.link) }},
	{"lobby-owner", "ada", func(p *browser.Page, c scene) { p.Open(c.used.link) }},
	{"lobby-error", "guest", func(p *browser.Page, c scene) {
		p.Open(c.used.link)
		p.Field("Display name").Fill("   ")
		p.Role("button", "Join room").Click()
		p.SeesText("Enter the name that others should see.")
	}},
	{"lobby-locked", "guest", func(p *browser.Page, c scene) { p.Open(c.locked.link) }},
	{"lobby-live", "guest", func(p *browser.Page, c scene) { p.Open(c.live.link) }},
	{"lobby-webinar", "guest", func(p *browser.Page, c scene) { p.Open(c.hall.link) }},
	{"ended-left", "guest", func(p *browser.Page, c scene) {
		p.Open(c.s.URL + "/ended?why=left&room=" + c.used.link[len(c.s.URL)+3:])
	}},
	{"ended-deleted", "guest", func(p *browser.Page, c scene) { p.Open(c.s.URL + "/ended?why=deleted") }},
	{"ended-elsewhere", "guest", func(p *browser.Page, c scene) {
		p.Open(c.s.URL + "/ended?why=elsewhere&room=" + c.used.link[len(c.s.URL)+3:])
	}},
	{"ended-out", "ada", func(p *browser.Page, c scene) {
		p.Open(c.s.URL + "/ended?why=out&room=" + c.used.link[len(c.s.URL)+3:])
	}},
	{"not-here", "guest", func(p *browser.Page, c scene) { p.Open(c.s.URL + "/r/never-was-abcdefgh") }},
	{"forbidden", "guest", func(p *browser.Page, c scene) { forbidden(p, c) }},
	{"room-alone", "ada", func(p *browser.Page, c scene) {
		p.Open(c.used.link)
		p.Role("button", "Join room").Click()
		p.SeesText("Connected")
		p.CSS(".mine.showing").Wait()
	}},
	{"room-two", "ada", func(p *browser.Page, c scene) { // its camera is of the other one, the owner's own stays in the mirror
		p.Open(c.used.link)
		p.Role("button", "Join room").Click()
		p.SeesText("Bob Marsh")
		p.SeesText("Connected")
		p.Role("button", "Mute").Click()
		p.SeesText("Muted")
	}},
	{"room-seven", "guest", func(p *browser.Page, c scene) {
		p.Open(c.live.link)
		p.Field("Display name").Fill("Dora with a rather long name, of Somewhere")
		p.Role("button", "Join room").Click()
		p.SeesText("Connected")
	}},
	{"room-webinar", "guest", func(p *browser.Page, c scene) {
		p.Open(c.hall.link)
		p.Field("Display name").Fill("Viewer")
		p.Role("button", "Join room").Click()
		p.SeesText("Connected")
	}},
}

// forbidden shows the page of a refusal: a form that came from another site.
func forbidden(p *browser.Page, c scene) {
	p.Open(c.s.URL + "/sign-in")
	browser.Value[bool](p, `(() => { const f = document.createElement('form')
  f.method = 'post'; f.action = `+fmt.Sprintf("%q", c.used.link+"/leave")+`
  document.body.append(f); setTimeout(() => f.submit()); return true })()`)
	p.SeesText("Not allowed")
}

func build(t *testing.T) scene {
	c := scene{s: browser.Serve(t), empty: browser.Prepare(t)}
	c.empty.Start()
	c.s.Account("new@example.org", "Nell New", "a doorway yet to open")
	ada := owner(t, c.s)
	for _, name := range []string{"Reading circle", "Office hours", "Kitchen table", "Quarterly numbers and what they mean to us"} {
		ada.room(name, "meeting")
	}
	c.hall, c.locked = ada.room("Open day", "webinar"), ada.room("Board, quarterly", "meeting")
	ada.must(c.locked.page+"/privacy", "locked", "yes")
	c.live, c.used = ada.room("Design review", "meeting"), ada.room("Studio stand-up", "meeting")
	c.talk(t, ada)
	c.s.Account("bea@example.org", "Bea Berg", "a doorway to the studio")
	c.paint(t, call(t, c.s).signIn("bea@example.org", "a doorway to the studio"))
	for _, name := range []string{"Bob Marsh", "Cleo Park", "Dana Wu", "Émile Roux", "Farah Aziz", "Gus"} {
		call(t, c.s).enter(c.live.link, name)
	}
	history := ada.get("/history").body
	_, c.call, _ = strings.Cut(history, `href="/history/`)
	c.call, _, _ = strings.Cut("/history/"+c.call, `"`)
	c.said = "/history/" + regexp.MustCompile(`/history/([a-z0-9]+)">Studio stand-up`).FindStringSubmatch(history)[1]
	return c
}

// talk is a call with a chat in which a host deleted something.
func (c *scene) talk(t *testing.T, ada *visitor) {
	bob := call(t, c.s)
	leave := []func(){bob.enter(c.used.link, "Bob Marsh"), ada.enter(c.used.link, "Ada Lindqvist")}
	for i, line := range []string{"Good morning!\nThe plan is at https://example.org/plan", "Oh, that was for somebody else", strings.Repeat("A long thought about the schedule. ", 8)} {
		bob.post(c.used.link+"/chat", "text", line, "once", fmt.Sprint(i))
	}
	ada.post(c.used.link+"/chat", "text", "Thank you, Bob.", "once", "a")
	ada.post(c.used.link+"/chat/delete", "n", "2")
	for _, leave := range leave {
		leave()
	}
}

// paint is a room with everything that a host can choose, and somebody before its door.
func (c *scene) paint(t *testing.T, bea *visitor) {
	c.painted, c.broken = bea.room("Clay and glaze", "meeting"), inFile(t, "broken.jpg", []byte("\xff\xd8\xff\xe0 broken"))
	bea.brings(c.painted.page+"/customize", photo(t, teal, 1920, 1080), "colour", "5", "chat", "yes")
	bea.brings(c.painted.page+"/lobby", photo(t, orange, 1920, 1080), "title", "Welcome to the studio", "message", "Wash your hands first.\nAprons hang on the left.")
	bea.must(c.painted.page+"/privacy", "locked", "yes")
	call(t, c.s).knocks(c.painted.link, "Early Bird")
}

// Every page in every state holds WCAG's rules in light and dark, wide and on a phone, without overflow, small targets
// or an error in the console.
func TestLooks(t *testing.T) {
	t.Parallel()
	c := build(t)
	looks := []browser.Look{wide, night} // both widths and both colours, each once
	if os.Getenv("FOYER_SHOTS") != "" {
		looks = []browser.Look{wide, dark, phone, night}
	}
	for _, look := range looks {
		t.Run(fmt.Sprintf("phone=%v dark=%v", look.Phone, look.Dark), func(t *testing.T) {
			t.Parallel()
			pages := map[string]*browser.Page{}
			for _, who := range []string{"ada", "bea", "new", "guest", "first"} {
				pages[who] = browser.Visit(t, look)
			}
			pages["guest"].Expect("404")
			pages["guest"].Expect("403")
			pages["ada"].Camera("rgb(70,90,120)", 440)
			enterAs(pages["ada"], c.s, browser.Email, browser.Password)
			enterAs(pages["bea"], c.s, "bea@example.org", "a doorway to the studio")
			enterAs(pages["new"], c.s, "new@example.org", "a doorway yet to open")
			for _, st := range states {
				leave := func() {}
				if st.name == "room-two" {
					leave = call(t, c.s).enter(c.used.link, "Bob Marsh")
				}
				st.show(pages[st.who], c)
				inspect(t, pages[st.who], st.name, look)
				leave()
			}
		})
	}
}

func enterAs(p *browser.Page, s *browser.Server, email, password string) {
	p.Open(s.URL + "/sign-in")
	p.Field("Email").Fill(email)
	p.Field("Password").Fill(password)
	p.Role("button", "Sign in").Click()
	p.Role("button", "Create new").Wait()
}

func inspect(t *testing.T, p *browser.Page, name string, look browser.Look) {
	t.Helper()
	p.Shot(name)
	for _, v := range p.Violations() {
		for _, n := range v.Nodes {
			t.Errorf("%s: %s (%s): %s\n  %.200s\n  %s", name, v.ID, v.Impact, n.Target, n.HTML, n.Summary)
		}
	}
	if wide := browser.Value[int](p, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide > 0 {
		t.Errorf("%s: %d px too wide: %s", name, wide, browser.Value[string](p, `[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).map(e => e.outerHTML.slice(0, 100)).slice(0, 5).join('\n')`))
	}
	if small := browser.Value[string](p, tooSmall); look.Phone && small != "" {
		t.Errorf("%s: smaller than 44 px:\n%s", name, small)
	}
	for _, fault := range p.Faults() {
		t.Errorf("%s: in the browser: %s", name, fault)
	}
}

// tooSmall lists what is to be pressed and has less than 44 px of its own; links within a sentence are text, and a field
// is as large as the label that presses it.
const tooSmall = `[...document.querySelectorAll('a, button, input:not([type=hidden]), select, summary')].filter(e => {
  if (!e.checkVisibility({visibilityProperty: true}) || e.closest('.skip') || e.closest('p, dd, td') && e.matches('a')) return false
  const boxes = [e.getBoundingClientRect(), ...[...(e.labels ?? [])].map(l => l.getBoundingClientRect())]
  const after = getComputedStyle(e, '::after')
  if (after.position === 'absolute' && after.content !== 'none') boxes.push({width: parseFloat(after.width), height: parseFloat(after.height)})
  return !boxes.some(b => b.width >= 43.5 && b.height >= 43.5)
}).map(e => { const b = e.getBoundingClientRect(); return Math.round(b.width) + '×' + Math.round(b.height) + ' ' + e.outerHTML.slice(0, 140) }).join('\n')`

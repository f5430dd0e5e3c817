// Package e2e follows the journeys of people through the built program in real browsers.
package e2e

import (
	"fmt"
	"os"
	"testing"

	"foyer/e2e/browser"
)

func TestMain(m *testing.M) { os.Exit(browser.Main(m)) }

var (
	wide  = browser.Look{}
	dark  = browser.Look{Dark: true}
	phone = browser.Look{Phone: true}
	night = browser.Look{Phone: true, Dark: true}
)

// signIn brings a person to the dashboard.
func signIn(s *browser.Server, p *browser.Page) {
	p.Open(s.URL + "/")
	p.Field("Email").Fill(browser.Email)
	p.Field("Password").Fill(browser.Password)
	p.Role("button", "Sign in").Click()
	p.Role("button", "Create new").Wait()
}

// createRoom makes a room as a person does and gives its participant link.
func createRoom(p *browser.Page, name, theme string) (link string) {
	p.Role("button", "Create new").Click()
	p.Role("link", "Room").Click()
	p.Field("Name").Fill(name)
	if theme != "" {
		p.RoleLike("radio", theme).Click()
	}
	p.Role("button", "Create room").Click()
	p.Role("link", name).Wait()
	return browser.Value[string](p, `document.querySelector('.made a').href`)
}

// hasInside waits until a tile's Join button tells how many are inside, and nothing when nobody is.
func hasInside(p *browser.Page, name string, people int) {
	want := []string{"null", "'1 person inside'"}
	told := fmt.Sprintf("'%d people inside'", people)
	if people < len(want) {
		told = want[people]
	}
	p.Role("button", "Join, "+name).Wait()
	p.Until(fmt.Sprintf("%d inside %s", people, name), `[...document.querySelectorAll('.tile')].find(t => t.querySelector('h3').textContent === '`+name+`')
  ?.querySelector('[role=button]').getAttribute('aria-description') === `+told)
}

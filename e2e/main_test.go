// Package e2e follows the journeys of people through the built program in real browsers.
package e2e

import (
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

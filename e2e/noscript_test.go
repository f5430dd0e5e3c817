package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"foyer/e2e/browser"
)

var plainHTML = browser.Look{NoScript: true}

// withoutModules expects what Chromium reports of modules named for preloading while scripts are off: that it left them.
func withoutModules(p *browser.Page, look browser.Look) {
	if look.NoScript {
		p.Expect(" csp for ")
	}
}

// refused waits until a form came back with its message beside one field, tied to it, and gives what the field holds now.
func refused(t *testing.T, p *browser.Page, label, message string) string {
	t.Helper()
	p.SeesText(message)
	field := p.Field(label)
	if field.Attribute("aria-invalid") != "true" {
		t.Errorf("the field %s is not marked", label)
	}
	about := field.Attribute("aria-describedby")
	if text := p.CSS("#" + about).Text(); !strings.Contains(text, message) {
		t.Errorf("the field %s is described by %q", label, text)
	}
	statuses := p.Requests()
	for i := len(statuses) - 1; i >= 0; i-- {
		if statuses[i].Type == "Document" {
			if statuses[i].Status != 422 {
				t.Errorf("a refused form answers %d", statuses[i].Status)
			}
			break
		}
	}
	return field.Text()
}

// Every form works without JavaScript, and gives back what was typed when something is wrong with it.
func TestFormsWithoutScript(t *testing.T) {
	t.Parallel()
	s := browser.Prepare(t)
	s.Start()
	ada := browser.Visit(t, plainHTML)
	withoutModules(ada, plainHTML)
	setUpPlainly(t, s, ada)
	signInPlainly(t, s, ada)
	link := roomPlainly(t, s, ada)
	accountPlainly(t, s, ada)

	ada.Open(link)
	ada.Field("Display name").Fill("  ")
	ada.Role("button", "Join room").Click()
	if kept := refused(t, ada, "Display name", "Enter the name that others should see."); kept != "  " {
		t.Errorf("the lobby kept %q", kept)
	}
	ada.Field("Display name").Fill("Ada")
	ada.Role("button", "Join room").Click()
	ada.SeesText("Picture and sound need JavaScript")
	ada.Role("button", "Leave").Click()
	ada.SeesText("You left")

	deletePlainly(s, ada, link)
	ada.Open(s.URL + "/account")
	signOutPlainly(s, ada)
}

func setUpPlainly(t *testing.T, s *browser.Server, ada *browser.Page) {
	secret, err := os.ReadFile(filepath.Join(s.Data, "setup-secret"))
	if err != nil {
		t.Fatal(err)
	}
	ada.Open(s.URL + "/")
	ada.At("/setup")
	fill := func(secret, password string) {
		ada.Field("Set-up secret").Fill(secret)
		ada.Field("Your name").Fill("Ada Lindqvist")
		ada.Field("Email").Fill("ada@example.org")
		ada.Field("Password").Fill(password)
		ada.Role("button", "Create account").Click()
	}
	fill(strings.TrimSpace(string(secret)), "short")
	refused(t, ada, "Password", "A password needs at least 12 characters")
	if ada.Field("Your name").Text() != "Ada Lindqvist" || ada.Field("Email").Text() != "ada@example.org" {
		t.Error("set-up forgot what was typed")
	}
	fill("not the secret", browser.Password)
	refused(t, ada, "Set-up secret", "This is not the set-up secret.")
	fill(strings.TrimSpace(string(secret)), browser.Password)
	ada.SeesText("Make your first one")
	signOutPlainly(s, ada)
	ada.Expect("404")
	ada.Open(s.URL + "/setup")
	ada.SeesText("There is nothing here")
}

func signOutPlainly(s *browser.Server, ada *browser.Page) {
	ada.Role("button", "Ada").Click()
	ada.Role("button", "Sign out").Click()
	ada.At("/sign-in")
	ada.Open(s.URL + "/account")
	ada.At("/sign-in?next=%2Faccount")
}

func signInPlainly(t *testing.T, s *browser.Server, ada *browser.Page) {
	ada.Open(s.URL + "/account")
	ada.Field("Email").Fill("ada@example.org")
	ada.Field("Password").Fill("not this one, at all")
	ada.Role("button", "Sign in").Click()
	ada.SeesText("That address and password do not belong together.")
	if ada.Field("Email").Text() != "ada@example.org" || ada.Field("Password").Text() != "" {
		t.Error("sign-in forgot the address or kept the password")
	}
	ada.Field("Email").Fill("ada at example")
	ada.Field("Password").Fill("x")
	ada.Role("button", "Sign in").Click()
	if kept := refused(t, ada, "Email", "This is not an email address."); kept != "ada at example" {
		t.Errorf("sign-in kept %q", kept)
	}
	ada.Field("Email").Fill("Ada@Example.org")
	ada.Field("Password").Fill(browser.Password)
	ada.Role("button", "Sign in").Click()
	ada.Role("heading", "Account").Wait() // where sign-in was asked for
}

func roomPlainly(t *testing.T, s *browser.Server, ada *browser.Page) (link string) {
	ada.Open(s.URL + "/")
	ada.Role("button", "Create new").Click()
	ada.Role("link", "Room").Click()
	long := strings.Repeat("long ", 40)
	ada.Field("Name").Fill(long)
	ada.RoleLike("radio", "Webinar").Click()
	ada.Role("button", "Create room").Click()
	if kept := refused(t, ada, "Name", "at most 80 characters"); kept != long || !ada.RoleLike("radio", "Webinar").Checked() {
		t.Errorf("the new room's form kept %q", kept)
	}
	ada.Field("Name").Fill("Design review")
	ada.RoleLike("radio", "Meeting").Click()
	ada.Role("button", "Create room").Click()
	ada.Role("button", "Menu, Design review").Click()
	ada.Role("button", "Rename, Design review").Click()
	link = ada.Field("Participant link").Text()
	ada.Field("Name").Fill("")
	ada.Role("button", "Save").Click()
	refused(t, ada, "Name", "Give the room a name.")
	ada.Field("Name").Fill("Critique")
	ada.Role("button", "Save").Click()
	ada.Role("heading", "Critique").Wait()
	if after := ada.Field("Participant link").Text(); after != link {
		t.Errorf("renaming changed the link from %s to %s", link, after)
	}
	ada.Open(s.URL + "/")
	for _, locked := range []bool{true, false} { // from the tile
		ada.Role("button", "Menu, Critique").Click()
		ada.Role("button", "Privacy, Critique").Click()
		ada.Role("button", "Join, Critique").Wait()
		ada.Until(fmt.Sprintf("locked: %v", locked), fmt.Sprintf(`!!document.querySelector('.tile .chips').innerText.includes('Locked') === %v`, locked))
	}
	ada.Role("button", "Menu, Critique").Click()
	ada.Role("button", "Rename, Critique").Click()
	ada.Role("switch", "Privacy").Click()
	ada.Role("button", "Save privacy").Click()
	ada.Until("the page behind the dialog to say so", `!location.search && document.querySelector('.title').innerText.includes('Locked')`)
	return link
}

func accountPlainly(t *testing.T, s *browser.Server, ada *browser.Page) {
	ada.Open(s.URL + "/account")
	ada.Field("Display name").Fill("Ada http://x")
	ada.Role("button", "Save name").Click()
	if kept := refused(t, ada, "Display name", "cannot hold a web address"); kept != "Ada http://x" {
		t.Errorf("the account's form kept %q", kept)
	}
	ada.Field("Display name").Fill("Ada L.")
	ada.Role("button", "Save name").Click()
	ada.SeesText("Your name is saved.")
	other := call(t, s).signIn("ada@example.org", browser.Password)
	change := func(old, password string) {
		ada.Field("Present password").Fill(old)
		ada.Field("New password").Fill(password)
		ada.Role("button", "Change password").Click()
	}
	change("wrong", "another doorway, unlit")
	refused(t, ada, "Present password", "This is not your present password.")
	change(browser.Password, "short")
	refused(t, ada, "New password", "A password needs at least 12 characters")
	change(browser.Password, "another doorway, unlit")
	ada.SeesText("Your password is changed.")
	if got := other.get("/account"); got.status != 303 {
		t.Errorf("another browser stays signed in after the change: %d", got.status)
	}
}

func deletePlainly(s *browser.Server, ada *browser.Page, link string) {
	for _, last := range []string{"Cancel", "Delete room"} {
		ada.Open(s.URL + "/")
		ada.Role("button", "Menu, Critique").Click()
		ada.Role("button", "Delete, Critique").Click()
		ada.SeesText("Delete Critique?")
		if last == "Cancel" {
			ada.Role("link", "Cancel").Click()
			ada.MissesText("Delete Critique?")
		} else {
			ada.Role("button", last).Click()
		}
	}
	ada.SeesText("Make your first one")
	ada.Open(link)
	ada.SeesText("There is nothing here")
}

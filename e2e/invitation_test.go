package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"foyer/e2e/browser"
)

// invites asks somebody by the form of a page and gives the link of the mail.
func invites(t *testing.T, s *browser.Server, v *visitor, ada *browser.Page, name, email, role string) string {
	t.Helper()
	ada.Field("Name").Fill(name)
	ada.Field("Email").Fill(email)
	ada.RoleLike("radio", role).Click()
	ada.Role("button", "Send invitation").Click()
	ada.SeesText("The invitation is on its way.")
	ada.SeesText(role + ", " + email)
	page, _, _ := strings.Cut(strings.TrimPrefix(ada.URL(), s.URL), "?")
	return s.URL + "/i/" + minted(t, s, "invite", v.found(page, `value="([a-z0-9]+)"[^>]*aria-label="Revoke, `+name+`"`))
}

// Journey 12 in a room: asked by mail, in as a speaker, on to another device, and out at once when it is revoked.
func TestSpeakerInvitation(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	v := owner(t, s)
	room := v.room("Studio", "webinar")
	ada, ingrid, forwarded := browser.Visit(t, wide), browser.Visit(t, wide), browser.Visit(t, phone)
	signIn(s, ada)
	ada.Open(s.URL + room.page)
	ada.Role("button", "Invitations").Click()
	link := invites(t, s, v, ada, "Ingrid Solheim", "ingrid@solheim.example", "Speaker")

	ingrid.Open(link)
	ingrid.At("/r/studio-")
	if at := ingrid.URL(); strings.Contains(at, "/i/") {
		t.Error("the link stays in the address:", at)
	}
	if name := ingrid.Field("Display name").Text(); name != "Ingrid Solheim" {
		t.Errorf("the lobby offers the name %q", name)
	}
	ingrid.Role("button", "Join room").Click()
	ingrid.Role("heading", "Participants").Wait()
	ingrid.Role("button", "Share").Wait() // on stage, where the audience of a webinar is not
	tiles(ingrid, "Ingrid Solheim")
	ada.SeesText("Came")

	forwarded.Open(link)
	forwarded.Role("button", "Continue here").Click()
	forwarded.Role("heading", "Participants").Wait()
	ingrid.At("/ended")
	tiles(forwarded, "Ingrid Solheim")

	ada.Role("button", "Revoke, Ingrid Solheim").Click()
	dialog := ada.Role("dialog", "Revoke the invitation of Ingrid Solheim?")
	dialog.Role("button", "Cancel").Click()
	tiles(forwarded, "Ingrid Solheim")
	ada.Role("button", "Revoke, Ingrid Solheim").Click()
	dialog.Role("button", "Revoke invitation").Click()
	ada.SeesText("Revoked. The link opens nothing any more.")
	forwarded.At("/ended")
	for _, p := range []*browser.Page{forwarded, browser.Visit(t, wide)} {
		p.Expect("404")
		p.Open(link)
		p.SeesText("There is nothing here")
	}
	forwarded.Open(room.link) // the room's own link leads in as before, to the audience
	forwarded.Role("button", "Join room").Click()
	forwarded.Role("heading", "Participants").Wait()
	if forwarded.Role("button", "Share").There() {
		t.Error("still on stage")
	}
}

// Journey 12 at a webinar: a moderator who registered, too, has both; backstage before the start, and a seat that may go.
func TestModeratorInvitationAndASeat(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	v := owner(t, s)
	g := v.gathers("Light in small rooms")
	g.registers(t, s, "Max Moderat", "My own home")
	ada, max := browser.Visit(t, wide), browser.Visit(t, wide)
	signIn(s, ada)
	ada.Open(s.URL + g.page)
	ada.Role("button", "Invitations").Click()
	link := invites(t, s, v, ada, "Max Moderat", "max@attendee.example", "Moderator")
	seat := s.URL + "/j/" + minted(t, s, "seat", v.found(g.page+"/registrants", `name="remove" value="([a-z0-9]+)"`))

	max.Open(seat)
	max.At("/r/light-in-small-rooms-")
	max.Open(link)
	max.Role("button", "Join room").Click()
	max.Role("heading", "Participants").Wait() // backstage: a mere seat waits for the host
	tiles(max, "Max Moderat")
	max.Role("button", "People").Click()
	max.SeesText("Moderator")
	ada.SeesText("Came")

	max.Role("button", "Leave").Click()
	max.SeesText("You left")
	ada.Open(s.URL + g.page + "/registrants")
	ada.Role("button", "Menu, Max Moderat").Click()
	ada.Role("button", "Remove, Max Moderat").Click()
	ada.Role("button", "Remove Max").Click()
	ada.SeesText("0 registered")
	max.Open(link)
	max.Role("button", "Join room").Click()
	max.Role("heading", "Participants").Wait()
}

// Asked to begin an account, and a password that was forgotten: both by mail, both without anybody's help.
func TestPasswordsByMail(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	ada, bea := browser.Visit(t, wide), browser.Visit(t, phone)
	signIn(s, ada)
	ada.Open(s.URL + "/accounts")
	ada.Field("Name").Fill("Bea Lund")
	ada.Field("Email").Fill("bea@lund.example")
	ada.Role("button", "Send invitation").Click()
	ada.SeesText("Asked to begin an account")
	bea.Open(s.URL + "/begin/" + minted(t, s, "account", owner(t, s).found("/accounts", `/accounts/invitations/([a-z0-9]+)/withdraw`)))
	bea.SeesText("You sign in with bea@lund.example.")
	bea.Field("Password").Fill("short")
	bea.Expect("422")
	bea.Role("button", "Begin account").Click()
	refused(t, bea, "Password", "A password needs at least 12 characters.")
	bea.Field("Password").Fill("a doorway by the sea")
	bea.Role("button", "Begin account").Click()
	bea.Role("button", "Create new").Wait()

	stranger := browser.Visit(t, phone)
	stranger.Open(s.URL + "/sign-in")
	stranger.Role("link", "Forgot your password?").Click()
	stranger.Field("Email").Fill("bea@lund.example")
	stranger.Role("button", "Send the link").Click()
	stranger.SeesText("If that address has an account here")
	stranger.Open(linkMailed(t, s, "bea@lund.example", "/reset/"))
	stranger.Field("New password").Fill("another doorway by the sea")
	stranger.Role("button", "Set password").Click()
	stranger.SeesText("Your password is changed. Other browsers are signed out.")
	bea.Open(s.URL + "/account")
	bea.Role("button", "Sign in").Wait()
	bea.Field("Email").Fill("bea@lund.example")
	bea.Field("Password").Fill("another doorway by the sea")
	bea.Role("button", "Sign in").Click()
	bea.Role("button", "Change password").Wait()
}

// linkMailed is a link in a mail that was put into the folder for mails.
func linkMailed(t *testing.T, s *browser.Server, to, path string) string {
	t.Helper()
	link := regexp.MustCompile(regexp.QuoteMeta(path) + `[a-z2-7]{26}`)
	for deadline := time.Now().Add(2 * browser.Patience); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		files, err := filepath.Glob(filepath.Join(s.Data, "mail", "*.eml"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			letter, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			text := strings.NewReplacer("=\r\n", "", "=3D", "=").Replace(string(letter)) // RFC 2045, 6.7
			if found := link.FindString(text); found != "" && strings.Contains(text, to) {
				return s.URL + found
			}
		}
	}
	t.Fatalf("no mail to %s with a link to %s", to, path)
	return ""
}

package e2e

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"foyer/e2e/browser"
)

// gathering is a webinar on whose page one registers.
type gathering struct{ page, slug, field string }

// gathers plans one through its forms, with one question.
func (v *visitor) gathers(title string) (g gathering) {
	v.t.Helper()
	starts := time.Now().Add(50 * time.Hour).UTC()
	to := v.must("/events", "title", title, "date", starts.Format(time.DateOnly), "time", starts.Format("15:04"), "duration", "60", "zone", "UTC", "theme", "webinar", "registration", "yes")
	g.page, _, _ = strings.Cut(to, "?")
	v.must(g.page+"/fields", "kind", "text", "label", "What do you work on?")
	g.slug = v.found(g.page, `/e/([a-z0-9-]+)`)
	g.field = v.found("/e/"+g.slug, `name="(f-[a-z0-9]+)"`)
	return g
}

// found is what a page says somewhere.
func (v *visitor) found(page, pattern string) string {
	v.t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(v.get(page).body)
	if m == nil {
		v.t.Fatalf("no %s on %s", pattern, page)
	}
	return m[1]
}

// registers is a stranger without a browser.
func (g gathering) registers(t *testing.T, s *browser.Server, name, answer string) {
	t.Helper()
	email := strings.NewReplacer("é", "e", "ø", "o").Replace(strings.ToLower(strings.Fields(name)[0])) + "@attendee.example"
	if got := call(t, s).post("/e/"+g.slug, "name", name, "email", email, g.field, answer); got.status >= http.StatusBadRequest {
		t.Fatalf("registering: %d %s", got.status, got.body)
	}
}

// minted is the token of a link as it travels by mail: 130 bits of HMAC-SHA256(secret, kind | id | generation).
func minted(t *testing.T, s *browser.Server, kind, id string) string {
	t.Helper()
	secret, err := os.ReadFile(filepath.Join(s.Data, "secret"))
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%s|%s|1", kind, id)
	return strings.ToLower(base32.StdEncoding.EncodeToString(mac.Sum(nil)))[:26]
}

// The host's list: who registers appears by themselves, is found, asked again by mail, removed, sent in by a file.
func TestRegistrants(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	v := owner(t, s)
	g := v.gathers("Light in small rooms")
	list := s.URL + g.page + "/registrants"
	ada := browser.Visit(t, wide)
	signIn(s, ada)
	ada.Open(list)
	ada.SeesText("Nobody registered yet")
	g.registers(t, s, "Marta Oliveira", "My own home")
	ada.SeesText("marta@attendee.example")
	ada.SeesText("1 registered")
	ada.Role("button", "Menu, Marta Oliveira").Click()
	ada.Role("button", "Resend, Marta Oliveira").Wait()
	g.registers(t, s, "Hanna Virtanen", "Homes of others, schools, and from time to time a church that nobody lit before")
	ada.SeesText("hanna@attendee.example")
	ada.Role("button", "Resend, Marta Oliveira").Click() // the menu stayed open
	ada.SeesText("on its way once more")
	ada.Role("button", "Homes of others, schools, and from time to time a church th…, Hanna Virtanen").Click()
	ada.SeesText("a church that nobody lit before")
	ada.Press("\x1b")

	ada.Field("Search").Fill("hanna")
	ada.Press("\r")
	ada.At("q=hanna")
	ada.MissesText("marta@attendee.example")
	ada.Role("button", "Menu, Hanna Virtanen").Click()
	ada.Role("button", "Remove, Hanna Virtanen").Click()
	dialog := ada.Role("dialog", "Remove Hanna Virtanen?")
	dialog.Role("button", "Cancel").Click()
	ada.SeesText("hanna@attendee.example")
	ada.Role("button", "Menu, Hanna Virtanen").Click()
	ada.Role("button", "Remove, Hanna Virtanen").Click()
	dialog.Role("button", "Remove Hanna").Click()
	ada.SeesText("Removed. A mail says so.")
	ada.SeesText("Nobody here is called")
	ada.Role("link", "Show all").Click()
	ada.SeesText("1 registered")

	file := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(file, []byte("Email;Name\nclem@lumen.example;Clément Weiss\nnobody;Nobody\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ada.Role("button", "Import CSV").Click()
	ada.Field("CSV file").Attach(file)
	ada.Expect("422")
	ada.Role("button", "Import").Click()
	ada.SeesText("1 person was added.")
	ada.SeesText("Line 3: This is not an email address.")
	ada.SeesText("clem@lumen.example")
	if got := v.get(g.page + "/registrants.csv").body; !strings.Contains(got, "clem@lumen.example") || strings.Contains(got, "hanna@") {
		t.Errorf("exported: %s", got)
	}
}

// The pages of lists and of passwords, as they look.
func TestRegistrantsLook(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	v := owner(t, s)
	g := v.gathers("Light in small rooms")
	for i, name := range []string{"Marta Oliveira", "Hanna Virtanen", "Clément Weiss", "Amara Bello", "Dilan Nazari-Papadopoulos van der Meulen", "Søren Poulsen"} {
		g.registers(t, s, name, []string{"My own home", "Homes of others", "Teaching, and from time to time a church that nobody lit before me"}[i%3])
	}
	room := v.room("Studio", "webinar")
	v.must(room.page+"/invitations", "name", "Ingrid Solheim", "email", "ingrid@solheim.example", "role", "speaker")
	v.must("/accounts/invitations", "name", "Bea Lund", "email", "bea@lund.example")
	begin := "/begin/" + minted(t, s, "account", v.found("/accounts", `/accounts/invitations/([a-z0-9]+)/withdraw`))
	who, asked := v.found(g.page+"/registrants", `name="remove" value="([a-z0-9]+)"`), v.found(room.page+"/invitations", `name="revoke" value="([a-z0-9]+)"`)
	looks := []browser.Look{wide, night}
	if os.Getenv("FOYER_SHOTS") != "" {
		looks = []browser.Look{wide, dark, phone, night}
	}
	for _, look := range looks {
		ada, guest := browser.Visit(t, look), browser.Visit(t, look)
		guest.Expect("404")
		enterAs(ada, s, browser.Email, browser.Password)
		for name, path := range map[string]string{"registrants": g.page + "/registrants", "registrants-nobody": g.page + "/registrants?q=nobody", "registrants-remove": g.page + "/registrants?remove=" + who,
			"registrants-import": g.page + "/registrants?open=import", "invitations": room.page + "/invitations?done=sent", "invitations-revoke": room.page + "/invitations?revoke=" + asked,
			"accounts-invited": "/accounts?done=invited", "room-invitations": room.page} {
			ada.Open(s.URL + path)
			inspect(t, ada, name, look)
		}
		ada.Open(s.URL + g.page + "/registrants?q=marta")
		ada.Role("button", "Menu, Marta Oliveira").Click()
		ada.Role("button", "Remove, Marta Oliveira").Wait()
		inspect(t, ada, "registrants-menu", look)
		ada.Open(s.URL + g.page + "/registrants?q=weiss")
		ada.RoleLike("button", "Teaching, and from time to time").Click()
		ada.SeesText("lit before me")
		inspect(t, ada, "registrants-answer", look)
		for name, path := range map[string]string{"forgot": "/forgot", "forgot-sent": "/forgot?sent=1", "begin": begin, "used-up": "/reset/aaaaaaaaaaaaaaaaaaaaaaaaaa", "sign-in": "/sign-in"} {
			guest.Open(s.URL + path)
			inspect(t, guest, "password-"+name, look)
		}
		ada.Close()
		guest.Close()
	}
	for _, path := range []string{"/forgot", begin} {
		fits(t, s, browser.Visit(t, wide), path, formBytes)
	}
	fits(t, s, cold(t, s), room.page+"/invitations", homeBytes)
	for i := range 44 {
		g.registers(t, s, fmt.Sprintf("Person%d With Names", i), "Homes of others")
	}
	fits(t, s, cold(t, s), g.page+"/registrants", homeBytes)
}

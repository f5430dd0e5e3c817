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

// inZone makes a browser one in another time zone: what it says of itself is all that the page goes by.
func inZone(p *browser.Page, zone string) {
	p.Before(`{ const said = Intl.DateTimeFormat.prototype.resolvedOptions
		Intl.DateTimeFormat.prototype.resolvedOptions = function () { return {...said.call(this), timeZone: '` + zone + `'} } }`)
}

// opens plans a webinar with a registration page so long ahead, on a Berlin clock. The form can say more.
func (v *visitor) opens(title string, in time.Duration, more ...string) made {
	v.t.Helper()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		v.t.Fatal(err)
	}
	starts := time.Now().Add(in).In(berlin)
	form := []string{"title", title, "date", starts.Format(time.DateOnly), "time", starts.Format("15:04"), "duration", "60", "zone", "Europe/Berlin", "theme", "webinar", "registration", "yes"}
	page, _, _ := strings.Cut(v.must("/events", append(form, more...)...), "?")
	m := made{page: page}
	if found := regexp.MustCompile(`/e/[a-z0-9-]+`).FindString(v.get(m.page).body); found != "" {
		m.link = v.s.URL + found
		return m
	}
	v.t.Fatalf("the page %s names no link", m.page)
	return m
}

// asking is a webinar with 60 seats and a question of each kind.
func (v *visitor) asking(title string, more ...string) made {
	v.t.Helper()
	m := v.opens(title, 7*24*time.Hour, append([]string{"capacity", "60", "speakers", "Ingrid Solheim, Architect in Bergen", "description",
		"A north-facing room of nine square metres is not a dark room; it is a room whose light has not been placed yet.\n\nForty minutes of talk, twenty of questions."}, more...)...)
	for _, q := range [][]string{{"choice", "What do you work on?", "My own home\nHomes of others\nTeaching", ""}, {"text", "Where do you live?", "", "yes"}, {"long", "A question for Ingrid", "", ""},
		{"checkbox", "Tell me of the next talk", "", ""}, {"consent", "My answers may be kept until the talk is over.", "", ""}} {
		v.must(m.page+"/fields", "kind", q[0], "label", q[1], "options", q[2], "required", q[3])
	}
	return m
}

// mailed is the personal link that the newest mail to an address holds, from the folder of mails.
func mailed(t *testing.T, s *browser.Server, address string) (link string) {
	t.Helper()
	for end := time.Now().Add(browser.Patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		files, _ := filepath.Glob(filepath.Join(s.Data, "mail", "*.eml"))
		for _, f := range files {
			raw, err := os.ReadFile(f)
			text := strings.ReplaceAll(string(raw), "=\r\n", "")
			if err == nil && strings.Contains(strings.ToLower(text), strings.ToLower(address)) {
				if found := regexp.MustCompile(`/j/[a-z2-7]{26}`).FindString(text); found != "" {
					link = s.URL + found
				}
			}
		}
		if link != "" {
			return link
		}
	}
	t.Fatal("no mail to", address)
	return ""
}

func fillIn(p *browser.Page, email, name string) {
	p.Field("Email").Fill(email)
	p.Field("Name").Fill(name)
	p.Field("Where do you live?").Fill("Lisbon")
	p.Field("My answers may be kept until the talk is over.").Click()
}

// Journey 7, once with scripts and once without: what is missing is named and nothing typed is lost, a double click is one
// seat, the dialog says no more than it may, the link comes by mail, leads in, and gives the seat back.
func TestRegister(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	ada := owner(t, s)
	for _, look := range []browser.Look{wide, plainHTML} {
		talk := ada.asking("Light in small rooms")
		zoe := browser.Visit(t, look)
		withoutModules(zoe, look)
		zoe.Open(talk.link)
		zoe.SeesText("60 of 60 seats are left.")
		zoe.Field("Name").Fill("Zoë Quick")
		zoe.Field("What do you work on?").Choose("Teaching")
		zoe.Field("A question for Ingrid").Fill("Why?\nAnd where?")
		zoe.Role("button", "Register").Click()
		refused(t, zoe, "Email", "Enter an email address.")
		zoe.Field("Email").Fill("zoe@attendee.example")
		zoe.Field("Where do you live?").Fill("Lisbon")
		zoe.Role("button", "Register").Click()
		refused(t, zoe, "My answers may be kept until the talk is over.", "Tick this box")
		for field, want := range map[string]string{"Email": "zoe@attendee.example", "Name": "Zoë Quick", "What do you work on?": "Teaching", "A question for Ingrid": "Why?\nAnd where?", "Where do you live?": "Lisbon"} {
			if got := zoe.Field(field).Text(); got != want {
				t.Errorf("%s kept %q", field, got)
			}
		}
		zoe.Field("My answers may be kept until the talk is over.").Click()
		if look.NoScript {
			zoe.Role("button", "Register").Click()
		} else { // a double click
			browser.Value[bool](zoe, `(b => { b.click(); b.click(); return true })([...document.querySelectorAll('button')].find(b => b.textContent === 'Register'))`)
		}
		zoe.At("/done")
		zoe.SeesText("You’re in")
		if text := zoe.Text(); strings.Contains(text, "attendee.example") || zoe.URL() != talk.link+"/done" {
			t.Error("the dialog or its address", zoe.URL(), "names who registered:", text)
		}
		zoe.Role("button", "Done").Click()
		zoe.SeesText("59 of 60 seats are left.")
		fillIn(zoe, "ZOE@attendee.example", "Somebody else") // the same address once more
		zoe.Role("button", "Register").Click()
		zoe.SeesText("You’re in")
		zoe.Open(talk.link)
		zoe.SeesText("59 of 60 seats are left.")

		link := mailed(t, s, "zoe@attendee.example")
		zoe.Open(link)
		zoe.At("/r/")
		if name := zoe.Field("Display name").Text(); name != "Zoë Quick" {
			t.Errorf("the lobby knows the name %q", name)
		}
		zoe.Open(link + "/seat")
		zoe.Role("button", "Cancel my seat").Click()
		zoe.SeesText("Give your seat back?")
		zoe.Role("button", "Keep it").Click()
		zoe.SeesText("No invite in your mail?")
		zoe.Role("button", "Cancel my seat").Click()
		zoe.SeesText("Give your seat back?")
		zoe.Role("button", "Cancel my seat").Click()
		zoe.SeesText("You gave your seat back")
		zoe.Open(link)
		zoe.Role("link", "Register again").Click()
		zoe.SeesText("60 of 60 seats are left.")
		if err := os.RemoveAll(filepath.Join(s.Data, "mail")); err != nil { // the next one's has another link
			t.Fatal(err)
		}
		_ = os.Mkdir(filepath.Join(s.Data, "mail"), 0o700)
	}
}

// What the script says of the reader's time before the server knows the zone is what the server says afterwards, to the
// letter.
func TestTimesByScriptAndByServer(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	talk := owner(t, s).asking("Talk", "time", "23:30", "duration", "90")
	shown := `JSON.stringify([...document.querySelectorAll('.when:not([hidden]), .what .date')].map(e => e.innerText.replace(/\s+/g, ' ')))`
	for _, zone := range []string{"America/New_York", "Europe/Paris", "Asia/Kolkata", "Pacific/Chatham", "America/Sao_Paulo", "UTC", "Europe/London", "America/St_Johns", "Etc/GMT+5"} {
		p := browser.Visit(t, wide)
		inZone(p, zone)
		p.Open(talk.link)
		p.SeesText("Your time")
		byScript := browser.Value[string](p, shown)
		p.Reload()
		p.SeesText("Your time")
		document := call(t, s)
		if byServer := browser.Value[string](p, shown); byServer != byScript || document.get(talk.link).status != 200 {
			t.Errorf("%s: the script says %s, the server %s", zone, byScript, byServer)
		}
		if said := browser.Value[string](p, `document.querySelector('[data-zone]').dataset.zone`); said != zone {
			t.Errorf("the server takes the zone %s for %q", zone, said)
		}
		p.Close()
	}
}

// Cards: full, cancelled, while it goes on.
func TestRegistrationStates(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	ada := owner(t, s)
	full := ada.opens("Two chairs", 24*time.Hour, "capacity", "1")
	p := browser.Visit(t, wide)
	for _, email := range []string{"one@attendee.example", "two@attendee.example"} {
		p.Open(full.link)
		p.Field("Email").Fill(email)
		p.Field("Name").Fill("Somebody")
		p.RoleLike("button", "Register").Click()
		p.At("/done")
	}
	p.SeesText("You’re on the wait list")
	p.Press("\x1b")
	p.SeesText("All seats are taken.")

	live := ada.opens("On air", 10*time.Minute)
	ada.must(live.page + "/start")
	p.Open(live.link)
	p.Field("Email").Fill("late@attendee.example")
	p.Field("Name").Fill("Late Comer")
	p.Role("button", "Register").Click()
	p.At("/r/")
	if name := p.Field("Display name").Text(); name != "Late Comer" {
		t.Errorf("the lobby knows the name %q", name)
	}
	p.Role("button", "Join room").Click()
	p.At("/live")

	ada.must(full.page+"/cancel", "message", "")
	p.Open(full.link)
	p.SeesText("This webinar was cancelled.")
	p.SeesText("Ask Ada Lindqvist")
}

// Every page of registering fits its bytes, says nothing to axe, and looks as drawn.
func TestRegistrationLooks(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	ada := owner(t, s)
	talk, off := ada.asking("Light in small rooms"), ada.opens("Called off", 24*time.Hour)
	ada.must(off.page+"/cancel", "message", "")
	ada.must("/account/feed")
	call(t, s).must(strings.TrimPrefix(talk.link, s.URL), append(answers(ada, talk), "email", "seat@attendee.example", "name", "Zoë")...)
	seat := mailed(t, s, "seat@attendee.example")
	fits(t, s, browser.Visit(t, wide), talk.link, formBytes)
	fits(t, s, browser.Visit(t, wide), seat+"/seat", formBytes)
	fits(t, s, browser.Visit(t, wide), talk.link+"/done", formBytes)
	for _, look := range []browser.Look{wide, dark, phone, night} {
		p := browser.Visit(t, look)
		inZone(p, "Europe/Lisbon")
		for name, address := range map[string]string{"register": talk.link, "register-done": talk.link + "/done", "register-wait": talk.link + "/done?wait=yes", "register-again": talk.link + "/again",
			"register-sent": talk.link + "/again?sent=yes", "register-cancelled": off.link, "seat": seat + "/seat", "seat-cancel": seat + "/cancel"} {
			p.Open(address)
			p.Axe()
			p.FullShot(name)
		}
		p.Open(talk.link)
		p.Field("Email").Fill("marta@oliveira")
		p.Role("button", "Register").Click()
		p.SeesText("not a full domain")
		p.Axe()
		p.FullShot("register-error")
		if wide := browser.Value[int](p, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
			t.Errorf("%+v: the page is %d px wider than the window", look, wide)
		}
		p.Close()
	}
	p := browser.Visit(t, phone)
	signIn(s, p)
	p.Open(s.URL + "/account")
	p.Axe()
	p.FullShot("account-feed")
}

// answers are to the questions that must be answered.
func answers(ada *visitor, talk made) (form []string) {
	page := ada.get(strings.TrimPrefix(talk.link, ada.s.URL)).body
	for _, found := range regexp.MustCompile(`name="(f-[a-z2-7]+)"[^>]* required`).FindAllStringSubmatch(page, -1) {
		form = append(form, found[1], "yes")
	}
	return form
}

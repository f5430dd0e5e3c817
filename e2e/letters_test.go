package e2e

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"foyer/e2e/browser"
	"foyer/e2e/postbox"
)

var personalLink = regexp.MustCompile(`https?://[^\s]+/j/[a-z2-7]{26}`)

var seen = regexp.MustCompile(`name="seen" value="(\d+)"`)

// seenIn is what the form of a webinar says it was made of.
func seenIn(t *testing.T, form string) string {
	t.Helper()
	found := seen.FindStringSubmatch(form)
	if found == nil {
		t.Fatalf("not the form of a webinar: %.600s", form)
	}
	return found[1]
}

// posting serves with a mail server beside it.
func posting(t *testing.T, flags ...string) (*browser.Server, *postbox.Postbox) {
	t.Helper()
	box := postbox.Open(t)
	return browser.Serve(t, append([]string{"--smtp", box.URL(), "--public-url", "{url}", "--mail-from", "events@webinars.example", "--mail-rate", "1000"}, flags...)...), box
}

// registers fills in the page in a browser.
func registers(p *browser.Page, link, email, name string) {
	p.Open(link)
	p.Field("Email").Fill(email)
	p.Field("Name").Fill(name)
	p.Role("button", "Register").Click()
	p.At("/done")
}

// entry is the one that a letter carries.
func entry(t *testing.T, l postbox.Letter) (method, start, sequence, uid string) {
	t.Helper()
	field := func(name string) string {
		found := regexp.MustCompile(`(?m)^` + name + `:(.*)\r$`).FindSubmatch(unfold(l.Calendar))
		if found == nil {
			t.Fatalf("no %s in the letter %q:\n%s", name, l.Subject, l.Calendar)
		}
		return string(found[1])
	}
	return l.Method, field("DTSTART"), field("SEQUENCE"), field("UID")
}

func unfold(ics []byte) []byte { return []byte(strings.ReplaceAll(string(ics), "\r\n ", "")) }

// Journey 7 and 8: register, the letter with the link and the entry; the host moves it and the entry moves; the reminder
// comes; the host calls it off and the entry goes.
func TestRegisterMoveRemindCancel(t *testing.T) {
	t.Parallel()
	s, box := posting(t)
	ada := owner(t, s)
	at := time.Now().Add(3 * time.Hour).UTC().Truncate(time.Minute)
	talk := ada.webinar("Light in small rooms", time.Until(at)+time.Second, "registration", "yes")
	zoe := browser.Visit(t, wide)
	registers(zoe, talk.link, "Zoe@Attendee.example", "Zoë Quick")
	zoe.SeesText("on its way")
	zoe.Axe()
	first := box.Wait(t, "zoe@attendee.example", 1)[0]
	if !strings.HasPrefix(first.Subject, "You're in: Light in small rooms") {
		t.Errorf("the subject is %q", first.Subject)
	}
	method, start, sequence, uid := entry(t, first)
	if method != "REQUEST" || start != at.Format("20060102T150405Z") || sequence != "0" {
		t.Errorf("the entry is %s %s %s", method, start, sequence)
	}
	link := personalLink.FindString(first.Text)
	zoe.Open(link)
	zoe.At("/r/")
	if name := zoe.Field("Display name").Text(); name != "Zoë Quick" {
		t.Errorf("the lobby knows the name %q", name)
	}

	registers(browser.Visit(t, wide), talk.link, "zoe@attendee.EXAMPLE", "Somebody Else") // the same address again
	again := box.Wait(t, "zoe@attendee.example", 2)[1]
	if personalLink.FindString(again.Text) != link || again.Calendar != nil {
		t.Errorf("the second letter is %q with another link or an entry", again.Subject)
	}

	moved := at.Add(24 * time.Hour)
	ada.must(talk.page+"/edit", "title", "Light in small rooms", "date", moved.Format(time.DateOnly), "time", moved.Format("15:04"), "duration", "60", "zone", "UTC",
		"theme", "webinar", "registration", "yes", "seen", seenIn(t, ada.get(talk.page+"/edit").body), "message", "The room was taken.")
	update := box.Wait(t, "zoe@attendee.example", 3)[2]
	if method, start, sequence, same := entry(t, update); method != "REQUEST" || start != moved.Format("20060102T150405Z") || sequence != "1" || same != uid {
		t.Errorf("the moved entry is %s %s %s %s", method, start, sequence, same)
	}
	if !strings.HasPrefix(update.Subject, "Moved: Light in small rooms") || !strings.Contains(update.Text, "The room was taken.") {
		t.Errorf("the letter says %q:\n%s", update.Subject, update.Text)
	}

	zoe.Expect("ERR_")
	s.Stop()
	later := time.Until(moved) - 29*time.Minute
	s.Add("--clock-offset=" + later.String())
	s.Start()
	reminder := box.Wait(t, "zoe@attendee.example", 4)[3]
	if !strings.HasPrefix(reminder.Subject, "Starts at ") || reminder.Calendar != nil || personalLink.FindString(reminder.Text) != link {
		t.Errorf("the reminder is %q:\n%s", reminder.Subject, reminder.Text)
	}
	ada.must(talk.page+"/cancel", "message", "I lost my voice.")
	off := box.Wait(t, "zoe@attendee.example", 5)[4]
	if method, _, sequence, same := entry(t, off); method != "CANCEL" || sequence != "2" || same != uid {
		t.Errorf("the cancelled entry is %s %s %s", method, sequence, same)
	}
	zoe.Open(link)
	zoe.SeesText("cancelled")
	if n := len(box.To("zoe@attendee.example")); n != 5 {
		t.Errorf("%d letters came, want 5", n)
	}
}

// Servers that are busy, gone, that cut the line or hang: everybody gets one letter, the host sees who does not.
func TestUnfriendlyServers(t *testing.T) {
	t.Parallel()
	s, box := posting(t)
	ada := owner(t, s)
	talk := ada.webinar("Talk", 3*time.Hour, "registration", "yes")
	for _, who := range []string{"grey", "gone", "drop", "hang", "plain"} {
		visitor := call(t, s)
		if to := visitor.must(talk.link, "email", who+"@attendee.example", "name", "Reader"); !strings.HasSuffix(to, "/done") {
			t.Errorf("%s is led to %s", who, to)
		}
	}
	for _, who := range []string{"grey", "drop", "hang", "plain"} {
		box.Wait(t, who+"@attendee.example", 1)
	}
	host := browser.Visit(t, wide)
	signIn(s, host)
	host.Open(s.URL + talk.page + "/registrants")
	host.SeesText("5 registered · 4 mails delivered · 1 failed")
	host.SeesText("no such user")
	host.Axe()
	for _, who := range []string{"grey", "drop", "hang", "plain"} {
		if n := len(box.To(who + "@attendee.example")); n != 1 {
			t.Errorf("%s got %d letters", who, n)
		}
	}
}

// The mail server is down: registering goes on, and the letter follows when it is back.
func TestMailServerDown(t *testing.T) {
	t.Parallel()
	s, box := posting(t)
	box.Refuse(true)
	talk := owner(t, s).webinar("Talk", 3*time.Hour, "registration", "yes")
	registers(browser.Visit(t, phone), talk.link, "zoe@attendee.example", "Zoë")
	time.Sleep(time.Second) // it was tried
	s.Kill()
	box.Refuse(false)
	s.Start()
	box.Wait(t, "zoe@attendee.example", 1)
}

package letter

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"foyer/meet"
)

var noon = time.Date(2027, 3, 3, 14, 0, 0, 0, time.UTC)

// edition is a talk at 15:00 in Berlin, so many days later.
func edition(title string, days int) *meet.Edition {
	return &meet.Edition{Sequence: days, Title: title, Starts: noon.AddDate(0, 0, days), Length: time.Hour, Zone: "Europe/Berlin", Host: "Ingrid Solheim", ReplyTo: "ingrid@halden.example"}
}

// facts are those of a seat in New York.
func facts(t *testing.T, kind meet.LetterKind, change func(*Facts)) Facts {
	t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	f := Facts{
		Kind: kind, Site: "meet.halden.example", To: "zoe@attendee.example", Name: "Zoë Quick", Title: "Größe & «Übersicht»", Now: edition("Größe & «Übersicht»", 0), Zone: zone,
		Times: []string{"Your time: Wednesday 3 March 2027, 09:00–10:00 (America/New_York, UTC−05:00)", "Organiser's time: Wednesday 3 March 2027, 15:00–16:00 (Europe/Berlin, UTC+01:00)"},
		Short: "Wed 3 Mar 09:00 EST", Clock: "09:00 EST", Entry: true, Link: "https://meet.halden.example/j/abcdef", Manage: "https://meet.halden.example/j/abcdef/seat",
	}
	if change != nil {
		change(&f)
	}
	return f
}

// was gives the reader an older time.
func was(f *Facts) {
	f.Was, f.Before = edition(f.Title, 1), []string{"Your time: Thursday 4 March 2027, 09:00–10:00 (America/New_York, UTC−05:00)"}
}

func bare(f *Facts) {
	f.Now, f.Times, f.Short, f.Clock, f.Entry, f.Zone, f.Manage = nil, nil, "", "", false, nil, ""
}

func kinds(t *testing.T) map[string]Facts {
	invited := func(role meet.Role) func(*Facts) {
		return func(f *Facts) {
			f.Role, f.By, f.Manage, f.Link = role, "Ingrid Solheim", "", "https://meet.halden.example/i/abcdef"
		}
	}
	cancel := func(reason string) func(*Facts) {
		return func(f *Facts) {
			f.Reason, f.Link, f.Manage, f.By = reason, "", "", "Ingrid Solheim"
			f.Now.Message = "I am ill.\nSorry!"
		}
	}
	return map[string]Facts{
		"invite": facts(t, meet.LetterInvite, func(f *Facts) {
			f.Now.Speakers = []meet.SpeakerWho{{Name: "Ada"}, {Name: "Bob", Headline: "Painter"}, {Name: "Cy"}}
		}),
		"invite-soon":          facts(t, meet.LetterInvite, func(f *Facts) { f.Soon = 12 }),
		"freed":                facts(t, meet.LetterFreed, nil),
		"waitlist":             facts(t, meet.LetterWaitlist, func(f *Facts) { f.Entry = false }),
		"waitlist-moved":       facts(t, meet.LetterWaitlist, func(f *Facts) { was(f); f.Entry = false }),
		"update-moved":         facts(t, meet.LetterUpdate, func(f *Facts) { was(f); f.Reason, f.Now.Message = "moved", "The room was taken." }),
		"update-soon":          facts(t, meet.LetterUpdate, func(f *Facts) { was(f); f.Reason, f.Soon = "soon", 1 }),
		"update-title":         facts(t, meet.LetterUpdate, func(f *Facts) { f.Was = edition("Size", 0) }),
		"update-words":         facts(t, meet.LetterUpdate, func(f *Facts) { f.Was = edition(f.Title, 0) }),
		"cancel-event":         facts(t, meet.LetterCancel, cancel("event")),
		"cancel-seat":          facts(t, meet.LetterCancel, cancel("seat")),
		"cancel-removed":       facts(t, meet.LetterCancel, cancel("removed")),
		"cancel-revoked":       facts(t, meet.LetterCancel, cancel("revoked")),
		"reminder":             facts(t, meet.LetterReminder, func(f *Facts) { f.Entry, f.Quiet = false, "https://meet.halden.example/u/abcdef" }),
		"link":                 facts(t, meet.LetterLink, func(f *Facts) { f.Entry = false }),
		"invitation-speaker":   facts(t, meet.LetterInvitation, invited(meet.Speaker)),
		"invitation-moderator": facts(t, meet.LetterInvitation, invited(meet.Moderator)),
		"invitation-viewer":    facts(t, meet.LetterInvitation, invited(meet.Attendee)),
		"invitation-room":      facts(t, meet.LetterInvitation, func(f *Facts) { invited(meet.Speaker)(f); bare(f); f.Title = "Office" }),
		"reset": facts(t, meet.LetterReset, func(f *Facts) {
			bare(f)
			f.Title, f.Link, f.Times = "", "https://meet.halden.example/reset/abcdef", []string{"Wednesday 3 March 2027, 16:00 (UTC)"}
		}),
		"account": facts(t, meet.LetterAccount, func(f *Facts) { bare(f); f.Title, f.By, f.Link = "", "Ada", "https://meet.halden.example/begin/abcdef" }),
	}
}

func TestGolden(t *testing.T) {
	for name, f := range kinds(t) {
		w, err := Write(f)
		if err != nil {
			t.Fatal(err)
		}
		same(t, name+".txt", "Subject: "+w.Subject+"\n\n"+w.Text)
		same(t, name+".html", w.HTML)
	}
}

// What goes to thousands takes its time, so it names the clock and counts no minutes.
func TestLettersToAllNameTheClock(t *testing.T) {
	for _, name := range []string{"reminder", "update-soon"} {
		f := kinds(t)[name]
		f.Soon = 30
		w, err := Write(f)
		if err != nil {
			t.Fatal(err)
		}
		if all := w.Subject + w.Text + w.HTML; strings.Contains(all, "minute") || !strings.Contains(strings.ToLower(w.Subject), "starts at 09:00 est: ") || !strings.Contains(w.Text, "Starts at 09:00 EST\n") {
			t.Errorf("%s: %s\n%s", name, w.Subject, w.Text)
		}
	}
}

func same(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if os.Getenv("FOYER_GOLDEN") == "write" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || got != string(want) {
		t.Errorf("%s is not what is written (%v): run make golden and look at the difference\n%s", file, err, got)
	}
}

// Both forms say the same: every line of the time, every link, every word of the host.
func TestBothFormsSayTheSame(t *testing.T) {
	for name, f := range kinds(t) {
		w, err := Write(f)
		if err != nil {
			t.Fatal(err)
		}
		html := strings.NewReplacer("&#39;", "'", "&amp;", "&", "&#43;", "+").Replace(w.HTML)
		s := f.sheet()
		words := append(append(append([]string{s.Heading, s.End, s.Note, s.Link, s.Button, s.Unsubscribe}, s.Old...), s.Times...), s.Message...)
		for _, l := range s.Links {
			words = append(words, l.Label, l.URL)
		}
		for _, word := range words {
			if !strings.Contains(html, word) || !strings.Contains(w.Text, word) {
				t.Errorf("%s: %q is not in both", name, word)
			}
		}
		if len(w.HTML) > 20_000 || strings.Contains(w.HTML, "<img") || strings.Contains(w.HTML, "ZgotmplZ") {
			t.Errorf("%s: %d bytes, or a picture, or something that the template refused", name, len(w.HTML))
		}
	}
}

// What strangers typed stays text, and a stranger's name is in no subject.
func TestAttackersText(t *testing.T) {
	for name, f := range kinds(t) {
		f.Name, f.Title = `<script>alert(1)</script>`, `<img src=x onerror=alert(1)> 100% *bold* {{.Link}}`
		if f.Now != nil {
			f.Now.Message = "</td></table><b>hm"
		}
		w, err := Write(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"<script", "<img", "<b>hm"} {
			if strings.Contains(w.HTML, bad) {
				t.Errorf("%s: %q is in the HTML", name, bad)
			}
		}
		if strings.Contains(w.Subject, "script") {
			t.Errorf("%s: %q", name, w.Subject)
		}
		if f.Now != nil && !strings.Contains(w.Text, `100% *bold* {{.Link}}`) {
			t.Errorf("%s: the title is not as typed in\n%s", name, w.Text)
		}
	}
}

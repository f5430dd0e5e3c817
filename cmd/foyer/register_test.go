package main

import (
	"context"
	"fmt"
	"html"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"foyer/meet"
	"foyer/replica"
	"foyer/store"
)

// reads is the browser of somebody in a zone.
func (b *browser) reads(zone string) *browser {
	u := mustURL(b.h.t, b.h.url)
	b.client.Jar.SetCookies(u, []*http.Cookie{{Name: "tz", Value: url.QueryEscape(zone), Path: "/"}})
	return b
}

// plans is a webinar in a week, at 15:00 in Berlin, unless changed.
func (b *browser) plans(title string, change ...func(*store.EventFacts)) store.Public {
	b.h.t.Helper()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		b.h.t.Fatal(err)
	}
	day := b.h.clock().In(berlin).AddDate(0, 0, 7)
	starts := time.Date(day.Year(), day.Month(), day.Day(), 15, 0, 0, 0, berlin)
	f := store.EventFacts{Title: title, Theme: string(meet.Webinar), Registration: true,
		When: meet.When{Date: starts.Format(time.DateOnly), Clock: "15:00", Zone: "Europe/Berlin", Starts: starts, Length: time.Hour}}
	for _, c := range change {
		c(&f)
	}
	id, err := store.CreateEvent.Do(b.h.t.Context(), b.h.store, b.by(), f)
	if err != nil {
		b.h.t.Fatal(err)
	}
	e, err := b.h.store.EventOf(b.h.t.Context(), id)
	if err != nil {
		b.h.t.Fatal(err)
	}
	return b.h.public(e.Slug)
}

func (h *house) public(slug string) store.Public {
	h.t.Helper()
	p, err := h.store.PublicEvent(h.t.Context(), slug)
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

// asks adds a question to an event's form.
func (b *browser) asks(e store.Public, f meet.Field) meet.Field {
	b.h.t.Helper()
	id, err := store.SetField.Do(b.h.t.Context(), b.h.store, b.by(), store.EventField{Event: e.ID, Field: f})
	if err != nil {
		b.h.t.Fatal(err)
	}
	f.ID = id
	return f
}

// does runs a verb as the person of a browser.
func does[In, Out any](b *browser, v store.Verb[In, Out], in In) {
	b.h.t.Helper()
	if _, err := v.Do(b.h.t.Context(), b.h.store, b.by(), in); err != nil {
		b.h.t.Fatal(err)
	}
}

// changes writes into an event what only time does otherwise.
func (h *house) changes(e store.Public, set string, args ...any) {
	h.t.Helper()
	if err := h.keep.Write(h.t.Context(), func(ctx context.Context, tx *replica.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE event SET `+set+` WHERE room = ?`, append(args, e.ID)...)
		return err
	}); err != nil {
		h.t.Fatal(err)
	}
}

// ago moves an event so that it began so long ago, an hour long.
func (h *house) ago(e store.Public, d time.Duration) {
	h.t.Helper()
	h.changes(e, `starts_at = ?`, h.clock().Add(-d).UnixMilli())
}

// letters takes all that is due and says that it was sent.
func (h *house) letters() (list []store.Posting) {
	h.t.Helper()
	in := store.Postal{Want: 100, Lease: time.Minute}
	list, err := store.Post.Do(h.t.Context(), h.store, machine, in)
	for _, p := range list {
		in.Done = append(in.Done, store.Posted{ID: p.ID, Epoch: p.Epoch, Outcome: store.PostSent})
	}
	if in.Want = 0; err == nil {
		_, err = store.Post.Do(h.t.Context(), h.store, machine, in)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return list
}

// seat registers somebody and gives their personal link.
func (h *house) seat(e store.Public, email string) (token string) {
	h.t.Helper()
	h.browser().post("/e/"+e.Slug, "email", email, "name", "Zoë").is(http.StatusSeeOther)
	for _, p := range h.letters() {
		if p.To == email && p.Kind == meet.LetterInvite {
			return p.Token
		}
	}
	h.t.Fatal("no letter to", email)
	return ""
}

func TestRegisteringOverHTTP(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, zoe := h.host("ada", false), h.browser().reads("America/New_York")
	e := ada.plans("Light in small rooms", func(f *store.EventFacts) {
		f.Description, f.Speakers, f.Capacity = "What a window does.\n\nAnd what it does not.", "Ingrid Solheim, Architect", 60
	})
	work := ada.asks(e, meet.Field{Kind: meet.FieldChoice, Label: "What do you work on?", Options: []string{"Homes", "Offices"}, Required: true})
	why := ada.asks(e, meet.Field{Kind: meet.FieldLong, Label: "A question"})
	keep := ada.asks(e, meet.Field{Kind: meet.FieldConsent, Label: "Keep my answers"})
	path := "/e/" + e.Slug
	page := zoe.get(path).is(http.StatusOK)
	for _, text := range []string{"Light in small rooms", "Ingrid Solheim, hosted by ada", "Architect", "What a window does.\n\nAnd", "60 of 60 seats are left", "A question", "(optional)",
		"Your time, New York (UTC−0", "Host’s time, Berlin (UTC+0", "15:00–16:00", "09:00–10:00", `property="og:title" content="Light in small rooms"`, `content="` + h.url + path + `"`,
		"Send me my link again", ">Register</button>"} {
		page.sees(text)
	}
	page.misses("htmx").misses("America/New_York, UTC")
	good := []string{"email", "zoe@attendee.example", "name", "Zoë Quick", work.Name(), "Offices", why.Name(), "Why, and\r\nwhere?", keep.Name(), "yes", "once", "k"}
	for _, c := range []struct{ field, value, says string }{
		{"email", "", "Enter an email address"}, {"email", "zoe@attendee", "not a full domain"}, {"name", " ", "Enter the name"}, {"name", "see http://evil.example", "cannot hold a web address"},
		{work.Name(), "", "Choose one of the answers"}, {work.Name(), "Castles", "Choose one of the answers"}, {why.Name(), strings.Repeat("x", 2001), "too long"}, {keep.Name(), "", "Tick this box"},
	} {
		again := zoe.post(path, append(slices.Clone(good), c.field, c.value)...).is(http.StatusUnprocessableEntity).sees(c.says).sees(`id="e-` + c.field)
		for i := 0; i < len(good); i += 2 { // nothing of the rest is lost
			if f := good[i]; f != c.field && f != keep.Name() && f != "once" {
				again.sees(html.EscapeString(good[i+1]))
			}
		}
		if c.field != keep.Name() {
			again.sees(" checked")
		}
	}
	if len(h.letters()) > 0 {
		t.Error("a refused form causes mail")
	}
	for range 2 { // a double click
		zoe.post(path, good...).is(http.StatusSeeOther).to(path + "/done")
	}
	zoe.get(path + "/done").is(http.StatusOK).sees("You’re in").sees("<dialog").misses("attendee.example").misses("/j/").misses("invite.ics")
	list := h.letters()
	if len(list) != 1 || list[0].Kind != meet.LetterInvite || list[0].To != "zoe@attendee.example" || list[0].Seat.Zone != "America/New_York" || list[0].Seat.Name != "Zoë Quick" {
		t.Errorf("the letters are %+v", list)
	}
	zoe.get(path).sees("59 of 60 seats are left")
	ada.get("/e/never").is(http.StatusNotFound)
	open := ada.plans("Open house", func(f *store.EventFacts) { f.Registration = false })
	zoe.get("/e/" + open.Slug).is(http.StatusSeeOther).to("/r/" + open.Slug)
	zoe.post("/e/"+open.Slug, good...).is(http.StatusSeeOther).to("/r/" + open.Slug)
}

// Where the reader's zone is not known the page says the host's time, and one line is enough where both clocks agree.
func TestTimesOnTheRegistrationPage(t *testing.T) {
	t.Parallel()
	h := start(t)
	e := h.host("ada", false).plans("Talk")
	for _, c := range []struct {
		zone       string
		own, their bool
		says       string
	}{
		{"", false, true, "Host’s time, Berlin (UTC+"}, {"Europe/Paris", true, false, "Your time and the host’s, Paris (UTC+"}, {"Asia/Kolkata", true, true, "Your time, Kolkata (UTC+05:30)"},
		{"UTC", true, true, "Your time, UTC"}, {"Mars/Olympus", false, true, "Host’s time"}, {"../../etc/passwd", false, true, "Host’s time"}, {"Local", false, true, "Host’s time"},
	} {
		b := h.browser()
		if c.zone != "" {
			b.reads(c.zone)
		}
		page := b.get("/e/" + e.Slug).is(http.StatusOK).sees(c.says)
		if own := strings.Contains(page.body, `id="own">`); own != c.own {
			t.Errorf("%s: own time shown: %v", c.zone, own)
		}
		if their := strings.Contains(page.body, `id="theirs">`); their != c.their {
			t.Errorf("%s: the host's time shown: %v", c.zone, their)
		}
	}
}

// noise is what differs between any two answers.
var noise = regexp.MustCompile(`name="once" value="[^"]*"|Request [0-9A-Za-z]+|avatar s sw sw[0-9]+`)

// told is all that an answer tells a stranger.
func told(a answered) string {
	var lines []string
	for name, values := range a.header {
		for _, v := range values {
			switch name {
			case "Date", "X-Request-Id":
				v = ""
			case "Set-Cookie": // sealed or random: only its name and size can be read
				one, rest, _ := strings.Cut(v, ";")
				which, value, _ := strings.Cut(one, "=")
				v = fmt.Sprint(which, len(value), rest)
			}
			lines = append(lines, name+": "+v)
		}
	}
	slices.Sort(lines)
	return fmt.Sprint(a.status, lines, noise.ReplaceAllString(a.body, ""))
}

// A known address and a new one get the same answer, in every state of the event and of the seat.
func TestRegisteringTellsNobodyWhoIsKnown(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	for _, state := range []string{"planned", "full", "live", "live and full"} {
		e := ada.plans("A " + state + " talk")
		path := "/e/" + e.Slug
		h.seat(e, "known@attendee.example")
		gone := h.seat(e, "gone@attendee.example")
		removed := h.seat(e, "removed@attendee.example")
		h.browser().post("/j/" + gone + "/cancel").is(http.StatusSeeOther)
		seat, err := h.store.Seat(t.Context(), removed)
		if err != nil {
			t.Fatal(err)
		}
		does(ada, store.RemoveRegistrant, store.Registrant{Event: e.ID, Registration: seat.Registration.ID})
		if strings.Contains(state, "full") {
			h.changes(e, `capacity = 1`)
		}
		if strings.Contains(state, "live") {
			does(ada, store.StartEvent, store.Starting{Slug: e.Slug})
		}
		want := map[string]string{}
		for _, who := range []string{"known1@attendee.example", "known@attendee.example", "Known@Attendee.example", "gone@attendee.example", "removed@attendee.example"} {
			guest := h.browser()
			guest.get(path)
			said := map[string]string{"register": told(guest.post(path, "email", who, "name", "Somebody Else"))}
			for _, next := range []string{path + "/done", "/r/" + e.Slug} {
				said[next] = told(guest.get(next))
			}
			said["again"] = told(guest.post(path+"/again", "email", who))
			said["sent"] = told(guest.get(path + "/again?sent=yes"))
			said["bare"] = told(h.browser().post(path, "email", who, "name", "Somebody Else")) // without a cookie before
			if strings.Contains(state, "live") && !strings.Contains(state, "full") {
				guest.get("/r/" + e.Slug).is(http.StatusOK).sees(`value="Somebody Else"`)
				said["enter"] = told(guest.post("/r/"+e.Slug, "name", "Somebody New"))
				said["again inside"] = told(guest.get("/r/" + e.Slug))
				said["leave"] = told(guest.post("/r/" + e.Slug + "/leave"))
				said["back"] = told(guest.get("/r/" + e.Slug).is(http.StatusOK).sees(`value="Somebody New"`))
				said["enter again"] = told(guest.post("/r/"+e.Slug, "name", "Somebody New"))
				guest.post("/r/" + e.Slug + "/leave") // nobody is inside when the next one looks
			}
			for where, is := range said {
				if want[where] == "" {
					want[where] = is
				} else if is != want[where] {
					t.Errorf("%s, %s: %s is told\n%s\nand a new address\n%s", state, where, who, is, want[where])
				}
			}
		}
		h.letters()
	}
}

// Who registers while it goes on comes straight in, and the mail still comes.
func TestRegisteringWhileLive(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, zoe, known := h.host("ada", false), h.browser(), h.browser()
	e := ada.plans("Talk")
	h.seat(e, "known@attendee.example")
	does(ada, store.StartEvent, store.Starting{Slug: e.Slug})
	for guest, email := range map[*browser]string{zoe: "zoe@attendee.example", known: "known@attendee.example"} {
		guest.get("/e/" + e.Slug).is(http.StatusOK).sees("you come straight in")
		guest.post("/e/"+e.Slug, "email", email, "name", "Zoë <b>").is(http.StatusSeeOther).to("/r/" + e.Slug)
		guest.get("/r/" + e.Slug).is(http.StatusOK).sees(`value="Zoë &lt;b&gt;"`).sees("Join room")
		guest.post("/r/"+e.Slug, "name", "Zoë").is(http.StatusSeeOther).to("/r/" + e.Slug + "/live")
		if list := h.letters(); len(list) != 1 || list[0].To != email {
			t.Errorf("%s gets %d letters", email, len(list))
		}
	}
	h.browser().get("/r/" + e.Slug).is(http.StatusSeeOther).to("/e/" + e.Slug)
}

// What the page says where nobody can register.
func TestRegistrationCards(t *testing.T) {
	t.Parallel()
	h := start(t, func(c *Config) { c.Contact = "help@foyer.example" })
	ada := h.host("ada", false)
	for name, c := range map[string]struct {
		happens func(store.Public)
		says    string
		again   bool // may still ask for a link
	}{
		"cancelled": {func(e store.Public) { does(ada, store.CancelEvent, store.Cancelling{Event: e.ID}) }, "This webinar was cancelled.", false},
		"deleted":   {func(e store.Public) { does(ada, store.DeleteEvent, e.ID) }, "This webinar was cancelled.", false},
		"missed":    {func(e store.Public) { h.ago(e, 2*time.Hour) }, "it was not started", false},
		"over": {func(e store.Public) {
			does(ada, store.StartEvent, store.Starting{Slug: e.Slug})
			h.changes(e, `ended_at = ?`, h.clock().UnixMilli())
		}, "This webinar is over.", false},
		"closed": {func(e store.Public) { h.changes(e, `closes_at = ?`, h.clock().Add(-time.Minute).UnixMilli()) }, "Registration is closed.", true},
	} {
		e, guest := ada.plans("Talk"), h.browser()
		c.happens(e)
		page := guest.get("/e/" + e.Slug).is(http.StatusOK).sees(c.says).sees("Ask ada").sees("help@foyer.example").misses(`name="email"`)
		if strings.Contains(page.body, "Send me my link again") != c.again {
			t.Errorf("%s: whether the link can come again is wrong", name)
		}
		guest.post("/e/"+e.Slug, "email", "a@b.example", "name", "A").is(http.StatusConflict).sees(c.says)
		guest.get("/e/" + e.Slug + "/done").is(http.StatusSeeOther).to("/e/" + e.Slug)
		if c.again {
			guest.post("/e/"+e.Slug+"/again", "email", "a@b.example").is(http.StatusSeeOther)
		} else {
			guest.get("/e/" + e.Slug + "/again").is(http.StatusOK).misses(`name="email"`)
			guest.post("/e/"+e.Slug+"/again", "email", "a@b.example").is(http.StatusConflict)
		}
		if n := len(h.letters()); n > 0 {
			t.Errorf("%s: %d letters", name, n)
		}
		if name == "deleted" { // shown until its planned end
			h.ago(e, 2*time.Hour)
			if gone, never := guest.get("/e/"+e.Slug).is(http.StatusNotFound), guest.get("/e/never"); gone.body != never.body {
				t.Error("a deleted event looks different from none")
			}
		}
	}
}

// Everybody of one network may cause twenty mails an hour; hosts are not counted, and neither are forms that were wrong.
func TestMailsOfStrangersAreCounted(t *testing.T) {
	t.Parallel()
	h := start(t, func(c *Config) { c.TrustedProxy = []string{"127.0.0.0/8"} })
	ada := h.host("ada", false)
	e := ada.plans("Talk")
	path := "/e/" + e.Slug
	sends := func(b *browser, from, path, email string) answered {
		return b.send("POST", path, form("email", email, "name", "A"), map[string]string{"X-Forwarded-For": from})
	}
	for i := range 30 {
		sends(h.browser(), "192.0.2.1", path, "not an address").is(http.StatusUnprocessableEntity)
		want := http.StatusSeeOther
		if i >= 20 {
			want = http.StatusTooManyRequests
		}
		where := []string{path, path + "/again"}[i%2]
		sends(h.browser(), "192.0.2.1", where, fmt.Sprintf("a%d@attendee.example", i)).is(want)
	}
	sends(h.browser(), "192.0.2.1", path, "late@attendee.example").is(http.StatusTooManyRequests).sees("from your network").sees(`value="late@attendee.example"`)
	sends(h.browser(), "192.0.2.2", path, "elsewhere@attendee.example").is(http.StatusSeeOther)
	sends(ada, "192.0.2.1", path, "ada@example.org").is(http.StatusSeeOther)
	if n := len(h.letters()); n != 12 {
		t.Errorf("%d letters", n)
	}
	for range 10 { // one address, from everywhere
		sends(h.browser(), fmt.Sprintf("198.51.100.%d", rand.IntN(250)), path, "victim@attendee.example")
		sends(h.browser(), fmt.Sprintf("198.51.100.%d", rand.IntN(250)), path+"/again", "Victim@attendee.example")
	}
	if n := len(h.letters()); n != 1 { // the others stand behind it in its lane
		t.Errorf("%d letters at once", n)
	}
	for n := 1; ; n++ {
		if list := h.letters(); len(list) == 0 {
			if n > meet.MostLinksAnHour {
				t.Errorf("%d letters to one address", n)
			}
			break
		}
	}
}

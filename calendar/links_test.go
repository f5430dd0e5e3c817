package calendar_test

import (
	"html"
	"net/url"
	"strings"
	"testing"

	"foyer/calendar"
)

func TestAddLinks(t *testing.T) {
	e := invite()
	e.Title, e.Description = "R&D: 1 + 1 = 2 #3 «ü» 🎈", "a < b & c\r\n50 % more"
	links, err := calendar.AddLinks(e)
	if err != nil {
		t.Fatal(err)
	}
	words := "Join: " + e.Link + "\n\nThis link is yours alone; do not forward it.\n" + e.HostTime + "\n\na < b & c\n50 % more"
	rich := strings.NewReplacer("\n", "<br>", "<", "&lt;", "&", "&amp;", "'", "&#39;").Replace(words)
	outlook := map[string]string{"path": "/calendar/action/compose", "rru": "addevent", "subject": e.Title,
		"startdt": "2027-03-10T13:00:00Z", "enddt": "2027-03-10T14:00:00Z", "body": rich, "location": e.Link}
	for _, c := range []struct {
		link, before string
		want         map[string]string
	}{
		{links.Google, "https://calendar.google.com/calendar/render?", map[string]string{"action": "TEMPLATE", "text": e.Title,
			"dates": "20270310T130000Z/20270310T140000Z", "details": words, "location": e.Link}},
		{links.Outlook, "https://outlook.live.com/calendar/0/deeplink/compose?", outlook},
		{links.Office365, "https://outlook.office.com/calendar/0/deeplink/compose?", outlook},
		{links.Yahoo, "https://calendar.yahoo.com/?", map[string]string{"v": "60", "title": e.Title,
			"st": "20270310T130000Z", "et": "20270310T140000Z", "desc": words, "in_loc": e.Link}},
	} {
		u, err := url.Parse(c.link)
		if err != nil || !strings.HasPrefix(c.link, c.before) || strings.ContainsAny(c.link, "+ \n\"<>") {
			t.Fatalf("%v: %s", err, c.link)
		}
		got, err := url.ParseQuery(u.RawQuery)
		if err != nil || len(got) != len(c.want) {
			t.Fatalf("%v: %d values, want %d: %s", err, len(got), len(c.want), c.link)
		}
		for name, want := range c.want {
			if v := got[name]; len(v) != 1 || v[0] != want {
				t.Errorf("%s\n%s is %q, want %q", c.before, name, v, want)
			}
		}
	}
}

// A long description is cut at a character and says so; the link on its first line is never cut.
func TestLongDescriptionInALink(t *testing.T) {
	for _, unit := range []string{"x", "ä", "🎈", "<\n", "&"} {
		e := invite()
		e.Description = strings.Repeat(unit, 3000)
		words := "Join: " + e.Link + "\n\nThis link is yours alone; do not forward it.\n" + e.HostTime + "\n\n"
		links, err := calendar.AddLinks(e)
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range []string{links.Google, links.Outlook, links.Office365, links.Yahoo} {
			u, err := url.Parse(link)
			if err != nil || len(link) > 2000 {
				t.Fatal(len(link), err)
			}
			q := u.Query()
			told := q.Get("details") + q.Get("body") + q.Get("desc")
			some, cut := strings.CutSuffix(told, "…")
			if some = strings.ReplaceAll(html.UnescapeString(some), "<br>", "\n"); !cut || !strings.HasPrefix(words+e.Description, some) || len(some) < len(words) {
				t.Errorf("%q", told)
			}
		}
	}
}

func TestAddLinksRefuses(t *testing.T) {
	e := invite()
	e.Link = "javascript:alert(1)"
	if links, err := calendar.AddLinks(e); err == nil || links != (calendar.Links{}) {
		t.Error(links, err)
	}
}

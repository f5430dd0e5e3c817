package main

import (
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"

	"foyer/meet"
	"foyer/store"
)

// nasty is what strangers and hosts may type.
var nasty = []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'; DROP TABLE registration; --`, `</textarea><script>x</script>`, `</title><svg onload=x>`, "{{.}} ${x} %s %!d",
	"a\r\nBcc: evil@x.example", "\x00\x07\x1b[31m", "\u202egnp.exe\u202c", "Zoë 👩‍🚀 😀", "مرحبا בעולם", "ＦＵＬＬ＝ＳＵＭ", `=cmd|' /C calc'!A0`, "&amp;&lt;", `back\slash`, "\ufeff\u200b", strings.Repeat("é", 81), "\xff\xfe"}

func typedText(r *rand.Rand) string {
	var b strings.Builder
	for range 1 + r.IntN(3) {
		b.WriteString(nasty[r.IntN(len(nasty))])
		b.WriteRune(rune(0x20 + r.IntN(0x2fff)))
	}
	return b.String()
}

// scriptsOf is what a browser makes of a page: its scripts and handlers, and what stands in the fields.
func scriptsOf(t *testing.T, page string) (scripts int, fields map[string]string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	fields = map[string]string{}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		attr := map[string]string{}
		for _, a := range n.Attr {
			attr[a.Key] = a.Val
			if strings.HasPrefix(a.Key, "on") {
				t.Errorf("a handler %s=%q", a.Key, a.Val)
			}
		}
		switch n.Data {
		case "script", "iframe", "object", "svg:script":
			scripts++
		case "input":
			fields[attr["name"]] = attr["value"]
		case "textarea":
			if n.FirstChild != nil {
				fields[attr["name"]] = n.FirstChild.Data
			}
		}
	}
	return scripts, fields
}

// browsed is a text as a browser would have sent and shown it again.
func browsed(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "\ufffd").Replace(strings.ToValidUTF8(s, "\ufffd"))
	return strings.TrimPrefix(s, "\n")
}

// Whatever is typed by hosts and strangers stays text: on the page, in the form that comes back, and in what is kept.
func TestWhatIsTypedStaysText(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	r := rand.New(rand.NewPCG(7, 7))
	e := ada.plans(`</title><script>x</script> "A talk"`, func(f *store.EventFacts) {
		f.Description, f.Speakers = strings.Join(nasty, "\n"), `<script>alert(1)</script>, "><img src=x onerror=alert(1)>`
	})
	long := ada.asks(e, meet.Field{Kind: meet.FieldLong, Label: `</label><script>x</script>`})
	short := ada.asks(e, meet.Field{Kind: meet.FieldText, Label: `" autofocus onfocus="x`})
	ada.asks(e, meet.Field{Kind: meet.FieldChoice, Label: "Choose", Options: []string{`"><script>x</script>`, "b"}})
	path := "/e/" + e.Slug
	for _, address := range []string{path, path + "/done", path + "/again"} {
		page := h.browser().get(address).is(http.StatusOK)
		if scripts, _ := scriptsOf(t, page.body); scripts > 2 { // the import map and the module
			t.Errorf("%s has %d scripts", address, scripts)
		}
	}
	for range 60 {
		name, text, line := typedText(r), typedText(r), typedText(r)
		stranger := h.browser()
		again := stranger.post(path, "email", "nobody", "name", name, long.Name(), text, short.Name(), line).is(http.StatusUnprocessableEntity)
		scripts, fields := scriptsOf(t, again.body)
		if scripts > 2 {
			t.Errorf("%q makes %d scripts", name, scripts)
		}
		for field, typed := range map[string]string{"name": name, long.Name(): text, short.Name(): line} {
			if got := browsed(fields[field]); got != browsed(typed) {
				t.Errorf("%s kept %q of %q", field, got, typed)
			}
		}
		if stranger.post(path, "email", "zoe@attendee.example", "name", name, long.Name(), text, short.Name(), line).status == http.StatusInternalServerError {
			t.Errorf("%q is too much", name)
		}
	}
	for _, p := range h.letters() {
		if strings.Contains(p.Seat.Name, "://") || strings.ContainsFunc(p.Seat.Name, func(c rune) bool { return unicode.In(c, unicode.Cc, unicode.Bidi_Control) }) || len([]rune(p.Seat.Name)) > meet.LongestName {
			t.Errorf("a name is kept as %q", p.Seat.Name)
		}
	}
}

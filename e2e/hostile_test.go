package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"foyer/e2e/browser"
)

// payloads are what somebody types who wants more than to be called that (trust N8): mark-up, attributes, addresses,
// pictures, directions of writing, zero bytes, htmx, prototypes, and what other products fell for.
var payloads = []string{
	`<script>ran()</script>`, `<img src=x onerror=ran()>`, `"><img src=x onerror=ran()>`, `'><svg onload=ran()>`, `<svg/onload=ran()>`,
	`<svg><script>ran()</script></svg>`, `<iframe srcdoc="<script>parent.ran()</script>">`, `<body onload=ran()>`, `<details open ontoggle=ran()>x`,
	`<video><source onerror=ran()></video>`, `<math><mtext></p><img src=x onerror=ran()>`, `<a href="javascript:ran()">x</a>`, `javascript:ran()`,
	`" onmouseover="ran()" x="`, `' autofocus onfocus=ran() '`, "` onfocus=ran() `", `"autofocus onfocus="ran()`, `</textarea><script>ran()</script>`,
	`</title><script>ran()</script>`, `</style><script>ran()</script>`, `<!--<img src="--><img src=x onerror=ran()>`, `<![CDATA[<script>ran()</script>]]>`,
	`{{constructor.constructor('ran()')()}}`, `${ran()}`, `<%= ran() %>`, `#{ran()}`, `__proto__`, `constructor.prototype`, `{"__proto__":{"ran":1}}`,
	`<div hx-get="/sign-in" hx-trigger="load">`, `<div hx-on:load="ran()">`, `<hx-partial hx-target="body"><b id=ran>`, `<link rel=stylesheet href=//evil.example/x.css>`,
	`<img src=//evil.example/x.png>`, `<meta http-equiv=refresh content="0;//evil.example">`, `<base href=//evil.example>`, `<form action=//evil.example><button>x`,
	"a\u202egnp.exe", "a\x00b<script>ran()</script>", "&lt;script&gt;ran()&lt;/script&gt;", "event: done\ndata: /ran", "id=queue", "🏳️‍🌈" + strings.Repeat("e\u0301", 20),
}

// inert fails when something of a payload became more than text.
func inert(t *testing.T, p *browser.Page, where string) {
	t.Helper()
	if bad := browser.Value[string](p, `[window.hasRun ? 'something ran' : '', ...[...document.querySelectorAll('script:not([src]):not([type=importmap]), iframe, base, meta[http-equiv], details, math, video source, main img[src="x"], [onerror], [onload], [onfocus], [onmouseover], [ontoggle], #ran, [hx-get*=sign], hx-partial, a[href^="javascript"], a[href*="evil"]')].map(e => e.outerHTML.slice(0, 200))].filter(Boolean).join('\n')`); bad != "" {
		t.Errorf("%s: %s", where, bad)
	}
}

// What strangers write is text everywhere: in tiles, the list, the chat, the queue, on the dashboard and in the title.
func TestHostileStrings(t *testing.T) {
	t.Parallel()
	if len(payloads) < 40 {
		t.Fatalf("only %d payloads", len(payloads))
	}
	s := browser.Serve(t)
	ada := owner(t, s)
	open, shut := ada.room(payloads[0], "meeting"), ada.room(payloads[2], "meeting")
	ada.must(shut.page+"/privacy", "locked", "yes")
	wall := browser.Visit(t, wide)
	signIn(s, wall)
	inside, door := guest(t, wide, open.host, "Host"), guest(t, wide, shut.host, "Host")
	for _, p := range []*browser.Page{wall, inside, door} {
		browser.Value[bool](p, `(window.ran = window.alert = () => { window.hasRun = true }, true)`)
	}
	var all sync.WaitGroup
	for _, text := range payloads {
		all.Go(func() {
			name := strings.ReplaceAll(text, "://", ":")
			one := call(t, s)
			one.enter(open.link, name)
			one.post(open.link, "name", name, "headline", name)
			one.post(open.link+"/chat", "text", text)
			one.post(open.link+"/chat", "text", "https://example.org/"+text)
			one.post(open.link+"/hand", "up", "yes")
			if got := one.post(open.link+"/react", "reaction", text).status; got != http.StatusUnprocessableEntity {
				t.Errorf("the reaction %q: %d", text, got)
			}
			call(t, s).post(shut.link, "name", name, "headline", name, "ask", "yes")
		})
	}
	all.Wait()
	n := len(payloads)
	inside.Role("button", "People").Click()
	inside.Until("all to be listed", fmt.Sprintf(`document.querySelectorAll('#list-stage li').length === %d && document.querySelectorAll('#list-hands li').length === %d && document.querySelectorAll('#people>li').length === %d`, n+1, n, n+1))
	inert(t, inside, "people")
	for _, text := range []string{payloads[0], payloads[1], payloads[13]} {
		inside.Until("the text as it was typed", fmt.Sprintf(`[...document.querySelectorAll('#list-stage b')].some(b => b.textContent === %q)`, text))
	}
	inside.Role("tab", "Chat").Click()
	inside.Until("all lines", fmt.Sprintf(`document.querySelectorAll('#chat>li').length === %d`, 2*n))
	inert(t, inside, "chat")
	inside.Until("links to lead to example.org only", `[...document.querySelectorAll('#chat a')].every(a => new URL(a.href).host === 'example.org')`)
	door.Until("all at the door", fmt.Sprintf(`document.querySelectorAll('#queue .knock').length === %d`, n))
	inert(t, door, "door")
	wall.Until("all on the dashboard", fmt.Sprintf(`document.querySelectorAll('#queue .knock').length === %d`, n))
	inert(t, wall, "dashboard")
	wall.Reload()
	inert(t, wall, "dashboard loaded")
}

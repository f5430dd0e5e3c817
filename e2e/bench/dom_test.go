package bench

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"foyer/e2e/browser"
	"foyer/e2e/figure"
)

const (
	changes = 300 // renames that are timed
	warmUps = 20
)

// watch writes down when a heading first said something, on the clock of the machine.
const watch = `(() => {
  const seen = new Map(), waiting = new Map()
  const look = () => {
    const at = performance.timeOrigin + performance.now(), said = document.querySelector('%s')?.textContent
    if (!seen.has(said)) { seen.set(said, at); waiting.get(said)?.(at) }
  }
  new MutationObserver(look).observe(document.body, {subtree: true, childList: true, characterData: true, attributes: true})
  window.when = said => seen.get(said) ?? new Promise(tell => waiting.set(said, tell))
})()`

// eye is a page that watches one heading, and how to change it.
type eye struct {
	page  *browser.Page
	post  func(name string)
	dom   []float64 // ms from sending the POST to the changed page
	reply []float64 // ms from sending the POST to its answer
}

// BenchmarkDOM prints how long a change takes to reach somebody else's open page: from sending the POST to the swapped
// fragment, write queue and disk included. The baseline is the shortest such way there is, without a database.
func BenchmarkDOM(b *testing.B) {
	product, bare := serve(b, fresh(b)), greet(b)
	ada := signIn(b, product.url)
	ada.furnish(tiles)
	room := ada.rooms()[tiles/2]
	ours := &eye{page: browser.Visit(b, browser.Look{}), post: func(name string) {
		ada.post("/rooms/"+room+"/name", url.Values{"name": {name}})
	}}
	enter(ours.page, product.url)
	ours.watch("#tile-" + room + " h3")
	base := &eye{page: browser.Visit(b, browser.Look{}), post: func(name string) { say(b, bare.url, name) }}
	base.page.Open(bare.url + "/page")
	base.watch("#said")
	for i := range warmUps {
		ours.change(fmt.Sprintf("Warming up %d", i))
		base.change(fmt.Sprintf("Warming up %d", i))
	}
	ours.dom, ours.reply, base.dom, base.reply = nil, nil, nil, nil
	figure.Note("dom: clocks of browser and machine differ by at most %.2f ms", ours.skew(b))
	for i := range changes {
		ours.change(fmt.Sprintf("Review %d", i))
		base.change(fmt.Sprintf("Review %d", i))
	}
	figure.Note("dom: after it")
	figure.Percentiles("dom_ms", ours.dom, "ms")
	figure.Percentiles("dom_baseline_ms", base.dom, "ms")
	figure.Percentiles("rename_ms", ours.reply, "ms")
}

// enter signs the watching browser in, by the form.
func enter(p *browser.Page, at string) {
	p.Open(at + "/")
	p.Field("Email").Fill(browser.Email)
	p.Field("Password").Fill(browser.Password)
	p.Role("button", "Sign in").Click()
	p.Role("button", "Create new").Wait()
}

func say(b *testing.B, at, name string) {
	answer, err := http.Post(at+"/say", "application/x-www-form-urlencoded", strings.NewReader(url.Values{"name": {name}}.Encode()))
	if err != nil {
		b.Fatal(err)
	}
	answer.Body.Close()
}

func (e *eye) watch(selector string) {
	browser.Value[bool](e.page, fmt.Sprintf(watch, selector)+" ?? true")
}

func (e *eye) change(name string) {
	sent := time.Now()
	e.post(name)
	e.reply = append(e.reply, figure.Millis(time.Since(sent)))
	at := browser.Value[float64](e.page, fmt.Sprintf("when(%q)", name))
	e.dom = append(e.dom, at-figure.Millis(time.Duration(sent.UnixNano())))
}

// skew bounds how far the page's clock is from ours: it is asked between two looks at ours, often, and the shortest
// question bounds best. More than 2 ms would make the figure worthless.
func (e *eye) skew(b *testing.B) float64 {
	worst := 1e9
	for range 50 {
		before := figure.Millis(time.Duration(time.Now().UnixNano()))
		at := browser.Value[float64](e.page, "performance.timeOrigin + performance.now()")
		after := figure.Millis(time.Duration(time.Now().UnixNano()))
		worst = min(worst, max(after-at, at-before))
	}
	if worst > 2 {
		b.Fatalf("the browser's clock is %.1f ms off", worst)
	}
	return worst
}

//go:build firefox

package firefox

import (
	"context"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"foyer/e2e/browser"
)

// person is somebody with a window of Firefox. Methods wait until they can do what they say, or end the test.
type person struct {
	t      testing.TB
	wire   *wire
	user   string // user context: cookies and storage of one's own
	tab    string // browsing context
	colour string // of the camera's picture
	called string // in the room

	mu     sync.Mutex
	errors []string // of the console
}

// visit opens a window for somebody whose camera shows a colour ("rgb(220,0,0)"). Errors in the console fail the test at
// its end.
func visit(t testing.TB, by *program, colour string) *person {
	t.Helper()
	wire, err := by.start()
	if err != nil {
		t.Fatal(err)
	}
	p := &person{t: t, wire: wire, colour: colour}
	var made struct{ UserContext, Context string }
	p.must("browser.createUserContext", object{}, &made)
	p.user = made.UserContext
	t.Cleanup(p.close)
	p.must("browsingContext.create", object{"type": "window", "userContext": p.user}, &made)
	p.tab = made.Context
	wire.hear(p.tab, p.note)
	p.must("browsingContext.setViewport", object{"context": p.tab, "viewport": object{"width": 1280, "height": 800}}, nil)
	p.must("script.addPreloadScript", object{"functionDeclaration": fmt.Sprintf("() => (%s)(%q)", own, colour), "userContexts": []string{p.user}}, nil)
	return p
}

//go:embed own.js
var own string

// cut is what htmx says in Firefox when a page with an open stream is left: the stream ended with the page.
const cut = "htmx: htmx:sse:error: Error in input stream"

func (p *person) note(m message) {
	var entry struct{ Level, Text string }
	if json.Unmarshal(m.Params, &entry) == nil && entry.Level == "error" && !strings.HasPrefix(entry.Text, cut) {
		p.mu.Lock()
		p.errors = append(p.errors, entry.Text)
		p.mu.Unlock()
	}
}

func (p *person) close() {
	if p.t.Failed() {
		streams, err := value[string](p, "window.peers?.streams()")
		p.t.Logf("%s at the end: %v\n%s", p.called, err, streams)
	}
	p.mu.Lock()
	for _, e := range p.errors {
		p.t.Errorf("error in the console: %s", e)
	}
	p.mu.Unlock()
	p.must("browser.removeUserContext", object{"userContext": p.user}, nil)
}

func (p *person) call(method string, params object, result any) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*browser.Patience) // a first window takes long on a busy machine
	defer cancel()
	return p.wire.call(ctx, method, params, result)
}

func (p *person) must(method string, params object, result any) {
	p.t.Helper()
	if err := p.call(method, params, result); err != nil {
		p.t.Fatal(err)
	}
}

// open goes to an address and waits for the load event.
func (p *person) open(url string) *person {
	p.t.Helper()
	p.must("browsingContext.navigate", object{"context": p.tab, "url": url, "wait": "complete"}, nil)
	return p
}

// node is an element of the page, as WebDriver names it.
type node struct {
	SharedID string `json:"sharedId"`
	Value    struct{ LocalName string }
}

// find gives what has the accessible role and name; an empty role stands for form controls, by their label.
func (p *person) find(role, name string) (node, error) {
	want := object{"name": name}
	if role != "" {
		want["role"] = role
	}
	var found struct{ Nodes []node }
	err := p.call("browsingContext.locateNodes", object{"context": p.tab, "locator": object{"type": "accessibility", "value": want}}, &found)
	for _, n := range found.Nodes {
		if field := n.Value.LocalName; role != "" || field == "input" || field == "textarea" || field == "select" {
			return n, err
		}
	}
	if err == nil {
		err = fmt.Errorf("no %s %q on the page:\n%s", role, name, p.text())
	}
	return node{}, err
}

// sees waits for an element.
func (p *person) sees(role, name string) {
	p.t.Helper()
	p.wait(role+" "+name, func() error { _, err := p.find(role, name); return err })
}

// click presses in the middle of an element, as a hand would, so that the page counts it as a gesture.
func (p *person) click(role, name string) {
	p.t.Helper()
	p.wait("a chance to click "+name, func() error {
		n, err := p.find(role, name)
		if err == nil {
			err = p.press(n)
		}
		return err
	})
}

const reachable = `function() {
  if (this.disabled) return 'it is disabled'
  this.scrollIntoView({block: 'nearest', behavior: 'instant'})
  const r = this.getBoundingClientRect(), hit = document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2)
  return this === hit || this.contains(hit) ? '' : 'it is covered by ' + hit?.outerHTML.slice(0, 120)
}`

func (p *person) press(n node) error {
	why, err := ask[string](p, n, reachable)
	if err == nil && why != "" {
		err = errors.New(why)
	}
	if err != nil {
		return err
	}
	middle := object{"type": "pointerMove", "x": 0, "y": 0, "origin": object{"type": "element", "element": object{"sharedId": n.SharedID}}}
	return p.call("input.performActions", object{"context": p.tab, "actions": []object{{"type": "pointer", "id": "hand",
		"actions": []object{middle, {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}}}}}, nil)
}

// fill types into the field of a label, in place of what it holds.
func (p *person) fill(label, text string) {
	p.t.Helper()
	p.wait("a chance to fill "+label, func() error {
		n, err := p.find("", label)
		if err == nil {
			err = p.press(n)
		}
		if err == nil {
			_, err = ask[any](p, n, `function() { this.select() }`)
		}
		if err == nil {
			err = p.typed(text)
		}
		return err
	})
}

func (p *person) typed(text string) error {
	var keys []object
	for _, r := range text {
		keys = append(keys, object{"type": "keyDown", "value": string(r)}, object{"type": "keyUp", "value": string(r)})
	}
	return p.call("input.performActions", object{"context": p.tab, "actions": []object{{"type": "key", "id": "keys", "actions": keys}}}, nil)
}

// outcome is what a script gave.
type outcome struct {
	Type             string
	Result           struct{ Value json.RawMessage }
	ExceptionDetails struct{ Text string }
}

// ask calls a function on an element, as this, and decodes the JSON of what it gives.
func ask[T any](p *person, n node, function string) (answer T, err error) {
	var o outcome
	err = p.call("script.callFunction", object{"functionDeclaration": "function() { return JSON.stringify((" + function + ").call(this)) ?? 'null' }",
		"this": object{"sharedId": n.SharedID}, "target": object{"context": p.tab}, "awaitPromise": true}, &o)
	return decoded[T](o, err)
}

// value evaluates an expression in the page, awaits it and decodes it.
func value[T any](p *person, expression string) (answer T, err error) {
	var o outcome
	err = p.call("script.evaluate", object{"expression": "(async () => JSON.stringify(await (" + expression + ")) ?? 'null')()",
		"target": object{"context": p.tab}, "awaitPromise": true}, &o)
	return decoded[T](o, err)
}

// decoded reads the JSON that both hand over as a string.
func decoded[T any](o outcome, err error) (answer T, _ error) {
	var text string
	switch {
	case err != nil:
		return answer, err
	case o.Type == "exception":
		return answer, errors.New(o.ExceptionDetails.Text)
	}
	if err := json.Unmarshal(o.Result.Value, &text); err != nil {
		return answer, err
	}
	return answer, json.Unmarshal([]byte(text), &answer)
}

// Until waits for an expression to be true.
func (p *person) Until(what, expression string) {
	p.t.Helper()
	p.wait(what, func() error {
		ok, err := value[bool](p, expression)
		if err == nil && !ok {
			err = errors.New("the page says:\n" + p.text())
		}
		return err
	})
}

// reads waits for words on the page.
func (p *person) reads(words string) {
	p.t.Helper()
	p.Until(words, fmt.Sprintf(`document.body.innerText.includes(%q)`, words))
}

// text is all that one reads on the page.
func (p *person) text() string {
	text, err := value[string](p, "document.body.innerText")
	if err != nil {
		return err.Error()
	}
	return text
}

// wait tries until there is no error, or Patience ends the test with the last one.
func (p *person) wait(what string, try func() error) {
	p.t.Helper()
	for deadline := time.Now().Add(browser.Patience); ; time.Sleep(20 * time.Millisecond) {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			p.shot("failed-firefox")
			p.t.Fatalf("waited %s for %s; %v", browser.Patience, what, err)
		}
	}
}

// shot writes a picture of the window to FOYER_SHOTS, and nothing when that is not set.
func (p *person) shot(name string) {
	p.t.Helper()
	folder := os.Getenv("FOYER_SHOTS")
	if folder == "" {
		return
	}
	var picture struct{ Data string }
	err := p.call("browsingContext.captureScreenshot", object{"context": p.tab}, &picture)
	data, bad := base64.StdEncoding.DecodeString(picture.Data)
	if err = errors.Join(err, bad, os.MkdirAll(folder, 0o755)); err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".png"), data, 0o644)
	}
	if err != nil {
		p.t.Errorf("shot %s: %v", name, err)
	}
}

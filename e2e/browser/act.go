package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Click presses the element in its middle as a finger or a mouse would: it is scrolled into view, and it must be enabled
// and not be covered by something else. A control hidden behind its label is pressed on the label.
func (e *Element) Click() {
	e.page.t.Helper()
	e.try("click", func(ctx context.Context) error {
		point, err := apply[struct {
			X, Y float64
			Why  string
		}](ctx, e, aim)
		if err != nil {
			return err
		}
		if point.Why != "" {
			return errors.New(point.Why)
		}
		return e.page.press(ctx, point.X, point.Y)
	})
}

// aim gives the point to press, or why it cannot be pressed.
const aim = `function() {
  let e = this.nodeType === 1 ? this : this.parentElement
  const tiny = r => r.width < 3 || r.height < 3
  if (e.disabled || e.ariaDisabled === 'true') return {why: 'it is disabled'}
  if (tiny(e.getBoundingClientRect()) && e.labels?.length) e = e.labels[0]
  e.scrollIntoView({block: 'nearest', inline: 'nearest', behavior: 'instant'})
  let r = e.getClientRects()[0]
  if (!r || tiny(r)) return {why: 'it has no size'}
  const x = r.x + r.width / 2, y = r.y + r.height / 2
  let hit = document.elementFromPoint(x, y)
  if (hit !== e && !e.contains(hit)) { e.scrollIntoView({block: 'center', behavior: 'instant'}); r = e.getClientRects()[0]; hit = document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2) }
  if (hit !== e && !e.contains(hit) && hit?.closest('label')?.control !== e)
    return {why: 'it is covered by ' + (hit ? hit.outerHTML.slice(0, 120) : 'nothing, it is out of the window')}
  return {x: r.x + r.width / 2, y: r.y + r.height / 2}
}`

func (p *Page) press(ctx context.Context, x, y float64) error {
	if p.look.Phone {
		_, err := call(ctx, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: input.DispatchTouchEventTypeTouchStart, TouchPoints: []*input.TouchPoint{{X: x, Y: y}}})
		if err == nil {
			_, err = call(ctx, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: input.DispatchTouchEventTypeTouchEnd, TouchPoints: []*input.TouchPoint{}})
		}
		return err
	}
	for _, step := range []input.DispatchMouseEventParams{
		{Type: input.DispatchMouseEventTypeMouseMoved, X: x, Y: y},
		{Type: input.DispatchMouseEventTypeMousePressed, X: x, Y: y, Button: input.MouseButtonLeft, Buttons: 1, ClickCount: 1},
		{Type: input.DispatchMouseEventTypeMouseReleased, X: x, Y: y, Button: input.MouseButtonLeft, ClickCount: 1},
	} {
		if _, err := call(ctx, input.DispatchMouseEvent, step); err != nil {
			return err
		}
	}
	return nil
}

// Fill replaces what a text field holds by typing; dates, times, numbers and colours are set as the browser's own picker
// sets them, in the form of the value attribute.
func (e *Element) Fill(text string) {
	e.page.t.Helper()
	e.try("fill", func(ctx context.Context) error {
		how, err := apply[string](ctx, e, `function(text) {
  if (this.disabled || this.readOnly) return 'refuse'
  this.focus()
  if (/^(date|time|datetime-local|month|week|number|color|range)$/.test(this.type)) {
    this.value = text
    for (const name of ['input', 'change']) this.dispatchEvent(new Event(name, {bubbles: true}))
    return 'done'
  }
  if (this.select) this.select(); else document.getSelection().selectAllChildren(this)
  return (this.value ?? this.textContent) === '' && text === '' ? 'done' : 'type'
}`, text)
		switch {
		case err != nil:
			return err
		case how == "refuse":
			return errors.New("it is disabled or read-only")
		case how == "done":
			return nil
		case text == "":
			return chromedp.Do(ctx, chromedp.KeyEvent("\b"))
		}
		_, err = call(ctx, input.InsertText, input.InsertTextParams{Text: text})
		return err
	})
}

// Choose takes an option of a select, by its text or its value.
func (e *Element) Choose(option string) {
	e.page.t.Helper()
	e.try("choose "+option+" in", func(ctx context.Context) error {
		found, err := apply[bool](ctx, e, `function(wanted) {
  const option = [...(this.options || [])].find(o => o.label.trim().toLowerCase() === wanted.toLowerCase() || o.value === wanted)
  if (!option || option.disabled) return false
  this.focus()
  option.selected = true
  for (const name of ['input', 'change']) this.dispatchEvent(new Event(name, {bubbles: true}))
  return true
}`, option)
		if err == nil && !found {
			err = errors.New("no such option")
		}
		return err
	})
}

// Attach gives files to a file field, which may be hidden behind its label.
func (e *Element) Attach(paths ...string) {
	e.page.t.Helper()
	e.try("attach files to", func(ctx context.Context) error {
		id, err := e.id(ctx)
		if err == nil {
			_, err = call(ctx, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: paths, ObjectID: id})
		}
		return err
	})
}

// Press types keys where the focus is: "\r" is Enter, "\t" Tab, "\x1b" Escape, and the names of chromedp's package kb.
func (p *Page) Press(keys string) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, chromedp.KeyEvent(keys)); err != nil {
		p.t.Fatalf("press %q: %v", keys, err)
	}
}

// Focused is the role and name of what has the focus, as "button Join"; it is "" when nothing has.
func (p *Page) Focused() string {
	p.t.Helper()
	return Value[string](p, `(() => { const e = document.activeElement
  return !e || e === document.body ? '' : (e.computedRole || e.role || e.tagName.toLowerCase()) + ' ' + (e.computedName || e.ariaLabel || e.labels?.[0]?.innerText || e.innerText || '').trim() })()`)
}

// Wait waits until the element is there.
func (e *Element) Wait() *Element {
	e.page.t.Helper()
	e.page.wait(e.what, func() (bool, string) {
		id, instead, err := e.find(e.page.ctx)
		if err != nil {
			instead = err.Error()
		}
		return id != "", instead
	})
	return e
}

// Gone waits until the element is not there any more.
func (e *Element) Gone() {
	e.page.t.Helper()
	e.page.wait(e.what+" to go", func() (bool, string) {
		id, _, err := e.find(e.page.ctx)
		return err == nil && id == "", "it is still there"
	})
}

// There says whether the element is on the page now, without waiting.
func (e *Element) There() bool {
	e.page.t.Helper()
	id, _, err := e.find(e.page.ctx)
	return err == nil && id != ""
}

// Text is what a person reads in the element, or the value of a field.
func (e *Element) Text() string {
	return Ask[string](e, `function() { return /^(INPUT|SELECT|TEXTAREA)$/.test(this.tagName) ? this.value : this.innerText }`)
}

// Attribute is an attribute as it is written, "" when there is none.
func (e *Element) Attribute(name string) string {
	return Ask[string](e, `function(name) { return this.getAttribute(name) || '' }`, name)
}

// Checked says whether a checkbox, switch or radio is on.
func (e *Element) Checked() bool { return Ask[bool](e, `function() { return !!this.checked }`) }

// Ask calls a JavaScript function on the element, as this, waits for its promise and decodes what it gives. It counts as a
// gesture of the person, as sharing a screen asks for.
func Ask[T any](e *Element, function string, arguments ...any) (answer T) {
	e.page.t.Helper()
	e.try("ask", func(ctx context.Context) (err error) {
		answer, err = apply[T](ctx, e, function, arguments...)
		return err
	})
	return answer
}

func apply[T any](ctx context.Context, e *Element, function string, arguments ...any) (answer T, err error) {
	id, err := e.id(ctx)
	if err != nil {
		return answer, err
	}
	var values []*runtime.CallArgument
	for _, argument := range arguments {
		text, err := json.Marshal(argument)
		if err != nil {
			return answer, err
		}
		values = append(values, &runtime.CallArgument{Value: text})
	}
	result, err := call(ctx, runtime.CallFunctionOn, runtime.CallFunctionOnParams{FunctionDeclaration: function, ObjectID: id, Arguments: values, ReturnByValue: ptr(true), AwaitPromise: ptr(true), UserGesture: ptr(true)})
	if err != nil {
		return answer, err
	}
	return decode[T](result.Result, result.ExceptionDetails)
}

// try does something with the element as soon as it can be done.
func (e *Element) try(verb string, do func(context.Context) error) {
	e.page.t.Helper()
	e.page.wait(fmt.Sprintf("a chance to %s %s", verb, e.what), func() (bool, string) {
		ctx, cancel := context.WithTimeout(e.page.ctx, Patience)
		defer cancel()
		if err := do(ctx); err != nil {
			return false, err.Error()
		}
		return true, ""
	})
}

func cookies(ctx context.Context) (map[string]string, error) {
	all, err := call(ctx, network.GetCookies, network.GetCookiesParams{})
	found := map[string]string{}
	for _, c := range all.Cookies {
		found[c.Name] = c.Value
	}
	return found, err
}

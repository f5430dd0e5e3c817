package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/runtime"
)

// Element is something on a page, found anew each time it is used, so it may appear, move or be swapped in between.
type Element struct {
	page *Page
	what string
	find func(ctx context.Context) (runtime.RemoteObjectID, string, error) // "" and what is there instead when not found
}

// Role finds by role and accessible name, both as assistive technology gets them: Role("button", "Join, Design review").
// Case and spacing do not matter; an empty name takes the first of that role.
func (p *Page) Role(role, name string) *Element {
	return p.role(p.document, role, name, func(have string) bool { return name == "" || plain(have) == plain(name) })
}

// RoleLike is Role for a name that holds the given part: a button "Chat" whose counter makes its name "Chat 3 unread".
func (p *Page) RoleLike(role, part string) *Element {
	return p.role(p.document, role, part+"…", func(have string) bool { return strings.Contains(plain(have), plain(part)) })
}

// Field finds a form control by its label: exactly, else by the label's beginning ("Headline (optional)").
func (p *Page) Field(label string) *Element {
	return p.scripted(p.document, fmt.Sprintf("field %q", label), findField, label)
}

// Words finds the innermost visible element that holds the text.
func (p *Page) Words(text string) *Element {
	return p.scripted(p.document, fmt.Sprintf("text %q", text), findWords, text)
}

// CSS finds by selector, for what has no role, label or text, such as a video.
func (p *Page) CSS(selector string) *Element {
	return p.scripted(p.document, "selector "+selector, "function(s) { return this.querySelector(s) }", selector)
}

// Role within this element: a button of one dialog, a link of one tile.
func (e *Element) Role(role, name string) *Element {
	return e.page.role(e.id, role, name, func(have string) bool { return name == "" || plain(have) == plain(name) })
}

// Field within this element.
func (e *Element) Field(label string) *Element {
	return e.page.scripted(e.id, fmt.Sprintf("field %q in %s", label, e.what), findField, label)
}

// Words within this element.
func (e *Element) Words(text string) *Element {
	return e.page.scripted(e.id, fmt.Sprintf("text %q in %s", text, e.what), findWords, text)
}

type root func(ctx context.Context) (runtime.RemoteObjectID, error)

func (p *Page) document(ctx context.Context) (runtime.RemoteObjectID, error) {
	result, err := call(ctx, runtime.Evaluate, runtime.EvaluateParams{Expression: "document"})
	if err != nil {
		return "", err
	}
	return result.Result.ObjectID, nil
}

func (e *Element) id(ctx context.Context) (runtime.RemoteObjectID, error) {
	id, instead, err := e.find(ctx)
	if err == nil && id == "" {
		err = fmt.Errorf("no %s: %s", e.what, instead)
	}
	return id, err
}

func (p *Page) role(within root, role, name string, matches func(string) bool) *Element {
	find := func(ctx context.Context) (runtime.RemoteObjectID, string, error) {
		nodes, names, err := named(ctx, within, role, matches)
		if err != nil || len(nodes) == 0 {
			return "", fmt.Sprintf("each %s here: %q", role, names), err
		}
		resolved, err := call(ctx, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: nodes[0].BackendDOMNodeID})
		if err != nil {
			return "", "it went away", err
		}
		return resolved.Object.ObjectID, "", nil
	}
	return &Element{page: p, what: fmt.Sprintf("%s %q", role, name), find: find}
}

// named gives the nodes of a role that match, and the names of all of that role.
func named(ctx context.Context, within root, role string, matches func(string) bool) (found []*accessibility.Node, names []string, err error) {
	id, err := within(ctx)
	if err != nil {
		return nil, nil, err
	}
	tree, err := call(ctx, accessibility.QueryAXTree, accessibility.QueryAXTreeParams{ObjectID: id, Role: role})
	if err != nil {
		return nil, nil, err
	}
	for _, node := range tree.Nodes {
		if node.Ignored || node.BackendDOMNodeID == 0 {
			continue
		}
		name := ""
		if node.Name != nil {
			_ = json.Unmarshal(node.Name.Value, &name) // absent is ""
		}
		names = append(names, name)
		if matches(name) {
			found = append(found, node)
		}
	}
	return found, names, nil
}

// Names lists the accessible names of everything of a role, in the order of the page: what Role could find now.
func (p *Page) Names(role string) []string {
	p.t.Helper()
	_, names, err := named(p.ctx, p.document, role, func(string) bool { return false })
	if err != nil {
		p.t.Fatalf("names of each %s: %v", role, err)
	}
	return names
}

func (p *Page) scripted(within root, what, function, argument string) *Element {
	find := func(ctx context.Context) (runtime.RemoteObjectID, string, error) {
		id, err := within(ctx)
		if err != nil {
			return "", "", err
		}
		text, err := json.Marshal(argument)
		if err != nil {
			return "", "", err
		}
		result, err := call(ctx, runtime.CallFunctionOn, runtime.CallFunctionOnParams{FunctionDeclaration: function, ObjectID: id,
			Arguments: []*runtime.CallArgument{{Value: text}}})
		if err != nil {
			return "", "", err
		}
		if result.ExceptionDetails != nil {
			return "", "", fmt.Errorf("%s", describe(result.ExceptionDetails))
		}
		return result.Result.ObjectID, "the page says:\n" + p.shown(), nil
	}
	return &Element{page: p, what: what, find: find}
}

const findField = `function(wanted) {
  const plain = s => (s || '').replace(/\s+/g, ' ').trim().toLowerCase()
  const doc = this.ownerDocument || this
  const named = e => [e.getAttribute('aria-label'), ...[...(e.labels || [])].map(l => l.textContent),
    ...(e.getAttribute('aria-labelledby') || '').split(/\s+/).map(id => id && doc.getElementById(id)?.textContent)].map(plain)
  const all = [...this.querySelectorAll('input:not([type=hidden]), select, textarea, [contenteditable]')].filter(e => e.checkVisibility())
  const want = plain(wanted)
  return all.find(e => named(e).includes(want)) || all.find(e => named(e).some(n => n.startsWith(want))) || null
}`

const findWords = `function(wanted) {
  const plain = s => (s || '').replace(/\s+/g, ' ').trim().toLowerCase()
  const want = plain(wanted)
  let best = null
  const walk = e => {
    for (const c of e.children) if (c.checkVisibility() && plain(c.innerText ?? c.textContent).includes(want)) { best = c; walk(c); return }
  }
  walk(this.body || this)
  return best
}`

package browser

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
)

// axeSource is axe-core, Mozilla Public License 2.0, see axe.LICENSE; version and checksum are in static/vendor/VENDOR.
//
//go:embed axe.min.js
var axeSource string

// rules of WCAG 2.0, 2.1 and 2.2 at A and AA, and what axe calls best practice.
const axeRun = `axe.run(document, {runOnly: {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']},
  resultTypes: ['violations']}).then(r => r.violations.map(v => ({id: v.id, impact: v.impact, help: v.help,
  nodes: v.nodes.map(n => ({target: n.target.join(' '), html: n.html, summary: n.failureSummary}))})))`

// Violation is a rule of axe that does not hold, and where.
type Violation struct {
	ID, Impact, Help string
	Nodes            []struct{ Target, HTML, Summary string }
}

// Axe reports every violation of WCAG 2.0 to 2.2 (A, AA) and of best practice on the page as an error of the test.
func (p *Page) Axe() {
	p.t.Helper()
	for _, v := range p.Violations() {
		var where strings.Builder
		for _, n := range v.Nodes {
			fmt.Fprintf(&where, "\n  %s\n    %.160s\n    %s", n.Target, n.HTML, strings.ReplaceAll(n.Summary, "\n", "\n    "))
		}
		p.t.Errorf("%s (%s, %s): %s%s", v.ID, v.Impact, p.look.name(), v.Help, where.String())
	}
}

// Violations are what Axe would report. axe runs in a world of its own: it sees the page's elements, the page does not
// see it, and the page's Content-Security-Policy does not stop it.
func (p *Page) Violations() []Violation {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 2*Patience)
	defer cancel()
	found, err := violations(ctx)
	if err != nil {
		p.t.Fatalf("axe: %v", err)
	}
	return found
}

func violations(ctx context.Context) ([]Violation, error) {
	frames, err := call(ctx, page.GetFrameTree, cdp.Empty{})
	if err != nil {
		return nil, err
	}
	world, err := call(ctx, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: frames.FrameTree.Frame.ID, WorldName: "axe"})
	if err != nil {
		return nil, err
	}
	result, err := call(ctx, runtime.Evaluate, runtime.EvaluateParams{Expression: axeSource + "\n;" + axeRun, ContextID: world.ExecutionContextID, ReturnByValue: ptr(true), AwaitPromise: ptr(true)})
	if err != nil {
		return nil, err
	}
	return decode[[]Violation](result.Result, result.ExceptionDetails)
}

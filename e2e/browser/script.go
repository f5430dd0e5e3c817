package browser

import "github.com/chromedp/cdproto/page"

// OnEveryPage runs a script before any other on each page that this person opens from now on: for figures, which must see
// something the moment it happens and not when they next look.
func (p *Page) OnEveryPage(script string) {
	p.t.Helper()
	if _, err := call(p.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script}); err != nil {
		p.t.Fatalf("script on every page: %v", err)
	}
}

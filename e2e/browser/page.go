package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Look is what a person looks through. The zero value is a wide window of 1280×800 in light colours with JavaScript.
type Look struct {
	Phone    bool // 390×844 with touch and no fine pointer
	Dark     bool // prefers-color-scheme: dark
	NoScript bool // JavaScript off
	Still    bool // prefers-reduced-motion: reduce
	Asks     bool // the browser asks for camera and microphone, and Permit answers; else they are allowed
}

func (l Look) name() string {
	width, colours := "d", "light"
	if l.Phone {
		width = "m"
	}
	if l.Dark {
		colours = "dark"
	}
	return width + "." + colours
}

// Page is one tab of one person. Its methods end the test when they cannot do what they say.
type Page struct {
	t      testing.TB
	ctx    context.Context
	look   Look
	record *record
	expect []string
}

// Visit opens an empty tab for a new person, who has no cookies and an empty cache. At the end of the test the page is
// checked (see Page.Check) and closed.
func Visit(t testing.TB, look Look) *Page {
	t.Helper()
	seat := willing
	if look.Asks {
		seat = asking
	}
	root, err := seat.start()
	if err != nil {
		t.Fatal(err)
	}
	return visit(t, root, look, chromedp.WithNewBrowserContext())
}

// Another opens a second tab of the same person: the same cookies, storage and cache.
func (p *Page) Another() *Page {
	p.t.Helper()
	return visit(p.t, p.ctx, p.look)
}

func visit(t testing.TB, parent context.Context, look Look, options ...chromedp.ContextOption) *Page {
	t.Helper()
	p := &Page{t: t, look: look, record: newRecord()}
	ctx, closeTab := chromedp.NewContext(parent, append(options, chromedp.WithListener(p.record.hear))...)
	p.ctx = ctx
	t.Cleanup(func() {
		p.Check()
		_ = chromedp.Cancel(ctx)
		closeTab()
	})
	for _, setUp := range []func() error{p.emulate, p.listen} {
		if err := setUp(); err != nil {
			t.Fatalf("open a tab: %v", err)
		}
	}
	return p
}

func (p *Page) emulate() error {
	width, height, scale := int64(1280), int64(800), 1.0
	if p.look.Phone {
		width, height, scale = 390, 844, 2
	}
	_, err := call(p.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: scale, Mobile: p.look.Phone})
	if err == nil && p.look.Phone {
		_, err = call(p.ctx, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true, MaxTouchPoints: 5})
	}
	features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: pick(p.look.Dark, "dark", "light")},
		{Name: "prefers-reduced-motion", Value: pick(p.look.Still, "reduce", "no-preference")}}
	if err == nil {
		_, err = call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
	}
	if err == nil {
		_, err = call(p.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: p.look.NoScript})
	}
	return err
}

// Resize gives the window another size, as somebody who turns a phone (CSS pixels). 320×256 is what WCAG 1.4.10 asks for.
func (p *Page) Resize(width, height int64) {
	p.t.Helper()
	if _, err := call(p.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1, Mobile: p.look.Phone}); err != nil {
		p.t.Fatalf("resize: %v", err)
	}
}

func pick(condition bool, yes, no string) string {
	if condition {
		return yes
	}
	return no
}

// Open goes to an address and waits for the load event. Streams may go on after it.
func (p *Page) Open(url string) *Page {
	p.t.Helper()
	p.record.home(url)
	p.travel("open "+url, chromedp.Navigate(url))
	return p
}

// Reload loads the page again, as with the button of the browser.
func (p *Page) Reload() { p.t.Helper(); p.travel("reload", chromedp.Reload()) }

// Back goes back in history.
func (p *Page) Back() { p.t.Helper(); p.travel("go back", chromedp.NavigateBack()) }

func (p *Page) travel(what string, action chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, Patience)
	defer cancel()
	if err := chromedp.Do(ctx, action); err != nil {
		p.t.Fatalf("%s: %v", what, err)
	}
}

// Close ends the tab at once, as a person who leaves; the page is not checked any more.
func (p *Page) Close() {
	p.t.Helper()
	p.record.stop()
	if err := chromedp.Cancel(p.ctx); err != nil {
		p.t.Fatalf("close the tab: %v", err)
	}
}

// URL is the address of the page now.
func (p *Page) URL() string { p.t.Helper(); return Value[string](p, "location.href") }

// Text is all text that a person sees on the page.
func (p *Page) Text() string { p.t.Helper(); return Value[string](p, bodyText) }

const bodyText = "document.body ? document.body.innerText : ''"

// Value evaluates an expression in the page, awaits it when it is a promise, and decodes the result. It works under any
// Content-Security-Policy.
func Value[T any](p *Page, expression string) T {
	p.t.Helper()
	value, err := value[T](p.ctx, expression)
	if err != nil {
		p.t.Fatalf("evaluate %.80s: %v", expression, err)
	}
	return value
}

func value[T any](parent context.Context, expression string) (decoded T, err error) {
	ctx, cancel := context.WithTimeout(parent, Patience)
	defer cancel()
	result, err := call(ctx, runtime.Evaluate, runtime.EvaluateParams{Expression: expression, ReturnByValue: ptr(true), AwaitPromise: ptr(true)})
	if err != nil {
		return decoded, err
	}
	return decode[T](result.Result, result.ExceptionDetails)
}

func decode[T any](object *runtime.RemoteObject, thrown *runtime.ExceptionDetails) (decoded T, err error) {
	if thrown != nil {
		return decoded, fmt.Errorf("%s", describe(thrown))
	}
	if object == nil || len(object.Value) == 0 {
		return decoded, nil
	}
	return decoded, json.Unmarshal(object.Value, &decoded)
}

// Until waits for a JavaScript expression to be true, or fails with what.
func (p *Page) Until(what, expression string) {
	p.t.Helper()
	p.wait(what, func() (bool, string) {
		ok, err := value[bool](p.ctx, expression)
		return ok && err == nil, fmt.Sprint(err)
	})
}

// SeesText waits for text anywhere on the page; case and spacing do not matter.
func (p *Page) SeesText(text string) {
	p.t.Helper()
	p.wait(fmt.Sprintf("the text %q", text), func() (bool, string) { return p.has(text), "the page says:\n" + p.shown() })
}

// MissesText waits until the text is not on the page.
func (p *Page) MissesText(text string) {
	p.t.Helper()
	p.wait(fmt.Sprintf("the text %q to go", text), func() (bool, string) { return !p.has(text), "the page says:\n" + p.shown() })
}

// At waits until the address holds the given part.
func (p *Page) At(part string) {
	p.t.Helper()
	p.wait("the address "+part, func() (bool, string) {
		at, err := value[string](p.ctx, "location.href")
		return err == nil && strings.Contains(at, part), "it is " + at
	})
}

func (p *Page) has(text string) bool { return strings.Contains(plain(p.shown()), plain(text)) }

func (p *Page) shown() string {
	text, err := value[string](p.ctx, bodyText)
	if err != nil {
		return "(" + err.Error() + ")"
	}
	return text
}

// plain is text as people compare it.
func plain(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// wait asks until the answer is yes or Patience ends; then the test ends with what was wanted and what is.
func (p *Page) wait(what string, ask func() (ok bool, instead string)) {
	p.t.Helper()
	deadline := time.Now().Add(Patience)
	for pause := 20 * time.Millisecond; ; pause = min(pause+pause/4, 100*time.Millisecond) {
		ok, instead := ask()
		if ok {
			return
		}
		if time.Now().After(deadline) || p.ctx.Err() != nil {
			p.Shot("failed-" + strings.NewReplacer("/", "-", " ", "-").Replace(p.t.Name()))
			p.t.Fatalf("waited %s for %s; %s", Patience, what, instead)
		}
		time.Sleep(pause) // asking costs the page its time, the more so where others wait as well
	}
}

// Shot writes a picture of the window to FOYER_SHOTS as NAME.d.light.png (d wide, m phone; light or dark), and does
// nothing when that is not set.
func (p *Page) Shot(name string) { p.t.Helper(); p.shot(name, false) }

// FullShot is Shot of the whole page, below the edge of the window too.
func (p *Page) FullShot(name string) { p.t.Helper(); p.shot(name, true) }

func (p *Page) shot(name string, whole bool) {
	p.t.Helper()
	folder := os.Getenv("FOYER_SHOTS")
	if folder == "" {
		return
	}
	picture, err := call(p.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{CaptureBeyondViewport: ptr(whole)})
	if err == nil {
		err = os.MkdirAll(folder, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+"."+p.look.name()+".png"), picture.Data, 0o644)
	}
	if err != nil {
		p.t.Errorf("shot %s: %v", name, err)
	}
}

// Permit answers what the browser would ask the person: names as in navigator.permissions ("camera", "microphone",
// "clipboard-read"). For cameras and microphones it counts only with Look.Asks.
func (p *Page) Permit(name string, yes bool) {
	p.t.Helper()
	setting := browser.PermissionSettingDenied
	if yes {
		setting = browser.PermissionSettingGranted
	}
	_, err := call(p.ctx, browser.SetPermission, browser.SetPermissionParams{Permission: &browser.PermissionDescriptor{Name: name},
		Setting: setting, BrowserContextID: chromedp.FromContext(p.ctx).BrowserContextID})
	if err != nil {
		p.t.Fatalf("permission %s: %v", name, err)
	}
}

// Clipboard is what the person would paste now.
func (p *Page) Clipboard() string {
	p.t.Helper()
	p.Permit("clipboard-read", true)
	return Value[string](p, "navigator.clipboard.readText()")
}

// Forget empties this person's cache, so that the next page is loaded cold; cookies stay.
func (p *Page) Forget() {
	p.t.Helper()
	if _, err := call(p.ctx, network.ClearBrowserCache, cdp.Empty{}); err != nil {
		p.t.Fatalf("empty the cache: %v", err)
	}
}

// Cookies are the person's cookies for the page, by name.
func (p *Page) Cookies() map[string]string {
	p.t.Helper()
	found, err := cookies(p.ctx)
	if err != nil {
		p.t.Fatalf("read cookies: %v", err)
	}
	return found
}

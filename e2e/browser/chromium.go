// Package browser is how the tests see Foyer as people see it: a real Chromium opens real pages of the built program,
// finds what is on them by role, label or text, clicks and types as a hand would, and complains about what a person could
// not know: errors in the console, a Content-Security-Policy that was broken, a request to somebody else's host, bytes
// over the budget, a rule of WCAG that does not hold.
//
// One Chromium runs per test process (a second one when somebody refuses a camera). Visit gives each person a browser context, so cookies and storage are theirs alone;
// cameras and microphones are Chromium's fake devices. Every page checks itself at the end of its test: Page.Expect says
// beforehand which complaints belong to the test.
//
// Waiting is always for a condition with a deadline (Patience), never for a time. A method that cannot do what it says
// ends the test with the reason and with what was on the page instead.
package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
)

// Patience is how long a page may take to show what a test waits for. It is generous, because two shared cores are slow
// and a test says whether something comes, not how quickly.
var Patience = 30 * time.Second

// names of the program in the order they are tried; scripts/chromium installs the first on Debian.
var programs = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

// chromium is a browser of this process, started when the first person needs it.
type chromium struct {
	asks    bool // for cameras and microphones; else they are allowed without a question
	once    sync.Once
	err     error
	ctx     context.Context
	close   func()
	profile string
}

var (
	willing = &chromium{}
	asking  = &chromium{asks: true}
)

// Main runs the tests and then ends Chromium and removes its profile: func TestMain(m *testing.M) { os.Exit(browser.Main(m)) }.
// Without it Chromium still ends with the process, but its profile stays in the temporary folder.
func Main(m *testing.M) int {
	code := m.Run()
	for _, c := range []*chromium{willing, asking} {
		if c.close != nil {
			c.close()
			_ = os.RemoveAll(c.profile)
		}
	}
	return code
}

// find gives the path of Chromium: FOYER_CHROMIUM, or the first known name in PATH.
func find() (string, error) {
	if named := os.Getenv("FOYER_CHROMIUM"); named != "" {
		return exec.LookPath(named)
	}
	for _, name := range programs {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no Chromium found: run scripts/chromium, or name one in FOYER_CHROMIUM")
}

func (c *chromium) start() (context.Context, error) {
	c.once.Do(func() { c.err = c.startOnce() })
	return c.ctx, c.err
}

func (c *chromium) startOnce() error {
	path, err := find()
	if err != nil {
		return err
	}
	if c.profile, err = os.MkdirTemp("", "foyer-chromium-"); err != nil {
		return err
	}
	allocator, endAllocator := chromedp.NewExecAllocator(context.Background(), c.flags(path)...)
	ctx, endBrowser := chromedp.NewContext(allocator)
	if err := chromedp.Do(ctx); err != nil {
		endAllocator()
		return fmt.Errorf("start %s: %w", path, err)
	}
	c.ctx = ctx
	c.close = func() { _ = chromedp.Cancel(ctx); endBrowser(); endAllocator() }
	return nil
}

// flags: quiet towards the network, no throttling of tabs in the background (people in a call are tabs here), fake
// devices that need no permission, and peer connections over loopback where a machine has no other network.
func (c *chromium) flags(path string) []chromedp.ExecAllocatorOption {
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(path), chromedp.UserDataDir(c.profile),
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU}
	for _, name := range []string{"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync",
		"disable-default-apps", "disable-extensions", "disable-breakpad", "disable-dev-shm-usage", "disable-background-timer-throttling",
		"disable-backgrounding-occluded-windows", "disable-renderer-backgrounding", "mute-audio", "hide-scrollbars",
		"allow-loopback-in-peer-connection"} {
		options = append(options, chromedp.Flag(name, true))
	}
	// A fake camera that pretends to be a real one spends both cores on pictures that no test looks at.
	options = append(options, chromedp.Flag("use-fake-device-for-media-stream", "fps=5"))
	if !c.asks {
		options = append(options, chromedp.Flag("use-fake-ui-for-media-stream", true)) // screens to share, too
	}
	// A machine without a mouse would say it has no fine pointer, as a phone does (values of blink::PointerType and HoverType).
	options = append(options, chromedp.Flag("blink-settings", "primaryPointerType=4,availablePointerTypes=4,primaryHoverType=2,availableHoverTypes=2"))
	return append(options, chromedp.Flag("force-color-profile", "srgb"), chromedp.Flag("password-store", "basic"))
}

// call sends one command of the DevTools protocol to the page's tab.
func call[P, R any](ctx context.Context, command cdp.Command[P, R], params P) (R, error) {
	return chromedp.Run(ctx, func(ctx context.Context, tab *chromedp.Target) (R, error) {
		return cdp.Call(ctx, tab, command, params)
	})
}

func ptr[T any](v T) *T { return &v }

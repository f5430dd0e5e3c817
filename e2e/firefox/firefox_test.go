//go:build firefox

// Package firefox is a call in a real Firefox: the lobby, the room, pictures and sound in both directions, to another
// Firefox and to Chromium. It is apart from the other browser tests (build tag firefox) because `make test` needs
// Chromium only; `make accept` runs it by scripts/firefox.
//
// Firefox speaks WebDriver BiDi itself, over a WebSocket, so that neither Node nor geckodriver is needed (decision 24).
// One Firefox runs per test process, and a second one that gives no devices. Each person is a user context: cookies and
// storage are theirs alone.
//
// It is as people have it: no preference about connections, addresses or autoplay is changed. Only the devices are
// Firefox's own fake ones, allowed (or not) as if that had been remembered; own.js paints a colour over the fake picture.
//
// Firefox does not use 127.0.0.1 for calls, so the machine needs another address; scripts/firefox sees to it.
package firefox

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"foyer/e2e/browser"
)

func TestMain(m *testing.M) {
	if err := hasAddress(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := browser.Main(m)
	for _, p := range []*program{willing, shy} {
		if err := p.stop(); err != nil {
			fmt.Fprintln(os.Stderr, "stop Firefox:", err)
			code = 1
		}
	}
	os.Exit(code)
}

func hasAddress() error {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return err
	}
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && !n.IP.IsLoopback() && !n.IP.IsLinkLocalUnicast() {
			return nil
		}
	}
	return errors.New("this machine has only loopback addresses, which Firefox does not use for calls: run it by scripts/firefox COMMAND")
}

// preferences of the profile. What is not here is as Firefox ships it.
var preferences = map[string]string{
	"media.navigator.streams.fake":                      "true", // devices: a moving colour and a hum of 440 Hz
	"media.navigator.permission.disabled":               "true", // and no prompt that waits for the window to be in front
	"dom.min_background_timeout_value":                  "4",    // people in a call are windows side by side here
	"dom.timeout.enable_budget_timer_throttling":        "false",
	"dom.ipc.processCount":                              "2",
	"browser.shell.checkDefaultBrowser":                 "false",
	"browser.startup.page":                              "0",
	"browser.aboutwelcome.enabled":                      "false",
	"datareporting.policy.dataSubmissionEnabled":        "false", // and nothing is sent to anybody's host
	"toolkit.telemetry.unified":                         "false",
	"app.update.disabledForTesting":                     "true",
	"app.normandy.enabled":                              "false",
	"extensions.update.enabled":                         "false",
	"extensions.systemAddon.update.enabled":             "false",
	"browser.safebrowsing.update.enabled":               "false",
	"browser.region.update.enabled":                     "false",
	"browser.search.update":                             "false",
	"services.settings.server":                          `"data:,#remote-settings-dummy/v1"`,
	"network.captive-portal-service.enabled":            "false",
	"network.connectivity-service.enabled":              "false",
	"browser.newtabpage.activity-stream.feeds.topsites": "false",
	"media.gmp-manager.updateEnabled":                   "false",
	"media.gmp-provider.enabled":                        "false",
}

// program is a Firefox of this process, started when the first person needs it.
type program struct {
	denies bool // camera and microphone to every page

	once  sync.Once
	err   error
	wire  *wire
	run   *exec.Cmd
	ended chan struct{}
	home  string // everything it writes
}

var (
	willing = &program{}
	shy     = &program{denies: true}
)

// tie makes a process end with ours, where the system can do that.
var tie = func(*exec.Cmd) {}

func (p *program) start() (*wire, error) {
	p.once.Do(func() { p.err = p.startOnce() })
	return p.wire, p.err
}

func (p *program) startOnce() (err error) {
	path, err := find()
	if err != nil {
		return err
	}
	if p.home, err = os.MkdirTemp("", "foyer-firefox-"); err != nil {
		return err
	}
	profile := filepath.Join(p.home, "profile")
	if err := p.writeProfile(profile); err != nil {
		return err
	}
	p.run = exec.Command(path, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0", "--remote-allow-origins", origin)
	p.run.Env = append(os.Environ(), "HOME="+p.home, "XDG_CACHE_HOME="+p.home, "XDG_CONFIG_HOME="+p.home, "TMPDIR="+p.home,
		"MOZ_CRASHREPORTER_DISABLE=1", "MOZ_DISABLE_AUTO_SAFE_MODE=1")
	tie(p.run)
	said, err := p.run.StderrPipe()
	if err != nil {
		return err
	}
	if err := p.run.Start(); err != nil {
		return fmt.Errorf("start %s: %w", path, err)
	}
	p.ended = make(chan struct{})
	return p.connect(said)
}

// find gives the path of Firefox: FOYER_FIREFOX, or the first known name in PATH.
func find() (string, error) {
	if named := os.Getenv("FOYER_FIREFOX"); named != "" {
		return exec.LookPath(named)
	}
	for _, name := range []string{"firefox-esr", "firefox"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no Firefox found: run scripts/firefox, or name one in FOYER_FIREFOX")
}

func (p *program) writeProfile(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	var text strings.Builder
	for name, value := range preferences {
		fmt.Fprintf(&text, "user_pref(%q, %s);\n", name, value)
	}
	for _, device := range []string{"camera", "microphone"} {
		if p.denies {
			fmt.Fprintf(&text, "user_pref(\"media.getusermedia.%s.deny\", true);\n", device)
		} else {
			fmt.Fprintf(&text, "user_pref(\"permissions.default.%s\", 1);\n", device) // as if that had been remembered
		}
	}
	return os.WriteFile(filepath.Join(folder, "user.js"), []byte(text.String()), 0o600)
}

var listening = regexp.MustCompile(`WebDriver BiDi listening on (ws://\S+)`)

// connect waits for the line that names the address, and reads the rest so that Firefox never waits for a reader.
func (p *program) connect(said io.Reader) error {
	address := make(chan string, 1)
	go func() {
		var all []string
		for lines := bufio.NewScanner(said); lines.Scan(); {
			all = append(all, lines.Text())
			if found := listening.FindStringSubmatch(lines.Text()); found != nil {
				address <- found[1]
			}
		}
		_ = p.run.Wait() // it was ended by us, or the tests say what they miss
		close(p.ended)
		if p.run.ProcessState.ExitCode() != 0 {
			fmt.Fprintf(os.Stderr, "Firefox: %v\n%s\n", p.run.ProcessState, strings.Join(all, "\n"))
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), 4*browser.Patience)
	defer cancel()
	select {
	case url := <-address:
		wire, err := dial(ctx, url)
		p.wire = wire
		return err
	case <-p.ended:
		return errors.New("Firefox ended before it could be driven")
	case <-ctx.Done():
		return errors.New("Firefox did not say where it listens")
	}
}

// stop closes Firefox as its menu does, waits for the process and removes what it wrote.
func (p *program) stop() error {
	if p.run == nil || p.run.Process == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), browser.Patience)
	defer cancel()
	if p.wire != nil {
		_ = p.wire.call(ctx, "browser.close", object{}, nil) // when it does not, it is killed
	}
	select {
	case <-p.ended:
	case <-time.After(browser.Patience):
		_ = p.run.Process.Kill()
		<-p.ended
	}
	return os.RemoveAll(p.home)
}

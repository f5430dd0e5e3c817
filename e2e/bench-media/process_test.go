package benchmedia

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"foyer/e2e/browser"
	"foyer/media/load"
)

// process is a server under measure.
type process struct {
	b     testing.TB
	url   string
	rooms []string // addresses
	run   *exec.Cmd
	log   string
}

// foyer starts the built program with some rooms. A core of −1 leaves it on all of them.
func foyer(b testing.TB, rooms, core int) *process {
	b.Helper()
	data := filepath.Join(b.TempDir(), "data")
	add := exec.Command(browser.Binary(b), "account", "add", browser.Email, "--name", browser.Name, "--data", data)
	add.Stdin = strings.NewReader(browser.Password + "\n")
	if out, err := add.CombinedOutput(); err != nil {
		b.Fatalf("account add: %v\n%s", err, out)
	}
	address := freeAddress(b)
	command := []string{browser.Binary(b), "serve", "--data", data, "--listen", address, "--media-port", "0"}
	if core >= 0 {
		command = append([]string{"taskset", "-c", strconv.Itoa(core)}, command...)
	}
	p := start(b, "http://"+address, exec.Command(command[0], command[1:]...))
	p.rooms = furnish(b, p.url, rooms)
	return p
}

// baseline starts the plain server of plain_test.go.
func baseline(b testing.TB) *process {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	address := freeAddress(b)
	p := start(b, "http://"+address, exec.Command(self, "plain", address))
	p.rooms = []string{p.url + "/r/plain"}
	return p
}

func start(b testing.TB, url string, run *exec.Cmd) *process {
	b.Helper()
	log, err := os.Create(filepath.Join(b.TempDir(), "log"))
	if err != nil {
		b.Fatal(err)
	}
	defer log.Close()
	run.Stdout, run.Stderr = log, log
	run.Env = append(os.Environ(), "GOTRACEBACK=all")
	if err := run.Start(); err != nil {
		b.Fatal(err)
	}
	p := &process{b: b, url: url, run: run, log: log.Name()}
	b.Cleanup(p.stop)
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		if answer, err := client.Get(url + "/readyz"); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return p
			}
		}
		if time.Now().After(deadline) {
			b.Fatalf("%s was not ready in a minute:\n%s", url, p.said())
		}
	}
}

func (p *process) said() string {
	text, _ := os.ReadFile(p.log)
	return string(text)
}

// stop ends the process as an operator does.
func (p *process) stop() {
	if p.run == nil {
		return
	}
	_ = p.run.Process.Signal(syscall.SIGTERM)
	_ = p.run.Wait()
	p.run = nil
}

// goroutines ends the process with SIGQUIT and counts what it lists.
func (p *process) goroutines() float64 {
	p.b.Helper()
	_ = p.run.Process.Signal(syscall.SIGQUIT)
	_ = p.run.Wait()
	p.run = nil
	n := strings.Count(p.said(), "\ngoroutine ")
	if n == 0 {
		p.b.Errorf("no goroutines listed:\n%.500s", p.said())
	}
	return float64(n)
}

func (p *process) cpu() time.Duration {
	p.b.Helper()
	used, err := load.CPUOf(p.run.Process.Pid)
	if err != nil {
		p.b.Fatal(err)
	}
	return used.Total()
}

// waited is how long the process's threads stood ready and had no core so far (Documentation/scheduler/sched-stats.rst):
// on a core of its own almost nothing.
func (p *process) waited() (all time.Duration) {
	p.b.Helper()
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", p.run.Process.Pid))
	for _, thread := range threads {
		text, _ := os.ReadFile(thread)
		if f := strings.Fields(string(text)); len(f) > 1 {
			ns, _ := strconv.ParseInt(f[1], 10, 64)
			all += time.Duration(ns)
		}
	}
	return all
}

// rss is the resident memory in KiB.
func (p *process) rss() float64 {
	p.b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", p.run.Process.Pid))
	if err != nil {
		p.b.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "\nRss:")
	kib, err := strconv.ParseFloat(strings.Fields(after + " ?")[0], 64)
	if err != nil {
		p.b.Fatal(err)
	}
	return kib
}

func freeAddress(b testing.TB) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

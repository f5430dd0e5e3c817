package bench

import (
	"bytes"
	"crypto/tls"
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
)

// process is a server under measure.
type process struct {
	b     testing.TB
	url   string
	run   *exec.Cmd
	ready time.Duration // from the start of the process to its first good answer
	log   string        // file that holds what it wrote
}

// serve starts the built program on a data folder and waits for /readyz.
func serve(b testing.TB, data string, flags ...string) *process {
	b.Helper()
	address := freeAddress(b)
	scheme := "http://"
	for _, f := range flags {
		if f == "--tls-cert" {
			scheme = "https://"
		}
	}
	arguments := append([]string{"serve", "--data", data, "--listen", address, "--media-port", "0"}, flags...)
	return start(b, scheme+address, "/readyz", exec.Command(browser.Binary(b), arguments...))
}

// greet starts the bare Echo server of hello_test.go in a process of its own.
func greet(b testing.TB) *process {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	address := freeAddress(b)
	return start(b, "http://"+address, "/", exec.Command(self, "hello", address))
}

func start(b testing.TB, url, path string, run *exec.Cmd) *process {
	b.Helper()
	log, err := os.Create(filepath.Join(b.TempDir(), "log"))
	if err != nil {
		b.Fatal(err)
	}
	defer log.Close()
	run.Stdout, run.Stderr = log, log
	p := &process{b: b, url: url, run: run, log: log.Name()}
	began := time.Now()
	if err := run.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(p.stop)
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: trusting()}}
	for {
		if answer, err := client.Get(url + path); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				p.ready = time.Since(began)
				return p
			}
		}
		if time.Since(began) > time.Minute {
			b.Fatalf("%s was not ready in a minute:\n%s", url, p.said())
		}
		time.Sleep(time.Millisecond)
	}
}

// trusting takes our own certificate, which nobody signed.
func trusting() *tls.Config { return &tls.Config{InsecureSkipVerify: true} }

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
	if err := p.run.Wait(); err != nil && baselines[p.run.Args[1]] == nil {
		p.b.Errorf("ended with %v:\n%s", err, p.said())
	}
	p.run = nil
}

// kill ends it as a power cut does.
func (p *process) kill() {
	_ = p.run.Process.Kill()
	_ = p.run.Wait()
	p.run = nil
}

// cpu is what the process has used so far, user and system, in steps of 10 ms (proc_pid_stat(5): fields 14 and 15).
func (p *process) cpu() time.Duration {
	p.b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.run.Process.Pid))
	if err != nil {
		p.b.Fatal(err)
	}
	f := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	user, err1 := strconv.Atoi(f[11])
	system, err2 := strconv.Atoi(f[12])
	if err1 != nil || err2 != nil {
		p.b.Fatalf("stat: %s", text)
	}
	return time.Duration(user+system) * 10 * time.Millisecond
}

// idle is the share of a core that the process uses when nobody asks it anything.
func (p *process) idle() float64 {
	p.b.Helper()
	const rest = 2 * time.Second
	before := p.cpu()
	time.Sleep(rest)
	return float64(p.cpu()-before) / float64(rest)
}

// rss is the resident memory in KiB.
func (p *process) rss() float64 {
	p.b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", p.run.Process.Pid))
	if err != nil {
		p.b.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "\nRss:")
	kib, err := strconv.ParseFloat(strings.Fields(after)[0], 64)
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

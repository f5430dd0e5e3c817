package mail

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	"foyer/e2e/figure"
	"foyer/meet"
	"foyer/store"
)

const reminders = 10_000

// BenchmarkReminders prints what the built program uses, user and system, from the scan that finds an event with ten
// thousand registrants due until the last 250. Their invites went out before, and the clock is moved for the scan.
func BenchmarkReminders(b *testing.B) {
	relay, data := listen(b), filepath.Join(b.TempDir(), "data")
	p := serve(b, data, relay)
	var id, event meet.ID
	host := store.By{Token: hostToken}
	p.verb(b, store.AddAccount.Name, machine, store.NewAccount{Email: "host@example.org", Name: "Ada Host", Password: "x"}, &id)
	p.verb(b, store.SignIn.Name, host, store.Entry{Account: id, Password: "x", Token: hostToken}, &store.Done{})
	p.verb(b, store.CreateEvent.Name, host, facts(3*time.Hour), &event)
	for run := range reminders / store.MostImported {
		var out store.Imported
		p.verb(b, store.ImportRegistrants.Name, host, store.Importing{Event: event, People: people(run, store.MostImported)}, &out)
	}
	relay.until(b, reminders)
	p.stop(b)

	relay.taken.Store(0)
	figure.Note("reminders: %d over %d connections", reminders, connections)
	began := time.Now()
	p = serve(b, data, relay, "--clock-offset", "2h31m")
	relay.until(b, reminders)
	used, took := p.cpu(b), time.Since(began)
	p.stop(b)
	figure.Print("reminders_10k_cpu_s", (used - p.before).Seconds(), "s", reminders)
	figure.Print("reminders_10k_s", took.Seconds(), "s", reminders)
	figure.Note("reminders: after it")
}

// process is the built program with its socket.
type process struct {
	run    *exec.Cmd
	http   *http.Client
	before time.Duration // what it had used when it was ready
}

func serve(b *testing.B, data string, relay *sink, flags ...string) *process {
	b.Helper()
	log, err := os.Create(filepath.Join(b.TempDir(), "log"))
	if err != nil {
		b.Fatal(err)
	}
	defer log.Close()
	p := &process{run: exec.Command(browser.Binary(b), append([]string{"serve", "--data", data, "--listen", "127.0.0.1:0", "--media-port", "0", "--public-url", "https://webinars.example",
		"--smtp", "smtp://" + relay.address, "--mail-from", from.Address, "--mail-rate", "100000", "--mail-connections", strconv.Itoa(connections)}, flags...)...)}
	p.run.Stdout, p.run.Stderr = log, log
	p.http = &http.Client{Timeout: time.Minute, Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(data, "foyer.sock"))
	}}}
	if err := p.run.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = p.run.Process.Kill() })
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if answer, err := p.http.Get("http://foyer/address"); err == nil {
			answer.Body.Close()
			p.before = p.cpu(b)
			return p
		}
		if time.Now().After(deadline) {
			said, _ := os.ReadFile(log.Name())
			b.Fatalf("not ready in a minute:\n%s", said)
		}
	}
}

// verb runs one through the socket.
func (p *process) verb(b *testing.B, name string, by store.By, in, out any) {
	b.Helper()
	body, err := json.Marshal(map[string]any{"Verb": name, "By": by, "In": in})
	if err != nil {
		b.Fatal(err)
	}
	answer, err := p.http.Post("http://foyer/verb", "application/json", bytes.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = errors.New(string(text))
	}
	if err == nil {
		err = json.Unmarshal(text, out)
	}
	if err != nil {
		b.Fatalf("%s: %v", name, err)
	}
}

func (p *process) stop(b *testing.B) {
	b.Helper()
	_ = p.run.Process.Signal(syscall.SIGTERM)
	if err := p.run.Wait(); err != nil {
		b.Fatal(err)
	}
}

// cpu is what the process has used so far, user and system, in steps of 10 ms (proc_pid_stat(5): fields 14 and 15).
func (p *process) cpu(b *testing.B) time.Duration {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.run.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	f := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	user, err1 := strconv.Atoi(f[11])
	system, err2 := strconv.Atoi(f[12])
	if err := errors.Join(err1, err2); err != nil {
		b.Fatal(err)
	}
	return time.Duration(user+system) * 10 * time.Millisecond
}

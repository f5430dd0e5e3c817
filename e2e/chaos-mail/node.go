package main

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
	"sync"
	"syscall"
	"time"

	"foyer/store"
)

const from = "events@webinars.example"

// patience is how long a start may take before the drill calls it broken.
const patience = time.Minute

// node is the built program on one data folder.
type node struct {
	binary, base, data string
	flags              []string
	log                *os.File
	http               *http.Client

	mutex sync.Mutex
	run   *exec.Cmd
	ended chan struct{}
}

func newNode(relay string, connections int) (*node, error) {
	base, err := os.MkdirTemp("", "foyer-mail-")
	if err != nil {
		return nil, err
	}
	n := &node{binary: os.Getenv("FOYER_BINARY"), base: base, data: filepath.Join(base, "data")}
	if n.binary == "" {
		return nil, errors.New("FOYER_BINARY names no program: run make chaos-mail")
	}
	n.flags = []string{"serve", "--data", n.data, "--listen", "127.0.0.1:0", "--media-port", "0", "--public-url", "https://webinars.example",
		"--smtp", "smtp://" + relay, "--mail-from", from, "--mail-rate", "100000", "--mail-connections", strconv.Itoa(connections)}
	n.http = &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 16, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(n.data, "foyer.sock"))
	}}}
	n.log, err = os.Create(filepath.Join(base, "log"))
	return n, err
}

// start starts the program and waits until its socket answers.
func (n *node) start(ctx context.Context) error {
	run := exec.Command(n.binary, n.flags...)
	run.Stdout, run.Stderr = n.log, n.log
	if err := run.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	n.mutex.Lock()
	n.run, n.ended = run, ended
	n.mutex.Unlock()
	go func() {
		_ = run.Wait() // how it ended is told by who ended it
		close(ended)
	}()
	for deadline := time.Now().Add(patience); ; pause(ctx, 5*time.Millisecond) {
		ask, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://foyer/address", nil)
		if err != nil {
			return err
		}
		if answer, err := n.http.Do(ask); err == nil {
			return answer.Body.Close()
		}
		select {
		case <-ended:
			return fmt.Errorf("foyer ended before it was ready:\n%s", n.said())
		default:
		}
		if ctx.Err() != nil || time.Now().After(deadline) {
			return fmt.Errorf("foyer was not ready within %s:\n%s", patience, n.said())
		}
	}
}

// kill is kill -9.
func (n *node) kill() error { return n.end(syscall.SIGKILL) }

// stop ends it as an operator does.
func (n *node) stop() error { return n.end(syscall.SIGTERM) }

func (n *node) end(with syscall.Signal) error {
	n.mutex.Lock()
	run, ended := n.run, n.ended
	n.run = nil
	n.mutex.Unlock()
	if run == nil {
		return nil
	}
	select {
	case <-ended:
		return fmt.Errorf("foyer ended by itself:\n%s", n.said())
	default:
	}
	if err := run.Process.Signal(with); err != nil {
		return err
	}
	select {
	case <-ended:
		return nil
	case <-time.After(patience):
		return errors.Join(errors.New("foyer does not end"), run.Process.Kill())
	}
}

func (n *node) said() string {
	text, _ := os.ReadFile(n.log.Name())
	return string(text[max(0, len(text)-4000):])
}

func (n *node) close() error {
	return errors.Join(n.end(syscall.SIGKILL), n.log.Close(), os.RemoveAll(n.base))
}

// refused is an answer that says no. A broken line is any other error.
type refused struct{ text string }

func (r refused) Error() string { return r.text }

// verb runs one through the socket.
func (n *node) verb(ctx context.Context, name string, by store.By, in, out any) error {
	input, err := json.Marshal(in)
	if err != nil {
		return err
	}
	body, err := json.Marshal(struct {
		Verb string
		By   store.By
		In   json.RawMessage
	}{name, by, input})
	if err != nil {
		return err
	}
	ask, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://foyer/verb", bytes.NewReader(body))
	if err != nil {
		return err
	}
	answer, err := n.http.Do(ask)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	switch {
	case err != nil:
		return err
	case answer.StatusCode == http.StatusUnprocessableEntity:
		return refused{name + ": " + string(text)}
	case answer.StatusCode != http.StatusOK:
		return errors.New(name + ": " + string(text))
	}
	return json.Unmarshal(text, out)
}

// insist runs a verb until it is answered, with the same key each time.
func (n *node) insist(ctx context.Context, name string, by store.By, in, out any) error {
	for deadline := time.Now().Add(patience); ; pause(ctx, 20*time.Millisecond) {
		err := n.verb(ctx, name, by, in, out)
		var no refused
		if err == nil || errors.As(err, &no) || ctx.Err() != nil || time.Now().After(deadline) {
			return err
		}
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// patience is how long one start or one answer may take before the drill calls it broken.
const patience = 30 * time.Second

// node is the built program on one data folder, as an operator runs it.
type node struct {
	binary string
	base   string // holds data, data-replica, the copy of the secret and the log
	data   string
	url    string
	log    *os.File
	run    *exec.Cmd
	ended  chan struct{} // closed when the process ended
}

// newNode makes a folder and chooses an address; nothing runs yet.
func newNode() (*node, error) {
	base, err := os.MkdirTemp("", "foyer-chaos-")
	if err != nil {
		return nil, err
	}
	n := &node{base: base, data: filepath.Join(base, "data")}
	if n.binary, err = binary(base); err != nil {
		return nil, err
	}
	if n.log, err = os.Create(filepath.Join(base, "log")); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	n.url = "http://" + l.Addr().String()
	return n, l.Close()
}

// binary is the program under test: FOYER_BINARY, which make sets, or one built now.
func binary(base string) (string, error) {
	if named := os.Getenv("FOYER_BINARY"); named != "" {
		_, err := os.Stat(named)
		return named, err
	}
	path := filepath.Join(base, "foyer")
	build := exec.Command("go", "build", "-o", path, "foyer/cmd/foyer")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build foyer: %w\n%s", err, out)
	}
	return path, nil
}

// offsite is where the built-in litestream.yml puts the second copy.
func (n *node) offsite() string   { return n.data + "-replica" }
func (n *node) committed() string { return filepath.Join(n.data, "committed") }

// launch starts the program and does not wait.
func (n *node) launch() error {
	run := exec.Command(n.binary, "serve", "--data", n.data, "--listen", strings.TrimPrefix(n.url, "http://"), "--media-port", "0")
	run.Stdout, run.Stderr = n.log, n.log
	if err := run.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	n.run, n.ended = run, ended
	go func() {
		_ = run.Wait() // how it ended is told by who ended it
		close(ended)
	}()
	return nil
}

// start starts the program and waits until it takes writes.
func (n *node) start(ctx context.Context) error {
	if err := n.launch(); err != nil {
		return err
	}
	deadline := time.Now().Add(patience)
	for {
		if n.ready(ctx) {
			return nil
		}
		select {
		case <-n.ended:
			return fmt.Errorf("foyer ended before it was ready:\n%s", n.logTail())
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(3 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("foyer was not ready within %s:\n%s", patience, n.logTail())
		}
	}
}

func (n *node) ready(ctx context.Context) bool {
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, n.url+"/readyz", nil)
	if err != nil {
		return false
	}
	ask.Close = true
	answer, err := http.DefaultClient.Do(ask)
	if err != nil {
		return false
	}
	_ = answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// kill is kill -9; a program that was dead already is an error, because nobody had killed it.
func (n *node) kill() error {
	select {
	case <-n.ended:
		return fmt.Errorf("foyer ended by itself:\n%s", n.logTail())
	default:
	}
	err := n.run.Process.Kill()
	<-n.ended
	n.run = nil
	return err
}

// command runs another command of the program on the same data and gives what it printed.
func (n *node) command(ctx context.Context, input string, arguments ...string) (string, error) {
	run := exec.CommandContext(ctx, n.binary, append(arguments, "--data", n.data)...)
	run.Stdin = strings.NewReader(input)
	out, err := run.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("foyer %s: %w\n%s", strings.Join(arguments, " "), err, out)
	}
	return string(out), nil
}

// secretCopy is where the drill keeps what docs tell operators to keep.
func (n *node) secretCopy() string { return filepath.Join(n.base, "secret-copy") }

func (n *node) copySecret() error {
	b, err := os.ReadFile(filepath.Join(n.data, "secret"))
	if err != nil {
		return err
	}
	return os.WriteFile(n.secretCopy(), b, 0o600)
}

func (n *node) logTail() string {
	text, _ := os.ReadFile(n.log.Name())
	if len(text) > 4000 {
		text = text[len(text)-4000:]
	}
	return string(text)
}

// close ends the program and forgets its folder.
func (n *node) close(keep bool) error {
	if n.run != nil {
		_ = n.run.Process.Kill() // it may have ended by itself, which a round tells better
		<-n.ended
	}
	err := n.log.Close()
	if keep {
		fmt.Println("kept:", n.base)
		return err
	}
	return errors.Join(err, os.RemoveAll(n.base))
}

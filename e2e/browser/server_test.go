package browser

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// counting counts what the server writes to all its connections.
type counting struct {
	net.Listener
	written atomic.Int64
}

type countedConn struct {
	net.Conn
	written *atomic.Int64
}

func (l *counting) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return countedConn{conn, &l.written}, nil
}

func (c countedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.written.Add(int64(n))
	return n, err
}

// standIn builds a program with foyer's commands, so that the harness is tested apart from the product.
func standIn(t *testing.T) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "foyer")
	if out, err := exec.Command("go", "build", "-o", path, "./testdata/standin").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	before, err := build.path, build.err
	build.once.Do(func() {})
	build.path, build.err = path, nil
	t.Cleanup(func() { build.path, build.err = before, err })
}

func TestServerRunsTheProgram(t *testing.T) {
	standIn(t)
	s := Serve(t)
	account, err := os.ReadFile(filepath.Join(s.Data, "account"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(account), "[account add "+Email+" --name "+Name+" --admin --data "+s.Data+"] "+Password+"\n"; got != want {
		t.Errorf("account command was\n%s want\n%s", got, want)
	}
	p := Visit(t, Look{})
	p.Expect("favicon") // which may be asked for while the server is down
	p.Open(s.URL + "/")
	p.SeesText("ready")
	pid := s.PID()
	s.Kill()
	s.Start()
	if s.PID() == pid || s.PID() == 0 {
		t.Errorf("process %d after %d", s.PID(), pid)
	}
	p.Reload()
	p.SeesText("ready")
	if !strings.Contains(s.Log(), "listening") {
		t.Errorf("log: %q", s.Log())
	}
}

func TestServerReportsABadEnd(t *testing.T) {
	standIn(t)
	inner := &noting{TB: t}
	s := Prepare(inner, "--bad-end")
	s.Start()
	s.Stop()
	if !strings.Contains(inner.said, "code 3 after SIGTERM") {
		t.Errorf("said %q", inner.said)
	}
}

// noting is a test whose errors are noted and do not count.
type noting struct {
	testing.TB
	said string
}

func (n *noting) Errorf(format string, args ...any) { n.said += fmt.Sprintf(format, args...) }

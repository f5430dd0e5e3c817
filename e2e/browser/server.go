package browser

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The account that Serve makes, an admin.
const (
	Email    = "ada@example.org"
	Name     = "Ada Lindqvist"
	Password = "a lit doorway in november"
)

// Server is the built program with a data folder of its own, as an operator runs it.
type Server struct {
	URL   string // http://127.0.0.1:PORT, which browsers trust with cameras
	Data  string // the data folder; beside it lies the replica that litestream.yml names
	t     testing.TB
	flags []string
	log   *lockedBuffer
	run   *exec.Cmd
	ended chan struct{} // closed when the process ended
	code  int           // of the ended process; -1 by signal
}

// Serve makes a data folder with one admin account, starts `foyer serve` on free ports and waits until it is ready. The
// flags come after its own; {url} in one is the server's address. At the end of the test it is stopped, and an exit code other than 0 fails the test; the log is
// shown when the test failed.
func Serve(t testing.TB, flags ...string) *Server {
	t.Helper()
	s := Prepare(t, flags...)
	s.Account(Email, Name, Password, "--admin")
	s.Start()
	return s
}

// Prepare is Serve without account and start, for tests of the very first start.
func Prepare(t testing.TB, flags ...string) *Server {
	t.Helper()
	web, media := freePort(t), freePort(t)
	s := &Server{t: t, URL: "http://127.0.0.1:" + web, Data: filepath.Join(t.TempDir(), "data"), log: &lockedBuffer{}}
	s.flags = []string{"--listen", "127.0.0.1:" + web, "--media-port", media}
	if !slices.Contains(flags, "--smtp") {
		s.flags = append(s.flags, "--mail-dir", filepath.Join(s.Data, "mail"))
	}
	for _, f := range flags {
		s.flags = append(s.flags, strings.ReplaceAll(f, "{url}", s.URL))
	}
	t.Cleanup(func() {
		s.Stop()
		if t.Failed() {
			t.Logf("log of the server:\n%s", s.Log())
		}
	})
	return s
}

// Add adds flags for the next start.
func (s *Server) Add(flags ...string) { s.flags = append(s.flags, flags...) }

// Start starts the program on the same data and ports and waits for /readyz; also again, after Stop or Kill.
func (s *Server) Start() {
	s.t.Helper()
	run := exec.Command(Binary(s.t), append([]string{"serve", "--data", s.Data}, s.flags...)...)
	run.Stdout, run.Stderr = s.log, s.log
	if err := run.Start(); err != nil {
		s.t.Fatalf("start foyer: %v", err)
	}
	ended := make(chan struct{})
	s.run, s.ended = run, ended
	go func() {
		_ = run.Wait() // the code is read below
		s.code = run.ProcessState.ExitCode()
		close(ended)
	}()
	s.waitReady()
}

func (s *Server) waitReady() {
	s.t.Helper()
	for deadline := time.Now().Add(2 * Patience); time.Now().Before(deadline); {
		if answer, err := http.Get(s.URL + "/readyz"); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-s.ended:
			s.t.Fatalf("foyer ended with code %d before it was ready:\n%s", s.code, s.Log())
		case <-time.After(20 * time.Millisecond):
		}
	}
	s.t.Fatalf("foyer was not ready in %s:\n%s", 2*Patience, s.Log())
}

// Stop ends the program as an operator does, with SIGTERM; another exit code than 0, or more than 20 s, fails the test.
// It does nothing when the program does not run.
func (s *Server) Stop() {
	s.t.Helper()
	if s.run == nil {
		return
	}
	_ = s.run.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.ended:
		if s.code != 0 {
			s.t.Errorf("foyer ended with code %d after SIGTERM", s.code)
		}
	case <-time.After(20 * time.Second):
		_ = s.run.Process.Kill()
		<-s.ended
		s.t.Errorf("foyer did not end within 20 s of SIGTERM")
	}
	s.run = nil
}

// Kill ends the program as a power cut does, with SIGKILL.
func (s *Server) Kill() {
	s.t.Helper()
	if s.run == nil {
		s.t.Fatal("kill: foyer does not run")
	}
	_ = s.run.Process.Kill()
	<-s.ended
	s.run = nil
}

// PID is the process of the program, for figures of CPU and memory from /proc; 0 when it does not run.
func (s *Server) PID() int {
	if s.run == nil {
		return 0
	}
	return s.run.Process.Pid
}

// Log is all that the program has written so far.
func (s *Server) Log() string { return s.log.String() }

// Account makes an account: foyer account add EMAIL --name NAME [flags], the password on standard input.
func (s *Server) Account(email, name, password string, flags ...string) {
	s.t.Helper()
	s.Command(password+"\n", append([]string{"account", "add", email, "--name", name}, flags...)...)
}

// Command runs another command of the program on the same data and gives what it printed; a failure ends the test.
func (s *Server) Command(input string, arguments ...string) string {
	s.t.Helper()
	run := exec.Command(Binary(s.t), append(arguments, "--data", s.Data)...)
	run.Stdin = strings.NewReader(input)
	out, err := run.CombinedOutput()
	if err != nil {
		s.t.Fatalf("foyer %s: %v\n%s", strings.Join(arguments, " "), err, out)
	}
	return string(out)
}

var staticAddress = regexp.MustCompile(`/static/[\w./-]+`)

// Warm waits until every asset that the page at path names is served as brotli, so that bytes are those of the shipped
// state and not of the first second after the start. It gives the number of assets.
func (s *Server) Warm(path string) int {
	s.t.Helper()
	page, _ := s.get(path, "")
	assets := map[string]bool{}
	for _, address := range staticAddress.FindAllString(page, -1) {
		assets[address] = true
	}
	for address := range assets {
		plain, _ := s.get(address, "")
		for deadline := time.Now().Add(Patience); len(plain) > 600; time.Sleep(20 * time.Millisecond) {
			if _, encoding := s.get(address, "br"); encoding == "br" {
				break
			}
			if time.Now().After(deadline) {
				s.t.Fatalf("%s is never compressed", address)
			}
		}
	}
	return len(assets)
}

func (s *Server) get(path, accept string) (body, encoding string) {
	s.t.Helper()
	request, err := http.NewRequest("GET", s.URL+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Accept-Encoding", accept)
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text), answer.Header.Get("Content-Encoding")
}

var build struct {
	once sync.Once
	path string
	err  error
}

// Binary is the program under test: FOYER_BINARY, which make sets, or one built here from ./cmd/foyer.
func Binary(t testing.TB) string {
	t.Helper()
	build.once.Do(func() { build.path, build.err = findOrBuild() })
	if build.err != nil {
		t.Fatal(build.err)
	}
	return build.path
}

func findOrBuild() (string, error) {
	if named := os.Getenv("FOYER_BINARY"); named != "" {
		if _, err := os.Stat(named); err != nil {
			return "", fmt.Errorf("FOYER_BINARY: %w; run make build", err)
		}
		return named, nil
	}
	mod, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	top := filepath.Dir(strings.TrimSpace(string(mod)))
	path := filepath.Join(top, "bin", "foyer-e2e")
	compile := exec.Command("go", "build", "-o", path, "./cmd/foyer")
	compile.Dir, compile.Env = top, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := compile.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build foyer: %w\n%s", err, out)
	}
	return path, nil
}

// freePort gives a port that is free for TCP and UDP on every address now. It lies below those that systems give to
// outgoing connections (32768 and up on Linux), so that none of these takes it before the program does.
func freePort(t testing.TB) string {
	t.Helper()
	for range 50 {
		address := ":" + strconv.Itoa(20000+rand.IntN(12000))
		tcp, err := net.Listen("tcp", address)
		if err != nil {
			continue
		}
		udp, err := net.ListenPacket("udp", address)
		tcp.Close()
		if err != nil {
			continue
		}
		udp.Close()
		return address[1:]
	}
	t.Fatal("no port is free for TCP and UDP")
	return ""
}

// lockedBuffer takes the log of a process while a test reads it.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

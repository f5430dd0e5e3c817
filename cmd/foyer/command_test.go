package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"foyer/replica"
)

// The commands are run as the program, by this test binary in another process.
func TestMain(m *testing.M) {
	if os.Getenv("FOYER_COMMAND") != "" {
		os.Exit(run(os.Args[1:]))
	}
	os.Exit(m.Run())
}

func command(t testing.TB, stdin string, args ...string) (out string, code int) {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], args...)
	c.Env = append(os.Environ(), "FOYER_COMMAND=1")
	c.Stdin = strings.NewReader(stdin)
	b, err := c.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(b), c.ProcessState.ExitCode()
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	for _, c := range []struct {
		code int
		says string
		args string
	}{
		{0, "foyer", "version"}, {0, "Usage", "serve --help"}, {2, "unexpected argument", "dance"}, {2, "unknown flag", "serve --nonsense"},
		{2, "--smtp needs --public-url", "serve --smtp smtp://x"}, {2, "go together", "serve --tls-cert x"}, {2, "one machine", "serve --join 10.0.0.1"},
		{2, "--public-url looks like", "serve --public-url meet"}, {2, "takes networks", "serve --trusted-proxy nobody"}, {2, "--config", "serve --config /does/not/exist"},
		{1, "at least 12 characters", "account add a@example.org --name A"}, {1, "", "restore"},
	} {
		out, code := command(t, "short\n", append(strings.Fields(c.args), "--data", data)...)
		if code != c.code || !strings.Contains(out, c.says) {
			t.Errorf("foyer %s: %d, want %d with %q\n%s", c.args, code, c.code, c.says, out)
		}
		if code == 2 && strings.Count(strings.TrimSpace(out), "\n") > 0 {
			t.Errorf("foyer %s: more than one line:\n%s", c.args, out)
		}
	}
}

// A command works with and without a server beside it, and goes through the one write queue either way.
func TestCommandsBesideAServer(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	if out, code := command(t, password+"\n", "account", "add", "ada@example.org", "--name", "Ada", "--admin", "--data", data); code != 0 {
		t.Fatal(out)
	}
	h := startIn(t, Config{Data: Data{data}, Listen: "127.0.0.1:0"})
	if out, code := command(t, password+"\n", "account", "add", "bob@example.org", "--name", "Bob", "--data", data); code != 0 {
		t.Fatal(out)
	}
	if out, code := command(t, password+"\n", "account", "add", "BOB@example.org", "--name", "Bob", "--data", data); code != 1 || !strings.Contains(out, "has an account already") {
		t.Error(code, out)
	}
	out, _ := command(t, "", "account", "list", "--data", data)
	if !strings.Contains(out, "ada@example.org\tAda admin") || !strings.Contains(out, "bob@example.org\tBob") {
		t.Error(out)
	}
	b := h.browser()
	b.post("/sign-in", "email", "bob@example.org", "password", password).is(http.StatusSeeOther)
	if out, code := command(t, "another doorway in march\n", "account", "password", "bob@example.org", "--data", data); code != 0 {
		t.Fatal(out)
	}
	b.get("/").is(http.StatusSeeOther) // signed out everywhere
	b.post("/sign-in", "email", "bob@example.org", "password", "another doorway in march").is(http.StatusSeeOther)
	if out, code := command(t, "", "restore", "--data", data); code != 1 || !strings.Contains(out, "another process") && !strings.Contains(out, "lock") {
		t.Error("restore over a running server:", code, out)
	}
	if _, err := New(context.Background(), Config{Data: Data{data}, Listen: "127.0.0.1:0"}, calm(h.App.log)); !errors.Is(err, replica.ErrLocked) {
		t.Error("a second server on the same data:", err)
	}
}

func TestSeedAndRestore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	out, code := command(t, "", "seed", "--data", data)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	said := strings.Fields(lines[len(lines)-1]) // sign in as EMAIL with PASSWORD at URL
	if code != 0 || len(said) != 8 || strings.Join(said[:3], " ") != "sign in as" {
		t.Fatal(out)
	}
	h := startIn(t, Config{Data: Data{data}, Listen: "127.0.0.1:0"})
	ada := h.browser()
	ada.post("/sign-in", "email", said[3], "password", said[5]).is(http.StatusSeeOther)
	ada.get("/").is(http.StatusOK).sees("Studio stand-up").sees("Locked")
	r := ada.room("Kept", "meeting")
	link := ada.hostLink(r)
	h.end()
	secret := filepath.Join(dir, "secret")
	copyFile(t, filepath.Join(data, "secret"), secret)

	if err := os.RemoveAll(data); err != nil {
		t.Fatal(err)
	}
	wrong := filepath.Join(dir, "wrong")
	if err := os.WriteFile(wrong, []byte(strings.Repeat("x", 40)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, code := range map[string]int{"@/no/such/file": 2, "@" + wrong: 1, "bare": 2} { // and each leaves the folder as it was
		if out, got := command(t, "", "restore", "--data", data, "--secret", name); got != code {
			t.Error(name, got, out)
		}
	}
	for _, c := range []struct {
		args  []string
		links int // what the old host link answers
		says  string
	}{{[]string{"--secret", "@" + secret}, http.StatusSeeOther, "restored from"}, {nil, http.StatusNotFound, "Host links from before the restore stopped working"}} {
		if err := os.RemoveAll(data); err != nil {
			t.Fatal(err)
		}
		out, code := command(t, "", append([]string{"restore", "--data", data}, c.args...)...)
		if code != 0 || !strings.Contains(out, c.says) {
			t.Fatal(code, out)
		}
		h := startIn(t, Config{Data: Data{data}, Listen: "127.0.0.1:0"})
		again := h.browser()
		again.post("/sign-in", "email", said[3], "password", said[5]).is(http.StatusSeeOther)
		again.get("/").sees("Kept")
		h.browser().get("/r/" + r.Slug).is(http.StatusOK)
		h.browser().get(link).is(c.links)
		h.browser().get(again.hostLink(r)).is(http.StatusSeeOther)
		h.end()
	}
}

func copyFile(t testing.TB, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

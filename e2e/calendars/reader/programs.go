package reader

import (
	"bytes"
	"cmp"
	"context"
	"embed"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"
)

//go:embed *.py *.mjs
var scripts embed.FS

// patience ends a program that hangs. A batch takes a second or two.
const patience = 3 * time.Minute

// python is Debian's, which has Debian's modules; another Python comes first in many a PATH and does not.
func python() string { return cmp.Or(os.Getenv("FOYER_PYTHON"), "/usr/bin/python3") }

type file struct {
	File []byte `json:"file"`
}

func wrapped(files [][]byte) (all []file) {
	for _, f := range files {
		all = append(all, file{f})
	}
	return all
}

// Python reads letters, out of which its email module takes the invitation as a mail program does, or bare calendar files.
// Where its own reading of the letter is another one than Open's, that is trouble.
func Python(t testing.TB, files ...[]byte) []Reading {
	t.Helper()
	answers := ask[file, struct {
		Entries []Entry
		Trouble string
		Twice   bool
		Percent bool
		Copies  [][]byte
		Head    struct{ From, To, Method, Charset []string }
	}](t, []string{python()}, "read_icalendar.py", wrapped(files))
	readings := make([]Reading, len(files))
	for i, a := range answers {
		readings[i] = Reading{a.Entries, a.Trouble, a.Twice, a.Percent}
		if a.Trouble != "" || bare(files[i]) {
			continue
		}
		l, err := Open(files[i])
		switch {
		case err != nil:
			readings[i].Trouble = err.Error()
		case !slices.Equal(a.Head.From, []string{l.From}) || !slices.Equal(a.Head.To, []string{l.To}):
			readings[i].Trouble = "Python and Go read other addresses in From or To"
		case l.Calendar != nil && (!slices.Equal(a.Head.Method, []string{l.Method}) || !slices.Equal(a.Head.Charset, []string{"utf-8"})):
			readings[i].Trouble = "Python and Go read another method or charset"
		case l.Calendar != nil && (len(a.Copies) != 2 || !bytes.Equal(a.Copies[0], l.Calendar) || !bytes.Equal(a.Copies[1], l.Calendar)):
			readings[i].Trouble = "Python and Go take other bytes out of the letter"
		}
	}
	return readings
}

// ICALJS reads with ical.js what Open takes out of letters, or bare calendar files.
func ICALJS(t testing.TB, files ...[]byte) []Reading {
	t.Helper()
	readings := make([]Reading, len(files))
	var asked [][]byte
	var of []int
	for i, f := range files {
		calendar, err := calendarOf(f)
		switch {
		case err != nil:
			readings[i].Trouble = err.Error()
		case calendar != nil:
			asked, of = append(asked, calendar), append(of, i)
		}
	}
	for i, a := range ask[file, Reading](t, []string{"node"}, "read_icaljs.mjs", wrapped(asked)) {
		readings[of[i]] = a
	}
	return readings
}

// Evolution applies the invitations of letters, in order, to an empty calendar of Evolution Data Server, and gives what is in
// it at the end, in the order of UIDs. Letters without one change nothing.
func Evolution(t testing.TB, letters ...[]byte) []Entry {
	t.Helper()
	return end(Evolutions(t, [][][]byte{letters})[0])
}

// Evolutions does so for several mailboxes, each with a calendar of its own, and gives what is in it after each letter.
func Evolutions(t testing.TB, mailboxes [][][]byte) [][][]Entry {
	t.Helper()
	type question struct {
		Files [][]byte `json:"files"`
	}
	questions := make([]question, len(mailboxes))
	for i, letters := range mailboxes {
		for _, letter := range letters {
			calendar, err := calendarOf(letter)
			if err != nil {
				t.Fatalf("a letter for Evolution: %v", err)
			}
			if calendar != nil {
				questions[i].Files = append(questions[i].Files, calendar)
			}
		}
	}
	answers := ask[question, struct {
		After   [][]Entry
		Trouble string
	}](t, []string{"dbus-run-session", "--", python()}, "apply_evolution.py", questions)
	all := make([][][]Entry, len(mailboxes))
	for i, a := range answers {
		if a.Trouble != "" || len(a.After) != len(questions[i].Files) {
			t.Fatalf("Evolution applied %d of %d: %s", len(a.After), len(questions[i].Files), a.Trouble)
		}
		now, applied := []Entry{}, 0
		for _, letter := range mailboxes[i] {
			if calendar, _ := calendarOf(letter); calendar != nil {
				now, applied = a.After[applied], applied+1
			}
			all[i] = append(all[i], now)
		}
	}
	return all
}

// Signature is dkimpy's verdict about a letter.
type Signature struct {
	Valid            bool
	Domain, Selector string
	Signed           []string // the headers under it, in small letters, as often as they are listed
	Trouble          string
}

// DKIM verifies letters against one DNS record.
func DKIM(t testing.TB, name, record string, letters ...[]byte) []Signature {
	t.Helper()
	type question struct {
		File   []byte `json:"file"`
		Name   string `json:"name"`
		Record string `json:"record"`
	}
	var questions []question
	for _, l := range letters {
		questions = append(questions, question{l, name, record})
	}
	return ask[question, Signature](t, []string{python()}, "read_dkim.py", questions)
}

// Clock is an instant on the clocks of a zone.
type Clock struct {
	At   time.Time `json:"at"` // whole seconds, UTC
	Zone string    `json:"zone"`
}

// Clocks says what they show: "2027-03-28 03:30".
func Clocks(t testing.TB, clocks ...Clock) []string {
	t.Helper()
	var shown []string
	for i, a := range ask[Clock, struct{ Shown, Trouble string }](t, []string{python()}, "read_zones.py", clocks) {
		if a.Trouble != "" {
			t.Fatalf("%+v: %s", clocks[i], a.Trouble)
		}
		shown = append(shown, a.Shown)
	}
	return shown
}

func bare(file []byte) bool { return bytes.HasPrefix(file, []byte("BEGIN:VCALENDAR")) }

// calendarOf is the calendar in a letter, nil if there is none, or the bare file itself.
func calendarOf(file []byte) ([]byte, error) {
	if bare(file) {
		return file, nil
	}
	l, err := Open(file)
	return l.Calendar, err
}

// ask starts a script once, gives it all questions, and gives its answers in the same order.
func ask[Q, A any](t testing.TB, program []string, script string, questions []Q) []A {
	t.Helper()
	if len(questions) == 0 {
		return nil
	}
	home := unpack(t)
	var in bytes.Buffer
	for _, q := range questions {
		if err := json.NewEncoder(&in).Encode(q); err != nil {
			t.Fatal(err)
		}
	}
	out, err := run(t, home, append(slices.Clone(program), filepath.Join(home, script)), in.Bytes())
	var answers []A
	for lines := json.NewDecoder(bytes.NewReader(out)); err == nil && lines.More(); {
		var a A
		if err = lines.Decode(&a); err == nil {
			answers = append(answers, a)
		}
	}
	if err != nil || len(answers) != len(questions) {
		said, _ := os.ReadFile(filepath.Join(home, "stderr"))
		t.Fatalf("%s answered %d of %d: %v\n%s", script, len(answers), len(questions), err, said)
	}
	return answers
}

// unpack makes a home for one run, with the scripts in it. It lies high up, because paths of sockets must be short.
func unpack(t testing.TB) string {
	t.Helper()
	home, err := os.MkdirTemp("", "foyer")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	if err := os.CopyFS(home, scripts); err != nil {
		t.Fatal(err)
	}
	return home
}

// run goes by files and not by pipes: the daemons that a session bus starts hold its outputs open for a moment longer. The
// environment is bare, so that nobody's own calendars, settings or session come into it.
func run(t testing.TB, home string, command []string, in []byte) ([]byte, error) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir, cmd.Stdin = home, bytes.NewReader(in)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "HOME=" + home, "TMPDIR=" + home, "XDG_RUNTIME_DIR=" + home,
		"XDG_CONFIG_HOME=" + home + "/config", "XDG_DATA_HOME=" + home + "/data", "XDG_CACHE_HOME=" + home + "/cache",
		"GSETTINGS_BACKEND=memory", "GIO_USE_VFS=local", "PYTHONDONTWRITEBYTECODE=1"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // the session bus goes with its runner
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	out, err := os.Create(filepath.Join(home, "stdout"))
	if err != nil {
		return nil, err
	}
	defer out.Close()
	said, err := os.Create(filepath.Join(home, "stderr"))
	if err != nil {
		return nil, err
	}
	defer said.Close()
	cmd.Stdout, cmd.Stderr = out, said
	if err := cmd.Run(); err != nil {
		return nil, err
	}
	return os.ReadFile(out.Name())
}

// The house rules of docs/architecture.md as a test: which package may import which, where third parties may be used,
// where the clock may be read, and how large a function or a file may grow. Everything is data at the top.
package foyer_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// floors: a package imports lower floors only, never its own. A folder stands for all packages below it.
var floors = map[string]int{
	"cmd": 5, "e2e": 6,
	"handlers": 4, "jobs": 4,
	"views": 3, "store": 3, "mail": 3, "calendar": 3, "picture": 3, "media": 3,
	"replica": 2, "cluster": 2, "live": 2,
	"meet": 1, "static": 1,
	".": 0, // package foyer: litestream.yml, which cmd hands to replica
}

// fences: who may import a third party. Everybody may import the standard library; what is not listed here nobody may.
var fences = map[string][]string{
	"github.com/labstack/echo":          {"handlers", "cmd"},
	"modernc.org/sqlite":                {"replica", "store"}, // store reads the driver's error codes
	"github.com/benbjohnson/litestream": {"replica"},
	"github.com/superfly/ltx":           {"replica"},
	"github.com/pion/dtls":              {"media"}, // of pion its parts, each by name: a peer connection
	"github.com/pion/ice":               {"media"}, // has a mux, an agent and a dozen goroutines
	"github.com/pion/interceptor":       {"media"},
	"github.com/pion/logging":           {"media"},
	"github.com/pion/rt":                {"media"}, // rtp, rtcp
	"github.com/pion/sdp":               {"media"},
	"github.com/pion/srtp":              {"media"},
	"github.com/pion/stun":              {"media"},
	"github.com/pion/transport":         {"media"},
	"github.com/hashicorp/golang-lru":   {"handlers"},
	"github.com/hashicorp/memberlist":   {"cluster"},
	"github.com/hashicorp/raft":         {"cluster"},
	"github.com/emersion/go-ical":       {"calendar"},
	"github.com/wneessen/go-mail":       {"mail"},
	"github.com/a-h/templ":              {"views", "handlers"},
	"github.com/andybalholm/brotli":     {"static", "handlers"},
	"github.com/alecthomas/kong":        {"cmd"},
	"github.com/caddyserver/certmagic":  {"cmd"},
	"github.com/prometheus/":            {"cmd", "handlers", "media"},
	"gopkg.in/yaml.v2":                  {"replica", "cmd"},
	"golang.org/x/crypto":               {"store", "handlers", "cmd", "meet", "mail"},
	"golang.org/x/net":                  {"handlers", "cmd", "meet", "mail", "store", "media"},
	"golang.org/x/sys":                  {"media", "replica", "cmd"},
	"golang.org/x/time":                 {"handlers", "mail"},
	"golang.org/x/image":                {"picture"},
	"github.com/chromedp/":              {"e2e"},
	"github.com/emersion/go-smtp":       {"mail", "e2e"},
	"github.com/emersion/go-msgauth":    {"mail", "e2e"},
}

// testFences: what only tests and drivers may import besides: a real peer on the other side.
var testFences = map[string][]string{
	"github.com/pion/":         {"cmd", "handlers", "e2e", "media"},
	"modernc.org/sqlite":       {"cmd", "e2e"},
	"golang.org/x/net":         {"static", "e2e"},
	"github.com/labstack/echo": {"e2e"},
	"github.com/superfly/ltx":  {"store", "cmd"},
	"github.com/chromedp/":     {"media", "cmd"},

	"github.com/emersion/go-smtp": {"jobs"},
	"github.com/wneessen/go-mail": {"e2e"}, // a baseline
}

// clockFree names the packages in which time.Now may be called; everywhere else the clock is handed in.
var clockFree = []string{"cmd", "e2e"}

var forbiddenNames = []string{"util", "utils", "common", "helper", "helpers", "manager", "service", "services", "misc", "base", "shared"}

const (
	longestFunction = 60
	longestTest     = 120 // a table that reads as a specification may be long
	longestFile     = 500
)

// source is one parsed Go file of the module.
type source struct {
	file    string // slash path from the top
	top     string // first folder, or "." at the top
	test    bool
	lines   int
	set     *token.FileSet
	content *ast.File
}

func TestArchitecture(t *testing.T) {
	files := sources(t, ".")
	if len(files) < 3 {
		t.Fatalf("only %d Go files found", len(files))
	}
	for _, broken := range check(files) {
		t.Error(broken)
	}
}

// check gives one line for every broken rule.
func check(files []source) []string {
	var broken []string
	for _, f := range files {
		for _, rule := range []func(source) []string{floorsOf, fencesOf, clockOf, sizesOf, namesOf} {
			broken = append(broken, rule(f)...)
		}
	}
	return broken
}

func floorsOf(f source) (broken []string) {
	own, known := floors[f.top]
	if !known {
		return []string{fmt.Sprintf("%s: folder %s has no floor in arch_test.go", f.file, f.top)}
	}
	for _, imported := range imports(f) {
		below, isOurs := strings.CutPrefix(imported, "foyer")
		if !isOurs || below != "" && below[0] != '/' {
			continue
		}
		top, _, _ := strings.Cut(strings.TrimPrefix(below, "/"), "/")
		if top == "" {
			top = "."
		}
		floor, known := floors[top]
		switch {
		case top == f.top: // within one folder
		case !known:
			broken = append(broken, fmt.Sprintf("%s imports %s, which has no floor in arch_test.go", f.file, imported))
		case floor >= own:
			broken = append(broken, fmt.Sprintf("%s (floor %d) imports %s (floor %d): imports go down only", f.file, own, imported, floor))
		case top == "." && f.top != "cmd" && !f.test:
			broken = append(broken, fmt.Sprintf("%s imports the top package, which cmd alone hands on", f.file))
		}
	}
	return broken
}

func fencesOf(f source) (broken []string) {
	for _, imported := range imports(f) {
		first, _, _ := strings.Cut(imported, "/")
		if !strings.Contains(first, ".") {
			continue // the standard library, or ours
		}
		if allowed(fences, imported, f.top) || f.test && allowed(testFences, imported, f.top) {
			continue
		}
		broken = append(broken, fmt.Sprintf("%s imports %s: no fence in arch_test.go lets %s do so", f.file, imported, f.top))
	}
	return broken
}

func allowed(table map[string][]string, imported, top string) bool {
	for prefix, folders := range table {
		if strings.HasPrefix(imported, prefix) && slices.Contains(folders, top) {
			return true
		}
	}
	return false
}

func clockOf(f source) (broken []string) {
	if f.test || slices.Contains(clockFree, f.top) {
		return nil
	}
	ast.Inspect(f.content, func(n ast.Node) bool {
		call, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if name, ok := call.X.(*ast.Ident); ok && name.Name == "time" && call.Sel.Name == "Now" {
			broken = append(broken, fmt.Sprintf("%s reads the clock with time.Now: hand in func() time.Time", f.set.Position(call.Pos())))
		}
		return true
	})
	return broken
}

func sizesOf(f source) (broken []string) {
	if f.lines > longestFile {
		broken = append(broken, fmt.Sprintf("%s has %d lines, more than %d: probably two rooms", f.file, f.lines, longestFile))
	}
	longest := longestFunction
	if f.test {
		longest = longestTest
	}
	for _, d := range f.content.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok {
			if n := f.set.Position(fn.End()).Line - f.set.Position(fn.Pos()).Line + 1; n > longest {
				broken = append(broken, fmt.Sprintf("%s: %s has %d lines, more than %d", f.file, fn.Name.Name, n, longest))
			}
		}
	}
	return broken
}

func namesOf(f source) []string {
	if slices.Contains(forbiddenNames, strings.TrimSuffix(f.content.Name.Name, "_test")) {
		return []string{fmt.Sprintf("%s: a package named %s says nothing", f.file, f.content.Name.Name)}
	}
	return nil
}

func imports(f source) (paths []string) {
	for _, i := range f.content.Imports {
		paths = append(paths, strings.Trim(i.Path.Value, `"`))
	}
	return paths
}

// sources parses every Go file below dir that people write: no generated files, no other module, no build output.
func sources(t *testing.T, dir string) (files []source) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		slash := filepath.ToSlash(strings.TrimPrefix(strings.TrimPrefix(name, dir), string(filepath.Separator)))
		if entry.IsDir() {
			base := entry.Name()
			_, other := os.Stat(filepath.Join(name, "go.mod"))
			if slash != "" && (other == nil || base == "testdata" || base == "node_modules" || base == "tmp" || base[0] == '.') {
				return filepath.SkipDir
			}
			return nil
		}
		if path.Ext(slash) == ".go" && !strings.HasSuffix(slash, "_templ.go") && slash != "deps.go" {
			files = append(files, parse(t, name, slash))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func parse(t *testing.T, name, slash string) source {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	content, err := parser.ParseFile(set, slash, text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	top, _, nested := strings.Cut(slash, "/")
	if !nested {
		top = "."
	}
	return source{file: slash, top: top, test: strings.HasSuffix(slash, "_test.go"), lines: strings.Count(string(text), "\n"), set: set, content: content}
}

// TestArchitectureSeesViolations plants one slip of each kind, so that a rule which stopped looking is noticed.
func TestArchitectureSeesViolations(t *testing.T) {
	long := "func f() {\n" + strings.Repeat("\t_ = 1\n", longestFunction) + "}\n"
	cases := []struct {
		name, file, text string
		want             string // "" = allowed
	}{
		{"down", "handlers/a.go", `import _ "foyer/store"`, ""},
		{"up", "store/a.go", `import _ "foyer/handlers"`, "imports go down only"},
		{"sideways", "mail/a.go", `import _ "foyer/store"`, "imports go down only"},
		{"sideways in the machinery's test", "replica/a_test.go", `import _ "foyer/live"`, "imports go down only"},
		{"sideways in a test", "mail/a_test.go", `import _ "foyer/store"`, "imports go down only"},
		{"up in a test", "mail/a_test.go", `import _ "foyer/handlers"`, "imports go down only"},
		{"the same folder", "media/room/a.go", `import _ "foyer/media"`, ""},
		{"unknown folder", "toolbox/a.go", ``, "no floor"},
		{"import of an unknown folder", "cmd/foyer/a.go", `import _ "foyer/toolbox"`, "no floor"},
		{"the top from below", "views/a.go", `import _ "foyer"`, "cmd alone"},
		{"fence kept", "media/a.go", `import _ "github.com/pion/rtp"`, ""},
		{"fence climbed", "store/a.go", `import _ "github.com/pion/rtp"`, "no fence"},
		{"peer connection outside of tests", "media/a.go", `import _ "github.com/pion/webrtc/v4"`, "no fence"},
		{"unknown third party", "mail/a.go", `import _ "github.com/some/thing"`, "no fence"},
		{"real peer in a test", "handlers/a_test.go", `import _ "github.com/pion/webrtc/v4"`, ""},
		{"echo in a view", "views/a.go", `import _ "github.com/labstack/echo/v4"`, "no fence"},
		{"clock", "store/a.go", "import \"time\"\nvar now = time.Now", "reads the clock"},
		{"clock in cmd", "cmd/foyer/a.go", "import \"time\"\nvar now = time.Now", ""},
		{"clock in a test", "store/a_test.go", "import \"time\"\nvar now = time.Now()", ""},
		{"long function", "meet/a.go", long, "more than 60"},
		{"long table in a test", "meet/a_test.go", long, ""},
		{"long file", "meet/a.go", strings.Repeat("\n", longestFile), "more than 500"},
		{"empty name", "store/util/a.go", `package util`, "says nothing"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			text := c.text
			if !strings.HasPrefix(text, "package") {
				text = "package a\n" + text
			}
			dir := t.TempDir()
			name := filepath.Join(dir, filepath.FromSlash(c.file))
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			got := strings.Join(check(sources(t, dir)), "\n")
			if c.want == "" && got != "" || c.want != "" && !strings.Contains(got, c.want) {
				t.Errorf("check said %q, want %q", got, c.want)
			}
		})
	}
}

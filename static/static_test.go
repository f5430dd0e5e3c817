package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
)

// shipped is opened once: each opening compresses everything again.
var shipped = sync.OnceValues(func() (*Files, error) { return Open("") })

func open(t *testing.T, dir string) *Files {
	t.Helper()
	if dir == "" {
		f, err := shipped()
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// fetch asks once, over real HTTP, without Go's own decompression.
func fetch(t *testing.T, f *Files, method, path, accept string) (*http.Response, []byte) {
	t.Helper()
	server := httptest.NewServer(f)
	defer server.Close()
	req, err := http.NewRequest(method, server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", accept)
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, body
}

// fetchAs asks until the encoding is ready, which the background makes so.
func fetchAs(t *testing.T, f *Files, path, coding string) (*http.Response, []byte) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if resp, body := fetch(t, f, "GET", path, coding); resp.Header.Get("Content-Encoding") == coding {
			return resp, body
		}
	}
	t.Fatalf("%s never came as %s", path, coding)
	return nil, nil
}

func TestPathCarriesTheHashOfTheContent(t *testing.T) {
	f := open(t, "")
	if got := f.Path("css/foyer.css"); !regexp.MustCompile(`^/static/css/foyer\.[0-9a-f]{10}\.css$`).MatchString(got) {
		t.Errorf("Path = %q", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("an unknown name did not panic")
		}
	}()
	f.Path("css/fayer.css")
}

func TestServe(t *testing.T) {
	f := open(t, "")
	css, icons := f.Path("css/foyer.css"), f.Path("icons.svg")
	cases := []struct {
		name, method, path string
		status             int
		contentType        string
	}{
		{"style sheet", "GET", css, 200, "text/css; charset=utf-8"},
		{"head of it", "HEAD", css, 200, "text/css; charset=utf-8"},
		{"icons", "GET", icons, 200, "image/svg+xml"},
		{"htmx", "GET", f.Path("vendor/htmx.js"), 200, "text/javascript"},
		{"without a hash", "GET", "/static/css/foyer.css", 404, ""},
		{"with a stale hash", "GET", "/static/css/foyer.0000000000.css", 404, ""},
		{"not an asset", "GET", "/static/vendor/VENDOR", 404, ""},
		{"upwards", "GET", "/static/../go.mod", 404, ""},
		{"written to", "POST", css, 405, ""},
	}
	for _, c := range cases {
		resp, body := fetch(t, f, c.method, c.path, "")
		if resp.StatusCode != c.status {
			t.Errorf("%s: status %d, want %d", c.name, resp.StatusCode, c.status)
		}
		if c.status != 200 {
			if strings.Contains(resp.Header.Get("Cache-Control"), "immutable") {
				t.Errorf("%s: an error may be kept for a year", c.name)
			}
			continue
		}
		want := map[string]string{"Content-Type": c.contentType, "X-Content-Type-Options": "nosniff", "Vary": "Accept-Encoding",
			"Cache-Control": "public, max-age=31536000, immutable"}
		for key, value := range want {
			if got := resp.Header.Get(key); got != value {
				t.Errorf("%s: %s = %q, want %q", c.name, key, got, value)
			}
		}
		if (c.method == "HEAD") != (len(body) == 0) {
			t.Errorf("%s: body of %d bytes", c.name, len(body))
		}
	}
}

func TestCompressedFormsHoldTheSameBytes(t *testing.T) {
	f := open(t, "")
	path := f.Path("vendor/htmx.js")
	_, plain := fetch(t, f, "GET", path, "")
	_, zipped := fetchAs(t, f, path, "gzip")
	reader, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := io.ReadAll(reader); !bytes.Equal(got, plain) {
		t.Error("gzip holds something else")
	}
	_, small := fetchAs(t, f, path, "br")
	if got, _ := io.ReadAll(brotli.NewReader(bytes.NewReader(small))); !bytes.Equal(got, plain) {
		t.Error("brotli holds something else")
	}
	if len(small) >= len(zipped) {
		t.Errorf("brotli %d bytes, gzip %d", len(small), len(zipped))
	}
	t.Logf("htmx.js: %d plain, %d gzip, %d brotli", len(plain), len(zipped), len(small))
	if resp, _ := fetch(t, f, "GET", path, "gzip, br"); resp.Header.Get("Content-Encoding") != "br" {
		t.Error("brotli is ready and accepted, but was not sent")
	}
}

func TestAccepts(t *testing.T) {
	for header, want := range map[string]bool{"br": true, "gzip, br": true, "gzip;q=1.0, BR;q=0.5": true, "": false, "gzip": false,
		"br;q=0": false, "br; q=0.0": false, "brr": false, "br;q=": true} {
		if got := accepts(header, "br"); got != want {
			t.Errorf("accepts(%q) = %v", header, got)
		}
	}
}

func TestImportMapLeadsEveryModuleToItsHashedName(t *testing.T) {
	dir := folder(t, map[string]string{"js/room.js": "import {receive} from 'foyer/rtc.js'", "js/rtc.js": "export const receive = 1", "js/jsconfig.json": "{}", "css/a.css": ""})
	f := open(t, dir)
	var got struct{ Imports map[string]string }
	if err := json.Unmarshal([]byte(f.ImportMap()), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Imports) != 2 || got.Imports["foyer/rtc.js"] != f.Path("js/rtc.js") || got.Imports["foyer/room.js"] != f.Path("js/room.js") {
		t.Errorf("imports = %v", got.Imports)
	}
	sum := sha256.Sum256([]byte(f.ImportMap()))
	if want := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; f.ImportMapHash() != want {
		t.Errorf("hash = %s, want %s", f.ImportMapHash(), want)
	}
}

func TestAnEditOnDiskShowsAtOnce(t *testing.T) {
	dir := folder(t, map[string]string{"css/foyer.css": "a{}", "js/a.js": ""})
	f := open(t, dir)
	before, mapBefore := f.Path("css/foyer.css"), f.ImportMap()
	write(t, dir, "css/foyer.css", "a{color:red}")
	write(t, dir, "js/b.js", "export {}")
	after := f.Path("css/foyer.css")
	if after == before {
		t.Fatal("the path is still the old one")
	}
	if resp, body := fetch(t, f, "GET", after, ""); resp.StatusCode != 200 || string(body) != "a{color:red}" {
		t.Errorf("status %d, body %q", resp.StatusCode, body)
	}
	if resp, _ := fetch(t, f, "GET", before, ""); resp.StatusCode != 404 {
		t.Errorf("the old name still answers %d", resp.StatusCode)
	}
	if f.ImportMap() == mapBefore {
		t.Error("a new module is not in the import map")
	}
}

func TestOpenSaysWhenTheFolderIsMissing(t *testing.T) {
	if _, err := Open(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("no error")
	}
}

// Hashed names cannot be written by hand, so a sheet that points at a file or a module that imports by path would ask for
// an address that does not exist.
func TestAssetsPointAtNothingByPath(t *testing.T) {
	byPath := map[string]*regexp.Regexp{
		".css": regexp.MustCompile(`url\((['"]?)[^#'"d]|@import`),
		".js":  regexp.MustCompile(`(?m)^\s*(import|export)\b[^'"\n]*['"][^f'"]|import\(['"][^f'"]`),
	}
	for name, a := range open(t, "").now().byName {
		if re := byPath[filepath.Ext(name)]; re != nil && !strings.HasPrefix(name, "vendor/") {
			if found := re.Find(a.plain); found != nil {
				t.Errorf("%s: %s", name, found)
			}
		}
	}
}

func TestLeanKeepsTheMeaning(t *testing.T) {
	const sheet = "/* note */\n.a {\n  width: calc(1px  + 2px);\n  & > .b { color: red; }\n}\n.c .d { content: \"\" }\n"
	if got, want := string(lean([]byte(sheet))), `.a{width: calc(1px + 2px);& > .b{color: red;}}.c .d{content: ""}`; got != want {
		t.Errorf("lean gave\n%s\nwant\n%s", got, want)
	}
	css, err := os.ReadFile("css/foyer.css")
	if err != nil {
		t.Fatal(err)
	}
	if found := regexp.MustCompile(`"[^"]*"`).FindAll(cssComment.ReplaceAll(css, nil), -1); len(found) > 0 {
		for _, s := range found {
			if bytes.ContainsAny(s, "{};*") || bytes.Contains(s, []byte("  ")) {
				t.Errorf("lean would change the string %s", s)
			}
		}
	}
}

// What every page loads stays below 6 KB on the wire, so that forms fit their 20 KB, and what a room adds as well
// (decision 26).
func TestStyleSheetsAreSmall(t *testing.T) {
	f := open(t, "")
	for _, name := range []string{"css/foyer.css", "css/room.css"} {
		if _, body := fetchAs(t, f, f.Path(name), "br"); len(body) >= 6000 {
			t.Errorf("%s is %d bytes as brotli", name, len(body))
		} else {
			t.Logf("%s is %d bytes as brotli", name, len(body))
		}
	}
}

// TestVendoredFilesAreWhatVENDORSays catches an edit of a vendored file and a version changed without scripts/vendor.
func TestVendoredFilesAreWhatVENDORSays(t *testing.T) {
	list, err := os.ReadFile("vendor/VENDOR")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"own": "vendor/", "made": "vendor/", "copy": "../e2e/browser/"}
	checked := 0
	for line := range strings.Lines(string(list)) {
		row := strings.Fields(line)
		if len(row) != 5 || files[row[0]] == "" {
			continue
		}
		content, err := os.ReadFile(files[row[0]] + filepath.Base(row[3]))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha512.Sum384(content)
		if got := "sha384-" + base64.StdEncoding.EncodeToString(sum[:]); got != row[4] {
			t.Errorf("%s is %s, VENDOR says %s", row[3], got, row[4])
		}
		checked++
	}
	if checked != 3 {
		t.Errorf("%d files checked, want 3", checked)
	}
}

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		write(t, dir, name, content)
	}
	return dir
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestScriptsTravelWithoutTheirComments(t *testing.T) {
	module := "// What it is.\nimport {a} from 'foyer/a.js'\n\n/** @param {string} s */\nexport function f(s) {\n  // why\n  /** @type {HTMLElement} */ (b).hidden = true // because\n  return 'http://x // y' + s\n}\n/**\n * Long.\n * @returns {number}\n */\nconst n = /** @type {any} */ (1), u = `https://${s}` // both"
	want := "import {a} from 'foyer/a.js'\n\nexport function f(s) {\n  (b).hidden = true\n  return 'http://x // y' + s\n}\nconst n = (1), u = `https://${s}`"
	if got := string(leanScript([]byte(module))); got != want {
		t.Errorf("leanScript gave\n%s\nwant\n%s", got, want)
	}
}

// A page's import map holds what its modules reach and nothing else, also what they import later; only what they import at
// once is fetched ahead.
func TestAPageKnowsItsOwnModules(t *testing.T) {
	dir := folder(t, map[string]string{"css/foyer.css": "a{}", "js/a.js": "import {b} from 'foyer/b.js'\nimport 'foyer/c.js'\n", "js/b.js": "import * as d from 'foyer/d.js'\n",
		"js/c.js": "import('foyer/late.js')\n", "js/d.js": "", "js/late.js": "import {e} from 'foyer/e.js'\n", "js/e.js": "", "js/other.js": "import 'foyer/a.js'"})
	f := open(t, dir)
	var got struct{ Imports map[string]string }
	if err := json.Unmarshal([]byte(f.ImportMap("a.js")), &got); err != nil {
		t.Fatal(err)
	}
	names := slices.Sorted(maps.Keys(got.Imports))
	if want := []string{"foyer/b.js", "foyer/c.js", "foyer/d.js", "foyer/e.js", "foyer/late.js"}; !slices.Equal(names, want) {
		t.Errorf("the map holds %v, want %v", names, want)
	}
	if want := []string{f.Path("js/b.js"), f.Path("js/c.js"), f.Path("js/d.js")}; !slices.Equal(f.Preload("a.js"), want) {
		t.Errorf("fetched ahead are %v, want %v", f.Preload("a.js"), want)
	}
	if f.ImportMapHash("a.js") == f.ImportMapHash() {
		t.Error("another map has the same hash")
	}
}

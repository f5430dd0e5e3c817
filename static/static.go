// Package static holds what browsers keep: the style sheet, the JavaScript modules, htmx and the icons, embedded in the
// program. It knows files and HTTP, and nothing of rooms or people.
//
// Every file is served under a name that carries ten hex digits of its content's SHA-256, so a browser may keep it for a
// year and a new version of the program can never meet an old copy. Templates ask Path for that name. Modules cannot know
// each other's hashes, so they import by bare names ('foyer/rtc.js'), and the page's import map leads those to the hashed
// names; the map is the only inline script of the product and is allowed by its hash in the Content-Security-Policy.
//
// Files are compressed in the background after the start (brotli at its highest level costs tenths of a second that
// nobody should wait for); until then they go out as gzip, and in the very first moments as they are.
package static

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"
	"sync/atomic"
)

//go:embed css js vendor/htmx.js icons.svg favicon.svg
var embedded embed.FS

// contentTypes says which files are assets at all, by ending; anything else in the folders (licences, tsconfig) is not
// served.
var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript", // always UTF-8 in a module, and as the page is in any other (HTML, section 8.1.4.2)
	".svg": "image/svg+xml",
}

// Files is a set of assets with their hashed names. It is an http.Handler for /static/ and safe for concurrent use.
type Files struct {
	dir     string // "" when embedded
	mu      sync.Mutex
	current atomic.Pointer[set]
}

// set is one reading of all files, never changed after it is made, but for the compressed forms that are added to it.
type set struct {
	mark   string // of the folder when read; "" when embedded
	byName map[string]*asset
	byURL  map[string]*asset
	graphs sync.Map // of modules, by the names of a page's entries: string to *graph
}

type asset struct {
	name, url, contentType string
	plain                  []byte
	gzip, brotli           atomic.Pointer[[]byte]
}

// Open reads the assets: the embedded ones when dir is "", else those in the folder dir, which is then looked at again at
// each call so that an edit shows with the next page (serve --dev). It fails when the folder cannot be read.
func Open(dir string) (*Files, error) {
	f := &Files{dir: dir}
	s, err := f.read()
	if err != nil {
		return nil, fmt.Errorf("static files: %w", err)
	}
	f.current.Store(s)
	go s.compress()
	return f, nil
}

// Path gives the address of an asset: "css/foyer.css" becomes "/static/css/foyer.1a2b3c4d5e.css". It panics on a name
// that does not exist, because that is a slip in the program and no visitor can cause it.
func (f *Files) Path(name string) string {
	a := f.now().byName[name]
	if a == nil {
		panic(fmt.Sprintf("static: no file %q", name))
	}
	return a.url
}

// now gives the present set; from a folder it reads again when a file changed, and keeps the last good reading when that
// fails (an editor may be halfway through a save).
func (f *Files) now() *set {
	s := f.current.Load()
	if f.dir == "" {
		return s
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if mark, err := folderMark(os.DirFS(f.dir)); err != nil || mark == f.current.Load().mark {
		return f.current.Load()
	}
	if fresh, err := f.read(); err == nil {
		f.current.Store(fresh)
		go fresh.compress()
	}
	return f.current.Load()
}

func (f *Files) read() (*set, error) {
	if f.dir == "" {
		return readSet(embedded, "")
	}
	source := os.DirFS(f.dir)
	mark, err := folderMark(source)
	if err != nil {
		return nil, err
	}
	return readSet(source, mark)
}

func readSet(source fs.FS, mark string) (*set, error) {
	s := &set{mark: mark, byName: map[string]*asset{}, byURL: map[string]*asset{}}
	err := walkAssets(source, func(name string, _ fs.DirEntry) error {
		plain, err := fs.ReadFile(source, name)
		if err != nil {
			return err
		}
		a := newAsset(name, plain)
		s.byName[name], s.byURL[a.url] = a, a
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

func newAsset(name string, plain []byte) *asset {
	ending := path.Ext(name)
	switch {
	case ending == ".css":
		plain = lean(plain)
	case ending == ".js":
		plain = leanScript(plain)
	}
	sum := sha256.Sum256(plain)
	return &asset{
		name:        name,
		url:         "/static/" + strings.TrimSuffix(name, ending) + "." + hex.EncodeToString(sum[:5]) + ending,
		contentType: contentTypes[ending],
		plain:       plain,
	}
}

// walkAssets visits the files that are served. From disk vendor/ also holds sources that are not: only the one made file
// counts.
func walkAssets(source fs.FS, visit func(name string, entry fs.DirEntry) error) error {
	return fs.WalkDir(source, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || contentTypes[path.Ext(name)] == "" {
			return err
		}
		if path.Dir(name) == "vendor" && name != "vendor/htmx.js" {
			return nil
		}
		return visit(name, entry)
	})
}

// folderMark changes whenever a file is added, removed or saved: names, sizes and times of change.
func folderMark(source fs.FS) (string, error) {
	var mark bytes.Buffer
	err := walkAssets(source, func(name string, entry fs.DirEntry) error {
		info, err := entry.Info()
		if err != nil {
			return err
		}
		fmt.Fprintf(&mark, "%s %d %d\n", name, info.Size(), info.ModTime().UnixNano())
		return nil
	})
	return mark.String(), err
}

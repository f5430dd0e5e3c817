package static

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// graph is what a page needs to know of the modules it runs.
type graph struct {
	importMap, hash string
	preload         []string // addresses of all that is imported at once, in the order of need, without the entries
}

// ImportMap gives the JSON for <script type="importmap">: the modules that entries ("room.js") reach, or all without any,
// each by its bare name, "foyer/stage.js", with its hashed address (HTML, section 8.1.5.3).
func (f *Files) ImportMap(entries ...string) string { return f.now().graph(entries).importMap }

// ImportMapHash gives the source expression that allows exactly that script in a Content-Security-Policy, quotes
// included: 'sha256-…'. It covers the text between the tags, so the template must add no space around it.
func (f *Files) ImportMapHash(entries ...string) string { return f.now().graph(entries).hash }

// Preload gives the addresses of what entries import at once, directly or not: a browser told of them fetches them side by
// side instead of finding one behind the other. What is imported later, by import(), is left out.
func (f *Files) Preload(entries ...string) []string { return f.now().graph(entries).preload }

func (s *set) graph(entries []string) *graph {
	key := strings.Join(entries, " ")
	if g, ok := s.graphs.Load(key); ok {
		return g.(*graph)
	}
	g := s.makeGraph(entries)
	s.graphs.Store(key, g)
	return g
}

var (
	importedNow   = regexp.MustCompile(`(?:from|import) ?'foyer/([\w-]+\.js)'`)
	importedLater = regexp.MustCompile(`import\('foyer/([\w-]+\.js)'\)`)
)

func (s *set) makeGraph(entries []string) *graph {
	imports, g := map[string]string{}, &graph{}
	reach := func(name string) {
		if a := s.byName["js/"+name]; a != nil {
			imports["foyer/"+name] = a.url
		}
	}
	if len(entries) == 0 {
		for name := range s.byName {
			if module, ok := strings.CutPrefix(name, "js/"); ok {
				reach(module)
			}
		}
	}
	now := s.imported(entries, importedNow)
	for _, name := range now {
		g.preload = append(g.preload, s.byName["js/"+name].url)
	}
	later := s.imported(append(slices.Clone(entries), now...), importedLater)
	for _, name := range slices.Concat(now, later, s.imported(later, importedNow)) {
		reach(name)
	}
	text, err := json.Marshal(map[string]any{"imports": imports})
	if err != nil {
		panic(err) // a map of strings always marshals
	}
	sum := sha256.Sum256(text)
	g.importMap, g.hash = string(text), "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'"
	return g
}

// imported lists the modules that others import in one of the two ways, and those that these import, nearest first.
func (s *set) imported(names []string, how *regexp.Regexp) (found []string) {
	for queue := slices.Clone(names); len(queue) > 0; queue = queue[1:] {
		a := s.byName["js/"+queue[0]]
		if a == nil {
			continue
		}
		for _, m := range how.FindAllSubmatch(a.plain, -1) {
			if name := string(m[1]); s.byName["js/"+name] != nil && !slices.Contains(found, name) && !slices.Contains(names, name) {
				found, queue = append(found, name), append(queue, name)
			}
		}
	}
	return found
}

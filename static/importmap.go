package static

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
)

// ImportMap gives the JSON for <script type="importmap">: every module below js/ by its bare name, "foyer/room.js", with
// its hashed address (HTML, section 8.1.5.3).
func (f *Files) ImportMap() string { return f.now().importMap }

// ImportMapHash gives the source expression that allows exactly that script in a Content-Security-Policy, quotes
// included: 'sha256-…'. It covers the text between the tags, so the template must add no space around it.
func (f *Files) ImportMapHash() string {
	sum := sha256.Sum256([]byte(f.now().importMap))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func importMap(assets map[string]*asset) string {
	imports := map[string]string{}
	for name, a := range assets {
		if module, ok := strings.CutPrefix(name, "js/"); ok {
			imports["foyer/"+module] = a.url
		}
	}
	text, err := json.Marshal(map[string]any{"imports": imports})
	if err != nil {
		panic(err) // a map of strings always marshals
	}
	return string(text)
}

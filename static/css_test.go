package static

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	noise   = regexp.MustCompile(`(?s)/\*.*?\*/|url\([^)]*\)`)
	inStyle = regexp.MustCompile(`\.([a-zA-Z][\w-]*)`)
	word    = regexp.MustCompile(`[a-zA-Z][\w-]*`)
	prose   = regexp.MustCompile(`(?m)^\s*//.*$|\s// .*$`)
	quoted  = regexp.MustCompile("\"[^\"\n]*\"|'[^'\n]*'|`[^`]*`")
)

// What the style sheets say of a class that no page has travels to everybody for nothing.
func TestEveryClassHasMarkup(t *testing.T) {
	used := map[string]bool{}
	for _, pattern := range []string{"../views/*.templ", "../views/*.go", "js/*.js"} {
		for _, file := range files(t, pattern) {
			if strings.HasSuffix(file, "_templ.go") {
				continue
			}
			for _, text := range quoted.FindAllString(prose.ReplaceAllString(content(t, file), ""), -1) {
				for _, w := range word.FindAllString(text, -1) {
					used[w] = true
				}
			}
		}
	}
	for _, file := range files(t, "css/*.css") {
		for _, class := range inStyle.FindAllStringSubmatch(noise.ReplaceAllString(content(t, file), ""), -1) {
			name := class[1]
			made := used[name[:strings.LastIndexByte(name, '-')+1]] || used[strings.TrimRight(name, "0123456789")] // of two parts: theme- and meeting, sw and 3
			if !used[name] && !made {
				t.Errorf("%s: no page has the class %s", file, name)
			}
		}
	}
}

func files(t *testing.T, pattern string) []string {
	t.Helper()
	list, err := filepath.Glob(pattern)
	if err != nil || len(list) == 0 {
		t.Fatalf("no %s: %v", pattern, err)
	}
	return list
}

func content(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

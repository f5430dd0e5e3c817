package handlers

import (
	"strings"
	"testing"

	"foyer/meet"
)

// Every route names an action that the permission table knows; a route without one cannot be added.
func TestEveryRouteIsInThePermissionTable(t *testing.T) {
	seen := map[string]bool{}
	used := map[meet.Action]bool{}
	for _, r := range (&Server{}).routes() {
		key := r.method + " " + r.path
		if seen[key] {
			t.Errorf("%s stands twice", key)
		}
		seen[key], used[r.do] = true, true
		rule, ok := meet.Table[r.do]
		if !ok {
			t.Errorf("%s is about %q, which the permission table does not know", key, r.do)
		}
		if strings.Contains(r.path, ":id") && (rule.Anyone || !rule.Account) && !strings.HasPrefix(r.path, "/media/") && r.do != meet.LockRoom {
			t.Errorf("%s names a thing by id and needs no account", key)
		}
		if r.handle == nil {
			t.Errorf("%s has no handler", key)
		}
	}
	for a := range meet.Table {
		if !used[a] && a != meet.SeeHealth && a != meet.Ask { // asking is entering where a lock is in the way
			t.Errorf("no route is about %q", a)
		}
	}
}

func TestNextStaysHere(t *testing.T) {
	for next, want := range map[string]string{
		"/r/office-x": "/r/office-x", "/?q=a": "/?q=a", "": "/", "//evil.example": "/", "https://evil.example/": "/", "/\\evil": "/", "\\\\evil": "/",
		"javascript:alert(1)": "/", "/a\r\nSet-Cookie: x": "/", "///evil": "/", "/%2f/evil": "/%2f/evil", "r/x": "/",
	} {
		if got := safeNext(next); got != want {
			t.Errorf("safeNext(%q) = %q, want %q", next, got, want)
		}
	}
}

func FuzzNext(f *testing.F) {
	f.Add("//evil")
	f.Fuzz(func(t *testing.T, s string) {
		got := safeNext(s)
		if !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") || strings.ContainsAny(got, "\\\r\n") {
			t.Errorf("%q leads to %q", s, got)
		}
	})
}

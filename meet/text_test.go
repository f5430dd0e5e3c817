package meet

import (
	"strings"
	"testing"
)

func TestNamesAreCleaned(t *testing.T) {
	for _, c := range []struct{ typed, want string }{
		{"  Design   review ", "Design review"},
		{"Café ☕ 👩‍🚀", "Café ☕ 👩‍🚀"},
		{"<script>alert(1)</script>", "<script>alert(1)</script>"}, // shown as it is: templates escape
		{"a\u202eb\u0000c\u2066d", "abcd"},
		{"line\r\nbreak", "line break"}, {"ad\u200da\ufe0f", "ada"}, {"❤️ x", "❤️ x"},
		{strings.Repeat("ä", 80), strings.Repeat("ä", 80)},
	} {
		if got, err := RoomName(c.typed); err != nil || got != c.want {
			t.Errorf("RoomName(%q) = %q, %v", c.typed, got, err)
		}
	}
	for _, typed := range []string{"", "   ", "\u200d\ufe0f", "\u3164\u115f", "\u202e", strings.Repeat("x", 81)} {
		if got, err := RoomName(typed); CodeOf(err) != Invalid {
			t.Errorf("RoomName(%q) = %q, %v; want a refusal", typed, got, err)
		}
	}
	if _, err := PersonName("buy at http://x"); CodeOf(err) != Invalid {
		t.Error("an address passes as a name")
	}
}

func TestEmailKeys(t *testing.T) {
	for typed, key := range map[string]string{
		" Ada@Example.ORG ": "ada@example.org", "a+b@x.io": "a+b@x.io", "a@localhost": "a@localhost",
	} {
		if _, got, err := Email(typed); err != nil || got != key {
			t.Errorf("Email(%q) = %q, %v", typed, got, err)
		}
	}
	for _, typed := range []string{"", "a", "a@", "@x.io", "a@b", "a b@x.io", "Ada <a@x.io>", "ä@x.io", "a@x.io\r\nBcc: b@x.io", "a@[127.0.0.1]", "\"a@x\"@y", strings.Repeat("a", 250) + "@x.io"} {
		if address, _, err := Email(typed); CodeOf(err) != Invalid {
			t.Errorf("Email(%q) = %q, %v; want a refusal", typed, address, err)
		}
	}
}

func TestSlugNames(t *testing.T) {
	for name, want := range map[string]string{
		"Design review": "design-review", "Über & Søn": "uber-son", "会议": "room", "  --  ": "room", "100 % <b>": "100-b",
	} {
		if got := SlugName(name); got != want {
			t.Errorf("SlugName(%q) = %q, want %q", name, got, want)
		}
	}
	if s := SlugName(strings.Repeat("long name ", 20)); len(s) > 40 {
		t.Errorf("%d bytes", len(s))
	}
}

func TestInitialsAndSwatches(t *testing.T) {
	for name, want := range map[string]string{"Ada Lindqvist": "AL", "ada": "A", "!!": "?", "李 雷": "李雷", "a b c": "AC"} {
		if got := Initials(name); got != want {
			t.Errorf("Initials(%q) = %q, want %q", name, got, want)
		}
	}
	for _, id := range []ID{"", "a", "b", "zz"} {
		if s := Swatch(id); s < 1 || s > 12 {
			t.Errorf("Swatch(%q) = %d", id, s)
		}
	}
}

func TestTokensDifferAndHaveTheirLength(t *testing.T) {
	a, b := Mint([]byte("s"), HostLink, "r1", 1), Mint([]byte("s"), HostLink, "r1", 2)
	if len(a) != 26 || a == b || a == Mint([]byte("other"), HostLink, "r1", 1) || a != Mint([]byte("s"), HostLink, "r1", 1) {
		t.Error(a, b)
	}
}

func FuzzNames(f *testing.F) {
	f.Add("a\u202e://b")
	f.Fuzz(func(t *testing.T, s string) {
		for _, clean := range []func(string) (string, error){RoomName, PersonName} {
			name, err := clean(s)
			if err != nil {
				continue
			}
			again, err := clean(name)
			if err != nil || again != name || strings.ContainsAny(name, "\r\n\x00\u202e") {
				t.Errorf("%q → %q → %q %v", s, name, again, err)
			}
		}
		_, key, err := Email(s)
		if err == nil && (strings.ContainsAny(key, "\r\n ,") || strings.ToLower(key) != key) {
			t.Errorf("%q → %q", s, key)
		}
	})
}

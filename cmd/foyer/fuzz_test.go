package main

import (
	"net/http"
	"strings"
	"testing"
)

// FuzzForms sends anything to every form, as somebody signed in and as a stranger: never an error of ours, and the pages
// that show what was kept still draw.
func FuzzForms(f *testing.F) {
	h := start(f)
	ada, guest := h.host("ada", true), h.browser()
	r := ada.room("Office", "meeting")
	paths := []string{"/rooms", "/rooms/" + string(r.ID) + "/name", "/rooms/" + string(r.ID) + "/privacy", "/r/" + r.Slug, "/r/" + r.Slug + "/devices",
		"/r/" + r.Slug + "/leave", "/account", "/accounts/x/active", "/sign-in", "/setup", "/media/" + string(r.ID) + "/receive"}
	for i := range paths {
		f.Add(uint8(i), "name=Ada&theme=meeting&once=k", "application/x-www-form-urlencoded")
	}
	f.Add(uint8(0), "name=%ff%00%u202e&theme=%zz", "application/x-www-form-urlencoded")
	f.Add(uint8(3), "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nx\r\n--b--", "multipart/form-data; boundary=b")
	f.Add(uint8(3), "--b\r\nContent\x02\x00isposition: form-data; name=\"name\"\r\n\r\nx\r\n--b\x00\x01", "multipart/form-data; boundary=b") // once a 500
	f.Fuzz(func(t *testing.T, at uint8, body, kind string) {
		if strings.IndexFunc(kind, func(r rune) bool { return r < ' ' || r > '~' }) >= 0 {
			return // no HTTP client sends such a header
		}
		path := paths[int(at)%len(paths)]
		for _, b := range []*browser{ada, guest} {
			if status := ask(t, b, http.MethodPost, path, body, kind); status >= 500 {
				t.Errorf("%s with %q: %d", path, body, status)
			}
		}
		for path, b := range map[string]*browser{"/": ada, "/r/" + r.Slug: guest} {
			if status := ask(t, b, http.MethodGet, path, "", ""); status != http.StatusOK {
				t.Errorf("%s after %q: %d", path, body, status)
			}
		}
	})
}

func ask(t *testing.T, b *browser, method, path, body, kind string) int {
	req, err := http.NewRequest(method, b.h.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	res, err := b.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

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
		"/r/" + r.Slug + "/leave", "/account", "/accounts/x/active", "/sign-in", "/setup", "/media/" + string(r.ID) + "/receive",
		"/rooms/" + string(r.ID) + "/customize", "/rooms/" + string(r.ID) + "/lobby", "/rooms/" + string(r.ID) + "/duplicate"}
	for i := range paths {
		f.Add(uint8(i), "name=Ada&theme=meeting&once=k", "application/x-www-form-urlencoded")
	}
	f.Add(uint8(0), "name=%ff%00%u202e&theme=%zz", "application/x-www-form-urlencoded")
	f.Add(uint8(3), "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nx\r\n--b--", "multipart/form-data; boundary=b")
	f.Add(uint8(3), "--b\r\nContent\x02\x00isposition: form-data; name=\"name\"\r\n\r\nx\r\n--b\x00\x01", "multipart/form-data; boundary=b") // once a 500
	const multi = "multipart/form-data; boundary=b"
	field := "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nAda\r\n"
	file := "--b\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n"
	for _, at := range []uint8{3, 11, 12} { // the routes that take pictures
		for _, content := range []string{"", "\xff\xd8\xff\xe0", string(snap(f, 20, 10)), "<svg xmlns=\"http://www.w3.org/2000/svg\"/>"} {
			f.Add(at, field+file+content+"\r\n--b--\r\n", multi)
			f.Add(at, field+file+content+"\r\n"+file+content+"\r\n"+field+"--b--", multi) // the same again
			f.Add(at, file+content, multi)                                                // cut off
		}
		f.Add(at, field+"--b--\r\n", multi+"; charset=utf-16")
		f.Add(at, field, "multipart/form-data")
		f.Add(at, field, "multipart/form-data; boundary="+strings.Repeat("b", 300))
		f.Add(at, field, "multipart/mixed; boundary=b")
		f.Add(at, "--b\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\n=\r\n--b--", multi)
		f.Add(at, "--b\r\nContent-Disposition: form-data; name=\"title\"; filename*=utf-8''%ff\r\n\r\nx\r\n--b--", multi)
		f.Add(at, "--b\r\n"+strings.Repeat("X: y\r\n", 20_000)+"\r\n\r\n--b--", multi)
		f.Add(at, strings.Repeat("--b\r\nContent-Disposition: form-data; name=\"\"\r\n\r\n\r\n", 2000)+"--b--", multi)
		f.Add(at, "colour=-1&title=%00&message=%0d%0a&noimage=1", "application/x-www-form-urlencoded")
	}
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
		for path, b := range map[string]*browser{"/": ada, "/rooms/" + string(r.ID) + "/lobby": ada, "/r/" + r.Slug: guest} {
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

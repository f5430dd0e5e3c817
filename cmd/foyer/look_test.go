package main

import (
	"bufio"
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"foyer/meet"
)

// snap is a photograph as a camera makes it, of the given size.
func snap(t testing.TB, width, height int) []byte {
	t.Helper()
	canvas := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			canvas.Set(x, y, color.RGBA{uint8(x), uint8(y), uint8(x * y >> 6), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, canvas, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sends posts a form with a file in the field image, as browsers do.
func (b *browser) sends(path string, file []byte, fields ...string) answered {
	b.h.t.Helper()
	body, kind := parts(b.h.t, file, fields...)
	req, err := http.NewRequest(http.MethodPost, b.h.url+path, bytes.NewReader(body))
	if err != nil {
		b.h.t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(req)
}

func parts(t testing.TB, file []byte, fields ...string) (body []byte, kind string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i+1 < len(fields); i += 2 {
		if err := w.WriteField(fields[i], fields[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	f, err := w.CreateFormFile("image", "photo.jpg")
	if err == nil {
		_, err = f.Write(file)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), w.FormDataContentType()
}

var shownImage = regexp.MustCompile(`src="(/image/[0-9a-f]{64})"`)

func imageOn(t testing.TB, a answered) string {
	t.Helper()
	found := shownImage.FindStringSubmatch(a.body)
	if found == nil {
		t.Fatalf("no picture on %s:\n%s", a.asked, a.body)
	}
	return found[1]
}

// A room's looks are its owner's business: for everybody else with an account there is nothing here, in the same bytes as
// for a room that never was.
func TestLooksAreTheOwnersAlone(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, bob, root, anonymous, inside, byLink := h.host("ada", false), h.host("bob", false), h.host("root", true), h.browser(), h.browser(), h.browser()
	r := ada.room("Office", "meeting")
	inside.post("/r/"+r.Slug, "name", "Guest").is(http.StatusSeeOther)
	byLink.get(ada.hostLink(r)).is(http.StatusSeeOther)
	byLink.post("/r/"+r.Slug, "name", "Cleo").is(http.StatusSeeOther)
	nothing := anonymous.get("/no/such/page").is(http.StatusNotFound).body
	photo := snap(t, 64, 36)
	room := "/rooms/" + string(r.ID)
	for name, send := range map[string]func(b *browser) answered{
		"see the look":       func(b *browser) answered { return b.get(room + "/customize") },
		"change the look":    func(b *browser) answered { return b.post(room+"/customize", "colour", "3") },
		"send a picture":     func(b *browser) answered { return b.sends(room+"/customize", photo, "colour", "3") },
		"send no picture":    func(b *browser) answered { return b.sends(room+"/customize", []byte("<svg"), "colour", "99") },
		"see the lobby":      func(b *browser) answered { return b.get(room + "/lobby") },
		"change the lobby":   func(b *browser) answered { return b.post(room+"/lobby", "title", "Stolen") },
		"send for the lobby": func(b *browser) answered { return b.sends(room+"/lobby", photo, "title", "Stolen") },
		"duplicate":          func(b *browser) answered { return b.post(room+"/duplicate", "name", "Stolen", "lobby", "yes") },
		"duplicate badly":    func(b *browser) answered { return b.post(room+"/duplicate", "name", "") },
	} {
		for who, b := range map[string]*browser{"another account": bob, "an admin": root} {
			if got := send(b); got.status != http.StatusNotFound || got.body != nothing {
				t.Errorf("%s may %s: %d\n%s", who, name, got.status, got.body)
			}
		}
		for who, b := range map[string]*browser{"a stranger": anonymous, "a guest inside": inside, "a host by link": byLink} {
			if got := send(b); got.status != http.StatusSeeOther || !strings.HasPrefix(got.header.Get("Location"), "/sign-in") || strings.Contains(got.body, "Office") {
				t.Errorf("%s may %s: %d to %s", who, name, got.status, got.header.Get("Location"))
			}
		}
	}
	anonymous.post(room+"/lobby", "title", "Mine").to("/sign-in?next=" + url.QueryEscape(room+"/lobby")) // and back to the form
	anonymous.post(room+"/duplicate", "name", "Mine").to("/sign-in?next=" + url.QueryEscape(room+"?name=Mine&open=duplicate"))
	for _, page := range []string{room + "/customize", room + "/lobby", "/"} {
		ada.get(page).is(http.StatusOK).misses("Stolen").misses("/image/")
	}
	if n := strings.Count(ada.get("/").body, `class="tile"`); n != 1 {
		t.Errorf("%d rooms", n)
	}
}

// What was sent is shown as small JPEGs of our own, which browsers may keep for ever and may run nothing of.
func TestPicturesOnTheWire(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	r := ada.room("Office", "meeting")
	room := "/rooms/" + string(r.ID)
	ada.sends(room+"/customize", snap(t, 4000, 3000), "colour", "3", "chat", "yes").is(http.StatusSeeOther).to(room + "/customize?saved=1")
	tile := imageOn(t, ada.get("/"))
	large := imageOn(t, ada.get(room+"/customize?saved=1").sees("Saved."))
	if tile == large {
		t.Error("the tile shows the large picture")
	}
	for path, most := range map[string]int{tile: 15_000, large: 300_000} {
		got := h.browser().get(path).is(http.StatusOK)
		want := map[string]string{"Content-Type": "image/jpeg", "Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff",
			"Content-Security-Policy": "default-src 'none'; sandbox", "Set-Cookie": ""}
		for header, value := range want {
			if got.header.Get(header) != value {
				t.Errorf("%s: %s is %q", path, header, got.header.Get(header))
			}
		}
		shape, err := jpeg.DecodeConfig(strings.NewReader(got.body))
		if err != nil || len(got.body) > most || shape.Width*9/16 != shape.Height {
			t.Errorf("%s: %v, %d bytes, %v", path, shape, len(got.body), err)
		}
	}
	nothing := h.browser().get("/no/such/page").body
	for _, path := range []string{"/image/" + strings.Repeat("0", 64), tile + "0", strings.ToUpper(tile), "/image/x", "/image/..%2f..%2fetc%2fpasswd", "/image/" + strings.Repeat("a", 9000)} {
		got := h.browser().get(path).is(http.StatusNotFound)
		if got.body != nothing || strings.Contains(got.header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s is not like what is not here: %s", path, got.header.Get("Cache-Control"))
		}
	}
}

// A form that comes back holds what was typed and ticked, also what was not ticked.
func TestLooksKeepWhatWasTyped(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	r := ada.room("Office", "meeting")
	room := "/rooms/" + string(r.ID)
	ticked := func(a answered, field string) bool {
		tag := regexp.MustCompile(`<input[^>]*name="` + field + `"[^>]*>`).FindString(a.body)
		if tag == "" {
			t.Fatalf("no field %s in\n%s", field, a.body)
		}
		return strings.Contains(tag, " checked")
	}
	for _, c := range []struct {
		name, field, says string
		send              func() answered
	}{
		{"a colour that is none", "colour", "Choose one of the colours", func() answered { return ada.sends(room+"/customize", snap(t, 40, 30), "colour", "13", "hands", "yes") }},
		{"a drawing", "image", "SVG drawing", func() answered {
			return ada.sends(room+"/customize", []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), "colour", "4", "hands", "yes")
		}},
	} {
		got := c.send().is(http.StatusUnprocessableEntity).sees(c.says).sees(`id="e-` + c.field + `"`)
		for field, want := range map[string]bool{"chat": false, "reactions": false, "hands": true} {
			if ticked(got, field) != want {
				t.Errorf("%s: %s is ticked: %v", c.name, field, !want)
			}
		}
		if again := strings.Contains(got.body, "Choose the image again"); again != (c.field != "image") {
			t.Errorf("%s: the lost picture is told of: %v", c.name, again)
		}
	}
	ada.post(room+"/customize", "colour", "4", "chat", "yes").is(http.StatusSeeOther)
	saved := ada.get(room + "/customize")
	for field, want := range map[string]bool{"chat": true, "reactions": false, "hands": false} {
		if ticked(saved, field) != want {
			t.Errorf("after saving %s is ticked: %v", field, !want)
		}
	}
	saved.sees(`value="4" checked`)

	long := strings.Repeat("<b>x", 200)
	got := ada.post(room+"/lobby", "title", "Fine", "message", long).is(http.StatusUnprocessableEntity).sees(`id="e-message"`).sees(`value="Fine"`)
	got.sees(strings.Repeat("&lt;b&gt;x", 200)).misses("<b>x")
	ada.post(room+"/lobby", "title", strings.Repeat("y", 81), "message", "\nFine").is(http.StatusUnprocessableEntity).sees(`id="e-title"`).sees(">\n\nFine</textarea>")

	copied := ada.post(room+"/duplicate", "name", strings.Repeat("z", 81), "lock", "yes").is(http.StatusUnprocessableEntity).
		sees(`aria-label="Duplicate room" open`).sees(`id="e-copy"`).sees(strings.Repeat("z", 81)).misses(`id="e-name"`)
	for field, want := range map[string]bool{"theme": false, "look": false, "lobby": false, "lock": true} {
		if ticked(copied, field) != want {
			t.Errorf("in the dialog %s is ticked: %v", field, !want)
		}
	}
	to := ada.post(room+"/duplicate", "name", "A copy", "look", "yes").is(http.StatusSeeOther).header.Get("Location")
	ada.get(to).is(http.StatusOK).sees("A copy").misses(r.Slug).misses("Duplicate " + r.Name)
	ada.get("/rooms/" + string(ada.room(strings.Repeat("é", 80), "meeting").ID)).sees(strings.Repeat("é", 74) + ", copy")
}

// A picture of 20 MB is refused beside its field with all the rest kept, however the bytes arrive.
func TestALargePictureIsToldBesideItsField(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	r := ada.room("Office", "meeting")
	large := append(snap(t, 40, 30), make([]byte, 20<<20)...)
	for range 2 {
		ada.sends("/rooms/"+string(r.ID)+"/lobby", large, "title", "Typed before", "message", "Typed as well").is(http.StatusUnprocessableEntity).
			sees("larger than 10 MB").sees(`id="e-image"`).sees(`value="Typed before"`).sees("Typed as well")
	}
	body, kind := parts(t, large, "title", "Typed before", "message", "Typed as well")
	answer, sent := ada.raw("/rooms/"+string(r.ID)+"/lobby", kind, len(body), bytes.NewReader(body))
	if sent != int64(len(body)) || !strings.HasPrefix(answer, "HTTP/1.1 422 ") || !strings.Contains(answer, `id="e-image"`) || !strings.Contains(answer, "Typed as well") {
		t.Errorf("sent %d of %d bytes and got\n%.3000s", sent, len(body), answer)
	}
	ada.get("/rooms/" + string(r.ID) + "/lobby").misses("Typed before")
}

// What is longer than any form is not read to its end.
func TestAnEndlessFormIsCutOff(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	r := ada.room("Office", "meeting")
	const length = 60 << 20
	head := "--b\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.jpg\"\r\n\r\n"
	answer, sent := ada.raw("/rooms/"+string(r.ID)+"/customize", "multipart/form-data; boundary=b", length, io.MultiReader(strings.NewReader(head), endless{}))
	if sent >= length-(4<<20) {
		t.Errorf("%d of %d bytes were taken", sent, length)
	}
	if answer != "" && !strings.HasPrefix(answer, "HTTP/1.1 422 ") {
		t.Errorf("the answer is\n%.2000s", answer)
	}
	ada.get("/").is(http.StatusOK).sees("Office")
}

// Fields without a value are no way around the limit either, with however long or many names.
func TestAFormOfManyFields(t *testing.T) {
	t.Parallel()
	h := start(t)
	r := h.host("ada", false).room("Office", "meeting")
	for what, fields := range map[string][]string{"many": make([]string, 100_000), "long": {strings.Repeat("n", 100_000)}} {
		var body bytes.Buffer
		for i, name := range fields {
			fmt.Fprintf(&body, "--b\r\nContent-Disposition: form-data; name=\"%s%d\"\r\n\r\n\r\n", name, i)
		}
		body.WriteString("--b--\r\n")
		answer, _ := h.browser().raw("/r/"+r.Slug, "multipart/form-data; boundary=b", body.Len(), &body)
		if !strings.HasPrefix(answer, "HTTP/1.1 422 ") || !strings.Contains(answer, "more than this form takes") {
			t.Errorf("%s: %.300s", what, answer)
		}
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// raw writes a request by hand, as much of its body as the server takes, and reads what is answered meanwhile.
func (b *browser) raw(path, kind string, length int, body io.Reader) (answer string, sent int64) {
	b.h.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(b.h.url, "http://"))
	if err != nil {
		b.h.t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	at, _ := http.NewRequest(http.MethodPost, b.h.url+path, nil)
	var cookies []string
	for _, c := range b.client.Jar.Cookies(at.URL) {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n",
		path, at.URL.Host, strings.Join(cookies, "; "), kind, length)
	got := make(chan string, 1)
	go func() {
		res, err := http.ReadResponse(bufio.NewReader(conn), at)
		if err != nil {
			got <- ""
			return
		}
		var out bytes.Buffer
		_ = res.Write(&out)
		got <- out.String()
	}()
	sent, _ = io.Copy(conn, io.LimitReader(body, int64(length))) // an error is the server's no
	return <-got, sent
}

// Many large pictures at once cost a bounded amount of memory, whoever sends them.
func TestManyLargePicturesAtOnce(t *testing.T) {
	h := start(t)
	ada := h.host("ada", false)
	r := ada.room("Office", "meeting")
	files := manyFiles(t, 4, 10<<20)
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	var peak atomic.Uint64
	done := make(chan struct{})
	go func() {
		for tick := time.NewTicker(10 * time.Millisecond); ; {
			select {
			case <-done:
				return
			case <-tick.C:
				var now runtime.MemStats
				runtime.ReadMemStats(&now)
				peak.Store(max(peak.Load(), now.HeapAlloc))
			}
		}
	}()
	var all sync.WaitGroup
	for range 24 {
		all.Go(func() {
			h.browser().raw("/r/"+r.Slug, "multipart/form-data; boundary=b", len(files), bytes.NewReader(files))
		})
	}
	all.Wait()
	close(done)
	if grew := int64(peak.Load()) - int64(before.HeapAlloc); grew > 400<<20 {
		t.Errorf("24 forms of 40 MB took %d MB", grew>>20)
	} else {
		t.Logf("24 forms of 40 MB took %d MB at the most", grew>>20)
	}
	if shown := strings.Count(ada.get("/").body, meet.Initials("Somebody")); shown > 24 {
		t.Error("odd: ", shown)
	}
}

// manyFiles is a form with several files, each of the largest size.
func manyFiles(t testing.TB, n, size int) []byte {
	t.Helper()
	var b bytes.Buffer
	for range n {
		b.WriteString("--b\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.jpg\"\r\n\r\n")
		b.Write(make([]byte, size))
		b.WriteString("\r\n")
	}
	b.WriteString("--b--\r\n")
	return b.Bytes()
}

// A picture beside a name is opened after the door (decision 27): a file that is none is not even looked at where one may
// not come in, and what is wrong with the door is said instead.
func TestPicturesComeAfterTheDoor(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, guest := h.host("ada", false), h.browser()
	r := ada.room("Office", "meeting")
	join := func(ask string) answered {
		t.Helper()
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		for k, v := range map[string]string{"name": "Bob", "ask": ask} {
			_ = form.WriteField(k, v)
		}
		part, _ := form.CreateFormFile("image", "me.png")
		_, _ = part.Write([]byte("no picture at all"))
		form.Close()
		req, _ := http.NewRequest(http.MethodPost, h.url+"/r/"+r.Slug, &body)
		req.Header.Set("Content-Type", form.FormDataContentType())
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		return guest.do(req)
	}
	const wrong = `id="e-image"`
	join("").is(http.StatusUnprocessableEntity).sees(wrong)
	ada.post("/rooms/"+string(r.ID)+"/privacy", "locked", "yes").is(http.StatusSeeOther)
	join("").is(http.StatusForbidden).sees("This room is locked").misses(wrong)
	join("yes").is(http.StatusUnprocessableEntity).sees(wrong)
	ada.post("/rooms/" + string(r.ID) + "/delete").is(http.StatusSeeOther)
	join("yes").is(http.StatusNotFound).misses(wrong)
}

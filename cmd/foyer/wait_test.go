package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"foyer/meet"
	"foyer/replica"
)

// soon is how long something that a person waits for may take in a test; figures of the real time are bench's.
const soon = 10 * time.Second

// locked makes a room that one has to ask for, with a host inside who goes by another name than the account's.
func (b *browser) locked(name string) (r meet.Room, inside *ear) {
	b.h.t.Helper()
	r = b.room(name, "meeting")
	b.lock(r, true)
	b.post("/r/"+r.Slug, "name", "Inner Ada").is(http.StatusSeeOther).to("/r/" + r.Slug + "/live")
	inside = b.listen("/r/" + r.Slug + "/stream?tab=host")
	inside.until("people", "Inner Ada")
	return r, inside
}

func (b *browser) lock(r meet.Room, yes bool) {
	b.h.t.Helper()
	b.post("/rooms/"+string(r.ID)+"/privacy", "locked", map[bool]string{true: "yes", false: "no"}[yes]).is(http.StatusSeeOther)
}

// ask knocks, as the lobby's form does, and opens the waiting page's stream.
func (b *browser) ask(r meet.Room, name string) (waiting *ear) {
	b.h.t.Helper()
	b.post("/r/"+r.Slug, "name", name, "ask", "yes").is(http.StatusSeeOther).to("/r/" + r.Slug + "/wait")
	waiting = b.listen("/r/" + r.Slug + "/wait/stream")
	waiting.until("wait", "Asking to join")
	return waiting
}

// quietly sends a form as a script does.
func (b *browser) quietly(path string, fields ...string) answered {
	b.h.t.Helper()
	return b.send(http.MethodPost, path, form(fields...), map[string]string{"Sec-Fetch-Site": "same-origin", "X-Foyer-Quiet": "1"})
}

func (b *browser) answer(r meet.Room, how, pass string) answered {
	b.h.t.Helper()
	return b.quietly("/r/"+r.Slug+"/knocks", "answer", how, "pass", pass)
}

var knockCard = regexp.MustCompile(`(?s)data-knock="(\w+)".*?<b>(.*?)</b>`)

// knocker finds the card of somebody who asks.
func knocker(t testing.TB, queue, name string) (pass string) {
	t.Helper()
	for _, found := range knockCard.FindAllStringSubmatch(queue, -1) {
		if strings.TrimSpace(found[2]) == name {
			pass = found[1]
		}
	}
	if pass == "" {
		t.Fatalf("%s does not knock: %s", name, queue)
	}
	return pass
}

// leads waits for the end of a waiting page and where it sends the browser.
func (e *ear) leads(to string) {
	e.t.Helper()
	began := time.Now()
	if got := e.until("done", "").data; got != to {
		e.t.Errorf("the page is led to %q, want %q", got, to)
	}
	if took := time.Since(began); took > soon {
		e.t.Errorf("it took %s", took)
	}
	e.ends()
}

// earlier moves the times of all passes back, as if that much had gone by.
func (h *house) earlier(d time.Duration) {
	h.t.Helper()
	err := h.keep.Write(h.t.Context(), func(ctx context.Context, tx *replica.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE pass SET denied_at = denied_at - ?1, decided_at = decided_at - ?1, closed_at = closed_at - ?1`, d.Milliseconds())
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// Journey 4 over HTTP: somebody asks, every host hears of it on every page, one admits, and the guest is in by itself.
func TestAskingToJoin(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, cleo, bob := h.host("ada", false), h.browser(), h.browser()
	r, inside := ada.locked("Office")
	cleo.get(ada.hostLink(r))
	cleo.post("/r/"+r.Slug, "name", "Cleo").is(http.StatusSeeOther)
	beside := cleo.listen("/r/" + r.Slug + "/stream?tab=1")
	dashboard, customizing := ada.listen("/stream"), ada.listen("/stream?only=knocks")

	bob.get("/r/" + r.Slug).is(http.StatusOK).sees("Ask to join").sees("Somebody is inside").misses("Inner Ada").misses("Cleo")
	bob.post("/r/"+r.Slug, "name", "Bob").is(http.StatusForbidden).sees("This room is locked")
	bob.post("/r/"+r.Slug, "name", " ", "ask", "yes").is(http.StatusUnprocessableEntity).sees("name")
	bob.post("/r/"+r.Slug, "name", "Bob Marsh", "headline", "Choir, alto", "ask", "yes").is(http.StatusSeeOther).to("/r/" + r.Slug + "/wait")
	bob.get("/r/" + r.Slug + "/wait").is(http.StatusOK).sees("Asking to join").sees("Bob Marsh").sees("Hosted by ada").misses("Inner Ada")
	waiting := bob.listen("/r/" + r.Slug + "/wait/stream")
	waiting.until("wait", "Asking to join")

	card := inside.until("queue", "Choir, alto").data
	beside.until("queue", "Admit, Bob Marsh")
	dashboard.until("", "Admit, Bob Marsh")
	customizing.until("queue", "Deny, Bob Marsh")
	ada.get("/").sees("Admit, Bob Marsh")

	pass := knocker(t, card, "Bob Marsh")
	cleo.answer(r, "admit", pass).is(http.StatusNoContent)
	waiting.leads("/r/" + r.Slug + "/live")
	for _, e := range []*ear{inside, customizing} {
		e.until("queue", "Admitted by Cleo")
	}
	dashboard.until("", "Admitted by Cleo")
	ada.answer(r, "deny", pass).is(http.StatusConflict).sees("Admitted by Cleo")
	ada.answer(r, "admit", pass).is(http.StatusConflict).sees("Admitted by Cleo")

	bob.get("/r/" + r.Slug + "/wait").is(http.StatusSeeOther).to("/r/" + r.Slug + "/live")
	bob.get("/r/" + r.Slug + "/live").is(http.StatusOK).sees("Participants").sees("Inner Ada")
	bob.listen("/r/"+r.Slug+"/stream?tab=1").until("people", "Bob Marsh")
	inside.until("people", "Bob Marsh")
	h.earlier(meet.DecisionShown)
	for ev := inside.until("queue", ""); strings.Contains(ev.data, "Bob Marsh"); ev = inside.until("queue", "") {
		continue // until the answered card is taken off
	}
}

// The lobby's form brings a picture along; the card shows none, and once inside everybody sees it.
func TestAskingWithAPicture(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, bob := h.host("ada", false), h.browser()
	r, inside := ada.locked("Office")
	bob.form("/r/"+r.Slug, face(t), "name", "Bob", "ask", "yes", "colour", "3").is(http.StatusSeeOther).to("/r/" + r.Slug + "/wait")
	card := inside.until("queue", "Bob").data
	if strings.Contains(card, "/image/") || strings.Contains(card, "<img") {
		t.Error("a stranger's picture stands on the card:", card)
	}
	ada.answer(r, "admit", knocker(t, card, "Bob")).is(http.StatusNoContent)
	bob.listen("/r/"+r.Slug+"/stream?tab=1").until("people", "Bob")
	hash := between(inside.until("people", "/image/").data, `/image/`, `"`)
	if got := ada.get("/image/" + hash).is(http.StatusOK); got.header.Get("Content-Type") != "image/jpeg" {
		t.Error(got.header)
	}
}

// form sends fields and a file as a browser does.
func (b *browser) form(path string, image []byte, fields ...string) answered {
	b.h.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i := 0; i+1 < len(fields); i += 2 {
		_ = w.WriteField(fields[i], fields[i+1])
	}
	part, err := w.CreateFormFile("image", "face.png")
	if err != nil {
		b.h.t.Fatal(err)
	}
	_, _ = part.Write(image)
	w.Close()
	req, err := http.NewRequest(http.MethodPost, b.h.url+path, &body)
	if err != nil {
		b.h.t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(req)
}

// Deny is polite, and three are enough until a host says otherwise.
func TestDenied(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, bob := h.host("ada", false), h.browser()
	r, inside := ada.locked("Office")
	door := "/r/" + r.Slug
	pass := ""
	for n := 1; n <= meet.MostDenials; n++ {
		waiting := bob.ask(r, "Bob")
		pass = knocker(t, inside.until("queue", "Deny, Bob").data, "Bob")
		ada.answer(r, "deny", pass).is(http.StatusNoContent)
		waiting.leads(door)
		inside.until("queue", "Denied by Inner Ada")
		lobby := bob.get(door).is(http.StatusOK).sees("Hosted by ada").misses("denied").misses("Denied")
		again := bob.post(door, "name", "Bob", "ask", "yes").is(http.StatusTooManyRequests).sees(`value="Bob"`)
		if n < meet.MostDenials {
			lobby.sees("Nobody could let you in just now")
			again.sees("half a minute")
		} else {
			lobby.sees("The hosts did not let you in three times").misses(`name="ask"`)
		}
		bob.get(door + "/live").is(http.StatusSeeOther).to(door)
		h.earlier(meet.AskAgainAfter)
	}
	bob.post(door, "name", "Bob", "ask", "yes").is(http.StatusTooManyRequests)
	inside.until("kept", "Allow back, Bob")
	bob.quietly(door+"/allow", "pass", pass).is(http.StatusForbidden)
	ada.quietly(door+"/allow", "pass", pass).is(http.StatusNoContent)
	bob.ask(r, "Bob")
}

// What else ends waiting: the door opens, the room goes, the person gives up, a host ends the call.
func TestWaitingEnds(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, bob := h.host("ada", false), h.browser()
	for _, c := range []struct {
		name string
		do   func(r meet.Room)
		to   string // in the room's own words, {} is its slug
	}{
		{"unlocked", func(r meet.Room) { ada.lock(r, false) }, "/r/{}/live"},
		{"deleted", func(r meet.Room) { ada.post("/rooms/" + string(r.ID) + "/delete").is(http.StatusSeeOther) }, "/r/{}"},
		{"stopped", func(r meet.Room) {
			bob.post("/r/" + r.Slug + "/wait/stop").is(http.StatusSeeOther).to("/r/" + r.Slug)
		}, "/r/{}"},
		{"ended", func(r meet.Room) { ada.quietly("/r/" + r.Slug + "/end").is(http.StatusNoContent) }, "/r/{}"},
		{"admitted with all", func(r meet.Room) { ada.answer(r, "admit", "").is(http.StatusNoContent) }, "/r/{}/live"},
	} {
		r, inside := ada.locked("Office " + c.name)
		waiting := bob.ask(r, "Bob")
		inside.until("queue", "Bob")
		c.do(r)
		waiting.leads(strings.ReplaceAll(c.to, "{}", r.Slug))
		bob.listen("/r/" + r.Slug + "/wait/stream").ends() // and a page that comes back late learns the same
	}
}

// A reload keeps the place, a closed page is away after five seconds, and two minutes later the request is withdrawn.
func TestPlacesAreKept(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, bob, eve := h.host("ada", false), h.browser(), h.browser()
	r, inside := ada.locked("Office")
	first := bob.ask(r, "Bob")
	eve.ask(r, "Eve")
	inside.until("queue", `data-asking="2"`)
	first.close()
	again := bob.listen("/r/" + r.Slug + "/wait/stream")
	again.until("wait", "Asking to join")
	bob.post("/r/"+r.Slug, "name", "Bob", "ask", "yes").is(http.StatusSeeOther).to("/r/" + r.Slug + "/wait")
	queue := ada.get("/r/" + r.Slug + "/knocks").is(http.StatusOK).body
	if strings.Count(queue, "data-knock=") != 2 || strings.Index(queue, "Admit, Bob") > strings.Index(queue, "Admit, Eve") {
		t.Error("a reload cost the place:", queue)
	}
	again.close()
	if ev := inside.until("queue", "away"); !strings.Contains(ev.data, `data-asking="1"`) {
		t.Error("who is away counts:", ev.data)
	}
	h.earlier(meet.WithdrawnAfter)
	for ev := inside.until("queue", ""); strings.Contains(ev.data, "Bob"); ev = inside.until("queue", "") {
		continue
	}
	bob.get("/r/" + r.Slug + "/wait").is(http.StatusSeeOther).to("/r/" + r.Slug)
}

// Without a script the page loads itself, which keeps the place as a stream would.
func TestWaitingWithoutAScript(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, bob := h.host("ada", false), h.browser()
	r, inside := ada.locked("Office")
	bob.post("/r/"+r.Slug, "name", "Bob", "ask", "yes").is(http.StatusSeeOther)
	inside.until("queue", "Admit, Bob")
	inside.until("queue", "away") // nothing keeps it
	bob.get("/r/" + r.Slug + "/wait").sees("?still=1")
	bob.get("/r/" + r.Slug + "/wait?still=1").is(http.StatusOK).sees("Asking to join")
	if ev := inside.until("queue", `data-asking="1"`); strings.Contains(ev.data, "away") {
		t.Error(ev.data)
	}
	deadline := time.Now().Add(meet.AbsentAfter + soon)
	for time.Now().Before(deadline) { // longer than a closed page would keep it
		if queue := ada.get("/r/" + r.Slug + "/knocks").body; strings.Contains(queue, "away") {
			t.Fatal("the place was lost between two loads:", queue)
		}
		time.Sleep(200 * time.Millisecond)
	}
	ada.answer(r, "admit", "").is(http.StatusNoContent)
	bob.get("/r/" + r.Slug + "/wait?still=1").is(http.StatusSeeOther).to("/r/" + r.Slug + "/live")
	bob.get("/r/" + r.Slug + "/live").is(http.StatusOK).sees("Inner Ada")
}

// Only hosts of this room answer; to everybody else the queue is not there.
func TestWhoAnswersKnocks(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, other, bob, guest := h.host("ada", false), h.host("other", false), h.browser(), h.browser()
	r, inside := ada.locked("Office")
	guest.ask(r, "Guest")
	ada.answer(r, "admit", knocker(t, inside.until("queue", "Guest").data, "Guest")).is(http.StatusNoContent)
	guest.listen("/r/"+r.Slug+"/stream?tab=1").until("people", "Guest")
	waiting := bob.ask(r, "Bob")
	pass := knocker(t, inside.until("queue", "Bob").data, "Bob")
	for who, c := range map[string]struct {
		b    *browser
		want int
	}{"a guest inside": {guest, http.StatusForbidden}, "another account": {other, http.StatusNotFound}, "oneself": {bob, http.StatusNotFound}, "a stranger": {h.browser(), http.StatusNotFound}} {
		for _, how := range []string{"admit", "deny"} {
			for _, whom := range []string{pass, ""} {
				if got := c.b.answer(r, how, whom).status; got != c.want && !(how == "deny" && whom == "" && got == http.StatusUnprocessableEntity) {
					t.Errorf("%s: %s %q by %s: %d, want %d", who, how, whom, who, got, c.want)
				}
			}
		}
		c.b.get("/r/" + r.Slug + "/knocks").is(c.want).misses("Bob")
	}
	theirs := other.room("Theirs", "meeting") // a host, but of another room
	other.answer(theirs, "admit", pass).is(http.StatusConflict).misses("Bob")
	ada.get("/r/" + r.Slug + "/knocks").sees("Admit, Bob")
	for _, how := range []string{"", "yes", "ADMIT"} {
		ada.answer(r, how, pass).is(http.StatusUnprocessableEntity)
	}
	for len(waiting.events) > 0 {
		if ev := <-waiting.events; ev.name == "done" {
			t.Error("somebody's answer counted:", ev)
		}
	}
}

// face is a picture nobody else has.
func face(t testing.TB) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 200, 200))
	seed := rand.Text()
	for i := range img.Pix {
		img.Pix[i] = seed[i/400%len(seed)] | byte(i&3/3*255)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Stop asking is pressed twice, or a moment after a host answered: both lead where the first would have.
func TestStopAskingTwice(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, bob := h.host("ada", false), h.browser()
	r, inside := ada.locked("Office")
	door := "/r/" + r.Slug
	stops := func() { bob.post(door + "/wait/stop").is(http.StatusSeeOther).to(door) }
	bob.ask(r, "Bob")
	inside.until("queue", "Admit, Bob")
	stops()
	stops()
	bob.ask(r, "Bob")
	ada.answer(r, "admit", "").is(http.StatusNoContent)
	stops()
}

package main

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"foyer/meet"
)

// secret is what stands in everything that belongs to the inside of a room in these tests: names, headlines, chat.
const secret = "Kanarienvogel"

// busy is a locked room in which everything that must not come out is going on.
type busy struct {
	meet.Room
	host, guest *browser
	inside      *ear // the host's page
	guestPass   string
	ticket      string // the host's
	hash        string // of the guest's picture
}

func (h *house) busy() busy {
	h.t.Helper()
	b := busy{host: h.host("ada", false), guest: h.browser()}
	b.Room = b.host.room("Office", "meeting")
	b.host.post("/r/"+b.Slug, "name", secret+" Ada").is(http.StatusSeeOther)
	b.inside = b.host.listen("/r/" + b.Slug + "/stream?tab=1")
	b.ticket = b.inside.until("ticket", "").data
	b.guest.form("/r/"+b.Slug, face(h.t), "name", secret+" Guest", "headline", secret+" soprano").is(http.StatusSeeOther)
	b.guest.listen("/r/" + b.Slug + "/stream?tab=1")
	people := b.inside.until("people", secret+" Guest").data
	b.hash = between(people, "/image/", `"`)
	b.guestPass = strings.TrimPrefix(regexp.MustCompile(`id="person-(\w+)"[^>]*>\s*<span[^>]*>[^<]*<img`).FindString(people), `id="person-`)
	b.guestPass = between(b.guestPass+`"`, "", `"`)
	b.guest.quietly("/r/"+b.Slug+"/chat", "text", secret+" sings").is(http.StatusNoContent)
	b.host.lock(b.Room, true)
	if b.hash == "" || b.guestPass == "" {
		h.t.Fatal("nothing to keep secret in ", people)
	}
	return b
}

// canaries are what nobody outside may be sent.
func (b busy) canaries() []string {
	return []string{secret, b.hash, b.guestPass, b.ticket, `"slot":`, "v=0\r\n", "a=candidate", "a=ice-ufrag", "a=fingerprint"}
}

func (b busy) silent(a answered) {
	a.t.Helper()
	for _, c := range b.canaries() {
		a.misses(c)
		for k, v := range a.header {
			if strings.Contains(strings.Join(v, " "), c) {
				a.t.Errorf("%s: %q in the header %s", a.asked, c, k)
			}
		}
	}
}

// knocked is every address of a room with what it answers to somebody who waits.
var knocked = []struct {
	method, path string
	fields       []string
	want         int
}{
	{"GET", "/r/:slug", nil, 200},
	{"POST", "/r/:slug", []string{"name", "Bob"}, 403},
	{"GET", "/r/:slug/wait", nil, 200},
	{"GET", "/r/:slug/live", nil, 303},
	{"GET", "/r/:slug/stream", nil, 403},
	{"POST", "/r/:slug/devices", []string{"mic", "yes", "camera", "yes"}, 403},
	{"POST", "/r/:slug/leave", nil, 403},
	{"GET", "/r/:slug/chat", nil, 403},
	{"POST", "/r/:slug/chat", []string{"text", "smuggled"}, 403},
	{"POST", "/r/:slug/chat/delete", []string{"n", "1"}, 404},
	{"POST", "/r/:slug/react", []string{"reaction", "👍"}, 403},
	{"POST", "/r/:slug/hand", []string{"up", "yes"}, 403},
	{"GET", "/r/:slug/knocks", nil, 404},
	{"POST", "/r/:slug/knocks", []string{"answer", "admit"}, 404},
	{"POST", "/r/:slug/mute", []string{"pass", "{guest}"}, 404},
	{"POST", "/r/:slug/lower", []string{"pass", "{guest}"}, 404},
	{"POST", "/r/:slug/remove", []string{"pass", "{guest}"}, 404},
	{"POST", "/r/:slug/allow", []string{"pass", "{guest}"}, 404},
	{"POST", "/r/:slug/end", nil, 404},
	{"POST", "/r/:slug/start", nil, 404},
	{"POST", "/rooms/:id/privacy", []string{"locked", "no"}, 404},
	{"POST", "/media/:room/receive", []string{"v", "0"}, 403},
	{"POST", "/media/:room/send", []string{"v", "0"}, 403},
	{"PUT", "/media/:room/receive/:id/view", nil, 403},
	{"DELETE", "/media/:room/:direction/:id", nil, 403},
}

// streamed are the addresses that have a test of their own below or beside this one.
var streamed = []string{"GET /r/:slug/door", "GET /r/:slug/wait/stream", "POST /r/:slug/wait/stop"}

// Who waits gets nothing of a room and does nothing in it, on any of its addresses, whatever they send along: also
// somebody who was inside a minute ago and kept the pass and the ticket (trust.md N1, N4, N6, C06–C08).
func TestNothingIsOpenToWhoWaits(t *testing.T) {
	t.Parallel()
	h := start(t)
	b := h.busy()
	returning, waiting := h.browser(), h.browser()
	b.host.lock(b.Room, false)
	returning.post("/r/"+b.Slug, "name", "Returning").is(http.StatusSeeOther)
	page := returning.listen("/r/" + b.Slug + "/stream?tab=1")
	old := page.until("ticket", "").data
	returning.post("/r/" + b.Slug + "/leave").is(http.StatusSeeOther)
	page.ends()
	b.host.lock(b.Room, true)
	returning.ask(b.Room, "Returning")
	waiting.ask(b.Room, "Bob")
	foreign := h.browser()
	theirs := h.host("other", false).room("Elsewhere", "meeting")
	foreign.post("/r/"+theirs.Slug, "name", "Bob").is(http.StatusSeeOther)
	elsewhere := foreign.listen("/r/"+theirs.Slug+"/stream?tab=1").until("ticket", "").data
	cut := strings.LastIndex(b.ticket, ".")

	fill := strings.NewReplacer(":slug", b.Slug, ":room", string(b.ID), "/rooms/:id", "/rooms/"+string(b.ID), ":direction", "receive", ":id", "x", "{guest}", b.guestPass)
	for _, row := range knocked {
		var fields []string
		for _, f := range row.fields {
			fields = append(fields, fill.Replace(f))
		}
		for name, ticket := range map[string]string{"none": "", "one's own of before": old, "of another room": elsewhere, "signed by oneself": b.ticket[:cut] + ".aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
			"another's without a signature": b.ticket[:cut], "for oneself": string(b.ID) + "." + b.guestPass + ".zzzzzz" + b.ticket[cut:]} {
			for who, p := range map[string]*browser{"waiting": waiting, "returning": returning} {
				headers := map[string]string{"Sec-Fetch-Site": "same-origin", "X-Foyer-Quiet": "1"}
				if ticket != "" {
					headers["Authorization"] = "Bearer " + ticket
				}
				more := form(append(fields, "role", "host", "room", string(b.ID), "state", "in", "browser", b.guestPass, "name", "Bob")...)
				got := p.send(row.method, fill.Replace(row.path), more, headers)
				b.silent(got)
				want := row.want
				if ticket == elsewhere && row.path == "/r/:slug/stream" {
					want = http.StatusNotFound // it names another room
				}
				if ticket == old && row.method == "DELETE" {
					want = http.StatusNoContent // one's own connections, which are closed already
				}
				if got.status != want && !(row.want == 404 && who == "returning" && got.status == 403) {
					t.Errorf("%s %s by somebody %s with the ticket %q: %d, want %d", row.method, row.path, who, name, got.status, want)
				}
			}
		}
	}
	b.host.get("/r/" + b.Slug + "/chat").is(http.StatusOK).sees(secret + " sings").misses("smuggled")
	b.host.get("/r/" + b.Slug + "/knocks").sees("Admit, Bob").sees("Admit, Returning")
	b.host.get("/").sees("Locked").sees("2 people inside")
}

// The walk above is whole: every address of a room and of its media is on it.
func TestEveryRouteOfARoomIsWalked(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../handlers/routes.go")
	if err != nil {
		t.Fatal(err)
	}
	walked := strings.Join(streamed, "\n") + "\n"
	for _, row := range knocked {
		walked += row.method + " " + row.path + "\n"
	}
	found := regexp.MustCompile(`\{(get|post|put|del), "((?:/r/|/media/)[^"]+)"`).FindAllStringSubmatch(string(text), -1)
	for _, r := range found {
		method := map[string]string{"get": "GET", "post": "POST", "put": "PUT", "del": "DELETE"}[r[1]]
		if !strings.Contains(walked, method+" "+r[2]+"\n") {
			t.Errorf("nobody tried %s %s while waiting", method, r[2])
		}
	}
	if len(found) < 20 {
		t.Error("routes.go was not read: ", found)
	}
}

// While everything goes on inside, the streams of who waits and of who stands at the door say nothing of it.
func TestStreamsOutsideAreSilent(t *testing.T) {
	t.Parallel()
	h := start(t)
	b := h.busy()
	outside := h.browser()
	door := outside.listen("/r/" + b.Slug + "/door")
	waiting := h.browser().ask(b.Room, "Bob")
	at := "/r/" + b.Slug
	for n := range 5 {
		b.guest.quietly(at+"/chat", "text", secret+" hums").is(http.StatusNoContent)
		b.guest.quietly(at+"/react", "reaction", "🎉").is(http.StatusNoContent)
		b.guest.quietly(at+"/hand", "up", map[bool]string{true: "yes", false: "no"}[n%2 == 0]).is(http.StatusNoContent)
		b.guest.quietly(at+"/devices", "mic", "yes", "camera", "no").is(http.StatusNoContent)
		b.host.quietly(at+"/mute", "pass", b.guestPass).is(http.StatusNoContent)
		b.host.quietly(at+"/chat/delete", "n", "2").is(http.StatusNoContent)
	}
	b.guest.post(at + "/leave").is(http.StatusSeeOther)
	b.host.post("/rooms/"+string(b.ID)+"/name", "name", "Renamed office").is(http.StatusSeeOther)
	door.hears("head", "Renamed office", b.canaries())
	waiting.hears("wait", "Renamed office", b.canaries())
	b.host.quietly(at + "/end").is(http.StatusNoContent)
	waiting.hears("done", at, b.canaries())
	b.host.post("/r/"+b.Slug, "name", secret+" Ada").is(http.StatusSeeOther)
	door.hears("inside", "Somebody is inside", b.canaries())
}

// hears is until for a stream on which some words must never come, in no event at all.
func (e *ear) hears(name, part string, never []string) {
	e.t.Helper()
	for {
		ev := e.next()
		for _, c := range never {
			if strings.Contains(ev.data, c) {
				e.t.Errorf("%q in the event %s: %s", c, ev.name, ev.data)
			}
		}
		if ev.name == name && strings.Contains(ev.data, part) {
			return
		}
	}
}

// next is the next event, whatever it is.
func (e *ear) next() event {
	e.t.Helper()
	select {
	case ev, ok := <-e.events:
		if !ok {
			e.t.Fatal("the stream ended")
		}
		return ev
	case <-time.After(20 * time.Second):
		e.t.Fatal("the stream says nothing")
	}
	return event{}
}

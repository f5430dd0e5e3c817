package main

import (
	"net/http"
	"strings"
	"testing"

	"foyer/meet"
)

// Who may do what, over HTTP: each row is one request by each kind of person.
func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, bob, root, anonymous, inside, left := h.host("ada", false), h.host("bob", false), h.host("root", true), h.browser(), h.browser(), h.browser()
	r := ada.room("Office", "meeting")
	webinar := ada.room("Open day", "webinar")
	inside.post("/r/"+r.Slug, "name", "Guest").is(http.StatusSeeOther)
	inside.post("/r/"+webinar.Slug, "name", "Guest").is(http.StatusSeeOther)
	left.post("/r/"+r.Slug, "name", "Gone").is(http.StatusSeeOther)
	left.post("/r/" + r.Slug + "/leave").is(http.StatusSeeOther)
	call := callOf(ada)
	e, _ := ada.asking("Talk")
	seat := h.register(e, "Zoë", "zoe@attendee.example", nil)
	asked, _ := ada.invites(r.ID, "Sam", "sam@speaker.example", "speaker")

	room, door := "/rooms/"+string(r.ID), "/r/"+r.Slug
	list, invitations := "/events/"+string(e.ID)+"/registrants", room+"/invitations"
	people := map[string]*browser{"AN": anonymous, "OH": bob, "AD": root, "GU": inside, "GO": left, "OW": ada}
	for _, c := range []struct {
		method, path string
		form         []string
		want         map[string]int // by actor; the others get the default
		others       int
	}{
		{"GET", "/", nil, map[string]int{"OH": 200, "AD": 200, "OW": 200}, 303},
		{"GET", "/rooms/new", nil, map[string]int{"OH": 200, "AD": 200, "OW": 200}, 303},
		{"GET", "/history", nil, map[string]int{"OH": 200, "AD": 200, "OW": 200}, 303},
		{"GET", "/account", nil, map[string]int{"OH": 200, "AD": 200, "OW": 200}, 303},
		{"GET", "/accounts", nil, map[string]int{"AD": 200, "AN": 303, "GU": 303, "GO": 303}, 404},
		{"GET", room, nil, map[string]int{"OW": 200, "OH": 404, "AD": 404}, 303},
		{"GET", room + "/tile", nil, map[string]int{"OW": 200, "OH": 404, "AD": 404}, 303},
		{"GET", room + "/links/host", nil, map[string]int{"OW": 200, "OH": 404, "AD": 404}, 303},
		{"GET", "/rooms/never", nil, map[string]int{"OW": 404, "OH": 404, "AD": 404}, 303},
		{"GET", call, nil, map[string]int{"OW": 200, "OH": 404, "AD": 404}, 303},
		{"POST", room + "/name", []string{"name", "Stolen"}, map[string]int{"OH": 404, "AD": 404}, 303},
		{"POST", room + "/privacy", []string{"locked", "no"}, map[string]int{"OW": 303, "OH": 404, "AD": 404, "AN": 404, "GU": 403, "GO": 403}, 0},
		{"POST", "/accounts/x/active", []string{"active", "no"}, map[string]int{"AD": 303, "OH": 404, "OW": 404}, 303},
		{"GET", list, nil, map[string]int{"OW": 200, "OH": 404, "AD": 404}, 303},
		{"GET", list + ".csv", nil, map[string]int{"OW": 200, "OH": 404, "AD": 404}, 303},
		{"GET", list + "/stream", nil, map[string]int{"OH": 404, "AD": 404}, 401},
		{"GET", "/events/never/registrants", nil, map[string]int{"OW": 404, "OH": 404, "AD": 404}, 303},
		{"GET", "/events/" + string(r.ID) + "/registrants", nil, map[string]int{"OW": 404, "OH": 404, "AD": 404}, 303},
		{"POST", list + "/import", nil, map[string]int{"OW": 422, "OH": 404, "AD": 404}, 303},
		{"POST", list + "/" + string(seat) + "/resend", nil, map[string]int{"OH": 404, "AD": 404}, 303},
		{"POST", list + "/" + string(seat) + "/remove", nil, map[string]int{"OH": 404, "AD": 404}, 303},
		{"POST", list + "/never/remove", nil, map[string]int{"OW": 404, "OH": 404, "AD": 404}, 303},
		{"GET", invitations, nil, map[string]int{"OW": 200, "OH": 404, "AD": 404}, 303},
		{"GET", invitations + "/stream", nil, map[string]int{"OH": 404, "AD": 404}, 401},
		{"POST", invitations, nil, map[string]int{"OW": 422, "OH": 404, "AD": 404}, 303},
		{"POST", invitations + "/" + string(asked) + "/resend", nil, map[string]int{"OH": 404, "AD": 404}, 303},
		{"POST", invitations + "/" + string(asked) + "/revoke", nil, map[string]int{"OH": 404, "AD": 404}, 303},
		{"POST", invitations + "/never/revoke", nil, map[string]int{"OW": 404, "OH": 404, "AD": 404}, 303},
		{"POST", "/accounts/invitations", nil, map[string]int{"AD": 422, "OW": 404, "OH": 404}, 303},
		{"POST", "/accounts/invitations/x/withdraw", nil, map[string]int{"AD": 303, "OW": 404, "OH": 404}, 303},
		{"GET", "/forgot", nil, nil, 200},
		{"GET", "/reset/x", nil, nil, 404},
		{"POST", "/begin/x", []string{"name", "Eve", "password", password}, nil, 404},
		{"GET", "/i/x", nil, nil, 404},
		{"GET", door, nil, nil, 200},
		{"GET", door + "/live", nil, map[string]int{"GU": 200}, 303},
		{"POST", door + "/devices", []string{"mic", "yes"}, map[string]int{"GU": 204}, 403},
		{"POST", door + "/leave", nil, nil, 403},
		{"POST", "/media/" + string(r.ID) + "/receive", nil, nil, 403},
		{"POST", "/media/" + string(r.ID) + "/send", nil, nil, 403},
		{"PUT", "/media/" + string(r.ID) + "/receive/x/view", nil, nil, 403},
		{"DELETE", "/media/" + string(r.ID) + "/send/x", nil, nil, 403},
	} {
		for code, p := range people {
			mine := c.path == room+"/name" || strings.HasPrefix(c.path, list+"/"+string(seat)) || strings.HasPrefix(c.path, invitations+"/"+string(asked)) || strings.HasSuffix(c.path, "s/stream")
			if c.path == door+"/leave" && code == "GU" || mine && code == "OW" {
				continue // these would really do it, or have no end
			}
			want, listed := c.want[code]
			if !listed {
				want = c.others
			}
			got := p.send(c.method, c.path, form(c.form...), map[string]string{"Sec-Fetch-Site": "same-origin"})
			if got.status != want {
				t.Errorf("%s %s by %s: %d, want %d", c.method, c.path, code, got.status, want)
			}
		}
	}
	ada.get(room).sees("Office").misses("Stolen")
	ada.get(list).sees("zoe@attendee.example")
	ada.get(invitations).sees("sam@speaker.example")
}

func callOf(b *browser) string {
	page := b.get("/history").is(http.StatusOK)
	_, rest, _ := strings.Cut(page.body, `href="/history/`)
	id, _, _ := strings.Cut(rest, `"`)
	return "/history/" + id
}

// What is not yours and what never existed are the same bytes, for everybody.
func TestNotHereIsOnePage(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, bob := h.host("ada", false), h.host("bob", false)
	r := ada.room("Office", "meeting")
	deleted := ada.room("Gone", "meeting")
	ada.post("/rooms/" + string(deleted.ID) + "/delete").is(http.StatusSeeOther)
	want := h.browser().get("/no/such/page").is(http.StatusNotFound).body
	for _, path := range []string{"/r/" + deleted.Slug, "/r/office-aaaaaaaaaaaaaaaa", "/h/aaaaaaaaaaaaaaaaaaaaaaaaaa", "/rooms/" + string(r.ID), "/rooms/never", "/accounts"} {
		if got := bob.get(path).is(http.StatusNotFound).body; got != want {
			t.Errorf("%s differs from the other pages that are not here:\n%s", path, got)
		}
	}
	for _, name := range []string{"ada", "Office", "Gone"} {
		bob.get("/r/" + deleted.Slug).misses(name)
	}
}

// A GET changes nothing: no page writes a row, whoever asks.
func TestGetWritesNothing(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, guest := h.host("ada", true), h.browser()
	r := ada.room("Office", "meeting")
	link := ada.hostLink(r)
	guest.post("/r/"+r.Slug, "name", "Guest").is(http.StatusSeeOther)
	call := callOf(ada)
	guest.listen("/r/"+r.Slug+"/stream?tab=1").until("ping", "") // or the house notes after five seconds that nobody is there
	e, _ := ada.asking("Talk")
	seat := h.register(e, "Zoë", "zoe@attendee.example", nil)
	_, asked := ada.invites(r.ID, "Sam", "sam@speaker.example", "speaker")
	ada.post("/accounts/invitations", "name", "Bea", "email", "bea@example.org").is(http.StatusSeeOther)
	begin, list := "/begin/"+h.ticket(meet.AccountLink), "/events/"+string(e.ID)+"/registrants"
	waitQuiet(h)
	before := h.keep.TXID()
	for _, path := range []string{list, list + ".csv", list + "?remove=" + string(seat), "/rooms/" + string(r.ID) + "/invitations", asked, begin, "/forgot", "/reset/x", "/", "/sign-in", "/setup", "/account", "/accounts", "/rooms/new", "/rooms/" + string(r.ID), "/rooms/" + string(r.ID) + "/tile",
		"/rooms/" + string(r.ID) + "/links/host", "/history", call, link, "/r/" + r.Slug, "/r/" + r.Slug + "/live", "/ended?why=left", "/healthz", "/readyz", "/nothing"} {
		for _, p := range []*browser{ada, guest, h.browser()} {
			p.get(path)
			p.send("HEAD", path, nil, nil)
		}
	}
	if after := h.keep.TXID(); after != before {
		t.Errorf("pages wrote: transaction %d before, %d after", before, after)
	}
}

// Capabilities leave the address at once, and the cookie that carries them cannot be read or passed to another room.
func TestHostLinks(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, guest := h.host("ada", false), h.browser()
	r, other := ada.room("Office", "meeting"), ada.room("Other", "meeting")
	for _, room := range []string{string(r.ID), string(other.ID)} {
		ada.post("/rooms/"+room+"/privacy", "locked", "yes").is(http.StatusSeeOther)
	}
	guest.post("/r/"+r.Slug, "name", "Guest").is(http.StatusForbidden).sees("This room is locked")
	link := ada.hostLink(r)
	went := guest.get(link).is(http.StatusSeeOther).to("/r/" + r.Slug)
	if token := strings.TrimPrefix(link, "/h/"); strings.Contains(went.header.Get("Set-Cookie"), token) {
		t.Error("the cookie shows the token")
	}
	guest.post("/r/"+other.Slug, "name", "Guest").is(http.StatusForbidden)
	guest.post("/r/"+r.Slug, "name", "Guest").is(http.StatusSeeOther)
	guest.get("/r/" + r.Slug + "/live").is(http.StatusOK).sees("Host")
	guest.post("/rooms/"+string(r.ID)+"/privacy", "locked", "no").is(http.StatusSeeOther) // a host by link may unlock
	guest.post("/rooms/" + string(r.ID) + "/delete").is(http.StatusSeeOther).to("/sign-in")
}

package main

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"foyer/meet"
	"foyer/store"
)

// asks invites somebody as the form does, and gives the invitation and its link.
func (b *browser) invites(room meet.ID, name, email, role string) (id meet.ID, link string) {
	b.h.t.Helper()
	page := "/rooms/" + string(room) + "/invitations"
	b.post(page, "name", name, "email", email, "role", role).is(http.StatusSeeOther).to(page + "?done=sent")
	if err := b.h.keep.Read().QueryRow(`SELECT id FROM invitation WHERE room = ? AND email = ?`, room, email).Scan(&id); err != nil {
		b.h.t.Fatal(err)
	}
	return id, "/i/" + b.h.store.InviteToken(id, 1)
}

func TestInvitationsByMail(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, sam := h.host("ada", false), h.browser()
	r := ada.room("Studio", "webinar")
	page := "/rooms/" + string(r.ID) + "/invitations"
	ada.get("/rooms/" + string(r.ID)).sees(page)
	ada.get(page).is(http.StatusOK).sees("Nobody yet").sees("Send invitation")
	ada.post(page, "name", "Sam", "email", "sam", "role", "moderator").is(http.StatusUnprocessableEntity).sees("not an email address").sees(`value="Sam"`).sees(`value="moderator" checked`)
	ada.post(page, "name", "Sam", "email", "sam@speaker.example", "role", "owner").is(http.StatusUnprocessableEntity).sees("Choose what they come as")
	id, link := ada.invites(r.ID, "Sam", "sam@speaker.example", "speaker")
	ada.get(page + "?done=sent").sees("on its way").sees("Speaker, sam@speaker.example").sees("Resend, Sam").sees("Revoke, Sam")
	list := ada.listen(page + "/stream")
	list.until("", "sam@speaker.example")

	went := sam.get(link).is(http.StatusSeeOther).to("/r/" + r.Slug)
	if strings.Contains(went.header.Get("Set-Cookie"), strings.TrimPrefix(link, "/i/")) {
		t.Error("the cookie shows the token")
	}
	sam.get("/r/" + r.Slug).is(http.StatusOK).sees(`value="Sam"`)
	sam.post("/r/"+r.Slug, "name", "Sam").is(http.StatusSeeOther).to("/r/" + r.Slug + "/live")
	inside := sam.listen("/r/" + r.Slug + "/stream?tab=a")
	inside.until("list", "Sam")
	list.until("", ">Came<")

	ada.post(page + "/" + string(id) + "/resend").is(http.StatusSeeOther)
	ada.get(page + "?revoke=" + string(id)).sees("Revoke the invitation of Sam?")
	ada.post(page + "/" + string(id) + "/revoke").is(http.StatusSeeOther).to(page + "?done=revoked")
	inside.until("done", "")
	list.until("", "Nobody yet")
	h.browser().get(link).is(http.StatusNotFound).sees("There is nothing here")
	sam.get("/r/" + r.Slug + "/live").is(http.StatusSeeOther)
	ada.post(page + "/" + string(id) + "/resend").is(http.StatusConflict).sees("does not stand any more")
	h.browser().get("/i/" + strings.Repeat("a", 26)).is(http.StatusNotFound)
	h.browser().get("/i/" + strings.TrimPrefix(ada.hostLink(r), "/h/")).is(http.StatusNotFound) // a host link is another kind
}

// Opening a link writes nothing and takes nothing away: a host who is invited, too, stays a host.
func TestInvitedAndMore(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, bob := h.host("ada", false), h.browser()
	r := ada.room("Office", "meeting")
	_, link := ada.invites(r.ID, "Bob", "bob@speaker.example", "attendee")
	waitQuiet(h)
	before := h.keep.TXID()
	bob.get(ada.hostLink(r)).is(http.StatusSeeOther)
	bob.get(link).is(http.StatusSeeOther)
	bob.get(link).is(http.StatusSeeOther)
	if h.keep.TXID() != before {
		t.Error("opening a link wrote something")
	}
	ada.post("/rooms/"+string(r.ID)+"/privacy", "locked", "yes").is(http.StatusSeeOther)
	bob.post("/r/"+r.Slug, "name", "Bob").is(http.StatusSeeOther)
	bob.get("/r/" + r.Slug + "/live").is(http.StatusOK).sees("Host")
}

// Links of one room do not take each other away, in whatever order they are opened: who is invited and registered comes as
// what gives most.
func TestLinksOfOneRoom(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	e := ada.plans("Talk")
	seat := "/j/" + h.seat(e, "zoe@attendee.example")
	_, invited := ada.invites(e.ID, "Zoë", "zoe@attendee.example", "moderator")
	host := ada.hostLink(e.Room)
	for _, links := range [][]string{{invited, seat}, {seat, invited}, {host, seat}, {seat, host}, {host, invited, seat}, {invited, seat, seat, seat, seat, seat}} {
		zoe := h.browser()
		for _, link := range links {
			zoe.get(link).is(http.StatusSeeOther).to("/r/" + e.Slug)
		}
		zoe.get("/r/" + e.Slug).is(http.StatusOK)
		zoe.post("/r/"+e.Slug, "name", "Zoë").is(http.StatusSeeOther).to("/r/" + e.Slug + "/live") // backstage
	}
	does(ada, store.StartEvent, store.Starting{Slug: e.Slug})
	all := h.browser()
	for _, link := range []string{host, invited} {
		all.get(link)
	}
	for _, name := range []string{"Somebody Else", "Zoë Quick"} { // at the second time in place of the first
		all.post("/e/"+e.Slug, "email", "zoe@attendee.example", "name", name).is(http.StatusSeeOther)
		all.get("/r/" + e.Slug).is(http.StatusOK).sees(`value="` + name + `"`)
	}
	all.get(seat)
	all.get("/r/" + e.Slug).misses("Zoë Quick") // the link may be somebody else's
	all.post("/r/"+e.Slug, "name", "Zoë").is(http.StatusSeeOther).to("/r/" + e.Slug + "/live")
	all.get("/r/" + e.Slug + "/live").is(http.StatusOK).sees("End for all")

	zoe, r := h.browser(), ada.room("Studio", "webinar")
	zoe.get(ada.hostLink(r))
	size := 0
	for i := range 12 {
		_, link := ada.invites(r.ID, "Zoë", fmt.Sprintf("zoe%d@attendee.example", i), "attendee")
		went := zoe.get(link).is(http.StatusSeeOther)
		if n := len(went.header.Get("Set-Cookie")); i > 4 && n != size {
			t.Errorf("after %d links the cookie has %d bytes, before %d", i+1, n, size)
		} else {
			size = n
		}
	}
}

// Whatever opens an account or a seat is not in the log.
func TestMailedLinksAreNotLogged(t *testing.T) {
	t.Parallel()
	h := start(t)
	root := h.host("root", true)
	r := root.room("Office", "meeting")
	_, link := root.invites(r.ID, "Bob", "bob@speaker.example", "speaker")
	root.post("/accounts/invitations", "name", "Zoë", "email", "zoe@example.org").is(http.StatusSeeOther)
	begin := h.ticket(meet.AccountLink)
	for _, path := range []string{link, "/begin/" + begin, "/reset/" + strings.Repeat("a", 26)} {
		h.browser().get(path)
		if token := path[strings.LastIndexByte(path, '/')+1:]; strings.Contains(h.log.String(), token) {
			t.Errorf("%s is in the log", path)
		}
	}
	if !strings.Contains(h.log.String(), "route=/begin/:token") {
		t.Error("the log was not looked at")
	}
}

// ticket is the token of the newest link of a kind.
func (h *house) ticket(kind meet.TokenKind) string {
	h.t.Helper()
	var id meet.ID
	if err := h.keep.Read().QueryRow(`SELECT id FROM ticket WHERE kind = ? AND email <> '' ORDER BY created_at DESC LIMIT 1`, kind).Scan(&id); err != nil {
		h.t.Fatal(err)
	}
	secret, _, err := instanceSecret(h.config.Data.Data)
	if err != nil {
		h.t.Fatal(err)
	}
	return meet.Mint(secret, kind, id, 1)
}

func TestForgottenPassword(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, phone := h.host("ada", false), h.browser()
	phone.get("/sign-in").sees(`href="/forgot"`)
	phone.get("/forgot").is(http.StatusOK).sees("Send the link")
	phone.post("/forgot", "email", "ada").is(http.StatusUnprocessableEntity).sees("not an email address").sees(`value="ada"`)
	known := phone.post("/forgot", "email", "ada@example.org").is(http.StatusSeeOther).to("/forgot?sent=1")
	unknown := h.browser().post("/forgot", "email", "nobody@example.org").is(http.StatusSeeOther).to("/forgot?sent=1")
	if known.body != unknown.body {
		t.Error("the answer tells who has an account")
	}
	phone.get("/forgot?sent=1").is(http.StatusOK).sees("If that address has an account here")
	token := h.ticket(meet.ResetLink)
	phone.get("/reset/" + token).is(http.StatusOK).sees("ada@example.org").sees("New password")
	phone.get("/reset/" + token).is(http.StatusOK) // scanners open links
	phone.post("/reset/"+token, "password", "short").is(http.StatusUnprocessableEntity).sees("at least 12 characters").misses("short")
	phone.post("/reset/"+token, "password", "another doorway in march", "once", "k").is(http.StatusSeeOther).to("/account?done=password")
	phone.get("/account?done=password").is(http.StatusOK).sees("Other browsers are signed out")
	ada.get("/account").is(http.StatusSeeOther) // the other browser
	h.browser().post("/sign-in", "email", "ada@example.org", "password", password).is(http.StatusUnprocessableEntity)
	h.browser().post("/sign-in", "email", "ada@example.org", "password", "another doorway in march").is(http.StatusSeeOther)
	used := phone.get("/reset/" + token).is(http.StatusNotFound).sees("does not work any more").body
	never := h.browser().get("/reset/" + strings.Repeat("a", 26)).is(http.StatusNotFound).body
	if used != never {
		t.Error("a link that was used differs from one that never was")
	}
	phone.post("/reset/"+token, "password", "a third doorway in may").is(http.StatusNotFound)
}

// The fourth mail in an hour is not sent, and the answer does not tell.
func TestForgottenTooOften(t *testing.T) {
	t.Parallel()
	h := start(t)
	h.host("ada", false)
	for range 5 {
		h.browser().post("/forgot", "email", "ada@example.org").is(http.StatusSeeOther).to("/forgot?sent=1")
	}
	var n int
	if err := h.keep.Read().QueryRow(`SELECT count(*) FROM letter WHERE kind = 'reset'`).Scan(&n); err != nil || n != meet.MostLinksAnHour {
		t.Errorf("%d mails, %v", n, err)
	}
}

func TestBeginningAnAccount(t *testing.T) {
	t.Parallel()
	h := start(t)
	root, ada, zoe := h.host("root", true), h.host("ada", false), h.browser()
	ada.post("/accounts/invitations", "name", "Eve", "email", "eve@example.org").is(http.StatusNotFound)
	root.post("/accounts/invitations", "name", "Zoë", "email", "zoe", "admin", "yes").is(http.StatusUnprocessableEntity).sees("not an email address").sees(`value="Zoë"`).sees(`value="yes" checked`)
	root.post("/accounts/invitations", "name", "Ada", "email", "ADA@example.org").is(http.StatusUnprocessableEntity).sees("has an account already")
	root.post("/accounts/invitations", "name", "Zoë", "email", "zoe@example.org").is(http.StatusSeeOther).to("/accounts?done=invited")
	root.get("/accounts").sees("Asked to begin an account").sees("zoe@example.org").sees("Revoke, Zoë")
	token := h.ticket(meet.AccountLink)
	zoe.get("/begin/" + token).is(http.StatusOK).sees("zoe@example.org").sees(`value="Zoë"`)
	zoe.get("/reset/" + token).is(http.StatusNotFound)
	zoe.post("/begin/"+token, "name", " ", "password", password).is(http.StatusUnprocessableEntity).sees("Enter the name")
	zoe.post("/begin/"+token, "name", "Zoë Z", "password", "short").is(http.StatusUnprocessableEntity).sees("at least 12 characters").sees(`value="Zoë Z"`)
	zoe.post("/begin/"+token, "name", "Zoë Z", "password", password, "admin", "yes").is(http.StatusSeeOther).to("/")
	zoe.get("/account").is(http.StatusOK).sees("zoe@example.org")
	zoe.get("/accounts").is(http.StatusNotFound) // no admin, whatever the form says
	zoe.get("/begin/" + token).is(http.StatusNotFound).sees("An invitation works once")
	root.get("/accounts").misses("Asked to begin an account")

	root.post("/accounts/invitations", "name", "Eve", "email", "eve@example.org").is(http.StatusSeeOther)
	id := regexp.MustCompile(`/accounts/invitations/([a-z0-9]+)/withdraw`).FindStringSubmatch(root.get("/accounts").body)[1]
	eve := h.ticket(meet.AccountLink)
	ada.post("/accounts/invitations/" + id + "/withdraw").is(http.StatusNotFound)
	root.post("/accounts/invitations/" + id + "/withdraw").is(http.StatusSeeOther)
	h.browser().get("/begin/" + eve).is(http.StatusNotFound)
	if _, err := store.BeginAccount.Do(t.Context(), h.store, store.By{Token: meet.HashToken("x")}, store.Beginning{Ticket: meet.HashToken(eve), Name: "Eve", Password: "x", Token: meet.HashToken("y")}); meet.CodeOf(err) != meet.NotHere || err == nil {
		t.Error("a shut link begins an account", err)
	}
}

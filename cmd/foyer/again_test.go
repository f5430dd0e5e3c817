package main

import (
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Both halves of a double click get the same answer and leave the browser signed in.
func TestDoubleClicksOnSignIn(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	b := h.browser()
	b.get("/sign-in")
	first := *b.client
	first.Jar = nil
	cookie := b.client.Jar.Cookies(mustURL(t, h.url))[0]
	send := func() string {
		req, _ := http.NewRequest("POST", h.url+"/sign-in", strings.NewReader(form("email", "ada@example.org", "password", password, "once", "k").Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.AddCookie(cookie)
		res, err := first.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusSeeOther {
			t.Error(res.Status)
		}
		return res.Cookies()[0].Value
	}
	one, two := send(), send()
	if one != two || one == cookie.Value {
		t.Error("two halves of one click made two browsers")
	}
	for range 2 {
		ada.post("/account/password", "old", password, "password", "another doorway in march", "once", "p").is(http.StatusSeeOther)
	}
}

// Half a form is no form: a switch whose request was cut off must not count as turned off.
func TestHalfAFormIsNoForm(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	r := ada.room("Office", "meeting")
	path := "/rooms/" + string(r.ID) + "/privacy"
	ada.post(path, "locked", "yes").is(http.StatusSeeOther)
	ada.post(path, "padding", strings.Repeat("x", 70<<10), "locked", "yes").is(http.StatusUnprocessableEntity)
	ada.post(path).is(http.StatusUnprocessableEntity)
	ada.get("/").sees("Locked")
	ada.post(path, "locked", "no").is(http.StatusSeeOther)
	ada.get("/").misses("Locked")
}

// A sign-in that was over when a form was sent leads back to that form with what was typed.
func TestNothingTypedIsLostToASignIn(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	r := ada.room("Office", "meeting")
	ada.post("/sign-out").is(http.StatusSeeOther)
	for path, back := range map[string]string{"/rooms": "/rooms/new?name=Long+typed&theme=webinar", "/rooms/" + string(r.ID) + "/name": "/rooms/" + string(r.ID) + "?name=Long+typed&open=rename&theme=webinar"} {
		asked := ada.post(path, "name", "Long typed", "theme", "webinar").is(http.StatusSeeOther)
		next := mustURL(t, asked.header.Get("Location")).Query().Get("next")
		if next != back {
			t.Errorf("%s leads to %q", path, next)
		}
		again := h.browser()
		again.post("/sign-in", "email", "ada@example.org", "password", password, "next", next).is(http.StatusSeeOther).to(next)
		again.get(next).is(http.StatusOK).sees(`value="Long typed"`)
	}
}

// A dashboard that is sorted by name, or narrowed, gets all tiles when a name changes; one that was empty stays what it is
// when its stream comes back.
func TestDashboardsInOtherOrders(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, eve := h.host("ada", false), h.host("eve", false)
	r := ada.room("Zebra", "meeting")
	ada.room("Middle", "meeting")
	sorted := ada.listen("/stream?sort=name")
	sorted.until("", "Zebra")
	ada.post("/rooms/"+string(r.ID)+"/name", "name", "Aardvark").is(http.StatusSeeOther)
	all := sorted.until("", "Aardvark")
	if strings.Index(all.data, "Aardvark") > strings.Index(all.data, "Middle") || !strings.Contains(all.data, "#rooms") {
		t.Errorf("%.300s", all.data)
	}
	if got := eve.listen("/stream").until("", "").data; !strings.Contains(got, "Make your first one") {
		t.Errorf("an empty dashboard becomes %.300s", got)
	}
}

// A page that comes back ends its own older stream, silently.
func TestOneStreamAPage(t *testing.T) {
	t.Parallel()
	h := start(t)
	bob := h.browser()
	r := h.host("ada", false).room("Office", "meeting")
	bob.post("/r/"+r.Slug, "name", "Bob").is(http.StatusSeeOther)
	old := bob.listen("/r/" + r.Slug + "/stream?tab=1")
	old.until("ping", "")
	bob.listen("/r/"+r.Slug+"/stream?tab=1").until("ping", "")
	for ev := range old.events {
		if ev.name == "done" {
			t.Error("told to go:", ev.data)
		}
	}
}

// Every connection is given up by the kernel when it leaves pings unanswered.
func TestVanishedPagesAreNoticed(t *testing.T) {
	t.Parallel()
	l, err := listenTCP("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() { _, _ = net.DialTimeout("tcp", l.Addr().String(), time.Second) }()
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	raw, err := c.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var limit int
	if cerr := raw.Control(func(fd uintptr) { limit, err = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT) }); cerr != nil || err != nil || limit != goneAfter {
		t.Error(limit, cerr, err)
	}
}

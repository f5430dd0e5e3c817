package e2e

import (
	"fmt"
	"testing"

	"foyer/e2e/browser"
)

// What pages cost on the wire, cold, with headers, assets and the stream's first snapshot (decision 26).
const (
	formBytes  = 20_000
	homeBytes  = 35_000
	lobbyBytes = 35_000
	roomBytes  = 90_000
)

func TestPagesFitTheirBytes(t *testing.T) {
	t.Parallel()
	s := browser.Serve(t)
	ada := owner(t, s)
	for i := range 49 {
		ada.room(fmt.Sprintf("Room number %d of quite a few", i+1), "meeting")
	}
	room := ada.room("Everybody", "meeting")
	host := browser.Visit(t, wide)
	signIn(s, host)

	fits(t, s, browser.Visit(t, wide), "/sign-in", formBytes)
	lobby := ada.room("Five inside", "meeting")
	for i := range 5 {
		call(t, s).enter(lobby.link, fmt.Sprintf("Person %d with a name", i+1))
	}
	fits(t, s, browser.Visit(t, wide), lobby.link, lobbyBytes)
	ada.must(lobby.page + "/delete")

	for _, path := range []string{"/rooms/new", room.page, room.page + "?open=rename", room.page + "/customize", room.page + "/lobby", "/account", "/history"} {
		fits(t, s, cold(t, s), path, formBytes)
	}
	for i := range 19 {
		call(t, s).enter(room.link, fmt.Sprintf("Person %d with a name", i+1))
	}
	load := fits(t, s, cold(t, s), "/", homeBytes)
	if tiles := len(ada.get("/").body); tiles < 50_000 || len(load.Requests) < 5 {
		t.Errorf("that was no dashboard of 50 tiles: %d bytes of HTML, %d requests", tiles, len(load.Requests))
	}
	guest := browser.Visit(t, wide)
	come(guest, room.link, "The twentieth")
	guest.Forget()
	fits(t, s, guest, guest.URL(), roomBytes)
}

// cold is somebody signed in whose browser has nothing in its cache.
func cold(t *testing.T, s *browser.Server) *browser.Page {
	p := browser.Visit(t, wide)
	signIn(s, p)
	p.Forget()
	return p
}

func fits(t *testing.T, s *browser.Server, p *browser.Page, address string, most int) browser.Load {
	t.Helper()
	load := p.ColdLoad(s.URL + address[len(prefix(s, address)):])
	if got := load.Bytes(); got > most {
		t.Errorf("%s costs %d bytes, more than %d:\n%s", address, got, most, load)
	} else {
		t.Logf("%s costs %d bytes of %d", address, got, most)
	}
	return load
}

func prefix(s *browser.Server, address string) string {
	if len(address) >= len(s.URL) && address[:len(s.URL)] == s.URL {
		return s.URL
	}
	return ""
}

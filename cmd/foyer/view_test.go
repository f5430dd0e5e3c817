package main

import (
	"net/http"
	"strings"
	"testing"
)

// What a page shows is told about a receive connection of one's own; whatever is wrong is answered in plain words.
func TestViewsOverHTTP(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, bob := h.host("ada", false), h.browser()
	r := ada.room("Office", "meeting")
	ticket := bob.join(r, "Bob").until("ticket", "").data
	ask := func(method, path, ticket, body string) answered {
		t.Helper()
		req, err := http.NewRequest(method, h.url+"/media/"+string(r.ID)+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+ticket)
		return h.browser().do(req)
	}
	const good = `{"tiles":{"5":[320,180]},"pinned":[5]}`
	ask("PUT", "/receive/x/view", ticket, good).is(http.StatusNotFound).sees("This connection has ended.")
	ask("PUT", "/receive/x/view", ticket, `{"tiles":{"1":[320,180]}}`).is(http.StatusBadRequest).sees("slot 1 has no picture")
	ask("PUT", "/receive/x/view", ticket, good+strings.Repeat(" ", 100<<10)).is(http.StatusBadRequest).sees("at most 4096 bytes")
	ask("PUT", "/receive/x/view", "x"+ticket, good).is(http.StatusForbidden).sees("The ticket is over.")
	ask("PUT", "/send/x/view", ticket, good).is(http.StatusNotFound)
	ask("DELETE", "/receive/x", ticket, "").is(http.StatusNoContent)
	bob.post("/r/" + r.Slug + "/leave").is(http.StatusSeeOther)
	ask("PUT", "/receive/x/view", ticket, good).is(http.StatusForbidden)
}

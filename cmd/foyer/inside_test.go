package main

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"foyer/meet"
)

// join enters a room and listens to its page's stream.
func (b *browser) join(r meet.Room, name string) *ear {
	b.h.t.Helper()
	b.post("/r/"+r.Slug, "name", name).is(http.StatusSeeOther).to("/r/" + r.Slug + "/live")
	e := b.listen("/r/" + r.Slug + "/stream?tab=" + strings.ReplaceAll(name, " ", ""))
	e.until("people", name)
	return e
}

var tile = regexp.MustCompile(`id="person-(\w+)"[^>]*>`)

// passOf finds somebody by the name on a tile, and what stands on the tile's own element.
func passOf(t testing.TB, people, name string) (pass, element string) {
	t.Helper()
	found := tile.FindAllStringSubmatchIndex(people, -1)
	for i, at := range found {
		end := len(people)
		if i+1 < len(found) {
			end = found[i+1][0]
		}
		if strings.Contains(people[at[0]:end], name) {
			return people[at[2]:at[3]], people[at[0]:at[1]]
		}
	}
	t.Fatalf("%s is not among %s", name, people)
	return "", ""
}

var lineNumber = regexp.MustCompile(`data-n="(\d+)"`)

func numbers(html string) (list []string) {
	for _, n := range lineNumber.FindAllStringSubmatch(html, -1) {
		list = append(list, n[1])
	}
	return list
}

// Lines are numbered without gaps, come one by one, and a late joiner reads the last fifty.
func TestChat(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, bob := h.host("ada", false), h.browser()
	r := ada.room("Office", "meeting")
	at := "/r/" + r.Slug + "/chat"
	host, guest := ada.join(r, "Ada"), bob.join(r, "Bob")
	guest.until("chat", "")
	ada.quietly(at, "text", "Hello <b>all</b>\nhttps://example.org/notes").is(http.StatusNoContent)
	line := guest.until("line", "Hello").data
	if got := numbers(line); len(got) != 1 || got[0] != "1" || !strings.Contains(line, `id="line-1"`) || !strings.Contains(line, "&lt;b&gt;") || !strings.Contains(line, `rel="noopener`) {
		t.Error(line)
	}
	for range 2 { // the second half of a double click
		bob.quietly(at, "text", "Twice", "once", "k").is(http.StatusNoContent)
	}
	bob.post(at, "text", "Without a script").is(http.StatusSeeOther).to("/r/" + r.Slug + "/live")
	if got := numbers(host.until("line", "Without a script").data); len(got) != 1 || got[0] != "3" {
		t.Error("a line came twice, or a number is missing:", got)
	}
	bob.quietly(at, "text", " \n ").is(http.StatusUnprocessableEntity).sees("Write something first")
	bob.quietly(at, "text", strings.Repeat("x", meet.LongestLine+1)).is(http.StatusUnprocessableEntity)

	last := 3
	for n := range 6 {
		crowd := h.browser()
		crowd.join(r, fmt.Sprint("Voice ", n))
		for range 10 {
			last++
			crowd.quietly(at, "text", fmt.Sprint("line number ", last)).is(http.StatusNoContent)
		}
	}
	host.until("line", fmt.Sprint("line number ", last))
	late := h.browser()
	page := late.join(r, "Late").until("chat", "line number").data
	refetched := late.get(at).is(http.StatusOK).body // what a page does that noticed a gap
	for name, region := range map[string]string{"stream": page, "refetched": refetched} {
		got := numbers(region)
		if len(got) != meet.LinesShown || got[0] != fmt.Sprint(last-meet.LinesShown+1) || got[len(got)-1] != fmt.Sprint(last) {
			t.Errorf("%s: lines %s", name, got)
		}
	}
	if !strings.HasPrefix(strings.TrimSpace(refetched), `<ol id="chat"`) {
		t.Errorf("the region is %.100s", refetched)
	}
}

// What a host deletes is gone for everybody, also for those who come later and in History; guests delete nothing.
func TestDeletingALine(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, bob, eve := h.host("ada", false), h.browser(), h.browser()
	r := ada.room("Office", "meeting")
	at := "/r/" + r.Slug + "/chat"
	host, guest := ada.join(r, "Ada"), bob.join(r, "Bob")
	bob.quietly(at, "text", "a secret slip").is(http.StatusNoContent)
	bob.quietly(at, "text", "something else").is(http.StatusNoContent)
	if one := host.until("line", "a secret slip"); !strings.Contains(one.data, "Delete message") {
		t.Error("a host cannot delete:", one.data)
	}
	if one := guest.until("line", "a secret slip"); strings.Contains(one.data, "Delete message") {
		t.Error("a guest could delete:", one.data)
	}
	bob.quietly(at+"/delete", "n", "1").is(http.StatusForbidden)
	eve.quietly(at+"/delete", "n", "1").is(http.StatusNotFound)
	ada.quietly(at+"/delete", "n", "1").is(http.StatusNoContent)
	ada.quietly(at+"/delete", "n", "1").is(http.StatusNoContent) // once more does nothing
	ada.quietly(at+"/delete", "n", "77").is(http.StatusNoContent)
	for _, e := range []*ear{host, guest} {
		if gone := e.until("line", "Deleted by a host"); strings.Contains(gone.data, "slip") || strings.Join(numbers(gone.data), " ") != "1" {
			t.Error(gone.data)
		}
	}
	late := eve.join(r, "Eve").until("chat", "something else").data
	if strings.Contains(late, "slip") || len(numbers(late)) != 2 {
		t.Error(late)
	}
	ada.get(at).misses("slip").sees("Deleted by a host")
	ada.get(callOf(ada)).is(http.StatusOK).sees("something else").misses("slip")
	log := h.log.String()
	if strings.Contains(log, "slip") || strings.Contains(log, "something else") {
		t.Error("what was said is in the log")
	}
}

// One browser says a dozen things at once, then one a second; what was too much is refused in a sentence for its box.
func TestTooManyWords(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, bob, eve := h.host("ada", false), h.browser(), h.browser()
	r := ada.room("Office", "meeting")
	at := "/r/" + r.Slug
	bob.join(r, "Bob")
	eve.join(r, "Eve")
	refused := 0
	for n := range 30 {
		got := bob.quietly(at+"/chat", "text", fmt.Sprint("flood ", n))
		if got.status == http.StatusTooManyRequests {
			refused++
			got.sees("Wait a moment").misses("<html")
		}
	}
	if refused < 10 {
		t.Errorf("only %d of 30 lines at once were too much", refused)
	}
	bob.quietly(at+"/react", "reaction", "👍").is(http.StatusTooManyRequests)
	eve.quietly(at+"/chat", "text", "I was silent").is(http.StatusNoContent)
}

// Reactions reach every page inside and are kept nowhere; another text never flies over people's screens.
func TestReactions(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, bob := h.host("ada", false), h.browser()
	r := ada.room("Office", "meeting")
	at := "/r/" + r.Slug
	host, guest := ada.join(r, "Ada"), bob.join(r, "Bob")
	waitQuiet(h)
	before := h.keep.TXID()
	bob.quietly(at+"/react", "reaction", "🎉", "pass", "forged", "name", "Ada").is(http.StatusNoContent)
	pass, _ := passOf(t, bob.get(at+"/live").body, "Bob")
	for _, e := range []*ear{host, guest} {
		if got, want := e.until("reaction", "").data, fmt.Sprintf(`{"pass":%q,"name":"Bob","reaction":"🎉"}`, pass); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for _, forged := range []string{"", "👎", "🎉🎉", "<img src=x>", "hello"} {
		bob.quietly(at+"/react", "reaction", forged).is(http.StatusUnprocessableEntity)
	}
	h.browser().quietly(at+"/react", "reaction", "🎉").is(http.StatusForbidden)
	if after := h.keep.TXID(); after != before {
		t.Errorf("a reaction was written: transaction %d before, %d after", before, after)
	}
}

// Hands go up in an order that everybody sees, and hosts lower them.
func TestHands(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, bob, eve := h.host("ada", false), h.browser(), h.browser()
	r := ada.room("Office", "meeting")
	at := "/r/" + r.Slug
	host := ada.join(r, "Ada")
	bob.join(r, "Bob")
	eve.join(r, "Eve")
	eve.quietly(at+"/hand", "up", "yes").is(http.StatusNoContent)
	bob.quietly(at+"/hand", "up", "yes").is(http.StatusNoContent)
	eve.quietly(at+"/hand", "up", "yes").is(http.StatusNoContent) // keeps its place
	var people string
	for people = host.until("people", "data-hand").data; strings.Count(people, "data-hand") != 2; people = host.until("people", "data-hand").data {
		continue
	}
	for name, place := range map[string]string{"Eve": "1st", "Bob": "2nd"} {
		_, rest, _ := strings.Cut(people, name)
		if rest, _, _ = strings.Cut(rest, "</li>"); !strings.Contains(rest, place) {
			t.Errorf("%s is not %s: %s", name, place, rest)
		}
	}
	pass, _ := passOf(t, people, "Eve")
	bob.quietly(at+"/lower", "pass", pass).is(http.StatusForbidden)
	ada.quietly(at+"/lower", "pass", pass).is(http.StatusNoContent)
	for strings.Count(people, "data-hand") != 1 {
		people = host.until("people", "").data
	}
	if _, element := passOf(t, people, "Bob"); !strings.Contains(element, "data-hand") {
		t.Error("another hand was lowered:", people)
	}
	eve.quietly(at+"/hand", "up", "yes").is(http.StatusNoContent)
	ada.quietly(at + "/lower").is(http.StatusNoContent)
	for strings.Contains(people, "data-hand") {
		people = host.until("people", "").data
	}
}

// A host mutes, and only oneself unmutes.
func TestMutingOthers(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, bob, eve := h.host("ada", false), h.browser(), h.browser()
	r := ada.room("Office", "meeting")
	at := "/r/" + r.Slug
	host := ada.join(r, "Ada")
	bob.join(r, "Bob")
	eve.join(r, "Eve")
	people := host.until("people", "Eve").data
	pass, element := passOf(t, people, "Bob")
	if !strings.Contains(element, `data-mutes="0"`) {
		t.Error(element)
	}
	for _, who := range []*browser{bob, eve} {
		who.quietly(at+"/mute", "pass", pass).is(http.StatusForbidden)
	}
	ada.quietly(at+"/mute", "pass", pass).is(http.StatusNoContent)
	if _, element := passOf(t, host.until("people", `data-mutes="1"`).data, "Bob"); !strings.Contains(element, `data-mutes="1"`) {
		t.Error("another was muted")
	}
	if right := h.rightsOf(r)[pass]; right.Microphone {
		t.Error("still heard")
	}
	bob.quietly(at+"/devices", "mic", "yes", "camera", "yes").is(http.StatusNoContent)
	if right := h.rightsOf(r)[pass]; !right.Microphone {
		t.Error("one cannot unmute oneself")
	}
	ada.quietly(at + "/mute").is(http.StatusNoContent) // everybody else
	people = host.until("people", `data-mutes="2"`).data
	for name, mutes := range map[string]string{"Ada": "0", "Bob": "2", "Eve": "1"} {
		if _, element := passOf(t, people, name); !strings.Contains(element, `data-mutes="`+mutes+`"`) {
			t.Errorf("%s: %s", name, element)
		}
	}
}

func (h *house) rightsOf(r meet.Room) map[string]meet.Right {
	h.t.Helper()
	rights, err := h.store.Rights(h.t.Context(), r.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	all := map[string]meet.Right{}
	for pass, right := range rights {
		all[string(pass)] = right
	}
	return all
}

// Removed is out on every path, and neither the same link nor a stronger one leads back (trust.md N22, C35, C36).
func TestRemoved(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, bob, eve := h.host("ada", false), h.browser(), h.browser()
	r := ada.room("Office", "meeting")
	at := "/r/" + r.Slug
	host, out := ada.join(r, "Ada"), bob.join(r, "Bob")
	eve.join(r, "Eve")
	pass, _ := passOf(t, host.until("people", "Eve").data, "Bob")
	mine, _ := passOf(t, ada.get(at+"/live").body, "Ada")
	ticket := out.until("ticket", "").data

	eve.quietly(at+"/remove", "pass", pass).is(http.StatusForbidden)
	eve.quietly(at+"/remove", "pass", mine).is(http.StatusForbidden)
	ada.quietly(at+"/remove", "pass", mine).is(http.StatusConflict).sees("Use Leave")
	ada.quietly(at+"/remove", "pass", "nobody").is(http.StatusConflict)
	asked := time.Now()
	ada.quietly(at+"/remove", "pass", pass).is(http.StatusNoContent)
	out.until("done", "why=removed")
	out.ends()
	if took := time.Since(asked); took > soon {
		t.Error("it took", took)
	}
	ada.get(at + "/live").misses(`id="person-` + pass).misses(`id="row-` + pass).sees("Allow back, Bob")

	link := ada.hostLink(r)
	bob.get(link).is(http.StatusSeeOther).to(at) // opened afterwards, it gives nothing
	for _, again := range []string{"as before", "with a host link"} {
		bob.get(at + "/live").is(http.StatusSeeOther).to(at)
		bob.get(at).is(http.StatusOK).sees("A host removed you").misses("Join room").misses("Eve")
		bob.post(at, "name", "Bob").is(http.StatusForbidden)
		bob.post(at, "name", "Robert", "ask", "yes").is(http.StatusForbidden)
		bob.get(at + "/wait").is(http.StatusSeeOther).to(at)
		bob.get(at + "/chat").is(http.StatusForbidden)
		for _, path := range []string{"/chat", "/react", "/hand", "/devices", "/leave", "/knocks", "/mute", "/remove", "/allow", "/end", "/chat/delete"} {
			got := bob.quietly(at+path, "text", "still here", "reaction", "👍", "up", "yes", "answer", "admit", "pass", pass, "n", "1")
			if got.status != http.StatusForbidden && got.status != http.StatusNotFound {
				t.Errorf("%s, %s: %d", path, again, got.status)
			}
		}
		for _, stream := range []*ear{bob.listen(at + "/stream?tab=1"), h.browser().listen(at+"/stream?tab=2", "Authorization", "Bearer "+ticket)} {
			if stream.res.StatusCode != http.StatusForbidden {
				t.Errorf("the stream, %s: %d", again, stream.res.StatusCode)
			}
		}
		for _, direction := range []string{"receive", "send"} {
			bob.send(http.MethodPost, "/media/"+string(r.ID)+"/"+direction, form("v", "0"), map[string]string{"Sec-Fetch-Site": "same-origin", "Authorization": "Bearer " + ticket}).
				is(http.StatusForbidden)
		}
	}
	if _, in := h.rightsOf(r)[pass]; in {
		t.Error("rights remain")
	}
	ada.quietly(at+"/allow", "pass", pass).is(http.StatusNoContent)
	bob.join(r, "Bob")
}

// The end for all: everybody inside is told that it is over, who left before stays somebody who left, and the room stays.
func TestEndForAll(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, bob, eve, mod := h.host("ada", false), h.browser(), h.browser(), h.browser()
	r := ada.room("Office", "meeting")
	at := "/r/" + r.Slug
	host, guest, early := ada.join(r, "Ada"), bob.join(r, "Bob"), eve.join(r, "Eve")
	mod.get(ada.hostLink(r))
	second := mod.join(r, "Cleo")
	ada.quietly(at+"/chat", "text", "of the first call").is(http.StatusNoContent)
	eve.post(at + "/leave").is(http.StatusSeeOther)
	early.until("done", "why=left")
	bob.quietly(at + "/end").is(http.StatusForbidden)
	mod.post(at + "/end").is(http.StatusSeeOther)
	for _, e := range []*ear{host, guest, second} {
		e.until("done", "why=over")
		e.ends()
	}
	bob.get("/ended?why=over&room=" + r.Slug).is(http.StatusOK).sees("The call is over")
	if rights := h.rightsOf(r); len(rights) != 0 {
		t.Error("rights remain:", rights)
	}
	bob.get(at + "/live").is(http.StatusSeeOther).to(at)
	again := bob.join(r, "Bob").until("chat", "").data
	if strings.Contains(again, "first call") {
		t.Error("the next call begins with what was said in the last:", again)
	}
	if calls := strings.Count(ada.get("/history").body, `href="/history/`); calls < 2 {
		t.Errorf("%d calls in History", calls)
	}
}

// What a host switches off is off for everybody, at once and also for a form made by hand.
func TestSwitches(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, bob := h.host("ada", false), h.browser()
	r := ada.room("Office", "meeting")
	at, look := "/r/"+r.Slug, "/rooms/"+string(r.ID)+"/customize"
	guest := bob.join(r, "Bob")
	bob.quietly(at+"/chat", "text", "before the switch").is(http.StatusNoContent)
	guest.until("line", "before the switch")
	for _, c := range []struct {
		off, mark, path string
		fields, others  []string
	}{
		{"chat", "data-chat", "/chat", []string{"text", "hello"}, []string{"reactions", "on", "hands", "on"}},
		{"reactions", "data-reactions", "/react", []string{"reaction", "👍"}, []string{"chat", "on", "hands", "on"}},
		{"hands", "data-hands", "/hand", []string{"up", "yes"}, []string{"chat", "on", "reactions", "on"}},
	} {
		ada.post(look, append(c.others, "colour", "2")...).is(http.StatusSeeOther)
		for ev := guest.until("head", ""); strings.Contains(ev.data, c.mark); ev = guest.until("head", "") {
			continue
		}
		bob.quietly(at+c.path, c.fields...).is(http.StatusForbidden).sees("switched this off")
		if c.off == "chat" {
			bob.get(at + "/chat").is(http.StatusForbidden).misses("before the switch")
			eve := h.browser()
			late := eve.join(r, "Eve")
			late.hears("ticket", "", []string{"before the switch"}) // the last of what a stream begins with
		}
		ada.post(look, "colour", "2", "chat", "on", "reactions", "on", "hands", "on").is(http.StatusSeeOther)
		guest.until("head", c.mark)
		if c.off == "chat" {
			guest.until("chat", "before the switch")
		}
		bob.quietly(at+c.path, c.fields...).is(http.StatusNoContent)
	}
	ada.post(look, "colour", "99", "chat", "on").is(http.StatusUnprocessableEntity)
	bob.post(look, "colour", "1").is(http.StatusSeeOther) // to the sign-in
	ada.get(at + "/live").is(http.StatusSeeOther)
}

// An open lobby follows the room: how it looks, who is inside, and what its button says; of a locked room it names nobody.
func TestLobbyStream(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada, bob, eve := h.host("ada", false), h.browser(), h.browser()
	r := ada.room("Office", "meeting")
	at := "/r/" + r.Slug
	door := bob.listen(at + "/door")
	door.until("way", "Join room")
	eve.join(r, "Eve Inside")
	door.until("inside", "Eve Inside")
	ada.post("/rooms/"+string(r.ID)+"/lobby", "title", "Winter salon", "message", "Bring a song.").is(http.StatusSeeOther)
	if head := door.until("head", "Winter salon"); !strings.Contains(head.data, "Bring a song.") {
		t.Error(head.data)
	}
	ada.lock(r, true)
	regions := map[string]string{}
	for regions["way"] == "" || regions["inside"] == "" || regions["head"] == "" {
		ev := door.next()
		regions[ev.name] = ev.data
	}
	if !strings.Contains(regions["way"], "Ask to join") || strings.Contains(regions["inside"], "Eve") || !strings.Contains(regions["inside"], "Somebody is inside") {
		t.Errorf("locked: %q", regions)
	}
	never := []string{"Eve Inside", "Third"}
	h.browser().ask(r, "Third")
	eve.post(at + "/leave").is(http.StatusSeeOther)
	for {
		ev := door.next()
		for _, name := range never {
			if strings.Contains(ev.data, name) {
				t.Errorf("%s at the door of a locked room: %s", name, ev.data)
			}
		}
		if ev.name == "inside" && !strings.Contains(ev.data, "Somebody") {
			break
		}
	}
	ada.lock(r, false)
	door.until("way", "Join room")
	ada.post("/rooms/" + string(r.ID) + "/delete").is(http.StatusSeeOther)
	door.until("done", at)
	door.ends()
}

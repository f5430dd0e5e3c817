package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"foyer/meet"
	"foyer/replica"
	"foyer/store"
)

// asking is an event with a registration page and two questions.
func (b *browser) asking(title string, change ...func(*store.EventFacts)) (meet.Event, []meet.Field) {
	b.h.t.Helper()
	e := b.planned(title, 48*time.Hour, append([]func(*store.EventFacts){func(f *store.EventFacts) { f.Registration = true }}, change...)...)
	for _, f := range []meet.Field{{Kind: meet.FieldText, Label: "Works on"}, {Kind: meet.FieldLong, Label: "=A question"}} {
		if _, err := store.SetField.Do(b.h.t.Context(), b.h.store, b.by(), store.EventField{Event: e.ID, Field: f}); err != nil {
			b.h.t.Fatal(err)
		}
	}
	fields, err := b.h.store.Fields(b.h.t.Context(), e.ID)
	if err != nil {
		b.h.t.Fatal(err)
	}
	return e, fields
}

// register takes a seat as the registration page does, and gives its id.
func (h *house) register(e meet.Event, name, email string, answers map[meet.ID]string) meet.ID {
	h.t.Helper()
	by := store.By{Token: meet.HashToken(email)}
	if _, err := store.Register.Do(h.t.Context(), h.store, by, store.Registering{Slug: e.Slug, Name: name, Email: email, Answers: answers}); err != nil {
		h.t.Fatal(err)
	}
	var id meet.ID
	if err := h.keep.Read().QueryRow(`SELECT id FROM registration WHERE room = ? AND email = ?`, e.ID, email).Scan(&id); err != nil {
		h.t.Fatal(err)
	}
	return id
}

// write changes rows as nobody may, and says so.
func (h *house) write(topic, query string, args ...any) {
	h.t.Helper()
	err := h.keep.Write(context.Background(), func(ctx context.Context, tx *replica.Tx) error {
		if _, err := tx.Exec(ctx, query, args...); err != nil {
			return err
		}
		return tx.Changed(topic)
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// table reads an exported list.
func (a answered) table() [][]string {
	a.t.Helper()
	rest, ok := strings.CutPrefix(a.body, "\ufeff")
	if !ok || !strings.HasPrefix(a.header.Get("Content-Type"), "text/csv") || !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment") {
		a.t.Errorf("this is no download: %v %q", a.header, a.body)
	}
	rows, err := csv.NewReader(strings.NewReader(rest)).ReadAll()
	if err != nil {
		a.t.Fatal(err)
	}
	return rows
}

// sendFile posts a form with one file.
func (b *browser) sendFile(path, field, content string) answered {
	b.h.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	if part, err := form.CreateFormFile(field, "people.csv"); err != nil {
		b.h.t.Fatal(err)
	} else if _, err := part.Write([]byte(content)); err != nil {
		b.h.t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		b.h.t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, b.h.url+path, &body)
	if err != nil {
		b.h.t.Fatal(err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(req)
}

func TestRegistrantsList(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	e, fields := ada.asking("Light in small rooms")
	page := "/events/" + string(e.ID) + "/registrants"
	ada.get(page).is(http.StatusOK).sees("Nobody registered yet").sees("/e/" + e.Slug).sees("0 registered")
	zoe := h.register(e, "Zoë <b>", "zoe@attendee.example", map[meet.ID]string{fields[0].ID: "homes & <i>light</i>"})
	h.register(e, "Max", "max@attendee.example", nil)
	h.write(store.RegistrantsTopic(e.ID), `UPDATE letter SET state = 'sent', err = '' WHERE rcpt = 'zoe@attendee.example'`)
	h.write(store.RegistrantsTopic(e.ID), `UPDATE letter SET state = 'dead', bad = 1, err = '550 no such user' WHERE rcpt = 'max@attendee.example'`)
	ada.get(page).is(http.StatusOK).sees("2 registered · 1 mail delivered · 1 failed").sees("Zoë &lt;b&gt;").misses("Zoë <b>").misses("<i>light</i>").
		sees("No such address: 550 no such user").sees("Failed").sees("Delivered").sees("1 answer").sees("Remove, Max").sees("Resend, Max")
	ada.get(page + "?q=MAX%40").sees("max@attendee.example").misses("zoe@attendee.example").sees("2 registered")
	ada.get(page + "?q=100%25").sees("Nobody here is called “100%”")

	ada.post(page + "/" + string(zoe) + "/resend").is(http.StatusSeeOther).to(page + "?done=resent")
	ada.get(page + "?done=resent").sees("on its way once more")
	ada.get(page + "?remove=" + string(zoe)).sees("Remove Zoë").sees("cannot register for this webinar again")
	ada.get(page + "?remove=nobody").is(http.StatusNotFound)
	ada.post(page+"/"+string(zoe)+"/remove", "q", "zoe").is(http.StatusSeeOther).to(page + "?done=removed&q=zoe")
	ada.get(page).misses("zoe@attendee.example").sees("1 registered")
	h.register(e, "Zoë", "zoe@attendee.example", nil) // the page says what it always says
	ada.get(page).misses("zoe@attendee.example")
}

// Fifty on a page, newest first; who waits for a seat comes last and is marked.
func TestRegistrantsOnPages(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	e, _ := ada.asking("Talk", func(f *store.EventFacts) { f.Capacity = 51 })
	for i := range 53 {
		h.register(e, fmt.Sprintf("Person %02d", i), fmt.Sprintf("p%02d@attendee.example", i), nil)
	}
	page := "/events/" + string(e.ID) + "/registrants"
	first := ada.get(page).is(http.StatusOK).sees("51 registered of 51 seats · 2 on the wait list").sees("1–50 of 53").sees("p50@attendee.example").misses("p00@").sees("Next").misses("Previous")
	if len(first.body) > 120_000 {
		t.Errorf("a page of 50 people has %d bytes", len(first.body))
	}
	ada.get(page + "?page=2").sees("51–53 of 53").sees("p00@attendee.example").sees("Wait list").sees("Previous").misses("Next<")
	ada.get(page + "?page=9").is(http.StatusOK).sees("51–53 of 53").sees("Previous").misses("Next<") // behind the end is the end
	if rows := ada.get(page + ".csv").is(http.StatusOK).table(); len(rows) != 54 || rows[53][2] != "wait list" {
		t.Errorf("%d rows are exported, the last is %v", len(rows), rows[len(rows)-1])
	}
}

// Who is alone on the last page is removed: the page before is the last one now, also where the list was open.
func TestTheLastPageGoes(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	e, _ := ada.asking("Talk")
	var first meet.ID
	for i := range 51 {
		if id := h.register(e, fmt.Sprintf("Person %02d", i), fmt.Sprintf("p%02d@attendee.example", i), nil); i == 0 {
			first = id
		}
	}
	page := "/events/" + string(e.ID) + "/registrants"
	ada.get(page + "?page=2").sees("51–51 of 51").sees("p00@attendee.example").misses("p01@")
	open := ada.listen(page + "/stream?page=2")
	open.until("", "p00@attendee.example")
	ada.post(page+"/"+string(first)+"/remove", "page", "2").is(http.StatusSeeOther)
	ada.get(page + "?page=2").sees("p01@attendee.example").sees("p50@attendee.example").misses("p00@")
	open.until("", "p50@attendee.example")
}

// N17: whatever strangers wrote, no cell of an export is a formula, wherever a spreadsheet believes that a cell begins.
func TestExportHoldsNoFormulas(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	e, fields := ada.asking("Talk")
	wicked := []string{"=cmd|' /C calc'!A0", "+1", "-2+3", "@SUM(A1)", "＝1", "＋1", "－1", "＠x", "a;=1+1", "a; =1", `a;"=1`, "one\n=2", "one\n\t=2", "x;y;@z", `"=1`, `a";=1`}
	for i, text := range wicked {
		h.register(e, fmt.Sprintf("=Name %d", i), fmt.Sprintf("=p%d@attendee.example", i), map[meet.ID]string{fields[0].ID: text, fields[1].ID: text})
	}
	got := ada.get("/events/" + string(e.ID) + "/registrants.csv").is(http.StatusOK)
	rows := got.table()
	if len(rows) != len(wicked)+1 || rows[0][8] != "'=A question" || !strings.HasPrefix(rows[1][0], "'=Name") || !strings.HasPrefix(rows[1][1], "'=p") {
		t.Fatalf("%q", rows)
	}
	for _, sep := range []string{",", ";", "\t"} {
		for _, line := range strings.FieldsFunc(got.body, func(r rune) bool { return r == '\n' || r == '\r' }) {
			for _, cell := range strings.Split(line, sep) {
				if core := strings.TrimLeft(cell, " \"\ufeff"); core != "" && strings.ContainsRune("=+-@＝＋－＠\t", []rune(core)[0]) {
					t.Errorf("parted at %q this is a formula: %q", sep, cell)
				}
			}
		}
	}
}

func TestImport(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	e, _ := ada.asking("Talk")
	h.register(e, "Max", "max@attendee.example", nil)
	page := "/events/" + string(e.ID) + "/registrants"
	got := ada.sendFile(page+"/import", "file", "\ufeffworks on;E-Mail;NAME\r\n\"my; own\";zoe@attendee.example;\"Zoë \"\"Z\"\"\"\r\n;MAX@attendee.example;Max\r\n;nobody;Nobody\r\n;;\r\n;lone@attendee.example;\r\n")
	got.is(http.StatusUnprocessableEntity).sees("1 person was added. 1 was on the list already.").sees("2 lines were not taken").sees(`Line 4</span>: This is not an email address`).sees(`Line 6</span>: Enter the name`)
	ada.get(page).sees("zoe@attendee.example").sees("Zoë &#34;Z&#34;").sees("2 registered")
	if rows := ada.get(page + ".csv").table(); rows[1][7] != "'my; own" && rows[1][7] != "my; own" {
		t.Errorf("the answer became %q", rows[1])
	}
	ada.sendFile(page+"/import", "file", "First name,Surname,Mail\nAda,Lovelace,al@attendee.example\n").is(http.StatusSeeOther).to(page + "?added=1&done=imported&known=0")
	ada.get(page + "?q=lovelace").sees("Ada Lovelace")
	for content, says := range map[string]string{
		"":                             "This file is empty.",
		"Name,Email\n":                 "There is nobody in this file.",
		"Name,Phone\nA,1\n":            "one of them has to be Email",
		"Email\na@b.example\n":         "one of them has to be Name",
		"Name,Email\nA,\"a@b.example":  "Line 2 cannot be read",
		"Name,Email\n\xe9,a@b.example": "Save it as “CSV UTF-8”",
		"Name,Email\n" + strings.Repeat("A,a@b.example\n", 1001): "At most 1,000 people",
	} {
		ada.sendFile(page+"/import", "file", content).is(http.StatusUnprocessableEntity).sees(says).sees(`id="d-import" aria-labelledby="im-h" open`)
	}
	ada.sendFile(page+"/import", "other", "x").is(http.StatusUnprocessableEntity).sees("Choose a CSV file.")
	ada.sendFile(page+"/import", "file", strings.Repeat("x", 70<<10)).is(http.StatusUnprocessableEntity).sees("more than this form takes")
	ada.get(page).sees("3 registered")
}

// An exported list can be sent again, also to another event.
func TestExportComesBack(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	from, fields := ada.asking("One")
	to, _ := ada.asking("Two")
	h.register(from, "-Zoë-", "+zoe@attendee.example", map[meet.ID]string{fields[1].ID: "=1"})
	list := ada.get("/events/" + string(from.ID) + "/registrants.csv").is(http.StatusOK).body
	page := "/events/" + string(to.ID) + "/registrants"
	ada.sendFile(page+"/import", "file", list).is(http.StatusSeeOther)
	if rows := ada.get(page + ".csv").table(); rows[1][0] != "'-Zoë-" || rows[1][1] != "'+zoe@attendee.example" || rows[1][8] != "'=1" {
		t.Errorf("came back as %q", rows[1])
	}
}

// The list redraws when something became of a mail, and not once for each of ten thousand.
func TestRegistrantsAreLive(t *testing.T) {
	t.Parallel()
	h := start(t)
	ada := h.host("ada", false)
	e, _ := ada.asking("Talk")
	list := ada.listen("/events/" + string(e.ID) + "/registrants/stream")
	list.until("", "Nobody registered yet")
	id := h.register(e, "Zoë", "zoe@attendee.example", nil)
	list.until("", "zoe@attendee.example")
	began, changes := time.Now(), 120
	for i := range changes {
		h.write(store.RegistrantsTopic(e.ID), `UPDATE registration SET name = ? WHERE id = ?`, fmt.Sprintf("Name %d.", i), id)
	}
	pictures := 0
	for {
		ev := list.next()
		if strings.Contains(ev.data, `id="registrants"`) {
			pictures++
		}
		if strings.Contains(ev.data, fmt.Sprintf("Name %d.", changes-1)) {
			break
		}
	}
	if most := 5 + int(time.Since(began)/(500*time.Millisecond)); pictures > most {
		t.Errorf("%d pictures of %d changes, at most %d were due", pictures, changes, most)
	}
	ada.post("/sign-out").is(http.StatusSeeOther)
	list.until("done", "/sign-in")
}

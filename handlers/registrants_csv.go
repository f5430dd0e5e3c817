package handlers

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"foyer/meet"
	"foyer/store"
	"foyer/views"
)

// byteOrderMark begins an exported file: without it Excel reads UTF-8 as the letters of the last century.
const byteOrderMark = "\ufeff"

const longestExport = 2 * time.Minute

// exportRegistrants streams everybody as CSV (RFC 4180): nobody holds the whole list in memory, and a slow line may take
// longer than a page.
func (s *Server) exportRegistrants(v *visit) error {
	e, err := s.Store.Event(v.ctx(), v.who, v.id())
	if err != nil {
		return err
	}
	fields, err := s.Store.AskedFields(v.ctx(), e.ID)
	if err != nil {
		return err
	}
	zone := meet.ZoneOrUTC(e.Zone)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.ctx()), longestExport)
	defer cancel()
	out := &tableWriter{v: v, name: "registrants-" + meet.SlugName(e.Name) + ".csv"}
	head := []string{"Name", "Email", "State", "Registered at", "Came", "Mail", "Mail reason"}
	for _, f := range fields {
		head = append(head, f.Label)
	}
	out.row(head)
	err = s.Store.EachRegistrant(ctx, v.who, store.Sought{Event: e.ID}, func(r meet.Registrant) error {
		cells := []string{r.Name, r.Email, seatWords[r.State], clockOf(r.Created, zone), clockOf(r.Came, zone), string(r.Mail), r.Reason}
		for _, f := range fields {
			cells = append(cells, r.Answers[f.ID])
		}
		return out.row(cells)
	})
	if err != nil && !out.begun {
		return err
	}
	if err != nil { // half a list must not look like a whole one
		s.Log.Warn("export broke off", "err", err)
		panic(http.ErrAbortHandler)
	}
	return out.end()
}

var seatWords = map[meet.SeatState]string{meet.Registered: "registered", meet.SeatWaiting: "wait list"}

// clockOf is a time that both people and programs read: on the clock of the event, with its offset.
func clockOf(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format(time.RFC3339)
}

// tableWriter sends a CSV file in pieces. Its header leaves with the first one, so that a refusal before it is a page.
type tableWriter struct {
	v     *visit
	name  string
	begun bool
	piece bytes.Buffer
	csv   *csv.Writer
}

const tablePiece = 32 << 10 // bytes

func (w *tableWriter) row(cells []string) error {
	if w.csv == nil {
		w.piece.WriteString(byteOrderMark)
		w.csv = csv.NewWriter(&w.piece)
		w.csv.UseCRLF = true
	}
	for i, c := range cells {
		cells[i] = safeCell(c)
	}
	if err := w.csv.Write(cells); err != nil {
		return err
	}
	w.csv.Flush()
	if w.piece.Len() < tablePiece {
		return nil
	}
	return w.send()
}

func (w *tableWriter) send() error {
	if !w.begun {
		w.begun = true
		_ = http.NewResponseController(w.v.Response()).SetWriteDeadline(time.Time{})
		h := w.v.Response().Header()
		h.Set("Content-Type", "text/csv; charset=utf-8; header=present")
		h.Set("Content-Disposition", `attachment; filename="`+w.name+`"`)
		h.Set("Cache-Control", "no-store")
		w.v.Response().WriteHeader(http.StatusOK)
	}
	rc := http.NewResponseController(w.v.Response())
	cut := time.AfterFunc(slowest, func() { _ = rc.SetWriteDeadline(time.Unix(1, 0)) }) // see wire.flush
	defer cut.Stop()
	_, err := w.v.Response().Write(w.piece.Bytes())
	w.piece.Reset()
	return err
}

func (w *tableWriter) end() error { return w.send() }

// safeCell is a cell that no spreadsheet takes for a formula, wherever it believes that a cell begins: some part columns
// at semicolons or tabs, and lines at any break, whatever quotes stand around.
func safeCell(text string) string {
	var b strings.Builder
	for text != "" {
		end := strings.IndexAny(text, ";\t\r\n")
		part := text
		if end >= 0 {
			part = text[:end]
		}
		core := strings.TrimLeft(part, ` "`)
		b.WriteString(part[:len(part)-len(core)])
		b.WriteString(meet.FormulaSafe(core))
		if end < 0 {
			break
		}
		b.WriteByte(text[end])
		text = text[end+1:]
	}
	return meet.FormulaSafe(b.String()) // a tab or a line break in front
}

// plainCell takes off what safeCell put in front, so that an exported list can be sent again.
func plainCell(cell string) string {
	cell = strings.TrimSpace(cell)
	if rest, ok := strings.CutPrefix(cell, "'"); ok && meet.FormulaSafe(rest) != rest {
		return rest
	}
	return cell
}

// importRegistrants reads a list that was made elsewhere. The form is small on purpose: a thousand people are 50 KB.
func (s *Server) importRegistrants(v *visit) error {
	e, err := s.Store.Event(v.ctx(), v.who, v.id())
	if err != nil {
		return err
	}
	result, err := s.importFrom(v, e)
	if err != nil {
		return v.again(err, nil, func(status int, f views.Form) error {
			return s.showRegistrants(v, status, "import", f, views.Imported{})
		})
	}
	if len(result.Refused) > 0 {
		return s.showRegistrants(v, http.StatusUnprocessableEntity, "", views.Form{}, result)
	}
	return v.backToRegistrants("done", "imported", "added", strconv.Itoa(result.Added), "known", strconv.Itoa(result.Known))
}

func (s *Server) importFrom(v *visit, e meet.Event) (result views.Imported, err error) {
	fields, err := s.Store.Fields(v.ctx(), e.ID)
	if err != nil {
		return result, err
	}
	file, _, err := v.Request().FormFile("file")
	if err != nil {
		return result, meet.Wrong("file", "Choose a CSV file.")
	}
	defer file.Close()
	content, err := io.ReadAll(file)
	if err != nil {
		return result, badForm(err)
	}
	people, lines, err := readPeople(string(content), fields)
	if err != nil {
		return result, err
	}
	out, err := store.ImportRegistrants.Do(v.ctx(), s.Store, v.by(), store.Importing{Event: e.ID, People: people})
	result.Added, result.Known = out.Added, out.Known
	for i, line := range lines {
		if why, no := out.Refused[i]; no {
			result.Refused = append(result.Refused, views.RefusedLine{Line: line, Why: why})
		}
	}
	return result, err
}

// readPeople reads a CSV file whose first line names the columns; lines are where in it each of them stands.
func readPeople(content string, fields []meet.Field) (people []store.Registering, lines []int, err error) {
	content = strings.TrimPrefix(content, byteOrderMark)
	if !utf8.ValidString(content) {
		return nil, nil, meet.Wrong("file", "Foyer cannot read the letters of this file. Save it as “CSV UTF-8”, then send it again.")
	}
	r := csv.NewReader(strings.NewReader(content))
	r.Comma, r.FieldsPerRecord, r.TrimLeadingSpace = comma(content), -1, true
	var c columns
	for {
		cells, err := r.Read()
		var broken *csv.ParseError
		switch {
		case errors.Is(err, io.EOF) && c.names == nil:
			return nil, nil, meet.Wrong("file", "This file is empty.")
		case errors.Is(err, io.EOF) && len(people) == 0:
			return nil, nil, meet.Wrong("file", "There is nobody in this file.")
		case errors.Is(err, io.EOF):
			return people, lines, nil
		case errors.As(err, &broken):
			return nil, nil, meet.Wrong("file", "Line "+strconv.Itoa(broken.StartLine)+" cannot be read: its quotes do not fit. Nobody was added.")
		case err != nil:
			return nil, nil, err
		}
		if c.names == nil {
			if c, err = columnsOf(cells, fields); err != nil {
				return nil, nil, err
			}
			continue
		}
		if strings.TrimSpace(strings.Join(cells, "")) == "" {
			continue // an empty line of a spreadsheet is a line of commas
		}
		line, _ := r.FieldPos(0)
		people, lines = append(people, c.person(cells)), append(lines, line)
		if len(people) > store.MostImported {
			return nil, nil, meet.Wrong("file", "At most 1,000 people can be imported at once. Send the list in parts.")
		}
	}
}

// comma is what parts the columns: whichever of the usual three the first line has most of.
func comma(content string) rune {
	head, _, _ := strings.Cut(content, "\n")
	best, most := ',', 0
	for _, c := range ",;\t" {
		if n := strings.Count(head, string(c)); n > most {
			best, most = c, n
		}
	}
	return best
}

// columns are where in a line what stands. A name may stand in two of them.
type columns struct {
	names   []int
	email   int
	answers map[meet.ID]int
}

var columnWords = map[string]string{"email": "email", "e-mail": "email", "mail": "email", "email address": "email", "e-mail address": "email",
	"name": "name", "full name": "name", "your name": "name", "first name": "first", "given name": "first", "last name": "last", "surname": "last", "family name": "last"}

func columnsOf(head []string, fields []meet.Field) (c columns, err error) {
	at, asked := map[string]int{}, map[string]meet.ID{}
	for _, f := range fields {
		asked[columnName(f.Label)] = f.ID
	}
	c.answers = map[meet.ID]int{}
	for i, cell := range head {
		name := columnName(cell)
		if word, ok := columnWords[name]; ok {
			if _, twice := at[word]; !twice {
				at[word] = i
			}
			continue
		}
		if id, ok := asked[name]; ok {
			c.answers[id] = i
		}
	}
	email, ok := at["email"]
	if !ok {
		return c, meet.Wrong("file", "The first line has to name the columns, and one of them has to be Email.")
	}
	c.email = email
	if i, ok := at["name"]; ok {
		c.names = []int{i}
		return c, nil
	}
	for _, part := range []string{"first", "last"} {
		if i, ok := at[part]; ok {
			c.names = append(c.names, i)
		}
	}
	if c.names == nil {
		return c, meet.Wrong("file", "The first line has to name the columns, and one of them has to be Name.")
	}
	return c, nil
}

func columnName(cell string) string {
	return strings.ToLower(strings.Join(strings.Fields(plainCell(cell)), " "))
}

func (c columns) person(cells []string) store.Registering {
	cell := func(i int) string {
		if i < len(cells) {
			return plainCell(cells[i])
		}
		return ""
	}
	p := store.Registering{Email: cell(c.email), Answers: map[meet.ID]string{}}
	var names []string
	for _, i := range c.names {
		if part := cell(i); part != "" {
			names = append(names, part)
		}
	}
	p.Name = strings.Join(names, " ")
	for field, i := range c.answers {
		p.Answers[field] = cell(i)
	}
	return p
}

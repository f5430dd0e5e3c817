// Package letter is what Foyer's mails say and how they look: one sheet of words for each kind (words.go), drawn twice, as
// plain text and as HTML of one column of 560 px that needs no picture and nothing from elsewhere. Like every view it takes
// plain values and asks nobody anything, so the same facts give the same letter, however often it is sent.
package letter

import (
	"bytes"
	"embed"
	htmltemplate "html/template"
	"strings"
	texttemplate "text/template"
	"time"

	"foyer/meet"
)

// Facts are what a letter is about. What does not concern a kind stays empty.
type Facts struct {
	Kind   meet.LetterKind
	Reason string // what else decides the words, as the outbox keeps it
	Site   string // where this Foyer is, as people say it: meet.example.org
	To     string // address of the reader
	Name   string // of the reader, as they or a host typed it; never in a subject

	Title  string // of the event or the room
	By     string // who invited
	Role   meet.Role
	Now    *meet.Edition  // the event as this letter tells it; nil = no event
	Was    *meet.Edition  // as the reader knew it; nil = not at all
	Zone   *time.Location // of the reader, else of the organiser; for the date block
	Times  []string       // lines about the time, for people
	Before []string       // the same of what the reader knew
	Short  string         // the time in a few characters, for the subject
	Clock  string         // the same without the day
	Soon   int            // minutes until the start when the letter was queued; 0 = more than half an hour, or none

	Entry bool // a calendar entry comes or goes with it

	Link   string // the way in, or to a new password
	Manage string // the page about the seat
	Quiet  string // stops reminders
}

// Written is a letter in words.
type Written struct{ Subject, Text, HTML string }

//go:embed letter.html letter.txt
var files embed.FS

var (
	page  = htmltemplate.Must(htmltemplate.ParseFS(files, "letter.html"))
	plain = texttemplate.Must(texttemplate.ParseFS(files, "letter.txt"))
)

// Write writes one letter. An error is a slip of the templates.
func Write(f Facts) (Written, error) {
	s := f.sheet()
	s.Site = f.Site
	var html, text bytes.Buffer
	if err := page.Execute(&html, s); err != nil {
		return Written{}, err
	}
	if err := plain.Execute(&text, s); err != nil {
		return Written{}, err
	}
	return Written{Subject: s.Subject, Text: text.String(), HTML: html.String()}, nil
}

// sheet is a letter before it is drawn. Both drawings show all of it.
type sheet struct {
	Site, Subject, Heading string

	Lead        []span
	Date        *date
	Old, Times  []string
	Message     []string // the host's own words, by paragraph
	Host        string
	Button      string
	Link        string
	Note        string
	Sections    []section
	Links       []anchor
	End         string
	Unsubscribe string
}

// span is a piece of a sentence.
type span struct {
	Text string
	Bold bool
}

type section struct{ Title, Text string }

type anchor struct{ Label, URL string }

// date is the block beside the time.
type date struct{ Month, Day string }

func dateOf(f Facts) *date {
	if f.Now == nil || f.Zone == nil {
		return nil
	}
	t := f.Now.Starts.In(f.Zone)
	return &date{t.Format("Jan"), t.Format("2")}
}

// sentence makes a lead: what stands between two asterisks of form is bold. Values come after, so that theirs stay
// asterisks.
func sentence(form string, values ...string) (list []span) {
	for i, piece := range strings.Split(form, "*") {
		var b strings.Builder
		for j, word := range strings.Split(piece, "%") {
			if j > 0 && len(values) > 0 {
				b.WriteString(values[0])
				values = values[1:]
			}
			b.WriteString(word)
		}
		if b.Len() > 0 {
			list = append(list, span{b.String(), i%2 == 1})
		}
	}
	return list
}

func paragraphs(text string) (list []string) {
	for p := range strings.SplitSeq(text, "\n") {
		if p = strings.TrimSpace(p); p != "" {
			list = append(list, p)
		}
	}
	return list
}

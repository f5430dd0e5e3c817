package meet

import (
	"strings"
	"time"
	"unicode/utf8"
)

// SeatState is where a registration stands.
type SeatState string

// The states. A wait list exists where the seats are counted.
const (
	SeatWaiting   SeatState = "waiting" // on the wait list
	Registered    SeatState = "registered"
	SeatCancelled SeatState = "cancelled" // given back by its owner
	SeatRemoved   SeatState = "removed"   // taken away by a host
)

// Registration is a seat that an address claimed at an event. It owns a personal link.
type Registration struct {
	ID         ID
	Room       ID
	Email      string // as typed
	Name       string
	Zone       string // of the browser that registered, "" = not known
	State      SeatState
	UID        string // of its calendar entry
	Generation int    // of the personal link
	Reminders  bool
	Created    time.Time
	Came       time.Time // inside for the first time
}

// Holds tells whether there is a seat behind this registration.
func (r Registration) Holds() bool { return r.State == Registered }

// FieldKind says how a question is answered.
type FieldKind string

// The kinds.
const (
	FieldText     FieldKind = "text"
	FieldLong     FieldKind = "long"
	FieldChoice   FieldKind = "choice"
	FieldCheckbox FieldKind = "checkbox"
	FieldConsent  FieldKind = "consent" // a checkbox that is always required
)

// FieldKinds lists what can be added, in this order.
var FieldKinds = []FieldKind{FieldText, FieldLong, FieldChoice, FieldCheckbox, FieldConsent}

// Field is something that an organiser asks besides address and name.
type Field struct {
	ID       ID // "" for a new one
	Kind     FieldKind
	Label    string
	Options  []string // of a choice
	Required bool
}

// Name is the field's name in a form.
func (f Field) Name() string { return "f-" + string(f.ID) }

// Bounds of an organiser's own form.
const (
	MostFields    = 20
	MostOptions   = 30
	LongestLabel  = 200
	LongestOption = 100
	LongestText   = 200  // of an answer, characters
	LongestLong   = 2000 // of an answer to a long question
)

// CheckField cleans and checks a field that an organiser made. Refusals name the form field "label" or "options".
func CheckField(f Field) (Field, error) {
	f.Label = squeeze(f.Label)
	switch n := utf8.RuneCountInString(f.Label); {
	case n == 0:
		return f, Wrong("label", "Write what you want to ask.")
	case n > LongestLabel:
		return f, Wrong("label", "A question has at most 200 characters; this one is longer.")
	}
	switch f.Kind {
	case FieldText, FieldLong, FieldCheckbox:
		f.Options = nil
	case FieldConsent:
		f.Options, f.Required = nil, true
	case FieldChoice:
		var err error
		if f.Options, err = checkOptions(f.Options); err != nil {
			return f, err
		}
	default:
		return f, Wrong("kind", "Choose how the question is answered.")
	}
	return f, nil
}

func checkOptions(typed []string) (list []string, err error) {
	known := map[string]bool{}
	for _, o := range typed {
		if o = squeeze(o); o == "" || known[o] {
			continue
		}
		if utf8.RuneCountInString(o) > LongestOption {
			return nil, Wrong("options", "An answer to choose has at most 100 characters; one of these is longer.")
		}
		known[o] = true
		list = append(list, o)
	}
	switch {
	case len(list) < 2:
		return nil, Wrong("options", "Write at least two answers to choose from, one in a line.")
	case len(list) > MostOptions:
		return nil, Wrong("options", "At most 30 answers to choose from.")
	}
	return list, nil
}

// Answer cleans and checks what somebody answered; typed is "" for what was left out. A refusal names the form field.
func (f Field) Answer(typed string) (string, error) {
	longest := LongestText
	switch f.Kind {
	case FieldLong:
		longest = LongestLong
	case FieldCheckbox, FieldConsent:
		if typed != "" {
			return "yes", nil
		}
		if f.Required {
			return "", Wrong(f.Name(), "Tick this box to go on.")
		}
		return "", nil
	}
	text, err := Prose(typed, longest, Wrong(f.Name(), "This answer is too long. Shorten it a little."))
	if err != nil {
		return "", err
	}
	if f.Kind == FieldText {
		text = squeeze(text)
	}
	switch {
	case text == "" && f.Required && f.Kind == FieldChoice:
		return "", Wrong(f.Name(), "Choose one of the answers.")
	case text == "" && f.Required:
		return "", Wrong(f.Name(), "Write an answer here.")
	case text != "" && f.Kind == FieldChoice && !f.offers(text):
		return "", Wrong(f.Name(), "Choose one of the answers.")
	}
	return text, nil
}

func (f Field) offers(text string) bool {
	for _, o := range f.Options {
		if o == text {
			return true
		}
	}
	return false
}

// MailState is what became of the letter that tells somebody of their seat.
type MailState string

// The states a host sees.
const (
	MailNone      MailState = ""          // nothing was owed
	MailSending   MailState = "sending"   // queued, or tried and to be tried again
	MailDelivered MailState = "delivered" // the mail server took it
	MailFailed    MailState = "failed"
)

// Registrant is one line of the host's list.
type Registrant struct {
	Registration
	Answers map[ID]string // by field
	Mail    MailState
	Reason  string // why a mail failed or waits, as the server said
	Bad     bool   // it failed because the address is no good; another try does not mend that
}

// SeatCounts is the line above the list.
type SeatCounts struct{ Registered, Waiting, Delivered, Sending, Failed int }

// FormulaSafe makes a cell that a spreadsheet takes for text: what begins like a formula gets an apostrophe before it
// (OWASP ASVS 1.2.10), full-width forms too.
func FormulaSafe(cell string) string {
	if cell == "" {
		return cell
	}
	if strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(cell)[0]) {
		return "'" + cell
	}
	return cell
}

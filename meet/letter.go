package meet

import "time"

// LetterKind says what a mail tells.
type LetterKind string

// The kinds. Those of a seat are written into the lane of its calendar entry and go out in order.
const (
	LetterInvite   LetterKind = "invite"   // you're in, with the entry
	LetterFreed    LetterKind = "freed"    // a seat became free: you're in
	LetterWaitlist LetterKind = "waitlist" // no seat yet
	LetterUpdate   LetterKind = "update"   // moved, or renamed
	LetterCancel   LetterKind = "cancel"   // the event, the seat, or the invitation
	LetterReminder LetterKind = "reminder"
	LetterLink     LetterKind = "link" // send me my link again

	LetterInvitation LetterKind = "invitation" // come as speaker, moderator or viewer
	LetterReset      LetterKind = "reset"      // a new password
	LetterAccount    LetterKind = "account"    // begin an account
)

// LetterKinds are all of them.
var LetterKinds = []LetterKind{LetterInvite, LetterFreed, LetterWaitlist, LetterUpdate, LetterCancel, LetterReminder, LetterLink, LetterInvitation, LetterReset, LetterAccount}

// Prio is the order in which due letters leave, lowest first: who waits for a link now, then who registered.
func (k LetterKind) Prio() int {
	switch k {
	case LetterLink, LetterReset, LetterAccount:
		return 0
	case LetterInvite, LetterFreed, LetterWaitlist, LetterInvitation:
		return 1
	case LetterUpdate, LetterCancel:
		return 3
	}
	return 5
}

// Edition is an event as one letter tells it.
type Edition struct {
	Sequence    int
	Title       string
	Description string
	Speakers    []SpeakerWho
	Starts      time.Time
	Length      time.Duration
	Zone        string
	Host        string // the owner's name
	ReplyTo     string // and address
	Cancelled   bool
	Message     string // the host's words to the change
	At          time.Time
}

// MostLinksAnHour is how many letters a stranger can cause for one address at one event (decision 21).
const MostLinksAnHour = 3

package letter

import (
	"strconv"
	"strings"

	"foyer/meet"
)

// sheet finds the words of a kind.
func (f Facts) sheet() sheet {
	switch f.Kind {
	case meet.LetterInvite:
		return f.invite()
	case meet.LetterFreed:
		return f.freed()
	case meet.LetterWaitlist:
		return f.waitlist()
	case meet.LetterUpdate:
		return f.update()
	case meet.LetterCancel:
		return f.cancel()
	case meet.LetterReminder:
		return f.reminder()
	case meet.LetterInvitation:
		return f.invitation()
	case meet.LetterReset:
		return f.reset()
	case meet.LetterAccount:
		return f.account()
	}
	return f.again()
}

const yours = "This link is yours alone, so please do not pass it on. You may use it as often as you like."

// entry is what every letter with a calendar entry says about it.
func (f Facts) entry() []section {
	if !f.Entry {
		return nil
	}
	return []section{{"In your calendar", "The entry is attached. If the time changes, the same entry moves; if the webinar is cancelled, it goes away. " +
		"Google Calendar may wait until you press Yes above this mail once."}}
}

// seat is what all letters about a seat share.
func (f Facts) seat() sheet {
	s := sheet{Date: dateOf(f), Times: f.Times, Button: "Open my join page", Link: f.Link, Note: yours + " Before the start it opens a waiting page.",
		Sections: f.entry(), End: "You get this mail because " + f.To + " registered at " + f.Site + "."}
	if f.Manage != "" {
		s.Links = []anchor{{"Cancel my seat", f.Manage}}
	}
	return s
}

func (f Facts) hello(words string) string {
	if f.Name == "" {
		return words
	}
	return words + ", " + f.Name
}

// with names who speaks, or whose event it is.
func (f Facts) with() string {
	if f.Now == nil {
		return ""
	}
	var names []string
	for _, s := range f.Now.Speakers {
		names = append(names, s.Name)
	}
	if len(names) == 0 {
		return f.Now.Host
	}
	if n := len(names); n > 1 {
		names = []string{strings.Join(names[:n-1], ", ") + " and " + names[n-1]}
	}
	return names[0]
}

// at is "starts at 09:00 EST", true whenever the letter is read: of ten thousand reminders the last leaves much later than
// the first, with the same text (decision 52).
func (f Facts) at(word string) string { return word + " at " + f.Clock }

// soon is what a confirmation says, which leaves at once, of an event that begins at once.
func (f Facts) soon() []span {
	switch f.Soon {
	case 0:
		return nil
	case 1:
		return sentence(" *Starts in 1 minute, at %.*", f.Clock)
	}
	return sentence(" *Starts in % minutes, at %.*", strconv.Itoa(f.Soon), f.Clock)
}

func (f Facts) when() string { return comma(f.Title, f.Short) }

func comma(a, b string) string {
	if b == "" {
		return a
	}
	return a + ", " + b
}

func (f Facts) invite() sheet {
	s := f.seat()
	s.Subject, s.Heading = "You're in: "+f.when(), f.hello("You’re in")
	s.Lead = sentence("Your seat at *%* with % is kept.", f.Title, f.with())
	s.Lead = append(s.Lead, f.soon()...)
	return s
}

func (f Facts) freed() sheet {
	s := f.seat()
	s.Subject, s.Heading = "A seat is free, you're in: "+f.when(), f.hello("A seat is free, and it is yours")
	s.Lead = sentence("You were on the wait list of *%* with %. Now you have a seat.", f.Title, f.with())
	s.Lead = append(s.Lead, f.soon()...)
	s.Links = []anchor{{"Give my seat to somebody else", f.Manage}}
	return s
}

func (f Facts) waitlist() sheet {
	s := f.seat()
	s.Subject, s.Heading = "On the wait list: "+f.when(), f.hello("You are on the wait list")
	s.Lead = sentence("All seats at *%* with % are taken. When one becomes free it is yours, and you get a mail with the way in.", f.Title, f.with())
	if f.moved() {
		s.Subject, s.Heading = "Moved: "+f.when(), f.Title+" was moved"
		s.Lead = sentence("You are still on the wait list of *%* with %. When a seat becomes free it is yours, and you get a mail with the way in.", f.Title, f.with())
		s.Old, s.Message, s.Host = f.Before, paragraphs(f.Now.Message), f.Now.Host
	}
	s.Button, s.Link, s.Note, s.Links = "Look at my place", f.Manage, yours, nil
	return s
}

// moved tells whether the reader knew another time.
func (f Facts) moved() bool {
	return f.Now != nil && f.Was != nil && (!f.Was.Starts.Equal(f.Now.Starts) || f.Was.Length != f.Now.Length)
}

func (f Facts) update() sheet {
	s := f.seat()
	s.Message, s.Host = paragraphs(f.Now.Message), f.Now.Host
	if f.Manage == "" { // an invitation
		s.Note, s.End = yours, f.because()
	}
	switch {
	case f.moved() && f.Reason == "soon" && f.Soon > 0:
		s.Subject, s.Heading, s.Old = "Moved, "+f.at("starts")+": "+f.Title, f.at("Starts"), f.Before
		s.Lead = sentence("*%* was moved and begins shortly.", f.Title)
	case f.moved():
		s.Subject, s.Heading, s.Old = "Moved: "+f.when(), f.Title+" was moved", f.Before
		s.Lead = sentence("*%* with % has another time now. You need to do nothing to keep your place.", f.Title, f.with())
	default:
		s.Subject, s.Heading = "Changed: "+f.Title, f.Title
		s.Lead = sentence("What is said about *%* has changed. The time is the same.", f.Title)
		if f.Was != nil && f.Was.Title != f.Title {
			s.Lead = sentence("*%* is called *%* now. The time is the same.", f.Was.Title, f.Title)
		}
	}
	return s
}

func (f Facts) cancel() sheet {
	s := sheet{Heading: f.Title, Date: dateOf(f), Times: f.Times, End: "You get this mail because " + f.To + " registered at " + f.Site + "."}
	switch f.Reason {
	case "seat":
		s.Subject, s.Heading = "Your seat is given back: "+f.Title, "Your seat is given back"
		s.Lead = sentence("You gave back your seat at *%*. Should you want to come after all, register again.", f.Title)
	case "removed":
		s.Subject, s.Heading = "Your seat is taken back: "+f.Title, "Your seat is taken back"
		s.Lead = sentence("The organiser took back your seat at *%*. The link that you had opens nothing now.", f.Title)
	case "revoked":
		s.Subject, s.Heading = "Invitation withdrawn: "+f.Title, "Your invitation is withdrawn"
		s.Lead = sentence("Your invitation to *%* does not stand any more. The link that you had opens nothing now.", f.Title)
		s.End = f.because()
	default:
		s.Subject, s.Heading = "Cancelled: "+f.when(), f.Title+" is cancelled"
		s.Lead, s.Old, s.Times, s.Date = sentence("*%* with % will not take place.", f.Title, f.with()), f.Times, nil, nil
		if f.Now != nil {
			s.Message, s.Host = paragraphs(f.Now.Message), f.Now.Host
		}
		if f.Role != "" {
			s.End = f.because()
		}
	}
	if f.Entry {
		s.Sections = []section{{"In your calendar", "The entry goes away with this mail."}}
	}
	return s
}

func (f Facts) reminder() sheet {
	s := f.seat()
	s.Subject, s.Heading = f.at("Starts")+": "+f.Title, f.at("Starts")
	s.Lead = sentence("*%* with % begins shortly.", f.Title, f.with())
	s.Unsubscribe, s.Note = f.Quiet, yours
	return s
}

func (f Facts) again() sheet {
	s := f.seat()
	s.Subject, s.Heading = "Your link: "+f.when(), f.hello("Here is your link again")
	s.Lead = sentence("It opens *%* with %.", f.Title, f.with())
	return s
}

func (f Facts) because() string {
	return "You get this mail because " + f.By + " invited " + f.To + " at " + f.Site + "."
}

// tasks are what somebody is invited for, in a subject and in a sentence.
var tasks = map[meet.Role][2]string{meet.Speaker: {"You're invited to speak: ", "to speak at"}, meet.Moderator: {"You're invited to moderate: ", "to moderate"}}

func (f Facts) invitation() sheet {
	s := f.seat()
	task, known := tasks[f.Role]
	if !known {
		task = [2]string{"You're invited: ", "to"}
	}
	s.Subject, s.Heading, s.End, s.Links = task[0]+f.when(), f.hello("You’re invited"), f.because(), nil
	s.Lead = sentence("% invites you "+task[1]+" *%*.", f.By, f.Title)
	s.Lead = append(s.Lead, f.soon()...)
	if f.Now == nil {
		s.Button, s.Note = "Open the room", yours
	}
	return s
}

func (f Facts) reset() sheet {
	return sheet{Subject: "Set a new password for Foyer", Heading: f.hello("Set a new password"), Lead: sentence("Somebody, probably you, asked for a new password at *%*.", f.Site),
		Button: "Set a new password", Link: f.Link, Note: f.until() + " If it was not you, do nothing: the old password stays.",
		End: "You get this mail because there is an account of " + f.To + " at " + f.Site + "."}
}

func (f Facts) account() sheet {
	s := sheet{Subject: "Your account at Foyer", Heading: f.hello("Welcome"), Lead: sentence("There is an account for you at *%*. It begins when you choose a password.", f.Site),
		Button: "Begin", Link: f.Link, Note: f.until(), End: "You get this mail because somebody invited " + f.To + " to " + f.Site + "."}
	if f.By != "" {
		s.Subject, s.End = f.By+" invited you to Foyer", f.because()
		s.Lead = sentence("% invites you to *%*. Your account begins when you choose a password.", f.By, f.Site)
	}
	return s
}

// until says how long a link to a password works.
func (f Facts) until() string {
	if len(f.Times) == 0 {
		return "The link works once."
	}
	return "The link works once, until " + f.Times[0] + "."
}

package meet

import "time"

// Role says what a person is in a room. It comes from a link or an account, never from the order of arrival.
type Role string

// Roles, weakest first.
const (
	Attendee  Role = "attendee"
	Speaker   Role = "speaker"
	Moderator Role = "moderator"
	Host      Role = "host"
)

// PassState says where somebody with a pass is.
type PassState string

// The states of a pass.
const (
	Out     PassState = "out"     // may come in again without asking
	In      PassState = "in"      // has an open room stream somewhere
	Waiting PassState = "waiting" // knocked; nothing of the room is shown
	Removed PassState = "removed" // was sent out and stays out
)

// Pass lets one browser into one room with one role; made when a lobby is passed.
type Pass struct {
	ID      ID
	Room    ID
	Browser ID
	Account ID // "" for a guest
	Label
	Registration ID // seat or invitation it came by, "" = neither
	Invitation   ID
	Role         Role // what the link gave; the account may give more, see StandingOf
	State        PassState
	Away         bool // was without stream and media too long: comes back with its stream, where the door allows
	Left         bool // went out by itself: comes back by the door
	OnStage      bool // set by theme and role at entry; rights read this, never the role alone
	Mic          bool // what the person says of their own microphone
	Camera       bool
	Screen       bool
	Early        bool      // waits for an event to be started, not for a host's answer
	Since        time.Time // in this state since
	Denials      int       // since a host last let this one in
	Denied       time.Time // the last time
}

// MayAsk refuses who was denied a moment ago, or too often.
func (p Pass) MayAsk(now time.Time) error {
	switch wait := AskAgainAfter - now.Sub(p.Denied); {
	case p.Denials >= MostDenials:
		return Refuse(TooMany, "The hosts did not let you in three times. You can ask again when a host allows it.")
	case p.Denials > 0 && wait > 0:
		return Refuse(TooMany, "Nobody could let you in just now. You can ask again in half a minute.")
	}
	return nil
}

// Right is what somebody may publish into a room.
type Right struct{ Microphone, Camera, Screen bool }

// RightOf reads a pass: who is out of sight or off stage publishes nothing, and who muted themselves is muted at the
// server too. A screen that is not shared any more leaves the others' pages at once, whatever packets still come.
func RightOf(p Pass) Right {
	ok := p.OnStage && (p.State == In || p.State == Out)
	return Right{Microphone: ok && p.Mic, Camera: ok && p.Camera, Screen: ok && p.Screen}
}

// OnStageAtEntry tells whether a role stands on stage from the start in a room of this theme.
func OnStageAtEntry(t Theme, r Role) bool { return t.Everyone() || r != Attendee }

package meet

import "time"

// Call is the live gathering in a room, from first entry to last exit. It leaves History.
type Call struct {
	ID       ID
	Room     ID
	RoomName string // as it was
	Started  time.Time
	Ended    time.Time // zero while live
	People   int       // how many different passes were inside
}

// Length is how long the call lasted, until now for a live one.
func (c Call) Length(now time.Time) time.Duration {
	if c.Ended.IsZero() {
		return now.Sub(c.Started)
	}
	return c.Ended.Sub(c.Started)
}

// Attendance is one person's time in one call.
type Attendance struct {
	Name    string
	Role    Role
	Entered time.Time
	Left    time.Time // zero while inside
}

// How long things stay as they are before the house draws a conclusion (decision 14).
const (
	AbsentAfter  = 5 * time.Second  // a pass whose streams are all closed this long is out
	CallEndAfter = 60 * time.Second // a call without anybody inside this long is over, dated at the last exit
	RightsLinger = 30 * time.Second // rights and media of somebody without stream and media end after this
)

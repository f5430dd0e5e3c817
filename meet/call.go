package meet

import "time"

// Call is the live gathering in a room, from first entry to last exit. It leaves History.
type Call struct {
	ID       ID
	Room     ID
	RoomName string // as it was
	Started  time.Time
	Empty    time.Time // nobody inside since; zero while somebody is
	Ended    time.Time // dated at the last exit, once it stood empty for CallEndAfter
	People   int       // how many different passes were inside
}

// Live tells whether somebody is inside.
func (c Call) Live() bool { return c.Ended.IsZero() && c.Empty.IsZero() }

// Length is how long the call lasted, until now for a live one.
func (c Call) Length(now time.Time) time.Duration {
	switch {
	case c.Live():
		return now.Sub(c.Started)
	case c.Ended.IsZero():
		return c.Empty.Sub(c.Started)
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

package meet

import "time"

// Invitation is a named address that a host asked to come, as viewer, speaker or moderator. It owns a personal link.
type Invitation struct {
	ID         ID
	Room       ID
	Email      string
	Name       string
	Role       Role
	UID        string // of its calendar entry
	Generation int
	By         string // the name of who invited
	Created    time.Time
	Came       time.Time
	Revoked    time.Time
	Mail       MailState
	Reason     string
	Bad        bool // see Registrant
}

// InviteRole checks the role of an invitation.
func InviteRole(typed string) (Role, error) {
	switch r := Role(typed); r {
	case Attendee, Speaker, Moderator:
		return r, nil
	}
	return "", Wrong("role", "Choose what they come as.")
}

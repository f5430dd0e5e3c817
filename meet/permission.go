package meet

// Standing is how high somebody stands in one room: the highest of what their account and their link give.
type Standing int

// Standings, lowest first.
const (
	Nobody     Standing = iota // no pass, no link, no account that matters here
	AsAttendee                 // a pass, inside or ready to come in
	AsSpeaker
	AsModerator
	AsHost // whoever holds the host link
	AsCoOwner
	AsOwner
)

var standingOf = map[Role]Standing{Attendee: AsAttendee, Speaker: AsSpeaker, Moderator: AsModerator, Host: AsHost}

// Actor is who wants to do something, as far as one room is concerned. It is made from rows by the verb itself, never
// from what a request says about its sender.
type Actor struct {
	Account  ID // "" for a guest
	Admin    bool
	Standing Standing
	Seated   bool      // holds a seat, or was asked to come
	State    PassState // "" without a pass
	Here     bool      // let in and neither away nor gone: a lock does not matter any more
	Left     bool      // let in once, and went
	OnStage  bool
}

// Door is what of a room decides who may pass it, and what one may do behind it.
type Door struct {
	Locked bool
	Seats  bool // one registers before one may come
	Early  bool // an event that no host has started: hosts and speakers are backstage, everybody else waits
	Closed bool // an event that is over or will not be
	Features
}

// ActorOf puts an actor together. account may be zero, pass may be nil, link is the role an opened link gives here.
func ActorOf(account Account, room Room, pass *Pass, link Role) Actor {
	a := Actor{}
	if account.ID != "" && !account.Deactivated {
		a.Account, a.Admin = account.ID, account.Admin
	}
	a.Seated = link != ""
	if pass != nil {
		a.Seated = a.Seated || pass.Registration != "" || pass.Invitation != ""
		a.State, a.OnStage, a.Left = pass.State, pass.OnStage, pass.Left
		a.Here = (pass.State == In || pass.State == Out) && !pass.Away && !pass.Left
		if pass.State != Waiting && pass.State != Removed {
			a.Standing = standingOf[pass.Role]
		}
	}
	if a.State != Removed {
		a.Standing = max(a.Standing, standingOf[link])
	}
	if room.Owner != "" && room.Owner == a.Account {
		a.Standing = AsOwner
	}
	return a
}

// Role is what the others are told about an actor.
func (a Actor) Role() Role {
	switch {
	case a.Standing >= AsHost:
		return Host
	case a.Standing == AsModerator:
		return Moderator
	case a.Standing == AsSpeaker:
		return Speaker
	}
	return Attendee
}

// Action is something a person can want. Every route and every verb names one; reads are asked of the table too.
type Action string

// The actions that exist today, by noun.
const (
	// Anyone: pages that show nothing of anybody.
	SeeDoor Action = "see-door" // a lobby, by its link
	Knows   Action = "sign-in"  // signing in, setting up, reading a style sheet

	SeeHome        Action = "see-home"
	CreateRoom     Action = "create-room"
	SeeHistory     Action = "see-history" // one's own list
	ChangeAccount  Action = "change-account"
	SignOut        Action = "sign-out"
	ManageAccounts Action = "manage-accounts"
	SeeHealth      Action = "see-health" // figures about the machine
	SeeMails       Action = "see-mails"  // where they become files

	SeeRoom    Action = "see-room" // the owner's page
	SeeCall    Action = "see-call" // one past call
	RenameRoom Action = "rename-room"
	LockRoom   Action = "lock-room"
	SeeLinks   Action = "see-links"
	DeleteRoom Action = "delete-room"
	Customize  Action = "customize"

	// Events. What is not here is the same as for rooms.
	CreateEvent     Action = "create-event"
	EditEvent       Action = "edit-event"
	CancelEvent     Action = "cancel-event"
	StartEvent      Action = "start-event"
	SeeRegistrants  Action = "see-registrants"
	KeepRegistrants Action = "keep-registrants" // resend, remove, import
	InvitePeople    Action = "invite-people"
	Register        Action = "register"  // and to ask for one's link again
	KeepSeat        Action = "keep-seat" // by the personal link: see it, give it back
	SeeFeed         Action = "see-feed"  // a calendar of one's own events, by its secret address
	RenewFeed       Action = "renew-feed"
	SetPassword     Action = "set-password" // by a link that came by mail
	InviteAccount   Action = "invite-account"
	Duplicate       Action = "duplicate-room"

	EnterRoom Action = "enter-room" // POST of the lobby
	Ask       Action = "ask"        // the same, where a lock is in the way
	SeeWait   Action = "see-wait"   // the waiting screen and its stream
	StopAsk   Action = "stop-ask"
	SeeInside Action = "see-inside" // the live page, its stream, and receiving media
	Publish   Action = "publish"    // microphone, camera, screen
	SetOwn    Action = "set-own"    // one's own mute and camera state
	LeaveRoom Action = "leave-room"

	SeeChat    Action = "see-chat"
	Say        Action = "say"
	DeleteLine Action = "delete-line"
	React      Action = "react"
	RaiseHand  Action = "raise-hand" // one's own, up or down

	// What hosts do inside.
	SeeKnocks  Action = "see-knocks"
	Answer     Action = "answer" // admit or deny
	MutePerson Action = "mute-person"
	LowerHand  Action = "lower-hand"
	Remove     Action = "remove"
	AllowBack  Action = "allow-back"
	EndCall    Action = "end-call"
)

// Feature is something of a room that a host can switch off.
type Feature string

// The features.
const (
	ChatOn      Feature = "chat"
	ReactionsOn Feature = "reactions"
	HandsOn     Feature = "hands"
)

func (f Features) has(one Feature) bool {
	switch one {
	case ChatOn:
		return f.Chat
	case ReactionsOn:
		return f.Reactions
	case HandsOn:
		return f.Hands
	}
	return true
}

// Rule is one row of the permission table. All that is set must hold.
type Rule struct {
	Anyone  bool     // no row of anything is needed
	Account bool     // an account, signed in and not deactivated
	Admin   bool     // an account that looks after the machine; no look into rooms
	From    Standing // the lowest standing in the room
	Locked  Standing // the lowest standing while the room is locked, for who is not here; Nobody = the lock does not matter
	Pass    bool     // a pass that is neither waiting nor removed nor left: somebody who was let in
	Stage   bool     // and stands on stage
	Seat    bool     // where one registers: a seat, an invitation, or AsSpeaker
	Early   Standing // the lowest standing while an event has not begun; Nobody = it does not matter
	Open    bool     // not where an event is over or will not be
	Waits   bool     // a pass that asked to join and has no answer yet
	Over    bool     // somebody else who stands no higher (AllowOver)
	Needs   Feature  // must not be switched off
	Hidden  bool     // refused with the not-here page: who may not, may not even learn that it exists
}

// Table is the one permission table (decision 8). Verbs ask it; nothing else decides.
var Table = map[Action]Rule{
	SeeDoor: {Anyone: true},
	Knows:   {Anyone: true},

	SeeHome:        {Account: true},
	CreateRoom:     {Account: true},
	SeeHistory:     {Account: true},
	ChangeAccount:  {Account: true},
	SignOut:        {Anyone: true},
	ManageAccounts: {Account: true, Admin: true, Hidden: true},
	SeeHealth:      {Account: true, Admin: true, Hidden: true},
	SeeMails:       {Account: true, Admin: true, Hidden: true},

	SeeRoom:    {Account: true, From: AsCoOwner, Hidden: true},
	SeeCall:    {Account: true, From: AsCoOwner, Hidden: true},
	RenameRoom: {Account: true, From: AsCoOwner, Hidden: true},
	LockRoom:   {From: AsModerator, Hidden: true},
	SeeLinks:   {Account: true, From: AsCoOwner, Hidden: true},
	DeleteRoom: {Account: true, From: AsOwner, Hidden: true},
	Customize:  {Account: true, From: AsCoOwner, Hidden: true},

	CreateEvent:     {Account: true},
	EditEvent:       {Account: true, From: AsCoOwner, Hidden: true},
	CancelEvent:     {Account: true, From: AsCoOwner, Hidden: true},
	StartEvent:      {From: AsModerator, Hidden: true},
	SeeRegistrants:  {Account: true, From: AsCoOwner, Hidden: true},
	KeepRegistrants: {Account: true, From: AsCoOwner, Hidden: true},
	InvitePeople:    {Account: true, From: AsCoOwner, Hidden: true},
	Register:        {Anyone: true},
	KeepSeat:        {Anyone: true},
	SeeFeed:         {Anyone: true},
	RenewFeed:       {Account: true},
	SetPassword:     {Anyone: true},
	InviteAccount:   {Account: true, Admin: true, Hidden: true},
	Duplicate:       {Account: true, From: AsCoOwner, Hidden: true},

	EnterRoom: {Locked: AsModerator, Seat: true, Early: AsSpeaker, Open: true},
	Ask:       {Seat: true, Open: true},
	SeeWait:   {Waits: true},
	StopAsk:   {Waits: true},
	SeeInside: {From: AsAttendee, Pass: true, Locked: AsModerator, Early: AsSpeaker, Open: true},
	Publish:   {From: AsAttendee, Pass: true, Stage: true, Locked: AsModerator, Early: AsSpeaker, Open: true},
	SetOwn:    {From: AsAttendee, Pass: true},
	LeaveRoom: {From: AsAttendee, Pass: true},

	SeeChat:    {From: AsAttendee, Pass: true, Locked: AsModerator, Needs: ChatOn},
	Say:        {From: AsAttendee, Pass: true, Locked: AsModerator, Needs: ChatOn},
	DeleteLine: {From: AsModerator, Hidden: true},
	React:      {From: AsAttendee, Pass: true, Locked: AsModerator, Needs: ReactionsOn},
	RaiseHand:  {From: AsAttendee, Pass: true, Locked: AsModerator, Needs: HandsOn},

	SeeKnocks:  {From: AsModerator, Hidden: true},
	Answer:     {From: AsModerator, Hidden: true},
	MutePerson: {From: AsModerator, Hidden: true},
	LowerHand:  {From: AsModerator, Hidden: true},
	Remove:     {From: AsModerator, Over: true, Hidden: true},
	AllowBack:  {From: AsModerator, Hidden: true},
	EndCall:    {From: AsHost, Hidden: true},
}

// Allow asks the table. It answers nil or an *Error that a person can read.
func Allow(do Action, who Actor, door Door) error {
	rule, ok := Table[do]
	switch {
	case !ok:
		return Refuse(Internal, "Nobody decided who may do this.")
	case rule.Anyone:
		return nil
	case who.State == Removed && who.Standing < AsCoOwner:
		return Refuse(Forbidden, "A host removed you from this room.")
	case rule.Account && who.Account == "":
		return Refuse(SignIn, "Sign in to go on.")
	case rule.Admin && !who.Admin, who.Standing < rule.From:
		return rule.refusal(who)
	case rule.Open && door.Closed:
		return Refuse(Conflict, "This webinar is over.")
	case rule.Seat && door.Seats && !who.Seated && who.Standing < AsSpeaker:
		return Refuse(Forbidden, "Register first; the way in then comes by mail.")
	case rule.Pass && (who.State == "" || who.State == Waiting || who.Left):
		return Refuse(Forbidden, "Join the room first.")
	case door.Locked && who.Standing < rule.Locked && !who.Here:
		return Refuse(Forbidden, "This room is locked.")
	case door.Early && who.Standing < rule.Early:
		return Refuse(Forbidden, "This webinar has not been started yet.")
	case rule.Stage && !who.OnStage:
		return Refuse(Forbidden, "Only people on stage can do this.")
	case rule.Waits && who.State != Waiting:
		return Refuse(Forbidden, "You are not asking to join.")
	case !door.has(rule.Needs):
		return Refuse(Forbidden, "A host switched this off in this room.")
	}
	return nil
}

// AllowOver asks the table for what is done to somebody: a moderator does not remove a host, and nobody the owner.
func AllowOver(do Action, who, whom Actor, door Door) error {
	if err := Allow(do, who, door); err != nil {
		return err
	}
	if Table[do].Over && whom.Standing > who.Standing {
		return Refuse(Forbidden, "You cannot do this to a host.")
	}
	return nil
}

func (r Rule) refusal(who Actor) error {
	if r.Hidden && who.Standing == Nobody {
		return ErrNotHere
	}
	return Refuse(Forbidden, "Only a host of this room can do this.")
}

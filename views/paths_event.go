package views

import "foyer/meet"

// The addresses of webinars. An event has the id and the slug of its room.
const (
	Webinars = "/webinars"
	Events   = "/events"
	NewEvent = "/events/new"
)

// Event is the host's page of an event; the others take its forms. A field is a question on the registration page.
func Event(id meet.ID) string             { return Events + "/" + string(id) }
func EventEdit(id meet.ID) string         { return Event(id) + "/edit" }
func EventCancel(id meet.ID) string       { return Event(id) + "/cancel" }
func EventDelete(id meet.ID) string       { return Event(id) + "/delete" }
func EventCopy(id meet.ID) string         { return Event(id) + "/duplicate" }
func EventStart(id meet.ID) string        { return Event(id) + "/start" }
func StartHere(slug string) string        { return Lobby(slug) + "/start" }
func EventFields(id meet.ID) string       { return Event(id) + "/fields" }
func EventField(id, field meet.ID) string { return EventFields(id) + "/" + string(field) }
func EventStream(id meet.ID) string       { return Event(id) + "/stream" }
func Registrants(id meet.ID) string       { return Event(id) + "/registrants" }
func RegistrantsCSV(id meet.ID) string    { return Event(id) + "/registrants.csv" }
func RegistrantsImport(id meet.ID) string { return Registrants(id) + "/import" }
func Registrant(id, who meet.ID) string   { return Registrants(id) + "/" + string(who) }
func Invitations(room meet.ID) string     { return Room(room) + "/invitations" }
func Invitation(room, one meet.ID) string { return Invitations(room) + "/" + string(one) }

// Registration is the page on which one registers; Registered follows it, LinkAgain takes the form beside it.
func Registration(slug string) string { return "/e/" + slug }
func Registered(slug string) string   { return Registration(slug) + "/done" }
func LinkAgain(slug string) string    { return Registration(slug) + "/again" }

// SeatLink is a personal link; Seat is the page about one's seat behind it, with the calendar file.
func SeatLink(token string) string     { return "/j/" + token }
func Seat(token string) string         { return SeatLink(token) + "/seat" }
func SeatCancel(token string) string   { return SeatLink(token) + "/cancel" }
func SeatCalendar(token string) string { return SeatLink(token) + "/invite.ics" }

// InviteLink is the way in by an invitation, Quiet stops reminders, Feed is a host's calendar.
func InviteLink(token string) string { return "/i/" + token }
func Quiet(token string) string      { return "/u/" + token }
func Feed(token string) string       { return "/cal/" + token + ".ics" }

// ResetLink and BeginLink set a password by a link that came by mail; Forgot asks for one.
func ResetLink(token string) string { return "/reset/" + token }
func BeginLink(token string) string { return "/begin/" + token }

const Forgot = "/forgot"

// AccountFeed makes and renews the address of one's calendar.
const AccountFeed = Account + "/feed"

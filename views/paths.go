package views

import (
	"net/url"

	"foyer/meet"
)

// The addresses of pages. Handlers register the same shapes; nothing else spells an address.
const (
	Home     = "/"
	HomeLive = "/stream"
	NewRoom  = "/rooms/new"
	Rooms    = "/rooms"
	History  = "/history"
	Account  = "/account"
	Password = "/account/password"
	Accounts = "/accounts"
	SetUp    = "/setup"
	SignIn   = "/sign-in"
	SignOut  = "/sign-out"
	Ended    = "/ended"
)

// SignInFor is the sign-in page that leads back to an address of ours afterwards.
func SignInFor(next string) string { return SignIn + "?next=" + url.QueryEscape(next) }

// Room is the owner's page of a room.
func Room(id meet.ID) string { return "/rooms/" + string(id) }

// RoomName, RoomPrivacy and RoomDelete take the forms of that page.
func RoomName(id meet.ID) string    { return Room(id) + "/name" }
func RoomPrivacy(id meet.ID) string { return Room(id) + "/privacy" }
func RoomDelete(id meet.ID) string  { return Room(id) + "/delete" }

// Lobby is a room's participant link and its door.
func Lobby(slug string) string { return "/r/" + slug }

// Live is the room itself; Stream, Leave and Devices belong to it.
func Live(slug string) string    { return "/r/" + slug + "/live" }
func Stream(slug string) string  { return "/r/" + slug + "/stream" }
func Leave(slug string) string   { return "/r/" + slug + "/leave" }
func Devices(slug string) string { return "/r/" + slug + "/devices" }

// DoorStream keeps a lobby true; Wait is where one waits behind it.
func DoorStream(slug string) string { return "/r/" + slug + "/door" }
func Wait(slug string) string       { return "/r/" + slug + "/wait" }
func WaitStream(slug string) string { return Wait(slug) + "/stream" }
func StopAsking(slug string) string { return Wait(slug) + "/stop" }

// What one does inside, and what hosts do.
func Chat(slug string) string      { return "/r/" + slug + "/chat" }
func React(slug string) string     { return "/r/" + slug + "/react" }
func Knocks(slug string) string    { return "/r/" + slug + "/knocks" }
func Mute(slug string) string      { return "/r/" + slug + "/mute" }
func Lower(slug string) string     { return "/r/" + slug + "/lower" }
func Remove(slug string) string    { return "/r/" + slug + "/remove" }
func AllowBack(slug string) string { return "/r/" + slug + "/allow" }
func End(slug string) string       { return "/r/" + slug + "/end" }

// Image is a picture by its hash.
func Image(hash string) string { return "/image/" + hash }

// RoomCopy, Customize and LobbyLook belong to the owner's page of a room.
func RoomCopy(id meet.ID) string  { return Room(id) + "/duplicate" }
func Customize(id meet.ID) string { return Room(id) + "/customize" }
func LobbyLook(id meet.ID) string { return Room(id) + "/lobby" }

// KnocksLive is the stream of the pages of somebody signed in that show no dashboard: who knocks, and nothing else.
const KnocksLive = HomeLive + "?only=knocks"

// HostLink is a room's host link.
func HostLink(token string) string { return "/h/" + token }

// Call is one past call.
func Call(id meet.ID) string { return History + "/" + string(id) }

// AccountActive takes the form that deactivates or wakes an account.
func AccountActive(id meet.ID) string { return Accounts + "/" + string(id) + "/active" }

// EndedAt is the page after a room, with the reason: "left", "deleted", "elsewhere", "over".
func EndedAt(slug, why string) string {
	q := url.Values{"why": {why}}
	if slug != "" {
		q.Set("room", slug)
	}
	return Ended + "?" + q.Encode()
}

// Media takes offers: direction is "receive" or "send".
func Media(room meet.ID, direction string) string { return "/media/" + string(room) + "/" + direction }

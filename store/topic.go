package store

import (
	"strings"

	"foyer/meet"
)

// Topics are what listeners wait for. See package live for their form.

// HomeTopic is an account's dashboard: which tiles it has and in which order.
func HomeTopic(account meet.ID) string { return "home/" + string(account) }

// TileTopic is one tile on an account's dashboard.
func TileTopic(account, room meet.ID) string { return HomeTopic(account) + "#" + string(room) }

// RoomTopic is what a room is called, how it looks and whether it is locked.
func RoomTopic(room meet.ID) string { return "room/" + string(room) }

// PeopleTopic is who is inside and what they say of their microphone and camera.
func PeopleTopic(room meet.ID) string { return "room/" + string(room) + "/people" }

// DoorsTopic is who may still be inside: streams look at their pass again when it is announced.
func DoorsTopic(room meet.ID) string { return "room/" + string(room) + "/doors" }

// KnocksTopic is who asks to join a room, and what was answered.
func KnocksTopic(room meet.ID) string { return "room/" + string(room) + "/knocks" }

// KnocksOfTopic is who asks to join any room of an account.
func KnocksOfTopic(owner meet.ID) string { return "knocks/" + string(owner) }

// ChatTopic is what is said in a room.
func ChatTopic(room meet.ID) string { return "room/" + string(room) + "/chat" }

// EarlyTopic is how many wait for an event to be started.
func EarlyTopic(room meet.ID) string { return "room/" + string(room) + "/early" }

// RegistrantsTopic is who registered for an event, and what became of their letters.
func RegistrantsTopic(room meet.ID) string { return "room/" + string(room) + "/registrants" }

// SignInTopic is whether an account's browsers are still signed in.
func SignInTopic(account meet.ID) string { return "account/" + string(account) }

// RightsRoom is the room whose rights may have moved with a topic.
func RightsRoom(topic string) (room meet.ID, ok bool) {
	rest, found := strings.CutPrefix(topic, "room/")
	id, last, two := strings.Cut(rest, "/")
	return meet.ID(id), found && two && (last == "doors" || last == "people")
}

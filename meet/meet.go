// Package meet is Foyer's vocabulary: the nouns people use (account, room, pass, call), the rules they follow, who may
// do what, and the words in which a refusal is told. It reads like a description of the product and nothing here does
// anything to the world: no I/O, no clock, no third-party import. Everything above speaks in these types.
//
// Start with room.go for what a room is, permission.go for the one table that decides who may do what, and error.go for
// how a refusal travels from a verb to the person who caused it.
package meet

import "time"

// ID names a row: 80 random bits in base32, lower case. Ids are never sequential, so that seeing one tells nothing
// about the others.
type ID string

// Account is someone who can host. There is no sign-up: set-up makes the first, an admin the others.
type Account struct {
	ID          ID
	Email       string // as typed
	Name        string
	Admin       bool
	Created     time.Time
	Deactivated bool
}

// Browser is one browser on one machine, known by its cookie. An account that signs in hangs on it.
type Browser struct {
	ID      ID
	Account ID    // "" for a guest
	Label   Label // typed last by a guest, for the next lobby
}

// Known tells whether this browser has a row yet. A browser gets one with its first POST: a GET writes nothing.
func (b Browser) Known() bool { return b.ID != "" }

// SignedIn tells whether an account hangs on this browser.
func (b Browser) SignedIn() bool { return b.Account != "" }

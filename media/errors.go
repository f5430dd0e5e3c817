package media

import (
	"errors"
	"fmt"
)

// What can go wrong with an offer. The handlers map them to 400, 403, 503 and 404; see docs/protocol.md.
var (
	// ErrBadOffer is an offer that is too large, malformed or not of the fixed shape. The wrapping error's text is a
	// plain sentence that may be shown to the person who wrote the client.
	ErrBadOffer = errors.New("this offer cannot be used")
	// ErrNotInRoom means that the last SetRights snapshot of the room does not name the pass.
	ErrNotInRoom = errors.New("you are not in this room")
	// ErrNoRight means that the pass is in the room and may publish nothing at all.
	ErrNoRight = errors.New("you may not send anything in this room")
	// ErrBusy means that too many people are joining this very moment; trying again a second later is right.
	ErrBusy = errors.New("too many people are connecting at once")
	// ErrNoConnection means that there is no connection with that id.
	ErrNoConnection = errors.New("there is no such connection")
)

func badOffer(format string, a ...any) error {
	return fmt.Errorf("%w: %s", ErrBadOffer, fmt.Sprintf(format, a...))
}

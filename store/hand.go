package store

import "foyer/meet"

// Hand is one's own hand.
type Hand struct {
	Slug string
	Up   bool
}

// SetHand raises or lowers one's own hand. A hand that is up keeps its place in the order.
var SetHand = verb("set-hand", func(a *act, in Hand) (Done, error) {
	r, w, err := a.mayRoomAt(meet.RaiseHand, in.Slug)
	if err != nil {
		return Done{}, err
	}
	if err := a.do(`UPDATE pass SET hand_at = CASE WHEN ?1 THEN coalesce(hand_at, ?2) END WHERE room = ?3 AND browser = ?4`, in.Up, ms(a.now), r.ID, w.Browser.ID); err != nil {
		return Done{}, err
	}
	return Done{}, a.changed(PeopleTopic(r.ID))
})

// Hands names whose hand a host lowers, "" = all.
type Hands struct {
	Slug string
	Pass meet.ID
}

// LowerHands lowers the hands of others.
var LowerHands = verb("lower-hands", func(a *act, in Hands) (Done, error) {
	r, _, err := a.mayRoomAt(meet.LowerHand, in.Slug)
	if err != nil {
		return Done{}, err
	}
	if err := a.do(`UPDATE pass SET hand_at = NULL WHERE room = ?1 AND hand_at IS NOT NULL AND ?2 IN (id, '')`, r.ID, in.Pass); err != nil {
		return Done{}, err
	}
	return Done{}, a.changed(PeopleTopic(r.ID))
})

package store

import "foyer/meet"

// Somebody names a person in a room.
type Somebody struct {
	Slug string
	Pass meet.ID
}

// MutePeople mutes somebody, or with Pass "" everybody but oneself. Their packets are dropped at the server at once, and
// only they can unmute themselves.
var MutePeople = verb("mute-people", func(a *act, in Somebody) (Done, error) {
	r, w, err := a.mayRoomAt(meet.MutePerson, in.Slug)
	if err != nil {
		return Done{}, err
	}
	if err := a.do(`UPDATE pass SET mic = 0, mutes = mutes + 1 WHERE room = ?1 AND mic AND state IN ('in', 'out') AND gone < 2
		AND (id = ?2 OR ?2 = '' AND browser <> ?3)`, r.ID, in.Pass, w.Browser.ID); err != nil {
		return Done{}, err
	}
	return Done{}, a.changed(PeopleTopic(r.ID))
})

// RemovePerson sends somebody out, on every path, and keeps that browser out until a host allows it back.
var RemovePerson = verb("remove-person", func(a *act, in Somebody) (Done, error) {
	r, w, err := a.mayRoomAt(meet.Remove, in.Slug)
	if err != nil {
		return Done{}, err
	}
	mine, err := a.passIn(r.ID, w.Browser.ID)
	if err != nil {
		return Done{}, err
	}
	p, err := pass(a.row(`SELECT `+passColumns+` FROM pass p WHERE p.id = ? AND p.room = ?`, in.Pass, r.ID))
	switch {
	case none(err):
		return Done{}, meet.Refuse(meet.Conflict, "They are not here any more.")
	case err != nil:
		return Done{}, err
	case mine != nil && mine.ID == p.ID:
		return Done{}, meet.Refuse(meet.Conflict, "That is you. Use Leave.")
	}
	who, whom := meet.ActorOf(w.Account, r, mine, ""), meet.ActorOf(meet.Account{ID: p.Account}, r, &p, "")
	if err := meet.AllowOver(meet.Remove, who, whom, r.Door()); err != nil {
		return Done{}, err
	}
	if err := a.leave(r.ID, `id = ?`, p.ID); err != nil {
		return Done{}, err
	}
	return Done{}, a.do(`UPDATE pass SET state = 'removed' WHERE id = ?`, p.ID)
})

// AllowBack lets somebody come to the door again who was removed or denied too often.
var AllowBack = verb("allow-back", func(a *act, in Somebody) (Done, error) {
	r, _, err := a.mayRoomAt(meet.AllowBack, in.Slug)
	if err != nil {
		return Done{}, err
	}
	if err := a.do(`UPDATE pass SET denials = 0, denied_at = NULL, gone = CASE state WHEN 'removed' THEN 2 ELSE gone END,
		state = CASE state WHEN 'removed' THEN 'out' ELSE state END WHERE id = ? AND room = ?`, in.Pass, r.ID); err != nil {
		return Done{}, err
	}
	return Done{}, a.changed(PeopleTopic(r.ID), KnocksTopic(r.ID))
})

// EndForAll ends the call: everybody is out at once, and who waits need not wait any more. The room stays.
var EndForAll = verb("end-for-all", func(a *act, in Leaving) (Done, error) {
	r, _, err := a.mayRoomAt(meet.EndCall, in.Slug)
	if err != nil {
		return Done{}, err
	}
	if err := a.leave(r.ID, `state <> ?`, meet.Removed); err != nil {
		return Done{}, err
	}
	// Dated at the last exit: now, unless the room stood empty already.
	if err := a.do(`UPDATE room SET last_used_at = coalesce((SELECT empty_at FROM call WHERE room = room.id AND ended_at IS NULL), last_used_at) WHERE id = ?`, r.ID); err != nil {
		return Done{}, err
	}
	if err := a.do(`UPDATE call SET ended_at = empty_at WHERE room = ? AND ended_at IS NULL`, r.ID); err != nil {
		return Done{}, err
	}
	if err := a.endEvent(r.ID); err != nil {
		return Done{}, err
	}
	return Done{}, a.changed(HomeTopic(r.Owner), ChatTopic(r.ID))
})

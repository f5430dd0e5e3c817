package handlers

import (
	"foyer/meet"
	"foyer/store"
	"foyer/views"
)

// somebody is the person that a form of the room's page is about, "" = all.
func (v *visit) somebody() store.Somebody {
	return store.Somebody{Slug: v.slug(), Pass: meet.ID(clip(v.FormValue("pass"), 32))}
}

func (s *Server) setHand(v *visit) error {
	if _, err := store.SetHand.Do(v.ctx(), s.Store, v.by(), store.Hand{Slug: v.slug(), Up: v.FormValue("up") == "yes"}); err != nil {
		return err
	}
	return v.toRoom()
}

func (s *Server) lowerHands(v *visit) error {
	if _, err := store.LowerHands.Do(v.ctx(), s.Store, v.by(), store.Hands(v.somebody())); err != nil {
		return err
	}
	return v.toRoom()
}

func (s *Server) mutePeople(v *visit) error {
	if _, err := store.MutePeople.Do(v.ctx(), s.Store, v.by(), v.somebody()); err != nil {
		return err
	}
	return v.toRoom()
}

func (s *Server) removePerson(v *visit) error {
	if _, err := store.RemovePerson.Do(v.ctx(), s.Store, v.by(), v.somebody()); err != nil {
		return err
	}
	return v.toRoom()
}

func (s *Server) allowBack(v *visit) error {
	if _, err := store.AllowBack.Do(v.ctx(), s.Store, v.by(), v.somebody()); err != nil {
		return err
	}
	return v.toRoom()
}

// endForAll ends the call; whoever ended it lands where the others do.
func (s *Server) endForAll(v *visit) error {
	if _, err := store.EndForAll.Do(v.ctx(), s.Store, v.by(), store.Leaving{Slug: v.slug()}); err != nil {
		return err
	}
	if v.script() {
		return v.nothing()
	}
	return v.see(views.EndedAt(v.slug(), "over"))
}

// react sends a reaction over everybody's heads. It is no row and may be lost (decision 12), so it is no verb either; the
// table is asked all the same.
func (s *Server) react(v *visit) error {
	d, err := s.Store.DoorBySlug(v.ctx(), v.who, v.slug())
	if err != nil {
		return err
	}
	if err := meet.Allow(meet.React, d.Actor, d.Room.Door()); err != nil {
		return err
	}
	one, err := meet.ReactionOf(v.FormValue("reaction"))
	if err == nil {
		err = s.limits.speak(v)
	}
	if err != nil {
		return err
	}
	s.seats.react(d.Room.ID, reaction{d.Pass.ID, d.Pass.Name, one})
	return v.toRoom()
}

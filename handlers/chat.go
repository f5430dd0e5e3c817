package handlers

import (
	"net/http"

	"foyer/meet"
	"foyer/store"
	"foyer/views"
)

// chat is the end of what was said, for a page that noticed a gap.
func (s *Server) chat(v *visit) error {
	d, err := s.Store.DoorBySlug(v.ctx(), v.who, v.slug())
	if err != nil {
		return err
	}
	if err := meet.Allow(meet.SeeChat, d.Actor, d.Room.Door()); err != nil {
		return err
	}
	c, err := s.Store.Chat(v.ctx(), d.Room.ID, store.Chat{Whole: true})
	if err != nil {
		return err
	}
	return v.html(http.StatusOK, views.ChatRegion(v.page(d.Room.Name), c.Lines, mayDelete(d)))
}

// mayDelete tells which of the two ways the chat is drawn for somebody.
func mayDelete(d store.Door) bool {
	return meet.Allow(meet.DeleteLine, d.Actor, d.Room.Door()) == nil
}

func (s *Server) say(v *visit) error {
	err := s.limits.speak(v)
	if err == nil {
		_, err = store.Say.Do(v.ctx(), s.Store, v.by(), store.Saying{Slug: v.slug(), Text: v.FormValue("text")})
	}
	if err != nil {
		return err
	}
	return v.toRoom()
}

func (s *Server) deleteLine(v *visit) error {
	if _, err := store.DeleteLine.Do(v.ctx(), s.Store, v.by(), store.Deleting{Slug: v.slug(), N: number(v.FormValue("n"))}); err != nil {
		return err
	}
	return v.toRoom()
}

// toRoom answers a form of the room's page: nothing for its script, else the page again.
func (v *visit) toRoom() error {
	if v.script() {
		return v.nothing()
	}
	return v.see(views.Live(v.slug()))
}

package handlers

import (
	"net/http"
	"net/url"
	"strings"

	"foyer/meet"
	"foyer/store"
	"foyer/views"
)

// knocks is the queue at one room's door, for a page that wants to look again.
func (s *Server) knocks(v *visit) error {
	d, err := s.Store.DoorBySlug(v.ctx(), v.who, v.slug())
	if err != nil {
		return err
	}
	if err := meet.Allow(meet.SeeKnocks, d.Actor, d.Room.Door()); err != nil {
		return err
	}
	q, err := s.queue(v, d.Room)
	if err != nil {
		return err
	}
	return v.html(http.StatusOK, views.QueueRegion(v.page(d.Room.Name), q))
}

// queue is one room's, with how many are inside, by which a page decides whether to make a sound.
func (s *Server) queue(v *visit, r meet.Room) (q []meet.Queue, err error) {
	one := meet.Queue{Room: r}
	if one.Knocks, err = s.Store.Knocks(v.ctx(), r.ID); err != nil || len(one.Knocks) == 0 {
		return nil, err
	}
	people, err := s.Store.People(v.ctx(), r.ID)
	one.People = len(people)
	return []meet.Queue{one}, err
}

// answerKnock takes a host's decision; without a person it is about everybody who waits.
func (s *Server) answerKnock(v *visit) error {
	in := store.Answering{Slug: v.slug(), Pass: meet.ID(clip(v.FormValue("pass"), 32))}
	switch v.FormValue("answer") {
	case "admit":
		in.Admit = true
	case "deny":
	default:
		return meet.Refuse(meet.Invalid, "Say whether to admit or to deny.")
	}
	if in.Pass == "" && !in.Admit {
		return meet.Refuse(meet.Invalid, "Say whom to deny.")
	}
	if _, err := store.AnswerKnock.Do(v.ctx(), s.Store, v.by(), in); err != nil {
		return err
	}
	return v.back()
}

// back answers a small form that stands on several pages: nothing for a script, else the page it was sent from.
func (v *visit) back() error {
	if v.script() {
		return v.nothing()
	}
	from, err := url.Parse(v.Request().Referer())
	if err != nil || from.Host != v.Request().Host || strings.HasSuffix(from.Path, "/knocks") {
		return v.see(views.Home)
	}
	return v.see(safeNext(from.Path))
}

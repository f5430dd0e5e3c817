package handlers

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"foyer/meet"
	"foyer/store"
	"foyer/views"
)

// registrantRoutes are what hosts do with who registered.
func (s *Server) registrantRoutes() []route {
	get, post := http.MethodGet, http.MethodPost
	return []route{
		{get, "/events/:id/registrants", meet.SeeRegistrants, s.registrantsPage, page},
		{get, "/events/:id/registrants/stream", meet.SeeRegistrants, s.registrantsStream, stream},
		{get, "/events/:id/registrants.csv", meet.SeeRegistrants, s.exportRegistrants, page},
		{post, "/events/:id/registrants/import", meet.KeepRegistrants, s.importRegistrants, page},
		{post, "/events/:id/registrants/:who/resend", meet.KeepRegistrants, s.resendLetter, page},
		{post, "/events/:id/registrants/:who/remove", meet.KeepRegistrants, s.removeRegistrant, page},
	}
}

const registrantsPerPage = 50

func (s *Server) registrantsPage(v *visit) error {
	open := v.QueryParam("open")
	if open != "import" {
		open = ""
	}
	return s.showRegistrants(v, http.StatusOK, open, views.Form{}, views.Imported{})
}

func (s *Server) showRegistrants(v *visit, status int, open string, f views.Form, result views.Imported) error {
	d, err := s.registrantsData(v)
	if err != nil {
		return err
	}
	d.Open, d.Form, d.Result, d.Done = open, f, result, registrantsDone(v)
	d.Link = v.base() + views.Registration(d.Event.Slug)
	if who := v.QueryParam("remove"); who != "" && open == "" {
		r, err := s.Store.OneRegistrant(v.ctx(), v.who, store.Registrant{Event: d.Event.ID, Registration: meet.ID(clip(who, 32))})
		if err != nil {
			return err
		}
		if r.State == meet.Registered || r.State == meet.SeatWaiting {
			d.Remove = &r
		}
	}
	p := v.page("Registrants, "+d.Event.Name, "page.js")
	p.Here, p.Live = "webinars", true
	first, err := s.firstDesk(v, p, views.RegistrantsRegion(p, d), views.RegistrantsLive(d.Event.ID), url.Values{"q": {d.Query}, "page": {strconv.Itoa(d.Number)}})
	if err != nil {
		return err
	}
	d.Region, d.Queue, d.Stream = first.region, first.queue, first.stream
	p.Head = views.RegistrantsHead(p)
	return v.html(status, views.RegistrantsPage(p, d))
}

// registrantsDone says what was done a moment ago.
func registrantsDone(v *visit) string {
	switch v.QueryParam("done") {
	case "resent":
		return "The mail is on its way once more."
	case "removed":
		return "Removed. A mail says so."
	case "imported":
		return views.ImportedWords(max(0, number(v.QueryParam("added"))), max(0, number(v.QueryParam("known"))))
	}
	return ""
}

// registrantsQuery is what a page of the list asks for.
func registrantsQuery(v *visit) (query string, page int) {
	return strings.TrimSpace(clip(v.QueryParam("q"), 100)), max(1, min(number(v.QueryParam("page")), meet.MostSeats/registrantsPerPage))
}

// registrantsData is one page of the list, as it is now. Behind the end is the last one: somebody may have been removed.
func (s *Server) registrantsData(v *visit) (d views.RegistrantsData, err error) {
	if d.Event, err = s.Store.Event(v.ctx(), v.who, v.id()); err != nil {
		return d, err
	}
	d.Query, d.Number = registrantsQuery(v)
	d.PerPage = registrantsPerPage
	if d.Counts, err = s.Store.SeatCounts(v.ctx(), v.who, d.Event.ID); err != nil {
		return d, err
	}
	if d.Fields, err = s.Store.AskedFields(v.ctx(), d.Event.ID); err != nil {
		return d, err
	}
	look := func() error {
		d.List, d.Total, err = s.Store.Registrants(v.ctx(), v.who, store.Sought{Event: d.Event.ID, Query: d.Query, Limit: d.PerPage, Offset: (d.Number - 1) * d.PerPage})
		return err
	}
	if look() == nil && len(d.List) == 0 && d.Total > 0 {
		d.Number = (d.Total + d.PerPage - 1) / d.PerPage
		return d, look()
	}
	return d, err
}

// registrantsStream keeps an open list true. What somebody searches for is worth keeping for nobody.
func (s *Server) registrantsStream(v *visit) error {
	h := listDesk(v.id(), "registrants")
	draw := func() ([]byte, error) {
		d, err := s.registrantsData(v)
		if err != nil {
			return nil, err
		}
		d.Link = v.base() + views.Registration(d.Event.Slug)
		return s.draw(v, views.RegistrantsRegion(h.p, d))
	}
	h.draw = draw
	if query, page := registrantsQuery(v); query == "" {
		h.draw = func() ([]byte, error) { return h.kept(strconv.Itoa(page), draw) }
	}
	return s.keepDesk(v, h)
}

func (v *visit) registrant() store.Registrant {
	return store.Registrant{Event: v.id(), Registration: meet.ID(clip(v.Param("who"), 32))}
}

// backToRegistrants is the page of the list on which a form stood.
func (v *visit) backToRegistrants(more ...string) error {
	d := views.RegistrantsData{Event: meet.Event{Room: meet.Room{ID: v.id()}}, Query: clip(v.FormValue("q"), 100), Number: number(v.FormValue("page"))}
	return v.see(d.At(d.Number, more...))
}

func (s *Server) resendLetter(v *visit) error {
	if _, err := store.ResendLetter.Do(v.ctx(), s.Store, v.by(), v.registrant()); err != nil {
		return err
	}
	return v.backToRegistrants("done", "resent")
}

func (s *Server) removeRegistrant(v *visit) error {
	if _, err := store.RemoveRegistrant.Do(v.ctx(), s.Store, v.by(), v.registrant()); err != nil {
		return err
	}
	return v.backToRegistrants("done", "removed")
}

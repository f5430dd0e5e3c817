package handlers

import (
	"net/http"
	"strconv"
	"time"

	"foyer/meet"
	"foyer/views"
)

const callsPerPage = 50

// history lists past calls, newest first.
func (s *Server) history(v *visit) error {
	if err := v.allow(meet.SeeHistory); err != nil {
		return err
	}
	var before time.Time
	if n, err := strconv.ParseInt(v.QueryParam("before"), 10, 64); err == nil {
		before = time.UnixMilli(n)
	}
	calls, err := s.Store.Calls(v.ctx(), v.who.Account.ID, before, callsPerPage+1)
	if err != nil {
		return err
	}
	more := ""
	if len(calls) > callsPerPage {
		calls = calls[:callsPerPage]
		more = views.History + "?before=" + strconv.FormatInt(calls[callsPerPage-1].Started.UnixMilli(), 10)
	}
	p := v.page("History", "page.js")
	p.Here = "history"
	return v.html(http.StatusOK, views.HistoryPage(p, calls, more))
}

// call is one past call.
func (s *Server) call(v *visit) error {
	c, err := s.Store.Call(v.ctx(), v.who, v.id())
	if err != nil {
		return err
	}
	d := views.CallData{Call: c.Call, Who: c.Who, Said: c.Said}
	if c.Seats != nil {
		d.Registered, d.Came = c.Seats.Registered, c.Seats.Came
	}
	p := v.page(c.RoomName, "page.js")
	p.Here = "history"
	return v.html(http.StatusOK, views.CallPage(p, d))
}

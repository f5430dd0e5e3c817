package handlers

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"

	"foyer/calendar"
	"foyer/meet"
	"foyer/store"
	"foyer/views"
)

// feed is the calendar that a host subscribes to: their own events, and nobody who registered. Calendars ask every hour or
// so, mostly for nothing new.
func (s *Server) feed(v *visit) error {
	token, ok := strings.CutSuffix(clip(v.Param("feed"), longestLink+4), ".ics")
	if !ok {
		return meet.ErrNotHere
	}
	f, err := s.Store.Feed(v.ctx(), token)
	if err != nil {
		return err
	}
	var entries []calendar.FeedEntry
	for _, e := range f.Events {
		entries = append(entries, calendar.FeedEntry{UID: calendar.FeedPrefix + string(e.ID), Sequence: e.Sequence,
			Stamp: e.Changed, Created: e.Created, Modified: e.Changed, Start: e.Starts, Duration: e.Length, Title: e.Name, Description: e.Description,
			Link: v.base() + views.Event(e.ID), Cancelled: !e.Cancelled.IsZero()})
	}
	file, err := calendar.Feed(f.Owner+", webinars", calendar.Person{Name: f.Owner, Address: s.MailFrom}, entries)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(file)
	tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
	h := v.Response().Header()
	h.Set("ETag", tag)
	h.Set("Cache-Control", "private, no-cache")
	h.Set("X-Robots-Tag", "noindex")
	if matches(v.Request().Header.Get("If-None-Match"), tag) {
		return v.NoContent(http.StatusNotModified)
	}
	return v.Blob(http.StatusOK, calendarType, file)
}

// matches reads an If-None-Match header (RFC 9110 13.1.2): a list of tags, weak or not, or a star for any.
func matches(header, tag string) bool {
	for one := range strings.SplitSeq(header, ",") {
		if one = strings.TrimPrefix(strings.TrimSpace(one), "W/"); one == tag || one == "*" {
			return true
		}
	}
	return false
}

// renewFeed makes the address of one's calendar, or another one in its place.
func (s *Server) renewFeed(v *visit) error {
	if _, err := store.RenewFeed.Do(v.ctx(), s.Store, v.by(), store.Done{}); err != nil {
		return err
	}
	return v.see(views.Account + "?done=feed#feed")
}

// feedLink is the address of somebody's own calendar, "" while there is none.
func (s *Server) feedLink(v *visit) (string, error) {
	token, err := s.Store.FeedToken(v.ctx(), v.who.Account.ID)
	if err != nil || token == "" {
		return "", err
	}
	return v.base() + views.Feed(token), nil
}

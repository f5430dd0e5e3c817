package handlers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"

	"github.com/labstack/echo/v4"

	"foyer/media"
	"foyer/meet"
	"foyer/views"
)

// receive takes the offer of a page that wants to see and hear.
func (s *Server) receive(v *visit) error {
	return s.offer(v, "receive", meet.SeeInside, s.Media.Receive)
}

// send takes the offer of a page that wants to be seen and heard.
func (s *Server) send(v *visit) error { return s.offer(v, "send", meet.Publish, s.Media.Send) }

type join func(context.Context, media.Offer) (media.Answer, error)

// offer is media signalling, whole: one POST with an offer, one answer, never again (docs/protocol.md).
func (s *Server) offer(v *visit, direction string, do meet.Action, join join) error {
	room, pass, err := s.ticketed(v, do)
	if err != nil {
		return v.plain(err)
	}
	sdp, err := io.ReadAll(v.Request().Body)
	if err != nil {
		return v.plain(err)
	}
	local := localAddress(v.Request())
	if s.behindProxy(v.Request()) {
		local = netip.Addr{} // where the proxy reached us says nothing about packets
	}
	answer, err := join(v.ctx(), media.Offer{Room: string(room), Pass: string(pass), SDP: string(sdp), Local: local})
	if err != nil {
		return v.plain(mediaRefusal(err))
	}
	v.Response().Header().Set("Location", views.Media(room, direction)+"/"+answer.ID)
	v.Response().Header().Set("Cache-Control", "no-store")
	return v.squeezeAs(http.StatusCreated, "application/sdp", []byte(answer.SDP)) // fifteen lines that repeat each other
}

// ticketed reads the ticket and asks the table; the rights reach the media before the offer does.
func (s *Server) ticketed(v *visit, do meet.Action) (room, pass meet.ID, err error) {
	room, pass, ok := s.tickets.read(v.bearer(), s.Clock())
	if !ok || string(room) != v.Param("room") {
		return "", "", meet.Refuse(meet.Forbidden, "The ticket is over. Reload the page.")
	}
	d, err := s.Store.PassByID(v.ctx(), pass)
	if err != nil {
		return "", "", err
	}
	if d.Room.ID != room {
		return "", "", meet.Refuse(meet.Forbidden, "You are not in this room any more.")
	}
	if err := meet.Allow(do, d.Actor, d.Room.Door()); err != nil {
		return "", "", err
	}
	return room, pass, s.Rights(v.ctx(), room)
}

// Rights hands the present snapshot of a room's rights to the media.
func (s *Server) Rights(ctx context.Context, room meet.ID) error {
	s.levels.Lock() // a snapshot that was read earlier must not be set later
	defer s.levels.Unlock()
	rights, err := s.Store.Rights(ctx, room)
	if err != nil {
		return err
	}
	level := make(map[string]media.Right, len(rights))
	for pass, r := range rights {
		level[string(pass)] = media.Right(r)
	}
	s.Media.SetRights(string(room), level)
	return nil
}

func (s *Server) hangUp(v *visit) error {
	room, pass, ok := s.tickets.read(v.bearer(), s.Clock())
	if !ok || string(room) != v.Param("room") {
		return v.plain(meet.Refuse(meet.Forbidden, "The ticket is over."))
	}
	err := s.Media.Hangup(string(room), string(pass), v.Param("id"))
	if err != nil && !errors.Is(err, media.ErrNoConnection) { // one that had ended already is what was asked for
		return v.plain(err)
	}
	return v.nothing()
}

func mediaRefusal(err error) error {
	switch {
	case errors.Is(err, media.ErrBadOffer):
		return echo.NewHTTPError(http.StatusBadRequest, err.Error())
	case errors.Is(err, media.ErrNotInRoom), errors.Is(err, media.ErrNoRight):
		return meet.Refuse(meet.Forbidden, "You are not in this room any more.")
	case errors.Is(err, media.ErrBusy):
		return meet.Refuse(meet.Busy, "Many people are joining at once. Try again in a moment.")
	}
	return err
}

// plain answers a script in plain text: nobody reads a page here.
func (v *visit) plain(err error) error {
	var bad *echo.HTTPError
	if errors.As(err, &bad) {
		return v.String(bad.Code, fmt.Sprint(bad.Message))
	}
	e := asRefusal(err)
	if e.Code == meet.Internal {
		v.s.Log.Error("media", "err", err)
	}
	if e.Code == meet.SignIn {
		return v.String(http.StatusUnauthorized, e.Message)
	}
	return v.String(statuses[e.Code], e.Message)
}

// localAddress is where the browser reached us, which is a good candidate for its packets too.
func localAddress(r *http.Request) netip.Addr {
	a, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return netip.Addr{}
	}
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap()
}

package handlers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"

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
	room, pass, err := s.admitted(v, do)
	if err != nil {
		return v.plain(err)
	}
	sdp, err := v.text()
	if err != nil {
		return v.plain(err)
	}
	local := localAddress(v.Request())
	if s.behindProxy(v.Request()) {
		local = netip.Addr{} // where the proxy reached us says nothing about packets
	}
	offer := media.Offer{Room: string(room), Pass: string(pass), SDP: sdp, Local: local}
	answer, err := join(v.ctx(), offer)
	if errors.Is(err, media.ErrNotInRoom) || errors.Is(err, media.ErrNoRight) {
		// The table just said yes, so the media may not have heard of it yet. Only then the whole room's rights are read:
		// among many who come in at once that would be most of what a join costs.
		if err = s.Rights(v.ctx(), room); err == nil {
			answer, err = join(v.ctx(), offer)
		}
	}
	if err != nil {
		return v.plain(mediaRefusal(err))
	}
	v.Response().Header().Set("Location", views.Media(room, direction)+"/"+answer.ID)
	v.Response().Header().Set("Cache-Control", "no-store")
	// Six kilobytes as they are: squeezing five out of them would be a twentieth of what a join costs, and a megabit a second follows.
	return v.Blob(http.StatusCreated, "application/sdp", []byte(answer.SDP))
}

// text is a body as it came.
func (v *visit) text() (string, error) {
	b := buffers.Get().(*bytes.Buffer)
	b.Reset()
	defer buffers.Put(b)
	_, err := b.ReadFrom(v.Request().Body)
	return b.String(), err
}

// admitted reads the ticket and asks the table.
func (s *Server) admitted(v *visit, do meet.Action) (room, pass meet.ID, err error) {
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
	return room, pass, meet.Allow(do, d.Actor, d.Room.Door())
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

// view takes what a page shows of the others. The rights need not be stated for it: the connection that it names is of
// somebody who has them.
func (s *Server) view(v *visit) error {
	room, pass, err := s.admitted(v, meet.SeeInside)
	if err != nil {
		return v.plain(err)
	}
	shown, err := readView(v.Request().Body)
	if err != nil {
		return v.plain(echo.NewHTTPError(http.StatusBadRequest, err.Error()))
	}
	if err := s.Media.View(string(room), string(pass), v.Param("id"), shown); err != nil {
		return v.plain(mediaRefusal(err))
	}
	return v.nothing()
}

const (
	longestView = 4 << 10 // bytes
	longestSide = 8192    // of a tile, in device pixels
)

// The slots that have a picture (docs/protocol.md).
const (
	firstPicture = 5
	lastPicture  = 14
)

// readView reads what docs/protocol.md calls a view, and nothing that is not quite one.
func readView(body io.Reader) (media.View, error) {
	var told struct {
		Tiles  map[int][]int `json:"tiles"`
		Pinned []int         `json:"pinned"`
	}
	text, err := io.ReadAll(io.LimitReader(body, longestView+1))
	if err != nil || len(text) > longestView {
		return media.View{}, fmt.Errorf("a view is at most %d bytes", longestView)
	}
	in := json.NewDecoder(bytes.NewReader(text))
	in.DisallowUnknownFields()
	err = in.Decode(&told)
	if _, end := in.Token(); err != nil || told.Tiles == nil || end != io.EOF {
		return media.View{}, errors.New(`a view is {"tiles":{"SLOT":[WIDTH,HEIGHT],…},"pinned":[SLOT,…]}`)
	}
	view := media.View{Tiles: make(map[int]media.Tile, len(told.Tiles))}
	for slot, size := range told.Tiles {
		if slot < firstPicture || slot > lastPicture {
			return media.View{}, fmt.Errorf("slot %d has no picture: those from %d to %d do", slot, firstPicture, lastPicture)
		}
		if len(size) != 2 || min(size[0], size[1]) < 0 || max(size[0], size[1]) > longestSide {
			return media.View{}, fmt.Errorf("slot %d: a size is [WIDTH,HEIGHT], each from 0 to %d device pixels", slot, longestSide)
		}
		view.Tiles[slot] = media.Tile{Width: size[0], Height: size[1], Pinned: slices.Contains(told.Pinned, slot)}
	}
	for _, slot := range told.Pinned {
		if _, ok := view.Tiles[slot]; !ok {
			return media.View{}, fmt.Errorf("slot %d is pinned and not among the tiles", slot)
		}
	}
	return view, nil
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
	case errors.Is(err, media.ErrNoConnection):
		return echo.NewHTTPError(http.StatusNotFound, "This connection has ended. Make a new one.")
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

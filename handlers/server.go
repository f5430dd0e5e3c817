// Package handlers is where requests arrive: the routes (routes.go), what every request passes on its way in (entry.go),
// who sent it (visit.go), how an answer is written (render.go, trouble.go), the streams that keep open pages true
// (stream.go), and then one file per noun. A handler is parse, one verb, render; it decides nothing about permissions.
//
// A page works before any script runs. A form is answered with 303 when it went well, and with 422 and the same form,
// everything typed still in it, when it did not.
package handlers

import (
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"foyer/live"
	"foyer/media"
	"foyer/meet"
	"foyer/static"
	"foyer/store"
)

// Options are what the handlers stand on.
type Options struct {
	Store   *store.Store
	Files   *static.Files
	Hub     *live.Hub
	Media   *media.Node
	Clock   func() time.Time
	Log     *slog.Logger
	Secret  []byte         // the instance secret: seals cookies, signs tickets
	Public  *url.URL       // the name people see; nil = whatever the browser called us
	Proxies []netip.Prefix // whose X-Forwarded headers are believed
	Contact string

	MailFrom string // the bare address that mails come from, and calendar entries name
	MailNote string // what the dashboard says of mail that is not set up, "" = nothing
	Mails    string // folder in which mails become files, "" = they leave this machine
}

// Server answers browsers.
type Server struct {
	Options
	echo     *echo.Echo
	drawn    *live.Drawn
	presence *Presence
	seats    *seats
	tickets  ticketKey
	seals    seal
	limits   limits
	tiles    tileBox
	shelf    *shelf
	levels   sync.Mutex    // orders snapshots of rights on their way to the media
	stop     chan struct{} // closed when streams should end
}

// New makes a server over its parts.
func New(o Options) *Server {
	s := &Server{Options: o, drawn: live.NewDrawn(o.Hub), presence: newPresence(o.Store, o.Log), seats: newSeats(), stop: make(chan struct{})}
	s.tickets, s.seals = newTicketKey(o.Secret), newSeal(o.Secret)
	s.limits, s.tiles, s.shelf = newLimits(), newTileBox(), newShelf()
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.IPExtractor = s.ipExtractor()
	e.HTTPErrorHandler = s.trouble
	e.Use(ownRequestID, middleware.RequestIDWithConfig(middleware.RequestIDConfig{Skipper: isAsset}), s.log, s.recover, s.armour, s.sameOrigin)
	for _, r := range s.routes() {
		e.Add(r.method, r.path, s.entry(r))
	}
	s.echo = e
	return s
}

// isAsset tells a file from a page: nobody asks for help with one, and fifty bytes of request id add up.
func isAsset(c echo.Context) bool { return strings.HasPrefix(c.Request().URL.Path, "/static/") }

// ownRequestID forgets an id that the browser chose: ours go into the log.
func ownRequestID(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Request().Header.Del(echo.HeaderXRequestID)
		return next(c)
	}
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.echo.ServeHTTP(w, r) }

// Presence is who has a stream open on this node; its Run must be running.
func (s *Server) Presence() *Presence { return s.presence }

// EndStreams lets go of all open streams, so that a shutdown does not wait for them. Browsers come back by themselves.
func (s *Server) EndStreams() { close(s.stop) }

// Slots and Speaking pass on what the media of this node noticed, to the open pages of a room.
func (s *Server) Slots(room, pass string, slots []media.Slot) { s.seats.slots(pass, slots) }

// Connected passes on that somebody's media came up or went.
func (s *Server) Connected(pass string, up bool) { s.presence.Media(meet.ID(pass), up) }

// Speaking tells a room's pages who speaks.
func (s *Server) Speaking(room string, passes []string) { s.seats.speaking(room, passes) }

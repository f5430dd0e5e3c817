package handlers

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"foyer/meet"
	"foyer/views"
)

var statuses = map[meet.Code]int{
	meet.Invalid: http.StatusUnprocessableEntity, meet.SignIn: http.StatusUnauthorized, meet.NotHere: http.StatusNotFound,
	meet.Forbidden: http.StatusForbidden, meet.Conflict: http.StatusConflict, meet.TooMany: http.StatusTooManyRequests,
	meet.Busy: http.StatusServiceUnavailable, meet.Internal: http.StatusInternalServerError,
}

var titles = map[meet.Code]string{
	meet.Invalid: "That did not fit", meet.Forbidden: "Not allowed", meet.Conflict: "Something changed meanwhile",
	meet.TooMany: "Too many tries", meet.Busy: "Not now", meet.Internal: "Something went wrong here",
}

// trouble is the one place where an error becomes an answer: a page, or a fragment for a script's request.
func (s *Server) trouble(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	refusal := asRefusal(err)
	v, known := c.Get("visit").(*visit)
	if !known { // refused before anybody looked who it is: drawn for a stranger
		v = &visit{Context: c, s: s}
	}
	var werr error
	switch refusal.Code {
	case meet.SignIn:
		werr = v.askToSignIn()
	case meet.NotHere:
		werr = v.notHere()
	default:
		werr = v.troublePage(refusal)
	}
	if werr != nil {
		s.Log.Error("error page", "err", werr)
	}
}

// asRefusal reads any error as something to tell a person. What is not a refusal is ours to mend and is told as such.
func asRefusal(err error) *meet.Error {
	var refusal *meet.Error
	if errors.As(err, &refusal) {
		return refusal
	}
	var he *echo.HTTPError
	switch {
	case tooLarge(err):
		return &meet.Error{Code: meet.Invalid, Message: "That was more than this form takes."}
	case errors.As(err, &he) && (he.Code == http.StatusNotFound || he.Code == http.StatusMethodNotAllowed):
		return meet.ErrNotHere
	case errors.As(err, &he) && he.Code < 500:
		return meet.Refuse(meet.Invalid, "Foyer could not read this request.")
	case errors.Is(err, context.DeadlineExceeded):
		return meet.Refuse(meet.Busy, "That took too long, so Foyer gave up. Go back and try again.")
	}
	return meet.Refuse(meet.Internal, "It is not your fault, and what was saved is safe. Try again in a moment.")
}

// askToSignIn leads a page to the sign-in form and back. A form's post leads back to its own page with what was typed.
func (v *visit) askToSignIn() error {
	if v.route.kind == stream || v.script() || strings.HasPrefix(v.Request().Header.Get(echo.HeaderAccept), "text/event-stream") {
		return v.NoContent(http.StatusUnauthorized)
	}
	if v.Request().Method != http.MethodGet {
		return v.see(v.formPage())
	}
	return v.see(views.SignInFor(v.Request().URL.RequestURI()))
}

// formPage is the sign-in page that leads back to the page of the form that was sent, with what was typed in it.
func (v *visit) formPage() string {
	if page, fields := v.longForm(); page != "" {
		return views.SignInFor(v.withLeft(page, fields))
	}
	typed := url.Values{}
	for _, field := range []string{"name", "theme"} {
		if x := v.FormValue(field); x != "" {
			typed.Set(field, clip(x, 1000))
		}
	}
	switch v.route.do {
	case meet.CreateRoom:
		return views.SignInFor(views.NewRoom + "?" + typed.Encode())
	case meet.RenameRoom:
		typed.Set("open", "rename")
		return views.SignInFor(views.Room(v.id()) + "?" + typed.Encode())
	case meet.Duplicate:
		return views.SignInFor(views.Room(v.id()) + "?" + url.Values{"open": {"duplicate"}, "name": typed["name"]}.Encode())
	case meet.Customize:
		return views.SignInFor(v.Request().URL.Path)
	}
	return views.SignIn
}

// notHere is the same bytes for everybody and every address: it is drawn for a stranger.
func (v *visit) notHere() error {
	stranger := views.Page{Title: "There is nothing here", Assets: v.s.Files, Contact: v.s.Contact}
	return v.html(http.StatusNotFound, views.NotHerePage(stranger))
}

func (v *visit) troublePage(e *meet.Error) error {
	status := statuses[e.Code]
	if v.script() || v.Request().Header.Get("HX-Request-Type") == "partial" {
		return v.html(status, views.TroubleFragment(v.page(""), e.Message))
	}
	request := ""
	if e.Code == meet.Internal {
		request = v.Response().Header().Get(echo.HeaderXRequestID)
	}
	return v.html(status, views.TroublePage(v.page(titles[e.Code]), titles[e.Code], e.Message, request))
}

// again shows a form once more with what was typed and the message at its place, or passes on what is no form's fault.
func (v *visit) again(err error, typed map[string]string, show func(status int, f views.Form) error) error {
	var e *meet.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code {
	case meet.Invalid, meet.Conflict, meet.TooMany, meet.Busy:
		return show(statuses[e.Code], views.Form{Typed: typed, Field: e.Field, Message: e.Message})
	}
	return err
}

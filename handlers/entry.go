package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"foyer/meet"
)

// How much a request may carry and how long its answer may take. Streams have no end.
const (
	longestBody = 64 << 10 // bytes
	longestWait = 15 * time.Second
)

// entry is what a request passes before its handler: limits, who sent it, and a browser's own token.
func (s *Server) entry(r route) echo.HandlerFunc {
	return func(c echo.Context) error {
		v := &visit{Context: c, s: s, route: r}
		c.Set("visit", v) // for the error page
		body, wait := int64(longestBody), longestWait
		if r.kind == upload {
			body, wait = longestUpload, uploadWait
		}
		c.Request().Body = http.MaxBytesReader(c.Response(), c.Request().Body, body)
		if r.kind != stream {
			whole := c.Request()
			ctx, cancel := context.WithTimeout(whole.Context(), wait)
			defer func() { // the error page still has to be drawn, with what was typed
				cancel()
				whole.Form, whole.PostForm, whole.MultipartForm = c.Request().Form, c.Request().PostForm, c.Request().MultipartForm
				c.SetRequest(whole)
			}()
			c.SetRequest(whole.WithContext(ctx))
		}
		if err := s.limits.allow(v); err != nil {
			return err
		}
		if r.kind == plain {
			return r.handle(v)
		}
		if err := v.identify(); err != nil {
			return err
		}
		if r.kind == upload {
			defer v.leaveShelf()
			if err := v.readUpload(); err != nil {
				return err
			}
		}
		if _, err := c.FormParams(); err != nil {
			return badForm(err) // half a form is no form: a missing field must not count as an empty one
		}
		return r.handle(v)
	}
}

// recover turns a panic into a logged error, so that one bad request costs only its sender.
func (s *Server) recover(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler { //nolint:errorlint // the sentinel itself
					panic(p)
				}
				err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			}
		}()
		return next(c)
	}
}

// log writes one line a request: the route, never the address, because addresses carry links that open doors.
func (s *Server) log(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		started := s.Clock()
		err := next(c)
		if err != nil {
			c.Error(err)
		}
		level := slog.LevelDebug
		if c.Response().Status >= 500 {
			level = slog.LevelError
		}
		if s.Log.Enabled(c.Request().Context(), level) {
			attrs := []any{"method", c.Request().Method, "route", c.Path(), "status", c.Response().Status,
				"took", s.Clock().Sub(started), "request", c.Response().Header().Get(echo.HeaderXRequestID)}
			if err != nil && level == slog.LevelError {
				attrs = append(attrs, "err", err)
			}
			s.Log.Log(c.Request().Context(), level, "request", attrs...)
		}
		return nil
	}
}

// armour is the headers of every answer. Those that speak to a document come with documents (documentArmour), because
// eight hundred bytes on each picture and script would cost more than some of them weigh.
func (s *Server) armour(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("X-Content-Type-Options", "nosniff")
		if s.secure(c.Request()) {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		return next(c)
	}
}

// documentArmour is what a page may do (decision 25).
func (s *Server) documentArmour(h http.Header, modules []string) {
	scripts := "'self'"
	if len(modules) > 0 {
		scripts += " " + s.Files.ImportMapHash(modules...)
	}
	h.Set("Content-Security-Policy", "default-src 'self'; script-src "+scripts+
		"; img-src 'self' blob:; media-src 'self' blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types htmx foyer")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(self), microphone=(self), display-capture=(self), geolocation=(), payment=(), usb=()")
}

// sameOrigin refuses writes that another site sent (net/http.CrossOriginProtection: Sec-Fetch-Site, else Origin).
func (s *Server) sameOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	guard := http.NewCrossOriginProtection()
	return func(c echo.Context) error {
		if err := guard.Check(c.Request()); err != nil {
			return meet.Refuse(meet.Forbidden, "This request came from another site, so nothing was done.")
		}
		return next(c)
	}
}

// ipExtractor believes X-Forwarded-For only from the proxies that the operator named; Echo's default believes anybody.
func (s *Server) ipExtractor() echo.IPExtractor {
	if len(s.Proxies) == 0 {
		return echo.ExtractIPDirect()
	}
	trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range s.Proxies {
		_, network, err := net.ParseCIDR(p.String())
		if err == nil {
			trust = append(trust, echo.TrustIPRange(network))
		}
	}
	return echo.ExtractIPFromXFFHeader(trust...)
}

// secure tells whether the browser speaks https with us or with a proxy we trust.
func (s *Server) secure(r *http.Request) bool {
	return r.TLS != nil || s.behindProxy(r) && strings.EqualFold(r.Header.Get(echo.HeaderXForwardedProto), "https")
}

func (s *Server) behindProxy(r *http.Request) bool {
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	for _, p := range s.Proxies {
		if p.Contains(remote.Addr().Unmap()) {
			return true
		}
	}
	return false
}

// badForm tells a form that cannot be read, whatever is wrong with it: the sender's doing, not ours.
func badForm(err error) error {
	if tooLarge(err) {
		return meet.Refuse(meet.Invalid, "That was more than this form takes. Go back and shorten it; what you typed is still there.")
	}
	return meet.Refuse(meet.Invalid, "Foyer could not read this form. Go back; what you typed should still be there.")
}

// tooLarge tells whether a body ran into its limit.
func tooLarge(err error) bool {
	var e *http.MaxBytesError
	return errors.As(err, &e)
}

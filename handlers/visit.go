package handlers

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"foyer/meet"
	"foyer/store"
	"foyer/views"
)

// visit is one request and who sent it.
type visit struct {
	echo.Context
	s     *Server
	route route
	who   store.Who
	token string          // of the browser's cookie
	runs  []string        // modules of the page that is being drawn
	files map[string]file // of a form with pictures, by field

	unshelve func() // gives back the place that its picture took, nil = it took none
}

func (v *visit) ctx() context.Context { return v.Request().Context() }

// identify finds the browser's row. A browser without a cookie gets one; its row is made by its first POST.
func (v *visit) identify() (err error) {
	if c, err := v.Cookie(v.cookieName("foyer")); err == nil && len(c.Value) == tokenLength {
		v.token = c.Value
	} else {
		v.setToken(newToken())
		return nil
	}
	v.who, err = v.s.Store.Who(v.ctx(), meet.HashToken(v.token))
	return err
}

const tokenLength = 52 // 256 random bits in base32

// nextToken is the token that a browser gets with a sign-in. It is made of its present one and the form's key, so that the
// second half of a double click gets the same one.
func (v *visit) nextToken() string {
	once := v.FormValue("once")
	if once == "" {
		return newToken()
	}
	mac := hmac.New(sha256.New, v.s.tickets)
	mac.Write([]byte("token|" + v.token + "|" + once))
	return meet.Base32.EncodeToString(mac.Sum(nil))
}

func newToken() string {
	b := make([]byte, 32)
	rand.Read(b)
	return meet.Base32.EncodeToString(b)
}

// setToken gives the browser a cookie for a year. The row keeps only its hash.
func (v *visit) setToken(token string) {
	v.token = token
	v.setCookie("foyer", token, 365*24*time.Hour)
}

func (v *visit) setCookie(name, value string, age time.Duration) {
	seconds := int(age.Seconds())
	if age < 0 {
		seconds = -1 // take it away
	}
	v.SetCookie(&http.Cookie{Name: v.cookieName(name), Value: value, Path: "/", MaxAge: seconds, HttpOnly: true,
		Secure: v.s.secure(v.Request()), SameSite: http.SameSiteLaxMode})
}

// cookieName has the prefix that pins a cookie to this host, where the browser allows it: on https.
func (v *visit) cookieName(name string) string {
	if v.s.secure(v.Request()) {
		return "__Host-" + name
	}
	return name
}

// by says on whose behalf a verb runs.
func (v *visit) by() store.By {
	return store.By{Token: meet.HashToken(v.token), Once: clip(v.FormValue("once"), 64)}
}

// id is an id from the address.
func (v *visit) id() meet.ID { return meet.ID(clip(v.Param("id"), 32)) }

func (v *visit) slug() string { return clip(v.Param("slug"), 80) }

func clip(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}

// allow asks the table for pages that belong to no room.
func (v *visit) allow(do meet.Action) error {
	return meet.Allow(do, meet.ActorOf(v.who.Account, meet.Room{}, nil, ""), meet.Door{})
}

// page is the frame of this visit's page.
func (v *visit) page(title string, modules ...string) views.Page {
	once := clip(v.FormValue("once"), 64) // a form shown again is the same act
	if once == "" {
		once = newToken()[:16]
	}
	if len(modules) > 0 {
		v.runs = modules
	}
	return views.Page{Title: title, Assets: v.s.Files, Account: v.who.Account, Once: once, Zone: v.zone(),
		Now: v.s.Clock(), Modules: modules, Contact: v.s.Contact}
}

// ownZone is the reader's own zone, told by a script once, nil while it is not known.
func (v *visit) ownZone() *time.Location {
	c, err := v.Cookie("tz")
	if err != nil || len(c.Value) > 64 {
		return nil
	}
	name, err := url.QueryUnescape(c.Value)
	if err != nil {
		return nil
	}
	zone, err := meet.Zone(name)
	if err != nil {
		return nil
	}
	return zone
}

// zone is the same with UTC while it is not known: a clock that names itself.
func (v *visit) zone() *time.Location {
	if zone := v.ownZone(); zone != nil {
		return zone
	}
	return time.UTC
}

// base is the address of this Foyer as people see it.
func (v *visit) base() string {
	if v.s.Public != nil {
		return strings.TrimSuffix(v.s.Public.String(), "/")
	}
	scheme := "http://"
	if v.s.secure(v.Request()) {
		scheme = "https://"
	}
	return scheme + v.Request().Host
}

// typed is what a form said, for showing it again. Passwords are not shown again.
func (v *visit) typed(fields ...string) map[string]string {
	m := map[string]string{}
	for _, f := range fields {
		m[f] = v.FormValue(f)
	}
	return m
}

// see answers a form that went well: the browser loads the next page with GET.
func (v *visit) see(path string) error {
	v.Response().Header().Set("Referrer-Policy", "same-origin") // a redirect away from a link that carries a token
	return v.Redirect(http.StatusSeeOther, path)
}

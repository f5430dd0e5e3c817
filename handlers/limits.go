package handlers

import (
	"net/http"
	"net/netip"
	"time"

	"github.com/labstack/echo/v4/middleware"
	"golang.org/x/time/rate"

	"foyer/meet"
)

// limits keep one visitor from using up what is there for all. They count per browser first and per network generously,
// so that one person cannot lock out an office (decision 21).
type limits struct {
	posts   *middleware.RateLimiterMemoryStore // by network
	guesses *middleware.RateLimiterMemoryStore // of a password, by browser
	office  *middleware.RateLimiterMemoryStore // of a password, by network
	doors   *middleware.RateLimiterMemoryStore // entries into rooms, by network
	uploads *middleware.RateLimiterMemoryStore // pictures of strangers, by network
	words   *middleware.RateLimiterMemoryStore // chat lines and reactions, by browser
	letters *middleware.RateLimiterMemoryStore // mails that strangers cause, by network
}

func newLimits() limits {
	store := func(perMinute float64, burst int) *middleware.RateLimiterMemoryStore {
		return middleware.NewRateLimiterMemoryStoreWithConfig(middleware.RateLimiterMemoryStoreConfig{
			Rate: rate.Limit(perMinute / 60), Burst: burst, ExpiresIn: time.Hour})
	}
	return limits{posts: store(6000, 1000), guesses: store(1, 10), office: store(5, 50), doors: store(300, 300),
		uploads: store(20.0/60, 20), words: store(60, 12), letters: store(20.0/60, 20)}
}

func (l limits) allow(v *visit) error {
	from, err := netip.ParseAddr(v.RealIP())
	if v.Request().Method == http.MethodGet || err == nil && from.IsLoopback() {
		return nil // this very machine: its owner, or a proxy that the operator did not name, behind which is everybody
	}
	if ok, err := l.posts.Allow(network(v.RealIP())); !ok || err != nil {
		return meet.Refuse(meet.TooMany, "Too much came from your network at once. Try again in a minute.")
	}
	return nil
}

// enter counts one entry into a room: each is seen by everybody inside and stays in its history.
func (l limits) enter(v *visit) error {
	from, err := netip.ParseAddr(v.RealIP())
	if err == nil && from.IsLoopback() {
		return nil
	}
	if ok, err := l.doors.Allow(network(v.RealIP())); !ok || err != nil {
		return meet.Refuse(meet.TooMany, "Many people came in from your network just now. Try again in a moment.")
	}
	return nil
}

// guess counts one try of a password.
func (l limits) guess(v *visit) error {
	ours, err := l.office.Allow(network(v.RealIP())) // asked first: fresh cookies must not make rows of their own
	mine := false
	if ours && err == nil {
		mine, err = l.guesses.Allow(v.token)
	}
	if !mine || err != nil {
		return meet.Refuse(meet.TooMany, "Too many tries. Wait a minute, then try again.")
	}
	return nil
}

// speak counts one chat line or reaction: everybody inside gets it.
func (l limits) speak(v *visit) error {
	if !v.who.Browser.Known() {
		return nil // nobody's: the verb refuses it, and it is not worth remembering
	}
	if ok, err := l.words.Allow(v.token); !ok || err != nil {
		return meet.Refuse(meet.TooMany, "That was a lot at once. Wait a moment.")
	}
	return nil
}

// letter counts one mail that a stranger causes, to whichever address: twenty an hour from one network (decision 21). What
// hosts cause is theirs to answer for.
func (l limits) letter(v *visit) error {
	from, err := netip.ParseAddr(v.RealIP())
	if v.who.Account.ID != "" || err == nil && from.IsLoopback() {
		return nil
	}
	if ok, err := l.letters.Allow(network(v.RealIP())); !ok || err != nil {
		return meet.Refuse(meet.TooMany, "Many people registered from your network in the last hour. What you typed is still here; try again a little later, or from another network.")
	}
	return nil
}

// network is an address for IPv4 and its /64 for IPv6, which is what one customer gets.
func network(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil || a.Unmap().Is4() {
		return ip
	}
	p, err := a.Prefix(64)
	if err != nil {
		return ip
	}
	return p.String()
}

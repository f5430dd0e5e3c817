package store

import (
	"context"
	"crypto/hmac"
	"strings"
	"time"

	"foyer/meet"
)

// Feed is what a host's calendar shows of their own events: nobody who registered.
type Feed struct {
	Owner  string // name
	Events []meet.Event
}

// How long events stay in a feed: a calendar that looks once a week still learns what became of them.
const (
	feedPast      = 90 * 24 * time.Hour // behind the planned end
	feedCancelled = 30 * 24 * time.Hour // behind the cancellation
)

// feedToken names its account, so that one row answers whether it is good: there is no table of these links.
func (s *Store) feedToken(account meet.ID, generation int) string {
	return string(account) + "-" + meet.Mint(s.secret, meet.FeedLink, account, generation)
}

// FeedToken is the token of an account's calendar, "" while it has none.
func (s *Store) FeedToken(ctx context.Context, account meet.ID) (string, error) {
	var generation int
	err := s.row(ctx, `SELECT feed FROM account WHERE id = ?`, account).Scan(&generation)
	if err != nil || generation == 0 {
		return "", err
	}
	return s.feedToken(account, generation), nil
}

// Feed looks a calendar up by its token. A renewed or invented one, and that of an account out of use, is not here.
func (s *Store) Feed(ctx context.Context, token string) (f Feed, err error) {
	account, _, _ := strings.Cut(token, "-")
	var generation int
	err = s.row(ctx, `SELECT name, feed FROM account WHERE id = ? AND feed > 0 AND deactivated_at IS NULL`, account).Scan(&f.Owner, &generation)
	if none(err) || err == nil && !hmac.Equal([]byte(token), []byte(s.feedToken(meet.ID(account), generation))) {
		return Feed{}, meet.ErrNotHere
	}
	if err != nil {
		return Feed{}, err
	}
	now := s.now()
	rows, err := s.rows(ctx, eventQuery+`WHERE r.owner = ?1 AND (e.cancelled_at > ?2
		OR e.cancelled_at IS NULL AND e.deleted_at IS NULL AND e.starts_at + e.minutes * 60000 > ?3) ORDER BY e.starts_at, r.id`,
		account, ms(now.Add(-feedCancelled)), ms(now.Add(-feedPast)))
	f.Events, err = collect(rows, err, func(r scanner) (meet.Event, error) { return event(r) })
	return f, err
}

// RenewFeed makes the link of one's calendar, or a new one: the old one stops working.
var RenewFeed = verb("renew-feed", func(a *act, _ Done) (Done, error) {
	w, err := a.allow(meet.RenewFeed)
	if err != nil {
		return Done{}, err
	}
	return Done{}, a.do(`UPDATE account SET feed = feed + 1 WHERE id = ?`, w.Account.ID)
})

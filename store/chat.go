package store

import (
	"context"
	"time"

	"foyer/meet"
)

// Saying is one line of chat. Each line has an idempotency key of its own.
type Saying struct{ Slug, Text string }

// Say adds a line to the chat of the call that is going on. The answer is its number.
var Say = verb("say", func(a *act, in Saying) (n int, err error) {
	r, w, err := a.mayRoomAt(meet.Say, in.Slug)
	if err != nil {
		return 0, err
	}
	text, err := meet.LineText(in.Text)
	if err != nil {
		return 0, err
	}
	call, err := a.liveCall(r.ID)
	if err != nil {
		return 0, err
	}
	p, err := a.passIn(r.ID, w.Browser.ID)
	if err != nil {
		return 0, err
	}
	if call == "" && r.Early {
		return 0, meet.Refuse(meet.Conflict, "The chat opens when the webinar starts.")
	}
	if call == "" || p == nil {
		return 0, meet.Refuse(meet.Conflict, "Nobody is inside any more.")
	}
	var rev int
	if err := a.row(`SELECT (SELECT coalesce(max(n), 0) + 1 FROM line WHERE call = ?1), (SELECT coalesce(max(rev), 0) + 1 FROM line WHERE call = ?1)`, call).Scan(&n, &rev); err != nil {
		return 0, err
	}
	if err := a.do(`INSERT INTO line (call, n, rev, pass, name, text, at) VALUES (?, ?, ?, ?, ?, ?, ?)`, call, n, rev, p.ID, p.Name, text, ms(a.now)); err != nil {
		return 0, err
	}
	return n, a.changed(ChatTopic(r.ID))
})

// Deleting names one line of the call that is going on.
type Deleting struct {
	Slug string
	N    int
}

// DeleteLine takes the words of a line away, everywhere and for good; that there was a line stays.
var DeleteLine = verb("delete-line", func(a *act, in Deleting) (Done, error) {
	r, _, err := a.mayRoomAt(meet.DeleteLine, in.Slug)
	if err != nil {
		return Done{}, err
	}
	call, err := a.liveCall(r.ID)
	if err != nil {
		return Done{}, err
	}
	if err := a.do(`UPDATE line SET text = '', deleted_at = ?, rev = (SELECT max(rev) + 1 FROM line WHERE call = ?2) WHERE call = ?2 AND n = ?3 AND deleted_at IS NULL`,
		ms(a.now), call, in.N); err != nil {
		return Done{}, err
	}
	return Done{}, a.changed(ChatTopic(r.ID))
})

// Chat is what a page that shows Call up to Rev has to add; the whole end of the chat when another call is going on.
type Chat struct {
	Call  meet.ID
	Rev   int
	Whole bool
	Lines []meet.Line
}

const lineColumns = `l.n, l.rev, l.pass, l.name, coalesce(p.colour, 0), coalesce(p.image, ''), l.text, l.at, l.deleted_at IS NOT NULL`

func line(row scanner) (l meet.Line, err error) {
	var at int64
	err = row.Scan(&l.N, &l.Rev, &l.Pass, &l.Name, &l.Colour, &l.Image, &l.Text, &at, &l.Deleted)
	l.At = time.UnixMilli(at)
	return l, err
}

// Chat reads what is new in a room's chat for a page that shows shown. A page that missed more than a page shows, or says
// that it saw what was never said, gets the whole end: what it says of itself must not decide how much is read.
func (s *Store) Chat(ctx context.Context, room meet.ID, shown Chat) (c Chat, err error) {
	var last int // also of a line that is older than what a page shows
	err = s.row(ctx, `SELECT id, (SELECT coalesce(max(rev), 0) FROM line WHERE call = call.id) FROM call WHERE room = ? AND ended_at IS NULL`, room).Scan(&c.Call, &last)
	if none(err) {
		return Chat{Whole: shown.Call != "" || shown.Whole}, nil
	}
	if err != nil {
		return c, err
	}
	query, args := `SELECT `+lineColumns+` FROM line l LEFT JOIN pass p ON p.id = l.pass WHERE l.call = ? AND l.rev > ? ORDER BY l.n`, []any{c.Call, shown.Rev}
	if c.Whole = shown.Whole || shown.Call != c.Call || shown.Rev > last; !c.Whole && last-shown.Rev > meet.LinesShown {
		c.Whole, err = s.farBehind(ctx, c.Call, shown.Rev)
	}
	if err != nil {
		return c, err
	}
	if c.Whole {
		query, args = `SELECT * FROM (SELECT `+lineColumns+` FROM line l LEFT JOIN pass p ON p.id = l.pass WHERE l.call = ? ORDER BY l.n DESC LIMIT ?) ORDER BY 1`, []any{c.Call, meet.LinesShown}
		c.Rev = last
	} else {
		c.Rev = shown.Rev
	}
	rows, err := s.rows(ctx, query, args...)
	c.Lines, err = collect(rows, err, line)
	for _, l := range c.Lines {
		c.Rev = max(c.Rev, l.Rev)
	}
	return c, err
}

// farBehind tells whether the end of a chat leaves out lines that came after rev: a page then shows nothing older either.
// Deleted lines do not count, all of them are told to a page that may still show their words.
func (s *Store) farBehind(ctx context.Context, call meet.ID, rev int) (far bool, err error) {
	err = s.row(ctx, `SELECT count(*) > ?3 FROM (SELECT 1 FROM line WHERE call = ?1 AND rev > ?2 AND deleted_at IS NULL LIMIT ?3 + 1)`, call, rev, meet.LinesShown).Scan(&far)
	return far, err
}

// linesKept is how much of a call's chat its page in History shows.
const linesKept = 5000

// callChat is all that was said in a call, for whoever may see the call.
func (s *Store) callChat(ctx context.Context, call meet.ID) ([]meet.Line, error) {
	rows, err := s.rows(ctx, `SELECT `+lineColumns+` FROM line l LEFT JOIN pass p ON p.id = l.pass WHERE l.call = ? ORDER BY l.n LIMIT ?`, call, linesKept)
	return collect(rows, err, line)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
)

// newest is how many of a client's latest promises are checked after every start: what was acknowledged last is what a
// crash would take first. At the end everything is checked.
const newest = 3

// check asks for what was promised. An error is an answer that never came; a broken promise goes to the findings.
func (d *drill) check(ctx context.Context, all bool) error {
	errs := make([]error, len(d.clients))
	var wg sync.WaitGroup
	for i, c := range d.clients {
		wg.Go(func() { errs[i] = d.checkClient(ctx, c, all) })
	}
	wg.Wait()
	for i := range d.accounts {
		if all || i == d.starts%len(d.accounts) {
			errs = append(errs, d.checkDashboard(ctx, i), d.checkSignIn(ctx, d.accounts[i]))
		}
	}
	return errors.Join(errs...)
}

func (d *drill) checkClient(ctx context.Context, c *client, all bool) error {
	rooms, guests := c.rooms, c.guests
	if !all {
		rooms, guests = rooms[max(0, len(rooms)-newest):], guests[max(0, len(guests)-newest):]
	}
	errs := []error{d.checkCookie(ctx, c)}
	for _, r := range rooms {
		errs = append(errs, d.checkRoom(ctx, c, r))
	}
	for _, g := range guests {
		errs = append(errs, d.checkGuest(ctx, g))
	}
	return errors.Join(errs...)
}

// checkCookie: the browser that signed in is signed in.
func (d *drill) checkCookie(ctx context.Context, c *client) error {
	a, err := c.owner.get(ctx, "/account")
	if err == nil && (a.status != http.StatusOK || !strings.Contains(a.body, c.account.name)) {
		d.lose("sign-in of a browser of "+c.account.email, "GET /account: %v", a)
	}
	return err
}

// checkSignIn: the password opens the account from a browser that has never been here.
func (d *drill) checkSignIn(ctx context.Context, who account) error {
	err := visitor(d.line, d.node.url).signIn(ctx, who.email, who.password)
	var f fault
	if errors.As(err, &f) {
		d.lose("password of "+who.email, "%v", err)
		return nil
	}
	return err
}

// checkRoom: the owner finds it under its last name, the participant link opens its lobby, the host link leads there.
func (d *drill) checkRoom(ctx context.Context, c *client, r *room) error {
	a, err := c.owner.get(ctx, "/rooms/"+r.id+"/tile")
	if err != nil {
		return err
	}
	tiles := tiles(a.body)
	if a.status != http.StatusOK || len(tiles) != 1 {
		d.lose("room "+r.serial, "its tile: %v", a)
		return nil
	}
	if !r.called(tiles[0].name) {
		d.lose("name of "+r.serial, "it is called %q and not %q", tiles[0].name, r.name)
	}
	if err := c.links(ctx, r); err != nil {
		return err
	}
	return errors.Join(d.checkLobby(ctx, r), d.checkHostLink(ctx, r))
}

var title = regexp.MustCompile(`<h1>([^<]*)</h1>`)

func (d *drill) checkLobby(ctx context.Context, r *room) error {
	a, err := visitor(d.line, d.node.url).get(ctx, r.participant)
	if err != nil {
		return err
	}
	m := title.FindStringSubmatch(a.body)
	if a.status != http.StatusOK || m == nil || !r.called(html.UnescapeString(m[1])) {
		d.lose("participant link of "+r.serial, "%v %q", a, m)
	}
	return nil
}

func (d *drill) checkHostLink(ctx context.Context, r *room) error {
	a, err := visitor(d.line, d.node.url).get(ctx, r.host)
	if err == nil && (a.status != http.StatusSeeOther || a.location != pathOf(r.participant)) {
		d.lose("host link of "+r.serial, "%v", a)
	}
	return err
}

// checkGuest: the browser that came in is known at the door by the name it gave. Only its pass remembers that name.
func (d *drill) checkGuest(ctx context.Context, g *guest) error {
	name, err := g.remembered(ctx)
	if err == nil && name != g.name {
		d.lose(g.name, "the door calls it %q", name)
	}
	return err
}

// remembered is the name that the lobby offers this browser, "" when it is a stranger there.
func (g *guest) remembered(ctx context.Context) (string, error) {
	path := pathOf(g.room.participant)
	form, err := g.who.fill(ctx, g.room.participant, path)
	var f fault
	if errors.As(err, &f) {
		return "", nil
	}
	return form.Get("name"), err
}

func pathOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Path
}

type tile struct{ id, name string }

var tileMark = regexp.MustCompile(`(?s)<li class="tile" id="tile-([^"]+)">.*?<h3><a [^>]*>([^<]*)</a>`)

func tiles(page string) (list []tile) {
	for _, m := range tileMark.FindAllStringSubmatch(page, -1) {
		list = append(list, tile{m[1], html.UnescapeString(m[2])})
	}
	return list
}

// checkDashboard: an account's dashboard shows every room under its name, and none twice.
func (d *drill) checkDashboard(ctx context.Context, of int) error {
	var shown map[string][]tile
	for i, c := range d.clients {
		if i%len(d.accounts) != of {
			continue
		}
		if shown == nil {
			a, err := c.owner.get(ctx, "/")
			if err != nil {
				return err
			}
			if a.status != http.StatusOK {
				return fault{fmt.Sprintf("the dashboard of %s: %v", c.account.email, a)}
			}
			shown = bySerial(tiles(a.body))
		}
		d.compare(c, shown)
	}
	for serial, found := range shown {
		if len(found) > 1 {
			d.double("room " + serial)
		}
	}
	return nil
}

func (d *drill) compare(c *client, shown map[string][]tile) {
	for _, r := range c.rooms {
		found := shown[r.serial]
		switch {
		case len(found) == 0:
			d.lose("room "+r.serial, "it is not on the dashboard")
		case !r.called(found[0].name):
			d.lose("name of "+r.serial, "the dashboard calls it %q and not %q", found[0].name, r.name)
		}
	}
}

func bySerial(list []tile) map[string][]tile {
	m := map[string][]tile{}
	for _, t := range list {
		serial, _, _ := strings.Cut(t.name, " ")
		m[serial] = append(m[serial], t)
	}
	return m
}

// happened tells whether a form whose answer never came was done all the same.
func (c *client) happened(ctx context.Context, a *act) (bool, error) {
	switch {
	case a.entering != nil:
		name, err := a.entering.remembered(ctx)
		return name == a.entering.name, err
	case a.renaming != nil:
		got, err := c.owner.get(ctx, "/rooms/"+a.renaming.id+"/tile")
		list := tiles(got.body)
		return len(list) == 1 && list[0].name == a.renaming.next, err
	default:
		got, err := c.owner.get(ctx, "/?q="+url.QueryEscape(a.serial))
		return len(tiles(got.body)) > 0, err
	}
}

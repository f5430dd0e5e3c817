package handlers

import (
	"bytes"
	"hash/crc32"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"foyer/meet"
	"foyer/store"
	"foyer/views"
)

// home is the dashboard.
func (s *Server) home(v *visit) error {
	if err := v.allow(meet.SeeHome); err != nil {
		return err
	}
	d, err := s.homeData(v)
	if err != nil {
		return err
	}
	p := v.page("Home", "home.js")
	p.Here, p.Live = "home", true
	d.Tile, d.Event = s.tiles.drawer(p), s.tiles.events(p)
	region, err := s.draw(v, views.RoomsRegion(p, d))
	if err != nil {
		return err
	}
	if err := s.below(v, p, &d, url.Values{"shown": {fingerprint(region)}}); err != nil {
		return err
	}
	d.Region = drawnAlready(region)
	if made := v.QueryParam("made"); made != "" {
		s.showMade(v, &d, meet.ID(clip(made, 32)))
	}
	return v.html(http.StatusOK, views.HomePage(p, d))
}

// webinars is the other half of the dashboard by itself.
func (s *Server) webinars(v *visit) error {
	if err := v.allow(meet.SeeHome); err != nil {
		return err
	}
	d, err := s.homeData(v)
	if err != nil {
		return err
	}
	p := v.page("Webinars", "home.js")
	p.Here, p.Live, d.Alone = "webinars", true, true
	d.Event = s.tiles.events(p)
	if err := s.below(v, p, &d, url.Values{"only": {"webinars"}}); err != nil {
		return err
	}
	return v.html(http.StatusOK, views.WebinarsPage(p, d))
}

// below draws what both halves have: webinars, who knocks, and the stream, whose address shown says what the page shows
// already.
func (s *Server) below(v *visit, p views.Page, d *views.HomeData, shown url.Values) error {
	events, err := s.draw(v, views.EventsRegion(p, *d, d.Alone))
	if err != nil {
		return err
	}
	queue, err := s.queueOf(v, p)
	if err != nil {
		return err
	}
	shown.Set("events", fingerprint(events))
	shown.Set("queue", fingerprint(queue))
	d.Below, d.Queue, d.Stream = drawnAlready(events), drawnAlready(queue), v.homeStream(shown)
	d.Note = s.MailNote
	return nil
}

// homeStream is the address of the page's stream. It says what the page shows already, so that the same picture is not
// sent twice.
func (v *visit) homeStream(q url.Values) string {
	for _, k := range []string{"q", "sort"} {
		if x := v.QueryParam(k); x != "" {
			q.Set(k, clip(x, 100))
		}
	}
	return views.HomeLive + "?" + q.Encode()
}

// fingerprint tells two pictures of a region apart. Nobody gains from making two that look the same, so a checksum that
// the processor computes will do (CRC-32C).
func fingerprint(region []byte) string {
	return strconv.FormatUint(uint64(crc32.Checksum(region, castagnoli))<<20|uint64(len(region)&0xfffff), 36)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (s *Server) homeData(v *visit) (views.HomeData, error) {
	tiles, err := s.Store.Tiles(v.ctx(), v.who.Account.ID)
	if err != nil {
		return views.HomeData{}, err
	}
	d := views.HomeData{All: len(tiles), Sort: "used"}
	if err := s.findEvents(v, &d); err != nil {
		return d, err
	}
	if pick(v.QueryParam("sort")) == "name" {
		d.Sort = "name"
		sort.SliceStable(tiles, func(i, j int) bool { return strings.ToLower(tiles[i].Name) < strings.ToLower(tiles[j].Name) })
	}
	for _, t := range tiles {
		if strings.Contains(strings.ToLower(t.Name), strings.ToLower(d.Query)) {
			d.Tiles = append(d.Tiles, t)
		}
	}
	return d, nil
}

// findEvents adds the webinars that were searched for.
func (s *Server) findEvents(v *visit, d *views.HomeData) error {
	d.Query = strings.TrimSpace(clip(v.QueryParam("q"), 100))
	events, err := s.Store.Events(v.ctx(), v.who.Account.ID)
	d.AllEvents = len(events)
	for _, e := range events {
		if strings.Contains(strings.ToLower(e.Name), strings.ToLower(d.Query)) {
			d.Events = append(d.Events, e)
		}
	}
	return err
}

// pick is one of the two orders.
func pick(sort string) string {
	if sort == "name" {
		return sort
	}
	return "used"
}

// showMade adds the line that greets a new room.
func (s *Server) showMade(v *visit, d *views.HomeData, id meet.ID) {
	for _, t := range d.Tiles {
		if t.ID == id {
			d.Made, d.Link = &t.Room, v.base()+views.Lobby(t.Slug)
		}
	}
}

// homeStream keeps an open dashboard true: all tiles when one came, went or moved, one tile when only that changed.
func (s *Server) homeStream(v *visit) error {
	if err := v.allow(meet.SeeHome); err != nil {
		return s.refuseDesk(v, views.Home, err)
	}
	only := v.QueryParam("only")
	h := &homeLive{s: s, v: v, account: v.who.Account.ID, p: v.page("Home"), bare: only == "knocks", alone: only == "webinars", bell: newBell()}
	topics := []string{store.KnocksOfTopic(h.account), store.SignInTopic(h.account)}
	if !h.bare {
		topics = append(topics, store.HomeTopic(h.account))
	}
	l := s.Hub.Listen(topics...)
	defer l.Close()
	if err := h.still(); err != nil { // deactivated or signed out just before we listened
		return s.refuseDesk(v, views.Home, err)
	}
	return h.keep(l, func() error { return h.tiles(v.shows("shown"), v.shows("events")) }, h.push)
}

type homeLive struct {
	s       *Server
	v       *visit
	w       *wire
	p       views.Page
	account meet.ID
	bare    bool  // another page than the dashboard: nothing but who knocks
	alone   bool  // the page of webinars, without rooms
	bell    *bell // for when time alone changes what is shown
}

func (h *homeLive) push(topics []string, all bool) (over bool, err error) {
	h.p.Now = h.s.Clock()
	if all {
		topics = append(topics, store.SignInTopic(h.account), store.KnocksOfTopic(h.account))
	}
	for _, t := range topics {
		switch {
		case t == store.SignInTopic(h.account):
			err := h.still()
			if err != nil && meet.CodeOf(err) == meet.SignIn {
				h.w.event("done", []byte(views.SignIn))
				return true, nil
			}
			if err != nil {
				return false, err
			}
		case t == store.KnocksOfTopic(h.account):
			if err := h.knocks(""); err != nil {
				return false, err
			}
		case t == store.HomeTopic(h.account):
			all = true
		}
	}
	if h.bare {
		return false, nil
	}
	if len(topics) == 0 { // the clock's turn
		all = true
	}
	if all || pick(h.v.QueryParam("sort")) != "used" || h.v.QueryParam("q") != "" { // a new name may mean a new place
		return false, h.tiles("", "")
	}
	for _, t := range topics {
		if _, room, ok := strings.Cut(t, "#"); ok {
			if err := h.tile(meet.ID(room)); err != nil {
				return false, err
			}
		}
	}
	return false, nil
}

// still looks whether this browser is signed in as before.
func (h *homeLive) still() (err error) {
	if h.v.who, err = h.s.Store.Who(h.v.ctx(), meet.HashToken(h.v.token)); err != nil {
		return err
	}
	if h.v.who.Account.ID != h.account {
		return meet.Refuse(meet.SignIn, "Sign in to go on.")
	}
	return nil
}

// tiles sends all of both kinds, unless the page shows them already. Both are drawn of the same, which is loaded once.
func (h *homeLive) tiles(rooms, events string) error {
	if h.bare {
		return nil
	}
	data := sync.OnceValues(func() (views.HomeData, error) { return h.s.homeData(h.v) })
	if h.alone {
		data = func() (d views.HomeData, err error) { return d, h.s.findEvents(h.v, &d) }
	} else if err := h.rooms(rooms, data); err != nil {
		return err
	}
	return h.events(events, data)
}

// events sends the tiles of webinars, unless the page shows them already. With the picture is kept how long it is true, if
// nothing else happens.
func (h *homeLive) events(shown string, data func() (views.HomeData, error)) error {
	draw := func() ([]byte, error) {
		d, err := data()
		if err != nil {
			return nil, err
		}
		d.Event = h.s.tiles.events(h.p)
		region, err := h.s.draw(h.v, views.EventsRegion(h.p, d, h.alone))
		return append([]byte(nextTurn(d.Events, h.p.Now)+"\n"), region...), err
	}
	b, err := h.drawn("events|"+strconv.FormatBool(h.alone), draw)
	if err == nil && !h.p.Now.Before(turnOf(b)) {
		b, err = draw()
	}
	if err != nil {
		return err
	}
	h.bell.in(turnOf(b).Sub(h.p.Now) + time.Second)
	if _, region, _ := bytes.Cut(b, []byte("\n")); shown != fingerprint(region) {
		h.w.event("", partial("#events", region))
	}
	return nil
}

// nextTurn is when time alone changes what tiles say: the next webinar is missed, or has been for so long that it goes. In
// milliseconds since 1970; a day ahead where nothing is planned.
func nextTurn(list []meet.EventTile, now time.Time) string {
	next := now.Add(24 * time.Hour)
	for _, e := range list {
		for _, t := range []time.Time{e.Ends(), e.Ends().Add(meet.MissedShown)} {
			if t.After(now) && t.Before(next) {
				next = t
			}
		}
	}
	return strconv.FormatInt(next.UnixMilli(), 10)
}

// turnOf reads that again from what is kept of a picture.
func turnOf(kept []byte) time.Time {
	at, _, _ := bytes.Cut(kept, []byte("\n"))
	ms, err := strconv.ParseInt(string(at), 10, 64)
	if err != nil {
		return time.Time{} // never true
	}
	return time.UnixMilli(ms)
}

// rooms sends all tiles, unless the page shows them already.
func (h *homeLive) rooms(shown string, data func() (views.HomeData, error)) error {
	region, err := h.drawn("rooms|"+pick(h.v.QueryParam("sort")), func() ([]byte, error) {
		d, err := data()
		if err != nil {
			return nil, err
		}
		d.Tile = h.s.tiles.drawer(h.p)
		return h.s.draw(h.v, views.RoomsRegion(h.p, d))
	})
	if err != nil || shown == fingerprint(region) {
		return err
	}
	h.w.event("", partial("#rooms", region))
	return nil
}

// knocks sends the queue at the doors of all rooms of this account, unless the page shows it already.
func (h *homeLive) knocks(shown string) error {
	region, err := h.s.drawn.Bytes(store.KnocksOfTopic(h.account), "knocks|"+string(h.account)+"|"+h.p.Zone.String(), func() ([]byte, error) {
		queues, err := h.s.Store.Queues(h.v.ctx(), h.account)
		if err != nil {
			return nil, err
		}
		return h.s.draw(h.v, views.QueueRegion(h.p, queues))
	})
	switch {
	case err != nil, shown == fingerprint(region):
	case h.bare:
		h.w.event("queue", region)
	default:
		h.w.event("", partial("#queue", region))
	}
	return err
}

// tile sends one room or one webinar.
func (h *homeLive) tile(room meet.ID) error {
	message, err := h.drawn("tile|"+strconv.FormatBool(h.alone)+"|"+string(room), func() ([]byte, error) {
		t, err := h.s.Store.Tile(h.v.ctx(), h.v.who, room)
		switch {
		case err != nil && meet.CodeOf(err) == meet.NotHere:
			return []byte{}, nil // deleted meanwhile; the list of tiles says so
		case err != nil:
			return nil, err
		case t.Event:
			return h.event(room)
		case h.alone:
			return []byte{}, nil
		}
		region, err := h.s.draw(h.v, h.s.tiles.drawer(h.p)(t))
		return partial("#tile-"+string(room), region), err
	})
	if err != nil || len(message) == 0 {
		return err
	}
	h.w.event("", message)
	return nil
}

func (h *homeLive) event(room meet.ID) ([]byte, error) {
	e, err := h.s.Store.EventTile(h.v.ctx(), h.v.who, room)
	if err != nil || !e.Ended.IsZero() { // over: it is on its way out of the list
		return []byte{}, orNotHereAnyMore(err)
	}
	region, err := h.s.draw(h.v, h.s.tiles.events(h.p)(e))
	return partial("#event-"+string(room), region), err
}

// orNotHereAnyMore is the error of looking at what may have been deleted meanwhile.
func orNotHereAnyMore(err error) error {
	if err != nil && meet.CodeOf(err) == meet.NotHere {
		return nil
	}
	return err
}

// drawn draws a region once for all pages of this account on this node.
func (h *homeLive) drawn(key string, draw func() ([]byte, error)) ([]byte, error) {
	if h.v.QueryParam("q") != "" {
		return draw() // what one person searches for is worth keeping for nobody
	}
	return h.s.drawn.Bytes(store.HomeTopic(h.account), key+"|"+string(h.account)+"|"+h.p.Zone.String(), draw)
}

// partial wraps a region so that htmx morphs it into its place.
func partial(target string, region []byte) []byte {
	var b bytes.Buffer
	b.WriteString(`<hx-partial hx-target="` + target + `" hx-swap="outerMorph">`)
	b.Write(region)
	b.WriteString(`</hx-partial>`)
	return b.Bytes()
}

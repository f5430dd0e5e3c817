package handlers

import (
	"bytes"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"foyer/live"
	"foyer/meet"
	"foyer/store"
	"foyer/views"
)

// deskLive keeps an open page of a host true: one region that is drawn again when its topics move, and who knocks.
type deskLive struct {
	homeLive
	room   meet.ID                // whose region it is
	target string                 // its id
	gone   string                 // where the page goes when the region is nobody's to see any more
	topics []string               // that move it
	draw   func() ([]byte, error) // the region, for who is signed in now
	turns  func() time.Duration   // how long until time alone moves it, nil = it stands still

	shown string // fingerprint of what the page shows
	pace  pace
}

// drawnDesk is such a page as it comes: the region, the queue, and the address of the stream, which says so.
type drawnDesk struct {
	region, queue templ.Component
	stream        string
}

// firstDesk draws what a page shows before its stream does. at is the stream's address, q what the page asked for.
func (s *Server) firstDesk(v *visit, p views.Page, region templ.Component, at string, q url.Values) (d drawnDesk, err error) {
	first, err := s.draw(v, region)
	if err != nil {
		return d, err
	}
	queue, err := s.queueOf(v, p)
	if err != nil {
		return d, err
	}
	q.Set("shown", fingerprint(first))
	q.Set("queue", fingerprint(queue))
	return drawnDesk{drawnAlready(first), drawnAlready(queue), at + "?" + q.Encode()}, nil
}

// queueOf is who asks to join any room of who looks.
func (s *Server) queueOf(v *visit, p views.Page) ([]byte, error) {
	queues, err := s.Store.Queues(v.ctx(), v.who.Account.ID)
	if err != nil {
		return nil, err
	}
	return s.draw(v, views.QueueRegion(p, queues))
}

// shows is the fingerprint of what a page shows of a region, as the address of its stream says. A page that comes back
// shows something else by now.
func (v *visit) shows(region string) string {
	if v.cameBack() {
		return ""
	}
	return v.QueryParam(region)
}

func (v *visit) cameBack() bool { return v.Request().Header.Get("Last-Event-ID") != "" }

// keep serves the stream of a page until it is over: first what the page does not show yet, then what moves.
func (h *homeLive) keep(l *live.Listener, first func() error, push func(topics []string, all bool) (over bool, err error)) error {
	defer h.bell.stop()
	h.w = openWire(h.v)
	err := first()
	if err == nil {
		err = h.knocks(h.v.shows("queue"))
	}
	if err != nil {
		return h.s.lastWords(h.w, err)
	}
	h.w.out.WriteString("id: 1\n") // what a page that comes back sends as Last-Event-ID
	h.w.event("ping", nil)
	return h.s.follow(h.v.ctx(), h.w, l, pingAtHome, h.bell.C, push)
}

// keepDesk serves the stream of a page with one region. Who may not see that is refused before there is a stream.
func (s *Server) keepDesk(v *visit, h *deskLive) error {
	h.homeLive = homeLive{s: s, v: v, account: v.who.Account.ID, p: v.page(""), bell: newBell()}
	h.shown = v.shows("shown")
	l := s.Hub.Listen(append(h.topics, store.KnocksOfTopic(h.account), store.SignInTopic(h.account))...)
	defer l.Close()
	region, err := h.look()
	if err != nil {
		h.bell.stop()
		return s.refuseDesk(v, h.gone, err)
	}
	return h.keep(l, func() error { h.send(region); return nil }, h.push)
}

// refuseDesk answers a page that may not see its region, before there is a stream. One that comes back is led away: a
// status would make it try again for ever.
func (s *Server) refuseDesk(v *visit, gone string, err error) error {
	to := elsewhere(err, gone)
	if to == "" || !v.cameBack() {
		return err
	}
	w := openWire(v)
	w.event("done", []byte(to))
	return s.lastWords(w, nil)
}

// push draws again what the topics moved. None at all is the bell.
func (h *deskLive) push(topics []string, all bool) (over bool, err error) {
	rang := len(topics) == 0 && !all
	moved, knocks, who := h.moved(topics)
	if who {
		h.pace.drawn = time.Time{} // who may not look any more sees nothing more
	}
	if rang || (all || moved || who) && h.pace.may(h.s.Clock(), h.bell) {
		over, err = h.redraw()
	}
	if (all || knocks) && !over && err == nil {
		err = h.knocks("")
	}
	return over, err
}

// moved sorts topics: those that move the region, who knocks, and whether this browser is signed in as before. A topic that
// is narrowed to another room is none of this page's.
func (h *deskLive) moved(topics []string) (region, knocks, who bool) {
	for _, t := range topics {
		_, room, narrow := strings.Cut(t, "#")
		switch {
		case t == store.KnocksOfTopic(h.account):
			knocks = true
		case t == store.SignInTopic(h.account):
			who = true
		case !narrow || meet.ID(room) == h.room:
			region = true
		}
	}
	return region, knocks, who
}

// redraw sends the region unless the page shows it. Where it is nobody's to see any more, the page goes too.
func (h *deskLive) redraw() (over bool, err error) {
	region, err := h.look()
	if err == nil {
		h.send(region)
		return false, nil
	}
	if to := elsewhere(err, h.gone); to != "" {
		h.w.event("done", []byte(to))
		return true, nil
	}
	return false, err
}

// look draws the region as it is now.
func (h *deskLive) look() ([]byte, error) {
	h.p.Now = h.s.Clock()
	h.pace.draws(h.p.Now)
	if err := h.still(); err != nil {
		return nil, err
	}
	region, err := h.draw()
	if err == nil && h.turns != nil {
		h.bell.in(h.turns())
	}
	return region, err
}

func (h *deskLive) send(region []byte) {
	if print := fingerprint(region); print != h.shown {
		h.shown = print
		h.w.event("", partial("#"+h.target, region))
	}
}

// elsewhere is where a page goes that must not show its region any more, "" = that is not what the error says.
func elsewhere(err error, gone string) string {
	switch meet.CodeOf(err) {
	case meet.SignIn:
		return views.SignIn
	case meet.NotHere:
		return gone
	}
	return ""
}

// kept draws a list once for all pages of this account that show it on this node. That somebody came is told by another
// topic than what became of the mails: a picture from before that is drawn anew. what tells two of an account's pictures
// apart.
func (h *deskLive) kept(what string, draw func() ([]byte, error)) ([]byte, error) {
	came := strconv.FormatUint(h.s.Hub.Version(store.PeopleTopic(h.room)), 10)
	b, err := h.s.drawn.Bytes(store.RegistrantsTopic(h.room), h.target+"|"+what+"|"+string(h.account)+"|"+h.p.Zone.String(), func() ([]byte, error) {
		region, err := draw()
		return append([]byte(came+"\n"), region...), err
	})
	if err != nil {
		return nil, err
	}
	if when, region, _ := bytes.Cut(b, []byte("\n")); string(when) == came {
		return region, nil
	}
	return draw()
}

// listDesk is a page of who registered for an event, or was invited to a room.
func listDesk(room meet.ID, target string) *deskLive {
	return &deskLive{room: room, target: target, gone: views.Home, topics: []string{store.RegistrantsTopic(room), store.PeopleTopic(room)}}
}

package handlers

import (
	"bytes"
	"net/url"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"foyer/meet"
	"foyer/store"
	"foyer/views"
)

// listLive keeps an open list of a host true: a region that is drawn again when its topic moves, and who knocks.
type listLive struct {
	homeLive
	room   meet.ID                // whose people these are
	target string                 // id of its region
	key    string                 // what else makes two pages show the same thing differently, "" = worth keeping for nobody
	draw   func() ([]byte, error) // the region, for who is signed in now

	shown string // fingerprint of what the page shows
	pace  pace
}

// drawnList is a list as a page comes with it: the region, the queue, and the address of the stream, which says so.
type drawnList struct {
	region, queue templ.Component
	stream        string
}

// firstList draws what a page shows before its stream does. at is the stream's address with what is searched for.
func (s *Server) firstList(v *visit, p views.Page, region templ.Component, at string, q url.Values) (d drawnList, err error) {
	list, err := s.draw(v, region)
	if err != nil {
		return d, err
	}
	queue, err := s.queueOf(v, p)
	if err != nil {
		return d, err
	}
	q.Set("shown", fingerprint(list))
	q.Set("queue", fingerprint(queue))
	return drawnList{drawnAlready(list), drawnAlready(queue), at + "?" + q.Encode()}, nil
}

// followList serves the stream until it is over.
func (s *Server) followList(v *visit, h *listLive) error {
	h.homeLive = homeLive{s: s, v: v, account: v.who.Account.ID, p: v.page("")}
	h.pace = newPace()
	l := s.Hub.Listen(store.RegistrantsTopic(h.room), store.PeopleTopic(h.room), store.KnocksOfTopic(h.account), store.SignInTopic(h.account))
	defer l.Close()
	h.w = openWire(v)
	queue := ""
	if v.Request().Header.Get("Last-Event-ID") == "" { // a page that comes back shows something else by now
		h.shown, queue = v.QueryParam("shown"), v.QueryParam("queue")
	}
	over, err := h.redraw()
	if err == nil && !over {
		err = h.knocks(queue)
	}
	if err != nil || over {
		return s.lastWords(h.w, err)
	}
	h.w.out.WriteString("id: 1\n")
	h.w.event("ping", nil)
	return s.follow(v.ctx(), h.w, l, pingAtHome, h.pace.soon, h.push)
}

func (h *listLive) push(topics []string, all bool) (over bool, err error) {
	if len(topics) == 0 && !all { // soon
		return h.redraw()
	}
	knocks := all
	for _, t := range topics {
		switch t {
		case store.KnocksOfTopic(h.account):
			knocks = true
		case store.SignInTopic(h.account):
			h.pace.drawn = time.Time{} // who may not look any more sees nothing more
			all = true
		default:
			all = true
		}
	}
	h.p.Now = h.s.Clock()
	if all && h.pace.may(h.p.Now) {
		over, err = h.redraw()
	}
	if knocks && !over && err == nil {
		err = h.knocks("")
	}
	return over, err
}

// redraw sends the region unless the page shows it. Where it is nobody's to see any more, the page goes too.
func (h *listLive) redraw() (over bool, err error) {
	h.p.Now = h.s.Clock()
	h.pace.draws(h.p.Now)
	err = h.still()
	var region []byte
	if err == nil {
		region, err = h.picture()
	}
	if err != nil && (meet.CodeOf(err) == meet.SignIn || meet.CodeOf(err) == meet.NotHere) {
		h.w.event("done", []byte(map[bool]string{true: views.SignIn, false: views.Home}[meet.CodeOf(err) == meet.SignIn]))
		return true, nil
	}
	if err != nil || fingerprint(region) == h.shown {
		return false, err
	}
	h.shown = fingerprint(region)
	h.w.event("", partial("#"+h.target, region))
	return false, nil
}

// picture draws a region once for all pages of this account that show it on this node. That somebody came is told by
// another topic than what became of the mails: a picture from before that is drawn anew.
func (h *listLive) picture() ([]byte, error) {
	if h.key == "" {
		return h.draw()
	}
	came := strconv.FormatUint(h.s.Hub.Version(store.PeopleTopic(h.room)), 10)
	b, err := h.s.drawn.Bytes(store.RegistrantsTopic(h.room), h.target+"|"+h.key+"|"+string(h.account)+"|"+h.p.Zone.String(), func() ([]byte, error) {
		region, err := h.draw()
		return append([]byte(came+"\n"), region...), err
	})
	if err != nil {
		return nil, err
	}
	if when, region, _ := bytes.Cut(b, []byte("\n")); string(when) == came {
		return region, nil
	}
	return h.draw()
}

package handlers

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"foyer/meet"
	"foyer/store"
	"foyer/views"
)

// region of a room's page: its id is the event's name.
type region struct {
	id, topic string
	also      string // another topic that moves it; such a region is drawn for each page
	draw      func() ([]byte, error)
}

func (r *roomLive) regions() []region {
	room, people := store.RoomTopic(r.room), store.PeopleTopic(r.room)
	head := region{id: "head", topic: room, draw: r.head}
	if r.starts {
		head.also = store.EarlyTopic(r.room)
	}
	list := []region{head, {id: "people", topic: people, draw: r.people}, {id: "list", topic: people, draw: r.list}}
	if r.host {
		knocks := store.KnocksTopic(r.room)
		list = append(list, region{id: "queue", topic: knocks, draw: r.queue}, region{id: "kept", topic: knocks, draw: r.kept})
	}
	return list
}

// first draws what the page shows before its stream does. The answer also says so in words for the stream's address, so
// that the same picture is not sent twice: fingerprints of regions, and how far the chat was read.
func (r *roomLive) first() (drawn map[string]templ.Component, shown string, err error) {
	drawn, says := map[string]templ.Component{}, []string{}
	for _, one := range r.regions() {
		b, err := r.drawn(one)
		if err != nil {
			return nil, "", err
		}
		drawn[one.id] = drawnAlready(b)
		says = append(says, one.id+"."+fingerprint(b))
	}
	lines, c := []byte(nil), store.Chat{}
	if !r.silent {
		if c, err = r.s.Store.Chat(r.v.ctx(), r.room, store.Chat{Whole: true}); err != nil {
			return nil, "", err
		}
		says = append(says, "said."+string(c.Call)+"."+strconv.Itoa(c.Rev))
	}
	lines, err = r.s.draw(r.v, views.ChatRegion(r.p, c.Lines, r.host))
	drawn["chat"] = drawnAlready(lines)
	return drawn, strings.Join(says, ","), err
}

// pageShows reads that again. What it does not understand counts as not shown.
func pageShows(says string) (shown map[string]string, said store.Chat) {
	shown, said = map[string]string{}, store.Chat{Whole: true}
	for one := range strings.SplitSeq(clip(says, 400), ",") {
		id, print, _ := strings.Cut(one, ".")
		if id != "said" {
			shown[id] = print
			continue
		}
		call, rev, _ := strings.Cut(print, ".")
		if n, err := strconv.Atoi(rev); err == nil && n >= 0 {
			said = store.Chat{Call: meet.ID(call), Rev: n}
		}
	}
	return shown, said
}

// region sends a region, unless the page came with it.
func (r *roomLive) region(one region) error {
	b, err := r.drawn(one)
	if err == nil && r.shown[one.id] != fingerprint(b) {
		r.w.event(one.id, b)
	}
	return err
}

// drawn draws a region once for everybody in the room who sees it the same way.
func (r *roomLive) drawn(one region) ([]byte, error) {
	if one.also != "" {
		return one.draw()
	}
	return r.s.drawn.Bytes(one.topic, one.id+"|"+string(r.room)+"|"+r.sees(), one.draw)
}

// sees is what makes two people see the same thing differently: whether they are hosts, and their clock.
func (r *roomLive) sees() string {
	return strconv.FormatBool(r.host) + strconv.FormatBool(r.starts) + "|" + r.p.Zone.String()
}

func (r *roomLive) head() ([]byte, error) {
	d, err := r.s.Store.DoorByRoom(r.v.ctx(), store.Who{}, r.room)
	if err != nil {
		return nil, err
	}
	h := views.HeadData{Room: d.Room, Host: r.host}
	r.turn = time.Time{}
	if r.starts && d.Room.Early {
		if h.Start, err = r.s.startData(r.v, d.Room); err != nil {
			return nil, err
		}
		if h.Start != nil {
			if h.Early = early(h.Start.Event, r.p.Now); h.Early { // it says in how many minutes it begins
				r.turn = r.p.Now.Add(nextMinute(h.Start.Starts, r.p.Now))
			}
			h.Start.Others, err = r.s.Store.EarlyBirds(r.v.ctx(), r.room)
		}
		if err != nil {
			return nil, err
		}
	}
	return r.s.draw(r.v, views.LiveHead(r.p, h))
}

func (r *roomLive) people() ([]byte, error) {
	list, err := r.s.Store.People(r.v.ctx(), r.room)
	if err != nil {
		return nil, err
	}
	return r.s.draw(r.v, views.PeopleRegion(r.p, list))
}

func (r *roomLive) list() ([]byte, error) {
	people, err := r.s.Store.People(r.v.ctx(), r.room)
	if err != nil {
		return nil, err
	}
	return r.s.draw(r.v, views.ListRegion(r.p, r.slug, people, r.host))
}

func (r *roomLive) queue() ([]byte, error) {
	d, err := r.s.Store.DoorByRoom(r.v.ctx(), store.Who{}, r.room)
	if err != nil {
		return nil, err
	}
	q, err := r.s.queue(r.v, d.Room)
	if err != nil {
		return nil, err
	}
	return r.s.draw(r.v, views.QueueRegion(r.p, q))
}

func (r *roomLive) kept() ([]byte, error) {
	list, err := r.s.Store.KeptOut(r.v.ctx(), r.room)
	if err != nil {
		return nil, err
	}
	return r.s.draw(r.v, views.KeptRegion(r.p, r.slug, list))
}

// chat sends what the page does not show yet: lines by number, or the end of it all where another call began.
func (r *roomLive) chat() error {
	c, err := r.s.Store.Chat(r.v.ctx(), r.room, r.said)
	if err != nil {
		return err
	}
	shown := r.said
	r.said = store.Chat{Call: c.Call, Rev: c.Rev}
	event, from, draw := "line", shown.Rev, views.ChatLines(r.p, c.Lines, r.host)
	switch {
	case c.Whole: // the same wherever a page comes from
		event, from, draw = "chat", 0, views.ChatRegion(r.p, c.Lines, r.host)
	case len(c.Lines) == 0:
		return nil
	}
	key := fmt.Sprint(event, "|", c.Call, "|", from, "|", c.Rev, "|", r.sees())
	b, err := r.s.drawn.Bytes(store.ChatTopic(r.room), key, func() ([]byte, error) { return r.s.draw(r.v, draw) })
	if err == nil {
		r.w.event(event, b)
	}
	return err
}

package media

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Right is what one person may publish at this moment. Screen covers the screen's sound.
type Right struct{ Microphone, Camera, Screen bool }

func (r Right) allows(k sourceKind) bool {
	return [...]bool{r.Microphone, r.Camera, r.Screen, r.Screen}[k]
}

// room is everybody of one room: the rights as last stated, the connections, and who sits in whose slots. All of it is
// guarded by mu; packets pass without it.
type room struct {
	node *Node
	id   string

	mu       sync.Mutex
	members  map[string]*member
	order    uint64
	speaking []string

	// what announce has yet to tell
	slotNews  map[string]bool
	mediaNews map[string]bool
	spokeNews bool
	told      map[string][2]bool // receiving, sending: as last announced
}

// member is one pass in the room.
type member struct {
	pass      string
	right     Right
	receiver  *receiver
	publisher *publisher
	level     int
	spoke     time.Time
}

func (m *member) source(k sourceKind) *source {
	if m.publisher == nil {
		return nil
	}
	return m.publisher.sources[k]
}

func (m *member) candidate(s *source) candidate {
	return candidate{pass: m.pass, order: s.order, level: m.level, spoke: m.spoke}
}

func newRoom(n *Node, id string) *room {
	return &room{
		node: n, id: id, members: map[string]*member{},
		slotNews: map[string]bool{}, mediaNews: map[string]bool{}, told: map[string][2]bool{},
	}
}

// rightOf may be asked of a nil room.
func (r *room) rightOf(pass string) (Right, bool) {
	if r == nil {
		return Right{}, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.members[pass]
	if m == nil {
		return Right{}, false
	}
	return m.right, true
}

// setRights makes the room agree with a snapshot. The media of those who are out stops under the lock; closing their
// connections, which says goodbye to their clients, comes after it.
func (r *room) setRights(rights map[string]Right) {
	r.mu.Lock()
	var out []*conn
	for pass, m := range r.members {
		if _, ok := rights[pass]; !ok {
			out = append(out, m.conns()...)
		}
	}
	for _, c := range out {
		r.release(c)
	}
	maps.DeleteFunc(r.members, func(pass string, _ *member) bool { _, in := rights[pass]; return !in })
	for pass, right := range rights {
		m := r.members[pass]
		if m == nil {
			m = &member{pass: pass}
			r.members[pass] = m
		}
		m.right = right
		m.grant()
	}
	r.reseat(r.node.opts.Clock())
	r.mu.Unlock()
	for _, c := range out {
		c.end("no longer in the room")
	}
}

func (m *member) conns() []*conn {
	var all []*conn
	if m.receiver != nil {
		all = append(all, m.receiver.conn)
	}
	if m.publisher != nil {
		all = append(all, m.publisher.conn)
	}
	return all
}

// grant writes the member's rights where the packet loops read them.
func (m *member) grant() {
	if m.publisher == nil {
		return
	}
	for k, s := range m.publisher.sources {
		ok := m.right.allows(sourceKind(k))
		s.granted.Store(ok)
		if !ok {
			s.live.Store(false)
			s.seen = false
		}
	}
}

// attach gives a new connection its place and ends the one it replaces, without telling anybody.
func (r *room) attach(p party) error {
	c := p.connection()
	r.mu.Lock()
	m := r.members[c.pass]
	if m == nil || c.gone {
		r.mu.Unlock()
		return ErrNotInRoom
	}
	old := p.sit(m)
	if old != nil {
		c.inherited = old.up || old.inherited
		r.unplug(old)
	}
	m.grant()
	if v, ok := p.(*receiver); ok { // who only listens moves nobody else
		r.reseatOne(v, r.talent(), r.node.opts.Clock())
	} else {
		r.reseat(r.node.opts.Clock())
	}
	r.mu.Unlock()
	if old != nil {
		old.end("replaced")
	}
	return nil
}

// detach takes a connection that ended out of the room.
func (r *room) detach(c *conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c.gone {
		return
	}
	if r.release(c) {
		r.reseat(r.node.opts.Clock())
	}
}

// release frees the connection's place if it still has it, and stops its media. True: a publisher left, whose seats
// others may take.
func (r *room) release(c *conn) (published bool) {
	published = r.unplugFrom(c)
	r.unplug(c)
	return published
}

func (r *room) unplugFrom(c *conn) (published bool) {
	m := r.members[c.pass]
	if m == nil {
		return false
	}
	if m.receiver != nil && m.receiver.conn == c {
		m.receiver.silence()
		m.receiver = nil
		r.mediaNews[c.pass] = true
		r.changed()
	}
	if m.publisher != nil && m.publisher.conn == c {
		m.publisher.mute()
		m.publisher = nil
		r.mediaNews[c.pass] = true
		r.changed()
		published = true
	}
	return published
}

func (r *room) unplug(c *conn) {
	c.gone, c.up, c.inherited = true, false, false
}

func (p *publisher) mute() {
	for _, s := range p.sources {
		s.granted.Store(false)
		s.live.Store(false)
		s.seen = false
	}
}

// connected is told once the connection carries packets. One that never does is ended by lite.
func (r *room) connected(c *conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c.gone {
		return
	}
	c.up, c.inherited = true, false
	r.mediaNews[c.pass] = true
	r.changed()
}

func (r *room) find(pass, id string) *conn {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.members[pass]
	if m == nil {
		return nil
	}
	for _, c := range m.conns() {
		if c.id == id {
			return c
		}
	}
	return nil
}

// cameUp is the first packet of a source, or the first after a silence.
func (r *room) cameUp(s *source) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !s.granted.Load() || s.pub.gone || s.live.Load() {
		return
	}
	r.order++
	if s.kind != microphone || !s.seen {
		s.order = r.order
	}
	s.seen = true
	s.live.Store(true)
	r.reseat(r.node.opts.Clock())
}

// tick ranks who speaks and notices who stopped sending.
func (r *room) tick(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.members {
		for k := range sourceKinds {
			s := m.source(k)
			if s == nil {
				continue
			}
			for _, l := range s.layers {
				l.meter.roll(now)
			}
			if s.live.Load() && s.idle(now) {
				s.live.Store(false)
			}
		}
	}
	r.rank(now)
	r.reseat(now)
}

// follow lets every receiver's plan follow its line.
func (r *room) follow(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for pass, m := range r.members {
		if m.receiver != nil {
			m.receiver.tick(now, r.loudestBut(pass))
		}
	}
}

// loudestBut is who speaks loudest of all the others; "" = nobody does.
func (r *room) loudestBut(pass string) string {
	for _, p := range r.speaking {
		if p != pass {
			return p
		}
	}
	return ""
}

// report sends everybody's sender reports.
func (r *room) report(now time.Time) {
	r.mu.Lock()
	var all []*receiver
	for _, m := range r.members {
		if m.receiver != nil && m.receiver.up {
			all = append(all, m.receiver)
		}
	}
	r.mu.Unlock()
	for _, v := range all {
		v.report(now)
	}
}

// sorted are those who publish, so that decisions do not depend on the order of a map.
func (r *room) sorted() (all []*member) {
	for _, m := range r.members {
		if m.publisher != nil {
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(a, b *member) int { return strings.Compare(a.pass, b.pass) })
	return all
}

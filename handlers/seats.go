package handlers

import (
	"sync"

	"foyer/media"
	"foyer/meet"
)

// seats are the open pages of rooms on this node, one per pass: a newer tab takes the seat of an older one.
type seats struct {
	mu     sync.Mutex
	byPass map[meet.ID]*seat
	byRoom map[meet.ID]map[*seat]struct{}
	spoken map[meet.ID][]string // who speaks, for the page that comes next: the media tell changes only
}

// seat is one open page and what waits to be told to it. Only the newest of each kind waits: they are states, not a log.
type seat struct {
	room, pass meet.ID
	tab        string
	more       chan struct{} // ready when there is news

	mu      sync.Mutex
	waiting news
}

type news struct {
	slots     *[]media.Slot
	speaking  *[]string
	ended     bool // another stream of the same pass took over
	elsewhere bool // from another tab, whose person should know
	reactions []reaction
}

// reaction flies over everybody's heads once.
type reaction struct {
	Pass     meet.ID `json:"pass"`
	Name     string  `json:"name"`
	Reaction string  `json:"reaction"`
}

const mostReactions = 8 // that wait for one page; more at once nobody could read

func newSeats() *seats {
	return &seats{byPass: map[meet.ID]*seat{}, byRoom: map[meet.ID]map[*seat]struct{}{}, spoken: map[meet.ID][]string{}}
}

// take seats a page and ends the stream that sat there before. If that was another tab, it says so; the same tab just
// came back, perhaps before the server noticed that it had gone.
func (s *seats) take(room, pass meet.ID, tab string) *seat {
	mine := &seat{room: room, pass: pass, tab: tab, more: make(chan struct{}, 1)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.byPass[pass]; old != nil {
		old.tell(func(n *news) { n.ended, n.elsewhere = true, old.tab != tab })
	}
	s.byPass[pass] = mine
	if s.byRoom[room] == nil {
		s.byRoom[room] = map[*seat]struct{}{}
	}
	s.byRoom[room][mine] = struct{}{}
	if now, ok := s.spoken[room]; ok {
		mine.tell(func(n *news) { n.speaking = &now })
	}
	return mine
}

func (s *seats) leave(mine *seat) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byPass[mine.pass] == mine {
		delete(s.byPass, mine.pass)
	}
	delete(s.byRoom[mine.room], mine)
	if len(s.byRoom[mine.room]) == 0 {
		delete(s.byRoom, mine.room)
		delete(s.spoken, mine.room)
	}
}

func (s *seats) slots(pass string, slots []media.Slot) {
	s.mu.Lock()
	mine := s.byPass[meet.ID(pass)]
	s.mu.Unlock()
	if mine != nil {
		mine.slots(slots)
	}
}

func (s *seats) speaking(room string, passes []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if passes == nil {
		passes = []string{}
	}
	if s.byRoom[meet.ID(room)] != nil {
		s.spoken[meet.ID(room)] = passes
	}
	for mine := range s.byRoom[meet.ID(room)] {
		mine.tell(func(n *news) { n.speaking = &passes })
	}
}

// react sends a reaction to everybody who has this room open on this node.
func (s *seats) react(room meet.ID, one reaction) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for mine := range s.byRoom[room] {
		mine.tell(func(n *news) {
			if len(n.reactions) < mostReactions {
				n.reactions = append(n.reactions, one)
			}
		})
	}
}

func (m *seat) slots(slots []media.Slot) {
	if slots == nil {
		slots = []media.Slot{} // a page reads a list, also before its connection is up
	}
	m.tell(func(n *news) { n.slots = &slots })
}

// begin tells the present map, unless a newer one waits already.
func (m *seat) begin(slots []media.Slot) {
	if slots == nil {
		slots = []media.Slot{}
	}
	m.tell(func(n *news) {
		if n.slots == nil {
			n.slots = &slots
		}
	})
}

func (m *seat) tell(f func(*news)) {
	m.mu.Lock()
	f(&m.waiting)
	m.mu.Unlock()
	select {
	case m.more <- struct{}{}:
	default:
	}
}

func (m *seat) news() news {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.waiting
	m.waiting = news{}
	return n
}

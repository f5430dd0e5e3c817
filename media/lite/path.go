package lite

import (
	"net/netip"
	"slices"
	"time"

	"foyer/media/socket"
)

const (
	// maxPlaces bounds the addresses remembered for one client: eight interfaces over UDP and TCP. One more takes the
	// place of the one that has been silent longest.
	maxPlaces = 16
	// nominationHolds is how long a nomination keeps a later one from moving the path. Firefox nominates all its pairs
	// at first; Chromium one pair at a time, and that one again every two to three seconds.
	nominationHolds = 2 * time.Second
)

// Path is where a connection's packets go to. Exactly one of Socket and Stream is set.
type Path struct {
	Socket *socket.Socket
	Peer   socket.Peer    // Addr in the form the socket's batches take
	Addr   netip.AddrPort // the client's, as we see it; of a stream too
	Stream *Stream
}

func (p *Path) place() place {
	if p == nil {
		return place{}
	}
	if p.Stream != nil {
		return place{stream: p.Stream}
	}
	return place{socket: p.Socket, addr: p.Addr}
}

func (p place) address() netip.AddrPort {
	if p.stream != nil {
		return p.stream.addr
	}
	return p.addr
}

// write sends one packet at once. A packet the kernel does not take is lost like any other.
func (p place) write(b []byte) {
	switch {
	case p.stream != nil:
		p.stream.Send(b)
	case p.socket != nil:
		_ = p.socket.Write(b, p.addr)
	}
}

// hearing is what reached us in a way that proves its sender, from weak to strong.
type hearing int

const (
	checkHeard      hearing = iota // a check with the right integrity
	nominationHeard                // the same with USE-CANDIDATE
	mediaHeard                     // SRTCP: the client is using this way now
)

// visited is a place the client has made a check from.
type visited struct {
	place
	heard, nominated time.Time
}

// places is what a connection knows about its client's whereabouts; it decides where the path goes.
type places struct {
	known []visited
	path  place
}

// hear notes a packet that proved its sender and tells whether it moves the path. Only checks make a place known.
// evicted is the place that was forgotten for it, if any.
func (s *places) hear(at place, kind hearing, now time.Time) (moved bool, evicted place) {
	i := s.index(at)
	if i < 0 {
		if kind == mediaHeard {
			return false, place{}
		}
		i, evicted = s.add(at)
	}
	v := &s.known[i]
	v.heard = now
	if kind == nominationHeard {
		v.nominated = now
	}
	if at == s.path || !s.moves(v, kind, now) {
		return false, evicted
	}
	s.path = at
	return true, evicted
}

func (s *places) index(at place) int {
	return slices.IndexFunc(s.known, func(v visited) bool { return v.place == at })
}

func (s *places) add(at place) (int, place) {
	if len(s.known) < maxPlaces {
		s.known = append(s.known, visited{place: at})
		return len(s.known) - 1, place{}
	}
	oldest := -1
	for i, v := range s.known {
		if v.place != s.path && (oldest < 0 || v.heard.Before(s.known[oldest].heard)) {
			oldest = i
		}
	}
	evicted := s.known[oldest].place
	s.known[oldest] = visited{place: at}
	return oldest, evicted
}

// moves tells whether what came from v, which is not the path, makes it the path.
func (s *places) moves(v *visited, kind hearing, now time.Time) bool {
	i := s.index(s.path)
	if i < 0 || kind == mediaHeard {
		return true
	}
	path := &s.known[i]
	tcp, pathTCP := v.stream != nil, path.stream != nil
	switch {
	case kind == checkHeard:
		return false
	case pathTCP && !tcp:
		return true
	case tcp && !pathTCP && now.Sub(path.heard) < nominationHolds:
		return false
	}
	return now.Sub(path.nominated) >= nominationHolds
}

// forget takes out a place that is gone for good. When it was the path, the most recently heard one takes over.
func (s *places) forget(at place) (moved bool) {
	i := s.index(at)
	if i < 0 {
		return false
	}
	s.known = slices.Delete(s.known, i, i+1)
	if s.path != at || len(s.known) == 0 {
		return false
	}
	best := 0
	for i, v := range s.known {
		if v.heard.After(s.known[best].heard) {
			best = i
		}
	}
	s.path = s.known[best].place
	return true
}

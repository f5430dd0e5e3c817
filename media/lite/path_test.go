package lite

import (
	"net/netip"
	"testing"
	"time"

	"foyer/media/socket"
)

// story tells a connection's places what happened, with a clock moved by hand.
type story struct {
	*testing.T
	places
	now    time.Time
	socket *socket.Socket
}

func newStory(t *testing.T) *story {
	t.Helper()
	u, err := socket.Listen(netip.MustParseAddrPort("127.0.0.1:0"), socket.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { u.Close() })
	return &story{T: t, now: time.Unix(1e9, 0), socket: u}
}

func (s *story) udp(n int) place {
	return place{socket: s.socket, addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(n)}), 9)}
}

func (s *story) tells(at place, kind hearing, moves bool) {
	s.Helper()
	moved, _ := s.hear(at, kind, s.now)
	if moved != moves || moves && s.path != at {
		s.Fatalf("moved: %v, want %v", moved, moves)
	}
}

func (s *story) passes(d time.Duration) { s.now = s.now.Add(d) }

func TestPathFollowsNominations(t *testing.T) {
	s := newStory(t)
	a, b := s.udp(1), s.udp(2)
	s.tells(a, checkHeard, true) // the first one there is
	s.tells(b, checkHeard, false)
	s.tells(b, nominationHeard, true) // nobody had nominated a
	s.tells(a, nominationHeard, false)
	s.passes(nominationHolds - 1)
	s.tells(a, nominationHeard, false)
	s.passes(1)
	s.tells(b, checkHeard, false) // heard, but not nominated again
	s.tells(a, nominationHeard, true)
	s.passes(nominationHolds)
	s.tells(a, nominationHeard, false)
	s.tells(b, nominationHeard, false)
}

func TestPathPrefersUDP(t *testing.T) {
	s := newStory(t)
	tcp, udp := place{stream: &Stream{}}, s.udp(1)
	s.tells(tcp, nominationHeard, true)
	s.tells(udp, checkHeard, false)
	s.tells(udp, nominationHeard, true)
	s.passes(2 * nominationHolds)
	s.tells(udp, checkHeard, false)
	s.tells(tcp, nominationHeard, false) // the better one is still heard
	s.passes(nominationHolds)
	s.tells(tcp, nominationHeard, true)
}

func TestPathFollowsMedia(t *testing.T) {
	s := newStory(t)
	a, b, tcp := s.udp(1), s.udp(2), place{stream: &Stream{}}
	s.tells(a, nominationHeard, true)
	s.tells(b, mediaHeard, false) // nobody has made a check from there
	s.tells(b, checkHeard, false)
	s.tells(tcp, checkHeard, false)
	s.tells(b, mediaHeard, true)
	s.tells(tcp, mediaHeard, true)
	s.tells(tcp, mediaHeard, false)
	s.tells(a, mediaHeard, true)
}

func TestPathWhenPlacesGo(t *testing.T) {
	s := newStory(t)
	tcp := place{stream: &Stream{}}
	s.tells(s.udp(1), checkHeard, true)
	s.passes(time.Second)
	s.tells(s.udp(2), checkHeard, false)
	s.tells(tcp, checkHeard, false)
	s.tells(tcp, mediaHeard, true)
	if s.forget(s.udp(3)) || !s.forget(tcp) || s.path != s.udp(2) {
		t.Errorf("path %v", s.path)
	}
	if s.forget(s.udp(1)) || s.forget(s.udp(2)) || s.path != s.udp(2) {
		t.Errorf("path %v instead of the last known", s.path)
	}
	s.tells(s.udp(4), checkHeard, true)
}

func TestPlacesAreBounded(t *testing.T) {
	s := newStory(t)
	s.tells(s.udp(0), nominationHeard, true)
	for i := range 5 * maxPlaces {
		s.passes(time.Millisecond)
		_, evicted := s.hear(s.udp(1+i), checkHeard, s.now)
		want := place{}
		if i >= maxPlaces-1 {
			want = s.udp(2 + i - maxPlaces) // the longest silent, but never the path
		}
		if evicted != want {
			t.Fatalf("place %d: %v was forgotten instead of %v", i, evicted, want)
		}
	}
	if len(s.known) != maxPlaces || s.path != s.udp(0) {
		t.Errorf("%d places known, path %v", len(s.known), s.path)
	}
}

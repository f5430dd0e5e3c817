package lite

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
)

// call opens a TCP connection to the site and sends the bytes.
func call(t testing.TB, s *site, b []byte) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", s.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := c.Write(b); err != nil {
		t.Fatal(err)
	}
	return c
}

func framed(all ...[]byte) (b []byte) {
	for _, f := range all {
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(f))), f...)
	}
	return b
}

func ended(t testing.TB, c net.Conn) {
	t.Helper()
	if _, err := io.Copy(io.Discard, c); err != nil {
		if e, ok := err.(net.Error); ok && e.Timeout() {
			t.Fatal("the stream goes on")
		}
	}
}

func TestStreamOfAStranger(t *testing.T) {
	s := newSite(t, 1)
	c := s.Open(Remote{Ufrag: "them"}, Events{})
	other := newSite(t, 1).Open(Remote{Ufrag: "them"}, Events{})
	for _, first := range [][]byte{checkFor(t, other), {1}, {}, bytes.Repeat([]byte{22}, 100)} {
		ended(t, call(t, s, framed(first)))
	}
	if c.Path() != nil {
		t.Error("a stranger was taken in")
	}
}

// One stream belongs to the connection of its first check, as long as it lasts.
func TestStreamBelongsToOne(t *testing.T) {
	s := newSite(t, 1)
	a, b := s.Open(Remote{Ufrag: "a"}, Events{}), s.Open(Remote{Ufrag: "b"}, Events{})
	checkA := checkFor(t, a)
	c := call(t, s, framed(checkA, checkFor(t, b), []byte{}, checkA))
	r := bufio.NewReader(c)
	for range 2 {
		answer, err := readFrame(r, nil)
		if err != nil || !bytes.Equal(answer[8:20], checkA[8:20]) {
			t.Fatalf("answer %x, %v", answer, err)
		}
	}
	if b.Path() != nil || a.Path() == nil {
		t.Error("a check for another one was taken")
	}
	a.Close()
	ended(t, c)
}

func TestStreamWithTooLongAFrame(t *testing.T) {
	s := newSite(t, 1)
	c := s.Open(Remote{Ufrag: "them"}, Events{})
	stream := call(t, s, framed(checkFor(t, c), make([]byte, maxFrame+1)))
	ended(t, stream)
	eventually(t, "forgotten", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return len(c.places.known) == 0
	})
}

// Who sends more than a connection may is read no faster than that, and loses nothing.
func TestStreamIsReadNoFaster(t *testing.T) {
	s := newSite(t, 1)
	s.config.Most = 100
	s.still.Store(true)
	c := s.Open(Remote{Ufrag: "them"}, Events{})
	check := checkFor(t, c)
	var answers atomic.Int32
	conn := call(t, s, framed(slices.Repeat([][]byte{check}, 250)...))
	go func() {
		for r := bufio.NewReader(conn); ; answers.Add(1) {
			if _, err := readFrame(r, nil); err != nil {
				return
			}
		}
	}()
	for _, want := range []int32{100, 200, 250} {
		eventually(t, "a second's worth", func() bool { return answers.Load() >= want })
		time.Sleep(50 * time.Millisecond)
		if got := answers.Load(); got != want {
			t.Fatalf("%d answers instead of %d", got, want)
		}
		s.ahead.Add(int64(time.Second))
	}
}

// Who does not read loses packets, whole ones, and holds up nobody.
func TestSlowStream(t *testing.T) {
	s := newSite(t, 1)
	c := s.Open(Remote{Ufrag: "them"}, Events{})
	conn := call(t, s, framed(checkFor(t, c)))
	eventually(t, "a path", func() bool { return c.Path() != nil })
	stream := c.Path().Stream
	const size, count = 1200, 64 << 10 // more than any kernel keeps for one connection
	for i := range uint32(count) {
		b := make([]byte, size)
		binary.BigEndian.PutUint32(b, i)
		stream.Send(b)
	}
	stream.mu.Lock()
	waiting := len(stream.waiting)
	stream.mu.Unlock()
	if waiting > streamQueue {
		t.Errorf("%d bytes are waiting", waiting)
	}
	r := bufio.NewReader(conn)
	if _, err := readFrame(r, nil); err != nil { // the answer to the check
		t.Fatal(err)
	}
	last, seen := -1, 0
	for ; !stream.empty() || last < 0; seen++ {
		f, err := readFrame(r, nil)
		if err != nil || len(f) != size {
			t.Fatalf("frame of %d bytes, %v", len(f), err)
		}
		n := int(binary.BigEndian.Uint32(f))
		if n <= last {
			t.Fatalf("frame %d after %d", n, last)
		}
		last = n
	}
	if seen == 0 || seen >= count {
		t.Errorf("%d of %d frames arrived", seen, count)
	}
}

func (s *Stream) empty() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waiting) == 0
}

// A client that has both ways chooses, and we follow.
func TestBothWays(t *testing.T) {
	s := newSite(t, 1)
	v := s.invite(clientAPI(t, func(e *webrtc.SettingEngine) {
		e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeTCP4})
	}), nil)
	s.join(v, s.tcp(), s.udp())
	v.waitUp()
	exchange(t, v)
}

// When the stream that is the path ends, another known place takes over.
func TestStreamEnds(t *testing.T) {
	s := newSite(t, 1)
	c := s.Open(Remote{Ufrag: "them"}, Events{})
	stream := call(t, s, framed(checkFor(t, c, useCandidate)))
	eventually(t, "a path over TCP", func() bool { return c.Path() != nil && c.Path().Stream != nil })
	p := newPhone(t, s)
	p.send(checkFor(t, c))
	p.receive()
	if c.Path().Stream == nil {
		t.Error("a check that nominates nothing moved the path")
	}
	stream.Close()
	eventually(t, "the path over UDP", func() bool { return c.Path().Stream == nil && c.Path().Addr == p.addr() })
}

// A client whose only stream ended may come back, for a while.
func TestOnlyStreamEnds(t *testing.T) {
	s := newSite(t, 1)
	v := &viewer{t: t}
	v.Conn = s.Open(Remote{Ufrag: "them"}, v.events())
	unreachable := func() bool { return v.gone(s.now().Add(returnWait)) }
	for range 2 {
		stream := call(t, s, framed(checkFor(t, v.Conn)))
		eventually(t, "a stream", func() bool { return v.Path() != nil && !unreachable() })
		if _, err := readFrame(bufio.NewReader(stream), nil); err != nil {
			t.Fatal(err)
		}
		stream.Close()
		eventually(t, "gone", unreachable)
		s.Tick(s.now())
		if ends := v.ends(); len(ends) != 0 {
			t.Fatalf("too soon: %q", ends)
		}
	}
	s.Tick(s.now().Add(returnWait))
	if ends := v.ends(); len(ends) != 1 || ends[0] != "its stream ended" {
		t.Errorf("ended with %q", ends)
	}
}

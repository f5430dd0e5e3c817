package socket

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"
	"time"
)

var homes = []string{"127.0.0.1", "::1"}

// patient is how long a test waits for what must come.
const patient = 20 * time.Second

func listen(t testing.TB, address string, mode Mode) *Socket {
	t.Helper()
	s, err := Listen(netip.AddrPortFrom(netip.MustParseAddr(address), 0), Options{Mode: mode})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// sender is a socket that must be able to do what its mode says: Linux since 4.18, as on every machine of ours.
func sender(t testing.TB, address string, mode Mode) *Socket {
	t.Helper()
	s := listen(t, address, mode)
	if s.Mode() != mode {
		t.Fatalf("the socket is in mode %d, want %d", s.Mode(), mode)
	}
	return s
}

// person is somebody who gets datagrams, and what was sent to them.
type person struct {
	*Socket
	peer Peer
	want [][]byte
}

func people(t testing.TB, s *Socket, address string, n int) []*person {
	t.Helper()
	all := make([]*person, n)
	for i := range all {
		all[i] = &person{Socket: listen(t, address, Single)}
		all[i].peer = s.Peer(all[i].Addr())
	}
	return all
}

// commit sends a datagram of n bytes, 6 or more, that no other one equals.
func (p *person) commit(b *Batch, n int) {
	d := b.Slot()[:n]
	binary.BigEndian.PutUint32(d, uint32(len(p.want)))
	binary.BigEndian.PutUint16(d[4:], p.Addr().Port())
	for i := 6; i < n; i++ {
		d[i] = byte(i*7 + len(p.want))
	}
	p.want = append(p.want, bytes.Clone(d))
	b.Commit(n, &p.peer)
}

// check reads until everything has come, in order, from the right address.
func (p *person) check(t testing.TB, from *Socket) {
	t.Helper()
	if err := p.conn.SetReadDeadline(time.Now().Add(patient)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4*MaxDatagram)
	for i, want := range p.want {
		n, source, err := p.conn.ReadFromUDPAddrPort(buf)
		source = unmap(source)
		if err != nil {
			t.Fatalf("after %d of %d datagrams: %v", i, len(p.want), err)
		}
		if source.Port() != from.Addr().Port() {
			t.Fatalf("datagram %d comes from %v", i, source)
		}
		if !bytes.Equal(buf[:n], want) {
			t.Fatalf("datagram %d has %d bytes and is not the one of %d bytes that was sent", i, n, len(want))
		}
	}
	p.want = nil
}

func checkAll(t testing.TB, from *Socket, all []*person) {
	t.Helper()
	for _, p := range all {
		p.check(t, from)
	}
}

func each(t *testing.T, run func(t *testing.T, address string, mode Mode)) {
	for _, address := range homes {
		for mode, name := range []string{"best", "messages", "single"} {
			t.Run(fmt.Sprintf("%s/%s", address, name), func(t *testing.T) { run(t, address, Mode(mode)) })
		}
	}
}

func TestSameBytesInEveryMode(t *testing.T) {
	each(t, func(t *testing.T, address string, mode Mode) {
		s := sender(t, address, mode)
		all := people(t, s, address, 5)
		b := s.NewBatch()
		dice := rand.New(rand.NewPCG(1, 2))
		sent := 0
		for range 100 {
			for _, p := range all {
				size := 6 + dice.IntN(MaxDatagram-5)
				for range 1 + dice.IntN(6) {
					n := size
					if dice.IntN(3) == 0 {
						n = 6 + dice.IntN(MaxDatagram-5)
					}
					p.commit(b, n)
					sent++
				}
			}
			b.Flush()
			if b.Len() != 0 {
				t.Fatalf("%d datagrams wait after Flush", b.Len())
			}
		}
		checkAll(t, s, all)
		st := s.Stats()
		if st.Datagrams != uint64(sent) || st.Dropped != 0 || st.Refused != 0 {
			t.Errorf("%d datagrams sent, counted %+v", sent, st)
		}
		if segmented := st.Messages < st.Datagrams; segmented != (mode == Best) {
			t.Errorf("mode %d: %d messages for %d datagrams", mode, st.Messages, st.Datagrams)
		}
		if single := st.Calls == st.Datagrams; single != (mode == Single) {
			t.Errorf("mode %d: %d calls for %d datagrams", mode, st.Calls, st.Datagrams)
		}
	})
}

func TestSegments(t *testing.T) {
	for _, c := range []struct {
		name     string
		sizes    []int // of consecutive datagrams to one peer
		messages uint64
	}{
		{"a frame", []int{1178, 1178, 1178, 1178}, 1},
		{"the last one shorter", []int{1178, 1178, 1178, 400}, 1},
		{"a shorter one ends it", []int{1178, 400, 400, 1178}, 3},
		{"growing", []int{100, 101, 102}, 3},
		{"alone", []int{100}, 1},
		{"64 segments", repeat(100, 64), 1},
		{"65 segments", repeat(100, 65), 2},
		{"by bytes", repeat(1200, 108), 2}, // 54 × 1200 = 64,800
		{"one more by bytes", repeat(1200, 109), 3},
		{"largest", repeat(MaxDatagram, 42), 1},
	} {
		for _, address := range homes {
			t.Run(c.name+"/"+address, func(t *testing.T) {
				s := sender(t, address, Best)
				all := people(t, s, address, 2)
				b := s.NewBatch()
				for _, p := range all {
					for _, n := range c.sizes {
						p.commit(b, n)
					}
				}
				if b.Len() != 2*len(c.sizes) {
					t.Errorf("%d wait, want %d", b.Len(), 2*len(c.sizes))
				}
				b.Flush()
				checkAll(t, s, all)
				if got := s.Stats(); got.Messages != 2*c.messages || got.Calls != 1 || got.Refused != 0 {
					t.Errorf("want %d messages in 1 call: %+v", 2*c.messages, got)
				}
			})
		}
	}
}

func repeat(n, times int) (sizes []int) {
	for range times {
		sizes = append(sizes, n)
	}
	return sizes
}

// TestPeersByValue: a peer encoded again is the same destination, and one that changes later does not pull along what
// was committed before.
func TestPeersByValue(t *testing.T) {
	s := sender(t, "127.0.0.1", Best)
	all := people(t, s, "127.0.0.1", 2)
	b := s.NewBatch()
	all[0].commit(b, 500)
	all[0].peer = s.Peer(netip.AddrPortFrom(netip.AddrFrom16(all[0].Addr().Addr().As16()), all[0].Addr().Port()))
	all[0].commit(b, 500)
	all[0].peer = s.Peer(all[1].Addr())
	b.Flush()
	all[0].check(t, s)
	if got := s.Stats().Messages; got != 1 {
		t.Errorf("%d messages, want 1", got)
	}
	if all[0].peer != all[1].peer || all[0].peer.AddrPort() != all[1].Addr() {
		t.Error("two peers of one address differ")
	}
}

func TestFullBatchGoesByItself(t *testing.T) {
	each(t, func(t *testing.T, address string, mode Mode) {
		s := sender(t, address, mode)
		all := people(t, s, address, 2)
		b := s.NewBatch()
		for i := range 700 { // more than the arena holds, and than there are messages
			all[i%2].commit(b, 1200)
		}
		if n := b.Len(); n == 0 || n >= 700 {
			t.Errorf("%d of 700 wait", n)
		}
		for range 600 {
			all[0].commit(b, 20)
			all[1].commit(b, 20)
		}
		b.Flush()
		checkAll(t, s, all)
	})
}

func TestTwoBatchesAtOnce(t *testing.T) {
	each(t, func(t *testing.T, address string, mode Mode) {
		s := sender(t, address, mode)
		all := people(t, s, address, 4)
		done := make(chan struct{})
		for half := range 2 {
			go func() {
				defer func() { done <- struct{}{} }()
				b := s.NewBatch()
				for range 200 {
					for _, p := range all[2*half : 2*half+2] {
						for range 4 {
							p.commit(b, 900)
						}
					}
					b.Flush()
				}
			}()
		}
		<-done
		<-done
		checkAll(t, s, all)
	})
}

func TestOneSocketForBothFamilies(t *testing.T) {
	s := sender(t, "::", Best)
	four, six := people(t, s, "127.0.0.1", 1)[0], people(t, s, "::1", 1)[0]
	b := s.NewBatch()
	for _, p := range []*person{four, six} {
		p.commit(b, 700)
		p.commit(b, 700)
	}
	b.Flush()
	four.check(t, s)
	six.check(t, s)

	if err := four.Write([]byte("back"), netip.AddrPortFrom(four.Addr().Addr(), s.Addr().Port())); err != nil {
		t.Fatal(err)
	}
	if err := s.conn.SetReadDeadline(time.Now().Add(patient)); err != nil {
		t.Fatal(err)
	}
	in := s.NewInbox()
	if _, err := in.Wait(); err != nil {
		t.Fatal(err)
	}
	if _, from := in.Datagram(0); from != four.Addr() {
		t.Errorf("it comes from %v, want %v", from, four.Addr())
	}
	if err := s.Write([]byte("hello!"), four.Addr()); err != nil {
		t.Fatal(err)
	}
	four.want = [][]byte{[]byte("hello!")}
	four.check(t, s)
}

// TestUnreachable: whom nothing can be sent to costs nobody else anything, wherever in the batch they stand.
func TestUnreachable(t *testing.T) {
	each(t, func(t *testing.T, address string, mode Mode) {
		s := sender(t, address, mode)
		all := people(t, s, address, 3)
		gone := people(t, s, address, 1)[0] // nobody listens there: ICMP comes back
		gone.Close()
		other := map[string]string{"127.0.0.1": "[::1]:99", "::1": "127.0.0.1:99"}[address]
		unreachable := []Peer{
			s.Peer(netip.AddrPortFrom(s.Addr().Addr(), 0)), // not a port
			s.Peer(netip.AddrPort{}),                       // not an address
			s.Peer(netip.MustParseAddrPort(other)),         // not this socket's family
		}
		b := s.NewBatch()
		const rounds = 10
		for range rounds {
			for i := range unreachable {
				for range 3 {
					b.Slot()
					b.Commit(800, &unreachable[i])
				}
				for range 3 {
					all[i%3].commit(b, 800)
				}
				for range 3 {
					gone.commit(b, 800)
				}
			}
			b.Flush()
		}
		checkAll(t, s, all)
		if got, want := s.Stats().Dropped, uint64(rounds*3*len(unreachable)); got != want {
			t.Errorf("%d dropped, want %d: %+v", got, want, s.Stats())
		}
		if s.Mode() != mode {
			t.Errorf("mode %d became %d", mode, s.Mode())
		}
	})
}

func TestCloseDuringFlush(t *testing.T) {
	each(t, func(t *testing.T, address string, mode Mode) {
		s := sender(t, address, mode)
		all := people(t, s, address, 2)
		under, over := make(chan struct{}), make(chan struct{})
		for i := range 2 {
			go func() {
				defer func() { over <- struct{}{} }()
				b := s.NewBatch()
				for n := 0; b.Len() == 0; n++ {
					for range 100 {
						b.Slot()
						b.Commit(1000, &all[i].peer)
					}
					b.Flush()
					if n == 20 {
						under <- struct{}{}
					}
					if err := s.Write([]byte{1}, all[i].Addr()); errors.Is(err, net.ErrClosed) {
						return
					}
				}
			}()
		}
		reading := make(chan error)
		go func() {
			_, err := s.NewInbox().Wait()
			reading <- err
		}()
		<-under
		<-under
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		<-over
		<-over
		if err := <-reading; !errors.Is(err, net.ErrClosed) {
			t.Errorf("Wait after Close: %v", err)
		}
		before := s.Stats()
		b := s.NewBatch()
		b.Slot()
		b.Commit(10, &all[0].peer)
		b.Flush()
		if after := s.Stats(); after.Dropped != before.Dropped+1 || b.Len() != 0 {
			t.Errorf("a closed socket sends: %+v, then %+v", before, after)
		}
	})
}

func TestNothingIsAllocated(t *testing.T) {
	each(t, func(t *testing.T, address string, mode Mode) {
		s := sender(t, address, mode)
		all := people(t, s, address, 3)
		b := s.NewBatch()
		if b.Flush(); b.arena != nil {
			t.Error("an idle batch holds an arena")
		}
		buf := make([]byte, MaxDatagram)
		round := func() {
			for _, p := range all {
				for range 4 {
					b.Slot()
					b.Commit(300, &p.peer)
				}
			}
			b.Flush()
			for _, p := range all {
				for range 4 {
					if _, _, err := p.conn.ReadFromUDPAddrPort(buf); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		if n := testing.AllocsPerRun(100, round); n != 0 {
			t.Errorf("%v allocations per round", n)
		}
	})
}

func TestCommitOutOfRange(t *testing.T) {
	s := sender(t, "127.0.0.1", Best)
	b := s.NewBatch()
	for _, n := range []int{-1, 0, MaxDatagram + 1} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("Commit(%d) went through", n)
				}
			}()
			b.Slot()
			b.Commit(n, &Peer{})
		}()
	}
}

func BenchmarkFlush(b *testing.B) {
	for mode, name := range []string{"best", "messages", "single"} {
		b.Run(name, func(b *testing.B) {
			s := sender(b, "127.0.0.1", Mode(mode))
			all := people(b, s, "127.0.0.1", 50)
			batch := s.NewBatch()
			batch.Slot()
			b.ReportAllocs()
			b.ResetTimer()
			for sent := 0; sent < b.N; {
				for _, p := range all {
					for range 4 {
						batch.Slot()
						batch.Commit(1178, &p.peer)
						sent++
					}
				}
				batch.Flush()
			}
		})
	}
}

package socket

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"testing"
)

// What people send comes whole, in order and under their addresses, however much there is at once.
func TestInbox(t *testing.T) {
	for _, home := range homes {
		t.Run(home, func(t *testing.T) {
			s := listen(t, home, Best)
			all := people(t, listen(t, home, Single), home, 3)
			want := map[netip.AddrPort][][]byte{}
			const each = 50
			for i := range each {
				for _, p := range all {
					b := bytes.Repeat([]byte{byte(i)}, 1+i*29%MaxDatagram)
					if err := p.Write(b, s.Addr()); err != nil {
						t.Fatal(err)
					}
					want[p.Addr()] = append(want[p.Addr()], b)
				}
			}
			in := s.NewInbox()
			most := 0
			for came := 0; came < each*len(all); {
				n, err := in.Wait()
				if err != nil || n < 1 || n > in.Full() {
					t.Fatal(n, err)
				}
				came, most = came+n, max(most, n)
				for i := range n {
					b, from := in.Datagram(i)
					if len(want[from]) == 0 || !bytes.Equal(b, want[from][0]) {
						t.Fatalf("%d bytes from %v, which did not send them next", len(b), from)
					}
					want[from] = want[from][1:]
				}
			}
			if s.Mode() != Single && most != in.Full() {
				t.Errorf("at most %d came at once", most)
			}
		})
	}
}

func TestInboxEndsWithItsSocket(t *testing.T) {
	s := listen(t, homes[0], Best)
	in, ended := s.NewInbox(), make(chan error)
	go func() {
		_, err := in.Wait()
		ended <- err
	}()
	s.Close()
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("ended with %v", err)
	}
	if _, err := in.Wait(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
}

func TestInboxDoesNotAllocate(t *testing.T) {
	for _, home := range homes {
		s, p := listen(t, home, Best), listen(t, home, Single)
		in, b := s.NewInbox(), make([]byte, 100)
		n := testing.AllocsPerRun(100, func() {
			if err := p.Write(b, s.Addr()); err != nil {
				t.Fatal(err)
			}
			if _, err := in.Wait(); err != nil {
				t.Fatal(err)
			}
		})
		if n != 0 {
			t.Errorf("%s: %v allocations", home, n)
		}
	}
}

package impair

import (
	"net"
	"net/netip"
	"testing"
	"time"
)

// echo is a server that sends back what it gets, and says from how many addresses it was asked.
func echo(t *testing.T) (at netip.AddrPort, asked func() int) {
	t.Helper()
	s := socket(t)
	from := make(chan map[netip.AddrPort]bool, 1)
	from <- map[netip.AddrPort]bool{}
	go answer(s, func(who netip.AddrPort) { known := <-from; known[who] = true; from <- known })
	return addrPort(s.LocalAddr()), func() int { known := <-from; defer func() { from <- known }(); return len(known) }
}

func answer(s *net.UDPConn, from func(netip.AddrPort)) {
	buf := make([]byte, 2000)
	for {
		n, who, err := s.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		from(who)
		_, _ = s.WriteToUDPAddrPort(buf[:n], who)
	}
}

func relay(t *testing.T, server netip.AddrPort) *Relay {
	t.Helper()
	r, err := Listen(netip.MustParseAddrPort("127.0.0.1:0"), server, 7)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// asks sends packets to the relay and gives how many came back.
func asks(t *testing.T, client *net.UDPConn, r *Relay, packets int) int {
	t.Helper()
	heard := reads(client, packets-1)
	sends(t, client, net.UDPAddrFromAddrPort(r.Addr()), packets, 100, time.Millisecond)
	return len(<-heard)
}

func port(s *net.UDPConn) uint16 { return addrPort(s.LocalAddr()).Port() }

// Everybody has an address of their own at the server, and what goes up and what comes down have trouble of their own.
func TestRelay(t *testing.T) {
	t.Parallel()
	server, asked := echo(t)
	r := relay(t, server)
	ada, bob := socket(t), socket(t)
	for _, client := range []*net.UDPConn{ada, bob} {
		if n := asks(t, client, r, 200); n != 200 {
			t.Errorf("%d of 200 came back over a good line", n)
		}
	}
	if n := asked(); n != 2 {
		t.Errorf("the server saw %d addresses of two clients", n)
	}
	r.Set(Trouble{Loss: 1}, Trouble{})
	if n := asks(t, ada, r, 50); n != 0 {
		t.Errorf("%d came back although nothing goes up", n)
	}
	r.Set(Trouble{}, Trouble{Loss: 1})
	if n := asks(t, ada, r, 50); n != 0 {
		t.Errorf("%d came back although nothing comes down", n)
	}
	r.Set(Trouble{}, Trouble{})
	if n := asks(t, ada, r, 50); n != 50 {
		t.Errorf("%d of 50 came back after the trouble", n)
	}
}

// Two connections of one person share a line; those of others do not.
func TestAPersonSharesOneLine(t *testing.T) {
	t.Parallel()
	server, _ := echo(t)
	r := relay(t, server)
	first, second, other := socket(t), socket(t), socket(t)
	for _, client := range []*net.UDPConn{first, second, other} {
		asks(t, client, r, 1)
	}
	line, err := r.Person(port(first), port(second))
	if err != nil {
		t.Fatal(err)
	}
	line.Set(Trouble{}, Trouble{Loss: 1})
	if a, b, c := asks(t, first, r, 20), asks(t, second, r, 20), asks(t, other, r, 20); a != 0 || b != 0 || c != 20 {
		t.Errorf("%d and %d came to the person whose line is cut, %d of 20 to another", a, b, c)
	}
	if up, down := line.Counts(); up.Passed < 40 || down.Lost < 40 {
		t.Errorf("up %+v, down %+v", up, down)
	}
	r.mu.Lock()
	beyond := addrPort(r.sockets[addrPort(other.LocalAddr())].LocalAddr()).Port()
	r.mu.Unlock()
	if line, err = r.Person(beyond); err != nil || line != r.conn.Line(addrPort(other.LocalAddr())) {
		t.Errorf("by the port that the server sees, another line was found, %v", err)
	}
	if _, err := r.Person(1); err == nil {
		t.Error("a line for somebody who never came")
	}
}

// A server that is away for a while is silence, and no end of the relay.
func TestAServerThatComesLater(t *testing.T) {
	t.Parallel()
	s := socket(t)
	at := addrPort(s.LocalAddr())
	s.Close()
	r, client := relay(t, at), socket(t)
	if n := asks(t, client, r, 5); n != 0 {
		t.Fatalf("%d came back from nobody", n)
	}
	late, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { late.Close() })
	go answer(late, func(netip.AddrPort) {})
	if n := asks(t, client, r, 5); n != 5 {
		t.Errorf("%d of 5 came back from the server that came", n)
	}
}

package impair

import (
	"encoding/binary"
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

// check is a connectivity check with a name; only what the relay reads is right.
func check(name string) []byte {
	user := "server:" + name
	b := binary.BigEndian.AppendUint16(nil, 0x0001)
	b = append(b, 0, 0, 0x21, 0x12, 0xA4, 0x42)
	b = append(b, make([]byte, 12)...)
	b = append(b, 0x80, 0x22, 0, 5, 'f', 'o', 'y', 'e', 'r', 0, 0, 0) // SOFTWARE, padded
	b = append(b, 0, 6, 0, byte(len(user)))
	return append(b, user...)
}

// introduces sends a check and waits until it came back.
func introduces(t *testing.T, client *net.UDPConn, r *Relay, name string) {
	t.Helper()
	if _, err := client.WriteTo(check(name), net.UDPAddrFromAddrPort(r.Addr())); err != nil {
		t.Fatal(err)
	}
	_ = client.SetReadDeadline(time.Now().Add(patience))
	if _, _, err := client.ReadFrom(make([]byte, 200)); err != nil {
		t.Fatal(err)
	}
}

// All connections of one person share a line, also from addresses that come later; those of others do not.
func TestAPersonSharesOneLine(t *testing.T) {
	t.Parallel()
	server, _ := echo(t)
	r := relay(t, server)
	first, second, later, other := socket(t), socket(t), socket(t), socket(t)
	introduces(t, first, r, "ada1")
	introduces(t, second, r, "ada2")
	introduces(t, other, r, "bob")
	line, err := r.Person("ada1", "ada2")
	if err != nil {
		t.Fatal(err)
	}
	introduces(t, later, r, "ada2")
	line.Set(Trouble{}, Trouble{Loss: 1})
	for _, client := range []*net.UDPConn{first, second, later} {
		if n := asks(t, client, r, 20); n != 0 {
			t.Errorf("%d came to the person whose line is cut", n)
		}
	}
	if n := asks(t, other, r, 20); n != 20 {
		t.Errorf("%d of 20 came to another", n)
	}
	if up, down := line.Counts(); up.Passed < 60 || down.Lost < 60 {
		t.Errorf("up %+v, down %+v", up, down)
	}
	if _, err := r.Person("nobody"); err == nil {
		t.Error("a line for somebody who never came")
	}
}

func TestNamesInChecks(t *testing.T) {
	t.Parallel()
	if name, ok := checkName(check("ada1")); name != "ada1" || !ok {
		t.Errorf("%q, %v", name, ok)
	}
	whole := check("ada1")
	for length := range whole {
		if name, ok := checkName(whole[:length]); ok {
			t.Errorf("the first %d bytes name %q", length, name)
		}
	}
	whole[1] = 0x11
	if _, ok := checkName(whole); ok {
		t.Error("an indication counts as a check")
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

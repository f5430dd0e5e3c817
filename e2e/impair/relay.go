package impair

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
)

// Relay stands before a server. Each client that writes to it is given a socket of its own towards the server, which
// therefore sees as many addresses as there are clients. The lines lie between the relay and the clients.
type Relay struct {
	conn   *Conn
	server netip.AddrPort
	work   sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	sockets map[netip.AddrPort]*net.UDPConn // by client
	names   map[netip.AddrPort]string       // what a client calls itself
	lines   map[string]*Line                // of persons, by these names
}

// Listen opens a relay at an address of this machine; on Linux all of 127.0.0.0/8 is. Port 0 takes any free one.
func Listen(at, server netip.AddrPort, seed uint64) (*Relay, error) {
	socket, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
	if err != nil {
		return nil, fmt.Errorf("relay: %w", err)
	}
	_ = socket.SetReadBuffer(1 << 20) // a burst of pictures; the kernel may grant less
	r := &Relay{conn: New(socket, seed), server: server, sockets: map[netip.AddrPort]*net.UDPConn{},
		names: map[netip.AddrPort]string{}, lines: map[string]*Line{}}
	r.work.Go(r.forward)
	return r, nil
}

// FreePort gives a port that is free for TCP and UDP on every address now, so that a server and a relay beside it can both
// have it. It lies below those that systems give to outgoing connections (32768 and up on Linux).
func FreePort() (port uint16, err error) {
	for range 50 {
		port = uint16(20000 + rand.IntN(12000))
		var tcp net.Listener
		if tcp, err = net.Listen("tcp", fmt.Sprintf(":%d", port)); err != nil {
			continue
		}
		var udp net.PacketConn
		udp, err = net.ListenPacket("udp", fmt.Sprintf(":%d", port))
		tcp.Close()
		if err == nil {
			return port, udp.Close()
		}
	}
	return 0, fmt.Errorf("relay: no port is free for TCP and UDP: %w", err)
}

// Addr is where clients find it.
func (r *Relay) Addr() netip.AddrPort { return addrPort(r.conn.LocalAddr()) }

// Set changes the lines of all clients, present and future: up is what clients send, down what they get.
func (r *Relay) Set(up, down Trouble) { r.conn.Set(up, down) }

// Person is the line of somebody with several connections, who share one rate. They are known by the name that each uses
// in its connectivity checks: the ice-ufrag of the client's own description. What comes from new addresses under
// these names takes the same line, as browsers move between addresses when they like.
func (r *Relay) Person(names ...string) (*Line, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var l *Line
	for client, name := range r.names {
		if !slices.Contains(names, name) {
			continue
		}
		if l == nil {
			l = r.conn.Line(client)
		}
		r.conn.Use(l, client)
	}
	if l == nil {
		return nil, fmt.Errorf("relay: nobody came as one of %q", names)
	}
	for _, name := range names {
		r.lines[name] = l
	}
	return l, nil
}

// meet hears how a client calls itself, and puts it on the line of that person.
func (r *Relay) meet(client netip.AddrPort, packet []byte) {
	name, ok := checkName(packet)
	if !ok {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.names[client] == name {
		return
	}
	r.names[client] = name
	if l := r.lines[name]; l != nil {
		r.conn.Use(l, client)
	}
}

// checkName reads who sends a connectivity check: a STUN binding request (RFC 8489, section 5), whose USERNAME is the
// server's ice-ufrag, a colon and the client's (RFC 8445, section 7.2.2).
func checkName(packet []byte) (name string, ok bool) {
	const head, request, cookie, username = 20, 0x0001, 0x2112A442, 0x0006
	if len(packet) < head || binary.BigEndian.Uint16(packet) != request || binary.BigEndian.Uint32(packet[4:]) != cookie {
		return "", false
	}
	for rest := packet[head:]; len(rest) >= 4; {
		kind, length := binary.BigEndian.Uint16(rest), int(binary.BigEndian.Uint16(rest[2:]))
		if rest = rest[4:]; length > len(rest) {
			break
		}
		if kind == username {
			_, name, ok = strings.Cut(string(rest[:length]), ":")
			return name, ok
		}
		rest = rest[min((length+3)&^3, len(rest)):]
	}
	return "", false
}

// Close ends it; what is under way is lost.
func (r *Relay) Close() error {
	err := r.conn.Close()
	r.mu.Lock()
	r.closed = true
	for _, s := range r.sockets {
		err = errors.Join(err, s.Close())
	}
	r.mu.Unlock()
	r.work.Wait()
	return err
}

func (r *Relay) forward() {
	buf := make([]byte, largest)
	for {
		n, from, err := r.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		client := plain(addrPort(from))
		r.meet(client, buf[:n])
		if s := r.socket(client, from); s != nil {
			_, _ = s.Write(buf[:n]) // refused while the server is away, as a network would be silent
		}
	}
}

// socket is the client's own towards the server; nil after Close, or when the machine gives no more.
func (r *Relay) socket(client netip.AddrPort, to net.Addr) *net.UDPConn {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.sockets[client]; s != nil || r.closed {
		return s
	}
	s, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(r.server))
	if err != nil {
		return nil
	}
	_ = s.SetReadBuffer(1 << 20)
	r.sockets[client] = s
	r.work.Go(func() { r.back(s, to) })
	return s
}

func (r *Relay) back(s *net.UDPConn, to net.Addr) {
	buf := make([]byte, largest)
	for {
		n, err := s.Read(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil { // else nobody listens at the server's port just now
			_, _ = r.conn.WriteTo(buf[:n], to)
		}
	}
}

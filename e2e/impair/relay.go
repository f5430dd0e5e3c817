package impair

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
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
	sockets map[netip.AddrPort]*net.UDPConn
}

// Listen opens a relay at an address of this machine; on Linux all of 127.0.0.0/8 is. Port 0 takes any free one.
func Listen(at, server netip.AddrPort, seed uint64) (*Relay, error) {
	socket, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
	if err != nil {
		return nil, fmt.Errorf("relay: %w", err)
	}
	_ = socket.SetReadBuffer(1 << 20) // a burst of pictures; the kernel may grant less
	r := &Relay{conn: New(socket, seed), server: server, sockets: map[netip.AddrPort]*net.UDPConn{}}
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

// Person is the line of somebody with several connections, each from a port of its own: they share one rate. A port is
// the client's, or that of the relay towards the server: behind a relay, as behind any NAT, connectivity checks tell the
// client that one (RFC 8445, section 7.2.5.3.1), and getStats names it.
func (r *Relay) Person(ports ...uint16) (*Line, error) {
	var all []netip.AddrPort
	for _, port := range ports {
		client, ok := r.client(port)
		if !ok {
			return nil, fmt.Errorf("relay: nobody came from port %d", port)
		}
		all = append(all, client)
	}
	if len(all) == 0 {
		return nil, errors.New("relay: a person without a port")
	}
	return r.conn.Share(all[0], all[1:]...), nil
}

func (r *Relay) client(port uint16) (netip.AddrPort, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for client, s := range r.sockets {
		if client.Port() == port || addrPort(s.LocalAddr()).Port() == port {
			return client, true
		}
	}
	return netip.AddrPort{}, false
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
		if s := r.socket(plain(addrPort(from)), from); s != nil {
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

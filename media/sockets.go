package media

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"

	"foyer/media/socket"
)

const bindTries = 16

// sockets are one UDP socket per local address and one TCP listener, all on the same port. One socket per address and
// not a wildcard: an answer must leave from the address the question came to, or the client's firewall drops it.
type sockets struct {
	port      int
	addresses []netip.Addr
	readers   []*reader
	streams   *streams
	options   socket.Options
	reading   sync.WaitGroup
}

// bind takes port on every local address; 0 looks for one that is free on all of them.
func bind(port int, o socket.Options) (*sockets, error) {
	var err error
	for range bindTries {
		var s *sockets
		if s, err = bindOnce(port, o); err == nil {
			return s, nil
		}
		if port != 0 || !errors.Is(err, syscall.EADDRINUSE) {
			break
		}
	}
	return nil, err
}

func bindOnce(port int, o socket.Options) (*sockets, error) {
	listener, err := net.Listen("tcp", fmt.Sprintf(":%d", port))
	if err != nil {
		return nil, err
	}
	s := &sockets{port: listener.Addr().(*net.TCPAddr).Port, streams: newStreams(listener), options: o}
	if err := s.bindUDP(); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *sockets) bindUDP() error {
	addresses, err := localAddresses()
	if err != nil {
		return err
	}
	for _, a := range addresses {
		conn, err := socket.Listen(netip.AddrPortFrom(a, uint16(s.port)), s.options)
		if errors.Is(err, syscall.EADDRINUSE) {
			return err
		}
		if err != nil { // an address that is listed but not usable (yet) is no reason not to start
			s.options.Log.Warn("media: address left out", "address", a, "error", err)
			continue
		}
		s.readers = append(s.readers, &reader{Socket: conn, guard: socket.NewGuard(mostPackets)})
		s.addresses = append(s.addresses, a)
	}
	if len(s.readers) == 0 {
		return errors.New("no local address to listen on")
	}
	return nil
}

// listen begins to read.
func (s *sockets) listen(n *Node) {
	for _, r := range s.readers {
		s.reading.Go(func() { r.run(n) })
	}
	s.reading.Go(func() { s.streams.run(n.lite) })
}

// close frees the port. No packet is at work after it returns.
func (s *sockets) close() error {
	all := []error{s.streams.Close()}
	for _, r := range s.readers {
		all = append(all, r.Close())
	}
	s.reading.Wait()
	return errors.Join(all...)
}

// localAddresses are the usable addresses of this machine. Link-local ones need a zone that no browser would send to,
// and the bridges of container engines lead nowhere from outside (livekit#3747, galene#312).
func localAddresses() ([]netip.Addr, error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var all []netip.Addr
	for _, i := range interfaces {
		if i.Flags&net.FlagUp == 0 || bridge(i.Name) {
			continue
		}
		addrs, _ := i.Addrs() // an interface that vanished meanwhile has none
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil && !p.Addr().IsLinkLocalUnicast() {
				all = append(all, p.Addr().Unmap())
			}
		}
	}
	return all, nil
}

func bridge(name string) bool {
	for _, prefix := range []string{"docker", "br-", "veth", "virbr", "cni", "flannel", "cali"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

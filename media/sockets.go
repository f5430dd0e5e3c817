package media

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"github.com/pion/ice/v4"

	"foyer/media/lite"
	"foyer/media/socket"
)

const (
	tcpWriteBuffer = 1 << 20 // bytes per TCP client; beyond it packets are dropped, so a slow one delays nobody
	bindTries      = 16
)

// sockets are one UDP socket per local address and one TCP listener, all on the same port. One socket per address and
// not a wildcard: an answer must leave from the address the question came to, or the client's firewall drops it.
// Publishers and receivers share them: before each of pion's muxes stands one of ours.
type sockets struct {
	port      int
	addresses []netip.Addr
	fronts    []*front
	streams   *streams
	options   socket.Options
	udp       ice.UDPMux
	tcp       ice.TCPMux
}

// claims are what is asked first about a datagram and about a TCP client.
type (
	claimPacket func(*socket.Socket, netip.AddrPort, []byte, time.Time) bool
	claimStream func(net.Conn, []byte) bool
)

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
		s.fronts = append(s.fronts, &front{Socket: conn, guard: socket.NewGuard(mostPackets)})
		s.addresses = append(s.addresses, a)
	}
	if len(s.fronts) == 0 {
		return errors.New("no local address to listen on")
	}
	return nil
}

// listen begins to read. Our own connections are asked first, pion gets the rest.
func (s *sockets) listen(packet claimPacket, stream claimStream, clock func() time.Time) {
	var muxes []ice.UDPMux
	for _, f := range s.fronts {
		f.claim, f.clock = packet, clock
		muxes = append(muxes, ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: f, Logger: lite.PionLog{Log: s.options.Log}.NewLogger("udp")}))
	}
	s.udp = ice.NewMultiUDPMuxDefault(muxes...)
	s.streams.serve = stream
	go s.streams.run()
	s.tcp = ice.NewTCPMuxDefault(ice.TCPMuxParams{
		Listener: s.streams, Logger: lite.PionLog{Log: s.options.Log}.NewLogger("tcp"), ReadBufferSize: 64, WriteBufferSize: tcpWriteBuffer,
	})
}

func (s *sockets) close() error {
	if s.udp != nil {
		return errors.Join(s.udp.Close(), s.tcp.Close())
	}
	all := []error{s.streams.Close()}
	for _, f := range s.fronts {
		all = append(all, f.Close())
	}
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

package media

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"syscall"

	"github.com/pion/ice/v4"
)

const (
	socketBuffer   = 4 << 20 // bytes in the kernel, each way: about 50 ms of a full gigabit
	tcpWriteBuffer = 1 << 20 // bytes per TCP client; beyond it packets are dropped, so a slow one delays nobody
	bindTries      = 16
)

// sockets are one UDP socket per local address and one TCP listener, all on the same port. One socket per address and
// not a wildcard: an answer must leave from the address the question came to, or the client's firewall drops it.
type sockets struct {
	port      int
	addresses []netip.Addr
	udp       ice.UDPMux
	tcp       ice.TCPMux
}

// bind takes port on every local address; 0 looks for one that is free on all of them.
func bind(port int, log *slog.Logger) (*sockets, error) {
	var err error
	for range bindTries {
		var s *sockets
		if s, err = bindOnce(port, log); err == nil {
			return s, nil
		}
		if port != 0 || !errors.Is(err, syscall.EADDRINUSE) {
			break
		}
	}
	return nil, err
}

func bindOnce(port int, log *slog.Logger) (*sockets, error) {
	listener, err := net.Listen("tcp", fmt.Sprintf(":%d", port))
	if err != nil {
		return nil, err
	}
	s := &sockets{port: listener.Addr().(*net.TCPAddr).Port}
	if err := s.bindUDP(log); err != nil {
		listener.Close()
		return nil, err
	}
	s.tcp = ice.NewTCPMuxDefault(ice.TCPMuxParams{
		Listener: listener, Logger: pionLog{log}.NewLogger("tcp"), ReadBufferSize: 64, WriteBufferSize: tcpWriteBuffer,
	})
	return s, nil
}

func (s *sockets) bindUDP(log *slog.Logger) error {
	addresses, err := localAddresses()
	if err != nil {
		return err
	}
	var muxes []ice.UDPMux
	for _, a := range addresses {
		conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, uint16(s.port))))
		if errors.Is(err, syscall.EADDRINUSE) {
			closeAll(muxes)
			return err
		}
		if err != nil { // an address that is listed but not usable (yet) is no reason not to start
			log.Warn("media: address left out", "address", a, "error", err)
			continue
		}
		// The kernel may grant less; then bursts are lost a little earlier, and NACK repairs them.
		_ = conn.SetReadBuffer(socketBuffer)
		_ = conn.SetWriteBuffer(socketBuffer)
		muxes = append(muxes, ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: conn, Logger: pionLog{log}.NewLogger("udp")}))
		s.addresses = append(s.addresses, a)
	}
	if len(muxes) == 0 {
		return errors.New("no local address to listen on")
	}
	s.udp = ice.NewMultiUDPMuxDefault(muxes...)
	return nil
}

func closeAll(muxes []ice.UDPMux) {
	for _, m := range muxes {
		m.Close()
	}
}

func (s *sockets) close() error {
	return errors.Join(s.udp.Close(), s.tcp.Close())
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

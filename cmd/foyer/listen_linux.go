package main

import (
	"context"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// goneAfter is how long a connection may leave what we sent unacknowledged, in milliseconds. A laptop that is closed or
// loses its network says no goodbye; the kernel would go on sending pings into the void for a quarter of an hour, and its
// person would seem to be inside all the while (RFC 5482).
const goneAfter = 8000

// listenTCP listens with that limit on every connection. Multipath TCP, Go's default, does not know the option.
func listenTCP(address string) (net.Listener, error) {
	config := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var failed error
		err := c.Control(func(fd uintptr) {
			failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, goneAfter)
		})
		if err != nil {
			return err
		}
		return failed
	}}
	config.SetMultipathTCP(false)
	return config.Listen(context.Background(), "tcp", address)
}

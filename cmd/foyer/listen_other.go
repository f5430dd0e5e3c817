//go:build !linux

package main

import "net"

// listenTCP listens. Without the kernel's help a connection that was cut is noticed late here.
func listenTCP(address string) (net.Listener, error) { return net.Listen("tcp", address) }

//go:build !linux

package socket

import "net/netip"

// Outside Linux every datagram is a call of its own.

type name struct{}

type vector struct{}

func (s *Socket) probe() Mode                { return Single }
func (s *Socket) encode(netip.AddrPort) name { return name{} }
func (b *Batch) wire()                       {}
func (b *Batch) transmit()                   {}

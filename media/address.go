package media

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"
)

// lookupWait bounds the DNS part of a join: a slow resolver must cost a candidate, not the join.
const lookupWait = time.Second

// parseAddresses reads Options.Address.
func parseAddresses(list string) ([]netip.Addr, error) {
	var all []netip.Addr
	for _, field := range strings.Split(list, ",") {
		if field = strings.TrimSpace(field); field == "" {
			continue
		}
		a, err := netip.ParseAddr(field)
		if err != nil {
			return nil, fmt.Errorf("media: address %q: %w", field, err)
		}
		all = append(all, a.Unmap())
	}
	return all, nil
}

// advertised are the addresses one answer offers, most promising first. An agent in lite mode answers on all of them,
// so a line too many is free while a missing one is a call that does not connect.
func (n *Node) advertised(ctx context.Context, local netip.Addr) []netip.Addr {
	if fixed, _ := parseAddresses(n.opts.Address); len(fixed) > 0 {
		return fixed
	}
	return choose(local.Unmap().WithZone(""), n.resolve(ctx), n.sockets.addresses)
}

// choose orders them: where the HTTP connection arrived (it demonstrably works), the configured public hosts, and our
// interfaces. Private interfaces are named only to those who came from inside, or when nothing else is left. For
// localhost they are essential: Firefox does not pair its candidates with 127.0.0.1.
func choose(local netip.Addr, hosts, interfaces []netip.Addr) []netip.Addr {
	var all []netip.Addr
	add := func(a netip.Addr) {
		for _, have := range all {
			if have == a {
				return
			}
		}
		all = append(all, a)
	}
	if local.IsValid() && !local.IsUnspecified() && !local.IsLinkLocalUnicast() {
		add(local)
	}
	for _, a := range hosts {
		add(a)
	}
	inside := len(all) == 0 || local.IsPrivate() || local.IsLoopback()
	for _, a := range interfaces {
		if !a.IsLoopback() && (inside || !a.IsPrivate()) {
			add(a)
		}
	}
	if len(all) == 0 { // a machine with nothing but loopback
		for _, a := range interfaces {
			add(a)
		}
	}
	return all
}

func (n *Node) resolve(ctx context.Context) []netip.Addr {
	ctx, cancel := context.WithTimeout(ctx, lookupWait)
	defer cancel()
	var all []netip.Addr
	for _, host := range n.opts.Hosts {
		found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		if err != nil {
			n.opts.Log.Warn("media: host name not resolved", "host", host, "error", err)
			continue
		}
		for _, a := range found {
			all = append(all, a.Unmap())
		}
	}
	return all
}

package socket

import (
	"net/netip"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func remote(i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 16), byte(i >> 8)}), uint16(i))
}

// apart gives two remotes that share no budget.
func apart(g *Guard) (a, b netip.AddrPort) {
	a, b = remote(1), remote(2)
	for i := 3; g.slot(a) == g.slot(b); i++ {
		b = remote(i)
	}
	return a, b
}

func TestGuardFloodOfOneCostsNoOther(t *testing.T) {
	g := NewGuard(2500)
	flood, publisher := apart(g)
	admitted := 0
	for ms := range 3000 { // three seconds: 30,000 packets/s beside a publisher's 2,000
		now := noon.Add(time.Duration(ms) * time.Millisecond)
		for range 30 {
			if g.Admit(flood, now) {
				admitted++
			}
		}
		for range 2 {
			if !g.Admit(publisher, now) {
				t.Fatalf("the publisher is held back after %d ms", ms)
			}
		}
	}
	if admitted < 7500 || admitted > 10_000 { // 2,500 a second, and one burst
		t.Errorf("%d packets of the flood admitted", admitted)
	}
}

func TestGuardBurst(t *testing.T) {
	g := NewGuard(100)
	count := func(now time.Time) (n int) {
		for range 1000 {
			if g.Admit(remote(1), now) {
				n++
			}
		}
		return n
	}
	for _, c := range []struct {
		after time.Duration
		want  int
	}{{0, 100}, {0, 0}, {100 * time.Millisecond, 10}, {time.Hour, 100}, {time.Hour + 500*time.Millisecond, 50}} {
		if got := count(noon.Add(c.after)); got != c.want {
			t.Errorf("after %v: %d admitted, want %d", c.after, got, c.want)
		}
	}
}

func TestGuardClockGoesBack(t *testing.T) {
	g := NewGuard(100)
	g.Admit(remote(1), noon)
	g.Admit(remote(1), noon.Add(time.Hour))
	if !g.Admit(remote(1), noon) {
		t.Error("locked out for an hour")
	}
}

// TestGuardSeed: which remotes share a budget differs from guard to guard, so it cannot be found out beforehand.
func TestGuardSeed(t *testing.T) {
	a, b := NewGuard(1), NewGuard(1)
	same := 0
	used := map[uint64]bool{}
	for i := range 4 * guardSlots {
		if a.slot(remote(i)) == b.slot(remote(i)) {
			same++
		}
		used[a.slot(remote(i))] = true
	}
	if same > 40 { // 4 expected
		t.Errorf("%d of %d remotes fall on the same budget in two guards", same, 4*guardSlots)
	}
	if len(used) < guardSlots*9/10 {
		t.Errorf("only %d of %d budgets are used", len(used), guardSlots)
	}
	if g := a.slot(netip.MustParseAddrPort("127.0.0.1:1")); g != a.slot(netip.MustParseAddrPort("[::ffff:127.0.0.1]:1")) {
		t.Error("a mapped address is another remote")
	}
}

func TestGuardAllocatesNothing(t *testing.T) {
	g := NewGuard(10)
	if n := testing.AllocsPerRun(1000, func() { g.Admit(remote(7), noon) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkGuard(b *testing.B) {
	g := NewGuard(1000)
	b.ReportAllocs()
	for i := range b.N {
		g.Admit(remote(i&1023), noon.Add(time.Duration(i)*time.Microsecond))
	}
}

package impair

import (
	"encoding/binary"
	"errors"
	"net"
	"os"
	"slices"
	"testing"
	"time"
)

// quiet is how long nothing comes before a test believes that nothing will.
const quiet = 2 * time.Second

// patience is for what must come; nothing is measured by it.
const patience = 20 * time.Second

// socket is a plain one on loopback, with room for everything that a test sends.
func socket(t *testing.T) *net.UDPConn {
	t.Helper()
	s, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	_ = s.SetReadBuffer(4 << 20)
	return s
}

func bad(t *testing.T, seed uint64) *Conn {
	t.Helper()
	c := New(socket(t), seed)
	t.Cleanup(func() { c.Close() })
	return c
}

// got is a numbered packet and how long it was under way.
type got struct {
	number int
	took   time.Duration
}

// reads collects numbered packets until the one with the last number, or until nothing came for a while.
func reads(from net.PacketConn, last int) chan []got {
	all := make(chan []got, 1)
	go func() {
		var heard []got
		defer func() { all <- heard }()
		buf := make([]byte, 2000)
		for {
			_ = from.SetReadDeadline(time.Now().Add(quiet))
			_, _, err := from.ReadFrom(buf)
			if err != nil {
				return
			}
			number := int(binary.BigEndian.Uint32(buf))
			heard = append(heard, got{number, time.Since(time.Unix(0, int64(binary.BigEndian.Uint64(buf[4:]))))})
			if number == last && len(heard) > last {
				return
			}
		}
	}()
	return all
}

// sends writes numbered packets with their time, some at once and then a rest, so that no buffer of the kernel overflows.
func sends(t *testing.T, from net.PacketConn, to net.Addr, packets, size int, rest time.Duration) {
	t.Helper()
	buf := make([]byte, size)
	for n := range packets {
		binary.BigEndian.PutUint32(buf, uint32(n))
		binary.BigEndian.PutUint64(buf[4:], uint64(time.Now().UnixNano()))
		if _, err := from.WriteTo(buf, to); err != nil {
			t.Fatal(err)
		}
		if n%5 == 4 {
			time.Sleep(rest)
		}
	}
}

// over sends packets through a line with a trouble and gives what came.
func over(t *testing.T, trouble Trouble, packets int) []got {
	t.Helper()
	c, far := bad(t, 7), socket(t)
	c.Set(Trouble{}, trouble)
	heard := reads(far, packets-1)
	sends(t, c, far.LocalAddr(), packets, 100, time.Millisecond)
	return <-heard
}

func numbers(all []got) (n []int) {
	for _, g := range all {
		n = append(n, g.number)
	}
	return n
}

func TestAGoodLine(t *testing.T) {
	t.Parallel()
	heard := numbers(over(t, Trouble{}, 1000))
	if len(heard) != 1000 || !slices.IsSorted(heard) {
		t.Errorf("%d of 1000 came, in order: %v", len(heard), slices.IsSorted(heard))
	}
}

func TestLoss(t *testing.T) {
	t.Parallel()
	heard := over(t, Trouble{Loss: 0.2}, 2000)
	if share := 1 - float64(len(heard))/2000; share < 0.16 || share > 0.24 {
		t.Errorf("%.3f lost, want about 0.2", share)
	}
	if rows, length := rowsOf(numbers(heard), 2000); length > 1.6 { // 1/(1-0.2) = 1.25 when each is on its own
		t.Errorf("%d losses in a row, mean of %d rows", int(length), rows)
	}
}

func TestLossIsTheSameForASeed(t *testing.T) {
	t.Parallel()
	first := numbers(over(t, Trouble{Loss: 0.1}, 500))
	if again := numbers(over(t, Trouble{Loss: 0.1}, 500)); !slices.Equal(first, again) {
		t.Errorf("the same seed lost other packets: %d and %d came", len(first), len(again))
	}
	c, far := bad(t, 8), socket(t)
	c.Set(Trouble{}, Trouble{Loss: 0.1})
	heard := reads(far, 499)
	sends(t, c, far.LocalAddr(), 500, 100, time.Millisecond)
	if other := numbers(<-heard); slices.Equal(first, other) {
		t.Error("another seed lost the same packets")
	}
}

func TestLossInRows(t *testing.T) {
	t.Parallel()
	heard := numbers(over(t, Trouble{Burst: Burst{Loss: 0.1, Length: 5}}, 6000))
	if share := 1 - float64(len(heard))/6000; share < 0.06 || share > 0.14 {
		t.Errorf("%.3f lost, want about 0.1", share)
	}
	if rows, length := rowsOf(heard, 6000); length < 3.5 || length > 6.5 {
		t.Errorf("%.2f lost in a row, mean of %d rows, want about 5", length, rows)
	}
}

// rowsOf counts the rows of missing numbers below n and their mean length.
func rowsOf(heard []int, n int) (rows int, length float64) {
	before := -1
	for _, number := range append(slices.Sorted(slices.Values(heard)), n) {
		if number > before+1 {
			rows++
		}
		before = number
	}
	if rows == 0 {
		return 0, 0
	}
	return rows, float64(n-len(heard)) / float64(rows)
}

func TestDelayAndJitter(t *testing.T) {
	t.Parallel()
	c, far := bad(t, 7), socket(t)
	c.Set(Trouble{}, Trouble{Delay: 60 * time.Millisecond, Jitter: 40 * time.Millisecond})
	last := reads(far, 199)
	sends(t, c, far.LocalAddr(), 200, 100, 20*time.Millisecond) // packets that follow closely all wait for the slowest
	heard := <-last
	if len(heard) != 200 || !slices.IsSorted(numbers(heard)) {
		t.Fatalf("%d of 200 came, in order: %v", len(heard), slices.IsSorted(numbers(heard)))
	}
	var took []time.Duration
	for _, g := range heard {
		took = append(took, g.took)
	}
	slices.Sort(took)
	if took[0] < 60*time.Millisecond {
		t.Errorf("one was there after %s, before the delay of 60 ms", took[0])
	}
	if spread := took[len(took)-1] - took[0]; spread < 15*time.Millisecond {
		t.Errorf("the longest took only %s more than the shortest: no jitter", spread)
	}
}

func TestReorder(t *testing.T) {
	t.Parallel()
	heard := numbers(over(t, Trouble{Reorder: 0.1}, 2000))
	if len(heard) != 2000 {
		t.Fatalf("%d of 2000 came", len(heard))
	}
	late, newest := 0, -1
	for _, n := range heard {
		if n < newest {
			late++
		}
		newest = max(newest, n)
	}
	if late < 120 || late > 280 {
		t.Errorf("%d of 2000 were overtaken, want about 200", late)
	}
}

// What comes through a thin line is what its rate lets out while it is offered too much, and what waits in the queue.
func TestRate(t *testing.T) {
	t.Parallel()
	c, far := bad(t, 7), socket(t)
	c.Set(Trouble{}, Trouble{Rate: 400_000, Queue: 300 * time.Millisecond})
	heard := reads(far, 1<<30)
	began := time.Now()
	sends(t, c, far.LocalAddr(), 500, 1000-headers, 10*time.Millisecond) // 4 Mbit/s for a second
	offered := time.Since(began)
	bits := float64(len(<-heard)) * 8000
	if want := 400_000 * (offered + 300*time.Millisecond).Seconds(); bits < 0.6*want || bits > 1.1*want {
		t.Errorf("%.0f bits came through, want about %.0f of %d", bits, want, 500*8000)
	}
	_, out := c.Line(far.LocalAddr().(*net.UDPAddr).AddrPort()).Counts()
	if out.Dropped == 0 || out.Lost != 0 || out.Passed+out.Dropped != 500 || float64(out.Passed)*8000 != bits {
		t.Errorf("%+v of 500, and %.0f bits came", out, bits)
	}
}

// The trouble changes while packets flow, and only for one of two whom the socket talks with.
func TestEachAddressOnItsOwnAndAtAnyTime(t *testing.T) {
	t.Parallel()
	c, one, other := bad(t, 7), socket(t), socket(t)
	line := c.Line(one.LocalAddr().(*net.UDPAddr).AddrPort())
	came := func(to *net.UDPConn) int {
		heard := reads(to, 99)
		sends(t, c, to.LocalAddr(), 100, 100, time.Millisecond)
		return len(<-heard)
	}
	if n := came(one); n != 100 {
		t.Errorf("%d of 100 before there was trouble", n)
	}
	line.Set(Trouble{}, Trouble{Loss: 1})
	if n, m := came(one), came(other); n != 0 || m != 100 {
		t.Errorf("%d came to the one whose line is cut, %d of 100 to the other", n, m)
	}
	line.Set(Trouble{}, Trouble{})
	if n := came(one); n != 100 {
		t.Errorf("%d of 100 after the trouble", n)
	}
}

// What comes in has trouble of its own.
func TestTheWayIn(t *testing.T) {
	t.Parallel()
	c, far := bad(t, 7), socket(t)
	c.Set(Trouble{Loss: 0.5}, Trouble{})
	heard := reads(c, 1<<30)
	sends(t, far, c.LocalAddr(), 1000, 100, time.Millisecond)
	if n := len(<-heard); n < 400 || n > 600 {
		t.Errorf("%d of 1000 came in, want about half", n)
	}
	back := reads(far, 99)
	sends(t, c, far.LocalAddr(), 100, 100, time.Millisecond)
	if n := len(<-back); n != 100 {
		t.Errorf("%d of 100 went out", n)
	}
}

func TestDeadlineAndClose(t *testing.T) {
	t.Parallel()
	c := bad(t, 7)
	ended := make(chan error, 1)
	read := func() { _, _, err := c.ReadFrom(make([]byte, 10)); ended <- err }
	go read()
	time.Sleep(50 * time.Millisecond) // until it waits: the deadline counts also for one who reads already
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	wants(t, ended, os.ErrDeadlineExceeded)
	_ = c.SetReadDeadline(time.Time{})
	go read()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	wants(t, ended, net.ErrClosed)
	if _, err := c.WriteTo([]byte("x"), c.LocalAddr()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("writing after Close: %v", err)
	}
}

func wants(t *testing.T, ended chan error, want error) {
	t.Helper()
	select {
	case err := <-ended:
		if !errors.Is(err, want) {
			t.Errorf("reading ended with %v, want %v", err, want)
		}
	case <-time.After(patience):
		t.Fatal("reading never ends")
	}
}

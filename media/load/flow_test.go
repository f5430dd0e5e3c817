package load

import (
	"slices"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestFlow(t *testing.T) {
	for _, c := range []struct {
		name                         string
		seqs                         []uint16
		got, expected, again, mended uint64
		asks                         []uint16
	}{
		{"in a row", []uint16{7, 8, 9}, 3, 3, 0, 0, nil},
		{"a gap", []uint16{7, 10}, 2, 4, 0, 0, []uint16{8, 9}},
		{"a gap over the end", []uint16{65534, 1}, 2, 4, 0, 0, []uint16{65535, 0}},
		{"mended", []uint16{7, 10, 9, 8}, 4, 4, 0, 2, nil},
		{"half mended", []uint16{7, 10, 8}, 3, 4, 0, 1, []uint16{9}},
		{"again", []uint16{7, 8, 8, 7}, 2, 2, 2, 0, nil},
		{"before the first", []uint16{7, 6}, 1, 1, 1, 0, nil},
		{"turned over", []uint16{65535, 0, 1}, 3, 3, 0, 0, nil},
		{"more than can be asked for", []uint16{7, 8, 2008}, 3, 2002, 0, 0, nil},
		{"too late", []uint16{7, 1507, 9}, 2, 1501, 1, 0, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &inflow{clock: 90_000}
			for _, seq := range c.seqs {
				f.take(seq, noon)
			}
			asks, _ := f.ask(noon)
			if f.got != c.got || f.expected() != c.expected || f.again != c.again || f.repaired != c.mended || !slices.Equal(asks, c.asks) {
				t.Errorf("got %d of %d, %d again, %d mended, asks for %v; want %d of %d, %d, %d, %v",
					f.got, f.expected(), f.again, f.repaired, asks, c.got, c.expected, c.again, c.mended, c.asks)
			}
		})
	}
}

// A packet is asked for at once, again after fifty milliseconds, and given up after a second.
func TestFlowPatience(t *testing.T) {
	f := &inflow{clock: 90_000}
	f.take(1, noon)
	f.take(3, noon)
	asked := 0
	var lostAt time.Duration
	for d := time.Duration(0); d < 2*time.Second; d += 10 * time.Millisecond {
		seqs, lost := f.ask(noon.Add(d))
		asked += len(seqs)
		if lost {
			lostAt = d
		}
	}
	if asked != mostAsked || lostAt != patience+10*time.Millisecond || f.lost != 1 || len(f.holes) != 0 {
		t.Errorf("asked %d times, given up after %s, %d lost, %d open", asked, lostAt, f.lost, len(f.holes))
	}
}

func TestFlowReport(t *testing.T) {
	f := &inflow{ssrc: 9, clock: 90_000}
	for i := range 100 {
		if i%10 != 5 { // of a hundred packets ten are lost
			f.take(uint16(65500+i), noon)
		}
		f.dated(uint32(i*3000), noon.Add(time.Duration(i)*time.Second/30+time.Duration(i%2)*time.Millisecond))
	}
	f.heard, f.heardNTP = noon, 0x1234
	b := f.block(noon.Add(time.Second / 2))
	if b.SSRC != 9 || b.TotalLost != 10 || b.FractionLost != 25 || b.Delay != 32768 || b.LastSenderReport != 0x1234 {
		t.Errorf("%+v", b)
	}
	if uint16(b.LastSequenceNumber) != uint16(65500+99-65536) || b.Jitter < 80 || b.Jitter > 91 { // a millisecond is ninety ticks
		t.Errorf("%+v", b)
	}
	if again := f.block(noon.Add(time.Second)); again.FractionLost != 0 || again.TotalLost != 10 {
		t.Errorf("nothing new was lost: %+v", again)
	}
}

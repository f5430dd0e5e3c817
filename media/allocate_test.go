package media

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

const kbit = 1e3

// camera3 is a camera in three encodings of 150, 500 and 1,200 kbit/s with three temporal layers each.
func camera3() []layerCost {
	return []layerCost{encoding(180, 150), encoding(360, 500), encoding(720, 1200)}
}

func encoding(height int, kbits float64) layerCost {
	return layerCost{height, [temporals]float64{0.5 * kbits * kbit, 0.7 * kbits * kbit, kbits * kbit}}
}

// single is an encoding without temporal layers.
func single(height int, kbits float64) []layerCost {
	return []layerCost{{height, [temporals]float64{kbits * kbit, kbits * kbit, kbits * kbit}}}
}

var nothing = share{layer: -1}
var paused = share{layer: -1, paused: true}

func TestAllocate(t *testing.T) {
	t.Parallel()
	low, lowest := share{layer: 0, temporal: 2}, share{layer: 0}
	mid, high := share{layer: 1, temporal: 2}, share{layer: 2, temporal: 2}
	unmeasured := camera3()
	for i := range unmeasured {
		unmeasured[i].height = 0
	}
	two := []wish{{wishOther, 720, camera3()}, {wishOther, 720, camera3()}}
	for name, c := range map[string]struct {
		limit  float64 // kbit/s
		wishes []wish
		want   []share
	}{
		"nothing is known to be in the way":     {math.Inf(1), two, []share{high, high}},
		"equals take turns":                     {1500, two, []share{mid, mid}},
		"the first of equals takes what is odd": {800, two, []share{mid, low}},
		"temporal layers of the lowest picture": {190, two, []share{lowest, lowest}},
		"no room for the second":                {140, two, []share{{0, 1, false}, paused}},
		"no room at all":                        {20, two, []share{paused, paused}},
		"a tile as large as the picture": {math.Inf(1), []wish{{wishOther, 180, camera3()}, {wishOther, 360, camera3()}, {wishOther, 361, camera3()}},
			[]share{low, mid, mid}},
		"a tile a little larger":    {math.Inf(1), []wish{{wishOther, 240, camera3()}, {wishOther, 241, camera3()}}, []share{low, mid}},
		"a tile larger than all":    {math.Inf(1), []wish{{wishOther, 2000, camera3()}}, []share{high}},
		"tiles of unknown height":   {math.Inf(1), []wish{{wishScreen, -1, camera3()}, {wishSpeaker, -1, camera3()}}, []share{high, mid}},
		"pictures of unknown size":  {math.Inf(1), []wish{{wishOther, 100, unmeasured}}, []share{high}},
		"not shown, nothing there":  {math.Inf(1), []wish{{wishScreen, 0, camera3()}, {wishScreen, 500, nil}}, []share{nothing, nothing}},
		"a screen is paused last":   {480, []wish{{wishOther, 720, camera3()}, {wishScreen, 720, single(1080, 400)}}, []share{paused, {0, 2, false}}},
		"what cannot fit is no bar": {480, []wish{{wishOther, 720, camera3()}, {wishScreen, 720, single(1080, 500)}}, []share{low, paused}},
		"the pinned one grows first": {900, []wish{{wishOther, 720, camera3()}, {wishSpeaker, 720, camera3()}, {wishPinned, 720, camera3()}},
			[]share{low, low, mid}},
		"nobody grows before all have their lowest": {700, []wish{{wishPinned, 720, camera3()}, {wishOther, 720, camera3()}, {wishOther, 720, camera3()}},
			[]share{low, low, low}},
	} {
		t.Run(name, func(t *testing.T) {
			shares := make([]share, len(c.wishes))
			for i := range shares {
				shares[i] = nothing
			}
			allocate(c.limit*kbit, 0, c.wishes, shares)
			if !slices.Equal(shares, c.want) {
				t.Errorf("%v instead of %v", shares, c.want)
			}
		})
	}
}

func TestNextIsTheMostValuableStep(t *testing.T) {
	t.Parallel()
	wishes := []wish{{wishOther, 720, camera3()}, {wishPinned, 720, camera3()}}
	shares := []share{nothing, nothing}
	for _, c := range []struct{ limit, total, next float64 }{
		{0, 40, 115},       // the pinned one is paused
		{150, 115, 190},    // the other one is
		{210, 190, 220},    // the pinned one stutters
		{400, 340, 690},    // the pinned one wants to grow
		{800, 690, 1390},   // and to grow again
		{1600, 1390, 1740}, // now the other one
		{2700, 2440, 0},    // both have all they want
	} {
		total, next := allocate(c.limit*kbit, 40*kbit, wishes, shares)
		if math.Abs(total-c.total*kbit) > 1 || math.Abs(next-c.next*kbit) > 1 {
			t.Errorf("limit %v: total %v and next %v instead of %v and %v", c.limit, total/kbit, next/kbit, c.total, c.next)
		}
	}
}

func TestSharesStayWhilePricesWobble(t *testing.T) {
	t.Parallel()
	priced := func(by float64) []wish {
		cost := camera3()
		for i := range cost {
			for j := range cost[i].bps {
				cost[i].bps[j] *= by
			}
		}
		return []wish{{wishOther, 720, cost}, {wishOther, 720, cost}}
	}
	shares := []share{nothing, nothing}
	const limit = 1100 * kbit
	allocate(limit, 0, priced(1), shares)
	kept := slices.Clone(shares)
	if !slices.Equal(kept, []share{{1, 2, false}, {1, 2, false}}) {
		t.Fatal(kept)
	}
	for _, by := range []float64{1.05, 0.95, 1.09, 0.9, 1.1, 1} {
		if allocate(limit, 0, priced(by), shares); !slices.Equal(shares, kept) {
			t.Errorf("at %v the plan became %v", by, shares)
		}
	}
	if allocate(limit, 0, priced(1.11), shares); slices.Equal(shares, kept) {
		t.Error("a plan that no longer fits was kept")
	}
	fallen := slices.Clone(shares)
	if allocate(limit, 0, priced(1.02), shares); !slices.Equal(shares, fallen) {
		t.Error("what had to go came back without room to spare")
	}
	if allocate(limit, 0, priced(1), shares); !slices.Equal(shares, kept) {
		t.Error("what had to go did not come back")
	}
}

func TestWhoHasAShareKeepsItAgainstAnEqual(t *testing.T) {
	t.Parallel()
	shares := []share{{0, 2, false}, {1, 2, false}}
	wishes := []wish{{wishOther, 720, camera3()}, {wishOther, 720, camera3()}}
	if allocate(800*kbit, 0, wishes, shares); !slices.Equal(shares, []share{{0, 2, false}, {1, 2, false}}) {
		t.Error(shares)
	}
}

// somebody makes up a wish: any number of encodings, with equal, missing and odd prices and heights among them.
func somebody(r *rand.Rand) wish {
	w := wish{kind: wishKind(r.IntN(4)), height: []int{0, -1, 90, 180, 360, 500, 720, 1080}[r.IntN(8)]}
	cost := 50 * kbit * (1 + r.Float64())
	for i := range r.IntN(4) {
		full := cost * (0.7 + 0.6*r.Float64())
		l := layerCost{height: []int{180, 360, 720}[i], bps: [temporals]float64{full / 2, full * 0.7, full}}
		switch r.IntN(4) {
		case 0:
			l.bps = [temporals]float64{full, full, full}
		case 1:
			l.bps = [temporals]float64{full * 0.6, full, full}
		}
		if r.IntN(5) == 0 {
			l.height = 0
		}
		w.layers = append(w.layers, l)
		cost *= 0.9 + 3*r.Float64() // now and then a larger picture is cheaper
	}
	return w
}

func TestAllocateKeepsItsPromises(t *testing.T) {
	t.Parallel()
	for seed := range uint64(5_000) {
		r := rand.New(rand.NewPCG(seed, 1))
		wishes := make([]wish, r.IntN(12))
		shares := make([]share, len(wishes))
		for i := range wishes {
			wishes[i] = somebody(r)
			shares[i] = share{r.IntN(4) - 1, r.IntN(temporals), r.IntN(4) == 0}
		}
		reserved := 40 * kbit * float64(r.IntN(4))
		limit := math.Exp(r.Float64()*9) * kbit
		if r.IntN(10) == 0 {
			limit = math.Inf(1)
		}
		total, next := allocate(limit, reserved, wishes, shares)
		for _, broken := range brokenPromises(limit, reserved, total, next, wishes, shares) {
			t.Errorf("seed %d, limit %.0f: %s\n%+v\n%+v", seed, limit, broken, wishes, shares)
		}
		if t.Failed() {
			return
		}
	}
}

func brokenPromises(limit, reserved, total, next float64, wishes []wish, shares []share) (broken []string) {
	rungs := make([]int, len(wishes))
	cost := reserved
	for i, s := range shares {
		w := &wishes[i]
		rungs[i] = rungOf(s, len(w.layers))
		cost += w.cost(rungs[i])
		switch {
		case rungs[i] > w.top():
			broken = append(broken, fmt.Sprintf("%d has more than it wants", i))
		case s.paused && w.top() == 0, s.layer < 0 && !s.paused && w.top() > 0, s.paused && s.layer >= 0:
			broken = append(broken, fmt.Sprintf("%d is wrongly paused or not", i))
		case math.IsInf(limit, 1) && w.above(rungs[i], w.top()) != 0:
			broken = append(broken, fmt.Sprintf("%d has not all it wants", i))
		}
	}
	if math.Abs(cost-total) > 1 {
		broken = append(broken, fmt.Sprintf("costs %v, not %v", cost, total))
	}
	if total > limit*rounding && total > reserved {
		broken = append(broken, "above the limit")
	}
	for i := range wishes {
		broken = append(broken, starved(i, limit, reserved, wishes, rungs)...)
	}
	again := slices.Clone(shares)
	if t2, n2 := allocate(limit, reserved, wishes, again); !slices.Equal(again, shares) || math.Abs(t2-total) > 1 || math.Abs(n2-next) > 1 {
		broken = append(broken, fmt.Sprintf("the same again is another plan: %+v", again))
	}
	if next == 0 {
		return broken
	}
	if allocate(next*spare, reserved, wishes, again); slices.Equal(again, shares) {
		broken = append(broken, fmt.Sprintf("room for %v changes nothing", next))
	}
	return broken
}

// starved tells that wish i lacks a step for which there would be room if nobody had what comes after it: what is more
// than the lowest encoding for those less important, and everything more than the first rung if i has nothing.
func starved(i int, limit, reserved float64, wishes []wish, rungs []int) []string {
	w := &wishes[i]
	to := w.above(rungs[i], w.top())
	if to == 0 {
		return nil
	}
	need := reserved + w.cost(to)
	for j := range wishes {
		keeps := rungs[j]
		switch o := &wishes[j]; {
		case j == i:
			continue
		case rungs[i] == 0 && o.kind < w.kind:
			keeps = 0
		case rungs[i] == 0:
			keeps = min(rungs[j], o.above(0, o.top()))
		case o.kind < w.kind:
			keeps = min(rungs[j], max(temporals, o.above(0, o.top())))
		}
		need += wishes[j].cost(keeps)
	}
	if need*spare <= limit {
		return []string{fmt.Sprintf("%d is starved: %v would do", i, need)}
	}
	return nil
}

func TestAllocateCostsNoMemory(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	wishes := make([]wish, 15)
	for i := range wishes {
		wishes[i] = somebody(r)
	}
	shares := make([]share, len(wishes))
	if n := testing.AllocsPerRun(100, func() { allocate(2000*kbit, 0, wishes, shares) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

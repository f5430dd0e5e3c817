package media

// temporals is how many temporal layers an encoding may have: libwebrtc's VP8 simulcast has two or three.
const temporals = 3

const (
	spare            = 1.1      // a better share is taken when the plan would fit with this much to spare; a kept one must just fit
	rounding         = 1 + 1e-9 // sums in another order differ in the last digits; that changes no plan
	unmeasured       = 3        // times what the encoding below it costs
	unmeasuredLowest = 100e3    // bit/s
	fewWishes        = 32       // up to so many slots a plan costs no allocation
)

// wishKind is why somebody is in a slot, least important first.
type wishKind uint8

const (
	wishOther wishKind = iota
	wishSpeaker
	wishPinned
	wishScreen
)

// wish is one video slot with somebody in it.
type wish struct {
	kind   wishKind
	height int         // of the tile in device pixels; 0: not shown at all; below 0: not told
	layers []layerCost // those that flow now, lowest first
}

// layerCost is what one encoding costs.
type layerCost struct {
	height int                // of its picture in pixels; 0: not known
	bps    [temporals]float64 // bit/s up to and including each temporal layer; equal values where it has fewer
}

// share is what a wish gets: one encoding, up to and including one temporal layer.
type share struct {
	layer, temporal int  // layer −1: nothing
	paused          bool // it would be shown, but the line has no room for it
}

// allocate divides a line of limit bit/s among the wishes. reserved (audio and repairs) is granted always. shares is as
// long as wishes; it holds the plan before, which is kept where it can be, and receives the new one. total is what the
// plan costs in bit/s with what is reserved, next what it would cost after the one step up that is wanted most, 0 when
// everybody has all they want.
//
// First everybody gets the lowest encoding, its temporal layers one by one, in order of importance; then the most
// important kind grows up to what its tiles can show, then the next kind. Equals take turns. What a line cannot carry is
// so taken away in the opposite order: encodings, then temporal layers, then the picture itself.
func allocate(limit, reserved float64, wishes []wish, shares []share) (total, next float64) {
	var few [fewWishes]climb
	p := plan{limit: limit, spent: reserved, wishes: wishes, climbs: few[:]}
	if len(wishes) > fewWishes {
		p.climbs = make([]climb, len(wishes))
	}
	p.begin(shares)
	for rung := 1; rung <= temporals; rung++ {
		for kind := int(wishScreen); kind >= 0; kind-- {
			p.round(wishKind(kind), rung)
		}
	}
	for kind := int(wishScreen); kind >= 0; kind-- {
		for rung := temporals + 1; rung <= p.top; rung++ {
			p.round(wishKind(kind), rung)
		}
	}
	total = reserved
	for i := range wishes {
		shares[i] = p.climbs[i].share()
		total += wishes[i].cost(p.climbs[i].rung)
	}
	if p.denied > 0 {
		next = total + p.want
	}
	return total, next
}

// climb is how far one wish has come. The ladder: 0 is nothing, 1 to temporals are the temporal layers of the lowest
// encoding, above them are the other encodings, each whole, because a sharper picture that stutters is not a better one.
type climb struct {
	rung, top int
	to        int     // next rung, 0 for none
	more      float64 // bit/s that it costs more
	had       float64 // bit/s that its share of the plan before costs now
	kept      bool    // the next rung costs no more than that
}

type plan struct {
	limit, spent float64
	wishes       []wish
	climbs       []climb
	top          int // highest rung that anybody wants
	rounds       int
	denied       int     // number of the first round in which a step was not granted
	want         float64 // bit/s that the cheapest of those steps would have cost more
}

func (p *plan) begin(before []share) {
	for i := range p.wishes {
		w := &p.wishes[i]
		c := &p.climbs[i]
		*c = climb{top: w.top(), had: w.cost(rungOf(before[i], len(w.layers)))}
		c.look(w)
		p.top = max(p.top, c.top)
	}
}

// round lets everybody of one kind step up to rung. Those who stood there before go first: a newcomer to it takes only
// what they leave.
func (p *plan) round(kind wishKind, rung int) {
	p.rounds++
	for _, kept := range [...]bool{true, false} {
		for i := range p.wishes {
			c, w := &p.climbs[i], &p.wishes[i]
			first := rung == 1 && c.rung == 0 // the lowest picture there is, wherever it stands
			if w.kind == kind && c.to > 0 && (c.to <= rung || first) && c.kept == kept {
				p.step(c, w)
			}
		}
	}
}

// look finds the next rung.
func (c *climb) look(w *wish) {
	if c.to = w.above(c.rung, c.top); c.to > 0 {
		cost := w.cost(c.to)
		c.more, c.kept = cost-w.cost(c.rung), cost <= c.had
	}
}

func (p *plan) step(c *climb, w *wish) {
	need := p.spent + c.more
	if !c.kept {
		need *= spare
	}
	if need <= p.limit*rounding {
		p.spent += c.more
		c.rung = c.to
		c.look(w)
		return
	}
	if p.denied == 0 || p.denied == p.rounds && c.more < p.want {
		p.denied, p.want = p.rounds, c.more
	}
	c.to = 0 // what did not fit will not fit when more is spent
}

func (c climb) share() share {
	switch {
	case c.rung == 0:
		return share{layer: -1, paused: c.top > 0}
	case c.rung <= temporals:
		return share{layer: 0, temporal: c.rung - 1}
	}
	return share{layer: c.rung - temporals, temporal: temporals - 1}
}

// rungOf is where a share of the plan before stands now that there are so many layers.
func rungOf(s share, layers int) int {
	switch {
	case s.paused || s.layer < 0 || layers == 0:
		return 0
	case s.layer == 0:
		return 1 + min(max(s.temporal, 0), temporals-1)
	}
	return temporals + min(s.layer, layers-1)
}

// top is the rung of the smallest picture that fills the tile well enough; of the largest one if none does.
func (w *wish) top() int {
	tile := w.height
	if tile < 0 {
		tile = 360
		if w.kind == wishScreen {
			tile = 720
		}
	}
	if tile == 0 || len(w.layers) == 0 {
		return 0
	}
	for i, l := range w.layers {
		if 4*l.height >= 3*tile {
			return temporals + i
		}
	}
	return temporals + len(w.layers) - 1
}

// cost of a rung in bit/s. An encoding that just began has no measure yet; it is not free for that.
func (w *wish) cost(rung int) (bps float64) {
	if rung == 0 {
		return 0
	}
	layer, temporal := max(0, rung-temporals), min(rung, temporals)-1
	if bps = w.layers[layer].bps[temporal]; bps > 0 {
		return bps
	}
	if layer > 0 {
		return unmeasured * w.cost(temporals+layer-1)
	}
	return unmeasuredLowest
}

// above is the next rung that is worth its price, 0 for none: no higher one costs the same or less. So an encoding with
// fewer temporal layers has fewer rungs, and one that is dearer than a sharper one is left out.
func (w *wish) above(rung, top int) int {
	for to := rung + 1; to <= top; to++ {
		worth := true
		for higher := to + 1; higher <= top; higher++ {
			worth = worth && w.cost(higher) > w.cost(to)
		}
		if worth {
			return to
		}
	}
	return 0
}

package meet

import "time"

// Knock is somebody who asks to join, or asked a moment ago.
type Knock struct {
	Pass     ID
	Name     string
	Headline string
	Colour   int
	Since    time.Time
	Away     bool   // the page is closed; out of the count until it comes back
	Decision string // "", "admitted" or "denied": what the other hosts still read for DecisionShown
	By       string // whose decision it was
}

// Queue is a room and who asks to join it.
type Queue struct {
	Room   Room
	People int // inside
	Knocks []Knock
}

// Asking is how many wait for an answer.
func (q Queue) Asking() (n int) {
	for _, k := range q.Knocks {
		if k.Asks() {
			n++
		}
	}
	return n
}

// How knocks go (decision 16, product.md).
const (
	AskAgainAfter  = 30 * time.Second // a denied one may ask again
	MostDenials    = 3                // then no more, until a host allows it
	WithdrawnAfter = 2 * time.Minute  // a request whose page is closed this long is withdrawn
	DecisionShown  = 8 * time.Second
	AdmittedLasts  = 2 * time.Minute // that somebody has to come in after being admitted
	QuietAbove     = 10              // people inside: above that a knock makes no sound
)

// Asks tells whether this request still waits for an answer and is counted.
func (k Knock) Asks() bool { return k.Decision == "" && !k.Away }

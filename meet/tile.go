package meet

import "time"

// Person is somebody inside a room, as the others see them.
type Person struct {
	Pass ID
	Label
	Role    Role
	Mic     bool
	Camera  bool
	OnStage bool
	Hand    time.Time // raised since, zero = down
	Mutes   int       // how often a host muted this one
}

// Swatch is the person's colour, 1 to Swatches.
func (p Person) Swatch() int { return SwatchOf(p.Colour, p.Pass) }

// Tile is a room as its owner's dashboard shows it.
type Tile struct {
	Room
	People int      // inside now
	Faces  []Person // the first three of them
	Asking int      // at the door, waiting for an answer
}

// Live tells whether somebody is inside.
func (t Tile) Live() bool { return t.People > 0 }

// Add counts one more person inside.
func (t *Tile) Add(p Person) {
	t.People++
	if len(t.Faces) < 3 {
		t.Faces = append(t.Faces, p)
	}
}

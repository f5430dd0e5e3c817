package meet

// Person is somebody inside a room, as the others see them.
type Person struct {
	Pass    ID
	Name    string
	Role    Role
	Mic     bool
	Camera  bool
	OnStage bool
}

// Tile is a room as its owner's dashboard shows it.
type Tile struct {
	Room
	People int      // inside now
	Faces  []Person // the first three of them
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

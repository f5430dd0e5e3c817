package media

// View tells how a receiver's page shows its pictures.
type View struct {
	// Tiles are the slots with pictures that can be seen, 5–14. What is absent is not seen, and nothing is sent for it.
	Tiles map[int]Tile
}

// Tile is one picture on a page: its size in device pixels, and whether its person was put in front on purpose.
type Tile struct {
	Width, Height int
	Pinned        bool
}

// view is a View as plans read it. Until one was told everything counts as seen, in no certain size.
type view struct {
	told  bool
	tiles [slotCount]Tile
}

// height is what a wish says: 0 = not seen, −1 = not known.
func (v *view) height(slot int) int {
	if !v.told {
		return -1
	}
	t := v.tiles[slot]
	if t.Height <= 0 || t.Width <= 0 {
		return 0
	}
	if wide := t.Width * 9 / 16; slot == screenSlot {
		return max(1, min(t.Height, wide)) // shown whole
	} else {
		return max(t.Height, wide) // a face fills its tile
	}
}

func (v *view) pinned(slot int) bool { return v.tiles[slot].Pinned }

// View says how the pictures of the receive connection id are shown, whole, every time. What is not shown is not sent, and
// what is small is sent small. It returns ErrNoConnection when the pass has no such connection.
func (n *Node) View(roomID, pass, id string, told View) error {
	r := n.room(roomID)
	if r == nil {
		return ErrNoConnection
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.members[pass]
	if m == nil || m.receiver == nil || m.receiver.id != id {
		return ErrNoConnection
	}
	v := m.receiver
	v.shard.mu.Lock()
	defer v.shard.mu.Unlock()
	v.view = view{told: true}
	for slot, t := range told.Tiles {
		if slot >= firstCamera && slot < slotCount {
			v.view.tiles[slot] = t
		}
	}
	v.plan(n.opts.Clock())
	v.shard.flush()
	return nil
}

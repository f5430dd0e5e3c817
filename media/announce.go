package media

// changed asks the node's goroutine to call the callbacks. Called under room.mu; the order room.mu before node.mu is
// the only one in which both are ever held.
func (r *room) changed() {
	r.node.mu.Lock()
	r.node.dirty[r] = struct{}{}
	r.node.mu.Unlock()
	select {
	case r.node.wake <- struct{}{}:
	default: // it is going to look anyway
	}
}

// announce tells what changed since it last did. It works from the present state, so a change that was undone in the
// meantime may be told as it is now, and never in a wrong order.
func (n *Node) announce() {
	n.mu.Lock()
	dirty := n.dirty
	n.dirty = map[*room]struct{}{}
	n.mu.Unlock()
	for r := range dirty {
		for _, tell := range r.news() {
			tell()
		}
	}
}

// news takes what is to be told out of the room, as calls to be made without its lock.
func (r *room) news() (calls []func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o := r.node.opts
	for pass := range r.mediaNews {
		state := r.mediaState(pass)
		if r.told[pass] != state && o.OnMedia != nil {
			calls = append(calls, func() { o.OnMedia(r.id, pass, state[0], state[1]) })
		}
		if r.told[pass] = state; state == [2]bool{} {
			delete(r.told, pass)
		}
	}
	for pass := range r.slotNews {
		if slots := r.slotMap(pass); slots != nil && o.OnSlots != nil {
			calls = append(calls, func() { o.OnSlots(r.id, pass, slots) })
		}
	}
	if r.spokeNews && o.OnSpeaking != nil {
		speaking := r.speaking // never changed in place
		calls = append(calls, func() { o.OnSpeaking(r.id, speaking) })
	}
	clear(r.mediaNews)
	clear(r.slotNews)
	r.spokeNews = false
	return calls
}

func (r *room) mediaState(pass string) [2]bool {
	m := r.members[pass]
	if m == nil {
		return [2]bool{}
	}
	return [2]bool{
		m.receiver != nil && (m.receiver.up || m.receiver.inherited),
		m.publisher != nil && (m.publisher.up || m.publisher.inherited),
	}
}

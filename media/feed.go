package media

import "github.com/pion/rtp"

// Feed gives the function that takes decrypted camera packets of a publisher who is connected, as its own packet loop
// does: rights, ring, frame, selection, numbers, encryption and sending happen on the caller's goroutine before it
// returns. It is what a benchmark of the send path needs, which must not pay for a publisher's connection; while it is in
// use the publisher itself should send nothing. It returns ErrNoConnection when the pass does not send.
func (n *Node) Feed(roomID, pass string) (func(packet []byte), error) {
	r := n.room(roomID)
	if r == nil {
		return nil, ErrNoConnection
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.members[pass]
	if m == nil || m.publisher == nil {
		return nil, ErrNoConnection
	}
	l := m.publisher.sources[camera].layers[0]
	var h rtp.Header
	clock := n.opts.Clock
	return func(packet []byte) {
		size, err := h.Unmarshal(packet)
		if err != nil {
			return
		}
		if payload, ok := unpadded(&h, packet[size:]); ok {
			l.receive(&h, payload, clock())
		}
	}, nil
}

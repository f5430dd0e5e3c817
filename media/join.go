package media

import (
	"context"
	"net/netip"

	"foyer/media/lite"
)

// Receive answers a receive offer (15 recvonly lines: 4 voices, screen audio, 9 cameras, screen). The connection
// replaces an older one of the same pass. Errors: ErrBadOffer, ErrNotInRoom, ErrBusy.
func (n *Node) Receive(ctx context.Context, o Offer) (Answer, error) {
	return n.join(ctx, o, receiveShape, "recvonly", n.admitReceiver)
}

// Send answers a send offer (4 sendonly lines: microphone, camera, screen, screen audio). The connection replaces an
// older one of the same pass. Errors: as Receive, and ErrNoRight when the pass may publish nothing.
func (n *Node) Send(ctx context.Context, o Offer) (Answer, error) {
	r := n.room(o.Room)
	if right, ok := r.rightOf(o.Pass); ok && right == (Right{}) {
		return Answer{}, ErrNoRight
	}
	return n.join(ctx, o, sendShape, "sendonly", n.admitPublisher)
}

// joining is one offer on its way.
type joining struct {
	offered
	room *room
	pass string
	at   []netip.Addr // to advertise
}

// party is a publisher or a receiver while it joins.
type party interface {
	connection() *conn
	sit(*member) (replaced *conn) // takes its place in the room; called under room.mu
}

type admit func(*joining) (party, string)

func (n *Node) join(ctx context.Context, o Offer, shape []string, direction string, admit admit) (Answer, error) {
	r := n.room(o.Room)
	if _, ok := r.rightOf(o.Pass); !ok {
		return Answer{}, ErrNotInRoom
	}
	read, err := readOffer(o.SDP, shape, direction)
	if err != nil {
		return Answer{}, err
	}
	addresses := n.advertised(ctx, o.Local) // may ask DNS, so before taking a place at the gate
	if err := n.offers.enter(ctx); err != nil {
		return Answer{}, err
	}
	defer n.offers.leave()
	p, answer := admit(&joining{read, r, o.Pass, addresses})
	c := p.connection()
	if err := r.attach(p); err != nil { // the rights may have changed while we were working
		c.end("not admitted")
		return Answer{}, err
	}
	return Answer{ID: c.id, SDP: answer}, nil
}

func (n *Node) admitPublisher(j *joining) (party, string) {
	p := newPublisher(j.room, j.pass, readSender(j.offered))
	p.lite = n.lite.Open(j.remote, lite.Events{Up: func() { p.room.connected(p.conn) }, RTP: p.hear, RTCP: p.hearRTCP, Down: p.end})
	p.shut = p.lite.Close
	return p, p.answer(j)
}

func (n *Node) admitReceiver(j *joining) (party, string) {
	v := newReceiver(j.room, j.pass, j.lines)
	v.lite = n.lite.Open(j.remote, lite.Events{Up: v.carries, RTCP: v.hear, Down: v.end})
	v.shut = v.lite.Close
	v.wire = &liteWire{conn: v.lite}
	return v, v.answer(j)
}

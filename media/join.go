package media

import (
	"context"
	"net/netip"

	"github.com/pion/webrtc/v4"
)

// Receive answers a receive offer (15 recvonly lines: 4 voices, screen audio, 9 cameras, screen). The connection
// replaces an older one of the same pass. Errors: ErrBadOffer, ErrNotInRoom, ErrBusy.
func (n *Node) Receive(ctx context.Context, o Offer) (Answer, error) {
	return n.join(ctx, o, joining{shape: receiveShape, direction: "recvonly", api: n.receive, build: newReceiver})
}

// Send answers a send offer (4 sendonly lines: microphone, camera, screen, screen audio). The connection replaces an
// older one of the same pass. Errors: as Receive, and ErrNoRight when the pass may publish nothing.
func (n *Node) Send(ctx context.Context, o Offer) (Answer, error) {
	r := n.room(o.Room)
	if right, ok := r.rightOf(o.Pass); ok && right == (Right{}) {
		return Answer{}, ErrNoRight
	}
	return n.join(ctx, o, joining{shape: sendShape, direction: "sendonly", api: n.send, build: newPublisher})
}

// joining is what differs between the two directions.
type joining struct {
	shape     []string
	direction string
	api       *webrtc.API
	build     func(r *room, pass string, pc *webrtc.PeerConnection, mids []string) (party, error)
}

// party is a publisher or a receiver while it joins.
type party interface {
	connection() *conn
	sit(*member) (replaced *conn) // takes its place in the room; called under room.mu
}

func (n *Node) join(ctx context.Context, o Offer, j joining) (Answer, error) {
	r := n.room(o.Room)
	if _, ok := r.rightOf(o.Pass); !ok {
		return Answer{}, ErrNotInRoom
	}
	offer, mids, err := readOffer(o.SDP, j.shape, j.direction)
	if err != nil {
		return Answer{}, err
	}
	addresses := n.advertised(ctx, o.Local) // may ask DNS, so before taking a place at the gate
	if err := n.offers.enter(ctx); err != nil {
		return Answer{}, err
	}
	defer n.offers.leave()
	return n.admit(ctx, r, o.Pass, offer, mids, addresses, j)
}

func (n *Node) admit(ctx context.Context, r *room, pass, offer string, mids []string, at []netip.Addr, j joining) (Answer, error) {
	pc, err := j.api.NewPeerConnection(n.config)
	if err != nil {
		return Answer{}, err
	}
	p, err := j.build(r, pass, pc, mids)
	if err != nil {
		pc.Close()
		return Answer{}, err
	}
	c := p.connection()
	answer, err := negotiate(ctx, pc, offer)
	if err == nil {
		answer, err = finishAnswer(answer, at, n.Port())
	}
	if err == nil {
		err = r.attach(p) // the rights may have changed while we were working
	}
	if err != nil {
		c.end("not admitted")
		return Answer{}, err
	}
	return Answer{ID: c.id, SDP: answer}, nil
}

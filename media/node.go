// Package media is the SFU: it carries voices, faces and screens between the people of a room, and nothing else.
//
// A person has at most two connections, each made by one POST and never negotiated again: one to send (microphone,
// camera, screen, screen audio) and one to receive (fifteen fixed slots). A packet's way is short:
//
//	socket → publisher → layer (may it speak? ring, frame) → shard → outlet (one slot of one receiver) → batch → socket
//
// Both ends are media/lite: nothing lies between a socket and a layer, or an outlet and a socket, but one pass of AES-GCM,
// and for a few listeners all of it happens on the goroutine that read the packet.
//
// A slot keeps its SSRC, its sequence numbers and its clock for life while the person shown in it changes, so a browser
// sees fifteen endless streams and no SDP after the first answer. Who sits in which slot is decided in seats.go, in
// plain Go without a network. What a person may send is a level, not an event: SetRights states the whole truth of a
// room and the packet loop drops whatever is no longer in it.
//
// The package knows no HTTP and no SQL; docs/protocol.md says what travels on the wire.
package media

import (
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"foyer/media/lite"
	"foyer/media/socket"
)

// The slow time of a node: lines are watched, plans made and publishers told what arrived at every tick, speakers ranked at
// every second one, reports sent at every tenth.
const (
	tickEvery   = 100 * time.Millisecond
	rankEvery   = 2
	reportEvery = 10
)

// Options configure a Node. The three callbacks run on one goroutine, in order, with no lock of this package held;
// they state levels (the newest truth, possibly skipping what lay between) and should return quickly.
type Options struct {
	Port    int      // the one UDP and TCP port; 0 takes any free one, Port() tells which
	Address string   // advertise exactly these addresses (comma separated); "" decides per join
	Hosts   []string // public host names whose A and AAAA records are advertised too
	Clock   func() time.Time
	Log     *slog.Logger
	Sending socket.Mode // the best way of sending that may be used; the zero value is right outside measurements

	// OnSlots gives the whole map of one receiver after it changed: 15 entries in slot order.
	OnSlots func(room, pass string, slots []Slot)
	// OnSpeaking gives who speaks, loudest first, after it changed; at most five times a second and room.
	OnSpeaking func(room string, passes []string)
	// OnMedia tells which connections of a person are up. It never means that somebody left.
	OnMedia func(room, pass string, receiving, sending bool)
}

// Node is one SFU: one port, one certificate, many rooms.
type Node struct {
	opts    Options
	sockets *sockets
	lite    *lite.Host
	offers  gate
	shards  []*shard
	dealt   atomic.Uint32 // receivers given to shards, in turn
	crowded atomic.Int32  // readers to whom more comes than they can carry by themselves

	unfinished unfinished

	mu     sync.Mutex
	rooms  map[string]*room
	dirty  map[*room]struct{}
	closed bool

	wake chan struct{}
	quit chan struct{}
	done chan struct{}
}

// Open binds the port and starts the node. It fails when the port is taken or an address in Options is malformed.
func Open(o Options) (*Node, error) {
	o = withDefaults(o)
	if _, err := parseAddresses(o.Address); err != nil {
		return nil, err
	}
	n := newNode(o)
	var err error
	if n.sockets, err = bind(o.Port, socket.Options{Log: o.Log, Mode: o.Sending}); err != nil {
		return nil, fmt.Errorf("media: bind: %w", err)
	}
	if err := n.setUp(); err != nil {
		n.sockets.close()
		return nil, fmt.Errorf("media: set up: %w", err)
	}
	for _, s := range n.shards {
		go s.serve(n.quit)
	}
	go n.run()
	return n, nil
}

// newNode is a node without a network.
func newNode(o Options) *Node {
	n := &Node{
		opts: o, offers: newGate(),
		rooms: map[string]*room{}, dirty: map[*room]struct{}{},
		wake: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}),
	}
	n.unfinished.clock = o.Clock
	for i := range runtime.GOMAXPROCS(0) {
		n.shards = append(n.shards, newShard(i))
	}
	return n
}

// setUp begins to read from the network.
func (n *Node) setUp() error {
	cert, err := certificate(n.opts.Clock())
	if err != nil {
		return err
	}
	n.lite, err = lite.NewHost(lite.Config{Certificate: cert, Clock: n.opts.Clock, Log: n.opts.Log, Handshake: newGate().handshake, Most: mostPackets, Rest: n.unfinished.rest})
	if err != nil {
		return err
	}
	n.sockets.listen(n)
	return nil
}

// nextShard deals receivers out evenly.
func (n *Node) nextShard() *shard { return n.shards[int(n.dealt.Add(1))%len(n.shards)] }

func withDefaults(o Options) Options {
	if o.Clock == nil {
		panic("media: Options.Clock is required") // a wiring mistake, found at the first start
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Port is the UDP and TCP port all media of this node uses.
func (n *Node) Port() int { return n.sockets.port }

// Close ends every connection and frees the port. No callback runs after it returns.
func (n *Node) Close() error {
	n.mu.Lock()
	if n.closed {
		n.mu.Unlock()
		return nil
	}
	n.closed = true
	rooms := n.rooms
	n.rooms = map[string]*room{}
	n.mu.Unlock()
	for _, r := range rooms {
		r.setRights(nil)
	}
	n.lite.Close()
	close(n.quit)
	<-n.done
	return n.sockets.close()
}

// run is the node's one goroutine of its own: it announces what changed and keeps the slow time of all rooms.
func (n *Node) run() {
	defer close(n.done)
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	for beat := 0; ; {
		select {
		case <-n.quit:
			return
		case <-n.wake:
		case <-tick.C:
			beat++
			n.beat(beat)
		}
		n.announce()
	}
}

func (n *Node) beat(count int) {
	now := n.opts.Clock()
	n.lite.Tick(now)
	for _, r := range n.allRooms() {
		r.beat(now, count)
	}
}

// beat is one room's slow time. What fails in one room is that room's: the others, and the process, go on.
func (r *room) beat(now time.Time, count int) {
	defer func() {
		if cause := recover(); cause != nil {
			r.node.opts.Log.Error("media: room failed", "room", r.id, "cause", cause, "stack", string(debug.Stack()))
		}
	}()
	if count%rankEvery == 0 {
		r.tick(now)
	}
	r.follow(now)
	r.tellPublishers(now, count%reportEvery == 0)
	if count%reportEvery == 0 {
		r.report(now)
	}
}

func (n *Node) allRooms() []*room {
	n.mu.Lock()
	defer n.mu.Unlock()
	rooms := make([]*room, 0, len(n.rooms))
	for _, r := range n.rooms {
		rooms = append(rooms, r)
	}
	return rooms
}

func (n *Node) room(id string) *room {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.rooms[id]
}

// SetRights states who is in a room and what each may publish: the whole truth, every time. Passes that are absent are
// closed in both directions before it returns and cannot come back until a later snapshot names them; media that is no
// longer granted is dropped by the packet loop from the next packet on. An empty map ends the room.
func (n *Node) SetRights(roomID string, rights map[string]Right) {
	n.mu.Lock()
	r := n.rooms[roomID]
	switch {
	case n.closed, r == nil && len(rights) == 0:
		n.mu.Unlock()
		return
	case r == nil:
		r = newRoom(n, roomID)
		n.rooms[roomID] = r
	case len(rights) == 0:
		delete(n.rooms, roomID)
	}
	n.mu.Unlock()
	r.setRights(rights)
}

// Hangup ends the connection with this id, as handed out in Answer. It returns ErrNoConnection when the pass has no
// such connection any more, which a client may treat as success.
func (n *Node) Hangup(roomID, pass, id string) error {
	r := n.room(roomID)
	if r == nil {
		return ErrNoConnection
	}
	c := r.find(pass, id)
	if c == nil {
		return ErrNoConnection
	}
	c.end("hung up")
	return nil
}

// Rooms names the rooms that this node knows, in no order.
func (n *Node) Rooms() (ids []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for id := range n.rooms {
		ids = append(ids, id)
	}
	return ids
}

// Slots is the current slot map of one receiver in slot order, or nil when the pass is not receiving.
func (n *Node) Slots(roomID, pass string) []Slot {
	r := n.room(roomID)
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.slotMap(pass)
}

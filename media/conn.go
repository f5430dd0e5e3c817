package media

import (
	"crypto/rand"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"
)

// connectWait is how long a connection may take from its answer to its first encrypted packet.
const connectWait = 20 * time.Second

// conn is what the two directions have in common: one peer connection, from an offer until it ends for any reason.
type conn struct {
	id   string
	pass string
	room *room
	pc   *webrtc.PeerConnection
	late *time.Timer
	once sync.Once

	// guarded by room.mu
	up        bool
	inherited bool // replaced one that was up and has not come up itself: for others nothing happened yet
	gone      bool
}

func newConn(r *room, pass string, pc *webrtc.PeerConnection) *conn {
	c := &conn{id: rand.Text(), pass: pass, room: r, pc: pc}
	c.late = time.AfterFunc(connectWait, func() { c.room.expire(c) })
	pc.OnConnectionStateChange(func(webrtc.PeerConnectionState) { c.changed() })
	return c
}

// changed looks at the state itself: pion reports changes each on a goroutine of its own, in no certain order.
func (c *conn) changed() {
	switch state := c.pc.ConnectionState(); state {
	case webrtc.PeerConnectionStateConnected:
		c.late.Stop()
		c.room.connected(c)
	case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
		c.end(state.String())
	}
}

// end closes the connection and takes it out of the room. It may be called any number of times, from anywhere but
// under room.mu.
func (c *conn) end(why string) {
	c.room.detach(c)
	c.once.Do(func() {
		c.late.Stop()
		c.room.node.opts.Log.Debug("media: connection ended", "room", c.room.id, "conn", c.id, "why", why)
		if err := c.pc.Close(); err != nil {
			c.room.node.opts.Log.Debug("media: close", "conn", c.id, "error", err)
		}
	})
}

// broken ends the connection after one of its packet loops panicked: a stranger's packet costs the stranger only.
func (c *conn) broken(cause any) {
	c.room.node.opts.Log.Error("media: packet loop failed", "room", c.room.id, "conn", c.id, "cause", cause)
	c.end("packet loop failed")
}

package media

import (
	"crypto/rand"
	"sync"
)

// conn is what the two directions have in common: one connection, from an offer until it ends for any reason.
type conn struct {
	id   string
	pass string
	room *room
	shut func() // closes what is below; called once, by no lock held
	once sync.Once

	// guarded by room.mu
	up        bool
	inherited bool // replaced one that was up and has not come up itself: for others nothing happened yet
	gone      bool
}

func newConn(r *room, pass string) *conn {
	return &conn{id: rand.Text(), pass: pass, room: r, shut: func() {}}
}

// end closes the connection and takes it out of the room. It may be called any number of times, from anywhere but
// under room.mu or a shard's lock.
func (c *conn) end(why string) {
	c.room.detach(c)
	c.once.Do(func() {
		c.room.node.opts.Log.Debug("media: connection ended", "room", c.room.id, "conn", c.id, "why", why)
		c.shut()
	})
}

// broken ends the connection after one of its packet loops panicked: a stranger's packet costs the stranger only.
func (c *conn) broken(cause any) {
	c.room.node.opts.Log.Error("media: packet loop failed", "room", c.room.id, "conn", c.id, "cause", cause)
	c.end("packet loop failed")
}

package socket

const (
	arenaSize   = 512 << 10
	maxMessages = 512   // per sendmmsg; Linux takes 1024
	maxSegments = 64    // per message (UDP_MAX_SEGMENTS of Linux before 6.9)
	maxMessage  = 65000 // bytes; the IP length field ends at 65,535 with headers
)

// Batch gathers datagrams until Flush. It is not safe for concurrent use: each sender has its own, and many may flush
// on one socket at the same time. An idle batch is small; the first Slot allocates 600 KiB, and nothing does after it.
type Batch struct {
	socket   *Socket
	arena    []byte // datagrams, one right behind the other, so that a message is one piece of memory
	used     int    // bytes of arena
	messages *[maxMessages]message
	n        int // messages waiting
	sent     int // of them, during Flush
	waiting  int // datagrams
	segment  bool
	vector   vector
}

// message is one datagram, or several of one size to one peer, the last of which may be shorter.
type message struct {
	to         Peer
	start, end int // in the arena
	size       int // of each datagram but the last, bytes
	count      int // datagrams
	done       bool
}

// NewBatch gives a batch that sends through s.
func (s *Socket) NewBatch() *Batch { return &Batch{socket: s} }

// Slot is room for one datagram of up to MaxDatagram bytes; it is valid until the next Slot, Commit or Flush. When the
// batch is full, what waits is sent first.
func (b *Batch) Slot() []byte {
	if b.n == maxMessages || b.used+MaxDatagram > arenaSize {
		b.Flush()
	}
	if b.n == 0 {
		b.begin()
	}
	return b.arena[b.used : b.used+MaxDatagram : b.used+MaxDatagram]
}

func (b *Batch) begin() {
	if b.arena == nil {
		b.arena = make([]byte, arenaSize)
		b.messages = new([maxMessages]message)
		b.wire()
	}
	b.segment = b.socket.segments()
}

// Commit says that the first n bytes of the slot go to this peer, in order with all others for it. It must follow a
// Slot. Neither keeps a reference to the peer; an n outside 1 to MaxDatagram panics.
func (b *Batch) Commit(n int, to *Peer) {
	if n < 1 || n > MaxDatagram {
		panic("socket: a datagram has 1 to 1536 bytes")
	}
	start := b.used
	b.used += n
	b.waiting++
	if b.n > 0 && b.segment {
		if m := &b.messages[b.n-1]; m.takes(n, to) {
			m.end, m.count, m.done = b.used, m.count+1, n < m.size
			return
		}
	}
	b.messages[b.n] = message{to: *to, start: start, end: b.used, size: n, count: 1}
	b.n++
}

func (m *message) takes(n int, to *Peer) bool {
	return !m.done && n <= m.size && m.count < maxSegments && m.end-m.start+n <= maxMessage && m.to == *to
}

// Len is the number of datagrams that wait.
func (b *Batch) Len() int { return b.waiting }

// Flush sends everything that waits. It gives up on what has no way to its destination, and on all that is left when
// the kernel's buffer stays full for long: in a conversation late is lost, and NACK repairs what still matters.
func (b *Batch) Flush() {
	if b.n == 0 {
		return
	}
	b.sent = 0
	b.transmit()
	b.n, b.used, b.waiting = 0, 0, 0
}

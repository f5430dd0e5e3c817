package media

import (
	"foyer/media/lite"
	"foyer/media/socket"
)

// wire is where a receiver's packets leave. Used under the lock of the receiver's shard.
type wire interface {
	// open tells whether packets can leave now, and prepares for a burst of them.
	open(*shard) bool
	// room is where the next packet is written in the clear: maxPacket bytes at least, and 16 for the tag.
	room() []byte
	// commit encrypts and sends what was written there: n bytes, of which header are the RTP header's. index is the 48-bit
	// packet index of its stream (RFC 3711, section 3.3.1).
	commit(header, n int, ssrc uint32, index uint64)
}

// liteWire sends over a connection of our own kind: encrypted in place in the batch that the kernel takes it from.
type liteWire struct {
	conn   *lite.Conn
	sealer *lite.Sealer
	path   *lite.Path
	batch  *socket.Batch
	tcp    []byte // room of a client over TCP, whose packets are copied into its queue
	slot   []byte // the room last given
}

func (w *liteWire) open(s *shard) bool {
	w.sealer, w.path = w.conn.Sealer(), w.conn.Path()
	if w.sealer == nil || w.path == nil {
		return false
	}
	if w.path.Stream == nil {
		w.batch = s.batch(w.path.Socket)
	} else if w.tcp == nil {
		w.tcp = make([]byte, socket.MaxDatagram)
	}
	return true
}

func (w *liteWire) room() []byte {
	w.slot = w.tcp
	if w.path.Stream == nil {
		w.slot = w.batch.Slot()
	}
	return w.slot
}

func (w *liteWire) commit(header, n int, ssrc uint32, index uint64) {
	n = w.sealer.Seal(w.slot, header, n, ssrc, index)
	if w.path.Stream == nil {
		w.batch.Commit(n, &w.path.Peer)
	} else {
		w.path.Stream.Send(w.slot[:n])
	}
}

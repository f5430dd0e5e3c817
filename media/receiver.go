package media

import (
	"math/rand/v2"
	"time"

	"foyer/media/lite"
)

// The slots of a receiver, in the order of the offer's media lines.
const (
	voices          = 4
	screenAudioSlot = 4
	firstCamera     = 5
	cameras         = 9
	screenSlot      = 14
	slotCount       = 15
)

// Slot tells whom one slot of a receiver shows; Pass is empty while it shows nobody.
type Slot struct {
	Slot   int    `json:"slot"` // 0–14, the media line of the offer
	Kind   string `json:"kind"` // voice, screen-audio, camera or screen
	Pass   string `json:"pass"`
	Paused bool   `json:"paused,omitempty"` // the receiver's line is too narrow for this picture just now
}

func slotKind(i int) string {
	switch {
	case i < voices:
		return "voice"
	case i == screenAudioSlot:
		return "screen-audio"
	case i < screenSlot:
		return "camera"
	}
	return "screen"
}

// receiver is one person's receiving connection.
type receiver struct {
	*conn
	lite  *lite.Conn // nil in tests of parts
	shard *shard

	// guarded by shard.mu
	wire     wire
	outlets  [slotCount]*outlet
	line     line
	view     view
	speaker  string // pass of who speaks loudest, whose picture matters more
	packets  uint64 // sent since the beginning, repairs included
	bytes    uint64
	padding  [2]uint64 // packets and bytes of them that only filled the line
	counted  [2]uint64 // packets and bytes without padding as the line was last told
	pace     pacer
	paused   [slotCount]bool
	repaused bool // changed since it was last told

	places // guarded by room.mu
}

// places are who sits in a receiver's slots as the room plans it.
type places struct {
	voice       [voices]seat
	camera      [cameras]seat
	screen      seat
	screenAudio seat
}

func newReceiver(r *room, pass string, lines []mediaLine) *receiver {
	v := &receiver{conn: newConn(r, pass), shard: r.node.nextShard(), line: newLine()}
	first := rand.Uint32()
	for i, l := range lines {
		ssrc := first + uint32(2*i) // all different: two streams of one SSRC would be sealed with the same nonces
		o := &outlet{index: i, v: v, pt: l.pt, rtxPT: l.rtx, ssrc: ssrc, rtxSSRC: ssrc + 1, share: share{layer: -1}}
		clock := uint32(audioClock)
		if o.video() {
			clock = videoClock
		}
		o.rw = newRewriter(clock, uint16(rand.Uint32()), rand.Uint32())
		v.outlets[i] = o
		v.line.probes(o.rtxPT != 0)
	}
	return v
}

func (v *receiver) connection() *conn { return v.conn }

func (v *receiver) sit(m *member) *conn {
	old := m.receiver
	m.receiver = v
	v.room.slotNews[v.pass] = true
	v.room.changed()
	if old == nil {
		return nil
	}
	v.places = old.places
	old.silence()
	return old.conn
}

// carries is called when the connection can take packets: everything that waits begins.
func (v *receiver) carries() {
	v.room.connected(v.conn)
	now := v.room.node.opts.Clock()
	v.shard.mu.Lock()
	defer v.shard.mu.Unlock()
	for _, o := range v.outlets {
		o.awaken(now)
	}
	v.shard.flush()
}

// silence empties every slot; nothing is sent after it returns.
func (v *receiver) silence() {
	v.shard.mu.Lock()
	defer v.shard.mu.Unlock()
	for _, o := range v.outlets {
		o.aim(nil)
	}
}

// seatAt is the seat behind slot i.
func (v *receiver) seatAt(i int) *seat {
	switch {
	case i < voices:
		return &v.voice[i]
	case i == screenAudioSlot:
		return &v.screenAudio
	case i < screenSlot:
		return &v.camera[i-firstCamera]
	}
	return &v.screen
}

// slots is called under room.mu.
func (v *receiver) slots() []Slot {
	v.shard.mu.Lock()
	defer v.shard.mu.Unlock()
	all := make([]Slot, slotCount)
	for i := range all {
		pass := v.seatAt(i).pass
		all[i] = Slot{Slot: i, Kind: slotKind(i), Pass: pass, Paused: pass != "" && v.paused[i]}
	}
	return all
}

// tick lets the line's state and the plan follow what happened since the last one. Called under room.mu.
func (v *receiver) tick(now time.Time, speaker string) {
	if v.follow(now, speaker) {
		v.room.slotNews[v.pass] = true
		v.room.changed()
	}
}

// follow tells whether a picture was paused or came back since it was last asked.
func (v *receiver) follow(now time.Time, speaker string) (repaused bool) {
	v.shard.mu.Lock()
	defer v.shard.mu.Unlock()
	v.speaker = speaker
	packets, bytes := v.packets-v.padding[0], v.bytes-v.padding[1]
	v.line.sent(int(packets-v.counted[0]), int(bytes-v.counted[1]), now)
	v.counted = [2]uint64{packets, bytes}
	v.plan(now)
	for _, o := range v.outlets {
		o.awaken(now)
	}
	v.shard.flush()
	repaused, v.repaused = v.repaused, false
	return repaused
}

package media

import (
	"math/rand/v2"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
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
	Slot int    `json:"slot"` // 0–14, the media line of the offer
	Kind string `json:"kind"` // voice, screen-audio, camera or screen
	Pass string `json:"pass"`
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
	outlets [slotCount]*outlet

	// guarded by room.mu
	voice       [voices]seat
	camera      [cameras]seat
	screen      seat
	screenAudio seat
}

func newReceiver(r *room, pass string, pc *webrtc.PeerConnection, _ []string) (party, error) {
	v := &receiver{conn: newConn(r, pass, pc)}
	for i := range v.outlets {
		o := &outlet{index: i, now: r.node.opts.Clock, fail: v.broken}
		clock := uint32(audioClock)
		if o.Kind() == webrtc.RTPCodecTypeVideo {
			clock = videoClock
		}
		o.rw = newRewriter(clock, uint16(rand.Uint32()), rand.Uint32())
		v.outlets[i] = o
		_, err := pc.AddTransceiverFromTrack(o, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		if err != nil {
			v.end("tracks")
			return nil, err
		}
	}
	return v, nil
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
	v.voice, v.camera, v.screen, v.screenAudio = old.voice, old.camera, old.screen, old.screenAudio
	old.silence()
	return old.conn
}

// silence empties every slot; nothing is sent after it returns.
func (v *receiver) silence() {
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

func (v *receiver) slots() []Slot {
	all := make([]Slot, slotCount)
	for i := range all {
		all[i] = Slot{Slot: i, Kind: slotKind(i), Pass: v.seatAt(i).pass}
	}
	return all
}

// report sends the sender reports of all slots in use as one datagram.
func (v *receiver) report(now time.Time) {
	var all []rtcp.Packet
	for _, o := range v.outlets {
		if sr := o.report(now); sr != nil {
			all = append(all, sr)
		}
	}
	if len(all) > 0 {
		_ = v.pc.WriteRTCP(all) // a closing connection says so by its events
	}
}

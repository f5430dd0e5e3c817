package media

import (
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// outlet is one slot of one receiver, and to pion a track that is never replaced. It aims at a layer; for video it goes
// on with the present one until the wanted one starts a key frame, because a decoder can begin nowhere else.
type outlet struct {
	index int
	now   func() time.Time
	fail  func(any) // ends the receiver after a panic in one of our loops
	bound atomic.Pointer[binding]

	mu            sync.Mutex
	want, current *layer
	rw            rewriter
	header        rtp.Header
	scratch       []byte
	listening     bool
	packets       uint32 // sent, as sender reports count them (RFC 3550, section 6.4.1)
	octets        uint32
	resends       budget
}

// binding is what pion gives us once the connection is up. It is read without the outlet's lock: pion calls Unbind with
// a lock of its own held that writing needs too.
type binding struct {
	writer webrtc.TrackLocalWriter
	rtcp   interceptor.RTCPReader
	ssrc   uint32
	pt     uint8
}

// Bind implements webrtc.TrackLocal.
func (o *outlet) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	mime := webrtc.MimeTypeOpus
	if o.Kind() == webrtc.RTPCodecTypeVideo {
		mime = webrtc.MimeTypeVP8
	}
	for _, codec := range c.CodecParameters() {
		if strings.EqualFold(codec.MimeType, mime) {
			o.bound.Store(&binding{c.WriteStream(), c.RTCPReader(), uint32(c.SSRC()), uint8(codec.PayloadType)})
			return codec, nil
		}
	}
	return webrtc.RTPCodecParameters{}, webrtc.ErrUnsupportedCodec
}

// Unbind implements webrtc.TrackLocal.
func (o *outlet) Unbind(webrtc.TrackLocalContext) error { o.bound.Store(nil); return nil }

// ID implements webrtc.TrackLocal.
func (o *outlet) ID() string { return "slot" + strconv.Itoa(o.index) }

// RID implements webrtc.TrackLocal.
func (o *outlet) RID() string { return "" }

// StreamID implements webrtc.TrackLocal. Tracks of one stream are played in step: screen with its audio, and the first
// cameras with the voices that seats.go puts into the same place when it can.
func (o *outlet) StreamID() string {
	switch {
	case o.index == screenAudioSlot || o.index == screenSlot:
		return "screen"
	case o.index >= firstCamera:
		return "person" + strconv.Itoa(o.index-firstCamera)
	}
	return "person" + strconv.Itoa(o.index)
}

// Kind implements webrtc.TrackLocal.
func (o *outlet) Kind() webrtc.RTPCodecType {
	if o.index < firstCamera {
		return webrtc.RTPCodecTypeAudio
	}
	return webrtc.RTPCodecTypeVideo
}

// aim points the outlet at a layer, or at nothing, which ends what it sends before aim returns.
func (o *outlet) aim(l *layer) {
	o.mu.Lock()
	if o.want == l {
		o.mu.Unlock()
		return
	}
	left := []*layer{o.want}
	if o.want = l; l == nil {
		left = append(left, o.current)
		o.current = nil
		o.rw.stop()
	}
	present := o.current
	o.mu.Unlock()
	for _, x := range left {
		if x != nil && x != present {
			x.drop(o)
		}
	}
	if l != nil {
		l.add(o)
		o.awaken(o.now())
	}
}

// awaken asks for a key frame when the outlet waits for one.
func (o *outlet) awaken(now time.Time) {
	o.mu.Lock()
	l := o.want
	waits := l != nil && l.video && l != o.current && o.bound.Load() != nil
	o.mu.Unlock()
	if waits {
		l.keys.ask(now)
	}
}

// write sends one packet of l if l is what the outlet shows, or may begin to show with it.
func (o *outlet) write(l *layer, p packet, now time.Time) {
	b := o.bound.Load()
	if b == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if l != o.current && !o.begin(l, p, now, b) {
		return
	}
	if out, ok := o.rw.apply(p, o.scratch); ok {
		o.rw.sent(out, now)
		o.send(b, out)
	}
}

// begin switches to the wanted layer at a packet where that is possible.
func (o *outlet) begin(l *layer, p packet, now time.Time, b *binding) bool {
	if l != o.want {
		return false
	}
	if l.video && !p.key {
		l.keys.ask(now)
		return false
	}
	if o.current != nil {
		o.current.drop(o)
	}
	o.current = l
	o.rw.splice(p, now)
	if !o.listening { // slots that never carried anything cost no goroutine and no buffer
		o.listening, o.scratch = true, make([]byte, maxPacket)
		go o.listen(b)
	}
	return true
}

func (o *outlet) send(b *binding, p packet) {
	o.header = rtp.Header{
		Version: 2, Marker: p.marker, PayloadType: b.pt, SequenceNumber: p.seq, Timestamp: p.ts, SSRC: b.ssrc,
	}
	if _, err := b.writer.WriteRTP(&o.header, p.payload); err != nil {
		return // a connection that is going away; its own events say so
	}
	o.packets++
	o.octets += uint32(len(p.payload))
}

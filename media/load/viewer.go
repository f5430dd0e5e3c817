package load

import (
	"encoding/binary"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
)

const (
	reportEvery   = time.Second
	arrivalsEvery = 100 * time.Millisecond
	keyPatience   = 300 * time.Millisecond // of pictures without a beginning, before a key frame is asked for
	estimate      = 20e6                   // bit/s, what a viewer on this machine says it can take
)

// Viewer is one receive connection.
type Viewer struct {
	*link
	guest  *Guest
	own    uint32 // the SSRC that our reports come from
	posted time.Time
	flows  []*inflow
	lines  []line
	again  [128]bool     // payload types of repair streams
	waits  chan struct{} // closed with the first complete key frame

	// guarded by link.mu
	last     *inflow
	arrivals *twcc.Recorder // nil = not negotiated
	byExt    uint8
	remb     bool
	said     struct{ report, arrivals, key time.Time }
	keys     keyWatch
	wantsKey bool
	first    struct{ media, key, connected time.Duration } // after posted; 0 = not yet
	packets  struct{ audio, video uint64 }                 // that carried something and were new
	asked    uint64                                        // packets asked for again
	refused  uint64                                        // of no stream we know
}

func newViewer(g *Guest, a answer) *Viewer {
	v := &Viewer{guest: g, own: random32(), lines: a.lines, waits: make(chan struct{})}
	for _, l := range a.lines {
		v.remb = v.remb || l.remb
		if l.repair != 0 {
			v.again[l.repair] = true
		}
		if l.arrivals && l.arrivalExt != 0 {
			v.byExt = l.arrivalExt
		}
	}
	if v.byExt != 0 {
		v.arrivals, v.remb = twcc.NewRecorder(v.own), false // browsers estimate on one side only
	}
	return v
}

// flow is the stream of an SSRC. One that was not announced is taken by its payload type.
func (v *Viewer) flow(ssrc uint32, pt uint8) *inflow {
	if v.last != nil && v.last.ssrc == ssrc {
		return v.last
	}
	for _, f := range v.flows {
		if f.ssrc == ssrc {
			v.last = f
			return f
		}
	}
	for _, l := range v.lines {
		if l.taken && l.media == pt && (l.ssrc == ssrc || l.ssrc == 0) {
			f := &inflow{ssrc: ssrc, video: l.video, clock: 48_000}
			if l.video {
				f.clock = 90_000
			}
			v.flows, v.last = append(v.flows, f), f
			return f
		}
	}
	v.refused++
	return nil
}

// media implements party.
func (v *Viewer) media(b []byte, now time.Time) {
	ssrc, pt, seq := binary.BigEndian.Uint32(b[8:]), b[1]&0x7f, binary.BigEndian.Uint16(b[2:])
	if v.light {
		v.glance(ssrc, pt, seq, now)
		return
	}
	payload, ok := v.body(b, now)
	if !ok {
		return
	}
	if v.again[pt] {
		if len(payload) < 2 { // padding, to see how much fits
			return
		}
		ssrc, pt = v.repaired(ssrc, pt)
		seq, payload = binary.BigEndian.Uint16(payload), payload[2:] // RFC 4588 section 4
	}
	f := v.flow(ssrc, pt)
	if f == nil || !f.take(seq, now) {
		return
	}
	if seq == uint16(f.high) {
		f.dated(binary.BigEndian.Uint32(b[4:]), now)
	}
	if len(payload) > 0 {
		v.content(f, seq, b[1]&0x80 != 0, payload, now)
	}
}

// repaired is the stream that a repair stream belongs to.
func (v *Viewer) repaired(ssrc uint32, pt uint8) (uint32, uint8) {
	for _, l := range v.lines {
		if l.rtx == ssrc && l.repair == pt {
			return l.ssrc, l.media
		}
	}
	return ssrc, pt // which no line knows
}

// glance counts a packet by its header.
func (v *Viewer) glance(ssrc uint32, pt uint8, seq uint16, now time.Time) {
	if v.again[pt] {
		return
	}
	f := v.flow(ssrc, pt)
	if f == nil || !f.take(seq, now) {
		return
	}
	f.holes = f.holes[:0] // it does not ask again
	if v.first.media == 0 {
		v.first.media = now.Sub(v.posted)
	}
	if f.video {
		v.packets.video++
	} else {
		v.packets.audio++
	}
}

// body is what a packet carries, behind header and extensions and before padding (RFC 3550 section 5.1).
func (v *Viewer) body(b []byte, now time.Time) ([]byte, bool) {
	at := 12 + 4*int(b[0]&15)
	if b[0]&0x10 != 0 {
		if len(b) < at+4 {
			return nil, false
		}
		size := 4 * int(binary.BigEndian.Uint16(b[at+2:]))
		if len(b) < at+4+size {
			return nil, false
		}
		if v.arrivals != nil && binary.BigEndian.Uint16(b[at:]) == 0xbede {
			if value := extension(b[at+4:at+4+size], v.byExt); len(value) == 2 {
				v.arrivals.Record(binary.BigEndian.Uint32(b[8:]), binary.BigEndian.Uint16(value), now.UnixMicro())
			}
		}
		at += 4 + size
	}
	end := len(b)
	if b[0]&0x20 != 0 && end > at {
		end -= int(b[end-1])
	}
	if end < at {
		return nil, false
	}
	return b[at:end], true
}

// extension finds an element with a one-byte header (RFC 8285 section 4.2).
func extension(b []byte, id uint8) []byte {
	for len(b) > 0 {
		if b[0] == 0 {
			b = b[1:]
			continue
		}
		size := int(b[0]&15) + 1
		if len(b) < 1+size {
			return nil
		}
		if b[0]>>4 == id {
			return b[1 : 1+size]
		}
		b = b[1+size:]
	}
	return nil
}

func (v *Viewer) content(f *inflow, seq uint16, marker bool, payload []byte, now time.Time) {
	if v.first.media == 0 {
		v.first.media = now.Sub(v.posted)
	}
	if !f.video {
		v.packets.audio++
		return
	}
	v.packets.video++
	p, ok := readVP8(payload)
	if !ok {
		return
	}
	if p.stamped {
		v.field.latency.add(now.Sub(p.stamp.sent))
	}
	if v.first.key == 0 {
		at := uint64(int64(f.high) + int64(int16(seq-uint16(f.high))))
		if v.keys.saw(f, at, p, marker, now) {
			v.first.key = now.Sub(v.posted)
			close(v.waits)
		}
	}
}

// keyWatch waits for the first key frame of which no packet is missing.
type keyWatch struct {
	flow       *inflow
	begin, end uint64
	began      time.Time // when the first picture came
}

func (k *keyWatch) saw(f *inflow, at uint64, p vp8Packet, marker bool, now time.Time) (complete bool) {
	if k.began.IsZero() {
		k.began = now
	}
	if p.start && p.key {
		k.flow, k.begin, k.end = f, at, 0
	}
	if k.flow != f {
		return false
	}
	if marker && at >= k.begin && (k.end == 0 || at < k.end) {
		k.end = at
	}
	if k.end == 0 {
		return false
	}
	for n := k.begin; n <= k.end; n++ {
		if !f.has(n) {
			return false
		}
	}
	return true
}

// control implements party.
func (v *Viewer) control(packets []rtcp.Packet, now time.Time) {
	for _, p := range packets {
		sr, ok := p.(*rtcp.SenderReport)
		if !ok {
			continue
		}
		for _, f := range v.flows {
			if f.ssrc == sr.SSRC {
				f.heard, f.heardNTP = now, uint32(sr.NTPTime>>16)
			}
		}
	}
}

// flush implements party: it asks for what is missing, at once and again (RFC 4585 section 6.2.1).
func (v *Viewer) flush(now time.Time) {
	if v.light {
		return
	}
	for _, f := range v.flows {
		if len(f.holes) == 0 {
			continue
		}
		seqs, lost := f.ask(now)
		v.wantsKey = v.wantsKey || lost && f.video
		if len(seqs) > 0 && v.repairs(f) {
			v.asked += uint64(len(seqs))
			v.report(&rtcp.TransportLayerNack{SenderSSRC: v.own, MediaSSRC: f.ssrc, Nacks: rtcp.NackPairsFromSequenceNumbers(seqs)})
		}
	}
}

func (v *Viewer) repairs(f *inflow) bool {
	for _, l := range v.lines {
		if l.ssrc == f.ssrc || l.ssrc == 0 && l.video == f.video {
			return l.nack
		}
	}
	return false
}

// tick implements party.
func (v *Viewer) tick(now time.Time) {
	if v.said.report.IsZero() { // not everybody in the same moment
		v.said.report = now.Add(-reportEvery * time.Duration(v.own%100) / 100)
	}
	if now.Sub(v.said.report) >= reportEvery {
		v.said.report = v.said.report.Add(reportEvery)
		v.reports(now)
	}
	if v.light {
		return
	}
	v.flush(now)
	if v.arrivals != nil && now.Sub(v.said.arrivals) >= arrivalsEvery {
		v.said.arrivals = now
		if all := v.arrivals.BuildFeedbackPacket(); len(all) > 0 {
			v.report(all...)
		}
	}
	waiting := v.first.key == 0 && !v.keys.began.IsZero() && now.Sub(v.keys.began) > keyPatience
	if (waiting || v.wantsKey) && now.Sub(v.said.key) > keyPatience {
		v.said.key, v.wantsKey = now, false
		v.refresh()
	}
}

// refresh asks for key frames of everything that is seen (RFC 4585 section 6.3.1).
func (v *Viewer) refresh() {
	for _, f := range v.flows {
		if f.video {
			v.report(&rtcp.PictureLossIndication{SenderSSRC: v.own, MediaSSRC: f.ssrc})
		}
	}
}

func (v *Viewer) reports(now time.Time) {
	if len(v.flows) == 0 {
		return
	}
	r := &rtcp.ReceiverReport{SSRC: v.own}
	var ssrcs []uint32
	for _, f := range v.flows {
		r.Reports = append(r.Reports, f.block(now))
		ssrcs = append(ssrcs, f.ssrc)
	}
	all := []rtcp.Packet{r}
	if v.remb && !v.light {
		all = append(all, &rtcp.ReceiverEstimatedMaximumBitrate{SenderSSRC: v.own, Bitrate: estimate, SSRCs: ssrcs})
	}
	v.report(all...)
}

// Steady stops losing packets on purpose.
func (v *Viewer) Steady() {
	v.mu.Lock()
	v.lose = 0
	v.mu.Unlock()
}

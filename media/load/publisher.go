package load

import (
	"encoding/binary"
	"math/rand/v2"
	"time"

	"github.com/pion/rtcp"
)

const (
	ringSize   = 1024                   // packets that can be sent again
	mostBehind = 200 * time.Millisecond // what a publisher catches up with when its machine was busy
	keySpacing = 100 * time.Millisecond // between key frames that were asked for, as encoders do
	microphone = 0                      // lines of a send offer
	camera     = 1
)

// Publisher is one send connection: a microphone and a camera. Both run from the moment it is made.
type Publisher struct {
	*link
	guest  *Guest
	number uint32
	filler []byte

	// guarded by link.mu
	voice, video outflow
	nextVoice    time.Time
	nextFrame    time.Time
	nextReport   time.Time
	keyed, asked time.Time // when the last key frame began, and when somebody wished for one since; zero = nobody
	picture      uint16
	arrival      uint16 // transport-wide number
	sent         struct{ audio, video, repairs, keys uint64 }
}

// outflow is one stream that is sent, and its packets for repairs.
type outflow struct {
	source
	line            line
	number          uint16
	repairs         uint16
	clock           uint32 // Hz
	offset          uint32 // of its timestamps
	packets, octets uint32
	last            uint32
	ring            [ringSize][]byte
}

func newPublisher(g *Guest, a answer, sources []source) *Publisher {
	p := &Publisher{guest: g, number: random32(), filler: make([]byte, videoPayload)}
	for i := range p.filler {
		p.filler[i] = byte(rand.Uint32())
	}
	p.voice = outflow{source: sources[microphone], line: a.lines[microphone], clock: 48_000, offset: random32(), number: uint16(random32())}
	p.video = outflow{source: sources[camera], line: a.lines[camera], clock: 90_000, offset: random32(), number: uint16(random32())}
	return p
}

func random32() uint32 { return rand.Uint32()>>1 + 1 }

// media implements party: nobody sends us any.
func (p *Publisher) media([]byte, time.Time) {}

// flush implements party.
func (p *Publisher) flush(time.Time) {}

// tick implements party: the studio keeps time.
func (p *Publisher) tick(time.Time) {}

// control implements party.
func (p *Publisher) control(packets []rtcp.Packet, now time.Time) {
	for _, packet := range packets {
		switch q := packet.(type) {
		case *rtcp.TransportLayerNack:
			for _, f := range []*outflow{&p.voice, &p.video} {
				if f.ssrc == q.MediaSSRC {
					p.resend(f, q.Nacks)
				}
			}
		case *rtcp.PictureLossIndication:
			if q.MediaSSRC == p.video.ssrc {
				p.asked = now
			}
		case *rtcp.FullIntraRequest:
			for _, e := range q.FIR {
				if e.SSRC == p.video.ssrc {
					p.asked = now
				}
			}
		}
	}
}

// resend answers a NACK, by RTX where that was negotiated (RFC 4588 section 4), else by the packet itself.
func (p *Publisher) resend(f *outflow, pairs []rtcp.NackPair) {
	for _, pair := range pairs {
		for _, seq := range pair.PacketList() {
			kept := f.ring[seq%ringSize]
			if len(kept) == 0 || binary.BigEndian.Uint16(kept[2:]) != seq {
				continue
			}
			p.sent.repairs++
			if f.line.repair == 0 {
				p.send(kept)
				continue
			}
			p.send(f.wrapped(p.plain[:0], kept))
		}
	}
}

// wrapped is a packet of the repair stream.
func (f *outflow) wrapped(b, kept []byte) []byte {
	at := 12
	if kept[0]&0x10 != 0 {
		at += 4 + 4*int(binary.BigEndian.Uint16(kept[14:]))
	}
	b = append(b, kept[:at]...)
	b = append(b, kept[2], kept[3])
	b = append(b, kept[at:]...)
	b[1] = b[1]&0x80 | f.line.repair
	binary.BigEndian.PutUint16(b[2:], f.repairs)
	binary.BigEndian.PutUint32(b[8:], f.repair)
	f.repairs++
	return b
}

// perform sends everything that is due at this moment.
func (p *Publisher) perform(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.out == nil || p.closed {
		return
	}
	if p.nextVoice.IsZero() || now.Sub(p.nextFrame) > mostBehind { // publishers do not all speak in the same moment
		apart := time.Duration(p.number % uint32(time.Second/framesPerSecond))
		p.nextVoice, p.nextFrame = now.Add(apart*3/5), now.Add(apart)
		if p.nextReport.IsZero() {
			p.nextReport = p.nextFrame.Add(500 * time.Millisecond)
		}
	}
	for !now.Before(p.nextVoice) {
		p.speak(p.nextVoice, now)
		p.nextVoice = p.nextVoice.Add(audioEvery)
	}
	for !now.Before(p.nextFrame) {
		p.film(p.nextFrame, now)
		p.nextFrame = p.nextFrame.Add(time.Second / framesPerSecond)
	}
	if !now.Before(p.nextReport) {
		p.nextReport = now.Add(time.Second)
		p.senderReports(now)
	}
}

// shift moves everything that is planned.
func (p *Publisher) shift(by time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.nextVoice.IsZero() {
		p.nextVoice, p.nextFrame, p.nextReport = p.nextVoice.Add(by), p.nextFrame.Add(by), p.nextReport.Add(by)
	}
}

func (p *Publisher) speak(at, _ time.Time) {
	if !p.voice.line.taken {
		return
	}
	b := p.header(&p.voice, at, false)
	b = append(b, p.filler[:audioPayload]...)
	p.dispatch(&p.voice, b)
	p.sent.audio++
}

func (p *Publisher) film(at, now time.Time) {
	if !p.video.line.taken {
		return
	}
	wish := !p.asked.IsZero() && now.Sub(p.keyed) >= keySpacing
	key, packets := wish || now.Sub(p.keyed) >= p.field.keyEvery(), framePackets
	if key {
		p.keyed, p.asked, packets = now, time.Time{}, keyPackets
		p.sent.keys++
	}
	p.picture++
	for i := range packets {
		b := p.header(&p.video, at, i == packets-1)
		size := videoPayload
		if p.field.Uneven && i < packets/2 {
			size--
		}
		start := len(b)
		b = append(b, p.filler[:size]...)
		vp8Payload(b[start:], p.picture, i, key, stamp{p.number, p.field.Now()})
		p.dispatch(&p.video, b)
		p.sent.video++
	}
}

// header begins a packet, with the extensions that the server wants.
func (p *Publisher) header(f *outflow, at time.Time, marker bool) []byte {
	b := append(p.plain[:0], 0x80, f.line.media)
	if marker {
		b[1] |= 0x80
	}
	f.number++
	f.last = f.offset + uint32(at.UnixMicro()*int64(f.clock/1000)/1000)
	b = binary.BigEndian.AppendUint16(b, f.number)
	b = binary.BigEndian.AppendUint32(b, f.last)
	b = binary.BigEndian.AppendUint32(b, f.ssrc)
	if f.line.arrivalExt == 0 && f.line.levelExt == 0 {
		return b
	}
	b[0] |= 0x10
	b = append(b, 0xbe, 0xde, 0, 0)
	if f.line.arrivalExt != 0 {
		p.arrival++
		b = append(b, f.line.arrivalExt<<4|1, byte(p.arrival>>8), byte(p.arrival))
	}
	if f.line.levelExt != 0 { // a voice, −30 dBov (RFC 6464)
		b = append(b, f.line.levelExt<<4, 0x80|30)
	}
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	b[15] = byte((len(b) - 16) / 4)
	return b
}

func (p *Publisher) dispatch(f *outflow, b []byte) {
	slot := &f.ring[f.number%ringSize]
	*slot = append((*slot)[:0], b...)
	f.packets++
	f.octets += uint32(len(b) - 12)
	p.send(b)
}

func (p *Publisher) senderReports(now time.Time) {
	var all []rtcp.Packet
	for _, f := range []*outflow{&p.voice, &p.video} {
		if f.packets == 0 {
			continue
		}
		ts := f.offset + uint32(now.UnixMicro()*int64(f.clock/1000)/1000)
		all = append(all, &rtcp.SenderReport{SSRC: f.ssrc, NTPTime: ntp(now), RTPTime: ts, PacketCount: f.packets, OctetCount: f.octets})
	}
	if len(all) > 0 {
		all = append(all, rtcp.NewCNAMESourceDescription(p.voice.ssrc, "load"))
		p.report(all...)
	}
}

// ntp is a moment as sender reports name it: seconds since 1900 and a binary fraction (RFC 3550 section 4).
func ntp(t time.Time) uint64 {
	const since1900 = 2_208_988_800
	return uint64(t.Unix()+since1900)<<32 | uint64(t.Nanosecond())<<32/1e9
}

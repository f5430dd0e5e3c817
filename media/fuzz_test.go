package media

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"foyer/media/lite"
	"foyer/media/socket"
)

// collector is a receiver's wire without a network: it keeps what would go out, to be checked.
type collector struct {
	t    *testing.T
	slot []byte
	sent map[uint64]string // by SSRC and index
}

func newCollector(t *testing.T) *collector {
	return &collector{t: t, slot: make([]byte, socket.MaxDatagram), sent: map[uint64]string{}}
}

func (c *collector) open(*shard) bool { return true }
func (c *collector) room() []byte     { return c.slot }

func (c *collector) commit(header, n int, ssrc uint32, index uint64) {
	if n < header || n+lite.Overhead > len(c.slot) {
		c.t.Fatalf("%d bytes went out, which do not fit", n)
	}
	var p rtp.Packet
	if err := p.Unmarshal(c.slot[:n]); err != nil {
		c.t.Fatalf("what went out is no RTP: %v", err)
	}
	if header != 12 || p.Extension || len(p.CSRC) > 0 || p.SSRC != ssrc || p.SequenceNumber != uint16(index) {
		c.t.Fatalf("something of the publisher's header was forwarded, or the numbers differ: %v", p.Header)
	}
	number := uint64(ssrc)<<48 | index&(1<<48-1)
	if text, again := c.sent[number]; again && text != string(c.slot[:n]) {
		c.t.Fatalf("number %d of %d went out with two texts", index, ssrc)
	}
	c.sent[number] = string(c.slot[:n])
}

// testSSRC is that of the stage's one stream.
const testSSRC = 7

// stage is one source and one receiver as the product wires them, without connections. The receiver's slot 0 or 5 shows
// the source.
func stage(t *testing.T, kind sourceKind, slot int, rtx uint8) (*source, *receiver, *collector) {
	n := newNode(withDefaults(Options{Clock: time.Now}))
	r := newRoom(n, "r")
	p := newPublisherOf(r, "p")
	s := p.sources[kind]
	s.granted.Store(true)
	s.layers[0].claim(testSSRC)
	p.incoming = append(p.incoming, &incoming{ssrc: testSSRC, pt: 96, layer: s.layers[0]})
	lines := slices.Repeat([]mediaLine{{pt: 96, rtx: rtx}}, slotCount)
	v := newReceiver(r, "v", lines)
	c := newCollector(t)
	v.wire = c
	v.shard.mu.Lock()
	defer v.shard.mu.Unlock()
	v.outlets[slot].aim(s)
	v.plan(time.Now())
	return s, v, c
}

func newPublisherOf(r *room, pass string) *publisher {
	o := sendOffer{ids: extensionIDs{mid: 2, rid: 3, repaired: 4, level: 1, arrival: 5}, rids: []string{"q", "h"}}
	for k := range o.lines {
		o.lines[k] = mediaLine{mid: strconv.Itoa(k), pt: 96, rtx: 97}
	}
	return newPublisher(r, pass, o)
}

var headers = sync.Pool{New: func() any { return &rtp.Header{} }}

// hears hands a decrypted packet on as lite does.
func hears(p *publisher, b []byte, now time.Time) {
	h := headers.Get().(*rtp.Header)
	defer headers.Put(h)
	if n, err := h.Unmarshal(b); err == nil {
		p.hear(h, b[n:], now)
	}
}

// flushed waits for nothing: it hands on what is open.
func (l *layer) flushNow() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flush()
}

// split cuts fuzz input into packets by length bytes.
func split(b []byte) (all [][]byte) {
	for len(b) > 0 {
		n := min(int(b[0]), len(b)-1)
		all = append(all, b[1:1+n])
		b = b[1+n:]
	}
	return all
}

func joined(packets ...[]byte) (b []byte) {
	for _, p := range packets {
		b = append(append(b, byte(len(p))), p...)
	}
	return b
}

func marshal(t testing.TB, p interface{ Marshal() ([]byte, error) }) []byte {
	t.Helper()
	b, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func rtpSeeds(t testing.TB) []byte {
	var all [][]byte
	for i := range uint16(3) {
		f := frame(65534+i, 3000*uint32(i), 32766+i, i == 0)
		all = append(all, marshal(t, &rtp.Packet{
			Header:  rtp.Header{Version: 2, PayloadType: 96, SSRC: testSSRC, SequenceNumber: f.seq, Timestamp: f.ts, Marker: true},
			Payload: f.payload,
		}))
	}
	return joined(all...)
}

// The loop itself looks at the right: even an outlet that still listens gets nothing.
func TestPacketLoopDropsWhatIsNotGranted(t *testing.T) {
	s, v, _ := stage(t, camera, firstCamera, 0)
	packets := split(rtpSeeds(t))
	hears(s.pub, packets[0], time.Now())
	s.granted.Store(false)
	hears(s.pub, packets[1], time.Now())
	if got := v.outlets[firstCamera].packets; got != 1 {
		t.Fatalf("%d packets went out instead of 1", got)
	}
}

// However long somebody was without a right to it, the first packet with one is heard: numbers went on meanwhile.
func TestALongTimeWithoutRights(t *testing.T) {
	s, _, _ := stage(t, microphone, 0, 0)
	say := func(seq uint16) {
		hears(s.pub, named(t, testSSRC, 96, packet{seq: seq, payload: []byte("voice")}), time.Now())
	}
	say(7)
	s.granted.Store(false)
	for seq := range uint16(40000) {
		say(8 + seq)
	}
	s.granted.Store(true)
	say(8 + 40000)
	if s.layers[0].ring.at(8+40000) == nil {
		t.Error("it was taken for an old one")
	}
}

// run is as many packets as a ring holds, in a temporal layer that the receiver does not get, each with the next number.
func run(t *testing.T, p *publisher, o *outlet, last uint16, now time.Time) uint16 {
	o.share.temporal, o.temporal = 0, 0
	for range videoRing {
		last++
		hears(p, named(t, testSSRC, 96, layered(last, 3000*uint32(last), last, 1, false)), now)
	}
	return last
}

// askedBack asks for all that went out, a second each: the collector compares it with what went out before.
func askedBack(o *outlet, c *collector, now time.Time) {
	var numbers []uint16
	for number := range c.sent {
		numbers = append(numbers, uint16(number))
	}
	for _, pair := range rtcp.NackPairsFromSequenceNumbers(numbers) {
		now = now.Add(time.Second)
		o.resend([]rtcp.NackPair{pair}, now)
	}
}

// Whatever a publisher encrypts for us goes through rights, parser, ring, rewriter and outlet. Every other packet is so many
// bytes longer, and an empty one stands for a run.
func FuzzRTP(f *testing.F) {
	f.Add(rtpSeeds(f), true, uint16(0))
	f.Add(rtpSeeds(f), true, uint16(1600))
	f.Add(joined([]byte{0xa0, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 5}), true, uint16(0))                      // padding longer than the payload
	f.Add(joined([]byte{0x90, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0xbe, 0xde, 0xff, 0xff}), true, uint16(0)) // extension beyond the end
	f.Add(joined([]byte{0x90, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0xbe, 0xde, 0, 1, 0x10, 0x94, 0, 0, 1}), false, uint16(0))
	first, again := layered(101, 3000, 1, 0, false), layered(101, 3000, 1, 0, false)
	again.payload[8]++
	f.Add(joined(named(f, testSSRC, 96, frame(100, 0, 0, true)), named(f, testSSRC, 96, first), nil, named(f, testSSRC, 96, again)), true, uint16(0))
	names := []byte{0x90, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0xbe, 0xde, 0, 2, 0x20, '1', 0x30, 'h', 0x51, 0, 9, 0, 0x10, 0, 0} // mid, rid
	f.Add(joined(names, append([]byte{0x90, 97}, names[2:]...)), true, uint16(0))
	f.Add(joined([]byte{0x90, 97, 0, 1, 0, 0, 0, 0, 0, 0, 0, 8, 0xbe, 0xde, 0, 1, 0x20, '1', 0x40, 'q', 0, 5, 0x10, 0, 0}), true, uint16(0)) // a repair
	f.Fuzz(func(t *testing.T, input []byte, video bool, longer uint16) {
		kind, slot := microphone, 0
		if video {
			kind, slot = camera, firstCamera
		}
		s, v, c := stage(t, kind, slot, 0)
		o, now, last := v.outlets[slot], time.Now(), uint16(0)
		for i, b := range split(input) {
			if len(b) == 0 && video {
				last = run(t, s.pub, o, last, now)
			}
			if len(b) > 3 {
				last = binary.BigEndian.Uint16(b[2:])
			}
			if i%2 == 1 {
				b = append(bytes.Clone(b), bytes.Repeat([]byte{1}, int(longer)%(8<<10))...)
			}
			hears(s.pub, b, now)
			if i%3 == 2 {
				o.share.temporal = i % temporals
				s.layers[0].flushNow()
			}
		}
		s.layers[0].flushNow()
		askedBack(o, c, now)
		if o.broken {
			t.Fatal("a packet broke its receiver")
		}
	})
}

// Whatever a receiver or a publisher says about the streams, and in between packets flow.
func FuzzRTCP(f *testing.F) {
	for _, p := range []rtcp.Packet{
		&rtcp.TransportLayerNack{MediaSSRC: 7, Nacks: []rtcp.NackPair{{PacketID: 1, LostPackets: 0xffff}}},
		&rtcp.PictureLossIndication{MediaSSRC: 7},
		&rtcp.FullIntraRequest{MediaSSRC: 7, FIR: []rtcp.FIREntry{{SSRC: 7}}},
		&rtcp.SenderReport{SSRC: 0, NTPTime: 1 << 63, RTPTime: 9},
		&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{SSRC: 7, FractionLost: 255, LastSenderReport: 1, Delay: 1 << 31}}},
		&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 1, SSRCs: []uint32{7}},
		&rtcp.Goodbye{Sources: []uint32{7}},
	} {
		f.Add(marshal(f, p), uint8(0))
		f.Add(marshal(f, p), uint8(97))
	}
	f.Fuzz(func(t *testing.T, raw []byte, rtx uint8) {
		s, v, _ := stage(t, camera, firstCamera, rtx&0x7f)
		o := v.outlets[firstCamera]
		o.ssrc = 7
		o.rw = newRewriter(videoClock, 0, 0)
		for _, packet := range split(rtpSeeds(t)) {
			hears(s.pub, packet, time.Now())
			v.hear(raw)
			s.pub.hearRTCP(raw)
			s.pub.feedback(time.Now(), true)
			v.shard.mu.Lock()
			o.report(time.Now())
			v.shard.mu.Unlock()
		}
	})
}

package load

import (
	"encoding/binary"
	"time"
)

// The load of one publisher: 50 packets of sound and about 124 of pictures a second (design/media.md, section 11).
const (
	framesPerSecond = 30
	framePackets    = 4
	keyPackets      = 12
	videoPayload    = 1150 // bytes, descriptor included
	audioPayload    = 80
	audioEvery      = 20 * time.Millisecond
	keyEvery        = 2 * time.Second // 30 × 4 + 8 / 2 = 124 packets a second
)

const (
	descriptorSize = 4  // X, I with 15 bits (RFC 7741 section 4.2)
	interHeader    = 3  // frame tag (RFC 6386 section 9.1)
	keyHeader      = 10 // frame tag, start code, width, height
	stampSize      = 16
	width, height  = 1280, 720
)

var stampMagic = [4]byte{'f', 'o', 'y', 'r'}

// stamp is what a publisher writes into every packet behind what a server may look at.
type stamp struct {
	publisher uint32
	sent      time.Time
}

// vp8Payload fills b, which has videoPayload bytes at most, with packet number index of a frame.
func vp8Payload(b []byte, picture uint16, index int, key bool, s stamp) {
	b[0], b[1] = 0x80, 0x80
	if index == 0 {
		b[0] |= 0x10 // start of partition 0
	}
	binary.BigEndian.PutUint16(b[2:], 0x8000|picture&0x7fff)
	at := descriptorSize
	switch {
	case index == 0 && key:
		frameTag(b[at:], 0, keyPackets*videoPayload)
		copy(b[at+3:], []byte{0x9d, 0x01, 0x2a})
		binary.LittleEndian.PutUint16(b[at+6:], width)
		binary.LittleEndian.PutUint16(b[at+8:], height)
		at += keyHeader
	case index == 0:
		frameTag(b[at:], 1, framePackets*videoPayload)
		at += interHeader
	}
	copy(b[at:], stampMagic[:])
	binary.BigEndian.PutUint32(b[at+4:], s.publisher)
	binary.BigEndian.PutUint64(b[at+8:], uint64(s.sent.UnixNano()))
}

// frameTag writes the three bytes that begin a frame: kind, profile 0, shown, and the size of its first partition.
func frameTag(b []byte, inter byte, size int) {
	tag := uint32(inter) | 1<<4 | uint32(size/4)<<5
	b[0], b[1], b[2] = byte(tag), byte(tag>>8), byte(tag>>16)
}

// vp8Packet is what a receiver reads from a payload.
type vp8Packet struct {
	start, key bool // first packet of a frame; of a key frame
	stamp      stamp
	stamped    bool
}

// readVP8 looks into a payload (RFC 7741 sections 4.2 and 4.3); ok tells whether it is one.
func readVP8(b []byte) (p vp8Packet, ok bool) {
	at, first, ok := descriptor(b)
	if !ok || len(b) <= at {
		return p, false
	}
	if first {
		p.start, p.key = true, b[at]&1 == 0
		if at += interHeader; p.key {
			at += keyHeader - interHeader
		}
	}
	if len(b) < at+stampSize || [4]byte(b[at:]) != stampMagic {
		return p, true // somebody else's picture
	}
	p.stamped = true
	p.stamp = stamp{binary.BigEndian.Uint32(b[at+4:]), time.Unix(0, int64(binary.BigEndian.Uint64(b[at+8:])))}
	return p, true
}

// descriptor gives the size of the payload descriptor and whether a frame begins behind it.
func descriptor(b []byte) (size int, first, ok bool) {
	if len(b) < 1 {
		return 0, false, false
	}
	first = b[0]&0x10 != 0 && b[0]&0x07 == 0
	size = 1
	if b[0]&0x80 == 0 {
		return size, first, true
	}
	if len(b) < 2 {
		return 0, false, false
	}
	more := b[1]
	size = 2
	if more&0x80 != 0 { // picture id
		if len(b) < 3 {
			return 0, false, false
		}
		size++
		if b[2]&0x80 != 0 {
			size++
		}
	}
	if more&0x40 != 0 { // TL0PICIDX
		size++
	}
	if more&0x30 != 0 { // TID or KEYIDX
		size++
	}
	return size, first, len(b) >= size
}

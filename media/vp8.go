package media

// vp8 says where the fields of a VP8 payload descriptor lie that count frames (RFC 7741, section 4.2), and to which
// temporal layer the packet belongs. An offset of 0 means that the field is absent: the first byte is never one of them.
// It is small on purpose: the ring keeps one per packet, so that nobody reads a descriptor twice.
type vp8 struct {
	size      uint8 // of the descriptor
	pictureID uint8
	tl0       uint8
	keyIndex  uint8
	temporal  uint8 // 0 where the field is absent
	start     bool  // first packet of a frame: S=1 and partition 0
	wide      bool  // 15 bits of picture id instead of 7
	sync      bool  // Y: depends on temporal layer 0 alone
}

// parseVP8 reads the descriptor. It is false for one that is cut short or followed by no data.
func parseVP8(b []byte) (vp8, bool) {
	if len(b) < 2 {
		return vp8{}, false
	}
	d := vp8{size: 1, start: b[0]&0x10 != 0 && b[0]&0x07 == 0}
	if b[0]&0x80 == 0 { // X
		return d, true
	}
	x := b[1]
	d.size = 2
	if x&0x80 != 0 { // I
		if len(b) <= int(d.size) {
			return vp8{}, false
		}
		d.pictureID, d.wide = d.size, b[d.size]&0x80 != 0
		d.size++
		if d.wide {
			d.size++
		}
	}
	if x&0x40 != 0 { // L
		d.tl0 = d.size
		d.size++
	}
	if x&0x30 != 0 { // T or K share a byte
		if len(b) <= int(d.size) {
			return vp8{}, false
		}
		if x&0x20 != 0 {
			d.temporal, d.sync = b[d.size]>>6, b[d.size]&0x20 != 0
		}
		if x&0x10 != 0 {
			d.keyIndex = d.size
		}
		d.size++
	}
	return d, len(b) > int(d.size)
}

// keyStart tells whether this packet opens a key frame: the P bit of the frame header is 0 (RFC 6386, section 9.1).
func (d vp8) keyStart(b []byte) bool { return d.start && b[d.size]&0x01 == 0 }

// height is that of the picture in pixels, which only the first packet of a key frame tells; 0 when it does not
// (RFC 6386, section 9.1: three bytes of tag, the start code 9d 01 2a, then 14 bits each of width and height).
func (d vp8) height(b []byte) int {
	f := b[d.size:]
	if len(f) < 10 || f[3] != 0x9d || f[4] != 0x01 || f[5] != 0x2a {
		return 0
	}
	return int(f[9]&0x3f)<<8 | int(f[8])
}

// frameNumbers are the counters of a descriptor, and also the differences that a splice adds to them. Each field wraps
// in its own width when it is written.
type frameNumbers struct {
	picture uint16
	tl0     uint8
	key     uint8
}

func (d vp8) numbers(b []byte) frameNumbers {
	var n frameNumbers
	if d.pictureID != 0 {
		n.picture = uint16(b[d.pictureID] & 0x7f)
		if d.wide {
			n.picture = n.picture<<8 | uint16(b[d.pictureID+1])
		}
	}
	if d.tl0 != 0 {
		n.tl0 = b[d.tl0]
	}
	if d.keyIndex != 0 {
		n.key = b[d.keyIndex] & 0x1f
	}
	return n
}

// shift adds the differences to the counters in b, in place.
func (d vp8) shift(b []byte, by frameNumbers) {
	n := d.numbers(b)
	if d.pictureID != 0 {
		p := n.picture + by.picture
		if d.wide {
			b[d.pictureID], b[d.pictureID+1] = 0x80|byte(p>>8)&0x7f, byte(p)
		} else {
			b[d.pictureID] = byte(p) & 0x7f
		}
	}
	if d.tl0 != 0 {
		b[d.tl0] = n.tl0 + by.tl0
	}
	if d.keyIndex != 0 {
		b[d.keyIndex] = b[d.keyIndex]&^0x1f | (n.key+by.key)&0x1f
	}
}

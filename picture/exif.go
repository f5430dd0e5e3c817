package picture

import (
	"bytes"
	"encoding/binary"
)

// head is what is read from the segments of a JPEG before its first scan.
type head struct {
	progressive bool
	exif        []byte // the first Exif segment without its mark: a small TIFF file; nil without one
}

// readHead walks the segments of a JPEG (ITU-T T.81 section B.1.1) exactly as forgivingly as image/jpeg does, so that both
// see the same: bytes between segments are skipped. It stops at the first scan or where the file ends.
func readHead(raw []byte) (h head) {
	for at := 2; ; {
		marker, data, next := segment(raw, at)
		switch marker {
		case 0, 0xd9, 0xda: // no more; end of image; start of scan
			return h
		case 0xc2:
			h.progressive = true
		case 0xe1:
			if tiff, is := bytes.CutPrefix(data, []byte("Exif\x00\x00")); is && h.exif == nil {
				h.exif = tiff
			}
		}
		at = next
	}
}

// segment gives the first segment from at on, and where the next one may begin. Marker 0 means that there is none.
func segment(raw []byte, at int) (marker byte, data []byte, next int) {
	for ; at+1 < len(raw); at++ {
		marker = raw[at+1]
		if raw[at] != 0xff || marker == 0xff {
			continue // stray or fill bytes
		}
		if marker == 0 || 0xd0 <= marker && marker <= 0xd7 {
			at++ // a stuffed byte or a restart marker: no length follows
			continue
		}
		if marker == 0xd9 || at+4 > len(raw) {
			return marker, nil, len(raw)
		}
		next = at + 2 + int(binary.BigEndian.Uint16(raw[at+2:]))
		if next < at+4 || next > len(raw) {
			return 0, nil, len(raw)
		}
		return marker, raw[at+4 : next], next
	}
	return 0, nil, len(raw)
}

// orientation reads tag 274, Orientation, of a JPEG's Exif data: IFD0 of a TIFF file (Exif 2.3, JEITA CP-3451C, sections
// 4.6.2 and 4.6.4 A). Phones store photographs as the sensor lies and say here how to turn them. Whatever else is not a
// whole and plain value from 1 to 8 counts as 1, upright.
func orientation(raw []byte) turn {
	if !formats[0].starts(raw) {
		return 1
	}
	tiff := readHead(raw).exif
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	start := uint64(order.Uint32(tiff[4:]))
	if start+2 > uint64(len(tiff)) {
		return 1
	}
	entries := tiff[start+2:]
	for n := order.Uint16(tiff[start:]); n > 0 && len(entries) >= 12; n, entries = n-1, entries[12:] {
		const tag, short = 274, 3
		if order.Uint16(entries) != tag {
			continue
		}
		if t := turn(order.Uint16(entries[8:])); order.Uint16(entries[2:]) == short && 1 <= t && t <= 8 {
			return t
		}
		return 1
	}
	return 1
}

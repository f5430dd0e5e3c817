package media

import "testing"

// The descriptors are written out by hand from the figures of RFC 7741, section 4.2.
func TestVP8Descriptor(t *testing.T) {
	for name, c := range map[string]struct {
		bytes   []byte
		ok, key bool
		size    int
		numbers frameNumbers
	}{
		"bare key frame":            {[]byte{0x10, 0x00}, true, true, 1, frameNumbers{}},
		"bare delta frame":          {[]byte{0x10, 0x01}, true, false, 1, frameNumbers{}},
		"second packet":             {[]byte{0x00, 0x00}, true, false, 1, frameNumbers{}},
		"second partition":          {[]byte{0x11, 0x00}, true, false, 1, frameNumbers{}},
		"narrow picture id":         {[]byte{0x90, 0x80, 0x7f, 0x00}, true, true, 3, frameNumbers{picture: 127}},
		"wide picture id":           {[]byte{0x90, 0x80, 0xff, 0xff, 0x00}, true, true, 4, frameNumbers{picture: 32767}},
		"everything":                {[]byte{0x90, 0xf0, 0x81, 0x02, 9, 0xe7, 0x00}, true, true, 6, frameNumbers{258, 9, 7}},
		"temporal layer, no index":  {[]byte{0x90, 0x20, 0xe7, 0x00}, true, true, 3, frameNumbers{}},
		"extension cut short":       {[]byte{0x90, 0x80}, false, false, 0, frameNumbers{}},
		"wide picture id cut short": {[]byte{0x90, 0x80, 0x80}, false, false, 0, frameNumbers{}},
		"nothing behind":            {[]byte{0x90, 0x80, 0x80, 0x01}, false, false, 0, frameNumbers{}},
		"one byte":                  {[]byte{0x10}, false, false, 0, frameNumbers{}},
	} {
		t.Run(name, func(t *testing.T) {
			d, ok := parseVP8(c.bytes)
			if ok != c.ok {
				t.Fatalf("ok = %v", ok)
			}
			if ok && (d.size != c.size || d.keyStart(c.bytes) != c.key || d.numbers(c.bytes) != c.numbers) {
				t.Fatalf("%+v key %v numbers %+v", d, d.keyStart(c.bytes), d.numbers(c.bytes))
			}
		})
	}
}

func TestVP8ShiftWrapsInEachFieldsOwnWidth(t *testing.T) {
	b := []byte{0x90, 0xf0, 0xff, 0xff, 255, 0xff, 0x00}
	d, _ := parseVP8(b)
	d.shift(b, frameNumbers{1, 1, 1})
	if got := d.numbers(b); got != (frameNumbers{}) {
		t.Fatalf("wrapped to %+v", got)
	}
	if b[2] != 0x80 || b[5] != 0xe0 {
		t.Fatalf("the width bit or the layer bits changed: %x", b)
	}
}

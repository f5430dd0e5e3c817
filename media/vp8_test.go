package media

import "testing"

// The descriptors are written out by hand from the figures of RFC 7741, section 4.2.
func TestVP8Descriptor(t *testing.T) {
	for name, c := range map[string]struct {
		bytes   []byte
		ok, key bool
		size    uint8
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

func TestVP8TemporalLayer(t *testing.T) {
	for name, c := range map[string]struct {
		bytes    []byte
		temporal uint8
		sync     bool
	}{
		"none":               {[]byte{0x90, 0x80, 0x01, 0x00}, 0, false},
		"layer 2":            {[]byte{0x90, 0x20, 0x80, 0x00}, 2, false},
		"layer 1, sync":      {[]byte{0x90, 0x20, 0x60, 0x00}, 1, true},
		"a key index only":   {[]byte{0x90, 0x10, 0xff, 0x00}, 0, false},
		"behind everything":  {[]byte{0x90, 0xf0, 0x81, 0x02, 9, 0xa7, 0x00}, 2, true},
		"second packet of 1": {[]byte{0x80, 0x20, 0x40, 0x00}, 1, false},
	} {
		if d, ok := parseVP8(c.bytes); !ok || d.temporal != c.temporal || d.sync != c.sync {
			t.Errorf("%s: %v, temporal layer %d, sync %v", name, ok, d.temporal, d.sync)
		}
	}
	if _, ok := parseVP8([]byte{0x90, 0x20}); ok {
		t.Error("a descriptor cut short before its temporal layer was read")
	}
}

func TestVP8Height(t *testing.T) {
	key := []byte{0x10, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0, 0x42} // 1280×720, the scale bits set
	d, _ := parseVP8(key)
	if got := d.height(key); got != 720 {
		t.Errorf("height %d", got)
	}
	for name, b := range map[string][]byte{"cut short": key[:10], "no start code": append([]byte{0x10, 0x10, 2, 0, 1, 2, 3}, key[7:]...)} {
		if got := d.height(b); got != 0 {
			t.Errorf("%s: height %d", name, got)
		}
	}
}

package picture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"strings"
	"testing"
)

const canary = "52.5163N 13.3777E"

// corners of a picture as it is to be seen, from the top left clockwise.
var corners = [4]color.RGBA{{255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255}, {255, 255, 0, 255}}

// stored has, by orientation, which of corners lies where in the file, from the top left clockwise. Written down from the
// wording of the tag (row 0 is the visual …, column 0 the visual …), not from turn.
var stored = [9][4]int{
	1: {0, 1, 2, 3}, 2: {1, 0, 3, 2}, 3: {2, 3, 0, 1}, 4: {3, 2, 1, 0},
	5: {0, 3, 2, 1}, 6: {1, 2, 3, 0}, 7: {2, 1, 0, 3}, 8: {3, 0, 1, 2},
}

// TestUpright: all eight orientations in both byte orders come out with the same corners.
func TestUpright(t *testing.T) {
	for o := 1; o <= 8; o++ {
		for _, order := range []binary.AppendByteOrder{binary.BigEndian, binary.LittleEndian} {
			t.Run(fmt.Sprint(o, order), func(t *testing.T) {
				width, height := 640, 360
				if o >= 5 {
					width, height = height, width
				}
				raw := withExif(jpegOf(t, quarters(width, height, stored[o])), exif(order, uint16(o)))
				for i, made := range mustMake(t, raw, Label, Tile) {
					m := checkPicture(t, made, Kind(i))
					w, h := m.Bounds().Dx(), m.Bounds().Dy()
					for c, at := range []image.Point{{5, 5}, {w - 6, 5}, {w - 6, h - 6}, {5, h - 6}} {
						if got := m.At(at.X, at.Y); !near(got, corners[c]) {
							t.Errorf("kind %d corner %d is %v, want %v", i, c, got, corners[c])
						}
					}
					if want := []image.Point{{160, 160}, {480, 270}}[i]; (image.Point{w, h}) != want {
						t.Errorf("kind %d is %d × %d", i, w, h)
					}
				}
			})
		}
	}
}

// TestPlaceIsGone: nothing of what a camera wrote beside the pixels comes out.
func TestPlaceIsGone(t *testing.T) {
	raw := withExif(jpegOf(t, sunset(640, 360)), exif(binary.BigEndian, 1))
	if !bytes.Contains(raw, []byte(canary)) || markers(raw) == "" {
		t.Fatal("the picture sent has no place in it: the test proves nothing")
	}
	for i, made := range mustMake(t, raw, allKinds...) {
		checkPicture(t, made, allKinds[i]) // has no segment for it
		if bytes.Contains(made.Bytes, []byte("52.5163")) {
			t.Errorf("kind %d still says where it was taken", i)
		}
	}
}

// TestOrientation: what is not a whole and plain value from 1 to 8 means upright.
func TestOrientation(t *testing.T) {
	plain := jpegOf(t, sunset(8, 8))
	six := exif(binary.BigEndian, 6)
	patched := func(at int, value ...byte) []byte {
		p := bytes.Clone(six)
		copy(p[at:], value)
		return withExif(plain, p)
	}
	cases := []struct {
		name string
		raw  []byte
		want turn
	}{
		{"six", withExif(plain, six), 6},
		{"the first Exif counts", withExif(withExif(plain, exif(binary.BigEndian, 3)), six), 6},
		{"stray bytes before it", append([]byte("\xff\xd8\xff\xfe\x00\x02stray\xff\x00\xff\xd0"), withExif(plain, six)[2:]...), 6},
		{"fill bytes before it", append([]byte("\xff\xd8\xff\xff"), withExif(plain, six)[2:]...), 6},
		{"none", plain, 1},
		{"zero", withExif(plain, exif(binary.BigEndian, 0)), 1},
		{"nine", withExif(plain, exif(binary.BigEndian, 9)), 1},
		{"a long", patched(12, 0, 4), 1},
		{"directory beyond the end", patched(4, 255, 255, 255, 255), 1},
		{"directory at the very end", patched(4, 0, 0, 0, byte(len(six)-1)), 1},
		{"more entries than there are", patched(8, 255, 255), 6},
		{"cut off", withExif(plain, six[:15]), 1},
		{"not a JPEG", append([]byte("GIF89a"), withExif(plain, six)[2:]...), 1},
		{"nothing", nil, 1},
	}
	for _, c := range cases {
		if got := orientation(c.raw); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// FuzzOrientation: a stranger's segments never make a panic or a turn that there is not.
func FuzzOrientation(f *testing.F) {
	plain := jpegOf(f, sunset(8, 8))
	f.Add(plain)
	for o := range uint16(10) {
		f.Add(withExif(plain, exif(binary.BigEndian, o)))
		f.Add(withExif(plain, exif(binary.LittleEndian, o)))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if got := orientation(raw); got < 1 || got > 8 {
			t.Errorf("orientation %d", got)
		}
	})
}

// exif is a TIFF file with an orientation first, then the place and a camera's comment.
func exif(order binary.AppendByteOrder, orientation uint16) []byte {
	b := order.AppendUint16(nil, 0x4d4d)
	if order.AppendUint16(nil, 1)[0] == 1 {
		b = []byte("II")
	}
	b = order.AppendUint16(b, 42)
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 2)
	b = entry(order, b, 274, 3, 1, uint32(order.AppendUint16(nil, orientation)[0])<<24, orientation)
	b = entry(order, b, 0x8825, 4, 1, 38, 0)
	b = order.AppendUint32(b, 0)
	b = order.AppendUint16(b, 1)
	b = entry(order, b, 0x1c, 2, uint32(len(canary)), 56, 0)
	b = order.AppendUint32(b, 0)
	return append(b, canary...)
}

// entry appends one field: a SHORT lies at the left of its four bytes.
func entry(order binary.AppendByteOrder, b []byte, tag, kind uint16, count, value uint32, short uint16) []byte {
	b = order.AppendUint16(b, tag)
	b = order.AppendUint16(b, kind)
	b = order.AppendUint32(b, count)
	if kind == 3 {
		return order.AppendUint16(order.AppendUint16(b, short), 0)
	}
	return order.AppendUint32(b, value)
}

// withExif puts an Exif segment behind the first two bytes of a JPEG, as cameras do.
func withExif(raw, tiff []byte) []byte {
	out := binary.BigEndian.AppendUint16([]byte("\xff\xd8\xff\xe1"), uint16(2+6+len(tiff)))
	out = append(append(out, "Exif\x00\x00"...), tiff...)
	return append(out, raw[2:]...)
}

// markers lists the segments of a JPEG that carry anything but pixels and tables.
func markers(raw []byte) string {
	var found []string
	for at := 2; ; {
		marker, _, next := segment(raw, at)
		if marker == 0 || marker == 0xd9 || marker == 0xda {
			return strings.Join(found, " ")
		}
		if marker >= 0xe0 { // APPn and COM
			found = append(found, fmt.Sprintf("%#x", marker))
		}
		at = next
	}
}

// quarters is a picture in four colours, of whose corners the places say which is where.
func quarters(width, height int, places [4]int) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			quarter := [2][2]int{{0, 1}, {3, 2}}[2*y/height][2*x/width]
			m.SetRGBA(x, y, corners[places[quarter]])
		}
	}
	return m
}

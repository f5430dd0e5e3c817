package picture

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"os"
	"testing"

	"foyer/meet"
)

var allKinds = []Kind{Label, Tile, Background}

// TestTaken sends a red over blue picture in every format and form that is taken, and looks at the colours that come out.
func TestTaken(t *testing.T) {
	sunset := sunset(480, 270)
	cases := map[string][]byte{
		"jpeg":             jpegOf(t, sunset),
		"grey jpeg":        jpegOf(t, grey(sunset)),
		"progressive jpeg": file(t, "progressive.jpg"),
		"cmyk jpeg":        file(t, "cmyk.jpg"),
		"png":              pngOf(t, sunset),
		"deep laced png":   file(t, "interlaced.png"),
		"gif":              gifOf(t, sunset),
		"lossy webp":       file(t, "lossy.webp"),
		"lossless webp":    file(t, "lossless.webp"),
		"one pixel":        pngOf(t, sunset.SubImage(image.Rect(7, 7, 8, 8))),
		"off its origin":   pngOf(t, sunset.SubImage(image.Rect(40, 30, 440, 240))),
		"a line":           pngOf(t, sunset.SubImage(image.Rect(0, 9, 480, 10))),
		"a pole":           pngOf(t, sunset.SubImage(image.Rect(9, 0, 10, 270))),
	}
	for name, raw := range cases {
		t.Run(name, func(t *testing.T) {
			made := mustMake(t, raw, allKinds...)
			again := mustMake(t, raw, allKinds...)
			for i, kind := range allKinds {
				m := checkPicture(t, made[i], kind)
				if made[i].Hash != again[i].Hash {
					t.Errorf("kind %d came out differently the second time", kind)
				}
				b := m.Bounds()
				if b.Dy() < 10 || name == "grey jpeg" {
					continue
				}
				if top := m.At(b.Dx()/2, 1); !near(top, color.RGBA{255, 0, 0, 255}) && name != "a pole" {
					t.Errorf("kind %d: %v at the top, want red", kind, top)
				}
				if bottom := m.At(b.Dx()/2, b.Dy()-2); !near(bottom, color.RGBA{0, 0, 255, 255}) && name != "a pole" {
					t.Errorf("kind %d: %v at the bottom, want blue", kind, bottom)
				}
			}
		})
	}
}

// TestSizes: cut from the middle to the proportions, never enlarged.
func TestSizes(t *testing.T) {
	cases := []struct {
		width, height int
		want          [3]image.Point
	}{
		{1920, 1080, [3]image.Point{{160, 160}, {480, 270}, {1920, 1080}}},
		{4000, 3000, [3]image.Point{{160, 160}, {480, 270}, {1920, 1080}}},
		{3000, 4000, [3]image.Point{{160, 160}, {480, 270}, {1920, 1080}}},
		{1000, 1000, [3]image.Point{{160, 160}, {480, 270}, {1000, 563}}},
		{321, 179, [3]image.Point{{160, 160}, {318, 179}, {318, 179}}},
		{90, 30, [3]image.Point{{30, 30}, {53, 30}, {53, 30}}},
		{1, 500, [3]image.Point{{1, 1}, {1, 1}, {1, 1}}},
		{500, 1, [3]image.Point{{1, 1}, {2, 1}, {2, 1}}},
		{12000, 40, [3]image.Point{{40, 40}, {71, 40}, {71, 40}}},
	}
	for _, c := range cases {
		raw := pngOf(t, image.NewPaletted(image.Rect(0, 0, c.width, c.height), color.Palette{color.White}))
		for i, made := range mustMake(t, raw, allKinds...) {
			if got := checkPicture(t, made, allKinds[i]).Bounds().Size(); got != c.want[i] {
				t.Errorf("%d × %d as kind %d is %v, want %v", c.width, c.height, i, got, c.want[i])
			}
		}
	}
}

// TestMiddle: what is cut off lies at both ends alike.
func TestMiddle(t *testing.T) {
	flag := image.NewRGBA(image.Rect(0, 0, 600, 200))
	for i := range 600 * 200 {
		third := i % 600 / 200
		copy(flag.Pix[4*i:], []byte{0, 0, 0, 255})
		flag.Pix[4*i+third] = 255
	}
	m := checkPicture(t, mustMake(t, pngOf(t, flag), Label)[0], Label)
	for _, x := range []int{2, 80, 157} {
		if got := m.At(x, 80); !near(got, color.RGBA{0, 255, 0, 255}) {
			t.Errorf("%v at %d, want the green of the middle", got, x)
		}
	}
}

// TestBudgets: noise is the picture that packs worst, and still fits.
func TestBudgets(t *testing.T) {
	for i, shape := range shapes {
		made := mustMake(t, pngOf(t, noise(shape.width, shape.height)), Kind(i))[0]
		m := checkPicture(t, made, Kind(i))
		t.Logf("noise as kind %d: %v, %d bytes", i, m.Bounds().Size(), len(made.Bytes))
	}
}

// TestOnWhite: what shines through lies on white, whichever way the format says it.
func TestOnWhite(t *testing.T) {
	half := image.NewNRGBA(image.Rect(0, 0, 200, 200))
	clear := image.NewPaletted(image.Rect(0, 0, 200, 200), color.Palette{color.Transparent, color.Black})
	for i := range half.Pix {
		half.Pix[i] = []byte{0, 0, 0, 128}[i%4]
	}
	cases := []struct {
		name string
		raw  []byte
		want color.Color
	}{
		{"half black", pngOf(t, half), color.Gray{127}},
		{"clear gif", gifOf(t, clear), color.White},
		{"clear corner of a webp", file(t, "alpha.webp"), color.White},
	}
	for _, c := range cases {
		m := checkPicture(t, mustMake(t, c.raw, Label)[0], Label)
		if got := m.At(1, 1); !near(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// TestMean: shrinking takes the mean of an area, so a fine chequer is grey and not black, white or stripes.
func TestMean(t *testing.T) {
	chequer := image.NewGray(image.Rect(0, 0, 1111, 1111))
	for i := range chequer.Pix {
		chequer.Pix[i] = byte(i%2) * 255 // 1111 is odd: rows begin in turn
	}
	small := shrink(chequer, chequer.Rect, 160, 160)
	for i := 0; i < len(small.Pix); i += 4 {
		if p := small.Pix[i]; p < 118 || p > 138 {
			t.Fatalf("pixel %d of a chequer is %d", i/4, p)
		}
	}
	pair := &image.Gray{Pix: []byte{0, 255}, Stride: 2, Rect: image.Rect(0, 0, 2, 1)}
	if got := shrink(pair, pair.Rect, 1, 1).Pix[0]; got != 128 {
		t.Errorf("the mean of 0 and 255 is %d", got)
	}
	same := shrink(sunset(33, 21), image.Rect(0, 0, 33, 21), 33, 21)
	if !bytes.Equal(same.Pix, sunset(33, 21).Pix) {
		t.Error("a picture of the right size was changed")
	}
}

// TestFirstFrame: of a film only the first frame is opened, however long it is.
func TestFirstFrame(t *testing.T) {
	red := image.NewPaletted(image.Rect(0, 0, 40, 40), color.Palette{color.RGBA{255, 0, 0, 255}})
	blue := image.NewPaletted(red.Rect, color.Palette{color.RGBA{0, 0, 255, 255}})
	film := &gif.GIF{Image: []*image.Paletted{red}, Delay: []int{1}}
	for range 10_000 {
		film.Image, film.Delay = append(film.Image, blue), append(film.Delay, 1)
	}
	var raw bytes.Buffer
	if err := gif.EncodeAll(&raw, film); err != nil {
		t.Fatal(err)
	}
	var made []Picture
	grown, took := cost(func() { made = mustMake(t, raw.Bytes(), Label) })
	if got := checkPicture(t, made[0], Label).At(20, 20); !near(got, color.RGBA{255, 0, 0, 255}) {
		t.Errorf("%v, want the first frame's red", got)
	}
	t.Logf("10,001 frames, %d bytes: %d bytes, %s", raw.Len(), grown, took)
	if grown > 4<<20 {
		t.Errorf("a film of 10,001 frames took %d bytes", grown)
	}
}

// mustMake is Make of what has to succeed.
func mustMake(t testing.TB, raw []byte, kinds ...Kind) []Picture {
	t.Helper()
	made, err := Make(context.Background(), "image", raw, kinds...)
	if err != nil {
		t.Fatal(err)
	}
	if len(made) != len(kinds) {
		t.Fatalf("%d pictures for %d kinds", len(made), len(kinds))
	}
	return made
}

// refused is the sentence with which Make refuses raw.
func refused(t testing.TB, raw []byte) refusal {
	t.Helper()
	made, err := Make(context.Background(), "image", raw, Label)
	var why *meet.Error
	if !errors.As(err, &why) || why.Code != meet.Invalid || why.Field != "image" || made != nil {
		t.Fatalf("got %d pictures and %v, want a refusal of the field", len(made), err)
	}
	return refusal(why.Message)
}

// checkPicture holds a picture to everything that is promised of its kind, and opens it.
func checkPicture(t testing.TB, p Picture, kind Kind) image.Image {
	t.Helper()
	shape := shapes[kind]
	if sum := sha256.Sum256(p.Bytes); p.Hash != hex.EncodeToString(sum[:]) || p.Type != "image/jpeg" {
		t.Errorf("kind %d: hash %s, type %s", kind, p.Hash, p.Type)
	}
	if len(p.Bytes) > shape.bytes {
		t.Errorf("kind %d: %d bytes, more than %d", kind, len(p.Bytes), shape.bytes)
	}
	if h := markers(p.Bytes); h != "" {
		t.Errorf("kind %d: has segments %s", kind, h)
	}
	m, err := jpeg.Decode(bytes.NewReader(p.Bytes))
	if err != nil {
		t.Fatalf("kind %d: %v", kind, err)
	}
	if b := m.Bounds(); b.Dx() > shape.width || b.Dy() > shape.height {
		t.Errorf("kind %d: %v", kind, b)
	}
	return m
}

// near tells whether two colours look alike after a JPEG.
func near(a, b color.Color) bool {
	ar, ag, ab, _ := a.RGBA()
	br, bg, bb, _ := b.RGBA()
	for _, d := range []int{int(ar) - int(br), int(ag) - int(bg), int(ab) - int(bb)} {
		if max(d, -d) > 48<<8 {
			return false
		}
	}
	return true
}

// sunset goes from red above to blue below.
func sunset(width, height int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		blue := byte(255 * y / max(1, height-1))
		for x := range width {
			m.SetRGBA(x, y, color.RGBA{255 - blue, 0, blue, 255})
		}
	}
	return m
}

func grey(from image.Image) image.Image {
	m := image.NewGray(from.Bounds())
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() {
			m.Set(x, y, from.At(x, y))
		}
	}
	return m
}

func noise(width, height int) *image.RGBA {
	m, dice := image.NewRGBA(image.Rect(0, 0, width, height)), rand.New(rand.NewPCG(1, 2))
	for i := range m.Pix {
		m.Pix[i] = byte(dice.Uint32()) | byte(max(0, i%4-2)*255)
	}
	return m
}

func jpegOf(t testing.TB, m image.Image) []byte {
	return encoded(t, func(to *bytes.Buffer) error { return jpeg.Encode(to, m, &jpeg.Options{Quality: 95}) })
}

func pngOf(t testing.TB, m image.Image) []byte {
	return encoded(t, func(to *bytes.Buffer) error { return png.Encode(to, m) })
}

func gifOf(t testing.TB, m image.Image) []byte {
	return encoded(t, func(to *bytes.Buffer) error { return gif.Encode(to, m, nil) })
}

func encoded(t testing.TB, by func(*bytes.Buffer) error) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := by(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// file is one of testdata: forms that the standard library cannot write, made with ImageMagick from gradients.
func file(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

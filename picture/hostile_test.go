package picture

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"image"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestRefused: every sentence has its files, and no file is told another one's.
func TestRefused(t *testing.T) {
	const svg = `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`
	photo, still := jpegOf(t, sunset(640, 360)), gifOf(t, sunset(64, 36))
	cases := []struct {
		name string
		raw  []byte
		want refusal
	}{
		{"too many bytes", make([]byte, MostBytes+1), tooLarge},
		{"nothing", nil, empty},
		{"svg", []byte(svg), drawing},
		{"svg with a head", []byte("\xef\xbb\xbf\n<?xml version='1.0'?>\n<!-- made by -->\n<!DOCTYPE svg>" + svg), drawing},
		{"svg in capitals", []byte(strings.ToUpper(svg)), drawing},
		{"svg in utf-16", utf16(svg), drawing},
		{"heic", file(t, "photo.heic"), iphone},
		{"avif", file(t, "photo.avif"), avif},
		{"video", []byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"), unknown},
		{"file type box that ends nowhere", []byte("\xff\xff\xff\xffftypheic\x00\x00\x00\x00"), iphone},
		{"a brand after the box", []byte("\x00\x00\x00\x10ftypmp42\x00\x00\x00\x00heicheic"), unknown},
		{"file type box without a length", []byte("\x00\x00\x00\x00ftypmp42\x00\x00\x00\x00"), unknown},
		{"page with a drawing", []byte("<!doctype html><body>" + svg), unknown},
		{"text about drawings", []byte("an <svg> is a drawing"), unknown},
		{"zip", []byte("PK\x03\x04 and then forty-two of them"), unknown},
		{"gif header and a page", []byte("GIF89a\x2f\x00\x2a\x00<html><script>alert(1)</script>*/=1;"), broken},
		{"half a photo", photo[:len(photo)/2], broken},
		{"head of a photo", photo[:4], broken},
		{"half a png", pngOf(t, noise(64, 36))[:3000], broken},
		{"head of a png", pngOf(t, noise(64, 36))[:20], broken},
		{"half a gif", still[:len(still)/2], broken},
		{"half a webp", file(t, "lossy.webp")[:80], broken},
		{"head of a webp", file(t, "lossy.webp")[:16], broken},
		{"moving webp", file(t, "moving.webp"), broken},
		{"no width", emptyPNG(0, 100), broken},
		{"frame without pixels", []byte("GIF89a\x10\x00\x10\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x02\x4c\x01\x00;"), broken},
		{"more pixels than there are numbers", emptyPNG(1<<31-1, 1<<31-1), broken},
	}
	said := map[refusal]bool{}
	for _, c := range cases {
		if got := refused(t, c.raw); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		said[c.want] = true
	}
	if len(said) != 7 {
		t.Errorf("%d sentences said, want all 7", len(said))
	}
	if TooLarge("image").Error() != "invalid: "+string(tooLarge) {
		t.Error("a handler says it in other words")
	}
}

// TestPolyglot: a picture that is a page as well comes out as a picture only.
func TestPolyglot(t *testing.T) {
	const page = "<html><script>alert(1)</script></html>"
	comment := append([]byte("\xff\xd8\xff\xfe\x00\x29"), page+" "...)
	cases := map[string][]byte{
		"gif":  append(gifOf(t, sunset(64, 36)), page...),
		"jpeg": append(append(comment, jpegOf(t, sunset(64, 36))[2:]...), page...),
		"png":  append(pngOf(t, sunset(64, 36)), page...),
	}
	for name, raw := range cases {
		if !bytes.Contains(raw, []byte("script")) {
			t.Fatal("nothing planted")
		}
		made := mustMake(t, raw, Label)[0]
		checkPicture(t, made, Label)
		if bytes.Contains(made.Bytes, []byte("script")) {
			t.Errorf("%s: the script came through", name)
		}
	}
}

// TestBombs: what promises too many pixels is refused on the promise.
func TestBombs(t *testing.T) {
	cases := map[string][]byte{
		"png":              emptyPNG(50_000, 50_000),
		"long png":         emptyPNG(1, mostSide+1),
		"wide png":         emptyPNG(mostSide+1, 1),
		"png just above":   emptyPNG(8000, 5001),
		"laced deep png":   pngHead(6000, 5000, 16, 1),
		"gif":              []byte("GIF89a\x50\xc3\x50\xc3\x00\x00\x00,\x00\x00\x00\x00\x50\xc3\x50\xc3\x00\x02"),
		"jpeg":             emptyJPEG(0xc0, 50_000, 50_000),
		"progressive jpeg": emptyJPEG(0xc2, 7000, 5000),
		"webp":             append([]byte("RIFF\x20\x00\x00\x00WEBPVP8L\x14\x00\x00\x00\x2f\xff\xff\xff\x0f"), make([]byte, 20)...),
		"webp canvas":      append([]byte("RIFF\x30\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x2f\x75\x00\x2f\x75\x00"), make([]byte, 30)...),
	}
	for name, raw := range cases {
		var got refusal
		grown, took := cost(func() { got = refused(t, raw) })
		if !strings.Contains(string(got), "too large to be opened") {
			t.Errorf("%s: %q", name, got)
		}
		if grown > 1<<20 || took > 50*time.Millisecond {
			t.Errorf("%s: took %d bytes and %s", name, grown, took)
		}
	}
	for _, raw := range [][]byte{emptyJPEG(0xc0, 7000, 5000), pngHead(6000, 5000, 16, 0), pngHead(6000, 5000, 8, 1)} {
		if got := refused(t, raw); got != broken {
			t.Errorf("as many pixels in a form that needs less: %q", got)
		}
	}
}

// TestLyingWebP: lengths in the header are believed no further than the file goes.
func TestLyingWebP(t *testing.T) {
	raw := file(t, "lossy.webp")
	binary.LittleEndian.PutUint32(raw[4:], 15<<20)
	binary.LittleEndian.PutUint32(raw[16:], 15<<20-16)
	var got refusal
	grown, _ := cost(func() { got = refused(t, raw) })
	if got != broken || grown > 1<<20 {
		t.Errorf("%q after %d bytes", got, grown)
	}
}

// TestScans: a progressive JPEG that asks for scan after scan over 16 million pixels is stopped, by the patience with one
// file and by whoever asked.
func TestScans(t *testing.T) {
	raw := scans(4000, 4000, 100_000)
	begun := time.Now()
	if _, err := open(t.Context(), formats[0], raw, 200*time.Millisecond); err != broken {
		t.Errorf("after %s: %v, want broken", time.Since(begun), err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := Make(ctx, "image", raw, Label); err == nil || ctx.Err() == nil || !strings.Contains(err.Error(), ctx.Err().Error()) {
		t.Errorf("after %s: %v, want ctx's error", time.Since(begun), err)
	}
	if took := time.Since(begun); took > 3*time.Second {
		t.Errorf("both took %s", took)
	}
}

// TestPanic: a decoder that falls over takes nobody with it.
func TestPanic(t *testing.T) {
	f := format{
		measure: func(io.Reader) (image.Config, error) { panic("measuring") },
		decode:  func(io.Reader) (image.Image, error) { panic("decoding") },
	}
	if _, err := weigh(f, nil); err != broken {
		t.Errorf("weighing: %v", err)
	}
	if _, err := open(t.Context(), f, nil, time.Minute); err != broken {
		t.Errorf("opening: %v", err)
	}
	f.decode = func(io.Reader) (image.Image, error) { return image.NewGray(image.Rectangle{}), nil }
	if _, err := open(t.Context(), f, nil, time.Minute); err != broken {
		t.Errorf("a picture without a pixel: %v", err)
	}
}

// cost is what f allocates in bytes and how long it takes.
func cost(f func()) (grown uint64, took time.Duration) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begun := time.Now()
	f()
	took = time.Since(begun)
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc, took
}

func utf16(text string) []byte {
	out := []byte{0xff, 0xfe}
	for _, c := range []byte(text) {
		out = append(out, c, 0)
	}
	return out
}

// emptyPNG has a right header and not one pixel.
func emptyPNG(width, height uint32) []byte { return pngHead(width, height, 8, 0) }

func pngHead(width, height uint32, depth, interlaced byte) []byte {
	head := binary.BigEndian.AppendUint32([]byte("IHDR"), width)
	head = append(binary.BigEndian.AppendUint32(head, height), depth, 6, 0, 0, interlaced)
	out := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), head...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(head))
}

// emptyJPEG has a frame header (0xc0 baseline, 0xc2 progressive) of three components and nothing else.
func emptyJPEG(sof byte, width, height uint16) []byte {
	out := []byte{0xff, 0xd8, 0xff, 0xe0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 0xff, sof, 0, 17, 8}
	out = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(out, height), width)
	return append(out, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0)
}

// scans is a grey progressive JPEG with n scans that each say with a few bits that all blocks are empty: runs of 16,384
// blocks (T.81 section G.1.2.2, EOB14), 15 bits each, all zero.
func scans(width, height uint16, n int) []byte {
	out := []byte{0xff, 0xd8, 0xff, 0xc2, 0, 11, 8}
	out = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(out, height), width)
	out = append(out, 1, 1, 0x11, 0)
	out = append(append(out, 0xff, 0xc4, 0, 20, 0x10, 1), make([]byte, 15)...)
	out = append(out, 0xe0)
	runs := (int(width)/8*(int(height)/8) + 16_383) / 16_384
	scan := append([]byte{0xff, 0xda, 0, 8, 1, 1, 0, 1, 63, 0}, make([]byte, (runs*15+7)/8)...)
	return append(append(out, bytes.Repeat(scan, n)...), 0xff, 0xd9)
}

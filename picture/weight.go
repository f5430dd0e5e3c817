package picture

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
)

// The largest picture that is opened. A few bytes can promise any number of pixels, and a decoder makes room for all of
// them at once, so this is decided on the promise.
const (
	mostSide   = 12_000     // pixels in width or height
	mostPixels = 40_000_000 // in all; cameras and phones make 12 to 24 million
	mostMemory = 384 << 20  // bytes while it is open: 40 million pixels as most files have them, 24 million in a progressive JPEG
)

// weigh gives the memory in bytes that f's decoder takes at the worst, or the refusal.
func weigh(f format, raw []byte) (need int, err error) {
	defer recovered(&err)
	c, err := f.measure(bytes.NewReader(raw))
	if err != nil || c.Width <= 0 || c.Height <= 0 {
		return 0, broken
	}
	if c.Width > mostSide || c.Height > mostSide || c.Width*c.Height > mostPixels {
		return 0, tooManyPixels(c.Width, c.Height)
	}
	each := f.weigh(raw, c)
	if each == 0 {
		return 0, broken
	}
	if need = c.Width * c.Height * each; need > mostMemory {
		return 0, tooManyPixels(c.Width, c.Height)
	}
	return need, nil
}

// weighJPEG counts planes of one byte a pixel, a second copy in another colour model where image/jpeg makes one, and for
// a progressive JPEG a coefficient of four bytes for each, which are all kept until the end.
func weighJPEG(raw []byte, c image.Config) int {
	planes, copied := 3, 0
	switch c.ColorModel {
	case color.GrayModel:
		planes = 1
	case color.RGBAModel:
		copied = 4
	case color.CMYKModel:
		planes, copied = 4, 4
	}
	if readHead(raw).progressive {
		return planes*5 + copied
	}
	return planes + copied
}

// weighPNG reads depth and interlacing from the IHDR chunk, which comes first (PNG section 11.2.1) and which measuring has
// found whole. image/png holds four channels, and for an interlaced file the passes besides.
func weighPNG(raw []byte, _ image.Config) int {
	const depth, interlaced = 24, 28
	each := 4
	if raw[depth] == 16 {
		each = 8
	}
	if raw[interlaced] != 0 {
		each *= 2
	}
	return each
}

// weighGIF: one frame, one byte a pixel.
func weighGIF([]byte, image.Config) int { return 1 }

// weighWebP counts the lossless form, also for the alpha plane of a lossy one: four bytes, four more when colours are
// looked up, one for alpha apart. A file that ends before the length in its header is broken at once, because the decoder
// makes room for parts on the strength of that number (RFC 9649 section 2.3).
func weighWebP(raw []byte, _ image.Config) int {
	if uint64(binary.LittleEndian.Uint32(raw[4:]))+8 > uint64(len(raw)) {
		return 0
	}
	return 9
}

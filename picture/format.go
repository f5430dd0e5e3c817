package picture

import (
	"bytes"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/webp"
)

// format is a kind of file that is taken. Its start decides, not its name nor what the browser says about it. The
// decoders are named here and not looked up in package image, so that no import elsewhere adds another.
type format struct {
	starts  func(raw []byte) bool
	measure func(io.Reader) (image.Config, error)
	weigh   func(raw []byte, c image.Config) int // bytes per pixel while it is open, at the worst; 0 = broken
	decode  func(io.Reader) (image.Image, error)
}

// formats are those that are taken. gif.Decode reads the first frame and stops, however many follow.
var formats = []format{
	{starts("\xff\xd8\xff"), jpeg.DecodeConfig, weighJPEG, jpeg.Decode},
	{starts("\x89PNG\r\n\x1a\n"), png.DecodeConfig, weighPNG, png.Decode},
	{starts("GIF87a", "GIF89a"), gif.DecodeConfig, weighGIF, gif.Decode},
	{isWebP, webp.DecodeConfig, weighWebP, webp.Decode},
}

func starts(with ...string) func([]byte) bool {
	return func(raw []byte) bool {
		for _, magic := range with {
			if bytes.HasPrefix(raw, []byte(magic)) {
				return true
			}
		}
		return false
	}
}

func isWebP(raw []byte) bool {
	return len(raw) >= 16 && string(raw[:4]) == "RIFF" && string(raw[8:12]) == "WEBP"
}

// inspect finds the format of raw and the memory in bytes that opening it takes, and refuses what is too large to be
// opened. It reads headers only.
func inspect(raw []byte) (f format, need int, err error) {
	if len(raw) > MostBytes {
		return f, 0, tooLarge
	}
	for _, f = range formats {
		if f.starts(raw) {
			need, err = weigh(f, raw)
			return f, need, err
		}
	}
	return f, 0, whatElse(raw)
}

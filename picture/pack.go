package picture

import (
	"bytes"
	"image"
	"image/jpeg"
	"sort"
)

// Qualities of JPEG, from the best down. Below the lowest, blocks are what one sees first, and fewer pixels look better.
const (
	bestQuality   = 90
	lowestQuality = 30
	qualityStep   = 4
)

// pack encodes m as a JPEG of the best quality that fits into so many bytes; nil if none does. The encoder writes pixels
// and tables only: no place, no camera, no comment.
func pack(m *image.RGBA, most int) (packed []byte) {
	sort.Search((bestQuality-lowestQuality)/qualityStep+1, func(i int) bool {
		var out bytes.Buffer
		err := jpeg.Encode(&out, m, &jpeg.Options{Quality: bestQuality - i*qualityStep})
		if err != nil || out.Len() > most {
			return false
		}
		packed = out.Bytes()
		return true
	})
	return packed
}

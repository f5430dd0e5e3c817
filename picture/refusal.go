package picture

import (
	"bytes"
	"fmt"

	"foyer/meet"
)

// MostBytes is the size of the largest file that is looked at.
const MostBytes = 10 << 20

// refusal is a sentence for whoever sent the file. Make says it at the form's field.
type refusal string

func (r refusal) Error() string { return string(r) }

const (
	tooLarge refusal = "This file is larger than 10 MB. Make the picture smaller and choose it again: 1920 × 1080 pixels are enough."
	empty    refusal = "This file is empty. Choose another one."
	drawing  refusal = "This is an SVG drawing, which can carry scripts. Open it in your drawing program, export it as PNG or JPEG, and choose that file."
	iphone   refusal = "This is a HEIC photo, the format of iPhones. Export it as JPEG and choose that file. On the iPhone, Settings, Camera, Formats, Most Compatible makes every new photo a JPEG."
	avif     refusal = "This is an AVIF picture, which cannot be read here. Open it in a picture program, save it as JPEG or PNG, and choose that file."
	unknown  refusal = "This file is not a picture that can be read here. Choose a JPEG, PNG, GIF or WebP file."
	broken   refusal = "This picture is damaged or of a rare kind. Open it in a picture program, save it as JPEG or PNG, and choose that file."
)

// TooLarge is the refusal of a file of more than MostBytes, for those who learn of its size before Make does.
func TooLarge(field string) error { return meet.Wrong(field, string(tooLarge)) }

func tooManyPixels(width, height int) refusal {
	return refusal(fmt.Sprintf("This picture is too large to be opened: %d × %d pixels. Make it smaller and choose it again: 1920 × 1080 are enough.", width, height))
}

// whatElse names a file that is none of our formats, so that people learn what to do with it.
func whatElse(raw []byte) refusal {
	start := raw[:min(len(raw), 4096)]
	switch {
	case len(raw) == 0:
		return empty
	case isSVG(start):
		return drawing
	case brands(start, "avif", "avis"):
		return avif
	case brands(start, "heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs", "mif1", "msf1"):
		return iphone
	}
	return unknown
}

// isSVG finds the root element. An HTML page with a drawing inside is no drawing, a text that speaks of one neither. NULs
// are left out, so that UTF-16 reads like ASCII.
func isSVG(start []byte) bool {
	text := bytes.ReplaceAll(start, []byte{0}, nil)
	for _, mark := range []string{"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"} {
		text = bytes.TrimPrefix(text, []byte(mark))
	}
	text = bytes.ToLower(bytes.TrimSpace(text))
	return bytes.HasPrefix(text, []byte("<")) && bytes.Contains(text, []byte("<svg")) && !bytes.Contains(text, []byte("html"))
}

// brands tells whether the file type box at the start (ISO/IEC 14496-12 section 4.3) names one of these brands, as its
// own or among those it is compatible with. HEIC and AVIF are told apart by nothing else.
func brands(start []byte, named ...string) bool {
	if len(start) < 16 || string(start[4:8]) != "ftyp" {
		return false
	}
	length := int(uint32(start[0])<<24 | uint32(start[1])<<16 | uint32(start[2])<<8 | uint32(start[3]))
	box := start[8:max(12, min(length, len(start)))]
	for ; len(box) >= 4; box = box[4:] {
		for _, brand := range named {
			if string(box[:4]) == brand {
				return true
			}
		}
	}
	return false
}

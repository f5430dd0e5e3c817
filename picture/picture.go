// Package picture turns bytes from strangers into pictures that Foyer dares to keep and show. What comes in may be a
// photograph of 20 megapixels with the place where it was taken, a drawing that carries scripts, or a few bytes that
// pretend to be 50,000 pixels wide. What goes out is always a small JPEG that this package has drawn itself, pixel by
// pixel: of the file that came in no byte is kept, so nothing can hide in it.
//
// One call does it all: Make looks at the first bytes (format.go), weighs what opening would cost before any of it is
// spent (weight.go), waits for a desk (desk.go), opens (open.go), turns a photograph upright (exif.go), cuts, shrinks
// (shrink.go) and packs until it fits its budget (pack.go). Refusals are sentences that say how to mend it (refusal.go).
package picture

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"

	"foyer/meet"
)

// Kind says what a picture is for.
type Kind int

// The kinds. Each is cut from the middle to its proportions and made smaller to fit its size, never larger.
const (
	Label      Kind = iota // the square beside a name: 160 × 160 pixels, 8 KB
	Tile                   // a room on the dashboard: 480 × 270 pixels, 15 KB
	Background             // behind the lobby and the room: at most 1920 × 1080 pixels, 300 KB
)

// headers is the share of a budget that the answer's headers take: budgets count bytes on the wire.
const headers = 500

// shapes has for each kind its greatest width and height in pixels and its greatest size in bytes.
var shapes = [...]struct{ width, height, bytes int }{
	Label:      {160, 160, 8_000 - headers},
	Tile:       {480, 270, 15_000 - headers},
	Background: {1920, 1080, 300_000 - headers},
}

// Picture is a re-encoded image. Hash is the SHA-256 of Bytes in lower-case hex, which is its address; Type is its media
// type.
type Picture struct {
	Hash, Type string
	Bytes      []byte
}

// Make opens what a stranger sent once and gives one picture for each of kinds, in their order. The same bytes give the
// same pictures. What cannot be taken is refused with a *meet.Error of code Invalid at field, the form field that people
// are told it at. At most as many files are open at once as there are CPUs; whoever still waits when ctx
// ends, or whose file is being opened then, gets ctx's error. raw is only read.
func Make(ctx context.Context, field string, raw []byte, kinds ...Kind) ([]Picture, error) {
	made, err := work(ctx, everyDesk, raw, kinds)
	var why refusal
	if errors.As(err, &why) {
		return nil, meet.Wrong(field, string(why))
	}
	if err != nil {
		return nil, fmt.Errorf("picture: %w", err)
	}
	return made, nil
}

func work(ctx context.Context, d *desks, raw []byte, kinds []Kind) ([]Picture, error) {
	f, need, err := inspect(raw)
	if err != nil {
		return nil, err
	}
	taken, err := d.take(ctx, need)
	if err != nil {
		return nil, err
	}
	defer d.leave(taken)
	opened, err := open(ctx, f, raw, patience)
	if err != nil {
		return nil, err
	}
	upright := orientation(raw)
	made := make([]Picture, len(kinds))
	for i, kind := range kinds {
		made[i] = cut(opened, upright, kind)
	}
	return made, nil
}

// cut makes one picture of kind. Should even the lowest quality not fit, as with pure noise, there are fewer pixels.
func cut(from image.Image, upright turn, kind Kind) Picture {
	shape := shapes[kind]
	width, height := upright.swap(shape.width, shape.height)
	part := middle(from.Bounds(), width, height)
	width, height = min(width, part.Dx()), min(height, part.Dy())
	for {
		if packed := pack(upright.apply(shrink(from, part, width, height)), shape.bytes); packed != nil {
			sum := sha256.Sum256(packed)
			return Picture{Hash: hex.EncodeToString(sum[:]), Type: "image/jpeg", Bytes: packed}
		}
		width, height = max(1, width*3/4), max(1, height*3/4)
	}
}
